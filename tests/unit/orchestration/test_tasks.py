"""What becomes of an error in a task, and what is recorded of a run."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from include.batch import BatchRef
from include.collection.model import CollectionState
from include.collection.run import RunState
from include.errors import (
    BatchRefused,
    CdmpError,
    ConfigurationInvalid,
    Conflict,
    Problem,
    SourceRefused,
    SourceUnavailable,
    StoreUnavailable,
)
from include.orchestration import tasks
from include.orchestration.description import dag_id_of
from include.orchestration.stages import STAGES, Unchanged, Work
from include.pipeline.outcome import Outcome
from tests.factories import COLLECTION_ID, a_batch_ref, a_collection, a_config
from tests.unit.orchestration.fake_platform import FakePlatform

RUN = "manual__1"
CELL = "the cell of a person"


@dataclass
class Tasks:
    """Runs tasks as Airflow does: XCom goes through plain values, tries are counted."""

    platform: FakePlatform = field(default_factory=FakePlatform)
    left: dict[str, dict[str, Any]] = field(default_factory=dict)
    work: list[Work] = field(default_factory=list)
    pushed: dict[str, Any] = field(default_factory=dict)

    def run(self, task: str, try_number: int = 3) -> dict[str, Any]:
        left = tasks.run_stage(cast(Any, self.platform), task, self.context(try_number))
        self.left[task] = left
        return left

    def context(self, try_number: int = 3) -> Any:
        return {
            "dag": SimpleNamespace(dag_id=dag_id_of(COLLECTION_ID)),
            "run_id": RUN,
            "ti": SimpleNamespace(
                try_number=try_number, max_tries=2, xcom_pull=self.pull, xcom_push=self.pushed.__setitem__
            ),
        }

    def pull(self, task_ids: str, key: str | None = None) -> Any:
        return self.left[task_ids] if key is None else self.pushed.get(key)

    @property
    def run_record(self) -> Any:
        return self.platform.runs.runs[RUN]


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Tasks:
    airflow = Tasks()
    airflow.platform.collections.put(a_collection())
    ref = a_batch_ref()

    def stage(name: str) -> Callable[[Work], Outcome]:
        def run(work: Work) -> Outcome:
            airflow.work.append(work)
            return Outcome(ref, {f"rows_of_{name}": 3})

        return run

    for name in STAGES:
        monkeypatch.setitem(cast(dict[str, Any], STAGES), name, stage(name))
    return airflow


def break_stage(monkeypatch: pytest.MonkeyPatch, task: str, error: Exception) -> None:
    def run(work: Work) -> Outcome:
        try:
            float(CELL)
        except ValueError as cause:
            raise error from cause
        raise AssertionError

    monkeypatch.setitem(cast(dict[str, Any], STAGES), task, run)


def test_a_run_is_recorded_from_its_first_task_to_its_last(airflow: Tasks) -> None:
    for task in STAGES:
        airflow.run(task)

    assert airflow.run_record.state is RunState.SUCCEEDED
    assert [stage.task for stage in airflow.run_record.stages] == list(STAGES)
    assert airflow.run_record.count("rows_of_validate") == 3


def test_who_started_the_run_in_airflow_is_recorded(airflow: Tasks) -> None:
    started_by_hand = {**airflow.context(), "dag_run": SimpleNamespace(conf=None, triggering_user_name="olive")}
    tasks.run_stage(cast(Any, airflow.platform), "ingest", started_by_hand)

    assert airflow.run_record.requested_by == "olive"


def test_xcom_carries_a_batch_ref_and_nothing_else(airflow: Tasks) -> None:
    left = airflow.run("ingest")

    assert BatchRef.from_json(left).to_json() == left


def test_a_run_stays_with_the_version_that_it_began_with(airflow: Tasks) -> None:
    airflow.run("ingest")
    airflow.platform.collections.put(a_collection(version=2, config=a_config(title="Changed meanwhile")))
    airflow.run("map_to_cim")

    assert airflow.work[-1].collection.version == 1


@pytest.mark.parametrize(
    "error",
    [SourceUnavailable("api.example", "did not answer"), StoreUnavailable("PostgreSQL", "does not answer")],
)
def test_what_may_pass_is_tried_again_and_fails_after_the_last_try(
    airflow: Tasks, monkeypatch: pytest.MonkeyPatch, error: CdmpError
) -> None:
    break_stage(monkeypatch, "ingest", error)

    with pytest.raises(type(error)):
        airflow.run("ingest", try_number=2)
    assert airflow.run_record.state is RunState.RUNNING
    assert not airflow.platform.outbox.events

    with pytest.raises(type(error)):
        airflow.run("ingest", try_number=3)
    assert airflow.run_record.state is RunState.FAILED
    assert airflow.run_record.failure.where == error.where


@pytest.mark.parametrize(
    "error",
    [
        SourceRefused("meters.csv, line 7", "the row has 3 cells", "A row has 4"),
        ConfigurationInvalid([Problem("mapper.rules[0].unit", "is unknown", "Name another")]),
        BatchRefused("rule 2", "40 % of the rows break it"),
        Conflict("the collection", "was deleted"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_will_not_pass_fails_at_once_and_its_owner_is_told(
    airflow: Tasks, monkeypatch: pytest.MonkeyPatch, error: CdmpError
) -> None:
    airflow.run("ingest")
    break_stage(monkeypatch, "validate", error)

    with pytest.raises(AirflowFailException, match=error.what) as caught:
        airflow.run("validate", try_number=1)

    assert airflow.run_record.state is RunState.FAILED
    assert airflow.run_record.failure.task == "validate"
    assert airflow.platform.staging.removed == [COLLECTION_ID]
    [(kind, recipient, facts)] = airflow.platform.outbox.events
    assert (kind, recipient, facts["what"]) == ("run.failed", "7", error.what)
    assert CELL not in "".join(traceback.format_exception(caught.value))


def test_the_causes_of_an_error_that_is_tried_again_are_not_shown(
    airflow: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_stage(monkeypatch, "ingest", SourceUnavailable("api.example", "did not answer"))

    with pytest.raises(SourceUnavailable) as caught:
        airflow.run("ingest", try_number=1)

    assert CELL not in "".join(traceback.format_exception(caught.value))


def test_every_problem_of_a_configuration_is_told(airflow: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = [
        Problem("mapper.rules[0].unit", "is unknown", "Name another"),
        Problem("mapper.rules[4].field", "is no field", "Leave it out"),
    ]
    break_stage(monkeypatch, "ingest", ConfigurationInvalid(problems))

    with pytest.raises(AirflowFailException):
        airflow.run("ingest")

    assert all(problem.where in airflow.run_record.failure.what for problem in problems)


def test_nothing_new_ends_well_and_skips_the_rest(airflow: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    break_stage(monkeypatch, "ingest", Unchanged("This content was loaded already."))

    with pytest.raises(AirflowSkipException, match="loaded already"):
        airflow.run("ingest", try_number=1)

    assert airflow.run_record.state is RunState.UNCHANGED
    assert airflow.run_record.note == "This content was loaded already."
    assert not airflow.platform.outbox.events


def test_a_run_that_is_cleared_after_it_has_loaded_is_still_the_one_that_loaded(
    airflow: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    for task in STAGES:
        airflow.run(task)
    break_stage(monkeypatch, "ingest", Unchanged("This content was loaded already."))

    with pytest.raises(AirflowSkipException, match="loaded already"):
        airflow.run("ingest", try_number=4)

    assert airflow.run_record.state is RunState.SUCCEEDED
    assert airflow.run_record.count("rows_of_load_postgres") == 3


def test_a_fault_of_ours_shows_its_traceback_and_tells_the_owner_nothing_of_it(
    airflow: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_stage(monkeypatch, "ingest", RuntimeError("index out of range in module x"))

    with pytest.raises(RuntimeError, match="module x"):
        airflow.run("ingest")

    assert airflow.run_record.state is RunState.FAILED
    assert "module x" not in str(airflow.run_record.failure)
    assert "fault in the platform" in airflow.run_record.failure.what


def test_the_run_of_a_deleted_collection_fails_before_its_source_is_read(airflow: Tasks) -> None:
    airflow.platform.collections.set_state(COLLECTION_ID, CollectionState.DELETING)

    with pytest.raises(AirflowFailException, match="deleted"):
        airflow.run("ingest")

    assert not airflow.work


def test_the_error_that_is_shown_is_the_first_one_when_the_record_is_away(
    airflow: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    airflow.run("ingest")
    break_stage(monkeypatch, "validate", BatchRefused("rule 2", "40 % of the rows break it"))
    airflow.platform.runs.away = True

    with pytest.raises(AirflowFailException, match="40 %"):
        airflow.run("validate")


def test_a_run_that_is_run_again_is_running_again(airflow: Tasks) -> None:
    airflow.platform.runs.start(a_collection(), RUN, airflow.platform.clock())
    airflow.platform.runs.runs[RUN] = replace(airflow.run_record, state=RunState.FAILED)

    airflow.run("ingest")

    assert airflow.run_record.state is RunState.RUNNING


def test_a_task_that_is_tried_again_after_a_no_leaves_the_run_rejected(airflow: Tasks) -> None:
    airflow.run("ingest")
    airflow.platform.runs.runs[RUN] = replace(airflow.run_record, state=RunState.REJECTED)
    airflow.work.clear()

    with pytest.raises(AirflowFailException, match="rejected"):
        airflow.run("validate")

    assert (airflow.run_record.state, airflow.work, airflow.platform.outbox.events) == (RunState.REJECTED, [], [])
