"""Curation and pseudonyms of 1,000,000 rows, beside plain pandas that checks the same eight or twelve rules."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl

from benchmarks.table import Case, Table, median_seconds
from include.anonymization.key import Key
from include.anonymization.methods import Pseudonym, pseudonymise
from include.batch import ROW_ID, BatchRef, Stage
from include.cim.concept import Concept, Field, FieldType
from include.collection.suite import suite_of
from include.expectations.config import CurationRule, CuratorConfig
from include.expectations.run_suite import find_breaches
from include.pipeline.validate import validate
from include.storage.staging import ParquetStaging

ROWS = 1_000_000
METERS = 5_000
BAD_SHARE = 0.01
KEY = b"k" * 32
ID = UUID(int=1)
VALUES = ("import", "export")

READING = Concept(
    name="reading",
    title="Reading",
    description="What a meter counted in an interval",
    key=("meter_id", "start"),
    fields={
        field.name: field
        for field in (
            Field("meter_id", FieldType.ID, "The meter", required=True),
            Field("start", FieldType.TIMESTAMP, "Begin of the interval", required=True),
            Field("end", FieldType.TIMESTAMP, "End of the interval", after="start"),
            Field("energy", FieldType.FLOAT, "What was counted", unit="kWh", required=True, minimum=0, maximum=100),
            Field("direction", FieldType.ENUM, "Which way it flowed", values=VALUES),
        )
    },
)
OWN = CurationRule(
    type="expect_column_values_to_match_regex", kwargs={"column": "meter_id", "regex": "^5414[0-9]{14}$"}
)
NEIGHBOURS = (
    CurationRule(type="expect_series_intervals_to_leave_no_gap", kwargs={}),
    CurationRule(type="expect_series_intervals_to_not_overlap", kwargs={}),
    CurationRule(type="expect_series_values_to_not_be_stuck", kwargs={"column": "energy", "readings": 3}),
    CurationRule(
        type="expect_series_values_to_not_spike", kwargs={"column": "energy", "window": 7, "factor": 6, "at_least": 50}
    ),
)


def run() -> Table:
    """Measure each way three times; the medians."""
    frame = make_readings()
    suite = suite_of(READING, CuratorConfig(rules=(OWN,)), list(READING.fields))
    assert len(suite) == 8
    twelve = suite_of(READING, CuratorConfig(rules=(OWN, *NEIGHBOURS)), list(READING.fields))
    assert len(twelve) == 12
    ids = frame["meter_id"]
    operator, params = Pseudonym(), {Pseudonym.KEY: KEY, Pseudonym.KEY_ID: "p1"}
    find_breaches(frame.head(10), suite)  # the import is not what is measured
    with tempfile.TemporaryDirectory() as folder:
        staging = ParquetStaging(Path(folder))
        mapped, raw = stage(staging, frame)
        cases = [
            Case("plain pandas, the same eight rules", median_seconds(lambda: check_with_pandas(frame)), counts(frame)),
            Case("Great Expectations, the suite alone", median_seconds(lambda: find_breaches(frame, suite))),
            Case(
                "validate, the stage with reading, quarantine and writing",
                median_seconds(lambda: validate(mapped, raw, suite, READING, staging)),
                {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024},
            ),
            Case(
                "plain pandas, twelve rules, four of them about neighbours",
                median_seconds(lambda: check_neighbours_with_pandas(frame), rounds=1),
            ),
            Case(
                "validate, the stage, the same twelve rules",
                median_seconds(lambda: validate(mapped, raw, twelve, READING, staging)),
                {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024},
            ),
            Case(
                "pseudonyms, operator called per row",
                median_seconds(lambda: [operator.operate(text, params) for text in ids], rounds=1),
            ),
            Case("pseudonyms, once per distinct value", median_seconds(lambda: pseudonymise(ids, Key("p1", KEY)))),
        ]
    return Table(
        f"{ROWS:,} rows, {METERS:,} meters, {BAD_SHARE:.0%} bad", tuple(cases), "plain pandas, the same eight rules"
    )


def make_readings() -> pl.DataFrame:
    """Quarter hours of many meters, a hundredth of them broken in one way or another."""
    random = np.random.default_rng(20260101)
    row = np.arange(ROWS)
    energy = np.where(random.random(ROWS) < BAD_SHARE, -1.0, random.uniform(0, 5, ROWS))
    start = pl.Series("start", row // METERS * 900_000_000, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))
    return pl.DataFrame(
        {
            ROW_ID: pl.Series(row + 1, dtype=pl.Int64),
            "meter_id": pl.Series([f"5414488200{meter:08d}" for meter in range(METERS)]).gather(row % METERS),
            "start": start,
            "end": start.dt.offset_by("15m"),
            "energy": energy,
            "direction": pl.Series(VALUES).gather(random.integers(0, 2, ROWS)),
        }
    )


def stage(staging: ParquetStaging, frame: pl.DataFrame) -> tuple[BatchRef, BatchRef]:
    """Stage the frame as a mapped batch, with its raw batch beside it."""
    text = frame.with_columns(pl.exclude(ROW_ID).cast(pl.String))
    refs = []
    for at, one in ((Stage.MAPPED, frame), (Stage.RAW, text)):
        part = staging.write(ID, ID, at, "part-00000", one)
        refs.append(BatchRef(ID, ID, 1, ID, at, (part,), ROWS, ""))
    return refs[0], refs[1]


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
        & table["meter_id"].str.match("^5414[0-9]{14}$")
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
    stuck = table.groupby(fresh)["energy"].transform("size").ge(3) & fresh.duplicated()
    middle = series["energy"].transform(lambda one: one.rolling(7, center=True).median())
    away = (table["energy"] - middle).abs()
    spread = away.groupby(table["meter_id"]).transform(lambda one: one.rolling(7, center=True).median()) * 1.4826
    spike = (away > 6 * spread) & (away > 50)
    return pd.concat([broken, table[ROW_ID][gap | overlap | stuck | spike]])


def counts(frame: pl.DataFrame) -> dict[str, int]:
    """Say what there is to find."""
    return {"rows_broken": len(check_with_pandas(frame))}
