"""Methods that make numbers and times less exact, a column at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from include.anonymization.config import Generalise, Noise, Round, Step

_EVERY: Final = {Step.HOUR: "1h", Step.DAY: "1d", Step.MONTH: "1mo", Step.YEAR: "1y"}


def generalise(column: pl.Series, plan: Generalise, minimum: float | None, maximum: float | None) -> pl.Series:
    """Make each value coarser: a bin becomes its begin, a coordinate the nearest point of the grid.

    What lies below the first bin counts to it. The result keeps the bounds of the field.

    Args:
        column: String for `first`, Datetime for `to`, else a number; the result has its dtype.
        minimum, maximum: Of the field.
    """
    match plan:
        case Generalise(first=int(first)):
            return column.str.slice(0, first)
        case Generalise(to=Step() as step):
            return column.dt.truncate(_EVERY[step])
        case Generalise(bins=tuple(bins)):
            values = column.cast(pl.Float64)
            begins = pl.Series([bins[0], *bins], dtype=pl.Float64)
            place = pl.Series(begins[1:]).search_sorted(values.fill_null(0.0), side="right")
            coarse = pl.select(pl.when(values.is_not_null()).then(begins.gather(place))).to_series()
        case Generalise(grid_degrees=float(grid)):
            coarse = (column.cast(pl.Float64) / grid).round() * grid
        case _:
            assert plan.width is not None  # noqa: S101 - one of the five is given
            coarse = (column.cast(pl.Float64) / plan.width).floor() * plan.width
    return _bounded(coarse, column, minimum, maximum)


def round_off(column: pl.Series, plan: Round, minimum: float | None, maximum: float | None) -> pl.Series:
    """Round each value; the result keeps the bounds of the field."""
    values = column.cast(pl.Float64)
    if plan.digits >= 0:
        return _bounded(values.round(plan.digits), column, minimum, maximum)
    whole = 10.0**-plan.digits
    return _bounded((values / whole).round() * whole, column, minimum, maximum)


def add_noise(
    column: pl.Series, plan: Noise, uniform: npt.NDArray[np.float64], minimum: float | None, maximum: float | None
) -> pl.Series:
    """Add a random number to each value; what would leave the bounds of the field is thrown back from them.

    Args:
        uniform: A number from 0 to 1 for each row.
    """
    aside = uniform - 0.5
    spread = -plan.scale * np.sign(aside) * np.log1p(-2 * np.minimum(np.abs(aside), 0.5 - 2.0**-54))
    noisy = column.cast(pl.Float64) + pl.Series(spread)
    if minimum is not None:
        noisy = minimum + (noisy - minimum).abs()
    if maximum is not None:
        noisy = maximum - (maximum - noisy).abs()
    return _bounded(noisy, column, minimum, maximum)


def _bounded(values: pl.Series, column: pl.Series, minimum: float | None, maximum: float | None) -> pl.Series:
    if not column.dtype.is_float():
        values = values.round()
    return values.clip(minimum, maximum).cast(column.dtype).alias(column.name)
