"""The stores over a real database, and batches of meter readings to load into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from include.batch import ROW_ID, AnonymizedBatch, BatchRecord, BatchRef, Stage
from include.cim.concept import Concept
from include.collection.model import Collection
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine
from include.storage.dataset_history import PostgresDatasetHistory
from include.storage.dataset_store import PostgresDatasetStore
from include.storage.record_reader import PostgresRecordReader
from include.storage.secret_store import SealedSecretStore
from include.storage.staging import ParquetStaging
from tests.factories import NOON, a_batch_ref, a_collection, a_concept
from tests.postgres import Database


@pytest.fixture
def loader(database: Database) -> Iterator[Engine]:
    """The engine of the role that writes."""
    engine = open_engine(database.loader_url)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(database: Database) -> Iterator[Engine]:
    """The engine of the role that reads."""
    engine = open_engine(database.reader_url)
    yield engine
    engine.dispose()


@pytest.fixture
def collections(loader: Engine) -> PostgresCollectionStore:
    """The store of collections."""
    return PostgresCollectionStore(loader)


@pytest.fixture
def a_stored_collection(collections: PostgresCollectionStore) -> Callable[..., Collection]:
    """Store a collection of its own id and dataset."""

    def store(**changes: Any) -> Collection:
        collection = a_collection(**{"id": uuid4(), "dataset_id": uuid4(), **changes})
        collections.add(collection)
        return collection

    return store


def reading(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Build one quarter hour of one meter."""
    start = datetime(2024, 3, 31, tzinfo=UTC) + number * timedelta(minutes=15)
    return {
        "meter_id": "m1",
        "interval_start": start,
        "interval_end": start + timedelta(minutes=15),
        "energy": float(number),
        "quality": "measured",
        **changes,
    }


@dataclass
class Shelf:
    """Stages batches and loads them."""

    staging: ParquetStaging
    secrets: SealedSecretStore
    datasets: PostgresDatasetStore
    records: PostgresRecordReader
    concept: Concept
    history: PostgresDatasetHistory

    def stage(
        self,
        collection: Collection,
        *parts: Sequence[dict[str, Any]],
        aside: Sequence[str] = (),
        stage: Stage = Stage.ANONYMIZED,
        **changes: Any,
    ) -> BatchRef:
        """Stage the rows of each part as a batch of a stage; `aside` are quarantined rows as JSON."""
        ref = a_batch_ref(collection_id=collection.id, dataset_id=collection.dataset_id, stage=stage, parts=(), rows=0)
        ref = replace(ref, source_digest=ref.batch_id.hex * 2)
        frames, first = [], 1
        for rows in parts:
            frame = pl.DataFrame(rows, schema=self._schema(), orient="row")
            frames.append(frame.with_columns(pl.int_range(first, first + frame.height, dtype=pl.Int64).alias(ROW_ID)))
            first += frame.height
        written = [
            self.staging.write(collection.id, ref.batch_id, stage, f"part-{n:05}", frame)
            for n, frame in enumerate(frames)
        ]
        if aside:
            reasons = '[{"field": "energy", "rule": "unreadable_number"}]'
            frame = pl.DataFrame(
                {
                    ROW_ID: range(first, first + len(aside)),
                    "reasons": [reasons] * len(aside),
                    "sealed": [self.secrets.seal(row.encode()) for row in aside],
                }
            )
            path = self.staging.write(collection.id, ref.batch_id, Stage.CURATED, "aside-00000", frame)
            ref = replace(ref, aside=(path,))
        return replace(ref, parts=tuple(written), rows=first - 1, **changes)

    def copy_ahead(self, ref: BatchRef) -> BatchRef:
        """Copy a staged batch into a segment, as it is while a source is still being read."""
        segment = self.datasets.open_segment(ref.dataset_id, self.concept, ref.batch_id)
        for number, part in enumerate(ref.parts):
            segment.add(number, part)
        return replace(ref, segment=segment.finish())

    def load(self, collection: Collection, ref: BatchRef, **changes: Any) -> BatchRecord:
        """Load a staged batch."""
        by_name = {"collection": collection, "concept": self.concept, "run_id": "run-1", "now": NOON, **changes}
        return self.datasets.load(AnonymizedBatch(ref), **by_name)

    def _schema(self) -> dict[str, Any]:
        types = {"id": pl.String, "text": pl.String, "enum": pl.String, "float": pl.Float64, "integer": pl.Int64}
        types |= {"boolean": pl.Boolean, "timestamp": pl.Datetime("us", "UTC")}
        return {field.name: types[field.type.value] for field in self.concept.fields.values()}


@pytest.fixture
def shelf(tmp_path: Path, database: Database, loader: Engine, reader: Engine) -> Shelf:
    """Everything that a load needs."""
    staging = ParquetStaging(tmp_path / "staging")
    secrets = SealedSecretStore(loader, [Fernet.generate_key().decode()])
    history = PostgresDatasetHistory(loader, database.loader_url)
    datasets = PostgresDatasetStore(loader, database.loader_url, staging, secrets)
    return Shelf(staging, secrets, datasets, PostgresRecordReader(reader), a_concept(), history)
