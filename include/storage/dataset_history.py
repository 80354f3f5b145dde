"""The past of datasets in PostgreSQL: their versions, and batches that are taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine, select

from include.anonymization.config import KAnonymity
from include.batch import AsOf
from include.cim.concept import Concept
from include.errors import NotFound
from include.history_ports import Rollback
from include.storage.connection import begin
from include.storage.rollback import roll_back_batch
from include.storage.schema import batch as batches
from include.storage.schema import batch_rollback as rollbacks

_ROLLBACK = [rollbacks.c[name] for name in Rollback.__slots__]


class PostgresDatasetHistory:
    """The port `DatasetHistory`, as the role that writes."""

    def __init__(self, engine: Engine, loader_url: str) -> None:
        self._engine = engine
        self._loader_url = loader_url

    def as_of(self, dataset_id: UUID, batch_id: UUID) -> AsOf:
        """Name the version that a batch made; see the port."""
        mine = select(batches.c.id, batches.c.number).where(batches.c.dataset_id == dataset_id)
        with begin(self._engine) as connection:
            number = connection.scalar(mine.with_only_columns(batches.c.number).where(batches.c.id == batch_id))
            if number is None:
                raise NotFound(f"batch {batch_id}", "the dataset has none of this id")
            later = connection.scalars(mine.where(batches.c.number > number)).all()
        return AsOf(number, tuple(later))

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
        """Take a batch back; see the port."""
        return roll_back_batch(self._loader_url, dataset_id, concept, batch_id, gate=gate, by=by, note=note, now=now)

    def rollbacks(self, dataset_id: UUID, *, after: int | None = None, limit: int = 50) -> Sequence[Rollback]:
        """List the batches that were taken back; see the port."""
        query = select(*_ROLLBACK).where(rollbacks.c.dataset_id == dataset_id)
        if after is not None:
            query = query.where(rollbacks.c.number < after)
        with begin(self._engine) as connection:
            rows = connection.execute(query.order_by(rollbacks.c.number.desc()).limit(limit))
            return [Rollback(**row._mapping) for row in rows]
