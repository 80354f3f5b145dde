"""Holds a dataset's rows against a k-anonymity gate, where some come or go: grouped by PostgreSQL, in its memory."""

from __future__ import annotations

import polars as pl
from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.anonymization.config import KAnonymity
from include.anonymization.k_anonymity import Disclosure, Groups
from include.batch import ROW_ID, BatchRef, LoadMode
from include.cim.concept import Concept
from include.ports import Staging
from include.storage import table as tables
from include.storage.copy_rows import SCRATCH, copy_rows, make_scratch
from include.storage.history import same_key
from include.storage.merge_rows import find_overwritten, still_there
from include.storage.transaction import find_row, transaction

_NEW, _GROUPS, _BEFORE = "new_rows", "groups_of_rows", "groups_before"


def assess_groups(loader_url: str, staging: Staging, ref: BatchRef, concept: Concept, gate: KAnonymity) -> Disclosure:
    """Count the groups that the dataset's rows make together with those that the batch adds; see the port.

    The rows go into a temporary table, as they would for a load; the dataset's own table is only read.

    Raises:
        StoreUnavailable: PostgreSQL is away.
    """
    table = tables.table_of(ref.dataset_id, concept)
    with transaction(loader_url) as cursor:
        old = _stage(cursor, table, ref, concept, staging, gate)
        _group(cursor, old, gate)
        before = _measure(cursor, "TRUE")
        after = _measure(cursor, "NOT bad OR rows > added", "bad")
        return Disclosure(before, after, _suppressed(cursor, concept))


def note_groups(cursor: dbapi.Cursor, table: Table, gate: KAnonymity) -> None:
    """Remember, for this transaction, the groups that a dataset's rows make, before some of them go."""
    cursor.execute(f"CREATE TEMPORARY TABLE {_BEFORE} ON COMMIT DROP AS {_groups_of(cursor, table, gate)}")


def count_worse(cursor: dbapi.Cursor, table: Table, gate: KAnonymity) -> tuple[int, int]:
    """Count the rows that are now in groups that are too small, and were not when `note_groups` was called.

    A group that was too small already, from before there was a gate, must not become smaller.

    Returns:
        The rows, and the size of the smallest of these groups; 0 where there is none.
    """
    found = find_row(
        cursor,
        "SELECT coalesce(sum(now.rows), 0)::bigint, coalesce(min(now.size), 0)::bigint"  # noqa: S608 - ours
        f' FROM ({_groups_of(cursor, table, gate)}) AS now LEFT JOIN {_BEFORE} AS past USING ("group")'
        f" WHERE {_too_small(gate, 'now')} AND NOT coalesce({_too_small(gate, 'past')}"
        ' AND past.size <= now.size AND past."values" <= now."values", FALSE)',
    )
    assert found is not None  # noqa: S101 - an aggregate has a row
    return int(found[0]), int(found[1])


def _groups_of(cursor: dbapi.Cursor, table: Table, gate: KAnonymity) -> str:
    name, (size, values) = tables.quoted_name(table), _sizes(gate)
    missing = {column.name for column in tables.missing_columns(table, tables.columns_there(cursor, name))}
    return (
        f'SELECT "group", count(*) AS rows, {size} AS size, {values} AS "values"'  # noqa: S608 - ours
        f' FROM (SELECT {_described(gate, missing)} FROM {name}) AS every GROUP BY "group"'
    )


def _sizes(gate: KAnonymity) -> tuple[str, str]:
    """Write how large a group is, and how many values its sensitive field has."""
    return "count(*)" if gate.subject is None else "count(DISTINCT subject)", "count(DISTINCT value)"


def _too_small(gate: KAnonymity, of: str) -> str:
    return f'({of}.size < {gate.k} OR {of}."values" < {gate.least_values})'


def _stage(
    cursor: dbapi.Cursor, table: Table, ref: BatchRef, concept: Concept, staging: Staging, gate: KAnonymity
) -> str:
    """Copy the batch's rows, and keep of them those that the dataset does not have.

    Returns:
        The query of the dataset's own rows that stay, as `_group` takes them.
    """
    name, key = tables.quoted_name(table), tables.quoted(concept.key)
    there = tables.is_there(cursor, table.name)
    if there:
        missing = {column.name for column in make_scratch(cursor, table)}
    else:
        missing = set()
        cursor.execute(f"CREATE TEMPORARY TABLE {SCRATCH} () ON COMMIT DROP")
        for statement in tables.add_columns(SCRATCH, list(table.columns)):
            cursor.execute(statement)
    copy_rows(cursor, SCRATCH, "pg_temp", ref, concept, staging)
    stays = "TRUE"
    if there and ref.load.mode is not LoadMode.APPEND:
        find_overwritten(cursor, table, concept, ref.load, missing)
        stays = still_there(concept, "old")
    same = same_key(concept, "old", SCRATCH)
    known = f"WHERE NOT EXISTS (SELECT FROM {name} AS old WHERE {same} AND {stays})" if there else ""
    cursor.execute(
        f"CREATE TEMPORARY TABLE {_NEW} ON COMMIT DROP AS SELECT DISTINCT ON ({key}) {key},"  # noqa: S608 - ours
        f" {_described(gate, set())}, TRUE AS is_new FROM {SCRATCH} {known} ORDER BY {key}, {tables.ROW_ID}"
    )
    if not there:
        return ""
    return f" UNION ALL SELECT {_described(gate, missing)}, FALSE FROM {name} AS old WHERE {stays}"  # noqa: S608 - ours


def _described(gate: KAnonymity, missing: set[str]) -> str:
    """Write a row's group, its subject and its sensitive value as columns; a row's text tells null from empty."""

    def column(name: str | None) -> str:
        return "NULL" if name is None or name in missing else f"{tables.quoted([name])}::text"

    quasi = ", ".join(map(column, gate.quasi_identifiers))
    sensitive = gate.l_diversity.field if gate.l_diversity is not None else None
    return f'ROW({quasi})::text COLLATE "C" AS "group", {column(gate.subject)} AS subject, {column(sensitive)} AS value'


def _group(cursor: dbapi.Cursor, old: str, gate: KAnonymity) -> None:
    size, values = _sizes(gate)
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE {_GROUPS} ON COMMIT DROP AS
        SELECT *, {_too_small(gate, "counted")} AS bad FROM (
            SELECT "group", count(*) AS rows, {size} AS size, {values} AS "values",
                count(*) FILTER (WHERE is_new) AS added,
                {size} FILTER (WHERE NOT is_new) AS old_size, {values} FILTER (WHERE NOT is_new) AS old_values
            FROM (SELECT "group", subject, value, is_new FROM {_NEW}{old}) AS every
            GROUP BY "group"
        ) AS counted"""  # noqa: S608 - ours
    )


def _measure(cursor: dbapi.Cursor, which: str, old_where: str = "FALSE") -> Groups:
    """Measure groups; of those that are `old_where`, only the rows that the dataset has."""

    def of(all_rows: str, old: str) -> str:
        return f"CASE WHEN {old_where} THEN {old} ELSE {all_rows} END"

    rows, size, values = of("rows", "rows - added"), of("size", "old_size"), of('"values"', "old_values")
    found = find_row(
        cursor,
        f"SELECT coalesce(sum({rows}), 0)::bigint, coalesce(min({size}), 0)::bigint,"  # noqa: S608 - ours
        f" coalesce(min({values}), 0)::bigint, coalesce(sum({rows}) FILTER (WHERE {size} = 1), 0)::bigint"
        f" FROM {_GROUPS} WHERE {which}",
    )
    assert found is not None  # noqa: S101 - an aggregate has a row
    return Groups(*found)


def _suppressed(cursor: dbapi.Cursor, concept: Concept) -> pl.Series:
    """Number the batch's rows in groups that are too small; another row with the key of one of them goes as well."""
    key = tables.quoted(concept.key)
    cursor.execute(
        f"SELECT {tables.ROW_ID} FROM {SCRATCH} WHERE ({key}) IN"  # noqa: S608 - ours
        f' (SELECT {key} FROM {_NEW} JOIN {_GROUPS} USING ("group") WHERE bad)'
    )
    rows: pl.Series = pl.from_arrow(cursor.fetch_arrow_table()).to_series()  # type: ignore[union-attr]
    return rows.cast(pl.Int64).rename(ROW_ID)
