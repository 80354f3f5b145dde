"""Reads a sheet of a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import BinaryIO

import polars as pl

from include.anonymization.telling import list_names
from include.collection.formats.excel import ExcelFormat
from include.collection.inspection import Issue
from include.connectors.archive import XLS, ZIP, open_zip
from include.connectors.content import Content
from include.connectors.formats.layout import read_row_units, read_table
from include.connectors.formats.ods import open_ods
from include.connectors.formats.parts import gather_parts
from include.connectors.formats.sheet_cells import Row, Sheet, SheetReading, column_letters, fill_merged
from include.connectors.formats.xls import open_xls
from include.connectors.formats.xlsx import open_xlsx
from include.errors import SourceEmpty, SourceRefused


def read_excel(content: Content, form: ExcelFormat) -> Iterator[pl.DataFrame]:
    """Read a sheet, or several; see `read_frames`. A merged cell's value stands in every row that it spans."""
    book = open_workbook(content.seekable(), content.name)
    if form.sheets:
        chosen = choose_sheets(book, form.sheets, content.name)
        if left := [sheet.name for sheet in book if not sheet.hidden and sheet not in chosen]:
            content.issues.append(
                Issue(f"sheets {list_names(left)}", "they are not read", "`sheets` names those that are.")
            )
        return gather_parts(_read_alike(chosen, form, content))
    return _read_sheet(choose_sheet(book, form.sheet, content.name), form, content)


def _read_alike(sheets: Sequence[Sheet], form: ExcelFormat, content: Content) -> Iterator[pl.DataFrame]:
    """Read sheets with the same columns one after the other; one without rows is told."""
    columns: list[str] = []
    for sheet in sheets:
        here = f"sheet {list_names([sheet.name])}"
        where, before = f"{content.name}, {here}", len(content.issues)
        try:
            for frame in _read_sheet(sheet, form, content):
                columns = columns or frame.columns
                if set(columns) != set(frame.columns):
                    others = [
                        name for name in {*columns, *frame.columns} if (name in columns) != (name in frame.columns)
                    ]
                    what = f"its columns are not those of the sheets before: {list_names(sorted(others))}"
                    raise SourceRefused(where, what, "Give it the same header, or leave it out of `sheets`.")
                name = "sheet" if "sheet" not in columns else "sheet (2)"
                yield frame.select(columns).with_columns(pl.lit(sheet.name).alias(name))
        except SourceEmpty as error:
            content.issues.append(Issue(where, error.what, "It is left out until it has rows."))
        content.issues[before:] = [
            each if here in each.where else replace(each, where=f"{here}, {each.where}")
            for each in content.issues[before:]
        ]
    if not columns:
        raise SourceEmpty(content.name, "none of its sheets has a row", "Compare `skip_lines` with them.")


def _read_sheet(sheet: Sheet, form: ExcelFormat, content: Content) -> Iterator[pl.DataFrame]:
    reading = SheetReading(form.decimal)
    yield from read_table(_rows(sheet, form, reading), form, content)
    content.issues += _tell(sheet, reading)


def read_units(content: Content, form: ExcelFormat) -> dict[str, str]:
    """Give the texts of the unit lines by column."""
    book = open_workbook(content.seekable(), content.name)
    sheet = (
        choose_sheets(book, form.sheets, content.name)[0]
        if form.sheets
        else choose_sheet(book, form.sheet, content.name)
    )
    return read_row_units(_rows(sheet, form, SheetReading(form.decimal)), form)


def _rows(sheet: Sheet, form: ExcelFormat, reading: SheetReading) -> Iterator[Row]:
    above = form.skip_lines + form.header_lines + form.unit_lines
    return fill_merged(sheet.rows(reading), sheet.merged(), above)


def open_workbook(file: BinaryIO, name: str) -> list[Sheet]:
    """Open a workbook of any kind, told by its bytes: its sheets in their order.

    Raises:
        SourceRefused: It is no workbook, damaged, encrypted, or greater than a limit.
    """
    file.seek(0)
    head = file.read(len(XLS))
    if head == XLS:
        sheets = open_xls(file, name)
    elif not head.startswith(ZIP):
        raise SourceRefused(name, "it is no workbook", "Set the format that it has.")
    elif "mimetype" in open_zip(file, name).NameToInfo:
        sheets = open_ods(file, name)
    else:
        sheets = open_xlsx(file, name)
    if not sheets:
        raise SourceRefused(name, "the workbook has no sheet of cells", "Save the table as CSV.")
    return sheets


def choose_sheet(sheets: Sequence[Sheet], asked: str | None, name: str) -> Sheet:
    """Choose a sheet by its name; without one, the only one that is visible.

    Raises:
        SourceRefused: There is none of this name, or several and no name.
    """
    fitting = [sheet for sheet in sheets if sheet.name == asked] if asked else list(sheets)
    if not asked and len(fitting) > 1:
        fitting = [sheet for sheet in sheets if not sheet.hidden]
    if len(fitting) == 1:
        return fitting[0]
    named = list_names([sheet.name for sheet in sheets])
    if asked:
        raise SourceRefused(name, f"no sheet is called {asked!r}", f"`sheet` is one of: {named}.")
    raise SourceRefused(name, f"the workbook has {len(sheets)} sheets", f"Set `sheet` to one of: {named}.")


def choose_sheets(sheets: Sequence[Sheet], asked: Sequence[str], name: str) -> list[Sheet]:
    """Choose the visible sheets that are called so, or fit a pattern, in the workbook's order.

    Raises:
        SourceRefused: One of the names or patterns fits none.
    """
    visible = [sheet for sheet in sheets if not sheet.hidden]
    for each in asked:
        if not any(fits(sheet.name, each) for sheet in visible):
            named = list_names([sheet.name for sheet in visible])
            raise SourceRefused(name, f"no sheet is called {each!r}", f"Each of `sheets` has to fit one of: {named}.")
    return [sheet for sheet in visible if any(fits(sheet.name, each) for each in asked)]


def fits(name: str, asked: str) -> bool:
    """Say whether a sheet is called so, or fits the pattern; brackets, which a name may hold, are none of a pattern."""
    return name == asked or fnmatchcase(name, asked.replace("[", "[[]"))


def _tell(sheet: Sheet, reading: SheetReading) -> Iterator[Issue]:
    where = f"sheet {list_names([sheet.name])}"
    for text, times in reading.errors.items():
        yield Issue(
            f"{where}, cell {reading.error_places[text]}",
            f"a formula without a result: {text}, in {times} cells",
            "It is read as no value where `null_values` lists it.",
        )
    if reading.no_result:
        yield Issue(
            f"{where}, cell {reading.no_result_place}",
            f"{reading.no_result} formulas were stored without their result, and are read as no value",
            "Open the workbook in a spreadsheet and save it, so that results are stored.",
        )
    for column in sorted(reading.percents):
        yield Issue(
            f"{where}, column {column_letters(column)}",
            "numbers that are shown as a percentage are stored as fractions: 12.5 % is 0.125",
            "Their unit is `fraction`.",
        )
    for column in sorted(reading.long_numbers):
        yield Issue(
            f"{where}, column {column_letters(column)}",
            "whole numbers of more than 15 digits, of which a sheet keeps only the first 15",
            "Where they are identifiers, store them as text; the last digits are lost.",
        )
