"""The peers of `benchmarks.curate`: plain pandas and pandera, which find the same broken rows by the same rules."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from include.batch import ROW_ID

VALUES: Final = ("import", "export")
PATTERN: Final = "^5414[0-9]{14}$"
READINGS, WINDOW, FACTOR, AT_LEAST = 3, 7, 6, 50


def check_with_pandas(frame: pl.DataFrame) -> Any:
    """Find the broken rows the way a careful person would by hand."""
    table = frame.to_pandas()
    good = (
        table["meter_id"].notna()
        & table["start"].notna()
        & (table["end"] > table["start"])
        & table["energy"].notna()
        & table["energy"].between(0, 100)
        & table["direction"].isin(VALUES)
        & table["meter_id"].str.match(PATTERN)
        & ~table.duplicated(["meter_id", "start"])
    )
    return pd.Series(table[ROW_ID][~good])


def check_neighbours_with_pandas(frame: pl.DataFrame) -> Any:
    """Find them with groupby, shift and rolling, among the rows that the eight rules leave."""
    broken = check_with_pandas(frame)
    table = frame.to_pandas()
    table = table[~table[ROW_ID].isin(broken)].sort_values(["meter_id", "start"])
    series = table.groupby("meter_id")
    reached = series["end"].cummax().groupby(table["meter_id"]).shift()
    gap, overlap = table["start"] > reached, table["start"] < reached
    fresh = (table["energy"] != series["energy"].shift()).cumsum()
    stuck = table.groupby(fresh)["energy"].transform("size").ge(READINGS) & fresh.duplicated()
    middle = series["energy"].transform(lambda one: one.rolling(WINDOW, center=True).median())
    away = (table["energy"] - middle).abs()
    spread = away.groupby(table["meter_id"]).transform(lambda one: one.rolling(WINDOW, center=True).median()) * 1.4826
    spike = (away > FACTOR * spread) & (away > AT_LEAST)
    return pd.concat([broken, table[ROW_ID][gap | overlap | stuck | spike]])


def check_with_pandera(frame: pl.DataFrame) -> pl.Series:
    """Find the broken rows by a schema over polars, which tells every failure."""
    times = pl.Datetime("us", "UTC")
    columns = {
        "meter_id": pa.Column(str, pa.Check.str_matches(PATTERN)),
        "start": pa.Column(times),
        "end": pa.Column(times),
        "energy": pa.Column(float, pa.Check.in_range(0, 100)),
        "direction": pa.Column(str, pa.Check.isin(VALUES), nullable=True),
    }
    after = _row_check(pl.col("end") > pl.col("start"))
    return _failures(pa.DataFrameSchema(columns, checks=[after], unique=["meter_id", "start"]), frame)


def check_neighbours_with_pandera(frame: pl.DataFrame) -> pl.Series:
    """Find them by checks that look along each series, among the rows that the eight rules leave."""
    broken = check_with_pandera(frame)
    rows = frame.filter(~pl.col(ROW_ID).is_in(broken.implode())).sort("meter_id", "start")
    reached = pl.col("end").cum_max().shift().over("meter_id")
    run = pl.struct("meter_id", "energy").rle_id()
    stuck = (pl.len().over(run) >= READINGS) & ~run.is_first_distinct()
    away = (pl.col("energy") - pl.col("energy").rolling_median(WINDOW, center=True).over("meter_id")).abs()
    spread = away.rolling_median(WINDOW, center=True).over("meter_id") * 1.4826
    checks = [
        _row_check((pl.col("start") <= reached).fill_null(True)),
        _row_check((pl.col("start") >= reached).fill_null(True)),
        _row_check(~stuck),
        _row_check(~((away > FACTOR * spread) & (away > AT_LEAST)).fill_null(False)),
    ]
    return pl.concat([broken, _failures(pa.DataFrameSchema({}, checks=checks), rows)])


def _row_check(keeps: pl.Expr) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(keeps.alias("keeps")))


def _failures(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.Series:
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as told:
        return frame[ROW_ID].gather(told.failure_cases["index"].drop_nulls().unique())
    return frame[ROW_ID].head(0)
