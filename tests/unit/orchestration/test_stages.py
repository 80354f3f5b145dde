"""What a stage does before and after the step that it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from include.cim.definition import load_definition
from include.collection.run import Run, RunState, StageResult
from include.errors import ConfigurationInvalid
from include.orchestration import stages
from include.orchestration.stages import Work, finish_earlier
from tests.factories import COLLECTION_ID, NOON, a_batch_ref, a_collection, a_config
from tests.unit.orchestration.fake_platform import FakePlatform


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    done: list[str] = []
    for name, answer in (("_index", ({}, ())), ("_publish", {})):
        monkeypatch.setattr(stages, name, lambda work, name=name, answer=answer: done.append(name) or answer)
    return done


def a_work(*earlier: tuple[str, ...]) -> Work:
    """Build the work of a run that follows runs in which these tasks were done, oldest first."""
    platform = FakePlatform()
    for number, tasks in enumerate(earlier):
        stages_done = tuple(StageResult(task, NOON, 1.0) for task in tasks)
        run = Run(COLLECTION_ID, f"run-{number}", 1, RunState.FAILED, None, queued=NOON + timedelta(hours=number))
        platform.runs.runs[run.run_id] = replace(run, stages=stages_done, batch_id=a_batch_ref().batch_id)
    platform.runs.start(a_collection(), "now", NOON + timedelta(days=1))
    return Work(cast(Any, platform), a_collection(), "now", lambda task: a_batch_ref(), load_definition())


def test_what_an_earlier_run_loaded_and_did_not_publish_is_published(done: list[str]) -> None:
    work = a_work(("ingest", "load_postgres", "publish"), ("ingest", "load_postgres"), ())

    finish_earlier(work)
    assert done == ["_index", "_publish"]

    finish_earlier(work)
    assert done == ["_index", "_publish"], "once is enough"


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param([], id="no earlier run"),
        pytest.param([("ingest",)], id="nothing was loaded"),
        pytest.param([("load_postgres",), ("load_postgres", "publish")], id="a later run has published"),
    ],
)
def test_there_is_nothing_to_publish_after(done: list[str], earlier: list[tuple[str, ...]]) -> None:
    finish_earlier(a_work(*earlier))

    assert not done


@pytest.mark.parametrize(("part", "step"), [("source", "ingester"), ("mapper", "mapper")])
def test_a_step_that_is_missing_is_named(part: str, step: str) -> None:
    work = replace(a_work(), collection=a_collection(config=a_config(**{step: None})))

    with pytest.raises(ConfigurationInvalid, match=step):
        getattr(work, part)
