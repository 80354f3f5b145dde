"""Counts that grow piece by piece and stay small: cells that fit, different values, exact numbers."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from typing import Final, Self, cast

import polars as pl

from include.cim.number_style import NumberStyle
from include.cim.numbers import plain_numbers

MOST_DISTINCT: Final = 1_000_000
"""Up to this many different values are counted exactly."""

_EXACT: Final = Context(prec=4_000, traps=[Inexact])
_DIGITS: Final = 38  # of polars' Decimal
_ROWS_DIGITS: Final = 8  # a sum over a frame has so many digits more than its summands
_PLAIN: Final = r"^[-+]?(\d{1,500}\.?\d{0,500}|\.\d{1,500})$"
_EXPONENT: Final = r"^[-+]?(\d{1,500}\.?\d{0,500}|\.\d{1,500})[eE][-+]?\d{1,3}$"
"""Of what is longer nobody knows the last digits; it is a text."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The different cells of a piece of a column: what is asked of a cell is asked once of each.

    Attributes:
        texts: Without the blanks around them, none of them empty.
        counts: How often each comes.
        rows: Where each comes first, from 1.
    """

    texts: pl.Series
    counts: pl.Series
    rows: pl.Series

    @classmethod
    def of(cls, cells: pl.Series, before: int) -> Self:
        """Gather the filled cells of a piece; `before` rows came before it."""
        frame = pl.DataFrame({"text": cells, "hash": cells.hash(seed=0)}).with_row_index("row", before + 1)
        gathered = (
            frame.group_by("hash")
            .agg(pl.col("text").first(), pl.len().alias("count"), pl.col("row").first())
            .with_columns(pl.col("text").str.strip_chars())
            .filter(pl.col("text") != "")
            .sort("row")
        )
        return cls(gathered["text"], gathered["count"], gathered["row"])

    def number(self, mask: pl.Series | None = None) -> int:
        """Give how many cells there are; with a mask of the different ones, how many of those."""
        return int((self.counts if mask is None else self.counts.filter(mask)).sum())


@dataclass(slots=True)
class Fit:
    """How many cells one kind fits.

    Attributes:
        astray: The first row that it does not fit, from 1.
    """

    count: int = 0
    misfits: int = 0
    astray: int | None = None

    def add(self, cells: Cells, fitting: pl.Series) -> None:
        """Take cells, and which of them fit."""
        self.count += cells.number(fitting)
        self.misfits += cells.number(~fitting)
        if self.astray is None and not fitting.all():
            self.astray = cast(int, cells.rows.filter(~fitting).min())

    @property
    def usable(self) -> bool:
        """Whether all cells fit, or all but a few."""
        return self.count > 0 and self.misfits * 10 <= self.count


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

    def add(self, cells: Cells) -> pl.Series:
        """Take the numbers among cells; gives which cells are numbers."""
        text = plain_numbers(cells.texts, self._style)
        point, length = text.str.find(".", literal=True), text.str.len_bytes()
        fraction = _greatest(length - point - 1)
        integral = _greatest(pl.select(pl.coalesce(pl.lit(point), pl.lit(length))).to_series())
        exponent = text.str.contains(_EXPONENT).fill_null(False)
        if fraction + integral + _ROWS_DIGITS <= _DIGITS and not exponent.any():
            numbers = text.cast(pl.Decimal(_DIGITS, fraction), strict=False)
            readable = numbers.is_not_null()
            if readable.any():
                self.whole &= fraction == 0
                self._widen(cast(Decimal, numbers.min()), cast(Decimal, numbers.max()))
                self._add_total(cast(Decimal, (numbers * cells.counts).sum()))
        else:
            readable = exponent | text.str.contains(_PLAIN).fill_null(False)
            for number, count in zip(text.filter(readable).to_list(), cells.counts.filter(readable), strict=True):
                self._take(Decimal(number), count)
        self.count += cells.number(readable)
        return readable

    def _take(self, number: Decimal, count: int) -> None:
        self.whole &= number.as_tuple().exponent == 0
        self._widen(number, number)
        self._add_total(_EXACT.multiply(number, Decimal(count)))

    def _add_total(self, number: Decimal) -> None:
        self.total = _EXACT.add(self.total, number)

    def _widen(self, low: Decimal, high: Decimal) -> None:
        self.minimum = low if self.minimum is None else min(self.minimum, low)
        self.maximum = high if self.maximum is None else max(self.maximum, high)


def _greatest(numbers: pl.Series) -> int:
    greatest = numbers.max()
    return greatest if isinstance(greatest, int) else 0
