"""Knows workbooks by their bytes, and finds the tables in their sheets."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, takewhile
from os.path import commonprefix
from typing import Any, Final

from include.collection.formats.excel import ERRORS, ExcelFormat
from include.collection.inspection import DetectedTable, Detection, Issue, Question
from include.connectors.archive import XLS, ZIP
from include.connectors.detection.cells import TYPED, Kind, classify
from include.connectors.detection.layout import DetectedLayout, detect_layout
from include.connectors.detection.layout_findings import Rows
from include.connectors.detection.numbers import GROUPING, detect_texts
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import read_settings
from include.connectors.formats.excel import choose_sheet, choose_sheets, fits, open_workbook
from include.connectors.formats.sheet_cells import Row, Sheet, SheetReading, end_groups
from include.errors import SourceRefused

Found = Sequence[tuple[Sheet, Sequence[DetectedLayout]]]
"""Sheets with the tables in them, the greatest first; hidden ones last."""

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
        elif settings.get("sheets"):
            sheets = choose_sheets(sheets, settings["sheets"], sample.name)
        sheets.sort(key=lambda sheet: (sheet.hidden, -sheet.size))
        looked = [(sheet, _look(sheet, settings)) for sheet in sheets[:MOST_SHEETS]]
        found = [(sheet, layouts) for sheet, layouts in looked if layouts]
        issues = [issue for sheet, layouts in found for issue in _issues(sheet, layouts)]
    if not found:
        raise SourceRefused(sample.name, "no sheet holds a table", "Hand over a workbook with a header and rows.")
    main = found[0][1][0]
    if settings.get("sheets"):
        issues += _tell_apart(found)
        joined = _join(found, settings)
        return Detection((joined,), main.confidence, issues=tuple(issues), questions=main.questions)
    named = "sheet" in settings or len([sheet for sheet in sheets if not sheet.hidden]) > 1
    questions = main.questions
    if len(found) > 1:
        options = tuple(sheet.name for sheet, _ in found)
        what = f"Several sheets hold a table; which one is meant?{_tell_alike(found, sheets)}"
        questions = (Question("sheet", what, options), *questions)
    tables = (table for sheet, layouts in found for table in _tables(sheet, layouts, settings, named or sheet.hidden))
    return Detection(tuple(tables), main.confidence, issues=tuple(issues), questions=questions)


def _tell_alike(found: Found, sheets: Sequence[Sheet]) -> str:
    """Say how sheets that are like the main one are read as one table; nothing where there is none."""
    main = found[0][1][0]
    alike = [
        sheet.name
        for sheet, (layout, *more) in found
        if not sheet.hidden and not more and _place(layout) == _place(main)
    ]
    if len(alike) < 2:
        return ""
    visible = [sheet.name for sheet in sheets if not sheet.hidden]
    begin, end = (commonprefix([name[::way] for name in alike])[::way] for way in (1, -1))  # noqa: RUF071  # no paths
    patterns = (
        each for each in ("*", f"{begin}*", f"*{end}") if [*filter(partial(fits, asked=each), visible)] == alike
    )
    setting = next(patterns, None) or json.dumps(alike, ensure_ascii=False)
    return f" {len(alike)} of them have the same columns: `--set 'sheets={setting}'` reads them as one table."


def _place(layout: DetectedLayout) -> dict[str, Any]:
    """Give what tables have in common that can be read one after the other; columns that become rows may differ."""
    said = {key: value for key, value in layout.fields.items() if key not in {"footer_lines", "null_values", "totals"}}
    return said if said.get("unpivot") or said.get("transpose") else {**said, "names": layout.names}


def _join(found: Found, settings: Mapping[str, Any]) -> DetectedTable:
    """Make one table of sheets: lines at the end are none of its rows where every sheet has as many."""
    main = found[0][1][0]
    feet = [layout.fields.get("footer_lines", 0) for _, (layout, *_) in found]
    sums = [word for _, (layout, *_) in found for word in layout.sums] if min(feet) < max(feet) else []
    words = dict.fromkeys(word for _, (layout, *_) in found for word in layout.fields.get("null_values", ("",)))
    fields = {
        **main.fields,
        "footer_lines": min(feet),
        "totals": tuple(dict.fromkeys([*main.fields.get("totals", ()), *sums])),
        "null_values": tuple(dict.fromkeys((*words, *ERRORS))),
        **settings,
    }
    notes = (note for sheet, (layout, *_) in found for note in (sheet.name, *layout.notes))
    return DetectedTable(", ".join(settings["sheets"]), ExcelFormat(**fields), tuple(notes))


def _tell_apart(found: Found) -> Iterator[Issue]:
    first, (main, *_) = found[0]
    for sheet, (layout, *_) in found[1:]:
        ours, theirs = _place(main), _place(layout)
        if other := [key for key in {**ours, **theirs} if ours.get(key) != theirs.get(key)]:
            what = f"its table does not lie as that of {first.name!r} does: {', '.join(other)}"
            yield Issue(f"sheet {sheet.name!r}", what, "Make it like the others, or leave it out of `sheets`.")


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
    given = {key: value for key, value in settings.items() if key not in {"sheet", "sheets"}}
    if reading.numbers and not {"decimal", "thousands"} & set(given):
        # real numbers can be read in one way only, and are written as those that are texts
        written = {cell for row in cells for cell in row if "," in cell or GROUPING.search(cell)}
        numbers = detect_texts(("", cell) for cell in written if classify(cell) is Kind.NUMBER)
        if numbers.decimal == "," and not numbers.questions:
            return _look(sheet, {**settings, **numbers.beside({})[0]})
        thousands = numbers.thousands if not numbers.questions else None
        given = {"decimal": reading.decimal, "thousands": thousands, **given}
    return detect_layout(Rows(cells, following is None, [_texts(row) for row in end]), given)


def _pad(rows: list[list[str]]) -> list[list[str]]:
    """Give shorter rows as many cells as most have, or as the header: a sheet stores none behind the last.

    So a merged header is short, and rows are where nobody remarks anything. A row of one cell is a title, or where rows
    have begun a time whose values are missing.
    """
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    above = takewhile(lambda row: len(row) != usual or not any(classify(cell) in TYPED for cell in row), rows)
    usual = max(usual, *(len(row) for row in above if sum(cell != "" for cell in row) > 1), 0)
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
