"""Runs are asked for once at a time, started, counted and ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from include.batch import Profile, RuleOutcome, ValidationReport
from include.collection.model import Collection
from include.collection.run import RunFailure, RunState, StageResult
from include.errors import Conflict, NotFound
from include.storage.run_store import PostgresRunStore
from tests.factories import NOON

Make = Callable[..., Collection]
FAILURE = RunFailure("ingest", "meters.csv, line 3", "the file ends in the middle of a row", "Send it again")


@pytest.fixture
def runs(loader: Engine) -> PostgresRunStore:
    return PostgresRunStore(loader)


def test_a_run_goes_its_way(runs: PostgresRunStore, a_stored_collection: Make) -> None:
    collection, batch_id = a_stored_collection(), uuid4()
    runs.queue(collection, "r1", "olive", NOON)
    assert [run.run_id for run in runs.untriggered() if run.collection_id == collection.id] == ["r1"]
    runs.mark_triggered(collection.id, "r1")
    assert [run for run in runs.untriggered() if run.collection_id == collection.id] == []
    runs.start(collection, "r1", NOON + timedelta(seconds=1))
    later = StageResult("validate", NOON + timedelta(seconds=3), 0.5, {"rows_quarantined": 1})
    runs.add_stage(collection.id, "r1", batch_id, later)
    runs.add_stage(collection.id, "r1", batch_id, StageResult("ingest", NOON, 9.0, {"rows_read": 9}))
    # a retry
    runs.add_stage(collection.id, "r1", batch_id, StageResult("ingest", NOON, 1.5, {"rows_read": 4}, ("a note",)))
    outcome = RuleOutcome("expect_x", "energy", "quarantine", 4, 1, (2,))
    profiles = {"energy": Profile(3, (-20.0, -10.0, 5.0), (0.0, 2 / 3, 1.0))}
    report = ValidationReport(4, 3, 1, 0, 0, (outcome,), held=("1 of 4 rows breaks it",), profiles=profiles)
    runs.add_report(collection.id, "r1", report)
    runs.finish(collection.id, "r1", RunState.SUCCEEDED, NOON + timedelta(seconds=9))
    run = runs.get(collection.id, "r1")
    assert (run.state, run.requested_by, run.batch_id, run.report) == (RunState.SUCCEEDED, "olive", batch_id, report)
    assert [(stage.task, stage.notes) for stage in run.stages] == [("ingest", ("a note",)), ("validate", ())]
    assert (run.count("rows_read"), run.count("rows_quarantined")) == (4, 1)
    assert run.finished == NOON + timedelta(seconds=9)


def test_one_asked_run_at_a_time(runs: PostgresRunStore, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    runs.queue(collection, "r1", None, NOON)
    with pytest.raises(Conflict, match="has not ended yet"):
        runs.queue(collection, "r2", None, NOON)
    runs.queue(a_stored_collection(), "r1", None, NOON)  # another collection's
    runs.start(collection, "r1", NOON)
    with pytest.raises(Conflict):
        runs.queue(collection, "r2", None, NOON)
    runs.finish(collection.id, "r1", RunState.FAILED, NOON, FAILURE)
    runs.queue(collection, "r2", None, NOON)


def test_a_scheduled_run_does_not_stand_in_the_way(runs: PostgresRunStore, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    runs.start(collection, "scheduled__1", NOON)
    runs.queue(collection, "r1", "olive", NOON + timedelta(seconds=1))
    assert [run.run_id for run in runs.find(collection.id)] == ["r1", "scheduled__1"]
    assert runs.get(collection.id, "scheduled__1").requested_by is None


def test_who_started_a_run_in_airflow_is_kept_and_who_asked_for_it_before_stays(
    runs: PostgresRunStore, a_stored_collection: Make
) -> None:
    collection = a_stored_collection()
    runs.start(collection, "manual__1", NOON, "olive")
    runs.finish(collection.id, "manual__1", RunState.FAILED, NOON, FAILURE)
    runs.queue(collection, "r1", "sam", NOON)
    runs.start(collection, "r1", NOON, "stella")
    assert [runs.get(collection.id, each).requested_by for each in ("manual__1", "r1")] == ["olive", "sam"]


def test_a_run_that_airflow_runs_again_is_running(runs: PostgresRunStore, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    runs.queue(collection, "r1", "olive", NOON)
    runs.start(collection, "r1", NOON)
    runs.finish(collection.id, "r1", RunState.FAILED, NOON, FAILURE)
    runs.queue(collection, "r2", "olive", NOON)
    runs.start(collection, "r1", NOON + timedelta(hours=1))  # cleared in Airflow's pages, beside the one asked for
    run = runs.get(collection.id, "r1")
    assert (run.state, run.failure, run.finished) == (RunState.RUNNING, None, None)


def test_the_first_reason_of_a_failure_stays(runs: PostgresRunStore, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    runs.start(collection, "r1", NOON)
    runs.finish(collection.id, "r1", RunState.FAILED, NOON, FAILURE)
    runs.finish(collection.id, "r1", RunState.FAILED, NOON)
    assert runs.get(collection.id, "r1").failure == FAILURE
    runs.finish(collection.id, "r1", RunState.UNCHANGED, NOON, note="Loaded already.")
    run = runs.get(collection.id, "r1")
    assert (run.failure, run.note) == (None, "Loaded already.")


def test_lists_and_the_latest(runs: PostgresRunStore, a_stored_collection: Make) -> None:
    one, other, idle = a_stored_collection(), a_stored_collection(), a_stored_collection()
    for n in range(3):
        runs.start(one, f"r{n}", NOON + timedelta(minutes=n))
    runs.start(other, "r0", NOON)
    assert [run.run_id for run in runs.find(one.id, limit=2)] == ["r2", "r1"]
    assert [run.run_id for run in runs.find(one.id, before=NOON + timedelta(minutes=1))] == ["r0"]
    latest = runs.latest([one.id, other.id, idle.id])
    assert {collection_id: run.run_id for collection_id, run in latest.items()} == {one.id: "r2", other.id: "r0"}
    assert runs.latest([]) == {}


def test_an_absent_run_is_not_found(runs: PostgresRunStore, a_stored_collection: Make) -> None:
    collection = a_stored_collection()
    with pytest.raises(NotFound):
        runs.get(collection.id, "r1")
    with pytest.raises(NotFound):
        runs.finish(collection.id, "r1", RunState.FAILED, NOON)
    with pytest.raises(NotFound):
        runs.add_stage(collection.id, "r1", uuid4(), StageResult("ingest", NOON, 1.0))
