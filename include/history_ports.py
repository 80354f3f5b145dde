"""What the platform asks of whoever keeps the past of datasets: their versions, and batches that are taken back.

A page of `ports` of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from include.anonymization.config import KAnonymity
from include.batch import AsOf
from include.cim.concept import Concept


@dataclass(frozen=True, slots=True)
class Rollback:
    """A batch that was taken back: kept after it has gone. Counts and names, never values.

    Attributes:
        number: The batch's.
        rows_removed: Rows that it had brought and that were in the dataset until then.
        rows_restored: Rows that it had overwritten, and that are in the dataset again.
    """

    batch_id: UUID
    number: int
    at: datetime
    by: str
    rows_removed: int
    rows_restored: int
    note: str = ""


class DatasetHistory(Protocol):
    """The past of datasets. Knows nothing of who may see what: `operations` decides."""

    def as_of(self, dataset_id: UUID, batch_id: UUID) -> AsOf:
        """Name the version that a batch made; raises NotFound where there is none of this id, or it was taken back."""

    def roll_back(
        self,
        dataset_id: UUID,
        concept: Concept,
        batch_id: UUID,
        *,
        gate: KAnonymity | None = None,
        by: str,
        note: str,
        now: datetime,
    ) -> Rollback:
        """Take a batch back in one transaction: the dataset and all its versions are as if it had not been loaded.

        What it brought is removed, its rows in quarantine too, what it overwrote is there again, also below what later
        batches did; counts, span and cursor follow, and the owner is told. Its content can then be loaded again.

        Args:
            gate: What the rows that are there afterwards are held against.

        Raises:
            NotFound: As `as_of`.
            Conflict: A run of the collection is active, later batches have counted on from its readings, or rows would
                be in groups that are too small.
            StoreUnavailable: PostgreSQL is away.
        """

    def rollbacks(self, dataset_id: UUID, *, after: int | None = None, limit: int = 50) -> Sequence[Rollback]:
        """List the batches of a dataset that were taken back, the last first, `after` the given number."""
