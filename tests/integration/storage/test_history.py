"""What batches overwrite is kept: every version can be read, and a batch is taken back as if it had never been."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from include.batch import AnonymizedBatch, BatchRecord, Foreseen, LoadMode, LoadPlan, Window
from include.collection.model import Collection
from include.errors import Conflict, NotFound
from include.ports import RecordQuery
from include.storage import segment
from include.storage.connection import begin
from tests.factories import NOON
from tests.integration.storage.conftest import Shelf, reading
from tests.postgres import Database

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""Shrinking runs the platform for minutes; a failure says its steps as they are."""

Make = Callable[..., Collection]
Key = tuple[str, datetime]
Row = dict[str, Any]

START = datetime(2024, 3, 31, tzinfo=UTC)
STEP = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def small_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what comes in the order of its time have partitions of its own."""
    monkeypatch.setattr(segment, "LEAF_ROWS", 2)


def read(shelf: Shelf, collection: Collection, batch_id: UUID | None = None, limit: int = 1000) -> list[Row]:
    """Read a dataset page after page: as it is, or as of a batch."""
    as_of = None if batch_id is None else shelf.history.as_of(collection.dataset_id, batch_id)
    query = RecordQuery(limit=limit, as_of=as_of)
    rows: list[Row] = []
    while page := shelf.records.page(collection.dataset_id, shelf.concept, query).to_pylist():
        rows += page
        query = replace(query, after=(page[-1]["meter_id"], page[-1]["interval_start"]))
    return rows


def roll_back(shelf: Shelf, collection: Collection, batch_id: UUID, **changes: Any) -> Any:
    told = {"by": "olive", "note": "", "now": NOON, **changes}
    return shelf.history.roll_back(collection.dataset_id, shelf.concept, batch_id, **told)


def load(
    shelf: Shelf, collection: Collection, rows: list[Row], mode: str = "append", *, ahead: bool = False, **plan: Any
) -> BatchRecord:
    parts = [rows[first : first + 2] for first in range(0, len(rows), 2)] or [[]]
    ref = shelf.stage(collection, *parts, load=LoadPlan(LoadMode(mode), **plan))
    foreseen = shelf.datasets.foresee(AnonymizedBatch(ref), shelf.concept)
    record = shelf.load(collection, shelf.copy_ahead(ref) if ahead else ref)
    there, replaced = record.rows_already_there, record.rows_replaced
    assert replace(foreseen, rows_differing=0) == Foreseen(
        record.rows_loaded - replaced, there, replaced, record.rows_removed
    )
    return record


def energies(rows: list[Row]) -> list[float | None]:
    return [row["energy"] for row in rows]


def test_upsert_replaces_what_differs_and_leaves_what_is_the_same(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    first = load(shelf, collection, [reading(n) for n in range(4)], "upsert")
    rows = [reading(1), reading(2, energy=None), reading(3, quality="estimated"), reading(4), reading(-1)]
    second = load(shelf, collection, rows, "upsert")
    assert (second.number, second.rows_loaded, second.rows_already_there) == (2, 4, 1)
    assert (second.rows_replaced, second.rows_removed) == (2, 0)
    now = [reading(-1), reading(0), reading(1), rows[1], rows[2], reading(4)]
    assert read(shelf, collection) == read(shelf, collection, second.id) == now
    assert read(shelf, collection, first.id) == [reading(n) for n in range(4)]
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.rows, dataset.first, dataset.last) == (6, START - STEP, START + 4 * STEP)


def test_of_equal_keys_in_one_batch_the_first_replaces(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    load(shelf, collection, [reading(0)])
    record = load(shelf, collection, [reading(0, energy=1.0), reading(0, energy=2.0)], "upsert")
    assert (record.rows_loaded, record.rows_already_there, record.rows_replaced) == (1, 1, 1)
    assert energies(read(shelf, collection)) == [1.0]


def test_replace_takes_away_what_a_series_does_not_have_any_more(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    first = load(shelf, collection, [reading(n, meter_id=meter) for meter in "ab" for n in range(8)])
    # of meter a the third to sixth quarter; the fourth and fifth are gone, the sixth is the same, one is between two
    between = reading(0, interval_start=START + timedelta(minutes=50), interval_end=START + timedelta(minutes=55))
    rows = [{**row, "meter_id": "a"} for row in (reading(2, energy=9.0), reading(5), between)]
    record = load(shelf, collection, rows, "replace")
    assert (record.rows_loaded, record.rows_already_there) == (2, 1)
    assert (record.rows_replaced, record.rows_removed) == (1, 2)
    by_meter = {meter: [row for row in read(shelf, collection) if row["meter_id"] == meter] for meter in "ab"}
    assert energies(by_meter["a"]) == [0.0, 1.0, 9.0, 0.0, 5.0, 6.0, 7.0]
    assert energies(by_meter["b"]) == [float(n) for n in range(8)]
    assert shelf.datasets.get(collection.dataset_id).rows == 15
    assert len(read(shelf, collection, first.id)) == 16


@pytest.mark.parametrize(
    ("rows", "plan", "left"),
    [
        pytest.param([reading(7, interval_end=START + 9 * STEP)], {}, [7, 9], id="to the end of its last row"),
        pytest.param([reading(n, interval_end=None) for n in (4, 6)], {}, [4, 6, 8, 9], id="one step after its last"),
        pytest.param([reading(6, interval_end=None)], {}, [6, 7, 8, 9], id="one row alone covers its moment"),
        pytest.param(
            [reading(6)], {"window": Window(START + 5 * STEP, START + 8 * STEP)}, [6, 8, 9], id="what was asked for"
        ),
    ],
)
def test_a_batch_covers(shelf: Shelf, a_stored_collection: Make, rows: list[Row], plan: Any, left: list[int]) -> None:
    collection = a_stored_collection()
    load(shelf, collection, [reading(n) for n in range(10)])
    load(shelf, collection, rows, "replace", **plan)
    first = min(n for n in left if n >= 4)
    starts = [(row["interval_start"] - START) // STEP for row in read(shelf, collection)]
    assert [n for n in starts if n >= first] == left


def test_a_whole_dataset_can_be_one_series_and_its_span_shrinks(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    first = load(shelf, collection, [reading(n, meter_id=meter) for meter in "ab" for n in range(4)])
    rows = [reading(n, meter_id=meter) for meter, n in (("a", 0), ("a", 2))]
    load(shelf, collection, [*rows, reading(1, meter_id="c")], "replace", per=())
    assert [(row["meter_id"], row["energy"]) for row in read(shelf, collection)] == [
        *(("a", 0.0), ("a", 2.0), ("a", 3.0)),
        *(("b", 3.0), ("c", 1.0)),
    ]
    last = load(shelf, collection, [reading(2, meter_id="a")], "replace", per=(), window=Window(START, NOON))
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.rows, dataset.first, dataset.last) == (1, START + 2 * STEP, START + 2 * STEP)
    assert (last.rows_already_there, last.rows_removed) == (1, 4)
    roll_back(shelf, collection, first.id)
    assert (shelf.datasets.get(collection.dataset_id).rows, read(shelf, collection)) == (0, [])


def test_a_batch_without_a_row_covers_nothing(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    load(shelf, collection, [reading(0)])
    record = load(shelf, collection, [], "replace", per=(), window=Window(START, NOON))
    assert (record.rows_removed, energies(read(shelf, collection))) == (0, [0.0])


def test_nothing_is_kept_apart_until_something_is_overwritten(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    there = f"SELECT to_regclass('data.h_{collection.dataset_id.hex}') IS NOT NULL"
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        load(shelf, collection, [reading(0)], "upsert")
        load(shelf, collection, [reading(0), reading(1)], "replace")
        load(shelf, collection, [reading(0, energy=9.0)], "append")
        assert connection.execute(there).fetchone() == (False,)
        load(shelf, collection, [reading(0, energy=9.0)], "upsert")
        assert connection.execute(there).fetchone() == (True,)


def test_readers_see_of_the_history_only_the_version_that_they_name(
    shelf: Shelf, a_stored_collection: Make, reader: Engine
) -> None:
    collection = a_stored_collection()
    for energy in (1.0, 2.0, 3.0):
        load(shelf, collection, [reading(0, energy=energy)], "upsert")
    count = text(f"SELECT array_agg(energy) FROM data.h_{collection.dataset_id.hex}")
    with begin(reader) as connection:
        assert connection.scalar(count) is None
        connection.execute(text(f"SET LOCAL cdmp.dataset = '{collection.dataset_id}'"))
        assert connection.scalar(count) is None
        for number, seen in ((1, [1.0]), (2, [2.0]), (3, None)):
            connection.execute(text(f"SET LOCAL cdmp.as_of = '{number}'"))
            assert connection.scalar(count) == seen
        connection.execute(text(f"SET LOCAL cdmp.dataset = '{uuid4()}'"))
        connection.execute(text("SET LOCAL cdmp.as_of = '1'"))
        assert connection.scalar(count) is None
    with begin(reader) as connection:
        assert connection.scalar(count) is None


def test_a_batch_is_taken_back_and_its_content_loaded_again(
    shelf: Shelf, a_stored_collection: Make, database: Database
) -> None:
    collection = a_stored_collection()
    one = shelf.stage(collection, [reading(n) for n in range(3)], cursor="c1")
    two = shelf.stage(
        collection,
        [reading(2, energy=9.0), reading(3)],
        aside=['{"a": "1"}'],
        cursor="c2",
        load=LoadPlan(LoadMode.UPSERT),
    )
    shelf.load(collection, one)
    second = shelf.load(collection, two)
    assert shelf.datasets.quarantined(collection.dataset_id) == 1
    done = roll_back(shelf, collection, second.id, note="the wrong unit")
    assert (done.number, done.rows_removed, done.rows_restored) == (2, 2, 1)
    assert shelf.history.rollbacks(collection.dataset_id) == [done]
    assert read(shelf, collection) == [reading(n) for n in range(3)]
    dataset = shelf.datasets.get(collection.dataset_id)
    assert (dataset.rows, dataset.last) == (3, START + 2 * STEP)
    assert shelf.datasets.cursor(collection.dataset_id) == "c1"
    assert shelf.datasets.quarantined(collection.dataset_id) == 0
    assert shelf.datasets.find_batch(collection.dataset_id, two.source_digest) is None
    for gone in (lambda: roll_back(shelf, collection, second.id), lambda: read(shelf, collection, second.id)):
        with pytest.raises(NotFound):
            gone()
    with psycopg.connect(database.admin_url) as connection:
        told = connection.execute(
            "SELECT recipient_id, facts FROM cdmp.outbox"
            " WHERE kind = 'batch.rolled_back' AND facts->>'dataset_id' = %s",
            (str(collection.dataset_id),),
        ).fetchall()
    assert told == [
        (
            "7",
            {
                "collection_id": str(collection.id),
                "title": collection.config.title,
                "dataset_id": str(collection.dataset_id),
                "number": 2,
                "by": "olive",
                "rows_removed": 2,
                "rows_restored": 1,
            },
        )
    ]
    again = shelf.load(collection, two)
    assert (again.number, again.rows_loaded, again.rows_replaced) == (3, 2, 1)
    assert shelf.datasets.quarantined(collection.dataset_id) == 1


def test_below_what_later_batches_did_nothing_of_a_batch_is_left(shelf: Shelf, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    batches = [load(shelf, collection, [reading(0, energy=float(n))], "upsert") for n in range(4)]
    done = roll_back(shelf, collection, batches[1].id)
    assert (done.rows_removed, done.rows_restored) == (0, 0)
    assert [energies(read(shelf, collection, batches[n].id)) for n in (0, 2, 3)] == [[0.0], [2.0], [3.0]]
    assert roll_back(shelf, collection, batches[3].id).rows_restored == 1
    assert roll_back(shelf, collection, batches[0].id).rows_restored == 0
    assert energies(read(shelf, collection)) == [2.0]
    roll_back(shelf, collection, batches[2].id)
    assert read(shelf, collection) == []


def test_a_batch_of_another_dataset_is_none_of_this_one(shelf: Shelf, a_stored_collection: Make) -> None:
    one, other = a_stored_collection(), a_stored_collection()
    load(shelf, one, [reading(0)])
    theirs = load(shelf, other, [reading(0)])
    for attempt in (lambda: roll_back(shelf, one, theirs.id), lambda: read(shelf, one, theirs.id)):
        with pytest.raises(NotFound):
            attempt()
    assert len(read(shelf, other)) == 1


def test_a_batch_stays_while_a_run_is_active(shelf: Shelf, a_stored_collection: Make, loader: Engine) -> None:
    collection = a_stored_collection()
    record = load(shelf, collection, [reading(0)])
    with begin(loader) as connection:
        connection.execute(
            text(
                "INSERT INTO cdmp.run (collection_id, run_id, version, state, asked, queued)"
                " VALUES (:id, 'r', 1, 'awaiting-review', true, now())"
            ),
            {"id": collection.id},
        )
    with pytest.raises(Conflict, match="run r of its collection has not ended"):
        roll_back(shelf, collection, record.id)
    assert energies(read(shelf, collection)) == [0.0]


# --- random batches and rollbacks, against a model that knows no history: only what each batch did --------------------


@dataclass
class Model:
    """Every batch that is there, in order, and what it did: a row for a key, or None where it took the key away."""

    effects: dict[UUID, dict[Key, Row | None]] = field(default_factory=dict)

    def state(self, batch_id: UUID | None = None) -> dict[Key, Row]:
        """What the dataset holds: now, or when the batch had been loaded."""
        rows: dict[Key, Row | None] = {}
        for each, effect in self.effects.items():
            rows |= effect
            if each == batch_id:
                break
        return {key: row for key, row in sorted(rows.items()) if row is not None}

    def load(self, batch_id: UUID, batch: list[Row], plan: LoadPlan) -> None:
        """Note what a batch does to what is there."""
        now, mine = self.state(), {}
        for row in batch:
            mine.setdefault(key_of(row), row)
        if plan.mode is LoadMode.APPEND:
            effect: dict[Key, Row | None] = {key: row for key, row in mine.items() if key not in now}
        else:
            effect = {key: row for key, row in mine.items() if now.get(key) != row}
        if plan.mode is LoadMode.REPLACE:
            covered = list(self._covered(batch, plan))
            for meter, start in now:
                inside = any(who in (meter, None) and opens <= start < closes for who, opens, closes in covered)
                if inside and (meter, start) not in mine:
                    effect[meter, start] = None
        self.effects[batch_id] = effect

    @staticmethod
    def _covered(batch: list[Row], plan: LoadPlan) -> Iterator[tuple[str | None, datetime, datetime]]:
        series = {None} if plan.per == () else {row["meter_id"] for row in batch}
        for who in series if batch else ():
            rows = [row for row in batch if who in (None, row["meter_id"])]
            if plan.window is not None:
                yield who, plan.window.start, plan.window.end
            else:
                yield who, min(r["interval_start"] for r in rows), max(r["interval_end"] for r in rows)


def key_of(row: Mapping[str, Any]) -> Key:
    return row["meter_id"], row["interval_start"]


a_row = st.builds(
    lambda meter, quarter, energy: reading(quarter, meter_id=meter, energy=energy),
    st.sampled_from("ab"),
    st.integers(0, 5),
    st.sampled_from([None, 1.0, 2.0]),
)
windows = st.builds(lambda a, n: Window(START + a * STEP, START + (a + n) * STEP), st.integers(0, 5), st.integers(1, 4))
plans = st.one_of(
    st.just(LoadPlan()),
    st.just(LoadPlan(LoadMode.UPSERT)),
    st.builds(LoadPlan, st.just(LoadMode.REPLACE), st.sampled_from([None, (), ("meter_id",)]), st.none() | windows),
)
# of a day that no other batch has, rows that were copied ahead become a partition
batches = st.tuples(st.lists(a_row, max_size=6), plans, st.booleans(), st.integers(0, 3))
steps = st.lists(batches | st.integers(0, 9), min_size=2, max_size=9)


@settings(max_examples=20, deadline=None, phases=PHASES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_whatever_comes_and_goes_every_version_is_what_it_was(
    shelf: Shelf, a_stored_collection: Make, database: Database, steps: list[Any]
) -> None:
    collection, model = a_stored_collection(), Model()
    for step in steps:
        if isinstance(step, int):
            if not model.effects:
                continue
            going = list(model.effects)[step % len(model.effects)]
            before = set(model.state())
            brought = {key for key, row in model.effects.pop(going).items() if row is not None}
            done = roll_back(shelf, collection, going)
            # what was the batch's and is there no more, or is there as it was before it
            assert done.rows_removed - done.rows_restored == len(before) - len(model.state())
            assert done.rows_removed <= len(brought)
        else:
            rows, plan, ahead, days = step
            batch = [
                row | {name: row[name] + timedelta(days=days) for name in ("interval_start", "interval_end")}
                for row in rows
            ]
            record = load(shelf, collection, batch, plan.mode, ahead=ahead, per=plan.per, window=plan.window)
            model.load(record.id, batch, plan)
            effect = model.effects[record.id].values()
            assert record.rows_loaded == sum(row is not None for row in effect)
            assert record.rows_removed == sum(row is None for row in effect)
        for batch_id in model.effects:
            expected = list(model.state(batch_id).values())
            assert read(shelf, collection, batch_id) == expected
            assert read(shelf, collection, batch_id, limit=2) == expected
        rows = list(model.state().values())
        if model.effects:
            assert read(shelf, collection) == rows
            dataset, starts = shelf.datasets.get(collection.dataset_id), [row["interval_start"] for row in rows]
            assert dataset.rows == len(rows)
            assert (dataset.first, dataset.last) == (min(starts, default=None), max(starts, default=None))
    for batch_id in list(model.effects):
        roll_back(shelf, collection, batch_id)
    with psycopg.connect(database.admin_url) as connection:
        for prefix in "dh":
            table = f"data.{prefix}_{collection.dataset_id.hex}"
            if connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() != (None,):
                assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
