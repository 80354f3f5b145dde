"""Fills cells from the sound values around them, in their series."""

from __future__ import annotations

import numpy as np
import polars as pl

from include.batch import ROW_ID
from include.expectations.config import Fill, FillMethod, Series


def fill_cells(rows: pl.DataFrame, field: str, series: Series, fill: Fill, wanted: pl.Series) -> pl.DataFrame:
    """Find what cells are filled with.

    Sound is every value that is there: broken ones were emptied before. Of rows at the same time, the last of the
    source counts.

    Args:
        rows: Whole series: `row_id`, the field, the series' time and names.
        wanted: Row ids of the cells.

    Returns:
        `row_id` and `value`, of the cells that there is something for.
    """
    assert fill.within is not None  # noqa: S101 - a constant needs no neighbours
    cells = rows.filter(pl.col(ROW_ID).is_in(wanted.implode()) & pl.col(series.time).is_not_null())
    cells = cells.select(ROW_ID, pl.col(series.time).alias("at"), *series.names).sort("at", ROW_ID)
    sound = rows.filter(pl.col(field).is_not_null() & pl.col(series.time).is_not_null())
    sound = sound.sort(series.time, ROW_ID).select(
        pl.col(series.time).alias("time"), pl.col(field).alias("value"), *series.names
    )
    sound = sound.unique(["time", *series.names], keep="last", maintain_order=True)
    match fill.method:
        case FillMethod.PREVIOUS:
            filled = _before(cells, sound, series).filter(pl.col("at") - pl.col("time") <= fill.within)
        case FillMethod.LINEAR:
            filled = _between(_before(cells, sound, series), sound, series)
            filled = filled.filter(pl.col("time_after") - pl.col("time") <= fill.within)
        case _:
            filled = _around(cells, sound, series, fill)
    return filled.select(ROW_ID, pl.col("value").cast(rows.schema[field]))


def _before(cells: pl.DataFrame, sound: pl.DataFrame, series: Series) -> pl.DataFrame:
    return _beside(cells, sound, series, "backward").drop_nulls("value")


def _beside(cells: pl.DataFrame, sound: pl.DataFrame, series: Series, where: str) -> pl.DataFrame:
    return cells.join_asof(
        sound.with_columns(moment=pl.col("time")),
        left_on="at",
        right_on="moment",
        by=list(series.names) or None,
        strategy=where,  # type: ignore[arg-type]
        suffix="_after",
        check_sortedness=False,
    )


def _between(cells: pl.DataFrame, sound: pl.DataFrame, series: Series) -> pl.DataFrame:
    both = _beside(cells, sound, series, "forward").drop_nulls("value_after")
    whole = (pl.col("time_after") - pl.col("time")).dt.total_microseconds()
    share = (pl.col("at") - pl.col("time")).dt.total_microseconds() / whole
    line = pl.col("value") + (pl.col("value_after") - pl.col("value")) * share
    value = pl.when(whole == 0).then(pl.col("value").cast(pl.Float64)).otherwise(line)
    return both.with_columns(value=value.round() if both.schema["value"].is_integer() else value)


def _around(cells: pl.DataFrame, sound: pl.DataFrame, series: Series, fill: Fill) -> pl.DataFrame:
    assert fill.within is not None  # noqa: S101
    half = int(fill.within.total_seconds() * 1_000_000) // 2
    found = [pl.DataFrame(schema={ROW_ID: pl.Int64, "value": pl.Float64})]
    names = list(series.names)
    values = dict(sound.partition_by(names, as_dict=True)) if names else {(): sound}
    for key, mine in (cells.partition_by(names, as_dict=True) if names else {(): cells}).items():
        if key not in values:
            continue
        times = values[key]["time"].dt.timestamp("us").to_numpy()
        readings = values[key]["value"].cast(pl.Float64).to_numpy()
        at = mine["at"].dt.timestamp("us").to_numpy()
        first, last = np.searchsorted(times, at - half, "left"), np.searchsorted(times, at + half, "right")
        medians = [
            float(np.median(readings[low:high])) if high > low else None for low, high in zip(first, last, strict=True)
        ]
        found.append(pl.DataFrame({ROW_ID: mine[ROW_ID], "value": pl.Series(medians, dtype=pl.Float64)}).drop_nulls())
    return pl.concat(found)
