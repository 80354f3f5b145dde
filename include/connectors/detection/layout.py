"""Finds the tables in rows of cells: header, units, footer, comments, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from include.collection.inspection import Issue, Question
from include.connectors.detection.body import find_body, is_empty
from include.connectors.detection.cells import TYPED, Cells, Kind, classify, total_word
from include.connectors.detection.finding import Finding, join_findings
from include.connectors.detection.header import find_header
from include.connectors.detection.layout_findings import (
    Place,
    Rows,
    find_footer,
    find_numbers,
    find_words,
    read_header,
    tell_between,
    tell_groups,
    tell_sections,
    tell_twice,
)
from include.connectors.detection.sections import find_sections
from include.connectors.detection.several import Block, find_side_by_side, find_stacked, part_blocks
from include.connectors.detection.wide import find_shape
from include.connectors.formats.layout import name_columns

_MARKS: Final = ("#", "%", "//", "!", "*")
_NOTES: Final = 10
"""So many lines above a table below another are looked at for notes."""

_MOST_NOTES: Final = 200


@dataclass(frozen=True, slots=True)
class DetectedLayout:
    """Where one table lies in rows of cells.

    Attributes:
        fields: What is right for `TableLayout`, by field; what the owner has set is among them.
        confidence: From 0 to 1.
        ragged: Rows in the table that have another number of cells, as places from 0.
        notes: What stands above the table, line by line.
        names: The columns' names.
        sums: The words with which lines below the table begin that sum it up.
    """

    fields: Mapping[str, Any]
    confidence: float
    issues: tuple[Issue, ...] = ()
    questions: tuple[Question, ...] = ()
    ragged: tuple[int, ...] = ()
    width: int = 0
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()


def detect_layout(rows: Rows, given: Mapping[str, Any]) -> tuple[DetectedLayout, ...]:
    """Find the tables in rows of cells, the main one first; none where there is no row with a cell.

    Args:
        given: Fields of `TableLayout` that the owner has set, already validated.
    """
    if number := given.get("table"):
        blocks = [block for block in part_blocks(rows.cells) if block.number == number]
    else:
        blocks = find_stacked(rows.cells, _find_comment(rows.cells, given))
    if not blocks:
        return tuple(_detect_in(rows, Block(0, 0, rows.cells), given))
    found = [
        layout
        for block in blocks
        for layout in _detect_in(
            replace(rows, cells=block.rows, whole=True, end=()),
            block,
            {**given, "table": block.number},
            rows.cells[max(block.above - _NOTES, 0) : block.above],
        )
    ]
    return tuple(found)


def _detect_in(
    rows: Rows, block: Block, given: Mapping[str, Any], before: Sequence[Cells] = ()
) -> list[DetectedLayout]:
    """Find one table, or several side by side, in rows where none stands below another."""
    skipped = given.get("skip_lines", 0)
    cells = rows.cells[skipped:]
    sections = find_sections(cells)
    if sections:  # they are neither header nor rows
        cells = [[] if at in set(sections) else row for at, row in enumerate(cells)]
    comment = _find_comment(cells, given)
    body = find_body(cells, comment, "skip_lines" in given)
    if body is None:
        return []
    header = find_header(cells, body, comment, given)
    place = Place(rows.word, block.above + skipped)
    common = [
        read_header(body, header, comment, place, named=bool(given.get("names"))),
        tell_between(cells, body, place),
        find_footer(rows, cells, body, comment, place),
    ]
    notes = _read_notes(
        [*(row for row in before if len(row) < body.width), *rows.cells[:skipped], *cells[: body.first]]
    )
    sums = tuple(word for row in cells[body.last + 1 :] if (word := total_word(row)))
    chosen = bool({"first_column", "last_column"} & set(given))
    ranges: list[tuple[int, int | None]] = [(given.get("first_column", 1), given.get("last_column"))]
    sides = [] if chosen else find_side_by_side(cells, body, header)
    layouts = []
    for first, last in sides or ranges:
        cut = slice(first - 1, last)
        lines = [cells[at][cut] for at in body.rows]
        names = name_columns([cells[at][cut] for at in header.lines], len(body.kinds[cut]))
        findings = [
            *common,
            tell_sections(sections, names, place),
            Finding({"first_column": first, "last_column": last} if sides else {}),
            tell_twice(names),
            tell_groups([cells[at][cut] for at in header.lines]),
            find_words(names, body.kinds[cut], lines),
            find_numbers(names, body.kinds[cut], lines, rows, given),
            find_shape(names, body.kinds[cut], lines, first),
        ]
        found = join_findings(findings, given)
        ragged = tuple(at + place.above for at in body.ragged)
        layouts.append(
            DetectedLayout(
                found.fields,
                found.confidence,
                found.issues,
                found.questions,
                ragged,
                body.width,
                notes,
                tuple(names),
                sums,
            )
        )
    return layouts


def _find_comment(rows: Sequence[Cells], given: Mapping[str, Any]) -> str | None:
    if "comment" in given:
        return given["comment"] or None
    filled = [row for row in rows if not is_empty(row)]
    starts = [row[0].lstrip() for row in filled]
    for mark in _MARKS:
        marked = [at for at, start in enumerate(starts) if start.startswith(mark) and classify(start) is not Kind.WORD]
        if not marked or (len(marked) > len(starts) / 2 and len(starts) > 20):
            continue
        # of marked lines above the rows alone, the last may be the header: `# time;power`
        last = marked[-1]
        above = marked == list(range(last + 1)) and last + 1 < len(filled)
        if above and len(filled[last]) == len(filled[last + 1]) > 1 and _is_typed(filled[last + 1]):
            return None
        return mark
    return None


def _read_notes(rows: Sequence[Cells]) -> tuple[str, ...]:
    """Give what stands above the rows, cells parted by tabs: the header too, whose cells may hold a day."""
    return tuple("\t".join(cell.strip() for cell in row if cell.strip()) for row in rows[:_MOST_NOTES] if any(row))


def _is_typed(row: Cells) -> bool:
    return any(classify(cell) in TYPED for cell in row)
