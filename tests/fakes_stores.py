"""The stores' ports held in memory, for tests of what is built on them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from include.anonymization_ports import Assess
from include.batch import ValidationReport, Window
from include.cim.mapping_config import MapperConfig
from include.cim_ports import Definition
from include.collection.model import Collection, CollectionState
from include.collection.quarantine import Replay
from include.collection.run import Review, Run, RunFailure, RunState, StageResult
from include.collection.source import Source
from include.collection.trial import Trial, TriedRequest
from include.collection.upload import Upload
from include.connectors.choose import choose_connector
from include.connectors.detection.inspect import inspect_source
from include.connectors.egress import Egress
from include.errors import Conflict, NotFound
from include.ports import (
    Connector,
    Inspector,
    Prober,
    SecretEntry,
)
from include.upload_ports import Rehearsal
from include.wiring import Platform
from tests.factories import NOON
from tests.fakes import FixedSecrets, FolderStaging
from tests.fakes_cim import FakeCim
from tests.fakes_datasets import FakeDatasets, FakeHistory, FakeRecords
from tests.fakes_incoming import FakeIncoming
from tests.fakes_keys import FakeKeys
from tests.fakes_quarantine import FakeQuarantine
from tests.fakes_samples import FakeSamples
from tests.fakes_search import FakeIndex, FakeRecordIndex


class TickingClock:
    """Each look is a second later, so that everything has its order."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class FakeCollections:
    def __init__(self) -> None:
        self.versions: dict[UUID, list[Collection]] = {}

    def add(self, collection: Collection) -> None:
        if collection.id in self.versions:
            raise Conflict("collection", "the id is taken")
        self.versions[collection.id] = [collection]

    def get(self, collection_id: UUID, version: int | None = None) -> Collection:
        if collection_id not in self.versions:
            raise NotFound("store", "no such row")
        versions = self.versions[collection_id]
        return versions[-1] if version is None else versions[version - 1]

    def find(
        self, owner_id: str | None, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[Collection]:
        newest = sorted(
            (versions[-1] for versions in self.versions.values()),
            key=lambda each: (each.created, each.id),
            reverse=True,
        )
        return [
            each
            for each in newest
            if each.state is not CollectionState.DELETING
            and owner_id in (None, each.owner_id)
            and (after is None or (each.created, each.id) < after)
        ][:limit]

    def mappers(self, owner_id: str | None, *, limit: int = 1000) -> Sequence[tuple[str, MapperConfig]]:
        return [
            (each.owner_id, each.config.mapper)
            for each in self.find(owner_id, limit=limit)
            if each.config.mapper and each.state in (CollectionState.ACTIVE, CollectionState.PAUSED)
        ]

    def replace(self, collection: Collection, expected_version: int) -> None:
        if self.get(collection.id).version != expected_version:
            raise Conflict("collection", "somebody was quicker")
        self.versions[collection.id].append(collection)

    def set_state(self, collection_id: UUID, state: CollectionState) -> None:
        self.versions[collection_id][-1] = replace(self.get(collection_id), state=state)

    def erase(self, collection_id: UUID) -> None:
        del self.versions[collection_id]

    def scheduled(self) -> Sequence[Collection]:
        return [each[-1] for each in self.versions.values() if each[-1].state is not CollectionState.DRAFT]

    def fingerprints(self) -> Mapping[UUID, str]:
        return {each.id: f"{each.version}{each.state}" for each in self.scheduled()}


class FakeRuns:
    def __init__(self) -> None:
        self.rows: dict[tuple[UUID, str], Run] = {}
        self.triggered: set[tuple[UUID, str]] = set()

    def queue(
        self,
        collection: Collection,
        run_id: str,
        requested_by: str | None,
        queued: datetime,
        part: Window | Replay | None = None,
    ) -> None:
        if any(run.state.active for key, run in self.rows.items() if key[0] == collection.id):
            raise Conflict(f"collection {collection.id}", "a run is active")
        run = Run(collection.id, run_id, collection.version, RunState.QUEUED, requested_by, queued)
        kind = "replay" if isinstance(part, Replay) else "window"
        self.rows[collection.id, run_id] = replace(run, **{kind: part})

    def start(self, collection: Collection, run_id: str, started: datetime, requested_by: str | None = None) -> None:
        self._change(collection.id, run_id, state=RunState.RUNNING, started=started)

    def add_stage(self, collection_id: UUID, run_id: str, batch_id: UUID, result: StageResult) -> None:
        stages = (*self.get(collection_id, run_id).stages, result)
        self._change(collection_id, run_id, stages=stages, batch_id=batch_id)

    def add_report(self, collection_id: UUID, run_id: str, report: ValidationReport) -> None:
        self._change(collection_id, run_id, report=report)

    def finish(
        self,
        collection_id: UUID,
        run_id: str,
        state: RunState,
        finished: datetime,
        failure: RunFailure | None = None,
        note: str | None = None,
    ) -> None:
        self._change(collection_id, run_id, state=state, finished=finished, failure=failure, note=note)

    def hold(self, collection_id: UUID, run_id: str) -> bool:
        before = self.get(collection_id, run_id).state
        self._change(collection_id, run_id, state=RunState.AWAITING_REVIEW)
        return before is not RunState.AWAITING_REVIEW

    def add_review(self, collection_id: UUID, run_id: str, review: Review) -> None:
        self._change(collection_id, run_id, review=review)

    def get(self, collection_id: UUID, run_id: str) -> Run:
        if (collection_id, run_id) not in self.rows:
            raise NotFound("store", "no such row")
        return self.rows[collection_id, run_id]

    def find(self, collection_id: UUID, *, before: datetime | None = None, limit: int = 50) -> Sequence[Run]:
        runs = [run for key, run in self.rows.items() if key[0] == collection_id]
        newest = sorted(runs, key=lambda run: run.queued, reverse=True)
        return [run for run in newest if before is None or run.queued < before][:limit]

    def latest(self, collection_ids: Sequence[UUID]) -> Mapping[UUID, Run]:
        return {each: runs[0] for each in collection_ids if (runs := self.find(each, limit=1))}

    def untriggered(self) -> Sequence[Run]:
        return [run for key, run in self.rows.items() if key not in self.triggered]

    def mark_triggered(self, collection_id: UUID, run_id: str) -> None:
        self.triggered.add((collection_id, run_id))

    def _change(self, collection_id: UUID, run_id: str, **changes: Any) -> None:
        self.rows[collection_id, run_id] = replace(self.get(collection_id, run_id), **changes)


class FakeUploads:
    def __init__(self) -> None:
        self.files: dict[str, Path] = {}
        self.rows: dict[tuple[str, str], Upload] = {}
        self.read: set[str] = set()

    def add(self, file: Path, name: str, owner_id: str) -> str:
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self.files[digest] = file
        self.rows.setdefault((digest, owner_id), Upload(digest, owner_id, name, len(content), NOON))
        return digest

    def path(self, upload: str) -> Path:
        return self.files[upload]

    def has(self, upload: str, owner_id: str) -> bool:
        return (upload, owner_id) in self.rows

    def get(self, upload: str, owner_id: str) -> Upload:
        if not self.has(upload, owner_id):
            raise NotFound("store", "no such row")
        return self.rows[upload, owner_id]

    def find(self, owner_id: str, *, after: tuple[datetime, str] | None = None, limit: int = 50) -> Sequence[Upload]:
        newest = sorted(self.rows.values(), key=lambda each: (each.stored, each.id), reverse=True)
        mine = [each for each in newest if each.owner_id == owner_id]
        return [each for each in mine if after is None or (each.stored, each.id) < after][:limit]

    def remove(self, upload: str, owner_id: str) -> None:
        self.get(upload, owner_id)
        if upload in self.read:
            raise Conflict("upload", "a collection reads it")
        del self.rows[upload, owner_id]

    def remove_expired(self, now: datetime) -> int:
        return 0


class FakeSecrets(FixedSecrets):
    """Secrets by owner and name."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str] = {}
        self.dates: dict[tuple[str, str], tuple[datetime, datetime]] = {}

    def put(self, owner_id: str, name: str, value: str, now: datetime) -> bool:
        key = (owner_id, name)
        self.dates[key] = (self.dates[key][0] if key in self.dates else now, now)
        new = key not in self.values
        self.values[key] = value
        return new

    def find(self, owner_id: str) -> Sequence[SecretEntry]:
        return [SecretEntry(name, *dates) for (owner, name), dates in sorted(self.dates.items()) if owner == owner_id]

    def remove(self, owner_id: str, name: str) -> None:
        self.reveal(owner_id, name)
        del self.values[owner_id, name], self.dates[owner_id, name]

    def reveal(self, owner_id: str, name: str) -> str:
        if (owner_id, name) not in self.values:
            raise NotFound("store", "no such row")
        return self.values[owner_id, name]


@dataclass
class FakeServices:
    """What `include.operations` asks of the platform."""

    cim: FakeCim = field(default_factory=FakeCim)
    collections: FakeCollections = field(default_factory=FakeCollections)
    runs: FakeRuns = field(default_factory=FakeRuns)
    uploads: FakeUploads = field(default_factory=FakeUploads)
    incoming: FakeIncoming = field(default_factory=FakeIncoming)
    datasets: FakeDatasets = field(default_factory=FakeDatasets)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    records: FakeRecords = field(default_factory=FakeRecords)
    history: FakeHistory = field(init=False)
    published: list[UUID] = field(default_factory=list)
    samples: FakeSamples = field(default_factory=FakeSamples)
    staging: FolderStaging = field(default_factory=lambda: FolderStaging(Path(tempfile.gettempdir()) / "cdmp-fakes"))
    index: FakeIndex = field(default_factory=FakeIndex)
    record_index: FakeRecordIndex = field(default_factory=FakeRecordIndex)
    inspector: Inspector = inspect_source
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    keys: FakeKeys = field(default_factory=FakeKeys)
    assess: Assess | None = None
    prober: Prober = lambda source, owner_id, window: Trial(TriedRequest("GET", source.url, {}), 200)
    public_url: str = "https://data.example.org"
    quarantine_for: timedelta = timedelta(days=90)
    clock: TickingClock = field(default_factory=TickingClock)

    def __post_init__(self) -> None:
        self.incoming.uploads = self.uploads
        self.history = FakeHistory(self.datasets)

    @property
    def definition(self) -> Definition:
        return self.cim

    def connector(self, source: Source, owner_id: str) -> Connector:
        return choose_connector(source, self.uploads, Egress(), lambda name: "", self.clock)

    def publish_again(self, collection: Collection) -> None:
        self.published.append(collection.dataset_id)

    def rehearse(self, collection: Collection, **asked: Any) -> Rehearsal:
        """As the platform does it, with these stores."""
        return Platform.rehearse(cast(Platform, self), collection, **asked)
