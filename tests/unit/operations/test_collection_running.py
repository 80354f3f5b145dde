"""Runs are asked for once, never lost, and read by those who may."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from include.access.requestor import STEWARD, Requestor
from include.batch import BatchRecord
from include.collection.model import Collection, CollectionState, CollectionStatus
from include.collection.run import Run, RunState
from include.errors import Conflict, NotAllowed, NotFound
from include.operations.collection_reading import status_of
from include.operations.collection_running import list_runs, read_run, run_collection
from tests.factories import DATASET_ID, NOON, a_collection, a_config
from tests.fakes_engine import FakeEngine
from tests.fakes_stores import FakeServices

OLIVE = Requestor("7", "olive")
STRANGER = Requestor("8", "sam")
STELLA = Requestor("9", "stella", frozenset({STEWARD}))
DIGEST = "a" * 64


@pytest.fixture
def services() -> FakeServices:
    services = FakeServices()
    source = {"kind": "file", "upload": DIGEST, "name": "meters.csv", "format": {"kind": "csv"}}
    services.collections.add(a_collection(config=a_config(ingester=source)))
    return services


@pytest.fixture
def collection(services: FakeServices) -> Collection:
    return services.collections.get(a_collection().id)


def test_a_run_is_recorded_and_handed_to_airflow(services, collection):
    engine = FakeEngine()
    run = run_collection(services, engine, OLIVE, collection.id)
    assert (run.state, run.requested_by) == (RunState.QUEUED, "olive")
    assert engine.triggered == [run.run_id]
    assert services.runs.untriggered() == []


def test_it_waits_for_a_dag_that_is_new(services, collection):
    engine = FakeEngine(blind_for=3)
    run_collection(services, engine, OLIVE, collection.id, patience_s=5)
    assert len(engine.triggered) == 1


def test_without_patience_the_run_stays_for_the_bundle_to_hand_over(services, collection):
    run = run_collection(services, FakeEngine(blind_for=3), OLIVE, collection.id, patience_s=0)
    assert [waiting.run_id for waiting in services.runs.untriggered()] == [run.run_id]


def test_a_second_run_while_one_is_active_is_refused(services, collection):
    run_collection(services, FakeEngine(), OLIVE, collection.id)
    with pytest.raises(Conflict):
        run_collection(services, FakeEngine(), OLIVE, collection.id)


def test_a_file_that_is_loaded_already_is_refused_with_the_run_that_loaded_it(services, collection):
    services.datasets.loaded[DATASET_ID, DIGEST] = BatchRecord(uuid4(), DATASET_ID, "run_1", DIGEST, 3, 0, 0, NOON, 4)
    with pytest.raises(Conflict, match=r"meters.csv: this very content was loaded by run run_1, 3 rows") as refused:
        run_collection(services, FakeEngine(), OLIVE, collection.id)
    assert "by a corrected mapping, roll batch 4 back" in refused.value.remedy
    assert services.runs.rows == {}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"state": CollectionState.DRAFT, "config": a_config(metadata=None)},
            "a draft without metadata, ingester.upload",
        ),
        ({"state": CollectionState.PAUSED}, "it is paused"),
    ],
)
def test_what_cannot_run_says_why(changes, sentence):
    services, collection = FakeServices(), a_collection(**changes)
    services.collections.add(collection)
    with pytest.raises(Conflict, match=sentence):
        run_collection(services, FakeEngine(), OLIVE, collection.id)


def test_only_the_owner_runs(services, collection):
    with pytest.raises(NotFound):
        run_collection(services, FakeEngine(), STRANGER, collection.id)
    with pytest.raises(NotAllowed):
        run_collection(services, FakeEngine(), STELLA, collection.id)


def test_runs_are_listed_newest_first_page_after_page(services, collection):
    ids = []
    for _ in range(5):
        run = run_collection(services, FakeEngine(), OLIVE, collection.id)
        services.runs.finish(collection.id, run.run_id, RunState.UNCHANGED, NOON)
        ids.append(run.run_id)
    seen, cursor = [], None
    while True:
        page = list_runs(services, OLIVE, collection.id, cursor=cursor, limit=2)
        seen += [run.run_id for run in page.runs]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == ids[::-1]


def test_a_run_of_somebody_elses_collection_is_absent(services, collection):
    run = run_collection(services, FakeEngine(), OLIVE, collection.id)
    assert read_run(services, STELLA, collection.id, run.run_id).run_id == run.run_id
    with pytest.raises(NotFound):
        read_run(services, STRANGER, collection.id, run.run_id)
    with pytest.raises(NotFound):
        list_runs(services, STRANGER, collection.id)
    with pytest.raises(NotFound):
        read_run(services, OLIVE, collection.id, "no_such_run")


@pytest.mark.parametrize(
    ("state", "latest", "status"),
    [
        (CollectionState.DRAFT, RunState.SUCCEEDED, CollectionStatus.DRAFT),
        (CollectionState.ACTIVE, None, CollectionStatus.READY),
        (CollectionState.ACTIVE, RunState.QUEUED, CollectionStatus.QUEUED),
        (CollectionState.ACTIVE, RunState.RUNNING, CollectionStatus.RUNNING),
        (CollectionState.ACTIVE, RunState.SUCCEEDED, CollectionStatus.SUCCEEDED),
        (CollectionState.ACTIVE, RunState.UNCHANGED, CollectionStatus.SUCCEEDED),
        (CollectionState.ACTIVE, RunState.FAILED, CollectionStatus.FAILED),
        (CollectionState.PAUSED, RunState.SUCCEEDED, CollectionStatus.PAUSED),
        (CollectionState.PAUSED, RunState.RUNNING, CollectionStatus.RUNNING),
    ],
)
def test_the_status_says_where_a_collection_stands(state, latest, status):
    collection = a_collection()
    run = latest and Run(collection.id, "r", 1, latest, None, NOON)
    assert status_of(replace(collection, state=state), run) is status
