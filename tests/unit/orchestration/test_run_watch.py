"""Runs that wait for a DAG are started once it is there."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

import pytest

from include.batch import Window
from include.collection.model import Collection, CollectionState
from include.collection.quarantine import Replay
from include.collection.run import Run, RunState
from include.errors import StoreUnavailable
from include.orchestration.run_watch import trigger_waiting
from tests.factories import NOON, a_collection
from tests.unit.orchestration.fake_platform import FakePlatform


class FakeEngine:
    """An Airflow that has the DAGs of everybody."""

    def __init__(self) -> None:
        self.started: list[tuple[UUID, str, str | None]] = []

    def announce(self, collection_id: UUID) -> None: ...

    def trigger(
        self, collection: Collection, run_id: str, requested_by: str | None, part: Window | Replay | None = None
    ) -> bool:
        self.started.append((collection.id, run_id, requested_by))
        return True


def a_platform(state: CollectionState) -> FakePlatform:
    """Build a platform in which one run waits for its DAG."""
    platform = FakePlatform()
    collection = platform.collections.put(a_collection(state=state))
    platform.runs.runs["asked"] = Run(collection.id, "asked", 1, RunState.QUEUED, "olive", queued=NOON)
    return platform


@pytest.mark.parametrize("state", [CollectionState.ACTIVE, CollectionState.PAUSED])
def test_a_run_that_waits_is_started_once(state: CollectionState) -> None:
    platform, engine = a_platform(state), FakeEngine()

    trigger_waiting(cast(Any, platform), engine)
    trigger_waiting(cast(Any, platform), engine)

    [(_, run_id, requested_by)] = engine.started
    assert (run_id, requested_by) == ("asked", "olive")


@pytest.mark.parametrize("state", [CollectionState.DELETING, CollectionState.DRAFT])
def test_nothing_is_started_for_a_collection_that_is_going_or_unfinished(state: CollectionState) -> None:
    platform, engine = a_platform(state), FakeEngine()

    trigger_waiting(cast(Any, platform), engine)

    assert not engine.started
    assert not platform.runs.triggered


class EngineThatFailsOnce(FakeEngine):
    """An Airflow that answers the first run with an error."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.errors = [error]

    def trigger(
        self, collection: Collection, run_id: str, requested_by: str | None, part: Window | Replay | None = None
    ) -> bool:
        if self.errors:
            raise self.errors.pop()
        return super().trigger(collection, run_id, requested_by, part)


def test_a_run_that_cannot_be_started_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    platform, engine = a_platform(CollectionState.ACTIVE), EngineThatFailsOnce(ValueError("no such DAG run"))
    other = platform.collections.put(a_collection(state=CollectionState.ACTIVE))
    platform.runs.runs["after"] = Run(other.id, "after", 1, RunState.QUEUED, "olive", queued=NOON)

    trigger_waiting(cast(Any, platform), engine)
    assert [run_id for _, run_id, _ in engine.started] == ["after"]
    assert "run asked of collection" in caplog.text

    trigger_waiting(cast(Any, platform), engine)
    assert [run_id for _, run_id, _ in engine.started] == ["after", "asked"]


def test_a_store_that_is_away_ends_the_handing_over() -> None:
    platform = a_platform(CollectionState.ACTIVE)
    with pytest.raises(StoreUnavailable):
        trigger_waiting(cast(Any, platform), EngineThatFailsOnce(StoreUnavailable("PostgreSQL", "does not answer")))
    assert not platform.runs.triggered
