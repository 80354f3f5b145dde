"""Records are read page by page, and only by whoever said which dataset they may read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from include.batch import LoadMode, LoadPlan
from include.collection.model import Collection
from include.errors import NotFound
from include.ports import RecordQuery
from include.storage.connection import StatementRefused, begin
from tests.integration.storage.conftest import Shelf, reading

Make = Callable[..., Collection]


@pytest.fixture
def loaded(shelf: Shelf, a_stored_collection: Make) -> Collection:
    """A dataset of two meters with five readings each."""
    collection = a_stored_collection()
    rows = [reading(n, meter_id=meter) for n in range(5) for meter in ("b", "a")]
    shelf.load(collection, shelf.stage(collection, rows))
    return collection


def test_pages_follow_the_key_and_meet_without_gap_or_overlap(shelf: Shelf, loaded: Collection) -> None:
    seen, after = [], None
    while rows := shelf.records.page(loaded.dataset_id, shelf.concept, RecordQuery(after=after, limit=3)).to_pylist():
        seen += rows
        after = (rows[-1]["meter_id"], rows[-1]["interval_start"])
    assert seen == [reading(n, meter_id=meter) for meter in ("a", "b") for n in range(5)]


def test_the_asked_fields_come_with_the_key(shelf: Shelf, loaded: Collection) -> None:
    page = shelf.records.page(loaded.dataset_id, shelf.concept, RecordQuery(fields=("quality",), limit=1))
    assert page.column_names == ["meter_id", "interval_start", "quality"]
    assert str(page.schema.field("interval_start").type) == "timestamp[us, tz=UTC]"


def test_where_a_record_comes_from_is_read_where_it_is_asked_for(shelf: Shelf, loaded: Collection) -> None:
    [batch] = shelf.datasets.batches(loaded.dataset_id)
    ref = shelf.stage(loaded, [reading(0, meter_id="a", energy=9.5)], load=LoadPlan(LoadMode.UPSERT))
    later = shelf.load(loaded, ref)
    asked = RecordQuery(fields=("_row_id", "_batch_id"), limit=2)
    first, second = shelf.records.page(loaded.dataset_id, shelf.concept, asked).to_pylist()
    assert (first["_batch_id"], first["_row_id"]) == (str(later.id), 1)
    assert (second["_batch_id"], second["_row_id"]) == (str(batch.id), 4)
    was = replace(asked, as_of=shelf.history.as_of(loaded.dataset_id, batch.id))
    first = shelf.records.page(loaded.dataset_id, shelf.concept, was).to_pylist()[0]
    assert (first["_batch_id"], first["_row_id"]) == (str(batch.id), 2)


def test_an_unknown_field_or_dataset_is_not_found(shelf: Shelf, loaded: Collection) -> None:
    with pytest.raises(NotFound, match="field price"):
        shelf.records.page(loaded.dataset_id, shelf.concept, RecordQuery(fields=("price",)))
    with pytest.raises(NotFound):
        shelf.records.page(uuid4(), shelf.concept, RecordQuery())
    with pytest.raises(NotFound):
        shelf.records.count(uuid4())


def test_a_read_that_forgot_to_say_what_it_may_see_sees_nothing(
    shelf: Shelf, loaded: Collection, reader: Engine
) -> None:
    table = f"data.d_{loaded.dataset_id.hex}"
    assert shelf.records.count(loaded.dataset_id) == 10
    with begin(reader) as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        connection.execute(text(f"SET LOCAL cdmp.dataset = '{uuid4()}'"))
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        connection.execute(text(f"SET LOCAL cdmp.dataset = '{loaded.dataset_id}'"))
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 10
    with begin(reader) as connection:  # the same pooled connection: nothing is left of it
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {table}",
        "TRUNCATE {table}",
        "INSERT INTO {table} SELECT * FROM {table}",
        "UPDATE {table} SET energy = 0",
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        "SET ROLE cdmp_loader",
        "SELECT * FROM cdmp.secret",
        "SELECT * FROM cdmp.quarantine_row",
        "SELECT * FROM cdmp.collection_version",
        "CREATE TABLE data.x ()",
        "CREATE TABLE public.x ()",
        "CREATE TEMPORARY TABLE x ()",
    ],
)
def test_the_reader_can_do_nothing_else(loaded: Collection, reader: Engine, statement: str) -> None:
    with pytest.raises(StatementRefused) as refused, begin(reader) as connection:
        connection.execute(text(f"SET LOCAL cdmp.dataset = '{loaded.dataset_id}'"))
        connection.execute(text(statement.format(table=f"data.d_{loaded.dataset_id.hex}")))
    assert refused.value.sqlstate == "42501"
