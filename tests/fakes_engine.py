"""An Airflow that does as it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from include.access.requestor import Requestor
from include.batch import Window
from include.collection.model import Collection
from include.collection.quarantine import Replay
from include.errors import StoreUnavailable


@dataclass
class FakeEngine:
    """An Airflow that knows a DAG after `blind_for` attempts, or is away."""

    blind_for: int = 0
    away: bool = False
    announced: list[UUID] = field(default_factory=list)
    triggered: list[str] = field(default_factory=list)
    parts: dict[str, Window | Replay | None] = field(default_factory=dict)
    answers: list[tuple[str, str, bool, str]] = field(default_factory=list)

    def announce(self, collection_id: UUID) -> None:
        if self.away:
            raise StoreUnavailable("Airflow", "its database does not answer")
        self.announced.append(collection_id)

    def trigger(
        self, collection: Collection, run_id: str, requested_by: str | None, part: Window | Replay | None = None
    ) -> bool:
        if self.away:
            raise StoreUnavailable("Airflow", "its database does not answer")
        if self.blind_for > 0:
            self.blind_for -= 1
            return False
        self.triggered.append(run_id)
        self.parts[run_id] = part
        return True

    def answer(self, collection_id: UUID, run_id: str, requestor: Requestor, approve: bool, note: str) -> None:
        if self.away:
            raise StoreUnavailable("Airflow", "its database does not answer")
        self.answers.append((run_id, requestor.name, approve, note))
