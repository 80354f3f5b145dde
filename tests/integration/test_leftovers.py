"""The janitor: what a crash left goes, and nothing that a run, an upload or a dataset needs."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
import psycopg
import pytest
from sqlalchemy import insert

from include.batch import Stage
from include.collection.model import Collection
from include.collection.run import RunState
from include.operations.collection_life import create_collection
from include.operations.rolling_back import roll_back_batch
from include.operations.uploading import upload_file
from include.orchestration.stages import STAGES, Work
from include.storage.connection import begin
from include.storage.leftovers import Kind, Leftover
from include.storage.schema import run as runs
from include.wiring import Platform
from tests.factories import NOON, a_config
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.postgres import Database
from tests.whole_runs import a_platform, run_stages

OWNER = PEOPLE["owner"]
LATER = timedelta(hours=2)


@pytest.fixture(scope="module")
def platform(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    platform = a_platform(database, tmp_path_factory.mktemp("platform"))
    platform.settings.bundle.mkdir()
    yield platform
    platform.janitor.engine.dispose()


@pytest.fixture
def collection(platform: Platform, tmp_path: Path) -> Collection:
    """A collection of 5,000 readings that was made, and not run."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    lines = ["point,register,start,energy_wh,status"]
    lines += [
        f"p1,import,{start + number * timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ},{number},ok" for number in range(5000)
    ]
    file = tmp_path / "readings.csv"
    file.write_text("\n".join(lines) + "\n")
    source = {
        "kind": "file",
        "upload": upload_file(platform, OWNER, file),
        "name": file.name,
        "format": {"kind": "csv"},
    }
    made, _ = create_collection(platform, FakeEngine(), OWNER, a_config(title=tmp_path.name, ingester=source))
    return made


def staged(platform: Platform, collection_id: object = None) -> Path:
    """Stage a part for a collection, and say where its batch lies."""
    frame = pl.DataFrame({"row_id": [1, 2]})
    part = platform.staging.write(collection_id or uuid4(), uuid4(), Stage.RAW, "part-00000", frame)  # type: ignore[arg-type]
    return platform.settings.staging / Path(part).parent.parent


def end(platform: Platform, collection: Collection) -> str:
    """Let the run that waits for its collection begin, and end in a failure that removed nothing."""
    run_id = platform.runs.latest([collection.id])[collection.id].run_id
    platform.runs.start(collection, run_id, NOON)
    platform.runs.finish(collection.id, run_id, RunState.FAILED, NOON)
    return run_id


def kinds(found: object) -> list[Kind]:
    return sorted(each.kind for each in found)  # type: ignore[attr-defined]


def test_a_batch_that_no_run_needs_goes_and_its_run_says_so(platform: Platform, collection: Collection) -> None:
    run_id, batch = end(platform, collection), staged(platform, collection.id)
    assert platform.janitor.remove(platform.clock() - LATER) == [], "somebody may have just written it"

    found = platform.janitor.find(platform.clock() + LATER)
    assert [(each.kind, each.name, each.files, each.collection_id) for each in found] == [
        (Kind.STAGING, str(batch), 1, collection.id)
    ]
    assert batch.exists(), "finding removes nothing"
    assert platform.janitor.remove(platform.clock() + LATER) == found
    assert not batch.exists()
    note = platform.runs.get(collection.id, run_id).note
    assert note == "1 staged files that were left behind have been removed."


@pytest.mark.parametrize("state", [RunState.QUEUED, RunState.RUNNING, RunState.AWAITING_REVIEW])
def test_a_batch_of_a_run_that_has_not_ended_stays_however_old_it_is(
    platform: Platform, collection: Collection, state: RunState
) -> None:
    run_id, batch = end(platform, collection), staged(platform, collection.id)
    platform.runs.finish(collection.id, run_id, state, NOON)
    assert platform.janitor.remove(platform.clock() + 365 * LATER) == []
    assert batch.exists()


def test_a_run_that_begins_after_the_search_keeps_its_batch(platform: Platform, collection: Collection) -> None:
    run_id, batch = end(platform, collection), staged(platform, collection.id)
    [found] = platform.janitor.find(platform.clock() + LATER)
    platform.runs.start(collection, run_id, NOON)
    assert not platform.janitor._remove(found, platform.clock() + LATER)
    assert batch.exists()


def test_a_run_that_is_about_to_begin_keeps_its_batch(platform: Platform, collection: Collection) -> None:
    end(platform, collection)
    batch = staged(platform, collection.id)
    with begin(platform.janitor.engine) as connection:  # its row is there, and nobody can see it yet
        values = {"run_id": "scheduled__1", "version": 1, "state": "running", "asked": False, "queued": NOON}
        connection.execute(insert(runs).values(collection_id=collection.id, **values))
        assert platform.janitor.remove(platform.clock() + LATER) == []
    assert batch.exists()


def test_staging_of_a_preview_that_died_goes(platform: Platform) -> None:
    batch = staged(platform)
    assert [each.name for each in platform.janitor.remove(platform.clock() + LATER)] == [str(batch)]


def test_tables_of_no_dataset_go_and_those_of_a_dataset_stay(
    platform: Platform, collection: Collection, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    run_stages(platform, collection, platform.runs.latest([collection.id])[collection.id].run_id)
    mine, nobodys = collection.dataset_id.hex, uuid4().hex
    with psycopg.connect(database.loader_url, autocommit=True) as connection:
        for name in (f"d_{nobodys}", f"h_{nobodys}", f"s_{mine}_7", f"h_{mine}", "other"):
            connection.execute(f"CREATE TABLE data.{name} (a int)".encode())
    gone = platform.janitor.remove(platform.clock() + LATER)
    assert [(each.kind, each.name) for each in gone] == [
        (Kind.TABLE, name) for name in (f"d_{nobodys}", f"h_{nobodys}", f"s_{mine}_7")
    ]
    assert "other" in caplog.text
    with psycopg.connect(database.loader_url, autocommit=True) as connection:
        left = {
            name for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relname ~ '^[dhs]_|^other$'")
        }
        connection.execute("DROP TABLE data.other")
    assert {f"d_{mine}", f"h_{mine}", "other"} <= left
    assert platform.records.count(collection.dataset_id) == 5000


def test_a_part_of_a_dataset_that_a_run_is_making_stays(
    platform: Platform, collection: Collection, database: Database
) -> None:
    with psycopg.connect(database.loader_url, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE data.s_{collection.dataset_id.hex}_0 (a int)".encode())
    assert platform.janitor.remove(platform.clock() + LATER) == [], "its run is queued"
    end(platform, collection)
    assert kinds(platform.janitor.remove(platform.clock() + LATER)) == [Kind.TABLE]


def test_bytes_that_nobody_handed_over_go(platform: Platform, collection: Collection) -> None:
    uploads = platform.settings.uploads
    (uploads / "incoming").mkdir(exist_ok=True)
    left = [uploads / ".upload-abc", uploads / ("0" * 64), uploads / "incoming" / str(uuid4())]
    left += [platform.settings.bundle / f".{collection.id}.py.123"]
    kept = [
        uploads / collection.config.ingester.upload,
        uploads / "notes.txt",
        platform.settings.bundle / ".airflowignore",
    ]  # type: ignore[union-attr, operator]
    for path in (*left, *kept[1:]):
        path.write_text("x")
    assert platform.janitor.remove(platform.clock() - LATER) == []
    gone = platform.janitor.remove(platform.clock() + LATER)
    assert sorted(each.name for each in gone) == sorted(map(str, left))
    assert all(path.exists() for path in kept)


def test_bytes_that_are_being_handed_over_stay(platform: Platform, tmp_path: Path) -> None:
    """A file takes its place in the store a moment before its row is committed."""
    file = tmp_path / "late.csv"
    file.write_text("late\n")
    upload = upload_file(platform, OWNER, file)
    leftover = Leftover(Kind.UPLOAD, str(platform.settings.uploads / upload), 1, 5)
    assert not platform.janitor._remove(leftover, platform.clock() + LATER)
    assert platform.uploads.path(upload).exists()


def test_a_janitor_that_never_rests_takes_nothing_from_a_run(platform: Platform, collection: Collection) -> None:
    """Everything counts as idle for it, and it looks all the time that the seven stages are at work."""
    run_id = platform.runs.latest([collection.id])[collection.id].run_id
    orphan, done, rounds = staged(platform), threading.Event(), [0]
    os.utime(orphan, (1, 1))
    gone: list[Leftover] = []

    def sweep() -> None:
        while not done.is_set():
            gone.extend(platform.janitor.remove(platform.clock() + LATER))
            rounds[0] += 1

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        left: dict[str, object] = {}
        platform.runs.start(collection, run_id, NOON)
        for task, stage in STAGES.items():
            work = Work(platform, collection, run_id, left.__getitem__, platform.definition.current())  # type: ignore[arg-type]
            left[task] = stage(work).ref
        platform.runs.finish(collection.id, run_id, RunState.SUCCEEDED, NOON)
    finally:
        done.set()
        sweeper.join()
    assert rounds[0] > 10
    assert [each.name for each in gone if each.collection_id != collection.id] == [str(orphan)]
    assert platform.records.count(collection.dataset_id) == 5000
    platform.staging.remove(collection.id)
    assert platform.disagreements() == []


def test_a_batch_that_was_taken_back_agrees(platform: Platform, collection: Collection, database: Database) -> None:
    run_stages(platform, collection, platform.runs.latest([collection.id])[collection.id].run_id)
    [batch] = platform.datasets.batches(collection.dataset_id)
    roll_back_batch(platform, OWNER, collection.dataset_id, batch.id)
    assert platform.disagreements() == []
    with psycopg.connect(database.loader_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE cdmp.batch_rollback SET run_id = 'another' WHERE dataset_id = %s", [collection.dataset_id]
        )
        assert len(platform.disagreements()) == 2  # as many events as loads, and not of the same runs
        connection.execute("DELETE FROM cdmp.batch_rollback WHERE dataset_id = %s", [collection.dataset_id])
        [said] = platform.disagreements()
        connection.execute("DELETE FROM cdmp.outbox WHERE facts->>'dataset_id' = %s", [str(collection.dataset_id)])
    assert "loaded 0 batches, and 1 events say so" in said
    assert platform.disagreements() == []


def test_what_does_not_agree_is_said(platform: Platform, collection: Collection, database: Database) -> None:
    run_stages(platform, collection, platform.runs.latest([collection.id])[collection.id].run_id)
    assert platform.disagreements() == []
    dataset, table = collection.dataset_id, f"data.d_{collection.dataset_id.hex}"
    with psycopg.connect(database.loader_url, autocommit=True) as connection:
        connection.execute(f"DELETE FROM {table} WHERE energy < 0.002".encode())
        connection.execute("UPDATE cdmp.batch SET rows_quarantined = 3 WHERE dataset_id = %s", [dataset])
        connection.execute("DELETE FROM cdmp.outbox WHERE facts->>'dataset_id' = %s", [str(dataset)])
        connection.execute("DELETE FROM cdmp.search_document WHERE dataset_id = %s", [dataset])
    platform.uploads.path(collection.config.ingester.upload).unlink()  # type: ignore[union-attr, arg-type]
    staged(platform)
    said = "\n".join(platform.disagreements())
    for words in (
        "has 4998 rows, and its record says 5000",
        "has 4998 rows there, and its record says 5000",
        "has 0 rows in quarantine, and its record says 3",
        "loaded 1 batches, and 0 events say so",
        "the index does not find it",
        "its file is gone",
        "is needed by nobody",
    ):
        assert words in said
