"""Rows in quarantine through the real stages: edited, replayed, released, discarded, expired; nothing is doubled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from include.access.requestor import Requestor
from include.batch import BatchRef
from include.collection.model import Collection
from include.collection.quarantine import Replay, RowKey, Selection
from include.collection.run import RunState
from include.errors import ConfigurationInvalid, Conflict, NotFound
from include.operations.batch_reading import list_batches
from include.operations.dataset_reading import read_records
from include.operations.quarantine_keeping import (
    discard_quarantined,
    edit_quarantined,
    list_departures,
    list_quarantine,
    replay_quarantined,
)
from include.operations.rolling_back import roll_back_batch
from include.orchestration.stages import STAGES, Work
from include.wiring import Platform
from tests.factories import NOON, a_collection, a_config
from tests.fakes_engine import FakeEngine
from tests.postgres import Database
from tests.quarantined import OWNER, counts, records, replay, waiting
from tests.whole_runs import a_platform, run_stages

HEADER = "point,register,start,energy_wh,status"
GOOD = [f"p1,r,2024-01-01T{hour:02}:00:00Z,{hour}000,ok" for hour in range(6)]
UNREADABLE = "p1,r,2024-01-01T06:00:00Z,6ooo,ok"
TOO_MUCH = "p1,r,2024-01-01T07:00:00Z,7000000000000000,ok"
REPEATED = "p1,r,2024-01-01T05:00:00Z,5500,ok"
NO_TIME = "p1,r,yesterday,8000,ok"
RULES = {"rules": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "energy", "max_value": 1e5}}]}


@pytest.fixture(scope="module")
def platform(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return a_platform(database, tmp_path_factory.mktemp("platform"))


@pytest.fixture
def load(platform: Platform, tmp_path: Path) -> Callable[..., Collection]:
    """Load a file of lines through all stages, as a collection of its own or as a further batch of one."""

    def load(*lines: str, into: Collection | None = None, header: str = HEADER, **changes: Any) -> Collection:
        file = tmp_path / f"{uuid4()}.csv"
        file.write_text("\n".join([header, *lines]) + "\n")
        upload = platform.uploads.add(file, "meters.csv", OWNER.id)
        ingester = {"kind": "file", "name": "meters.csv", "format": {"kind": "csv"}, "upload": upload}
        config = a_config(ingester=ingester, curator=RULES, **changes)
        if into is None:
            collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=config)
            platform.collections.add(collection)
        else:
            collection = replace(into, version=into.version + 1, config=config)
            platform.collections.replace(collection, into.version)
        run_stages(platform, collection, f"manual__{uuid4().hex}")
        return collection

    return load


def test_rows_are_shown_with_their_reasons_as_they_were_read(platform: Platform, load: Any) -> None:
    collection = load(*GOOD, UNREADABLE, TOO_MUCH)

    rows = waiting(platform, collection)

    assert rows[7].cells["energy_wh"] == "6ooo"
    assert rows[7].reasons == (("energy", "unreadable_number"),)
    assert rows[8].reasons[0] == ("energy", "expect_column_values_to_be_between")
    found = list_quarantine(platform, OWNER, collection.dataset_id, rule="unreadable_number").rows
    assert [row.key for row in found] == [rows[7].key]


def test_an_edited_row_is_loaded_as_a_row_of_its_batch(platform: Platform, load: Any, database: Database) -> None:
    collection = load(*GOOD, UNREADABLE, TOO_MUCH)
    rows = waiting(platform, collection)
    batch_id = rows[7].key.batch_id

    edited = edit_quarantined(platform, OWNER, collection.dataset_id, str(rows[7].key), {"energy_wh": "6000"})
    assert (edited.cells["energy_wh"], edited.original, edited.edited_by) == ("6000", rows[7].cells, "olive")
    run_id = replay(platform, collection)

    assert records(database, collection)[6] == (6, 6.0, 7, batch_id)
    assert counts(database, collection) == (7, [(7, 1)])
    assert list(waiting(platform, collection)) == [8]
    [departure] = list_departures(platform, OWNER, collection.dataset_id).departures
    assert (departure.what, departure.rows_left, departure.rows_loaded, departure.rows_back) == ("replayed", 1, 1, 1)
    assert (departure.by, departure.run_id) == ("olive", run_id)


def test_a_version_does_not_have_what_left_quarantine_after_it_and_a_rollback_takes_it_along(
    platform: Platform, load: Any, database: Database
) -> None:
    collection = load(*GOOD[:2], UNREADABLE)
    load(*GOOD[2:4], into=collection)
    [row] = waiting(platform, collection).values()
    edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"energy_wh": "6000"})
    replay(platform, platform.collections.get(collection.id))
    load(*GOOD[4:], into=platform.collections.get(collection.id))
    page = list_batches(platform, OWNER, collection.dataset_id)
    batches = {each.number: each.id for each in page.batches}

    def energies(as_of: UUID | None = None) -> list[float]:
        page = read_records(platform, OWNER, collection.dataset_id, fields=["energy"], limit=100, as_of=as_of)
        return page.table["energy"].to_pylist()

    assert sorted(batches) == [1, 2, 4], "a replay has a number as well"
    assert [energies(batches[number]) for number in (1, 2, 4)] == [[0, 1], [0, 1, 2, 3], [0, 1, 2, 3, 4, 5, 6]]
    done = roll_back_batch(platform, OWNER, collection.dataset_id, batches[1])
    assert done.rollback.rows_removed == 3
    assert [energies(), energies(batches[2])] == [[2, 3, 4, 5], [2, 3]]
    assert counts(database, collection) == (4, [(2, 0), (2, 0)])


def test_a_replay_goes_by_the_collection_as_it_is_now(platform: Platform, load: Any, database: Database) -> None:
    collection = load(*GOOD, "p1,r,2024-01-01T06:00:00Z,200000000,ok")
    assert len(waiting(platform, collection)) == 1

    replay(platform, collection)
    assert list(waiting(platform, collection)) == [7], "the rule stands"

    config = collection.config.model_copy(update={"curator": a_config().curator})
    platform.collections.replace(replace(collection, version=2, config=config), 1)
    replay(platform, collection)

    assert records(database, collection)[6][:3] == (6, 200_000.0, 7)
    assert counts(database, collection) == (7, [(7, 0)])


def test_a_row_without_a_column_that_the_mapping_reads_stays_until_it_is_written_into_it(
    platform: Platform, load: Any, database: Database
) -> None:
    collection = load(*GOOD)
    changes = {"header": "point,register,start,status", "contract": {"vanish": "quarantine"}}
    collection = load("p1,r,2024-01-01T06:00:00Z,ok", into=collection, **changes)
    [waits] = waiting(platform, collection).values()
    replay(platform, collection)
    assert [row.reasons for row in waiting(platform, collection).values()] == [(("energy_wh", "missing_column"),)]

    edit_quarantined(platform, OWNER, collection.dataset_id, str(waits.key), {"energy_wh": "6000"})
    replay(platform, collection)
    assert records(database, collection)[6][:3] == (6, 6.0, 1)


def test_a_replay_of_several_batches_gives_each_its_rows(platform: Platform, load: Any, database: Database) -> None:
    collection = load(*GOOD, UNREADABLE)
    later = [line.replace("2024-01-01T0", "2024-01-01T1") for line in (UNREADABLE, GOOD[0], "p1,r,x,1,ok")]
    collection = load(*later, into=collection)
    for row in list_quarantine(platform, OWNER, collection.dataset_id, rule="unreadable_number").rows:
        edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"energy_wh": "6000"})

    replay(platform, collection)

    found = {hour: (row_id, batch) for hour, _, row_id, batch in records(database, collection)}
    assert (found[6][0], found[16][0]) == (7, 1)
    assert found[6][1] == found[5][1] and found[16][1] == found[10][1] != found[6][1]
    assert counts(database, collection) == (9, [(7, 0), (2, 1)])


def test_every_task_three_times_and_two_replays_give_the_same_rows(
    platform: Platform, load: Any, database: Database
) -> None:
    collection = load(*GOOD, UNREADABLE, TOO_MUCH)
    [key] = [row.key for row in waiting(platform, collection).values() if row.key.row_id == 7]
    edit_quarantined(platform, OWNER, collection.dataset_id, str(key), {"energy_wh": "6000"})
    _, run = replay_quarantined(platform, FakeEngine(), OWNER, collection.dataset_id, Replay(Selection()))
    platform.runs.start(collection, run.run_id, NOON)
    left: dict[str, BatchRef] = {}
    work = Work(platform, collection, run.run_id, left.__getitem__, platform.definition.current())
    loaded = []
    for task, stage in STAGES.items():
        for _ in range(3):
            left[task] = BatchRef.from_json((outcome := stage(work)).ref.to_json())
        loaded.append(outcome.counts.get("rows_loaded"))
    assert 1 in loaded, "the last try tells what the first did"
    platform.runs.finish(collection.id, run.run_id, RunState.SUCCEEDED, NOON)
    replay(platform, collection)

    assert len(records(database, collection)) == 7
    assert counts(database, collection) == (7, [(7, 1)])
    departures = list_departures(platform, OWNER, collection.dataset_id).departures
    assert sum(each.rows_loaded for each in departures) == 1


def test_what_is_edited_while_it_is_replayed_stays(platform: Platform, load: Any, database: Database) -> None:
    collection = load(*GOOD, UNREADABLE)
    [row] = waiting(platform, collection).values()
    row = edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"energy_wh": "6000"})
    _, run = replay_quarantined(platform, FakeEngine(), OWNER, collection.dataset_id, Replay(Selection()))
    platform.runs.start(collection, run.run_id, NOON)
    left: dict[str, BatchRef] = {}
    work = Work(platform, collection, run.run_id, left.__getitem__, platform.definition.current())
    for task, stage in STAGES.items():
        if task == "load_postgres":
            edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"energy_wh": "6001"})
        left[task] = stage(work).ref

    assert len(records(database, collection)) == 6
    assert waiting(platform, collection)[7].cells["energy_wh"] == "6001"
    assert waiting(platform, collection)[7].original is not None
    assert waiting(platform, collection)[7].original["energy_wh"] == "6ooo"


def test_a_row_whose_key_is_there_stays_and_says_so(platform: Platform, load: Any, database: Database) -> None:
    collection = load(*GOOD, UNREADABLE)
    [row] = waiting(platform, collection).values()
    taken = {"energy_wh": "1", "start": "2024-01-01T05:00:00Z"}
    edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), taken)

    replay(platform, collection)

    assert records(database, collection)[5][1] == 5.0
    assert {rule for _, rule in waiting(platform, collection)[7].reasons} == {"already_there"}
    assert counts(database, collection) == (6, [(6, 1)])


def test_a_row_that_was_set_aside_by_comparison_stays_until_it_is_edited(
    platform: Platform, load: Any, database: Database
) -> None:
    collection = load(*GOOD, REPEATED)
    [row] = waiting(platform, collection).values()

    run = platform.runs.get(collection.id, replay(platform, collection))
    assert run.state is RunState.UNCHANGED and "release" in (run.note or "")
    assert waiting(platform, collection) == {7: row}

    edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"start": "2024-01-01T05:30:00Z"})
    replay(platform, collection)
    assert len(records(database, collection)) == 7


def test_a_release_skips_the_rules_and_not_the_mapping(platform: Platform, load: Any, database: Database) -> None:
    collection = load(*GOOD, UNREADABLE, TOO_MUCH, NO_TIME)

    run_id = replay(platform, collection, release=True, note="The meter was replaced that day.")

    rows = {hour: energy for hour, energy, *_ in records(database, collection)}
    assert rows[6] is None, "what cannot be read is nothing"
    assert rows[7] == 7e12
    assert list(waiting(platform, collection)) == [9], "a record cannot do without its time"
    assert counts(database, collection) == (8, [(8, 1)])
    [departure] = list_departures(platform, OWNER, collection.dataset_id).departures
    assert (departure.what, departure.note) == ("released", "The meter was replaced that day.")
    with psycopg.connect(database.admin_url) as connection:
        table = sql.Identifier(f"d_{collection.dataset_id.hex}")
        query = sql.SQL("SELECT DISTINCT usage_point_id FROM data.{}").format(table)
        points = connection.execute(query).fetchall()
    assert len(points) == 1 and points != [("p1",)], "released rows are anonymised as all others"
    assert platform.runs.get(collection.id, run_id).replay == Replay(
        Selection(), release=True, note="The meter was replaced that day."
    )


def test_the_hour_that_a_clock_shows_twice_is_not_guessed_of_a_row_alone(
    platform: Platform, load: Any, database: Database
) -> None:
    rules = a_config().mapper.model_dump(mode="json", exclude_defaults=True)["rules"]  # type: ignore[union-attr]
    rules[2] |= {"zone": "Europe/Brussels", "repeated_hour": "by_occurrence", "format": "%Y-%m-%d %H:%M"}
    night = ["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"]
    lines = [f"p1,r,{time},{'x' if number == 2 else 1000},ok" for number, time in enumerate(night)]
    collection = load(*lines, mapper={"concept": "meter_reading", "rules": rules})
    [row] = waiting(platform, collection).values()
    edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"energy_wh": "1000"})

    replay(platform, collection)

    assert [hour for hour, *_ in records(database, collection)] == [0, 2, 23]
    assert waiting(platform, collection)[3].reasons == (("interval_start", "ambiguous_hour"),)
    rules[2] |= {"repeated_hour": "later"}
    config = a_config(ingester=collection.config.ingester, mapper={"concept": "meter_reading", "rules": rules})
    platform.collections.replace(replace(collection, version=2, config=config), 1)
    replay(platform, collection)
    assert [hour for hour, *_ in records(database, collection)] == [0, 1, 2, 23]


def test_rows_that_are_made_of_several_cannot_be_replayed(platform: Platform, load: Any) -> None:
    collection = load(*GOOD, UNREADABLE)
    plain = collection.config.model_dump(mode="json", exclude_none=True)
    plain["mapper"]["merge_rows"] = True
    platform.collections.replace(replace(collection, version=2, config=a_config(**plain)), 1)

    with pytest.raises(ConfigurationInvalid, match="merge_rows"):
        replay(platform, collection)


def test_discarded_rows_are_gone_and_who_did_it_is_kept(platform: Platform, load: Any, database: Database) -> None:
    collection = load(*GOOD, UNREADABLE, TOO_MUCH)
    [key, _] = [row.key for row in waiting(platform, collection).values()]

    done = discard_quarantined(platform, OWNER, collection.dataset_id, Selection((key,)), "Not ours.")

    assert (done.what, done.by, done.rows_left, done.note) == ("discarded", "olive", 1, "Not ours.")
    assert list(waiting(platform, collection)) == [8]
    assert counts(database, collection) == (6, [(6, 1)])
    assert list_departures(platform, OWNER, collection.dataset_id).departures == [done]
    with pytest.raises(NotFound):
        discard_quarantined(platform, OWNER, collection.dataset_id, Selection((key,)))


def test_rows_expire_and_are_counted(platform: Platform, load: Any, database: Database) -> None:
    old, young = load(*GOOD, UNREADABLE, TOO_MUCH), load(*GOOD, UNREADABLE)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(
            "UPDATE cdmp.batch SET committed = committed - interval '91 days' WHERE dataset_id = %s", [old.dataset_id]
        )
    now = platform.clock()

    assert platform.quarantine.expire(now - timedelta(days=90), now) == 2

    assert waiting(platform, old) == {}
    assert len(waiting(platform, young)) == 1
    [departure] = list_departures(platform, OWNER, old.dataset_id).departures
    assert (departure.what, departure.by, departure.rows_left) == ("expired", None, 2)
    assert counts(database, old) == (6, [(6, 0)])


@pytest.mark.parametrize("who", [Requestor("8", "sam"), Requestor("9", "stella", frozenset({"Steward"}))])
def test_nobody_else_knows_of_it(platform: Platform, load: Any, who: Requestor) -> None:
    collection = load(*GOOD, UNREADABLE)
    [row] = waiting(platform, collection).values()
    everything = Selection()
    absent = uuid4()
    for use in (
        lambda dataset: list_quarantine(platform, who, dataset),
        lambda dataset: edit_quarantined(platform, who, dataset, str(row.key), {"energy_wh": "1"}),
        lambda dataset: replay_quarantined(platform, FakeEngine(), who, dataset, Replay(everything)),
        lambda dataset: discard_quarantined(platform, who, dataset, everything),
        lambda dataset: list_departures(platform, who, dataset),
    ):
        said = []
        for dataset in (collection.dataset_id, absent):
            with pytest.raises(NotFound) as refused:
                use(dataset)
            said.append(str(refused.value).replace(str(dataset), "it"))
        assert said[0] == said[1]
    assert len(waiting(platform, collection)) == 1


def test_another_datasets_row_cannot_be_reached(platform: Platform, load: Any) -> None:
    mine, other = load(*GOOD, UNREADABLE), load(*GOOD, UNREADABLE, TOO_MUCH)
    [key] = [row.key for row in waiting(platform, mine).values()]
    with pytest.raises(NotFound):
        edit_quarantined(platform, OWNER, other.dataset_id, str(key), {"energy_wh": "1"})
    with pytest.raises(NotFound):
        discard_quarantined(platform, OWNER, other.dataset_id, Selection((key,)))
    with pytest.raises(NotFound):
        replay(platform, other, Selection((key, RowKey(uuid4(), 1))))


def test_two_edits_at_once_do_not_overwrite_one_another(platform: Platform, load: Any) -> None:
    collection = load(*GOOD, UNREADABLE)
    [row] = waiting(platform, collection).values()
    platform.quarantine.edit(collection.dataset_id, row, {**row.cells, "energy_wh": "1"}, "olive", NOON)
    with pytest.raises(Conflict):
        platform.quarantine.edit(collection.dataset_id, row, {**row.cells, "energy_wh": "2"}, "olive", NOON)


def test_keys_are_rotated_over_edits_too_and_erasing_a_dataset_takes_its_quarantine(
    platform: Platform, load: Any, database: Database
) -> None:
    collection = load(*GOOD, UNREADABLE, TOO_MUCH)
    [row, _] = waiting(platform, collection).values()
    edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"energy_wh": "6000"})
    before = sealed(database, collection.dataset_id)

    platform.secrets.seal_again()

    after = sealed(database, collection.dataset_id)
    assert len(before) == 3 and before.isdisjoint(after)
    again = waiting(platform, collection)[7]
    assert (again.cells["energy_wh"], again.original) == ("6000", row.cells)
    discard_quarantined(platform, OWNER, collection.dataset_id, Selection((row.key,)))
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("DELETE FROM cdmp.batch WHERE dataset_id = %s", [collection.dataset_id])
        connection.execute("DELETE FROM cdmp.dataset WHERE id = %s", [collection.dataset_id])
        for table in ("quarantine_row", "quarantine_departure"):
            left = sql.SQL("SELECT count(*) FROM cdmp.{} WHERE dataset_id = %s").format(sql.Identifier(table))
            assert connection.execute(left, [collection.dataset_id]).fetchone() == (0,)


def sealed(database: Database, dataset_id: UUID) -> set[bytes]:
    with psycopg.connect(database.admin_url) as connection:
        rows = connection.execute(
            "SELECT sealed, original FROM cdmp.quarantine_row WHERE dataset_id = %s", [dataset_id]
        ).fetchall()
    return {bytes(each) for row in rows for each in row if each is not None}
