"""Tells the lines of a header, and of units below it, from what else stands above a table's rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from include.connectors.detection.body import Body, extent, is_empty
from include.connectors.detection.cells import TYPED, Cells, Kind, classify, is_unit
from include.connectors.detection.column_groups import counts_time
from include.connectors.formats.layout import name_columns

_MOST_UNITS: Final = 3
_MOST_HEADERS: Final = 4
_LONGEST_MARK: Final = 4


@dataclass(frozen=True, slots=True)
class Header:
    """What stands above a table's rows, as places among all rows.

    Attributes:
        skip: Rows before it, empty ones too.
    """

    skip: int
    lines: tuple[int, ...]
    units: tuple[int, ...] = ()


def find_header(rows: Sequence[Cells], body: Body, comment: str | None, given: Mapping[str, Any]) -> Header:
    """Find the header of a body; what the owner has set of `skip_lines` means that `rows` begin with the header."""
    above = [
        at
        for at in range(body.first)
        if not is_empty(rows[at]) and not (comment and rows[at][0].lstrip().startswith(comment))
    ]
    unit_count = given.get("unit_lines", _count_units(rows, above, body))
    units = tuple(above[len(above) - unit_count :])
    rest = above[: len(above) - unit_count]
    if "header_lines" in given:
        count = given["header_lines"]
        lines = tuple(rest[:count] if "skip_lines" in given else rest[max(len(rest) - count, 0) :])
    elif "skip_lines" in given:
        lines = tuple(rest)
    else:
        lines = _find_lines(rows, rest, body)
    first = lines[0] if lines else units[0] if units else body.first
    return Header(0 if above and above[0] >= first else first if above else 0, lines, units)


def _count_units(rows: Sequence[Cells], above: Sequence[int], body: Body) -> int:
    """Count the lines of units right above the rows; the names that they belong to stand above them."""
    count = 0
    while count < min(_MOST_UNITS, len(above)) and _is_units(rows[above[-1 - count]]):
        count += 1
    for units in range(min(count, len(above) - 1), 0, -1):
        names = sum(bool(cell.strip()) for cell in rows[above[-1 - units]])
        below = max(sum(bool(cell.strip()) for cell in rows[at]) for at in above[-units:])
        if names >= below and (names > 1 or body.width == 1):
            return units
    return 0


def _is_units(row: Cells) -> bool:
    cells = [cell for cell in row if cell.strip()]
    return all(is_unit(cell) or classify(cell) is Kind.WORD for cell in cells)


def _find_lines(rows: Sequence[Cells], above: Sequence[int], body: Body) -> tuple[int, ...]:
    if not above or not _names_columns(rows[above[-1]], body):
        return ()
    lines = [above[-1]]
    for at in reversed(above[:-1]):
        if at != lines[0] - 1 or len(lines) == _MOST_HEADERS or not _stands_over(rows[at], rows[lines[0]], body.width):
            break
        lines.insert(0, at)
    return tuple(lines)


def _names_columns(row: Cells, body: Body) -> bool:
    if len(row) < body.width and row[0].isupper() and body.kinds[0] is Kind.TEXT and len(row[0]) <= _LONGEST_MARK:
        return False  # `HDR,ROLLING SYSTEM DEMAND` above lines that begin with a mark of their own
    filled = [cell.strip() for cell in row if cell.strip()]
    if body.width > 1 and (len(row) < 2 or (len(filled) < 2 and row[0].strip())):
        return False
    if len(filled) < body.width / 2 or any(cell.endswith(":") for cell in filled):
        return False
    if row[0].strip() and all(":" in cell for cell in filled):
        return False  # notes: `Period: 2024; Version: 1.5`
    typed = sum(classify(cell) in TYPED for cell in filled)
    return typed < max(len(filled) / 3, 1) or counts_time(row) is not None


def _stands_over(upper: Cells, lower: Cells, width: int) -> bool:
    """Say whether a line is the upper one of a stacked header, and no title or note above a header."""
    filled = [cell for cell in upper if cell.strip()]
    data = any(classify(cell) in TYPED for cell in filled) and counts_time(upper) is None
    again = [cell.strip() for cell in upper] == [cell.strip() for cell in lower]
    if len(upper) < max(min(len(lower), width), 2) or extent(upper) > width or not filled or data or again:
        return False
    names = [cell.strip() for cell in lower if cell.strip()]
    twice = len(names) - len(set(names))
    joined = name_columns([upper, lower], max(width, len(upper), len(lower)))
    if sum(re.search(r" \(\d+\)$", name) is not None for name in joined) < twice:
        return True
    gaps = any(up.strip() and not low.strip() for up, low in zip(upper, lower, strict=False))
    # a title stands in the first cell, the name of a group above its columns
    grouped = len(upper) >= width and not upper[0].strip()
    return grouped or (gaps and len(names) > 1) or (width > 2 and len(filled) == len(names) == width)
