"""A batch that is copied while it is read: in whatever order its rows come, it is the batch that it would have been."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import polars as pl
import psycopg
import pytest
from psycopg import sql

from include.batch import ROW_ID, BatchRef, Stage
from include.collection.model import Collection
from include.storage import segment as segments
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database

Make = Callable[..., Collection]
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def small_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "LEAF_ROWS", 4)


def tables_of(database: Database, collection: Collection) -> dict[str, int]:
    """The tables with rows that the dataset has, by what follows its id in their names."""
    hexed = collection.dataset_id.hex
    with psycopg.connect(database.admin_url) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND strpos(relname, %s) > 0", [hexed]
        ).fetchall()
        counts = {
            name: connection.execute(sql.SQL("SELECT count(*) FROM data.{}").format(sql.Identifier(name))).fetchone()
            for (name,) in names
        }
    return {name.replace(f"_{hexed}_", " "): count[0] for name, count in sorted(counts.items()) if count and count[0]}


def rows_of(database: Database, collection: Collection) -> list[tuple[Any, ...]]:
    table = sql.Identifier(f"d_{collection.dataset_id.hex}")
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(
            sql.SQL("SELECT meter_id, interval_start, energy, quality, _row_id FROM data.{} ORDER BY 1, 2").format(
                table
            )
        ).fetchall()


def quarters(*numbers: int, **changes: Any) -> Rows:
    return [reading(number, **changes) for number in numbers]


def test_rows_in_the_order_of_their_time_fill_one_leaf_after_the_other(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    parts = [quarters(0, 1, 2), quarters(2, 3, 4, meter_id="m2"), quarters(4, 5, 6), quarters(6, 7, 8), quarters(9)]
    record = shelf.load(collection, shelf.copy_ahead(shelf.stage(collection, *parts)))
    assert (record.rows_loaded, record.rows_already_there) == (12, 1)
    # a leaf ends where a part with later rows begins, at a moment that it has all rows of
    assert tables_of(database, collection) == {"p 1_0": 7, "p 1_1": 4, "p 1_2": 1}
    later = shelf.load(collection, shelf.copy_ahead(shelf.stage(collection, quarters(20, 21), quarters(20, 21))))
    assert (later.rows_loaded, later.rows_already_there) == (2, 2)
    assert tables_of(database, collection) == {"p 1_0": 7, "p 1_1": 4, "p 1_2": 1, "p 2": 2}
    into_them = shelf.load(collection, shelf.stage(collection, quarters(1, 5, 6, 8, meter_id="m3")))
    assert into_them.rows_loaded == 4
    assert tables_of(database, collection) == {"p 1_0": 8, "p 1_1": 7, "p 1_2": 1, "p 2": 2}


def test_rows_in_another_order_stay_together(shelf: Shelf, a_stored_collection: Make, database: Database) -> None:
    collection = a_stored_collection()
    by_meter = [quarters(*range(8), meter_id=f"m{number}") for number in range(4)]
    assert shelf.load(collection, shelf.copy_ahead(shelf.stage(collection, *by_meter))).rows_loaded == 32
    assert tables_of(database, collection) == {"p 1": 32}


def test_where_rows_of_their_time_are_there_they_stay_together(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, quarters(*range(12))))
    parts = [quarters(*range(first, first + 4), meter_id="m2") for first in (0, 4, 8)]
    ref = shelf.copy_ahead(shelf.stage(collection, *parts))
    assert tables_of(database, collection)[f"s {ref.batch_id.hex[:12]}_0"] == 12
    assert shelf.load(collection, ref).rows_loaded == 12
    assert tables_of(database, collection) == {"p rest": 24}


def test_rows_that_came_between_reading_and_loading(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    shelf.load(collection, shelf.stage(collection, quarters(100)))
    waiting = shelf.copy_ahead(shelf.stage(collection, quarters(0, 1, 2, 3), quarters(4, 5, 6, 7), quarters(8)))
    shelf.load(collection, shelf.stage(collection, quarters(5, energy=-1.0)))
    record = shelf.load(collection, waiting)
    assert (record.rows_loaded, record.rows_already_there) == (8, 1)
    assert tables_of(database, collection) == {"p rest": 10}


def shuffled_parts(chance: random.Random) -> list[Rows]:
    """Parts in order, nearly in order, or not at all; some meet, some rows are late, some keys come twice."""
    meters = [f"m{number}" for number in range(chance.choice((1, 2, 3)))]
    rows = [(number, meter) for number in range(chance.randint(6, 30)) for meter in meters]
    for _ in range(chance.choice((0, 0, 1, 3))):
        rows.insert(chance.randrange(len(rows)), chance.choice(rows))
    if chance.random() < 0.3:
        rows.sort(key=lambda row: row[1])
    elif chance.random() < 0.2:
        chance.shuffle(rows)
    usual = chance.choice((1, 1, 0.95, 0.5))
    parts: list[Rows] = []
    while rows:
        size = chance.choice((1, 3, 5, 9))
        taken, rows = rows[:size], rows[size:]
        words = ["measured" if chance.random() < usual else chance.choice(("estimated", None)) for _ in taken]
        parts.append(
            [
                reading(number, meter_id=meter, energy=chance.random(), quality=word)
                for (number, meter), word in zip(taken, words, strict=True)
            ]
        )
    return parts


def changed_again(shelf: Shelf, ref: BatchRef, chance: random.Random) -> Iterator[tuple[int, str]]:
    """Parts that come again, as when their rows were held against those of all others: some are set aside."""
    for number in chance.sample(range(len(ref.parts)), chance.choice((0, 0, 1, min(2, len(ref.parts))))):
        frame = shelf.staging.read(ref.parts[number])
        frame = frame.filter(pl.Series([chance.random() < 0.6 for _ in range(frame.height)], dtype=pl.Boolean))
        yield number, shelf.staging.write(ref.collection_id, ref.batch_id, Stage.ANONYMIZED, f"again-{number}", frame)


def test_a_word_of_the_cim_that_the_rows_of_a_leaf_share_is_kept_once(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    parts = [quarters(*range(first, first + 3)) for first in (0, 3, 6, 9, 12)]
    parts[4][1]["quality"] = "estimated"
    parts[3][0]["quality"] = None
    shelf.load(collection, shelf.copy_ahead(shelf.stage(collection, *parts)))
    with psycopg.connect(database.admin_url) as connection:
        kept = connection.execute(
            "SELECT right(relname, 2), atthasmissing, NOT atthasdef FROM pg_attribute JOIN pg_class ON oid = attrelid"
            " WHERE attname = 'quality' AND relkind = 'r' AND strpos(relname, %s) > 0 ORDER BY 1",
            [f"p_{collection.dataset_id.hex}"],
        ).fetchall()
    assert kept[:-1] == [("_0", True, True), ("_1", True, True), ("_2", False, True)]
    assert [row[3] for row in rows_of(database, collection)] == [
        *["measured"] * 9, None, *["measured"] * 3, "estimated", "measured",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(16))
def test_in_whatever_order_rows_come_the_batch_is_the_same(
    shelf: Shelf, a_stored_collection: Make, database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    ahead, plain = a_stored_collection(), a_stored_collection()
    ref = shelf.stage(ahead, *shuffled_parts(chance))
    parts = list(ref.parts)
    segment = shelf.datasets.open_segment(ahead.dataset_id, shelf.concept, ref.batch_id)
    for number, path in enumerate(ref.parts):
        segment.add(number, path)
    for number, path in changed_again(shelf, ref, chance):
        segment.add(number, path)
        parts[number] = path
    rows = sum(shelf.staging.read(path).height for path in parts)
    ref = replace(ref, parts=tuple(parts), rows=rows)
    one = shelf.load(ahead, replace(ref, segment=segment.finish()))
    segment.close()
    other = shelf.load(plain, replace(ref, dataset_id=plain.dataset_id, collection_id=plain.id, batch_id=plain.id))
    assert (one.rows_loaded, one.rows_already_there) == (other.rows_loaded, other.rows_already_there)
    assert rows_of(database, ahead) == rows_of(database, plain)
    assert not [name for name in tables_of(database, ahead) if name.startswith("s ")]
    assert shelf.datasets.get(ahead.dataset_id).last == shelf.datasets.get(plain.dataset_id).last


def test_what_is_given_up_is_gone_and_what_a_crash_left_goes_with_the_next_try(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    ref = shelf.stage(collection, *(quarters(*range(first, first + 4)) for first in (0, 4, 8)))
    given_up, crashed = (
        shelf.datasets.open_segment(ref.dataset_id, shelf.concept, folder) for folder in (ref.batch_id, collection.id)
    )
    for each in (given_up, crashed):
        for number, path in enumerate(ref.parts):
            each.add(number, path)
    given_up.close()
    crashed._copier.shutdown()
    crashed._keyer.shutdown()  # the first leaves are committed then, and nothing knows of them
    assert tables_of(database, collection) == {f"s {collection.id.hex[:12]}_{leaf}": 4 for leaf in (0, 1)}
    for leaf in crashed._leaves:
        leaf.close()
    again = shelf.datasets.open_segment(ref.dataset_id, shelf.concept, collection.id)
    again.add(0, ref.parts[0])
    again._copier.shutdown()
    assert tables_of(database, collection) == {}
    again.close()
    assert shelf.staging.read(ref.parts[0])[ROW_ID].to_list() == [1, 2, 3, 4]
