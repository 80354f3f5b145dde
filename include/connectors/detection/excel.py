"""Knows workbooks by their bytes, and finds the tables in their sheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from include.collection.formats.excel import ERRORS, ExcelFormat
from include.collection.inspection import DetectedTable, Detection, Issue, Question
from include.connectors.archive import ZIP
from include.connectors.detection.layout import DetectedLayout, Rows, detect_layout
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import settle
from include.connectors.formats.excel import choose_sheet, open_workbook
from include.connectors.formats.sheet_cells import Sheet, SheetReading, column_letters
from include.connectors.formats.xls import MAGIC as XLS
from include.errors import SourceRefused

SAMPLE_ROWS: Final = 1_000
MOST_SHEETS: Final = 50


def detect_excel(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Detect a workbook: the tables of its greatest sheet first, hidden sheets last."""
    if not sample.head.startswith((ZIP, XLS)):
        return None
    asked = settle(ExcelFormat, {}, given)
    with sample.open() as content:
        sheets = open_workbook(content.seekable(), sample.name)
        if asked.sheet is not None:
            sheets = [choose_sheet(sheets, asked.sheet, sample.name)]
        named = len([sheet for sheet in sheets if not sheet.hidden]) > 1 or asked.sheet is not None
        found = [
            (sheet, *_look(sheet, given, asked))
            for sheet in sorted(sheets, key=lambda sheet: (sheet.hidden, -sheet.size))[:MOST_SHEETS]
        ]
    found = [each for each in found if each[1]]
    if not found:
        raise SourceRefused(sample.name, "no sheet holds a table", "Hand over a workbook with a header and rows.")
    main = found[0][1][0]
    questions = main.questions
    if len(found) > 1:
        options = tuple(sheet.name for sheet, _, _ in found)
        questions = (Question("sheet", "several sheets hold a table; which one is meant?", options), *questions)
    return Detection(
        tuple(table for sheet, layouts, _ in found for table in _tables(sheet, layouts, given, named or sheet.hidden)),
        main.confidence,
        issues=tuple(issue for _, _, issues in found for issue in issues),
        questions=questions,
    )


def _look(
    sheet: Sheet, given: Mapping[str, Any], asked: ExcelFormat
) -> tuple[tuple[DetectedLayout, ...], tuple[Issue, ...]]:
    reading = SheetReading(asked.decimal)
    rows = [[cell or "" for cell in row] for row in islice(sheet.rows(reading), SAMPLE_ROWS)]
    # real numbers can be read in one way only
    numbers = {"decimal": asked.decimal, "thousands": asked.thousands} if reading.numbers else {}
    layouts = detect_layout(Rows(rows), {**numbers, **{key: value for key, value in given.items() if key != "sheet"}})
    if not layouts:
        return (), ()
    return layouts, (*layouts[0].issues, *_issues(sheet, reading))


def _tables(
    sheet: Sheet, layouts: Sequence[DetectedLayout], given: Mapping[str, Any], named: bool
) -> Iterator[DetectedTable]:
    for number, layout in enumerate(layouts, start=1):
        fields = dict(layout.fields)
        if "null_values" in fields:
            fields["null_values"] = tuple(dict.fromkeys((*fields["null_values"], *ERRORS)))
        form = settle(ExcelFormat, {"sheet": sheet.name if named else None, **fields}, given)
        yield DetectedTable(sheet.name if len(layouts) == 1 else f"{sheet.name}, table {number}", form)


def _issues(sheet: Sheet, reading: SheetReading) -> Iterator[Issue]:
    where = f"sheet {sheet.name!r}"
    if sheet.hidden:
        yield Issue(where, "it is hidden")
    for text, times in reading.errors.items():
        yield Issue(
            f"{where}, cell {reading.error_places[text]}",
            f"a formula without a result: {text}, {times} times in the first {SAMPLE_ROWS} rows",
            "It is read as no value; `null_values` lists such texts.",
        )
    if reading.no_result:
        yield Issue(
            f"{where}, cell {reading.no_result_place}",
            f"{reading.no_result} formulas in the first {SAMPLE_ROWS} rows were stored without their result",
            "Open the workbook in a spreadsheet and save it, so that results are stored.",
        )
    for column in sorted(reading.percents):
        yield Issue(
            f"{where}, column {column_letters(column)}",
            "numbers that are shown as a percentage are stored as fractions: 12.5 % is 0.125",
            "Its unit is `fraction`.",
        )
    for column in sorted(reading.long_numbers):
        yield Issue(
            f"{where}, column {column_letters(column)}",
            "whole numbers of more than 15 digits, of which a sheet keeps only the first 15",
            "Where they are identifiers, store them as text; the last digits are lost.",
        )
    if sheet.merged():
        yield Issue(where, "cells are merged across rows", "Their value is read in every row that they span.")
