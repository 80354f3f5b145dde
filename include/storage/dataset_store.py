"""Datasets in PostgreSQL: what is known of them, and the one transaction that loads a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
from sqlalchemy import Engine, func, select, tuple_, update

from include.batch import AnonymizedBatch, BatchRecord, BatchRef, Foreseen
from include.cim.concept import Concept
from include.collection.model import Collection
from include.collection.quarantine import Replay
from include.errors import NotFound
from include.ports import Dataset, SecretStore, Staging
from include.storage.connection import begin
from include.storage.counted import open_counted
from include.storage.foresee import foresee_load
from include.storage.load import load_batch
from include.storage.load_replay import load_replay
from include.storage.schema import batch as batches
from include.storage.schema import counted, quarantine_row
from include.storage.schema import dataset as datasets
from include.storage.schema import run as runs
from include.storage.segment import PostgresSegment, drop_segments

_RECORD = [batches.c[name] for name in BatchRecord.__slots__]
_DATASET = [datasets.c[name] for name in Dataset.__slots__]


class PostgresDatasetStore:
    """The port `DatasetStore`, as the role that writes."""

    def __init__(self, engine: Engine, loader_url: str, staging: Staging, secrets: SecretStore) -> None:
        self._engine = engine
        self._loader_url = loader_url
        self._staging = staging
        self._secrets = secrets

    def get(self, dataset_id: UUID) -> Dataset:
        """Read what is known of a dataset; raises NotFound before its first batch."""
        with begin(self._engine) as connection:
            row = connection.execute(select(*_DATASET).where(datasets.c.id == dataset_id)).first()
        if row is None:
            raise _absent(dataset_id)
        return Dataset(**row._mapping)

    def find(self, owner_id: str | None, *, after: UUID | None = None, limit: int = 50) -> Sequence[Dataset]:
        """List in the order of their ids; see the port."""
        query = select(*_DATASET).order_by(datasets.c.id).limit(limit)
        if owner_id is not None:
            query = query.where(datasets.c.owner_id == owner_id)
        if after is not None:
            query = query.where(datasets.c.id > after)
        with begin(self._engine) as connection:
            return [Dataset(**row._mapping) for row in connection.execute(query)]

    def several(self, dataset_ids: Sequence[UUID]) -> Mapping[UUID, Dataset]:
        """Give those of these that there are."""
        with begin(self._engine) as connection:
            rows = connection.execute(select(*_DATASET).where(datasets.c.id.in_(dataset_ids)))
            return {row.id: Dataset(**row._mapping) for row in rows}

    def find_batch(self, dataset_id: UUID, source_digest: str) -> BatchRecord | None:
        """Find the batch that holds this very content, if it was loaded."""
        query = select(*_RECORD).where(batches.c.dataset_id == dataset_id, batches.c.source_digest == source_digest)
        with begin(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else BatchRecord(**row._mapping)

    def batch(self, dataset_id: UUID, batch_id: UUID) -> BatchRecord:
        """Read one batch of a dataset; raises NotFound."""
        query = select(*_RECORD).where(batches.c.dataset_id == dataset_id, batches.c.id == batch_id)
        with begin(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None:
            raise NotFound(f"batch {batch_id}", "the dataset has none of this id")
        return BatchRecord(**row._mapping)

    def batches(
        self, dataset_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[BatchRecord]:
        """List newest first; see the port."""
        query = select(*_RECORD).where(batches.c.dataset_id == dataset_id)
        if after is not None:
            query = query.where(tuple_(batches.c.committed, batches.c.id) < after)
        with begin(self._engine) as connection:
            rows = connection.execute(query.order_by(batches.c.committed.desc(), batches.c.id.desc()).limit(limit))
            return [BatchRecord(**row._mapping) for row in rows]

    def lineage(self, batch_id: UUID) -> Mapping[str, Any] | None:
        """How the values of a batch came about; see the port."""
        with begin(self._engine) as connection:
            return connection.scalar(select(batches.c.lineage).where(batches.c.id == batch_id))

    def cursor(self, dataset_id: UUID) -> str | None:
        """Where the last committed batch of an incremental source ended."""
        with begin(self._engine) as connection:
            return connection.scalar(select(datasets.c.cursor).where(datasets.c.id == dataset_id))

    def source_columns(self, dataset_id: UUID) -> Sequence[str] | None:
        """Every column that the source has had up to the last committed batch; None before the first."""
        query = select(batches.c.source_columns).where(batches.c.dataset_id == dataset_id)
        with begin(self._engine) as connection:
            return connection.scalar(query.order_by(batches.c.number.desc()).limit(1))

    def counted(self, dataset_id: UUID, batch_id: UUID) -> pl.DataFrame | None:
        """What counters had counted when the last batch but this one was committed; None before the first."""
        others = select(counted.c.sealed).where(counted.c.dataset_id == dataset_id, counted.c.batch_id != batch_id)
        with begin(self._engine) as connection:
            sealed = connection.scalar(others.order_by(counted.c.place.desc()).limit(1))
        return None if sealed is None else open_counted(sealed, self._secrets)

    def load(
        self,
        batch: AnonymizedBatch,
        *,
        collection: Collection,
        concept: Concept,
        run_id: str,
        now: datetime,
    ) -> BatchRecord:
        """Store a batch in one transaction; see the port."""
        if batch.ref.origins:
            return self._load_replay(batch.ref, collection, concept, run_id, now)
        return load_batch(
            self._loader_url,
            batch.ref,
            collection=collection,
            concept=concept,
            run_id=run_id,
            now=now,
            staging=self._staging,
            secrets=self._secrets,
        )

    def _load_replay(
        self, ref: BatchRef, collection: Collection, concept: Concept, run_id: str, now: datetime
    ) -> BatchRecord:
        query = select(runs.c.replay, runs.c.requested_by)
        with begin(self._engine) as connection:
            asked = connection.execute(
                query.where(runs.c.collection_id == collection.id, runs.c.run_id == run_id)
            ).one()
        return load_replay(
            self._loader_url,
            ref,
            collection=collection,
            concept=concept,
            run_id=run_id,
            replay=Replay.from_json(asked.replay),
            requested_by=asked.requested_by,
            now=now,
            staging=self._staging,
        )

    def open_segment(self, dataset_id: UUID, concept: Concept, folder: UUID) -> PostgresSegment:
        """Begin to copy anonymised parts before all of the batch is there; see the port."""
        return PostgresSegment(self._loader_url, dataset_id, concept, folder, self._staging)

    def drop_segments(self, dataset_id: UUID) -> int:
        """Remove segments that were finished and never loaded; gives their number."""
        with begin(self._engine) as connection:
            return drop_segments(connection, dataset_id)

    def foresee(self, batch: AnonymizedBatch, concept: Concept) -> Foreseen:
        """Say what `load` would do; see the port."""
        return foresee_load(self._loader_url, batch.ref, concept, self._staging)

    def describe(self, dataset_id: UUID, dcat: Mapping[str, Any]) -> None:
        """Keep the DCAT record; raises NotFound."""
        with begin(self._engine) as connection:
            changed = connection.execute(update(datasets).where(datasets.c.id == dataset_id).values(dcat=dict(dcat)))
            if changed.rowcount == 0:
                raise _absent(dataset_id)

    def quarantined(self, dataset_id: UUID) -> int:
        """Count the rows that wait in quarantine."""
        query = select(func.count()).where(quarantine_row.c.dataset_id == dataset_id)
        with begin(self._engine) as connection:
            return connection.scalar(query) or 0


def _absent(dataset_id: UUID) -> NotFound:
    return NotFound(f"dataset {dataset_id}", "nothing was loaded into it yet", "Run its collection")
