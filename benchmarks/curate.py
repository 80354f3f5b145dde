"""Curation and pseudonyms of 1,000,000 rows, beside plain pandas and pandera that check the same eight or twelve rules.

Every case has a process of its own, whose peak of memory is the case's, imports and rows included.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
import polars as pl
from cryptography.fernet import Fernet

from benchmarks.table import Case, Table, in_a_process, measure
from include.anonymization.key import Key
from include.anonymization.methods import Pseudonym, pseudonymise
from include.batch import ROW_ID, BatchRef, Stage
from include.cim.concept import Concept, Field, FieldType
from include.collection.suite import suite_of
from include.expectations.config import CurationRule, CuratorConfig
from include.expectations.run_suite import find_breaches
from include.pipeline.validate import validate
from include.storage.staging import ParquetStaging

ROWS: Final = int(os.environ.get("CDMP_BENCH_ROWS", "1000000"))
METERS: Final = min(5_000, ROWS // 100)
BAD_SHARE: Final = 0.01
KEY: Final = b"k" * 32
ID: Final = UUID(int=1)
VALUES: Final = ("import", "export")

READING: Final = Concept(
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
NEIGHBOURS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "expect_series_intervals_to_leave_no_gap", "kwargs": {}},
    {"type": "expect_series_intervals_to_not_overlap", "kwargs": {}},
    {"type": "expect_series_values_to_not_be_stuck", "kwargs": {"column": "energy", "readings": 3}},
    {
        "type": "expect_series_values_to_not_spike",
        "kwargs": {"column": "energy", "window": 7, "factor": 6, "at_least": 50},
    },
)
PANDAS_8, PANDAS_12 = "plain pandas, eight rules", "plain pandas, twelve rules"
PANDERA_8, PANDERA_12 = "pandera over polars, eight rules", "pandera over polars, twelve rules"
PER_ROW: Final = "pseudonyms, operator called per row"
CHAIN: Final = "the whole chain from CSV to PostgreSQL, twelve rules"


def run() -> Table:
    """Measure each way in a process of its own: the median of three rounds, where one does not take minutes."""
    cases = [_case(name, in_a_process("curate", name)) for name in jobs()]
    return Table(f"{ROWS:,} rows, {METERS:,} meters, {BAD_SHARE:.0%} bad", (*cases, chain()))


def _case(name: str, told: dict[str, Any]) -> Case:
    peer = PER_ROW if "pseudonyms" in name else PANDAS_12 if "twelve" in name else PANDAS_8
    return Case(name, told.pop("seconds"), told, peer)


def jobs() -> dict[str, Callable[[], dict[str, Any]]]:
    """Give each case with what measures it."""
    from benchmarks import curate_peers as peers

    return {
        PANDAS_8: lambda: check(peers.check_with_pandas),
        PANDERA_8: lambda: check(peers.check_with_pandera),
        "Great Expectations, the suite alone, eight rules": judge,
        "validate, the stage with reading, quarantine and writing, eight rules": lambda: curate(suite()),
        PANDAS_12: lambda: check(peers.check_neighbours_with_pandas, rounds=1),
        PANDERA_12: lambda: check(peers.check_neighbours_with_pandera),
        "validate, the stage, twelve rules, four of them about neighbours": lambda: curate(suite(*NEIGHBOURS)),
        PER_ROW: call_per_row,
        "pseudonyms, once per distinct value": call_per_value,
    }


def suite(*more: dict[str, Any]) -> tuple[CurationRule, ...]:
    """Give the concept's demands, one rule of the owner's, and more."""
    own = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "meter_id", "regex": "^5414[0-9]{14}$"}}
    rules = suite_of(READING, CuratorConfig.model_validate({"rules": [own, *more]}), list(READING.fields))
    assert len(rules) == 8 + len(more)
    return rules


def check(peer: Callable[[pl.DataFrame], Any], rounds: int = 3) -> dict[str, Any]:
    """Measure a peer, and say how many rows it found."""
    frame = make_readings()
    found: list[int] = []
    told = measure(lambda: found.append(len(peer(frame))), rounds)
    return {**told, "rows_broken": found[-1]}


def judge() -> dict[str, Any]:
    """Measure the question to the library alone."""
    frame, rules = make_readings(), suite()
    find_breaches(frame.head(10), rules)  # the import is not what is measured
    return measure(lambda: find_breaches(frame, rules))


def curate(rules: tuple[CurationRule, ...]) -> dict[str, Any]:
    """Measure the stage, and say how many rows it took out."""
    frame = make_readings()
    find_breaches(frame.head(10), rules[:8])
    with tempfile.TemporaryDirectory() as folder:
        staging = ParquetStaging(Path(folder))
        mapped, raw = stage(staging, frame)
        found: list[int] = []
        seal = Fernet(Fernet.generate_key()).encrypt
        told = measure(
            lambda: found.append(validate(mapped, raw, rules, READING, staging, seal=seal)[1].rows_quarantined),
        )
    return {**told, "rows_broken": found[-1]}


def call_per_row() -> dict[str, Any]:
    """Measure Presidio's operator, called for each row."""
    ids = make_readings()["meter_id"]
    operator, params = Pseudonym(), {Pseudonym.KEY: KEY, Pseudonym.KEY_ID: "p1"}
    return measure(lambda: [operator.operate(text, params) for text in ids], rounds=1)


def call_per_value() -> dict[str, Any]:
    """Measure what the stage does."""
    ids = make_readings()["meter_id"]
    return measure(lambda: pseudonymise(ids, Key("p1", KEY)))


def chain() -> Case:
    """Measure the seven stages, and which share of their time curation has."""
    from benchmarks.load_source import CONFIG, write_readings
    from deploy.postgres import SETTINGS
    from include.storage.migrate import migrate
    from tests.postgres import fresh_database, running_server

    rules = [each for each in CONFIG["mapper"]["rules"] if each["field"] not in ("commodity", "flow_direction")]
    own = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "energy", "min_value": 0}}
    changes = {"mapper": {**CONFIG["mapper"], "rules": rules}, "curator": {"rules": [own, *NEIGHBOURS]}}
    with tempfile.TemporaryDirectory(prefix="cdmp-bench-") as name, running_server(SETTINGS) as server:
        write_readings(Path(name) / "readings-0.csv", ROWS, 0)
        with fresh_database(server) as database:
            migrate(database.owner_url)
            told = in_a_process("load", "chain", json.dumps(asdict(database)), name, json.dumps(changes))
    assert told.pop("rules") == 12
    share = round(told["validate_s"] / told["seconds"], 2)
    return Case(CHAIN, told.pop("seconds"), {"share_of_curation": share, **told})


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


if __name__ == "__main__":
    print(json.dumps(jobs()[sys.argv[1]]()))
