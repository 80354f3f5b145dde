"""The rows of a batch on their way into their dataset: as a table of their own, as a partition, or row by row."""

from __future__ import annotations

from dataclasses import dataclass, field

from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.batch import BatchRef, LoadMode
from include.cim.concept import Concept, time_field
from include.expectations.shared_hashes import find_shared_hashes
from include.ports import Staging
from include.storage import table as tables
from include.storage.copy_rows import SCRATCH, SORT_MEMORY, copy_rows, make_scratch
from include.storage.history import grow_table, same_key
from include.storage.merge_rows import Overwritten, overwrite_rows
from include.storage.partitions import attach_partition, is_partitioned, make_partitioned, partition_name
from include.storage.schema import DATA
from include.storage.segment import drop_segment, measure_segment, stand_in, take_segment
from include.storage.span import Span, measure_parts, measure_rows, moment
from include.storage.transaction import find_row, join_as_wholes


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load added, and what it overwrote."""

    added: Span
    overwritten: Overwritten = field(default_factory=Overwritten)


def load_rows(cursor: dbapi.Cursor, ref: BatchRef, concept: Concept, staging: Staging, number: int) -> Loaded:
    """Add the rows of a batch whose keys its dataset does not have; its table is made of its first batch.

    Args:
        number: Of the load.
    """
    table = tables.table_of(ref.dataset_id, concept)
    there = tables.columns_there(cursor, tables.quoted_name(table))
    cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORT_MEMORY}'")
    cursor.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'")
    part = partition_name(ref.dataset_id, number)
    if not there:
        return Loaded(_make_table(cursor, table, ref, concept, staging, part))
    missing = tables.missing_columns(table, there)
    columns = [*there, *(column.name for column in missing)]
    # a segment has the columns of its concept, which may have lost a field since the table was made
    fits = len(columns) == len(table.columns)
    if fits and ref.load.mode is not LoadMode.REPLACE and (segment := take_segment(cursor, ref)):
        span = measure_segment(cursor, segment, ref, concept, staging)
        grow_table(cursor, table, missing)
        missing = []
        if attach_partition(cursor, table, segment, span):
            tables.rename_table(cursor, segment, part)
            return Loaded(span)
    stands_in = fits and stand_in(cursor, ref, columns)
    if not stands_in:
        make_scratch(cursor, table)
        copy_rows(cursor, SCRATCH, "pg_temp", ref, concept, staging)
    # what the concept has new; only now, because it keeps readers out until the end
    grow_table(cursor, table, missing)
    overwritten = overwrite_rows(cursor, table, ref, concept, number)
    loaded = Loaded(_insert(cursor, table, ref, concept, staging), overwritten)
    if stands_in and ref.segment is not None:
        drop_segment(cursor, ref.segment)
    return loaded


def _make_table(
    cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, staging: Staging, part: str
) -> Span:
    """Make the dataset's table of its first batch, walled off.

    Args:
        part: The name of the partition that the batch's segment becomes, if it has one.
    """
    rest = partition_name(ref.dataset_id, None)
    if not is_partitioned(table):
        part = rest = table.name
    if taken := take_segment(cursor, ref):
        span = measure_segment(cursor, taken, ref, concept, staging)
        tables.rename_table(cursor, taken, part)
    else:
        part = rest
        cursor.execute(tables.create_table(tables.part_of(table, part)))
        copy_rows(cursor, part, DATA, ref, concept, staging)
        cursor.execute(tables.key_table(part, concept))
        span = measure_rows(cursor, tables.qualified(part), concept)
    if is_partitioned(table):
        make_partitioned(cursor, table, concept, part, rest, span)
    for statement in (*tables.comment_table(table), *tables.wall_table(tables.quoted_name(table), ref.dataset_id)):
        cursor.execute(statement)
    return span


def _insert(cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, staging: Staging) -> Span:
    """Add those rows in `SCRATCH` whose keys are not there yet; of those with one key, the first of the source."""
    name, key = tables.quoted_name(table), tables.quoted(concept.key)
    brought = measure_parts(ref.parts, concept, staging)
    if not brought.rows:
        return brought
    shared = find_shared_hashes([staging.scan(part) for part in ref.parts], concept.key)
    if shared.is_empty() and not _meets(cursor, table, ref, concept, brought):
        # in the order of the parts, each of which is sorted by the key: to sort them all is slower than what it saves
        cursor.execute(f"INSERT INTO {name} SELECT * FROM {SCRATCH}")  # noqa: S608 - names from the CIM, quoted
        return brought
    # half the time of ON CONFLICT DO NOTHING; safe, because every load of this dataset holds the advisory lock
    added = find_row(
        cursor,
        f"WITH added AS (INSERT INTO {name} SELECT DISTINCT ON ({key}) * FROM {SCRATCH} WHERE NOT EXISTS"  # noqa: S608
        f" (SELECT FROM {name} AS old WHERE {same_key(concept, 'old', SCRATCH)}) ORDER BY {key}, {tables.ROW_ID}"
        f" RETURNING {moment(concept)} AS moment)"
        " SELECT count(*), min(moment), max(moment) FROM added",
    )
    assert added is not None  # noqa: S101 - an aggregate has a row
    return Span(*added)


def _meets(cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, brought: Span) -> bool:
    """Whether a key of the rows in `SCRATCH` is there already."""
    time = time_field(concept)
    there = find_row(cursor, "SELECT rows FROM cdmp.dataset WHERE id = $1::uuid", str(ref.dataset_id))
    join_as_wholes(cursor, brought.rows, there[0] if there else 0)
    # the moments are written out, so that only partitions of that time are looked at
    near = f" AND old.{tables.quoted([time])} {brought.within()}" if time in concept.key else ""
    met = find_row(
        cursor,
        f"SELECT EXISTS (SELECT FROM {SCRATCH} JOIN {tables.quoted_name(table)} AS old"  # noqa: S608 - names from the CIM
        f" ON {same_key(concept, 'old', SCRATCH)}{near})",
    )
    return met is not None and bool(met[0])
