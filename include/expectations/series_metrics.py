"""Judges rows beside the others of their series: counters, intervals, stuck values, spikes; numpy, no rows in loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

_Mask = np.ndarray[Any, np.dtype[np.bool_]]
_Array = np.ndarray[Any, np.dtype[Any]]

_CHUNK: Final = 200_000
_SIGMA: Final = 1.4826
"""Median absolute deviation × this = standard deviation, of normally distributed values."""


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Rows series by series, in the order of time, then of the table.

    Attributes:
        order: Their places in the table.
        number: Of the series that each is in, from 0.
        begins: Whether each is the first of its series.
    """

    order: _Array
    number: _Array
    begins: _Mask

    def back(self, mask: _Mask) -> _Mask:
        """Give a mask of ordered rows in the order of the table."""
        whole = np.empty(len(mask), dtype=bool)
        whole[self.order] = mask
        return whole


def steps_back(table: pd.DataFrame, rollover: float | None, reset: bool) -> _Mask:
    """Find readings of a counter (columns: value, time, series …) that are smaller than the one before.

    Where a reading before stands out above both its neighbours, that one is broken, and not what follows it.

    Args:
        rollover: Where the counter begins again: of a step back, the way over it must be the shorter one.
        reset: A counter may begin again at less than half of what it had.
    """
    rows = _order(table, 1)
    value, begins = _numbers(table.iloc[:, 0])[rows.order], rows.begins
    before = np.roll(value, 1)
    back = ~begins & (value < before)
    if rollover is not None:
        back &= value + rollover - before >= before - value
    ends = np.roll(begins, -1)
    after, second = np.roll(value, -1), np.roll(value, 2)
    peak = back & ~np.roll(begins, 1) & ~ends & (value >= second) & (before > second) & (after < before)
    if reset:
        back &= peak | (value >= before / 2)
    broken = (back & ~peak) | np.roll(peak, -1)
    return rows.back(broken)


def leaves_gap(table: pd.DataFrame, every: int | None, tolerance: int) -> _Mask:
    """Find rows before which time is missing: they begin later than all rows before them end.

    Args:
        table: Start, end, series …; with `every`, start, series …
        every: How long each interval is, in microseconds; None: until its end.
    """
    rows, start, reached = _intervals(table, every)
    return rows.back(~rows.begins & (start > reached + tolerance))


def overlaps(table: pd.DataFrame, every: int | None, tolerance: int) -> _Mask:
    """Find rows that begin before a row before them ends; arguments as `leaves_gap`."""
    rows, start, reached = _intervals(table, every)
    return rows.back(~rows.begins & (start < reached - tolerance))


def is_stuck(table: pd.DataFrame, readings: int | None, duration: int | None, ignored: list[float]) -> _Mask:
    """Find readings (value, time, series …) that repeat the one before, in runs of so many or for so long (µs).

    The first reading of a run is taken to be real.
    """
    rows = _order(table, 1)
    value = _numbers(table.iloc[:, 0])[rows.order]
    time = _microseconds(table.iloc[:, 1])[rows.order]
    fresh = rows.begins | (value != np.roll(value, 1))
    run = np.cumsum(fresh) - 1
    firsts = np.flatnonzero(fresh)
    lasts = np.append(firsts, len(value))[1:] - 1
    stuck = np.ones(len(firsts), dtype=bool)
    if readings is not None:
        stuck &= lasts - firsts + 1 >= readings
    if duration is not None:
        stuck &= time[lasts] - time[firsts] >= duration
    return rows.back(stuck[run] & ~fresh & ~np.isin(value, ignored))


def spikes(table: pd.DataFrame, window: int, factor: float, at_least: float) -> _Mask:
    """Find readings (value, time, series …) far from the median of the `window` readings around them.

    Far is more than `factor` standard deviations, told robustly (median absolute deviation), and more than `at_least`.
    A series shorter than the window is not judged.

    Source: Hampel's identifier; at the ends of a series the window is the first or last one that is whole.
    """
    rows = _order(table, 1)
    value = _numbers(table.iloc[:, 0])[rows.order].astype(np.float64)
    broken = np.zeros(len(value), dtype=bool)
    firsts = np.flatnonzero(rows.begins)
    lengths = np.diff(np.append(firsts, len(value)))
    judged = np.flatnonzero((lengths >= window)[rows.number])
    if not len(judged):
        return broken
    first, length = firsts[rows.number[judged]], lengths[rows.number[judged]]
    begin = np.clip(judged - window // 2, first, first + length - window)
    windows = np.lib.stride_tricks.sliding_window_view(value, window)
    for chunk in range(0, len(judged), _CHUNK):
        at = slice(chunk, chunk + _CHUNK)
        around = windows[begin[at]]
        middle = np.median(around, axis=1)
        spread = _SIGMA * np.median(np.abs(around - middle[:, None]), axis=1)
        away = np.abs(value[judged[at]] - middle)
        broken[judged[at]] = (away > factor * spread) & (away > at_least)
    return rows.back(broken)


def _intervals(table: pd.DataFrame, every: int | None) -> tuple[_Ordered, _Array, _Array]:
    """Give the rows in order, where each begins, and how far the rows before it of its series reach."""
    rows = _order(table, 0, heads=1 if every is not None else 2)
    start = _microseconds(table.iloc[:, 0])[rows.order]
    end = start + every if every is not None else _microseconds(table.iloc[:, 1])[rows.order]
    reached = pd.Series(end).groupby(rows.number).cummax().to_numpy()
    return rows, start, np.roll(reached, 1)


def _order(table: pd.DataFrame, time: int, heads: int = 2) -> _Ordered:
    """Order rows by series and time.

    Args:
        time: The place of the time among the columns.
        heads: How many columns come before those that tell the series apart.
    """
    number = np.zeros(len(table), dtype=np.int64)
    for name in table.columns[heads:]:
        codes, names = pd.factorize(table[name], use_na_sentinel=False)
        number = number * len(names) + codes
        number = np.unique(number, return_inverse=True)[1] if len(table.columns) > heads + 1 else number
    order = np.lexsort((_microseconds(table.iloc[:, time]), number))
    number = number[order]
    begins = np.ones(len(number), dtype=bool)
    begins[1:] = number[1:] != number[:-1]
    return _Ordered(order, np.cumsum(begins) - 1, begins)


def _microseconds(column: pd.Series) -> _Array:
    return np.asarray(column.dt.as_unit("us").astype("int64"))


def _numbers(column: pd.Series) -> _Array:
    return column.to_numpy(dtype=np.int64 if pd.api.types.is_integer_dtype(column) else np.float64)
