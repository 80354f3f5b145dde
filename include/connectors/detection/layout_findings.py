"""Tells what is found of a table whose rows and header are known: its footer, words for nothing, its numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from typing import Any, Final

from include.cim.measured import read_measured
from include.collection.inspection import Issue, Question
from include.connectors.detection.body import Body, is_empty, is_row
from include.connectors.detection.cells import TYPED, Cells, Kind, are_clocks, classify, is_total, total_word
from include.connectors.detection.finding import Finding
from include.connectors.detection.header import Header
from include.connectors.detection.numbers import detect_numbers

_MARKS: Final = " *†‡¹²³"
_TOLD: Final = 10


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
class Place:
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


def read_header(body: Body, header: Header, comment: str | None, place: Place, *, named: bool) -> Finding:
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


def tell_twice(names: Sequence[str]) -> Finding:
    twice = [name for name in names if re.search(r" \(\d+\)$", name) and re.sub(r" \(\d+\)$", "", name) in names]
    issues = [Issue("the header", f"names a column twice: the later one is called {name!r}") for name in twice[:_TOLD]]
    return Finding({}, 0.95 if twice else 1.0, tuple(issues))


def tell_groups(header: Sequence[Cells]) -> Finding:
    """Tell columns of which nothing says whether they belong to the group of a stacked header to their left.

    They stand behind names that other groups have as well; a text does not say how far a cell was merged.
    """
    if len(header) < 2:
        return Finding()
    upper, lower = ([cell.strip() for cell in line] for line in header[-2:])
    groups: dict[str, list[str]] = {}
    for up, low in zip_longest(upper, lower, fillvalue=""):
        if up:
            groups[up] = [low]
        elif groups and low:
            groups[next(reversed(groups))].append(low)
    shared = Counter(name for names in groups.values() for name in set(names))
    issues = []
    for group, names in groups.items():
        own = list(takewhile(lambda name: shared[name] == 1, reversed(names)))[::-1]
        if own and len(own) < len(names) - 1:
            what = f"{', '.join(map(repr, own))} may stand beside the group {group!r} and not in it: it is called so"
            issues.append(Issue("the header", what, "`names` calls columns otherwise."))
    return Finding({}, 0.9 if issues else 1.0, tuple(issues))


def tell_sections(sections: Sequence[int], names: Sequence[str], place: Place) -> Finding:
    if not sections:
        return Finding()
    name = next(name for name in ("date", "section_date", "section") if name not in names)
    what = f"a day alone, that of the rows below it: it is read as column {name!r} of theirs"
    return Finding({"section": name}, 0.9, (Issue(place.of(sections), what, "`section` calls it otherwise."),))


def tell_between(cells: Sequence[Cells], body: Body, place: Place) -> Finding:
    issues = []
    confidence = 1.0
    totals = {at: word for at in body.strange if (word := total_word(cells[at]))}
    if totals:
        what = "they sum up the rows above, and are none"
        issues.append(Issue(place.of([*totals]), what, "`totals` has the words with which they begin."))
    if strange := [at for at in body.strange if at not in totals]:
        confidence *= 0.9
        issues.append(
            Issue(
                place.of(strange),
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
    fields = {"totals": tuple(dict.fromkeys(totals.values()))} if totals else {}
    return Finding(fields, confidence, tuple(issues))


def find_footer(rows: Rows, cells: Sequence[Cells], body: Body, comment: str | None, place: Place) -> Finding:
    def counts(row: Cells) -> bool:
        return not is_empty(row) and not (comment and row[0].lstrip().startswith(comment))

    if rows.whole:
        foot = [at for at in range(body.last + 1, len(cells)) if counts(cells[at])]
        where, lines = place.of(foot) if foot else "", [cells[at] for at in foot]
    else:
        tail = [row for row in rows.end if counts(row)]
        foot = []
        while len(foot) < len(tail) and not is_row(tail[-1 - len(foot)], body.kinds, body.width, True):
            foot.append(len(foot))
        if len(foot) == len(tail):
            foot = []
        where, lines = f"the last {len(foot)} {rows.word}s", tail[len(tail) - len(foot) :]
    if not foot:
        return Finding()
    fields = {"footer_lines": len(foot)}
    told = Issue(where, "below the table: no rows", "`footer_lines` says how many.")
    if not (alike := sum(_is_like_rows(line, body.kinds) for line in lines)):
        return Finding(fields, 0.95, (told,))
    what = f"below the table: no rows, though {alike} of them hold a time or numbers where rows do"
    question = Question("footer_lines", f"{what}: are they rows?", (str(len(foot)), "0"))
    return Finding(fields, 0.6, (Issue(where, what, told.suggestion),), (question,))


def _is_like_rows(line: Cells, kinds: Sequence[Kind]) -> bool:
    """Say whether a line has a time, or all the numbers, where rows have theirs: a total has numbers, too."""
    if is_total(line):
        return False
    cells = [cell.strip(_MARKS) for cell in line]
    timed = [cell for cell, kind in zip(cells, kinds, strict=False) if kind is Kind.TIME]
    numbers = [classify(cell) for cell, kind in zip(cells, kinds, strict=False) if kind is Kind.NUMBER]
    return any(classify(cell) is Kind.TIME for cell in timed) or (
        bool(numbers) and all(kind is Kind.NUMBER for kind in numbers) and any(timed)
    )


def find_words(names: Sequence[str], kinds: Sequence[Kind], rows: Sequence[Cells]) -> Finding:
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


def find_numbers(
    names: Sequence[str], kinds: Sequence[Kind], lines: Sequence[Cells], rows: Rows, given: Mapping[str, Any]
) -> Finding:
    columns = [
        at
        for at, kind in enumerate(kinds)
        if kind is Kind.NUMBER and not are_clocks(names[at], {row[at] for row in lines if at < len(row)})
    ]
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
