"""What stages do while the source is still being read comes to what they do one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg import sql

import include.wiring
from include.access.requestor import Requestor
from include.collection.model import Collection
from include.operations.quarantine_keeping import list_quarantine
from include.wiring import Platform
from tests.factories import a_collection, a_config, a_plain_config
from tests.postgres import Database
from tests.whole_runs import InParts, a_platform, run_stages

OWNER = Requestor("7", "olive")
HEADER = "point,register,start,energy_wh,status,local"
PART = 40
ROWS = 60

BETWEEN = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "energy", "max_value": 40}}
RULES = a_plain_config()["mapper"]["rules"]


def rule(action: str, **more: Any) -> dict[str, Any]:
    return {**BETWEEN, "on_violation": action, **more}


def plan(**fields: Any) -> dict[str, Any]:
    return {"anonymization": {"fields": {"usage_point_id": {"method": "pseudonym"}, **fields}}}


def mapper(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    names = {each["field"] for each in rules}
    kept = [each for each in RULES if each["field"] not in names]
    return {"mapper": {"concept": "meter_reading", "rules": [*kept, *rules], **more}}


GATE = {
    "anonymization": {
        "fields": {"usage_point_id": {"method": "pseudonym"}},
        "k_anonymity": {"k": 4, "quasi_identifiers": ["interval_start"]},
    }
}
CASES: dict[str, dict[str, Any]] = {
    "every part goes on by itself": {
        "curator": {"rules": [rule("flag"), {**rule("drop"), "kwargs": {"column": "energy", "max_value": 50}}]}
    },
    "cells are filled from other parts, and a threshold is not reached": {
        "curator": {
            "rules": [rule("fill", fill={"method": "linear", "within": "P1D"}), rule("quarantine", threshold=0.9)]
        }
    },
    "a counter, and values that change places": {
        **mapper({"field": "energy", "source": "energy_wh", "unit": "Wh", "difference": {}}),
        **plan(energy={"method": "swap"}),
    },
    "a gate": GATE,
    "a local clock, rows that are one, and a gate": {
        **mapper({"field": "interval_start", "source": "local", "zone": "Europe/Brussels"}, merge_rows=True),
        **GATE,
    },
}


@pytest.fixture
def platform(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    choose = include.wiring.choose_connector
    monkeypatch.setattr(include.wiring, "choose_connector", lambda *given: InParts(choose(*given), PART))
    return a_platform(database, tmp_path / "platform")


def readings(batch: int) -> list[str]:
    """Readings of four meters in the night that a clock goes back, then a day later, then between those of the first:
    some too high, one that is none, one without a time, and a key that comes again."""
    begin = datetime(2024, 10, 26 + batch % 2, 22, 30 * (batch // 2), tzinfo=UTC)
    lines = []
    for row in range(ROWS):
        instant = begin + timedelta(hours=row // 4)
        local = instant.astimezone(ZoneInfo("Europe/Brussels")).strftime("%Y-%m-%d %H:%M")
        lines.append(f"p{row % 4},r,{instant:%Y-%m-%dT%H:%M:%SZ},{row * 1000},ok,{local}")
    last = "2024-10-29T20:00:00Z"
    return [*lines, f"p1,r,{last},6ooo,ok,2024-10-29 21:00", "p1,r,yesterday,8,ok,never", lines[10]]


@pytest.fixture
def load(platform: Platform, tmp_path: Path) -> Callable[..., Collection]:
    """Load three batches into a collection of its own."""
    names = count()

    def load(ahead: bool, **changes: Any) -> tuple[Collection, list[dict[str, int]]]:
        collection: Collection | None = None
        counts = []
        for batch in range(3):
            file = tmp_path / f"{next(names)}.csv"
            file.write_text("\n".join([HEADER, *readings(batch)]) + "\n")
            upload = platform.uploads.add(file, "meters.csv", OWNER.id)
            ingester = {"kind": "file", "name": "meters.csv", "format": {"kind": "csv"}, "upload": upload}
            config = a_config(ingester=ingester, **changes)
            if collection is None:
                collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=config)
                platform.collections.add(collection)
            else:
                version = collection.version
                collection = replace(collection, version=version + 1, config=config)
                platform.collections.replace(collection, version)
            counts.append(run_stages(platform, collection, f"manual__{uuid4().hex}", ahead=ahead))
        assert collection is not None
        return collection, counts

    return load


def what_is_there(platform: Platform, database: Database, collection: Collection) -> dict[str, Any]:
    """The dataset, its batches, reports and quarantine, without what is another for each dataset."""
    name = f"d_{collection.dataset_id.hex}"
    table = sql.Identifier(name)
    with psycopg.connect(database.admin_url) as connection:
        columns = [
            column
            for (column,) in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [name]
            ).fetchall()
            if column not in ("_batch_id", *collection.config.anonymization.fields)
        ]
        listed = sql.SQL(", ").join(map(sql.Identifier, sorted(columns)))
        rows = connection.execute(
            sql.SQL(
                "SELECT b.committed IS NULL, {} FROM data.{} AS d JOIN cdmp.batch AS b ON b.id = d._batch_id"
                " ORDER BY interval_start, _row_id"
            ).format(listed, table)
        ).fetchall()
        batches = connection.execute(
            "SELECT rows_loaded, rows_already_there, rows_quarantined FROM cdmp.batch WHERE dataset_id = %s"
            " ORDER BY rows_loaded, rows_quarantined",
            [collection.dataset_id],
        ).fetchall()
        keys = connection.execute(
            "SELECT replace(indexdef, %s, '') FROM pg_indexes WHERE tablename = %s",
            [collection.dataset_id.hex, name],
        ).fetchall()
        left = connection.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 's\\_%'").fetchall()
    aside = list_quarantine(platform, OWNER, collection.dataset_id, limit=1000).rows
    return {
        "columns": sorted(columns),
        "rows": sorted(rows, key=str),
        "batches": batches,
        "keys": keys,
        "left": left,
        "aside": sorted((row.key.row_id, str(row.reasons), str(row.cells)) for row in aside),
        "reports": sorted((run.report for run in platform.runs.find(collection.id)), key=str),
    }


def partitions(database: Database, collection: Collection) -> list[str]:
    """The dataset's partitions, without what is the same in all their names."""
    with psycopg.connect(database.admin_url) as connection:
        names = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1",
            [f"data.d_{collection.dataset_id.hex}"],
        ).fetchall()
    return [name.removeprefix(f"data.p_{collection.dataset_id.hex}_") for (name,) in names]


@pytest.mark.parametrize("case", CASES)
def test_ahead_or_one_after_the_other_it_is_the_same(
    case: str, platform: Platform, database: Database, load: Any
) -> None:
    changes = plan() | CASES[case]
    one, counts_of_one = load(ahead=True, **changes)
    other, counts_of_other = load(ahead=False, **changes)
    # of which rows one became is not in the segment; the third batch has rows of times that are there
    copied_ahead = "rows that are one" not in case
    assert partitions(database, one) == (["1", "2", "rest"] if copied_ahead else ["rest"])
    assert partitions(database, other) == ["rest"]
    assert counts_of_one == counts_of_other
    assert counts_of_one[0]["rows_loaded"] > 10
    assert what_is_there(platform, database, one) == what_is_there(platform, database, other)
