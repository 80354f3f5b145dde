"""Tells a table's rows from what stands above, between and below them, by what the columns mostly hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from include.connectors.detection.cells import TYPED, Cells, Kind, classify, is_total
from include.connectors.detection.column_groups import counts_time

_MOSTLY: Final = 0.5
_FEW: Final = 40
_MOST_NOTES: Final = 50


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of a table among all rows.

    Attributes:
        width: Cells of a row.
        kinds: What each column mostly holds.
        first, last: The first and the last row, as places among all rows; both belong to it.
        rows: The places of its rows.
        ragged: Those between that have another number of cells.
        strange: Those between that look like no row: a header again, the foot of a page.
    """

    width: int
    kinds: tuple[Kind, ...]
    first: int
    last: int
    rows: tuple[int, ...]
    ragged: tuple[int, ...] = ()
    strange: tuple[int, ...] = ()


def is_empty(row: Cells) -> bool:
    """Say whether no cell of a row holds anything."""
    return not any(cell and not cell.isspace() for cell in row)


def extent(row: Cells) -> int:
    """Count the cells up to the last that holds something."""
    return next((at for at in range(len(row), 0, -1) if row[at - 1].strip()), 0)


def find_body(rows: Sequence[Cells], comment: str | None, begins: bool = False) -> Body | None:
    """Find the rows of the main table; None where no row has a cell.

    Args:
        begins: Whether the first row is known to be a header or a row: nothing stands above.
    """
    lines = {
        at: row
        for at, row in enumerate(rows)
        if not is_empty(row) and not (comment and row[0].lstrip().startswith(comment))
    }
    if not lines:
        return None
    # sheets and fixed columns give rows of one length; there the last cell with something tells the width
    sized = len({len(row) for row in lines.values()}) > 1
    size = {at: len(row) if sized else extent(row) for at, row in lines.items()}
    width = _width(lines, size) if sized else max(size.values())
    full = [row for at, row in lines.items() if not sized or _fits(row, width)]
    kinds = tuple(_kind(row[at] for row in full if at < len(row)) for at in range(width))
    wanted = [at for at, row in lines.items() if is_row(row, kinds, width, sized)]
    if wanted:
        # without header and footer a short table tells better what its columns hold
        kinds = tuple(_kind(rows[place][at] for place in wanted if at < len(rows[place])) for at in range(width))
        wanted = [at for at, row in lines.items() if is_row(row, kinds, width, sized)]
    wanted = [at for at in wanted if not _counts_up(rows[at], wanted, rows)] or wanted
    if not wanted or not any(kind in TYPED for kind in kinds):
        fitting = [at for at, row in lines.items() if not sized or _fits(row, width)]
        wanted = fitting[0 if begins and len(fitting) == 1 else 1 :] or fitting
    wanted = _below_notes(wanted, lines, kinds)
    first = wanted[0]
    while len(wanted) > 1 and _is_foot(rows[wanted[-1]], kinds, rows[wanted[-2]]):
        wanted.pop()
    last = wanted[-1]
    chosen = set(wanted)
    between = [at for at in lines if first < at < last and at not in chosen]
    ragged = tuple(at for at in between if sized and not _fits(lines[at], width))
    return Body(width, kinds, first, last, tuple(wanted), ragged, tuple(sorted(set(between) - set(ragged))))


def _fits(row: Cells, width: int) -> bool:
    """Say whether a row has that many cells; empty ones too many at its end are none."""
    return len(row) == width or (len(row) > width and not any(cell.strip() for cell in row[width:]))


def _width(lines: dict[int, Cells], size: dict[int, int]) -> int:
    weights: Counter[int] = Counter()
    for at, row in lines.items():
        typed = sum(classify(cell) in TYPED for cell in row[:_FEW])
        weights[size[at]] += (size[at] - 1) * 10 + typed * 10 + 1
    return weights.most_common(1)[0][0]


def _kind(cells: Iterable[str]) -> Kind:
    counts = dict.fromkeys(Kind, 0)
    for cell, count in Counter(cells).items():
        counts[classify(cell)] += count
    full = sum(counts[kind] for kind in (*TYPED, Kind.TEXT))
    if not full:
        return Kind.EMPTY
    # of two rows, header and data, the data tell
    typed = max(TYPED, key=lambda kind: counts[kind])
    return typed if counts[typed] >= _MOSTLY * full else Kind.TEXT


def is_row(row: Cells, kinds: Sequence[Kind], width: int, sized: bool) -> bool:
    """Say whether a row's cells are what the columns mostly hold; a time where times stand is enough.

    A row that sums up others is none: one that begins with a word for it where numbers or times stand, or has no time.
    """
    if sized and not _fits(row, width):
        return False
    right = wrong = words = 0
    timed = False
    for cell, kind in zip(row, kinds, strict=False):
        if kind is Kind.TEXT or kind is Kind.EMPTY:
            continue
        found = classify(cell)
        if found is kind:
            right += 1
            timed = timed or kind is Kind.TIME
        elif found is Kind.WORD:
            words += 1
        elif found is not Kind.EMPTY:
            if kind is Kind.TIME:
                return False
            wrong += 1
    if is_total(row):
        begins = next(kind for cell, kind in zip(row, kinds, strict=False) if cell.strip())
        if begins in TYPED or (Kind.TIME in kinds and not timed):
            return False
    return timed or (right > 0 and right + words >= wrong)


def _counts_up(row: Cells, rows: Sequence[int], every: Sequence[Cells]) -> bool:
    """Say whether a row of numbers is a header that counts hours or years, which the other rows are not."""
    if not rows or row is not every[rows[0]] or len(rows) == 1:
        return False
    run = counts_time(row)
    return (
        run is not None
        and run.last - run.first + 1 >= (len(row) - run.first) / 2
        and run.first > 0
        and (not any(classify(cell) in TYPED for cell in row[: run.first]) and counts_time(every[rows[1]]) is None)
    )


def _below_notes(wanted: list[int], lines: Mapping[int, Cells], kinds: Sequence[Kind]) -> list[int]:
    """Leave out what looks like rows but stands above a header: notes that fill few cells, or tell no time."""
    rows = set(wanted)
    names = [at for at in lines if wanted[0] < at < wanted[-1] and at not in rows][-_MOST_NOTES:]
    for header in reversed(names):
        above = [at for at in wanted if at < header]
        below = [at for at in wanted if at > header]
        usual = median(_filled(lines[at]) for at in below)
        if len(above) <= len(below) and all(
            _filled(lines[at]) <= usual / 2 or _lacks_time(lines[at], kinds, lines[below[0]]) for at in above
        ):
            return below
    return wanted


def _filled(row: Cells) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _is_foot(row: Cells, kinds: Sequence[Kind], above: Cells) -> bool:
    if is_total(row):
        return not is_total(above)
    return _lacks_time(row, kinds, above)


def _lacks_time(row: Cells, kinds: Sequence[Kind], other: Cells) -> bool:
    """Say whether a row has no time where the columns and another row have theirs."""
    timed = [at for at, kind in enumerate(kinds) if kind is Kind.TIME]
    return (
        bool(timed)
        and all(at < len(other) and other[at].strip() for at in timed)
        and not any(at < len(row) and row[at].strip() for at in timed)
    )
