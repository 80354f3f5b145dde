"""The one transaction in which rows leave quarantine: into the dataset, as rows of the batches that brought them."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

import polars as pl
from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.batch import FLAGS, ROW_ID, BatchRecord, BatchRef
from include.cim.concept import Concept
from include.collection.lineage import BatchLineage, lineage_of
from include.collection.model import Collection
from include.collection.quarantine import Replay
from include.ports import Staging
from include.quarantine_ports import Left
from include.storage import table as tables
from include.storage.copy_rows import SCRATCH, copy_rows, make_scratch
from include.storage.history import grow_table, same_key
from include.storage.load import announce, next_number, require_collection, require_concept
from include.storage.span import moment
from include.storage.transaction import find_row, lock_dataset, transaction

_log = logging.getLogger(__name__)

ALREADY_THERE: Final = "already_there"
"""The reason of a row whose key the dataset has: it stays, because nobody has said which of the two is right."""


def load_replay(
    loader_url: str,
    ref: BatchRef,
    *,
    collection: Collection,
    concept: Concept,
    run_id: str,
    replay: Replay,
    requested_by: str | None,
    now: datetime,
    staging: Staging,
) -> BatchRecord:
    """Load what got through, as of its own batch; what did not stays in quarantine, with the reasons of this time.

    A row counts as it was read for this run: one that was edited or has left since is let alone. The second time, the
    counts of the first are the answer.

    Returns:
        `rows_already_there`: whose key the dataset has; they are among `rows_quarantined`, which stay.

    Raises:
        Conflict: The collection was deleted meanwhile, or its dataset holds rows of another concept.
        StoreUnavailable: PostgreSQL is away.
    """
    with transaction(loader_url) as cursor:
        lock_dataset(cursor, ref.dataset_id)
        require_collection(cursor, collection)
        earlier = find_row(
            cursor,
            "SELECT rows_loaded, rows_back FROM cdmp.quarantine_departure WHERE dataset_id = $1::uuid AND run_id = $2",
            str(ref.dataset_id),
            run_id,
        )
        if earlier is not None:
            _log.info("collection %s: run %s let rows out of quarantine already", collection.id, run_id)
            return _record(ref, run_id, now, earlier[0], 0, earlier[1])
        require_concept(cursor, ref.dataset_id, concept)
        table = tables.table_of(ref.dataset_id, concept)
        _take_origins(cursor, ref, staging)
        number = next_number(cursor, ref.dataset_id)
        _let_through(cursor, table, ref, concept, staging, number)
        _keep_lineage(cursor, lineage_of(collection, concept, ref.cim_version, ref.units), number)
        back, there = _give_reasons(cursor, ref, concept, staging)
        loaded, left = _count_off(cursor, ref.dataset_id, now, number)
        values = (
            str(uuid4()),
            str(ref.dataset_id),
            (Left.RELEASED if replay.release else Left.REPLAYED).value,
            now,
            requested_by,
            left,
            loaded,
            back,
            run_id,
            replay.note,
        )
        cursor.execute(
            'INSERT INTO cdmp.quarantine_departure (id, dataset_id, what, at, "by", rows_left, rows_loaded, rows_back,'
            " run_id, note) VALUES ($1::uuid, $2::uuid, $3, $4, $5, $6, $7, $8, $9, $10)",
            values,
        )
        record = _record(ref, run_id, now, loaded, there, back)
        announce(cursor, record, collection)
    _log.info(
        "collection %s: of the rows in quarantine %s were loaded, %s have left, %s stay",
        collection.id,
        loaded,
        left,
        back,
    )
    return record


def _record(ref: BatchRef, run_id: str, now: datetime, loaded: int, there: int, back: int) -> BatchRecord:
    return BatchRecord(ref.batch_id, ref.dataset_id, run_id, ref.source_digest, loaded, there, back, now)


def _take_origins(cursor: dbapi.Cursor, ref: BatchRef, staging: Staging) -> None:
    """Make `origin`: of every row of this run that is in quarantine as it was read, where it belongs."""
    cursor.execute(
        "CREATE TEMP TABLE staged_origin (row_id bigint, batch_id text, batch_row bigint, revision bigint)"
        " ON COMMIT DROP"
    )
    for path in ref.origins:
        frame = staging.read(path).select(pl.col(ROW_ID).alias("row_id"), "batch_id", "batch_row", "revision")
        cursor.adbc_ingest(
            "staged_origin",
            frame.to_arrow(compat_level=pl.CompatLevel.oldest()),
            mode="append",
            db_schema_name="pg_temp",
        )
    cursor.execute("CREATE TEMP TABLE origin (row_id bigint, batch_id uuid, batch_row bigint) ON COMMIT DROP")
    cursor.execute(
        "WITH held AS (SELECT s.row_id, q.batch_id, q.row_id AS batch_row FROM staged_origin AS s"
        " JOIN cdmp.quarantine_row AS q ON q.batch_id = s.batch_id::uuid AND q.row_id = s.batch_row"
        " AND q.revision = s.revision WHERE q.dataset_id = $1::uuid FOR UPDATE OF q)"
        " INSERT INTO origin SELECT * FROM held",
        (str(ref.dataset_id),),
    )


def _let_through(
    cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, staging: Staging, number: int
) -> None:
    """Make `through`: what was added to the dataset; versions of batches that came before it do not have it."""
    name = tables.quoted_name(table)
    kept = [*concept.fields, FLAGS]
    columns, mine = tables.quoted(kept), ", ".join(f"s.{field}" for field in map(tables.quoted, zip(kept)))
    ordered = ", ".join(f"s.{field}" for field in map(tables.quoted, zip(concept.key)))
    missing = make_scratch(cursor, table)
    copy_rows(cursor, SCRATCH, "pg_temp", ref, concept, staging)
    grow_table(cursor, table, missing)
    cursor.execute("CREATE TEMP TABLE through (batch_id uuid, batch_row bigint, moment timestamptz) ON COMMIT DROP")
    cursor.execute(
        f"WITH added AS (INSERT INTO {name} ({columns}, {tables.ROW_ID}, {tables.BATCH_ID}, {tables.SINCE})"  # noqa: S608 - quoted
        f" SELECT DISTINCT ON ({ordered}) {mine}, o.batch_row, o.batch_id, $1 FROM {SCRATCH} AS s"
        f" JOIN origin AS o ON o.row_id = s.{tables.ROW_ID}"
        f" WHERE NOT EXISTS (SELECT FROM {name} AS old WHERE {same_key(concept, 'old', 's')})"
        f" ORDER BY {ordered}, s.{tables.ROW_ID}"
        f" RETURNING {tables.BATCH_ID}, {tables.ROW_ID}, {moment(concept)})"
        " INSERT INTO through SELECT * FROM added",
        (number,),
    )


def _keep_lineage(cursor: dbapi.Cursor, lineage: BatchLineage | None, number: int) -> None:
    """Keep with the batches how their rows came about that were let through, where the others did so otherwise."""
    if lineage is None:
        return
    told = "- 'collection_version' - 'cim_version' - 'replayed' - 'load'"
    cursor.execute(
        "UPDATE cdmp.batch AS b SET lineage = jsonb_set(b.lineage::jsonb, '{replayed}',"  # noqa: S608 - ours
        " coalesce(b.lineage::jsonb -> 'replayed', '[]') || $1::jsonb)::json"
        " FROM (SELECT DISTINCT batch_id FROM through) AS t WHERE b.id = t.batch_id"
        f" AND b.lineage::jsonb {told} <> $1::jsonb {told}",
        (json.dumps({**lineage.to_json(), "load": number}),),
    )


def _give_reasons(cursor: dbapi.Cursor, ref: BatchRef, concept: Concept, staging: Staging) -> tuple[int, int]:
    """Write why rows stay, and make `back` of them; gives how many, and how many because their key is there."""
    cursor.execute("CREATE TEMP TABLE back (row_id bigint, reasons text) ON COMMIT DROP")
    for path in ref.aside:
        frame = staging.read(path).select(pl.col(ROW_ID).alias("row_id"), "reasons")
        cursor.adbc_ingest(
            "back", frame.to_arrow(compat_level=pl.CompatLevel.oldest()), mode="append", db_schema_name="pg_temp"
        )
    reasons = json.dumps([{"field": name, "rule": ALREADY_THERE} for name in concept.key])
    there = find_row(
        cursor,
        f"WITH there AS (INSERT INTO back SELECT o.row_id, $1 FROM origin AS o"  # noqa: S608 - names of ours
        f" JOIN {SCRATCH} AS s ON s.{tables.ROW_ID} = o.row_id"
        " WHERE NOT EXISTS (SELECT FROM through AS t WHERE t.batch_id = o.batch_id AND t.batch_row = o.batch_row)"
        " RETURNING 1) SELECT count(*) FROM there",
        reasons,
    )
    back = find_row(
        cursor,
        "WITH changed AS (UPDATE cdmp.quarantine_row AS q SET reasons = b.reasons FROM origin AS o"
        " JOIN back AS b USING (row_id) WHERE q.batch_id = o.batch_id AND q.row_id = o.batch_row RETURNING 1)"
        " SELECT count(*) FROM changed",
    )
    assert there is not None and back is not None  # noqa: S101 - an aggregate has a row
    return back[0], there[0]


def _count_off(cursor: dbapi.Cursor, dataset_id: UUID, now: datetime, number: int) -> tuple[int, int]:
    """Take from quarantine what does not stay, and bring counts up to date; gives how many were loaded and left."""
    counted = find_row(
        cursor,
        "WITH gone AS (DELETE FROM cdmp.quarantine_row AS q USING origin AS o WHERE q.batch_id = o.batch_id"
        " AND q.row_id = o.batch_row AND NOT EXISTS (SELECT FROM back AS b WHERE b.row_id = o.row_id)"
        " RETURNING q.batch_id),"
        " by_batch AS (SELECT g.batch_id, count(*) AS gone, (SELECT count(*) FROM through AS t"
        " WHERE t.batch_id = g.batch_id) AS loaded FROM gone AS g GROUP BY g.batch_id),"
        " told AS (UPDATE cdmp.batch AS b SET rows_loaded = b.rows_loaded + n.loaded,"
        " rows_quarantined = b.rows_quarantined - n.gone FROM by_batch AS n WHERE b.id = n.batch_id RETURNING 1)"
        " SELECT coalesce(sum(loaded), 0)::bigint, coalesce(sum(gone), 0)::bigint FROM by_batch",
    )
    assert counted is not None  # noqa: S101 - an aggregate has a row
    cursor.execute(
        "UPDATE cdmp.dataset AS d SET rows = d.rows + n.rows, first = least(d.first, n.first),"
        " last = greatest(d.last, n.last), updated = $2, loads = $3"
        " FROM (SELECT count(*) AS rows, min(moment) AS first, max(moment) AS last FROM through) AS n"
        " WHERE d.id = $1::uuid",
        (str(dataset_id), now, number),
    )
    return counted[0], counted[1]
