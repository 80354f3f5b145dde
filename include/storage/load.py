"""The one transaction that loads a batch, on one ADBC connection: all of it is there, or nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import adbc_driver_manager
import polars as pl
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.batch import ROW_ID, BatchRecord, BatchRef, LoadMode
from include.cim.concept import Concept, time_field
from include.collection.lineage import BatchLineage, lineage_of
from include.collection.model import Collection, CollectionState
from include.errors import Conflict
from include.ports import SecretStore, Staging
from include.storage import table as tables
from include.storage.connection import judge
from include.storage.copy_rows import SCRATCH, SORT_MEMORY, ahead, copy_rows, make_scratch, missing_columns
from include.storage.counted import keep_counted
from include.storage.history import grow_table, measure_dataset
from include.storage.index_queue import note_load
from include.storage.merge_rows import Overwritten, overwrite_rows
from include.storage.partitions import attach_partition, is_partitioned, make_partitioned, partition_name
from include.storage.schema import DATA, PLATFORM
from include.storage.segment import drop_segment, stand_in, take_segment

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
        span = _load_rows(cursor, ref, concept, staging, number)
        quarantined = sum(staging.read(part).height for part in ref.aside)
        record = BatchRecord(
            id=ref.batch_id,
            dataset_id=ref.dataset_id,
            run_id=run_id,
            source_digest=ref.source_digest,
            rows_loaded=span.rows,
            rows_already_there=ref.rows - span.rows,
            rows_quarantined=quarantined,
            committed=now,
            number=number,
            rows_replaced=span.overwritten.replaced,
            rows_removed=span.overwritten.removed,
        )
        _record_dataset(cursor, ref, collection, concept, span, record)
        _record_batch(cursor, record, ref, lineage_of(collection, concept, ref.cim_version))
        _set_aside(cursor, ref, staging, secrets)
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


@dataclass(frozen=True, slots=True)
class _Span:
    """What a load added: how many rows, and from when to when; and what it overwrote."""

    overwritten: Overwritten
    rows: int
    first: datetime | None
    last: datetime | None


@contextmanager
def transaction(url: str) -> Iterator[dbapi.Cursor]:
    """Open a connection for one transaction, committed at the end of the block."""
    try:
        with closing(dbapi.connect(url, autocommit=False)) as connection, closing(connection.cursor()) as cursor:
            yield cursor
            connection.commit()
    except adbc_driver_manager.Error as error:
        raise judge(error) from None  # the original's message may quote values of rows (DETAIL, CONTEXT)


def lock_dataset(cursor: dbapi.Cursor, dataset_id: UUID) -> None:
    """Wait for whoever loads into the dataset, and hold off others until the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", (str(dataset_id),))


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


def _load_rows(cursor: dbapi.Cursor, ref: BatchRef, concept: Concept, staging: Staging, number: int) -> _Span:
    table = tables.table_of(ref.dataset_id, concept)
    name, key, time = tables.quoted_name(table), tables.quoted(concept.key), time_field(concept)
    moment = f"{tables.quoted([time]) if time else 'NULL::timestamptz'} AS moment"
    same = " AND ".join(f"old.{field} = {SCRATCH}.{field}" for field in map(tables.quoted, zip(concept.key)))
    cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORT_MEMORY}'")
    cursor.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'")
    overwritten, stands_in = Overwritten(), False
    part = partition_name(ref.dataset_id, number)
    if not tables.is_there(cursor, table.name):
        _make_table(cursor, table, ref, concept, staging, part)
        rows = f"SELECT {moment} FROM {name}"  # noqa: S608 - names from the CIM, quoted
    elif _join(cursor, table, ref, concept, part):
        rows = f"SELECT {moment} FROM {tables.qualified(part)}"  # noqa: S608 - names from the CIM, quoted
    else:
        missing = missing_columns(cursor, table)
        stands_in = stand_in(cursor, ref, table)
        if not stands_in:
            make_scratch(cursor, table)
            copy_rows(cursor, SCRATCH, "pg_temp", ref, concept, staging)
        # what the concept has new; only now, because it keeps readers out until the end
        grow_table(cursor, table, missing)
        overwritten = overwrite_rows(cursor, table, ref, concept, number)
        rows = f"INSERT INTO {name} SELECT * FROM {SCRATCH} RETURNING {moment}"  # noqa: S608 - names from the CIM
        if not _stands_apart(cursor, ref, concept, staging) or _repeats_itself(ref, concept, staging):
            # half the time of ON CONFLICT DO NOTHING; safe, because every load of this dataset holds the advisory lock
            rows = (
                f"INSERT INTO {name} SELECT DISTINCT ON ({key}) * FROM {SCRATCH} WHERE NOT EXISTS"  # noqa: S608
                f" (SELECT FROM {name} AS old WHERE {same}) ORDER BY {key}, {tables.ROW_ID} RETURNING {moment}"
            )
    span = find_row(cursor, f"WITH added AS ({rows}) SELECT count(*), min(moment), max(moment) FROM added")  # noqa: S608
    assert span is not None  # noqa: S101 - an aggregate has a row
    if stands_in and ref.segment is not None:
        drop_segment(cursor, ref.segment)
    return _Span(overwritten, *span)


def _make_table(
    cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, staging: Staging, part: str
) -> None:
    """Make the dataset's table of its first batch, walled off.

    Args:
        part: The name of the partition that the batch's segment becomes, if it has one.
    """
    rest = partition_name(ref.dataset_id, None)
    if not is_partitioned(table):
        part = rest = table.name
    if taken := take_segment(cursor, ref):
        tables.rename_table(cursor, taken, part)
    else:
        part = rest
        cursor.execute(tables.create_table(tables.part_of(table, part)))
        copy_rows(cursor, part, DATA, ref, concept, staging)
        cursor.execute(tables.key_table(part, concept))
    if is_partitioned(table):
        make_partitioned(cursor, table, concept, part, rest)
    for statement in (*tables.comment_table(table), *tables.wall_table(tables.quoted_name(table), ref.dataset_id)):
        cursor.execute(statement)


def _join(cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, part: str) -> bool:
    """Let the segment of a batch become a partition of this name; False where its rows have to be inserted."""
    there = set(tables.columns_there(cursor, tables.quoted_name(table)))
    if ref.load.mode is LoadMode.REPLACE or not there <= {column.name for column in table.columns}:
        return False
    segment = take_segment(cursor, ref)
    if segment is None:
        return False
    grow_table(cursor, table, missing_columns(cursor, table))
    if not attach_partition(cursor, table, concept, segment):
        return False
    tables.rename_table(cursor, segment, part)
    return True


def _stands_apart(cursor: dbapi.Cursor, ref: BatchRef, concept: Concept, staging: Staging) -> bool:
    """Whether every row of a batch is earlier or later than all that its dataset has, so that no key is there twice."""
    time = time_field(concept)
    if time not in concept.key or not ref.parts:
        return False
    there = find_row(cursor, "SELECT first, last FROM cdmp.dataset WHERE id = $1::uuid", str(ref.dataset_id))
    times = pl.concat([staging.scan(part).select(time) for part in ref.parts])
    first, last = times.select(pl.min(time).alias("first"), pl.max(time).alias("last")).collect().row(0)
    return there is not None and None not in (*there, first) and bool(first > there[1] or last < there[0])


def _repeats_itself(ref: BatchRef, concept: Concept, staging: Staging) -> bool:
    """Whether two rows of a batch may have one key: whether two have the same hash of it; 8 bytes a row in memory."""
    keys = (staging.scan(part).select(concept.key).collect() for part in ref.parts)
    return bool(pl.concat([key.hash_rows() for key in keys]).is_duplicated().any())


def _record_dataset(
    cursor: dbapi.Cursor, ref: BatchRef, collection: Collection, concept: Concept, span: _Span, record: BatchRecord
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
            span.rows - span.overwritten.replaced,
            span.first,
            span.last,
            record.committed,
            ref.cursor,
            record.number,
        ),
    )
    # a row that takes another's place is of the same time only where that is part of the key
    if span.overwritten.removed or (span.overwritten.replaced and time_field(concept) not in concept.key):
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


def _set_aside(cursor: dbapi.Cursor, ref: BatchRef, staging: Staging, secrets: SecretStore) -> None:
    def seal(part: str) -> pa.Table:
        frame = staging.read(part)
        return pa.table(
            {
                "batch_id": pa.array([ref.batch_id.bytes] * frame.height, pa.binary(16)),
                "row_id": frame[ROW_ID].cast(pl.Int64).to_arrow(),
                "dataset_id": pa.array([ref.dataset_id.bytes] * frame.height, pa.binary(16)),
                "reasons": pa.array(frame["reasons"].to_list(), pa.string()),
                "sealed": pa.array([secrets.seal(row.encode()) for row in frame["row"]], pa.binary()),
            }
        )

    for rows in ahead(map(seal, ref.aside)):
        cursor.adbc_ingest("quarantine_row", rows, mode="append", db_schema_name=PLATFORM)


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


def find_row(cursor: dbapi.Cursor, statement: str, *values: Any) -> Sequence[Any] | None:
    """Give the first row of a query."""
    cursor.execute(statement, values or None)
    row: Sequence[Any] | None = cursor.fetchone()
    return row
