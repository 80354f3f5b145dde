"""Tells several tables in one source from one: one below the other, or side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from include.connectors.detection.body import Body, find_body, is_empty
from include.connectors.detection.cells import TYPED, Cells, Kind
from include.connectors.detection.header import Header, find_header


@dataclass(frozen=True, slots=True)
class Block:
    """Rows without an empty one between.

    Attributes:
        number: Which of the blocks it is, from 1, as `TableLayout.table` counts them.
        above: Rows of the source before it.
    """

    number: int
    above: int
    rows: Sequence[Cells]


def part_blocks(rows: Sequence[Cells]) -> Iterator[Block]:
    """Part rows where empty ones stand between."""
    number, first = 0, None
    for at, row in enumerate([*rows, []]):
        if is_empty(row):
            if first is not None:
                number += 1
                yield Block(number, first, rows[first:at])
            first = None
        elif first is None:
            first = at


def find_stacked(rows: Sequence[Cells], comment: str | None) -> list[Block]:
    """Find the tables that stand one below the other, the largest first; none where there is only one.

    A block is a table of its own when it has a header of its own; a block without one goes on with the last.
    """
    blocks = [block for block in part_blocks(rows) if len(block.rows) > 1]
    if len(blocks) > 1:  # else there is nothing to tell apart, and looking takes as long as finding the one table
        blocks = [block for block in blocks if _is_table(block.rows, comment)]
    if len(blocks) < 2:
        return []
    return sorted(blocks, key=lambda block: -sum(map(len, block.rows)))


def _is_table(rows: Sequence[Cells], comment: str | None) -> bool:
    body = find_body(rows, comment)
    if body is None or body.width < 2 or not any(kind in TYPED for kind in body.kinds):
        return False
    header = find_header(rows, body, comment, {})
    if not header.lines:
        return False
    names = [cell.strip() for cell in rows[header.lines[-1]] if cell.strip()]
    enough = len(body.rows) > 1 or body.width > 2  # names and values in two columns are notes
    return enough and not any(name.endswith(":") for name in names) and len(body.rows) >= len(rows) / 3


def _go_on(rows: Sequence[Cells], body: Body, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Say whether nearly every row goes on behind an empty column: then that is for the eye, and parts no tables."""
    filled = [
        [any(cell.strip() for cell in rows[at][first - 1 : last]) for at in body.rows] for first, last in (one, other)
    ]
    both = sum(map(all, zip(*filled, strict=True)))
    return both * 10 >= len(body.rows) * 9


def find_side_by_side(rows: Sequence[Cells], body: Body, header: Header) -> list[tuple[int, int]]:
    """Find the ranges of columns, from 1, that are tables of their own; none where there is only one.

    Tables are parted by columns that hold nothing at all, not even a name; or one header is written again and again.
    """
    lines = [rows[at] for at in (*header.lines, *header.units, *body.rows)]
    used = [any(at < len(line) and line[at].strip() for line in lines) for at in range(body.width)]
    groups: list[tuple[int, int]] = []
    for at, full in enumerate(used):
        if full and at and used[at - 1]:
            groups[-1] = (groups[-1][0], at + 1)
        elif full:
            groups.append((at + 1, at + 1))
    if len(groups) > 1:
        timed = all(Kind.TIME in body.kinds[first - 1 : last] for first, last in groups)
        narrow = any(first == last for first, last in groups)
        return [] if narrow or not (timed or (len(groups) == 2 and not _go_on(rows, body, *groups))) else groups
    if not header.lines:
        return []
    names = [cell.strip() for cell in rows[header.lines[-1]][: body.width]]
    for period in range(2, body.width // 2 + 1):
        repeated = body.width % period == 0 and names == names[:period] * (body.width // period)
        if repeated and body.kinds[0] is Kind.TIME and len(header.lines) == 1:
            return [(first + 1, first + period) for first in range(0, body.width, period)]
    return []
