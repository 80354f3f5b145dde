"""A batch is loaded whole, once, and in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import polars as pl
import psycopg
import pytest
from sqlalchemy import text

from include.batch import FLAGS, AnonymizedBatch, Foreseen
from include.cim.concept import FieldType
from include.collection.model import Collection, CollectionState
from include.errors import Conflict, NotFound, StoreUnavailable
from include.ports import RecordQuery, Staging
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import StatementRefused, begin
from include.storage.dataset_store import PostgresDatasetStore
from tests.factories import NOON, a_concept, a_field
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database

Make = Callable[..., Collection]


def test_a_first_batch_makes_the_dataset(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    record = shelf.load(collection, shelf.stage(collection, [reading(n) for n in range(4)], cursor="2024"))
    assert (record.rows_loaded, record.rows_already_there, record.rows_quarantined) == (4, 0, 0)
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.rows, dataset.concept, dataset.owner_id, dataset.updated) == (4, "meter_reading", "7", NOON)
    assert dataset.first == datetime(2024, 3, 31, tzinfo=UTC)
    assert dataset.last == datetime(2024, 3, 31, 0, 45, tzinfo=UTC)
    assert shelf.datasets.cursor(collection.dataset_id) == "2024"
    assert shelf.records.count(collection.dataset_id) == 4


def test_values_come_back_as_they_went_in(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    odd = reading(0, meter_id="Zähler 'x'; --\t\\N", energy=None, quality=None)
    shelf.load(collection, shelf.stage(collection, [odd, reading(1, energy=-1.5e-9)]))
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery())
    assert sorted(page.to_pylist(), key=lambda row: str(row["meter_id"])) == [odd, reading(1, energy=-1.5e-9)]


def test_every_type_of_field_is_loaded(shelf: Shelf, a_stored_collection: Make) -> None:
    kinds = {kind.value: a_field(kind.value, type=kind, required=kind is FieldType.ID) for kind in FieldType}
    shelf.concept = a_concept(*kinds.values())
    collection = a_stored_collection()
    row = {"id": "1", "text": "t", "enum": "e", "timestamp": NOON, "float": 0.5, "integer": -(2**63), "boolean": True}
    shelf.load(collection, shelf.stage(collection, [row]))
    assert shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery()).to_pylist() == [row]


def test_the_second_time_the_first_record_is_the_answer(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    ref = shelf.stage(collection, [reading(n) for n in range(4)])
    first = shelf.load(collection, ref)
    assert shelf.load(collection, ref, run_id="run-2", now=NOON + timedelta(days=1)) == first
    assert shelf.records.count(collection.dataset_id) == 4
    assert shelf.datasets.get(collection.dataset_id).rows == 4
    assert shelf.datasets.find_batch(collection.dataset_id, ref.source_digest) == first
    assert shelf.datasets.find_batch(collection.dataset_id, "f" * 64) is None


def test_rows_that_are_there_stay_as_they_are(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(n) for n in range(4)], cursor="a"))
    record = shelf.load(collection, shelf.stage(collection, [reading(n, energy=99.0) for n in range(2, 7)]))
    assert (record.rows_loaded, record.rows_already_there) == (3, 2)
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery(fields=("energy",)))
    assert page["energy"].to_pylist() == [0.0, 1.0, 2.0, 3.0, 99.0, 99.0, 99.0]
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.rows, dataset.last) == (7, datetime(2024, 3, 31, 1, 30, tzinfo=UTC))
    assert shelf.datasets.cursor(collection.dataset_id) == "a"


def test_rows_beyond_all_that_are_there_are_only_added(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(n) for n in range(4, 8)]))
    for rows, added, there in (
        ([reading(n) for n in (9, 8, 10)], 3, 0),  # later than all
        ([reading(3), reading(1), reading(1, energy=99.0)], 2, 1),  # earlier than all, and one key twice
        ([reading(n, energy=99.0) for n in (10, 11)], 1, 1),  # the last of those that are there, again
        ([reading(0), reading(12)], 2, 0),  # on both sides
    ):
        record = shelf.load(collection, shelf.stage(collection, rows))
        assert (record.rows_loaded, record.rows_already_there) == (added, there)
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery(fields=("energy",), limit=50))
    assert page["energy"].to_pylist() == [0.0, 1.0, *map(float, range(3, 11)), 99.0, 12.0]


def test_a_table_gets_the_fields_that_its_concept_has_new(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection, older = a_stored_collection(), shelf.concept
    shelf.load(collection, shelf.stage(collection, [reading(0)], cim_version=1))
    waiting = shelf.stage(collection, [reading(1)], cim_version=1)
    extra = a_field("extra", unit="kW", description="What's new."), a_field("state", type=FieldType.TEXT)
    shelf.concept = a_concept(*older.fields.values(), *extra)
    before = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery(fields=("extra", "energy")))
    assert before.select(["energy", "extra"]).to_pylist() == [{"energy": 0.0, "extra": None}]
    newer = shelf.stage(collection, [reading(2, extra=0.5, state="on"), reading(0, extra=9.0)], cim_version=2)
    assert shelf.datasets.foresee(AnonymizedBatch(newer), shelf.concept) == Foreseen(1, 1, rows_differing=1)
    assert shelf.load(collection, newer).rows_loaded == 1
    shelf.load(collection, waiting, concept=older)
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery())
    assert page.select(["energy", "extra", "state"]).to_pylist() == [
        {"energy": 0.0, "extra": None, "state": None},
        {"energy": 1.0, "extra": None, "state": None},
        {"energy": 2.0, "extra": 0.5, "state": "on"},
    ]
    with psycopg.connect(database.admin_url) as connection:
        told = connection.execute(
            "SELECT col_description(attrelid, attnum), attnotnull FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = 'extra'",
            (f"data.d_{collection.dataset_id.hex}",),
        ).fetchall()
        versions = connection.execute(
            "SELECT cim_version FROM cdmp.batch WHERE dataset_id = %s ORDER BY 1", (collection.dataset_id,)
        ).fetchall()
    assert told == [("What's new. [kW]", False)]
    assert versions == [(1,), (1,), (2,)]


def test_a_table_from_before_there_were_flags_grows_them_and_readers_get_them_on_request(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(0)]))
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(f"ALTER TABLE data.d_{collection.dataset_id.hex} DROP COLUMN _flags")
    asked = RecordQuery(fields=("energy", FLAGS))
    before = shelf.records.page(collection.dataset_id, shelf.concept, asked)
    ref = shelf.stage(collection, [reading(1), reading(2)])
    frame = shelf.staging.read(ref.parts[0])
    marked = frame.with_columns(pl.Series(FLAGS, [None, '[{"field":"energy","rule":"expect_it"}]'], dtype=pl.String))
    place = ref.collection_id, ref.batch_id, ref.stage
    shelf.load(collection, replace(ref, parts=(shelf.staging.write(*place, "marked", marked),)))
    after = shelf.records.page(collection.dataset_id, shelf.concept, asked)
    assert before[FLAGS].to_pylist() == [None]
    assert after[FLAGS].to_pylist() == [None, None, '[{"field":"energy","rule":"expect_it"}]']
    assert FLAGS not in shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery()).column_names


def test_the_columns_of_the_source_are_those_of_the_last_batch(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    assert shelf.datasets.source_columns(collection.dataset_id) is None
    for number, columns in enumerate([("a",), ("a", "b")]):
        ref = replace(shelf.stage(collection, [reading(number)]), columns=columns)
        shelf.load(collection, ref, now=NOON + timedelta(days=number))
        assert shelf.datasets.source_columns(collection.dataset_id) == list(columns)


def test_of_equal_keys_in_one_batch_the_first_row_stays(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    parts = [reading(0, energy=1.0), reading(0, energy=2.0)], [reading(0, energy=3.0), reading(1, energy=4.0)]
    fresh = shelf.load(collection, shelf.stage(collection, *parts))
    later = [reading(9, energy=5.0), reading(9, energy=6.0)], [reading(9, energy=7.0)]
    appended = shelf.load(collection, shelf.stage(collection, *later))
    assert (fresh.rows_loaded, fresh.rows_already_there) == (2, 2)
    assert (appended.rows_loaded, appended.rows_already_there) == (1, 2)
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery(fields=("energy",)))
    assert page["energy"].to_pylist() == [1.0, 4.0, 5.0]


def test_the_span_covers_all_rows_where_the_time_is_not_in_the_key(shelf: Shelf, a_stored_collection: Make) -> None:
    shelf.concept = a_concept(
        a_field("session_id", type=FieldType.ID, required=True),
        a_field("connected_at", type=FieldType.TIMESTAMP, required=True),
        key=("session_id",),
    )
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [{"session_id": "b", "connected_at": NOON}]))
    refused = {"session_id": "b", "connected_at": NOON + timedelta(days=9)}
    earlier = {"session_id": "a", "connected_at": NOON - timedelta(days=1)}
    shelf.load(collection, shelf.stage(collection, [refused, earlier]))
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.first, dataset.last) == (NOON - timedelta(days=1), NOON)


def test_a_batch_without_rows_still_makes_the_dataset(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    record = shelf.load(collection, shelf.stage(collection, aside=['{"energy": "broken"}']))
    assert (record.rows_loaded, record.rows_quarantined) == (0, 1)
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.rows, dataset.first) == (0, None)
    assert shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery()).num_rows == 0


def test_quarantined_rows_are_sealed(shelf: Shelf, a_stored_collection: Make, database: Database) -> None:
    collection = a_stored_collection()
    row = '{"meter_id": "canary-5f1d", "energy": "broken"}'
    shelf.load(collection, shelf.stage(collection, [reading(0)], aside=[row, row]))
    assert shelf.datasets.quarantined(collection.dataset_id) == 2
    with psycopg.connect(database.admin_url) as connection:
        sealed = connection.execute("SELECT sealed, q::text FROM cdmp.quarantine_row q").fetchall()
    assert shelf.secrets.unseal(sealed[-1][0]) == row.encode()
    assert all("canary" not in whole and row.encode().hex() not in whole for _, whole in sealed)


def test_an_event_for_the_owner_commits_with_the_rows(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection(owner_id="31")
    shelf.load(collection, shelf.stage(collection, [reading(0)]))
    with begin(shelf.datasets._engine) as connection:
        event = connection.execute(
            text("SELECT kind, facts FROM cdmp.outbox WHERE recipient_id = '31' AND kind LIKE 'batch.%'")
        ).one()
    assert event.kind == "batch.loaded"
    assert (event.facts["rows_loaded"], event.facts["title"]) == (1, collection.config.title)


@pytest.mark.parametrize("gone", [pytest.param("deleting", id="being deleted"), pytest.param("erased", id="erased")])
def test_nothing_is_loaded_for_a_collection_that_is_gone(
    shelf: Shelf, a_stored_collection: Make, collections: PostgresCollectionStore, gone: str
) -> None:
    collection = a_stored_collection()
    collections.set_state(collection.id, CollectionState.DELETING)
    if gone == "erased":
        collections.erase(collection.id)
    with pytest.raises(Conflict, match="deleted while it ran"):
        shelf.load(collection, shelf.stage(collection, [reading(0)]))
    with pytest.raises(NotFound):
        shelf.datasets.get(collection.dataset_id)
    with pytest.raises(NotFound):
        shelf.records.count(collection.dataset_id)


def test_a_dataset_keeps_its_concept(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(0)]))
    ref = shelf.stage(collection, [reading(1)])
    with pytest.raises(Conflict, match="holds rows of the concept meter_reading"):
        shelf.load(collection, ref, concept=a_concept(name="weather_observation"))


def test_a_refused_load_leaves_nothing_and_tells_no_value(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    bad = [reading(0, meter_id="canary-77aa\0")]  # PostgreSQL takes no NUL
    with pytest.raises(StatementRefused) as refused:
        shelf.load(collection, shelf.stage(collection, bad))
    assert "canary" not in str(refused.value)
    assert refused.value.__suppress_context__
    with pytest.raises(NotFound):
        shelf.datasets.get(collection.dataset_id)


def test_an_absent_postgresql_is_a_store_unavailable(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    ref = shelf.stage(collection, [reading(0)])
    nowhere = "postgresql://cdmp_loader:secret-pw@127.0.0.1:1/none"
    shelf.datasets = PostgresDatasetStore(shelf.datasets._engine, nowhere, shelf.staging, shelf.secrets)
    with pytest.raises(StoreUnavailable) as away:
        shelf.load(collection, ref)
    assert "secret-pw" not in str(away.value)


def test_appends_at_the_same_time_wait_for_one_another(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    refs = [shelf.stage(collection, [reading(n) for n in range(first, first + 50)]) for first in range(0, 400, 25)]
    workers = [threading.Thread(target=shelf.load, args=(collection, ref)) for ref in refs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert shelf.records.count(collection.dataset_id) == 425
    assert shelf.datasets.get(collection.dataset_id).rows == 425


class HeldStaging:
    """Staging whose reader can be held in the middle of a load."""

    def __init__(self, staging: Staging) -> None:
        self._staging = staging
        self.reached, self.go_on = threading.Event(), threading.Event()

    def read(self, path: str) -> pl.DataFrame:
        self.reached.set()
        assert self.go_on.wait(10)
        return self._staging.read(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._staging, name)


def test_a_deletion_waits_for_the_load_that_is_under_way(
    shelf: Shelf, a_stored_collection: Make, collections: PostgresCollectionStore, database: Database
) -> None:
    collection, held = a_stored_collection(), HeldStaging(shelf.staging)
    ref = shelf.stage(collection, [reading(0)])
    shelf.datasets = PostgresDatasetStore(shelf.datasets._engine, database.loader_url, held, shelf.secrets)
    with ThreadPoolExecutor(2) as workers:
        load = workers.submit(shelf.load, collection, ref)
        assert held.reached.wait(10)
        deletion = workers.submit(collections.set_state, collection.id, CollectionState.DELETING)
        with pytest.raises(TimeoutError):
            deletion.result(0.3)
        held.go_on.set()
        assert load.result(10).rows_loaded == 1
        deletion.result(10)
    with pytest.raises(Conflict):
        shelf.load(collection, shelf.stage(collection, [reading(1)]))
    assert shelf.datasets.get(collection.dataset_id).rows == 1  # the dataset outlives its collection


def test_the_loader_keeps_the_units_with_the_table(shelf: Shelf, a_stored_collection: Make, database: Database) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, [reading(0)]))
    with psycopg.connect(database.admin_url) as connection:
        columns = dict(
            connection.execute(
                "SELECT attname, col_description(attrelid, attnum) FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0",
                (f"data.d_{collection.dataset_id.hex}",),
            ).fetchall()
        )
    assert columns["energy"] == "The energy. [kWh]"
    assert list(columns)[-5:] == ["_row_id", "_batch_id", "_flags", "_row_ids", "_since"]


def test_an_unknown_dataset_is_not_found(shelf: Shelf) -> None:
    with pytest.raises(NotFound):
        shelf.datasets.get(uuid4())
    with pytest.raises(NotFound):
        shelf.datasets.describe(uuid4(), {})
    assert shelf.datasets.cursor(uuid4()) is None
