"""What is known of one run: its stages, counts and end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from include.batch import ValidationReport, Window
from include.collection.quarantine import Replay


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    AWAITING_REVIEW = "awaiting-review"  # a rule holds the batch until a person approves or rejects it
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNCHANGED = "unchanged"  # the source had nothing new, or this content is loaded already
    REJECTED = "rejected"  # by a person, or because nobody answered; nothing was loaded

    @property
    def active(self) -> bool:
        """Whether the run is still to end."""
        return self in (RunState.QUEUED, RunState.RUNNING, RunState.AWAITING_REVIEW)


@dataclass(frozen=True, slots=True)
class StageResult:
    """What one task did.

    Attributes:
        counts: Row counts by name: `rows_read`, `rows_mapped`, `rows_quarantined`, `rows_loaded`, `rows_already_there`.
        notes: What a person should know of it: columns that are new, or gone. Names, never values.
    """

    task: str
    started: datetime
    seconds: float
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunFailure:
    """Why a run ended: the task, and the error's where, what and remedy; for the owner to read."""

    task: str
    where: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Review:
    """What became of a batch that a rule held for a person.

    Attributes:
        by: The user's name; None where nobody answered in time.
    """

    approved: bool
    by: str | None
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a collection. `run_id` is Airflow's.

    Attributes:
        window: The span of time that was asked for; None: what was new.
        replay: The rows in quarantine that it reads instead of its source.
    """

    collection_id: UUID
    run_id: str
    version: int
    state: RunState
    requested_by: str | None
    queued: datetime
    started: datetime | None = None
    finished: datetime | None = None
    batch_id: UUID | None = None
    stages: tuple[StageResult, ...] = ()
    report: ValidationReport | None = None
    failure: RunFailure | None = None
    note: str | None = None
    window: Window | None = None
    replay: Replay | None = None
    review: Review | None = None

    @property
    def part(self) -> Window | Replay | None:
        """What was asked for, where it is not what is new."""
        return self.window or self.replay

    def count(self, name: str) -> int:
        """The sum of one count over the stages; 0 where no stage reported it."""
        return sum(stage.counts.get(name, 0) for stage in self.stages)
