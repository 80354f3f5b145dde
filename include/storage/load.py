"""The one transaction that loads a batch: its rows, its record, and what follows from it."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from uuid import UUID

import polars as pl
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from include.batch import ROW_ID, BatchRecord, BatchRef
from include.cim.concept import Concept, time_field
from include.collection.lineage import BatchLineage, lineage_of
from include.collection.model import Collection, CollectionState
from include.errors import Conflict
from include.ports import SecretStore, Staging
from include.storage import table as tables
from include.storage.copy_rows import add_id, put_rows
from include.storage.counted import keep_counted
from include.storage.history import measure_dataset
from include.storage.index_queue import note_load
from include.storage.load_rows import Loaded, load_rows
from include.storage.schema import PLATFORM
from include.storage.transaction import find_row, lock_dataset, transaction

_log = logging.getLogger(__name__)


def load_batch(
    loader_url: str,
    ref: BatchRef,
    *,
    collection: Collection,
    concept: Concept,
    run_id: str,
    now: datetime,
    staging: Staging,
    secrets: SecretStore,
) -> BatchRecord:
    """Load rows, rows set aside, batch record, cursor, what was counted, and outbox event; commit at the very end.

    Loads of one dataset wait for one another. A batch that is there already is left as it is.

    Raises:
        Conflict: The collection was deleted meanwhile, or its dataset holds rows of another concept.
        StoreUnavailable: PostgreSQL is away.
    """
    with transaction(loader_url) as cursor:
        lock_dataset(cursor, ref.dataset_id)
        require_collection(cursor, collection)
        earlier = _find(cursor, ref.batch_id)
        if earlier is not None:
            _log.info("collection %s: batch %s is loaded already", collection.id, ref.batch_id)
            return earlier
        require_concept(cursor, ref.dataset_id, concept)
        number = next_number(cursor, ref.dataset_id)
        loaded = load_rows(cursor, ref, concept, staging, number)
        record = BatchRecord(
            id=ref.batch_id,
            dataset_id=ref.dataset_id,
            run_id=run_id,
            source_digest=ref.source_digest,
            rows_loaded=loaded.added.rows,
            rows_already_there=ref.rows - loaded.added.rows,
            rows_quarantined=sum(staging.scan(path).select(pl.len()).collect().item() for path in ref.aside),
            committed=now,
            number=number,
            rows_replaced=loaded.overwritten.replaced,
            rows_removed=loaded.overwritten.removed,
        )
        _record_dataset(cursor, ref, collection, concept, loaded, record)
        _record_batch(cursor, record, ref, lineage_of(collection, concept, ref.cim_version, ref.units))
        for path in ref.aside:
            put_rows(cursor, _set_aside(path, ref, staging), "quarantine_row", PLATFORM)
        keep_counted(cursor, ref, staging, secrets)
        announce(cursor, record, collection, None if record.rows_removed else record.id)
    _log.info(
        "collection %s: batch %s committed, %s rows, %s there already, %s in quarantine",
        collection.id,
        ref.batch_id,
        record.rows_loaded,
        record.rows_already_there,
        record.rows_quarantined,
    )
    return record


def require_collection(cursor: dbapi.Cursor, collection: Collection) -> None:
    """Raise Conflict where the collection was deleted."""
    # the lock holds off a deletion until this load has committed
    row = find_row(cursor, "SELECT state FROM cdmp.collection WHERE id = $1::uuid FOR SHARE", str(collection.id))
    if row is None or row[0] == CollectionState.DELETING:
        raise Conflict(f"collection {collection.id}", "was deleted while it ran", "Nothing of this run was loaded")


def require_concept(cursor: dbapi.Cursor, dataset_id: UUID, concept: Concept) -> None:
    """Raise Conflict where the dataset holds rows of another concept."""
    row = find_row(cursor, "SELECT concept FROM cdmp.dataset WHERE id = $1::uuid", str(dataset_id))
    if row is not None and row[0] != concept.name:
        raise Conflict(
            f"dataset {dataset_id}",
            f"holds rows of the concept {row[0]}, and its collection now maps to {concept.name}",
            "Map to the same concept as before, or make a new collection",
        )


def next_number(cursor: dbapi.Cursor, dataset_id: UUID) -> int:
    """Give the number of a load of the dataset that is locked; whoever loads notes it in `cdmp.dataset.loads`."""
    row = find_row(cursor, "SELECT loads + 1 FROM cdmp.dataset WHERE id = $1::uuid", str(dataset_id))
    return 1 if row is None else int(row[0])


def _record_dataset(
    cursor: dbapi.Cursor, ref: BatchRef, collection: Collection, concept: Concept, loaded: Loaded, record: BatchRecord
) -> None:
    config = collection.config
    title = (config.metadata.title if config.metadata else None) or config.title
    cursor.execute(
        """
        INSERT INTO cdmp.dataset AS d
            (id, collection_id, owner_id, title, concept, rows, first, last, updated, cursor, loads)
        VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT (id) DO UPDATE SET
            owner_id = excluded.owner_id, title = excluded.title, updated = excluded.updated,
            rows = d.rows + excluded.rows,
            first = least(d.first, excluded.first), last = greatest(d.last, excluded.last),
            cursor = coalesce(excluded.cursor, d.cursor), loads = excluded.loads
        """,
        (
            str(ref.dataset_id),
            str(collection.id),
            collection.owner_id,
            title,
            concept.name,
            loaded.added.rows - loaded.overwritten.replaced,
            loaded.added.first,
            loaded.added.last,
            record.committed,
            ref.cursor,
            record.number,
        ),
    )
    # a row that takes another's place is of the same time only where that is part of the key
    if loaded.overwritten.removed or (loaded.overwritten.replaced and time_field(concept) not in concept.key):
        measure_dataset(cursor, tables.table_of(ref.dataset_id, concept), concept, ref.dataset_id)


def _record_batch(cursor: dbapi.Cursor, record: BatchRecord, ref: BatchRef, lineage: BatchLineage | None) -> None:
    cursor.execute(
        """
        INSERT INTO cdmp.batch
            (id, dataset_id, run_id, source_digest, rows_loaded, rows_already_there, rows_quarantined, committed,
             cursor, source_columns, lineage, cim_version, number, rows_replaced, rows_removed)
        VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10::json, $11::json, $12, $13, $14, $15)
        """,
        (
            str(record.id),
            str(record.dataset_id),
            record.run_id,
            record.source_digest,
            record.rows_loaded,
            record.rows_already_there,
            record.rows_quarantined,
            record.committed,
            ref.cursor,
            json.dumps(ref.columns),
            json.dumps(lineage.to_json()) if lineage is not None else None,
            ref.cim_version,
            record.number,
            record.rows_replaced,
            record.rows_removed,
        ),
    )


def _find(cursor: dbapi.Cursor, batch_id: UUID) -> BatchRecord | None:
    row = find_row(
        cursor,
        f"SELECT {', '.join(BatchRecord.__slots__)} FROM cdmp.batch WHERE id = $1::uuid",  # noqa: S608 - names of ours
        str(batch_id),
    )
    return None if row is None else BatchRecord(*row)


def _set_aside(path: str, ref: BatchRef, staging: Staging) -> pa.Table:
    """Give staged rows that were set aside as quarantine has them."""
    frame = staging.read(path).select(pl.col(ROW_ID).cast(pl.Int64).alias("row_id"), "reasons", "sealed")
    rows = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return add_id(add_id(rows, "batch_id", ref.batch_id), "dataset_id", ref.dataset_id)


def announce(cursor: dbapi.Cursor, record: BatchRecord, collection: Collection, added: UUID | None = None) -> None:
    """Tell the owner of what was loaded, and let the search index follow; `added` as `note_load` has it."""
    facts = {
        "collection_id": str(collection.id),
        "title": collection.config.title,
        "dataset_id": str(record.dataset_id),
        "run_id": record.run_id,
        "rows_loaded": record.rows_loaded,
        "rows_already_there": record.rows_already_there,
        "rows_quarantined": record.rows_quarantined,
        "rows_replaced": record.rows_replaced,
        "rows_removed": record.rows_removed,
    }
    cursor.execute(
        "INSERT INTO cdmp.outbox (kind, recipient_id, facts, created, not_before)"
        " VALUES ('batch.loaded', $1, $2::json, $3, $3)",
        (collection.owner_id, json.dumps(facts), record.committed),
    )
    note_load(cursor, record.dataset_id, collection.owner_id, record.committed, added)
