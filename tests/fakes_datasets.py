"""Datasets and their records without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import polars as pl
import pyarrow as pa

from include.batch import AnonymizedBatch, AsOf, BatchRecord, Foreseen
from include.cim.concept import Concept
from include.errors import NotFound
from include.history_ports import Rollback
from include.ports import Dataset, RecordQuery


class FakeDatasets:
    def __init__(self) -> None:
        self.rows: dict[UUID, Dataset] = {}
        self.loaded: dict[tuple[UUID, str], BatchRecord] = {}
        self.cursors: dict[UUID, str] = {}
        self.lineages: dict[UUID, Mapping[str, Any]] = {}

    def get(self, dataset_id: UUID) -> Dataset:
        if dataset_id not in self.rows:
            raise NotFound("store", "no such row")
        return self.rows[dataset_id]

    def find(self, owner_id: str | None, *, after: UUID | None = None, limit: int = 50) -> Sequence[Dataset]:
        return [
            each
            for key, each in sorted(self.rows.items())
            if owner_id in (None, each.owner_id) and (after is None or key > after)
        ][:limit]

    def several(self, dataset_ids: Sequence[UUID]) -> Mapping[UUID, Dataset]:
        return {each: self.rows[each] for each in dataset_ids if each in self.rows}

    def find_batch(self, dataset_id: UUID, source_digest: str) -> BatchRecord | None:
        return self.loaded.get((dataset_id, source_digest))

    def batch(self, dataset_id: UUID, batch_id: UUID) -> BatchRecord:
        for each in self.batches(dataset_id):
            if each.id == batch_id:
                return each
        raise NotFound("store", "no such row")

    def batches(
        self, dataset_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[BatchRecord]:
        mine = [each for (dataset, _), each in self.loaded.items() if dataset == dataset_id]
        newest = sorted(mine, key=lambda each: (each.committed, each.id), reverse=True)
        return [each for each in newest if after is None or (each.committed, each.id) < after][:limit]

    def lineage(self, batch_id: UUID) -> Mapping[str, Any] | None:
        return self.lineages.get(batch_id)

    def cursor(self, dataset_id: UUID) -> str | None:
        return self.cursors.get(dataset_id)

    def source_columns(self, dataset_id: UUID) -> Sequence[str] | None:
        return None

    def counted(self, dataset_id: UUID, batch_id: UUID) -> pl.DataFrame | None:
        return None

    def load(self, *args: Any, **kwargs: Any) -> BatchRecord:
        raise NotImplementedError

    def foresee(self, batch: AnonymizedBatch, concept: Concept) -> Foreseen:
        return Foreseen(batch.ref.rows, 0)

    def describe(self, dataset_id: UUID, dcat: Mapping[str, Any]) -> None:
        self.rows[dataset_id] = replace(self.get(dataset_id), dcat=dict(dcat))

    def quarantined(self, dataset_id: UUID) -> int:
        return 0


class FakeHistory:
    """Batches that are taken back leave the list of those that were loaded."""

    def __init__(self, datasets: FakeDatasets) -> None:
        self._datasets = datasets
        self.done: list[Rollback] = []

    def as_of(self, dataset_id: UUID, batch_id: UUID) -> AsOf:
        number = self._datasets.batch(dataset_id, batch_id).number
        return AsOf(number, tuple(each.id for each in self._datasets.batches(dataset_id) if each.number > number))

    def roll_back(
        self, dataset_id: UUID, concept: Concept, batch_id: UUID, *, gate: Any = None, by: str, note: str, now: datetime
    ) -> Rollback:
        batch = self._datasets.batch(dataset_id, batch_id)
        del self._datasets.loaded[dataset_id, batch.source_digest]
        rows = self._datasets.rows[dataset_id]
        self._datasets.rows[dataset_id] = replace(rows, rows=rows.rows - batch.rows_loaded, updated=now)
        done = Rollback(batch_id, batch.number, now, by, batch.rows_loaded, batch.rows_replaced, note)
        self.done.append(done)
        return done

    def rollbacks(self, dataset_id: UUID, *, after: int | None = None, limit: int = 50) -> Sequence[Rollback]:
        newest = sorted(self.done, key=lambda each: each.number, reverse=True)
        return [each for each in newest if after is None or each.number < after][:limit]


class FakeRecords:
    """Rows as dicts; a page is what a keyset query over them would give."""

    def __init__(self) -> None:
        self.rows: dict[UUID, list[dict[str, Any]]] = {}

    def page(self, dataset_id: UUID, concept: Concept, query: RecordQuery) -> pa.Table:
        def key(row: dict[str, Any]) -> tuple[Any, ...]:
            return tuple(row[name] for name in concept.key)

        rows = sorted(self.rows.get(dataset_id, []), key=key)
        rows = [row for row in rows if query.after is None or key(row) > query.after][: query.limit]
        names = [name for name in concept.fields if not query.fields or name in {*query.fields, *concept.key}]
        names += [name for name in query.fields if name not in concept.fields]
        return pa.table({name: [row.get(name) for row in rows] for name in names})

    def count(self, dataset_id: UUID) -> int:
        return len(self.rows.get(dataset_id, []))
