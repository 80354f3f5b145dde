"""Tells delimited text whose lines say by their first cell what they are: headers, rows, comments, a foot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from include.collection.formats.delimited import CsvFormat
from include.connectors.detection.body import is_empty
from include.connectors.detection.cells import TYPED, Cells, classify
from include.connectors.detection.dialect import split_lines
from include.connectors.detection.layout import DetectedLayout, detect_layout
from include.connectors.detection.layout_findings import Rows
from include.connectors.detection.sample import Sample
from include.connectors.formats.marked_lines import read_marked
from include.connectors.formats.text import TextLines, read_text

_MOST_MARKS: Final = 8
_LONGEST: Final = 8
_LOOK_AT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Marks:
    """What the first cell of a header says, and that of a row."""

    header: str
    row: str


@dataclass(frozen=True, slots=True)
class MarkedTable:
    """One table among marked lines.

    Attributes:
        name: What the cells beside the mark call it; "" where they do not.
        fields: Of the format.
    """

    name: str
    fields: Mapping[str, Any]
    layout: DetectedLayout


def find_marks(rows: Sequence[Cells]) -> Marks | None:
    """Find the marks: every line begins with one of a few words, and those of rows follow headers as wide as they.

    Example:
        >>> find_marks([["C", "x"], ["I", "DAY", "MW"], ["D", "2024-01-01", "5"], ["D", "2024-01-02", "6"]])
        Marks(header='I', row='D')
    """
    filled = [row for row in rows[:_LOOK_AT] if not is_empty(row)]
    counts = Counter(row[0].strip() for row in filled)
    if not 2 <= len(counts) <= _MOST_MARKS or any(not mark or len(mark) > _LONGEST for mark in counts):
        return None
    if any(not mark.isalpha() or not mark.isupper() for mark in counts):
        return None
    for row_mark, number in counts.most_common(2):
        before = Counter(
            above[0].strip()
            for above, row in pairwise(filled)
            if row[0].strip() == row_mark and above[0].strip() != row_mark and _heads(above, row)
        )
        if len(before) != 1 or number * 2 < len(filled) - len(counts):
            continue
        (header_mark,) = before
        if not any(_is_typed(row) for row in filled if row[0].strip() == header_mark):
            return Marks(header_mark, row_mark)
    return None


def _heads(header: Cells, row: Cells) -> bool:
    return len(header) == len(row) > 2 and _is_typed(row) and sum(bool(cell.strip()) for cell in header) > len(row) / 2


def _is_typed(row: Cells) -> bool:
    """Say whether a line holds readings; a version or two may stand in a header."""
    typed = sum(classify(cell) in TYPED for cell in row[1:])
    return typed > max(1, len(row) / 4) or (len(row) < 5 and typed > 0)


def detect_marked(
    sample: Sample, marks: Marks, common: Mapping[str, Any], given: Mapping[str, Any], likely: str
) -> list[MarkedTable]:
    """Find the tables of marked lines in the whole source, the longest first."""
    form = CsvFormat(**common, header_mark=marks.header, row_mark=marks.row)
    with sample.open() as content:
        found = read_marked(TextLines(read_text(content, form.encoding), sample.name), form, sample.name, _LOOK_AT)
    tables = []
    for number, lines in enumerate(found, start=1):
        cells = split_lines(lines, form.delimiter, form.quote)
        headers = sum(row[0].strip() == marks.header for row in cells)
        labels = _labels(cells, headers)
        fields = {"first_column": labels + 1, "header_lines": 1, "unit_lines": headers - 1, "skip_lines": 0, **given}
        layouts = detect_layout(Rows(cells, len(lines) < _LOOK_AT, (), "line", likely, common["delimiter"]), fields)
        if not layouts:
            continue
        name = " ".join(cell.strip() for cell in cells[0][1:labels] if cell.strip() and not cell.strip().isdigit())
        chosen = {"header_mark": marks.header, "row_mark": marks.row, "table": number if len(found) > 1 else None}
        tables.append((len(lines), MarkedTable(name, {**layouts[0].fields, **chosen}, layouts[0])))
    return [table for _, table in sorted(tables, key=lambda each: -each[0])]


def _labels(cells: Sequence[Cells], headers: int) -> int:
    """Count the first cells that are the same in the header and in every row: they name the table, and no column."""
    rows = cells[headers:]
    at = 1
    while at < len(cells[0]) - 1 and all(row[at : at + 1] == [cells[0][at]] for row in rows):
        at += 1
    return at
