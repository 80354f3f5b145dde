"""Collections are made, replaced and deleted as their owner means it."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from include.access.requestor import STEWARD, Requestor
from include.collection.model import CollectionState, CollectionStatus
from include.collection.run import RunState
from include.errors import ConfigurationInvalid, Conflict, NotAllowed, NotFound
from include.operations.collection_life import create_collection, delete_collection, replace_collection
from include.operations.collection_reading import list_collections, read_collection, view_collection
from include.ports import Dataset
from tests.factories import NOON, a_config
from tests.fakes_engine import FakeEngine
from tests.fakes_stores import FakeServices

OLIVE = Requestor("7", "olive")
STRANGER = Requestor("8", "sam")
STEWARD_STELLA = Requestor("9", "stella", frozenset({STEWARD}))


@pytest.fixture
def services() -> FakeServices:
    return FakeServices()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def upload(services: FakeServices, tmp_path: Path) -> str:
    file = tmp_path / "meters.csv"
    file.write_text("point,register,start,energy_wh,status\n")
    return services.uploads.add(file, "meters.csv", OLIVE.id)


def whole(upload: str, **changes):
    return a_config(
        ingester={"kind": "file", "upload": upload, "name": "meters.csv", "format": {"kind": "csv"}}, **changes
    )


def test_a_whole_collection_runs_at_once(services, engine, upload):
    collection, created = create_collection(services, engine, OLIVE, whole(upload))
    view = view_collection(services, collection)
    assert created
    assert collection.state is CollectionState.ACTIVE
    assert view.status is CollectionStatus.QUEUED
    assert engine.announced == [collection.id]
    assert engine.triggered == [view.latest.run_id]
    assert (collection.id, view.latest.run_id) in services.runs.triggered


def test_start_false_only_creates(services, engine, upload):
    collection, _ = create_collection(services, engine, OLIVE, whole(upload), start=False)
    assert view_collection(services, collection).status is CollectionStatus.READY
    assert engine.announced == [collection.id]
    assert engine.triggered == []


def test_missing_steps_make_a_draft_that_neither_runs_nor_has_a_dag(services, engine):
    collection, created = create_collection(services, engine, OLIVE, a_config(mapper=None, anonymization={}))
    assert created
    assert view_collection(services, collection).status is CollectionStatus.DRAFT
    assert engine.announced == []
    assert engine.triggered == []


def test_the_same_document_from_the_same_owner_is_the_same_collection(services, engine, upload):
    first, _ = create_collection(services, engine, OLIVE, whole(upload))
    again, created = create_collection(services, engine, OLIVE, whole(upload))
    assert (again.id, created) == (first.id, False)
    assert len(engine.triggered) == 1


def test_the_same_document_from_somebody_else_is_another_collection(services, engine):
    first, _ = create_collection(services, engine, OLIVE, a_config(mapper=None, anonymization={}))
    other, created = create_collection(services, engine, STRANGER, a_config(mapper=None, anonymization={}))
    assert created
    assert other.id != first.id
    assert other.owner_id == STRANGER.id


def test_a_repeat_after_deletion_is_a_new_collection_with_a_dataset_of_its_own(services, engine, upload):
    first, _ = create_collection(services, engine, OLIVE, whole(upload))
    delete_collection(services, engine, OLIVE, first.id)
    second, created = create_collection(services, engine, OLIVE, whole(upload))
    assert created
    assert second.id != first.id
    assert second.dataset_id != first.dataset_id


def test_a_repeat_after_a_replacement_is_new_once_and_then_a_repeat(services, engine, upload):
    first, _ = create_collection(services, engine, OLIVE, whole(upload), start=False)
    replace_collection(services, engine, OLIVE, first.id, whole(upload, description="Another text."))
    second, created = create_collection(services, engine, OLIVE, whole(upload), start=False)
    third, repeated = create_collection(services, engine, OLIVE, whole(upload), start=False)
    assert (created, repeated) == (True, False)
    assert second.id == third.id != first.id


def test_a_configuration_that_cannot_work_is_refused_with_every_problem(services, engine, upload):
    config = whole(upload, mapper={"concept": "meter_redding", "rules": [{"field": "energy", "source": "e"}]})
    with pytest.raises(ConfigurationInvalid) as refused:
        create_collection(services, engine, OLIVE, config)
    assert any(problem.where == "mapper.concept" for problem in refused.value.problems)
    assert services.collections.versions == {}


def test_somebody_elses_upload_is_refused_like_one_that_is_absent(services, engine, upload):
    def refusal(requestor, digest):
        with pytest.raises(ConfigurationInvalid) as refused:
            create_collection(services, engine, requestor, whole(digest))
        return [problem for problem in refused.value.problems if problem.where == "ingester.upload"]

    assert refusal(STRANGER, upload) == refusal(STRANGER, "0" * 64) != []


def test_a_run_survives_an_airflow_that_is_away(services, upload):
    collection, created = create_collection(services, FakeEngine(away=True), OLIVE, whole(upload))
    assert created
    assert [run.state for run in services.runs.untriggered()] == [RunState.QUEUED]
    assert services.runs.untriggered()[0].collection_id == collection.id


def test_a_replacement_is_a_new_version_under_the_same_dataset(services, engine, upload):
    first, _ = create_collection(services, engine, OLIVE, whole(upload))
    second = replace_collection(services, engine, OLIVE, first.id, whole(upload, tags=["new"]))
    assert (second.version, second.dataset_id, second.config.tags) == (2, first.dataset_id, ("new",))
    assert services.collections.get(first.id, 1).config.tags == ("test",)
    assert engine.announced == [first.id, first.id]


def test_a_paused_collection_stays_paused_when_it_is_replaced(services, engine, upload):
    first, _ = create_collection(services, engine, OLIVE, whole(upload), start=False)
    services.collections.set_state(first.id, CollectionState.PAUSED)
    second = replace_collection(services, engine, OLIVE, first.id, whole(upload, tags=["new"]))
    assert second.state is CollectionState.PAUSED


def test_a_dataset_with_rows_keeps_its_concept(services, engine, upload):
    first, _ = create_collection(services, engine, OLIVE, whole(upload))
    services.datasets.rows[first.dataset_id] = Dataset(
        first.dataset_id, first.id, OLIVE.id, "t", "battery_status", 1, None, None, NOON
    )
    with pytest.raises(Conflict, match="the dataset holds rows of battery_status"):
        replace_collection(services, engine, OLIVE, first.id, whole(upload, tags=["new"]))


def test_a_deleted_collection_is_out_of_sight_and_announced(services, engine, upload):
    collection, _ = create_collection(services, engine, OLIVE, whole(upload))
    delete_collection(services, engine, OLIVE, collection.id)
    with pytest.raises(NotFound):
        read_collection(services, OLIVE, collection.id)
    with pytest.raises(NotFound):
        delete_collection(services, engine, OLIVE, collection.id)
    assert services.collections.get(collection.id).state is CollectionState.DELETING
    assert engine.announced == [collection.id, collection.id]


def test_what_is_foreign_answers_like_what_is_absent(services, engine, upload):
    collection, _ = create_collection(services, engine, OLIVE, whole(upload))
    absent = uuid4()
    with pytest.raises(NotFound) as foreign:
        read_collection(services, STRANGER, collection.id)
    with pytest.raises(NotFound) as gone:
        read_collection(services, STRANGER, absent)
    assert str(foreign.value).replace(str(collection.id), "ID") == str(gone.value).replace(str(absent), "ID")


def test_a_steward_sees_and_does_not_change(services, engine, upload):
    collection, _ = create_collection(services, engine, OLIVE, whole(upload))
    assert read_collection(services, STEWARD_STELLA, collection.id).id == collection.id
    with pytest.raises(NotAllowed):
        delete_collection(services, engine, STEWARD_STELLA, collection.id)
    with pytest.raises(NotAllowed):
        replace_collection(services, engine, STEWARD_STELLA, collection.id, whole(upload))


def test_lists_hold_ones_own_and_for_a_steward_everybodys(services, engine):
    for number in range(3):
        create_collection(services, engine, OLIVE, a_config(title=f"o{number}", mapper=None, anonymization={}))
    create_collection(services, engine, STRANGER, a_config(title="s", mapper=None, anonymization={}))

    def titles(requestor, **filters):
        page = list_collections(services, requestor, **filters)
        return [view.collection.config.title for view in page.views], page.cursor

    assert titles(OLIVE) == (["o2", "o1", "o0"], None)
    assert titles(STRANGER) == (["s"], None)
    assert titles(STEWARD_STELLA) == (["s", "o2", "o1", "o0"], None)
    assert titles(OLIVE, title="O1") == (["o1"], None)
    assert titles(OLIVE, status=CollectionStatus.READY) == ([], None)
    assert titles(OLIVE, status=CollectionStatus.DRAFT, limit=3) == (["o2", "o1", "o0"], None)


def test_pages_join_without_a_gap_or_a_repeat_while_collections_are_added(services, engine):
    for number in range(7):
        create_collection(services, engine, OLIVE, a_config(title=f"o{number}", mapper=None, anonymization={}))
    seen, cursor = [], None
    while True:
        page = list_collections(services, OLIVE, cursor=cursor, limit=2)
        seen += [view.collection.config.title for view in page.views]
        create_collection(services, engine, OLIVE, a_config(title=f"new{len(seen)}", mapper=None, anonymization={}))
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [f"o{number}" for number in reversed(range(7))]


def test_deleting_a_collection_rejects_the_batch_that_waits(
    services: FakeServices, engine: FakeEngine, upload: str
) -> None:
    made, _ = create_collection(services, engine, OLIVE, whole(upload))
    [run_id] = engine.triggered
    services.runs.hold(made.id, run_id)
    assert view_collection(services, made).status is CollectionStatus.AWAITING_REVIEW
    delete_collection(services, engine, OLIVE, made.id)
    assert engine.answers == [(run_id, "olive", False, "The collection was deleted.")]
