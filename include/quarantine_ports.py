"""What the platform asks of whoever keeps quarantined rows, and of whoever lets a batch wait for a person.

A page of `ports` of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from include.access.requestor import Requestor
from include.collection.quarantine import RowKey, Selection
from include.collection.run import Review
from include.ports import Engine, RunStore

Cells = Mapping[str, str | None]
"""A row as it was read: the source's columns, in their order."""


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that waits for its owner. Holds values: for the owner alone.

    Attributes:
        reasons: Pairs of field and rule.
        revision: Counts the edits.
        set_aside: When its batch was committed; it expires from then on.
        original: The row as it was read, where it was edited since.
    """

    key: RowKey
    reasons: tuple[tuple[str, str], ...]
    cells: Cells
    revision: int
    set_aside: datetime
    original: Cells | None = None
    edited: datetime | None = None
    edited_by: str | None = None


class Left(StrEnum):
    """How rows left quarantine."""

    REPLAYED = "replayed"
    RELEASED = "released"
    DISCARDED = "discarded"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Departure:
    """What became of some rows: kept after they have gone. Counts and names, never values.

    Attributes:
        by: The user who asked for it; None: the platform, when they expired.
        rows_left: How many left quarantine. `rows_loaded`: how many of them are in the dataset now.
        rows_back: How many were tried and stay, with new reasons.
        run_id: Of a replay or a release.
    """

    id: UUID
    what: Left
    at: datetime
    by: str | None
    rows_left: int
    rows_loaded: int = 0
    rows_back: int = 0
    run_id: str | None = None
    note: str = ""


class QuarantineStore(Protocol):
    """The rows of datasets that broke a rule, sealed. Knows nothing of who may see what: `operations` decides."""

    def find(
        self,
        dataset_id: UUID,
        *,
        batch_id: UUID | None = None,
        rule: str | None = None,
        after: RowKey | None = None,
        limit: int = 50,
    ) -> Sequence[QuarantinedRow]:
        """List in the order of their keys, `after` the given one; `rule`: with this reason."""

    def get(self, dataset_id: UUID, key: RowKey) -> QuarantinedRow:
        """Raises NotFound."""

    def count(self, dataset_id: UUID, selection: Selection) -> Mapping[UUID, int]:
        """Count the chosen rows that are there, by their batch."""

    def read(self, dataset_id: UUID, selection: Selection, size: int = 10_000) -> Iterator[Sequence[QuarantinedRow]]:
        """Give the chosen rows that are there, in the order of their keys, some at a time."""

    def edit(self, dataset_id: UUID, row: QuarantinedRow, cells: Cells, by: str, now: datetime) -> QuarantinedRow:
        """Seal other cells in the place of a row's; the first ones stay beside them.

        Raises:
            Conflict: It is not as `row` is any more: edited, or gone.
        """

    def discard(self, dataset_id: UUID, selection: Selection, by: str, note: str, now: datetime) -> Departure:
        """Destroy rows."""

    def expire(self, before: datetime, now: datetime) -> int:
        """Destroy all rows that were set aside before then; gives how many."""

    def departures(
        self, dataset_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[Departure]:
        """List newest first, `after` the given (at, id)."""


class ReviewedRuns(RunStore, Protocol):
    """Runs, some of which wait for a person."""

    def hold(self, collection_id: UUID, run_id: str) -> bool:
        """The run waits for a person: `awaiting-review`; False where it did already. Raises NotFound."""

    def add_review(self, collection_id: UUID, run_id: str, review: Review) -> None:
        """Keep what a person decided; approved, the run is `running` again. Raises NotFound."""


class ReviewEngine(Engine, Protocol):
    """Airflow, where it lets a run wait for a person."""

    def answer(self, collection_id: UUID, run_id: str, requestor: Requestor, approve: bool, note: str) -> None:
        """Answer for a run that waits.

        Raises:
            Conflict: It does not wait, or was answered.
        """
