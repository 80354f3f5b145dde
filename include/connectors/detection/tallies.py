"""Counts that grow frame by frame and stay small: different values, and exact numbers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, Inexact
from typing import Final, cast

import polars as pl

from include.cim.number_style import NumberStyle
from include.cim.numbers import plain_number

MOST_DISTINCT: Final = 1_000_000
"""Up to this many different values are counted exactly."""

_EXACT: Final = Context(prec=4_000, traps=[Inexact])
_DIGITS: Final = 38  # of polars' Decimal
_ROWS_DIGITS: Final = 8  # a sum over a frame has so many digits more than its summands
_EXPONENT: Final = r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d{1,3}$"


class DistinctTally:
    """Counts different texts by their hashes; beyond a limit by the least of them (k minimum values)."""

    def __init__(self, limit: int = MOST_DISTINCT) -> None:
        self.exact = True
        self._limit = limit
        self._hashes = pl.Series(dtype=pl.UInt64)

    def __len__(self) -> int:
        """How many hashes are held."""
        return len(self._hashes)

    def add(self, cells: pl.Series) -> None:
        """Take cells; null is none."""
        fresh = cells.drop_nulls().hash(seed=0).unique()
        if not self.exact:
            fresh = fresh.filter(fresh < self._hashes.max())
        self._hashes = pl.concat([self._hashes, fresh]).unique()
        self.shrink(self._limit)

    def shrink(self, limit: int) -> None:
        """Hold no more than this many hashes from now on."""
        self._limit = min(limit, self._limit)
        if len(self._hashes) > self._limit:
            self.exact = False
            self._hashes = self._hashes.bottom_k(self._limit)

    def count(self) -> int:
        """Give the number of different texts: exact, or with an error of a few tenths of a per cent."""
        greatest = self._hashes.max()
        if self.exact or not isinstance(greatest, int):
            return len(self._hashes)
        return round((len(self._hashes) - 1) * 2**64 / greatest)


class NumberTally:
    """The least, the greatest and the sum of numbers, exact to the last digit whatever their number.

    Attributes:
        count: Numbers so far.
        whole: Whether all of them are written without a fraction.
    """

    def __init__(self, style: NumberStyle) -> None:
        self.count = 0
        self.whole = True
        self.minimum: Decimal | None = None
        self.maximum: Decimal | None = None
        self.total = Decimal(0)
        self._style = style

    def add(self, cells: pl.Series) -> pl.Series:
        """Take the numbers among cells; gives which cells are numbers."""
        text = pl.select(plain_number(pl.lit(cells), self._style)).to_series()
        point = text.str.find(".", literal=True)
        length = text.str.len_bytes()
        fraction = _greatest(length - point - 1)
        integral = _greatest(pl.select(pl.coalesce(pl.lit(point), pl.lit(length))).to_series())
        if fraction + integral + _ROWS_DIGITS <= _DIGITS:
            numbers = text.cast(pl.Decimal(_DIGITS, fraction), strict=False)
            readable = numbers.is_not_null()
            exponents = text.str.contains("[eE]") & readable
            if exponents.any():
                numbers = numbers.filter(~exponents)
                self._take(map(Decimal, text.filter(exponents & text.str.contains(_EXPONENT)).to_list()))
                readable &= ~exponents | text.str.contains(_EXPONENT)
            self._take_column(numbers.drop_nulls(), fraction)
        else:
            readable = text.str.contains(r"^[-+]?(\d+\.?\d*|\.\d+)$") | text.str.contains(_EXPONENT)
            self._take(map(Decimal, text.filter(readable).to_list()))
        readable = readable.fill_null(False)
        self.count += int(readable.sum())
        return readable

    def _take_column(self, numbers: pl.Series, fraction: int) -> None:
        if not len(numbers):
            return
        self.whole &= fraction == 0
        self._widen(cast(Decimal, numbers.min()), cast(Decimal, numbers.max()))
        self.total = _EXACT.add(self.total, cast(Decimal, numbers.sum()))

    def _take(self, numbers: Iterable[Decimal]) -> None:
        for number in numbers:
            self.whole &= number.as_tuple().exponent == 0
            self._widen(number, number)
            self.total = _EXACT.add(self.total, number)

    def _widen(self, low: Decimal, high: Decimal) -> None:
        self.minimum = low if self.minimum is None else min(self.minimum, low)
        self.maximum = high if self.maximum is None else max(self.maximum, high)


def _greatest(numbers: pl.Series) -> int:
    greatest = numbers.max()
    return greatest if isinstance(greatest, int) else 0
