"""The one transaction in which a batch is taken back."""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.anonymization.config import KAnonymity
from include.cim.concept import Concept
from include.collection.run import RunState
from include.errors import Conflict, NotFound
from include.history_ports import Rollback
from include.storage import table as tables
from include.storage.assess_groups import count_worse, note_groups
from include.storage.history import (
    UNTIL,
    columns_of,
    history_is_there,
    history_name,
    measure_dataset,
    same_key,
)
from include.storage.index_queue import note_load
from include.storage.transaction import find_row, join_as_wholes, lock_dataset, transaction

_log = logging.getLogger(__name__)

_TOUCHED: Final = "touched_keys"


def roll_back_batch(
    loader_url: str,
    dataset_id: UUID,
    concept: Concept,
    batch_id: UUID,
    *,
    gate: KAnonymity | None,
    by: str,
    note: str,
    now: datetime,
) -> Rollback:
    """Remove what a batch brought and restore what it overwrote; see the port `DatasetHistory`."""
    with transaction(loader_url) as cursor:
        lock_dataset(cursor, dataset_id)
        cursor.execute("SET LOCAL work_mem = '128MB'")  # versions are joined and sorted by their key
        cursor.execute("SET LOCAL jit = off")  # its second is not made good by any of these statements
        number, run_id = _require_batch(cursor, dataset_id, batch_id)
        _refuse_counted_on(cursor, dataset_id, batch_id, number)
        table = tables.table_of(dataset_id, concept)
        if gate is not None:
            note_groups(cursor, table, gate)
        removed, restored = _take_back(cursor, table, concept, dataset_id, batch_id)
        if gate is not None:
            _refuse_small_groups(cursor, table, batch_id, gate)
        # with it go its rows in quarantine and what it had counted
        cursor.execute("DELETE FROM cdmp.batch WHERE id = $1::uuid", (str(batch_id),))
        measure_dataset(cursor, table, concept, dataset_id)
        cursor.execute(
            "UPDATE cdmp.dataset SET updated = $2, cursor = (SELECT cursor FROM cdmp.batch WHERE dataset_id = $1::uuid"
            " AND cursor IS NOT NULL ORDER BY number DESC LIMIT 1) WHERE id = $1::uuid",
            (str(dataset_id), now),
        )
        done = Rollback(batch_id, number, now, by, removed, restored, note)
        _record(cursor, dataset_id, run_id, done)
        # last, because a run that began before this commit must not have seen what is gone
        _refuse_active(cursor, dataset_id)
    _log.info("dataset %s: batch %s taken back, %s rows removed, %s restored", dataset_id, batch_id, removed, restored)
    return done


def _require_batch(cursor: dbapi.Cursor, dataset_id: UUID, batch_id: UUID) -> tuple[int, str]:
    row = find_row(
        cursor,
        "SELECT number, run_id FROM cdmp.batch WHERE dataset_id = $1::uuid AND id = $2::uuid",
        str(dataset_id),
        str(batch_id),
    )
    if row is None:
        raise NotFound(f"batch {batch_id}", "the dataset has none of this id", "It may have been taken back already")
    return int(row[0]), row[1]


def _refuse_counted_on(cursor: dbapi.Cursor, dataset_id: UUID, batch_id: UUID, number: int) -> None:
    """Raise Conflict where later batches took the readings of this one as those before their own."""
    row = find_row(
        cursor,
        "SELECT count(*), max(number) FROM cdmp.batch JOIN cdmp.counted AS c ON c.batch_id = id"
        " WHERE c.dataset_id = $1::uuid AND number > $2",
        str(dataset_id),
        number,
    )
    assert row is not None  # noqa: S101 - an aggregate has a row
    if row[0]:
        raise Conflict(
            f"batch {batch_id}",
            f"its counters are counted on from by later batches, the last of them number {row[1]}",
            "Take back the later batches first, the last one first; then load their files again",
        )


def _refuse_small_groups(cursor: dbapi.Cursor, table: Table, batch_id: UUID, gate: KAnonymity) -> None:
    """Raise Conflict where rows that stay, or come back, would be in groups that are too small."""
    rows, smallest = count_worse(cursor, table, gate)
    if rows:
        least = f", or with fewer than {gate.least_values} values" if gate.l_diversity is not None else ""
        raise Conflict(
            f"batch {batch_id}",
            f"without it, {rows} rows would be in groups of fewer than {gate.k}{least}; the smallest would have"
            f" {smallest} (anonymization.k_anonymity)",
            "Take back the batches that these rows are of first, the last one first",
        )


def _refuse_active(cursor: dbapi.Cursor, dataset_id: UUID) -> None:
    row = find_row(
        cursor,
        "SELECT run_id FROM cdmp.run AS r JOIN cdmp.dataset AS d USING (collection_id) WHERE d.id = $1::uuid"
        " AND r.state = ANY(string_to_array($2, ',')) LIMIT 1",
        str(dataset_id),
        ",".join(state for state in RunState if state.active),
    )
    if row is not None:
        raise Conflict(f"dataset {dataset_id}", f"run {row[0]} of its collection has not ended", "Try when it has")


def _take_back(
    cursor: dbapi.Cursor, table: Table, concept: Concept, dataset_id: UUID, batch_id: UUID
) -> tuple[int, int]:
    """Remove the batch's versions of rows, and link those before to those after; gives how many went and came back."""
    name, history, since = tables.quoted_name(table), history_name(dataset_id), tables.SINCE
    of_batch = f"{tables.BATCH_ID} = '{batch_id}'"
    take_out = f"DELETE FROM {name} WHERE {of_batch} RETURNING 1"  # noqa: S608 - names from the CIM, quoted
    if not history_is_there(cursor, dataset_id):
        return _count(cursor, take_out), 0
    key, kept = tables.quoted(concept.key), ", ".join([*columns_of(cursor, table), since])
    # rows that were loaded a moment ago have no statistics yet
    cursor.execute(f"ANALYZE {name}, {history}")
    cursor.execute(
        f"CREATE TEMPORARY TABLE {_TOUCHED} ON COMMIT DROP AS"  # noqa: S608
        f" SELECT {key} FROM {name} WHERE {of_batch} UNION SELECT {key} FROM {history} WHERE {of_batch}"
    )
    cursor.execute(f"ANALYZE {_TOUCHED}")
    join_as_wholes(cursor, _estimate(cursor, _TOUCHED), _estimate(cursor, name, history))
    removed = _count(cursor, take_out)
    cursor.execute(f"DELETE FROM {history} WHERE {of_batch}")  # noqa: S608
    # where the newest version went, the one before it is the newest; a removal stays one
    restored = find_row(
        cursor,
        f"WITH newest AS (SELECT DISTINCT ON ({key}) {key}, {since}, {UNTIL}"  # noqa: S608
        f" FROM {history} JOIN {_TOUCHED} USING ({key}) ORDER BY {key}, {since} DESC),"
        f" back AS (DELETE FROM {history} AS past USING newest AS n WHERE {same_key(concept, 'past', 'n')}"
        f" AND past.{since} = n.{since} AND n.{UNTIL} IS NOT NULL"
        f" AND NOT EXISTS (SELECT FROM {name} AS old WHERE {same_key(concept, 'old', 'n')}) RETURNING past.*),"
        # in the order of the key: half the time of the index
        f" done AS (INSERT INTO {name} ({kept}) SELECT {kept} FROM back ORDER BY {key} RETURNING 1)"
        " SELECT count(*) FROM done",
    )
    assert restored is not None  # noqa: S101 - an aggregate has a row
    cursor.execute(
        f"UPDATE {history} AS past SET {UNTIL} = l.next FROM"  # noqa: S608
        f" (SELECT *, lead(load) OVER (PARTITION BY {key} ORDER BY load) AS next FROM"
        f" (SELECT {key}, {since} AS load FROM {history} JOIN {_TOUCHED} USING ({key}) UNION ALL"
        f" SELECT {key}, coalesce({since}, b.number) FROM {name} JOIN {_TOUCHED} USING ({key})"
        f" LEFT JOIN cdmp.batch AS b ON b.id = {tables.BATCH_ID}) AS version) AS l"
        f" WHERE {same_key(concept, 'past', 'l')} AND past.{since} = l.load AND past.{UNTIL} <> l.next"
    )
    # a removal that has nothing before it any more
    cursor.execute(
        f"DELETE FROM {history} AS past USING {_TOUCHED} AS t"  # noqa: S608
        f" WHERE {same_key(concept, 'past', 't')} AND past.{UNTIL} IS NULL AND NOT EXISTS (SELECT FROM {history} AS o"
        f" WHERE {same_key(concept, 'o', 'past')} AND o.{since} < past.{since} AND o.{UNTIL} IS NOT NULL)"
    )
    return removed, restored[0]


def _estimate(cursor: dbapi.Cursor, *names: str) -> float:
    """Give how many rows tables have, as the last ANALYZE found."""
    row = find_row(
        cursor,
        "SELECT sum(reltuples) FROM pg_class WHERE oid = ANY(string_to_array($1, ';')::regclass[])",
        ";".join(names),
    )
    assert row is not None  # noqa: S101 - an aggregate has a row
    return float(row[0])


def _count(cursor: dbapi.Cursor, statement: str) -> int:
    row = find_row(cursor, f"WITH done AS ({statement}) SELECT count(*) FROM done")  # noqa: S608
    assert row is not None  # noqa: S101 - an aggregate has a row
    return int(row[0])


def _record(cursor: dbapi.Cursor, dataset_id: UUID, run_id: str, done: Rollback) -> None:
    cursor.execute(
        "INSERT INTO cdmp.batch_rollback"
        ' (dataset_id, number, batch_id, run_id, at, "by", note, rows_removed, rows_restored)'
        " VALUES ($1::uuid, $2, $3::uuid, $4, $5, $6, $7, $8, $9)",
        (
            str(dataset_id),
            done.number,
            str(done.batch_id),
            run_id,
            done.at,
            done.by,
            done.note,
            done.rows_removed,
            done.rows_restored,
        ),
    )
    told = find_row(
        cursor, "SELECT collection_id::text, owner_id, title FROM cdmp.dataset WHERE id = $1::uuid", str(dataset_id)
    )
    assert told is not None  # noqa: S101 - its batch was there
    facts = {
        "collection_id": told[0],
        "title": told[2],
        "dataset_id": str(dataset_id),
        "number": done.number,
        "by": done.by,
        "rows_removed": done.rows_removed,
        "rows_restored": done.rows_restored,
    }
    cursor.execute(
        "INSERT INTO cdmp.outbox (kind, recipient_id, facts, created, not_before)"
        " VALUES ('batch.rolled_back', $1, $2::json, $3, $3)",
        (told[1], json.dumps(facts), done.at),
    )
    note_load(cursor, dataset_id, told[1], done.at)
