"""Knows workbooks by their bytes, and finds the tables in their sheets."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from include.collection.formats.excel import ERRORS, ExcelFormat
from include.collection.inspection import DetectedTable, Detection, Issue, Question
from include.connectors.archive import XLS, ZIP
from include.connectors.detection.cells import TYPED, Kind, classify
from include.connectors.detection.layout import DetectedLayout, detect_layout
from include.connectors.detection.layout_findings import Rows
from include.connectors.detection.numbers import detect_texts
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import read_settings
from include.connectors.formats.excel import choose_sheet, open_workbook
from include.connectors.formats.sheet_cells import Row, Sheet, SheetReading, end_groups
from include.errors import SourceRefused

SAMPLE_ROWS: Final = 2_000
MOST_SHEETS: Final = 50

_END_ROWS: Final = 100
_READ_TO_THE_END: Final = 32 << 20
"""Of a greater sheet the end is not looked at: reading it takes as long as loading it."""


def detect_excel(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Detect a workbook: the tables of its greatest sheet first, those of hidden sheets last.

    Raises:
        SourceRefused: It is damaged, encrypted, greater than a limit, or no sheet holds a table.
        ConfigurationInvalid: A setting is none of this format.
    """
    if not sample.head.startswith((ZIP, XLS)):
        return None
    settings = read_settings(given, ExcelFormat)
    with sample.open() as content:
        sheets = open_workbook(content.seekable(), sample.name)
        if settings.get("sheet") is not None:
            sheets = [choose_sheet(sheets, settings["sheet"], sample.name)]
        sheets.sort(key=lambda sheet: (sheet.hidden, -sheet.size))
        looked = [(sheet, _look(sheet, settings)) for sheet in sheets[:MOST_SHEETS]]
        found = [(sheet, layouts) for sheet, layouts in looked if layouts]
        issues = [issue for sheet, layouts in found for issue in _issues(sheet, layouts)]
    if not found:
        raise SourceRefused(sample.name, "no sheet holds a table", "Hand over a workbook with a header and rows.")
    named = "sheet" in settings or len([sheet for sheet in sheets if not sheet.hidden]) > 1
    main = found[0][1][0]
    questions = main.questions
    if len(found) > 1:
        options = tuple(sheet.name for sheet, _ in found)
        questions = (Question("sheet", "Several sheets hold a table; which one is meant?", options), *questions)
    tables = (table for sheet, layouts in found for table in _tables(sheet, layouts, settings, named or sheet.hidden))
    return Detection(tuple(tables), main.confidence, issues=tuple(issues), questions=questions)


def _look(sheet: Sheet, settings: Mapping[str, Any]) -> tuple[DetectedLayout, ...]:
    reading = SheetReading(settings.get("decimal", "."))
    rows = sheet.rows(reading)
    first = list(islice(rows, SAMPLE_ROWS))
    end_groups(first, sheet.merged())
    cells = _pad([_texts(row) for row in first])
    following = next(rows, None)
    end: deque[Row] = deque(maxlen=_END_ROWS)
    if following is not None and sheet.size < _READ_TO_THE_END:
        end.append(following)
        end.extend(rows)
    given = {key: value for key, value in settings.items() if key != "sheet"}
    if reading.numbers and not {"decimal", "thousands"} & set(given):
        # real numbers can be read in one way only, and are written as those that are texts
        texts = (cell for row in cells for cell in row if "," in cell and classify(cell) is Kind.NUMBER)
        numbers = detect_texts(("", cell) for cell in texts)
        if numbers.decimal == "," and not numbers.questions:
            return _look(sheet, {**settings, **numbers.beside({})[0]})
        given = {"decimal": reading.decimal, "thousands": None, **given}
    return detect_layout(Rows(cells, following is None, [_texts(row) for row in end]), given)


def _pad(rows: list[list[str]]) -> list[list[str]]:
    """Give shorter rows as many cells as most have: a sheet stores none behind the last, as in a merged header.

    A row of one cell is a title, or where rows have begun a time whose values are missing.
    """
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    padded, begun = [], False
    for row in rows:
        filled = [cell for cell in row if cell != ""]
        begun = begun or (len(filled) > 1 and any(classify(cell) in TYPED for cell in filled))
        whole = len(filled) > 1 or (begun and len(filled) == 1 and classify(row[0]) is Kind.TIME)
        padded.append(row + [""] * (usual - len(row)) if whole else row)
    return padded


def _texts(row: Row) -> list[str]:
    return [cell or "" for cell in row]


def _tables(
    sheet: Sheet, layouts: Sequence[DetectedLayout], settings: Mapping[str, Any], named: bool
) -> Iterator[DetectedTable]:
    for number, layout in enumerate(layouts, start=1):
        fields = {**layout.fields, **settings}
        if "null_values" not in settings:
            fields["null_values"] = tuple(dict.fromkeys((*fields.get("null_values", ("",)), *ERRORS)))
        form = ExcelFormat(**{"sheet": sheet.name if named else None, **fields})
        name = sheet.name if len(layouts) == 1 else f"{sheet.name}, table {number}"
        yield DetectedTable(name, form, (sheet.name, *layout.notes))


def _issues(sheet: Sheet, layouts: Sequence[DetectedLayout]) -> Iterator[Issue]:
    where = f"sheet {sheet.name!r}"
    if sheet.hidden:
        yield Issue(where, "it is hidden", "Choose another by `sheet` if it is not meant.")
    if any(last > first for first, spans in sheet.merged().items() for _, last, _ in spans):
        yield Issue(where, "cells are merged across rows", "Their value is read in every row that they span.")
    for issue in layouts[0].issues:
        yield Issue(f"{where}, {issue.where}", issue.what, issue.suggestion)
