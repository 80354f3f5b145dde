"""Finds the tables in rows of cells: header, units, footer, comments, and how their numbers are written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from include.cim.measured import read_measured
from include.collection.inspection import Issue, Question
from include.connectors.detection.body import Body, find_body, is_empty, is_row
from include.connectors.detection.cells import TYPED, Cells, Kind, classify
from include.connectors.detection.finding import Finding, join_findings
from include.connectors.detection.header import Header, find_header
from include.connectors.detection.numbers import detect_numbers
from include.connectors.detection.sections import find_sections
from include.connectors.detection.several import Block, find_side_by_side, find_stacked, part_blocks
from include.connectors.detection.wide import find_shape
from include.connectors.formats.layout import name_columns

_MARKS: Final = ("#", "%", "//", "!", "*")
_TOLD: Final = 10
_NOTES: Final = 10
"""So many lines above a table below another are looked at for notes."""

_MOST_NOTES: Final = 200


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a source, or its first ones, for detection to look at.

    Attributes:
        cells: Empty rows too; "" where a cell holds nothing.
        whole: Whether these are all rows.
        end: The last rows where they are not; a footer stands there.
        word: What a row is called where a person looks for it: `row` of a sheet, `line` of a text.
        likely_decimal: The decimal sign where no number tells.
        parted_by: What parts the cells, where a sign does.
    """

    cells: Sequence[Cells]
    whole: bool = True
    end: Sequence[Cells] = ()
    word: str = "row"
    likely_decimal: str = "."
    parted_by: str = ""


@dataclass(frozen=True, slots=True)
class DetectedLayout:
    """Where one table lies in rows of cells.

    Attributes:
        fields: What is right for `TableLayout`, by field; what the owner has set is among them.
        confidence: From 0 to 1.
        ragged: Rows in the table that have another number of cells, as places from 0.
        notes: What stands above the table, line by line.
    """

    fields: Mapping[str, Any]
    confidence: float
    issues: tuple[Issue, ...] = ()
    questions: tuple[Question, ...] = ()
    ragged: tuple[int, ...] = ()
    width: int = 0
    notes: tuple[str, ...] = ()


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
    place = _Place(rows.word, block.above + skipped)
    common = [
        _read_header(body, header, comment, place, named=bool(given.get("names"))),
        _tell_between(body, place),
        _find_footer(rows, cells, body, comment, place),
    ]
    notes = _read_notes(
        [*(row for row in before if len(row) < body.width), *rows.cells[:skipped], *cells[: body.first]]
    )
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
            _tell_sections(sections, names, place),
            Finding({"first_column": first, "last_column": last} if sides else {}),
            _tell_twice(names),
            _find_words(names, body.kinds[cut], lines),
            _find_numbers(body.kinds[cut], lines, rows, given),
            find_shape(names, body.kinds[cut], lines, first),
        ]
        found = join_findings(findings, given)
        ragged = tuple(at + place.above for at in body.ragged)
        layouts.append(
            DetectedLayout(found.fields, found.confidence, found.issues, found.questions, ragged, body.width, notes)
        )
    return layouts


@dataclass(frozen=True, slots=True)
class _Place:
    """Says where a row is, in words."""

    word: str
    above: int

    def of(self, rows: Sequence[int]) -> str:
        """Name rows: `line 7`, `lines 7–12`, `lines 7, 9`."""
        numbers = [at + self.above + 1 for at in rows]
        if len(numbers) == 1:
            return f"{self.word} {numbers[0]}"
        if numbers[-1] - numbers[0] == len(numbers) - 1:
            return f"{self.word}s {numbers[0]}–{numbers[-1]}"
        more = f" and {len(numbers) - _TOLD} more" if len(numbers) > _TOLD else ""
        return f"{self.word}s {', '.join(map(str, numbers[:_TOLD]))}{more}"


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


def _read_header(body: Body, header: Header, comment: str | None, place: _Place, *, named: bool) -> Finding:
    fields: dict[str, Any] = {"skip_lines": header.skip, "header_lines": len(header.lines)}
    if header.units:
        fields["unit_lines"] = len(header.units)
    if comment:
        fields["comment"] = comment
    issues = []
    questions: tuple[Question, ...] = ()
    confidence = 1.0
    if header.skip:
        issues.append(Issue(place.of(range(header.skip)), "above the header: no rows", "`skip_lines` says how many."))
    if not header.lines and not named:
        issues.append(
            Issue(
                place.of([body.first]), "no header was found: columns are called column_1, column_2 …", "`header_lines`"
            )
        )
        confidence = 0.85
    if not any(kind in TYPED for kind in body.kinds):
        confidence = 0.6
        questions = (Question("header_lines", "Every cell is text: is the first line a header?", ("1", "0")),)
    elif len(header.lines) > 1:
        confidence = 0.9
    return Finding(fields, confidence, tuple(issues), questions)


def _tell_twice(names: Sequence[str]) -> Finding:
    twice = [name for name in names if re.search(r" \(\d+\)$", name) and re.sub(r" \(\d+\)$", "", name) in names]
    issues = [Issue("the header", f"names a column twice: the later one is called {name!r}") for name in twice[:_TOLD]]
    return Finding({}, 0.95 if twice else 1.0, tuple(issues))


def _tell_sections(sections: Sequence[int], names: Sequence[str], place: _Place) -> Finding:
    if not sections:
        return Finding()
    name = next(name for name in ("date", "section_date", "section") if name not in names)
    what = f"a day alone, that of the rows below it: it is read as column {name!r} of theirs"
    return Finding({"section": name}, 0.9, (Issue(place.of(sections), what, "`section` calls it otherwise."),))


def _tell_between(body: Body, place: _Place) -> Finding:
    issues = []
    confidence = 1.0
    if body.strange:
        confidence *= 0.9
        issues.append(
            Issue(
                place.of(body.strange),
                "unlike the rows around: a header again, or the foot of a page; read as rows, whose cells fit no type",
                "Take these lines out, or choose one `table`.",
            )
        )
    if body.ragged:
        confidence *= 0.6
        issues.append(
            Issue(
                place.of(body.ragged),
                f"{len(body.ragged)} rows have another number of cells than the {body.width} of the others: their "
                "cells may stand in the wrong columns",
                "Correct them; `ragged` says what happens to them.",
            )
        )
    return Finding({}, confidence, tuple(issues))


def _find_footer(rows: Rows, cells: Sequence[Cells], body: Body, comment: str | None, place: _Place) -> Finding:
    def counts(row: Cells) -> bool:
        return not is_empty(row) and not (comment and row[0].lstrip().startswith(comment))

    if rows.whole:
        foot = [at for at in range(body.last + 1, len(cells)) if counts(cells[at])]
        where = place.of(foot) if foot else ""
    else:
        tail = [row for row in rows.end if counts(row)]
        foot = []
        while len(foot) < len(tail) and not is_row(tail[-1 - len(foot)], body.kinds, body.width, True):
            foot.append(len(foot))
        if len(foot) == len(tail):
            foot = []
        where = f"the last {len(foot)} {rows.word}s"
    if not foot:
        return Finding()
    return Finding(
        {"footer_lines": len(foot)},
        0.95,
        (Issue(where, "below the table: no rows", "`footer_lines` says how many."),),
    )


def _find_words(names: Sequence[str], kinds: Sequence[Kind], rows: Sequence[Cells]) -> Finding:
    words: dict[str, None] = {}
    issues = []
    for at, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        if kind not in TYPED:
            continue
        counts = Counter(row[at] for row in rows if at < len(row))
        for cell, count in counts.items():
            if classify(cell) is not Kind.WORD:
                continue
            word = cell.strip()
            words[word] = None
            issues.append(
                Issue(
                    f"column {name!r}", f"{count} times {word!r} stands for nothing", "`null_values` lists such words."
                )
            )
    return Finding({"null_values": ("", *words)} if words else {}, 1.0, tuple(issues))


def _find_numbers(kinds: Sequence[Kind], lines: Sequence[Cells], rows: Rows, given: Mapping[str, Any]) -> Finding:
    columns = [at for at, kind in enumerate(kinds) if kind is Kind.NUMBER]
    cells = {row[at] for row in lines for at in columns if at < len(row)}
    numbers = (cell for cell in cells if classify(cell) is Kind.NUMBER)
    bare = (measured.number if (measured := read_measured(cell)) else cell for cell in numbers)
    found = detect_numbers(bare, rows.likely_decimal, rows.parted_by)
    decimal, thousands = given.get("decimal", found.decimal), found.thousands
    if "decimal" in given and given["decimal"] != found.decimal:
        # what was taken for the sign of thousands is the decimal one, or the other way round
        thousands = None if found.thousands in {None, ".", ","} and found.questions else found.decimal
    if thousands == decimal or thousands == given.get("thousands"):
        thousands = None
    if "decimal" not in given and given.get("thousands") == decimal:
        decimal = "," if decimal == "." else "."
    fields = {"decimal": decimal} | ({"thousands": thousands} if thousands else {})
    settled = bool({"decimal", "thousands"} & set(given))
    return Finding(fields, 1.0 if settled else found.confidence, (), () if settled else found.questions)
