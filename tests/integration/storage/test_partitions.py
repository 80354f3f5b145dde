"""A batch that was copied ahead, and whose time no other row has, becomes a partition: whole, and behind the wall."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from include.batch import LoadMode, LoadPlan
from include.cim.concept import FieldType
from include.collection.model import Collection
from include.ports import RecordQuery
from include.storage import partitions
from include.storage.table import wall_table
from tests.factories import a_concept, a_field
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database

Make = Callable[..., Collection]
DAY = 96


def day(number: int, **changes: Any) -> list[dict[str, Any]]:
    return [reading(DAY * number + quarter, **changes) for quarter in range(4)]


def load(shelf: Shelf, collection: Collection, *parts: list[dict[str, Any]], **changes: Any) -> Any:
    return shelf.load(collection, shelf.copy_ahead(shelf.stage(collection, *parts, **changes)))


def shares(database: Database, collection: Collection) -> dict[str, int]:
    """How many rows each partition has, by the end of its name."""
    with psycopg.connect(database.admin_url) as connection:
        named = connection.execute(
            sql.SQL("SELECT split_part(tableoid::regclass::text, '_', -1), count(*) FROM data.{} GROUP BY 1").format(
                sql.Identifier(f"d_{collection.dataset_id.hex}")
            )
        ).fetchall()
    return dict(sorted(named))


def energies(shelf: Shelf, collection: Collection) -> list[float]:
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery(fields=("energy",), limit=1000))
    return page["energy"].to_pylist()


def test_batches_of_a_time_of_their_own_become_partitions(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    first = load(shelf, collection, day(5))
    later = load(shelf, collection, day(7), [reading(DAY * 7 + 1, energy=-1.0)])
    between = load(shelf, collection, day(6), load=LoadPlan(LoadMode.UPSERT))
    shelf.load(collection, shelf.stage(collection, day(9)))
    late = load(shelf, collection, day(5, meter_id="m2"))
    assert [each.rows_loaded for each in (first, later, between, late)] == [4, 4, 4, 4]
    assert later.rows_already_there == 1  # of equal keys the first row stays
    assert shares(database, collection) == {"1": 8, "2": 4, "3": 4, "rest": 4}
    expected = [float(DAY * number + quarter) for number in (5, 6, 7, 9) for quarter in range(4)]
    assert energies(shelf, collection) == expected + expected[:4]  # in the order of the key: the meter comes first
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.rows, dataset.first, dataset.last) == (
        20,
        reading(DAY * 5)["interval_start"],
        reading(DAY * 9 + 3)["interval_start"],
    )


def test_rows_of_the_rest_keep_their_time(shelf: Shelf, a_stored_collection: Make, database: Database) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, day(5)))
    again = load(shelf, collection, day(5), day(6))
    assert (again.rows_loaded, again.rows_already_there) == (4, 4)
    assert shares(database, collection) == {"rest": 8}


def test_a_row_that_comes_between_reading_and_loading_is_there_once(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, day(5)))
    waiting = shelf.copy_ahead(shelf.stage(collection, day(6)))
    shelf.load(collection, shelf.stage(collection, [reading(DAY * 6, energy=-1.0)]))
    record = shelf.load(collection, waiting)
    assert (record.rows_loaded, record.rows_already_there) == (3, 1)
    assert shares(database, collection) == {"rest": 8}
    assert energies(shelf, collection)[4:6] == [-1.0, DAY * 6 + 1.0]


def test_a_reader_that_stays_is_not_waited_for(shelf: Shelf, a_stored_collection: Make, database: Database) -> None:
    collection = a_stored_collection()
    load(shelf, collection, day(5))
    with psycopg.connect(database.admin_url) as staying:
        staying.execute(f"SELECT FROM data.d_{collection.dataset_id.hex}")
        began = time.monotonic()
        assert load(shelf, collection, day(6)).rows_loaded == 4
        assert time.monotonic() - began < 30  # 2 s of waiting, on a busy machine
        assert shares(database, collection) == {"1": 4, "rest": 4}


def test_a_dataset_has_so_many_partitions_at_most(
    shelf: Shelf, a_stored_collection: Make, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "MOST", 2)
    collection = a_stored_collection()
    for number in range(4):
        load(shelf, collection, day(number))
    assert shares(database, collection) == {"1": 4, "2": 4, "rest": 8}


def test_a_partition_has_what_its_concept_has_new(shelf: Shelf, a_stored_collection: Make, database: Database) -> None:
    collection, older = a_stored_collection(), shelf.concept
    load(shelf, collection, day(5))
    shelf.concept = a_concept(*older.fields.values(), a_field("extra", unit="kW"))
    load(shelf, collection, day(6, extra=0.5))
    shelf.concept = older
    load(shelf, collection, day(7))  # a run that began before: its rows are added one by one
    shelf.concept = a_concept(*older.fields.values(), a_field("extra", unit="kW"))
    assert shares(database, collection) == {"1": 4, "2": 4, "rest": 4}
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery(fields=("extra",)))
    assert page["extra"].to_pylist() == [*[None] * 4, *[0.5] * 4, *[None] * 4]


def test_readers_have_no_way_around_the_wall(shelf: Shelf, a_stored_collection: Make, database: Database) -> None:
    collection = a_stored_collection()
    load(shelf, collection, day(5))
    for end in ("1", "rest"):
        with psycopg.connect(database.reader_url) as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(f"SELECT FROM data.p_{collection.dataset_id.hex}_{end}")
    with psycopg.connect(database.reader_url) as reader:
        assert reader.execute(f"SELECT FROM data.d_{collection.dataset_id.hex}").fetchall() == []


def test_a_table_from_before_there_were_partitions_stays_whole(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, day(5)))
    name = f"d_{collection.dataset_id.hex}"
    with psycopg.connect(database.loader_url, autocommit=True) as owner:
        owner.execute(f"ALTER TABLE data.{name} DETACH PARTITION data.p_{name[2:]}_rest")
        owner.execute(f"DROP TABLE data.{name}")
        owner.execute(f"ALTER TABLE data.p_{name[2:]}_rest RENAME TO {name}")
        for statement in wall_table(f"data.{name}", collection.dataset_id):
            owner.execute(statement)
    assert load(shelf, collection, day(6)).rows_loaded == 4
    assert shares(database, collection) == {name[2:]: 8}
    assert len(energies(shelf, collection)) == 8


def test_without_a_time_in_its_key_a_table_has_no_partitions(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    shelf.concept = a_concept(
        a_field("session_id", type=FieldType.ID, required=True),
        a_field("connected_at", type=FieldType.TIMESTAMP, required=True),
        key=("session_id",),
    )
    collection = a_stored_collection()
    for number in range(3):
        rows = [{"session_id": f"s{number}", "connected_at": reading()["interval_start"] + timedelta(days=number)}]
        assert load(shelf, collection, rows).rows_loaded == 1
    assert shares(database, collection) == {collection.dataset_id.hex: 3}
    with psycopg.connect(database.admin_url) as connection:
        left = connection.execute(
            "SELECT tablename FROM pg_tables WHERE strpos(tablename, %s) > 0", [collection.dataset_id.hex]
        ).fetchall()
    assert left == [(f"d_{collection.dataset_id.hex}",)]
