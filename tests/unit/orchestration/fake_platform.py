"""The platform's record in memory: as much of the ports as runs and the bundle ask for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from include.batch import ValidationReport
from include.cim.definition import load_definition
from include.cim_ports import Definition
from include.collection.model import Collection, CollectionState
from include.collection.run import Review, Run, RunFailure, RunState, StageResult
from include.errors import NotFound, StoreUnavailable
from include.ports import Fingerprint
from tests.factories import NOON


@dataclass
class FakeCollections:
    """Collections by id and version."""

    versions: dict[tuple[UUID, int], Collection] = field(default_factory=dict)
    current: dict[UUID, int] = field(default_factory=dict)
    reads: int = 0

    def put(self, collection: Collection) -> Collection:
        self.versions[collection.id, collection.version] = collection
        self.current[collection.id] = collection.version
        return collection

    def set_state(self, collection_id: UUID, state: CollectionState) -> None:
        self.put(replace(self.get(collection_id), state=state))

    def get(self, collection_id: UUID, version: int | None = None) -> Collection:
        self.reads += 1
        try:
            return self.versions[collection_id, version or self.current[collection_id]]
        except KeyError:
            raise NotFound(f"collection {collection_id}", "there is none") from None

    def fingerprints(self) -> dict[UUID, Fingerprint]:
        known = (self.versions[key] for key in self.current.items())
        return {each.id: Fingerprint(each.version, each.state) for each in known if each.state != "draft"}


@dataclass
class FakeRuns:
    """Runs by id; `away` makes the store answer like a database that is down."""

    runs: dict[str, Run] = field(default_factory=dict)
    triggered: list[str] = field(default_factory=list)
    away: bool = False

    def start(self, collection: Collection, run_id: str, started: datetime, requested_by: str | None = None) -> None:
        self._answer()
        known = self.runs.get(run_id) or Run(
            collection.id, run_id, collection.version, RunState.QUEUED, requested_by, queued=started
        )
        self.runs[run_id] = replace(known, version=collection.version, state=RunState.RUNNING, started=started)

    def add_report(self, collection_id: UUID, run_id: str, report: ValidationReport) -> None:
        self.runs[run_id] = replace(self.get(collection_id, run_id), report=report)

    def hold(self, collection_id: UUID, run_id: str) -> bool:
        before = self.get(collection_id, run_id)
        self.runs[run_id] = replace(before, state=RunState.AWAITING_REVIEW)
        return before.state is not RunState.AWAITING_REVIEW

    def add_review(self, collection_id: UUID, run_id: str, review: Review) -> None:
        state = RunState.RUNNING if review.approved else RunState.AWAITING_REVIEW
        self.runs[run_id] = replace(self.get(collection_id, run_id), review=review, state=state)

    def add_stage(self, collection_id: UUID, run_id: str, batch_id: UUID, result: StageResult) -> None:
        self._answer()
        run = self.get(collection_id, run_id)
        others = tuple(stage for stage in run.stages if stage.task != result.task)
        self.runs[run_id] = replace(run, batch_id=batch_id, stages=(*others, result))

    def finish(
        self,
        collection_id: UUID,
        run_id: str,
        state: RunState,
        finished: datetime,
        failure: RunFailure | None = None,
        note: str | None = None,
    ) -> None:
        self._answer()
        run = self.get(collection_id, run_id)
        self.runs[run_id] = replace(run, state=state, finished=finished, failure=failure, note=note)

    def get(self, collection_id: UUID, run_id: str) -> Run:
        if run_id not in self.runs:
            raise NotFound(f"collection {collection_id}", f"it has no run {run_id!r}")
        return self.runs[run_id]

    def find(self, collection_id: UUID) -> list[Run]:
        return sorted(self.runs.values(), key=lambda run: run.queued, reverse=True)

    def untriggered(self) -> list[Run]:
        return [each for each in self.runs.values() if each.state == "queued" and each.run_id not in self.triggered]

    def mark_triggered(self, collection_id: UUID, run_id: str) -> None:
        self.triggered.append(run_id)

    def _answer(self) -> None:
        if self.away:
            raise StoreUnavailable("PostgreSQL", "does not answer")


@dataclass
class FakeOutbox:
    """Events as they were added."""

    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def add(self, kind: str, recipient_id: str, facts: dict[str, Any], now: datetime) -> None:
        self.events.append((kind, recipient_id, facts))


@dataclass
class FakeStaging:
    """Remembers what was to be removed."""

    removed: list[UUID] = field(default_factory=list)

    def remove(self, collection_id: UUID, batch_id: UUID | None = None) -> int:
        self.removed.append(collection_id)
        return 1


@dataclass
class FakeSegments:
    """Remembers whose segments were to be dropped."""

    dropped: list[UUID] = field(default_factory=list)

    def drop_segments(self, dataset_id: UUID) -> int:
        self.dropped.append(dataset_id)
        return 0


@dataclass
class FakePlatform:
    """What a task has at hand, in memory."""

    collections: FakeCollections = field(default_factory=FakeCollections)
    runs: FakeRuns = field(default_factory=FakeRuns)
    outbox: FakeOutbox = field(default_factory=FakeOutbox)
    staging: FakeStaging = field(default_factory=FakeStaging)
    datasets: FakeSegments = field(default_factory=FakeSegments)
    definition: Definition = field(default_factory=load_definition)

    def clock(self) -> datetime:
        return NOON
