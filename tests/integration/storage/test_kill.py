"""kill -9 while a batch is loaded: all of its rows are there, or none; a retry gives exactly all."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest

from include.batch import ROW_ID, AnonymizedBatch, BatchRef
from include.collection.model import Collection
from include.errors import NotFound
from include.storage.connection import open_engine
from include.storage.dataset_store import PostgresDatasetStore
from include.storage.secret_store import SealedSecretStore
from include.storage.staging import ParquetStaging
from tests.factories import NOON, a_collection, a_concept
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database

ROWS = 200_000
KILLS = 4


def load_in_child(url: str, staging: str, key: str, plain: str) -> None:
    """Load one staged batch; what the child process runs."""
    ref = BatchRef.from_json(json.loads(plain))
    engine = open_engine(url)
    store = PostgresDatasetStore(engine, url, ParquetStaging(Path(staging)), SealedSecretStore(engine, [key]))
    collection = a_collection(id=ref.collection_id, dataset_id=ref.dataset_id)
    print("loading", flush=True)
    store.load(AnonymizedBatch(ref), collection=collection, concept=a_concept(), run_id="run-1", now=NOON)
    print("loaded", flush=True)


@pytest.mark.parametrize("there", [pytest.param(0, id="into a fresh table"), pytest.param(3, id="into one with rows")])
def test_a_killed_load_leaves_all_rows_or_none(
    shelf: Shelf,
    a_stored_collection: Callable[..., Collection],
    database: Database,
    tmp_path: Path,
    there: int,
) -> None:
    chance = random.Random(20240331 + there)
    collection = a_stored_collection()
    if there:
        shelf.load(collection, shelf.stage(collection, [reading(n, meter_id="earlier") for n in range(there)]))
    ref = _stage_many(shelf, collection)
    key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, __file__, database.loader_url, str(tmp_path / "staging"), key, json.dumps(ref.to_json())]

    killed = 0
    for _ in range(KILLS):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        with child.stdout:
            assert child.stdout.readline() == "loading\n"
            time.sleep(chance.uniform(0.02, 0.9))
            child.send_signal(signal.SIGKILL)
            killed += "loaded" not in child.stdout.read()
        child.wait()
        assert _rows(shelf, collection, database) in (there, there + ROWS)

    record = shelf.load(collection, ref)
    assert (record.rows_loaded, record.rows_already_there) == (ROWS, 0)
    assert shelf.records.count(collection.dataset_id) == there + ROWS
    assert shelf.datasets.get(collection.dataset_id).rows == there + ROWS
    with psycopg.connect(database.admin_url) as connection:
        told = "SELECT count(*) FROM cdmp.outbox WHERE facts->>'dataset_id' = %s AND (facts->>'rows_loaded')::int = %s"
        assert connection.execute(told, (str(collection.dataset_id), ROWS)).fetchone() == (1,)
    assert killed > 0, "no child was killed before its end: the test has shown nothing"


def _stage_many(shelf: Shelf, collection: Collection) -> BatchRef:
    ref = shelf.stage(collection, [reading(0)])
    base = shelf.staging.read(ref.parts[0]).drop(ROW_ID, "interval_start")
    numbers = pl.int_range(1, ROWS + 1, dtype=pl.Int64, eager=True)
    starts = pl.Series("interval_start", [reading(0)["interval_start"]], dtype=pl.Datetime("us", "UTC"))
    frame = pl.concat([base] * ROWS).with_columns(
        (starts.new_from_index(0, ROWS) + numbers * timedelta(minutes=15)).alias("interval_start"),
        numbers.alias(ROW_ID),
    )
    path = shelf.staging.write(collection.id, ref.batch_id, ref.stage, "part-00000", frame)
    return BatchRef.from_json({**ref.to_json(), "parts": [path], "rows": ROWS})


def _rows(shelf: Shelf, collection: Collection, database: Database) -> int:
    # the server ends a dead client's transaction in its own time
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (str(collection.dataset_id),))
        try:
            counted = shelf.records.count(collection.dataset_id)
        except NotFound:
            return 0
        batches = connection.execute(
            "SELECT coalesce(sum(rows_loaded), 0)::int FROM cdmp.batch WHERE dataset_id = %s", (collection.dataset_id,)
        ).fetchone()
        assert batches == (counted,), "rows and batch records tell different stories"
        return counted


if __name__ == "__main__":
    load_in_child(*sys.argv[1:])
