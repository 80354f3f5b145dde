"""The rows of a dataset that batches have overwritten: `data.h_<32 hex>`, made when the first one is.

For each key there is a chain of versions. The dataset's table holds the newest, unless the key was removed; the history
holds all others, each with the load that put it there (`_since`) and the load that ended it (`_until`). A removal is a
version as well: a row with nothing but its key, and without an end, because nobody ever reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from adbc_driver_postgresql import dbapi
from sqlalchemy import Column, Table

from include.cim.concept import Concept
from include.storage import table as tables
from include.storage.schema import DATA
from include.storage.span import moment

UNTIL: Final = "_until"
AS_OF: Final = "cdmp.as_of"
"""What a transaction that reads a version of a dataset is set to: the number of the version's batch."""


def history_name(dataset_id: UUID) -> str:
    """Name a dataset's history, with its schema."""
    return f"{DATA}.h_{dataset_id.hex}"


def history_is_there(cursor: dbapi.Cursor, dataset_id: UUID) -> bool:
    """Whether any row of the dataset was ever overwritten."""
    cursor.execute("SELECT to_regclass($1) IS NOT NULL", (history_name(dataset_id),))
    return bool(cursor.fetchone()[0])


def make_history(cursor: dbapi.Cursor, table: Table, concept: Concept, dataset_id: UUID) -> None:
    """Make the history as the dataset's table is now, where it is not there; readers see versions of it, one at a time.

    They name the dataset and the version (`AS_OF`); else they see nothing.
    """
    if history_is_there(cursor, dataset_id):
        return
    name, as_of = history_name(dataset_id), f"nullif(current_setting('{AS_OF}', true), '')::bigint"
    seen = f"{tables.SINCE} <= {as_of} AND {as_of} < {UNTIL}"
    for statement in (
        f"CREATE TABLE {name} (LIKE {tables.quoted_name(table)} INCLUDING COMMENTS)",
        f"ALTER TABLE {name} ADD COLUMN {UNTIL} bigint, ALTER COLUMN {tables.SINCE} SET NOT NULL,"
        f" ADD PRIMARY KEY ({tables.quoted(concept.key)}, {tables.SINCE})",
        f"CREATE INDEX ON {name} ({tables.BATCH_ID})",
        f"COMMENT ON TABLE {name} IS 'Rows that batches have overwritten'",
        f"COMMENT ON COLUMN {name}.{tables.SINCE} IS 'the load that put it there'",
        f"COMMENT ON COLUMN {name}.{UNTIL} IS 'the load that overwrote it; none: that the key was removed'",
        *tables.wall_table(name, dataset_id, seen),
    ):
        cursor.execute(statement)


def grow_table(cursor: dbapi.Cursor, table: Table, missing: Sequence[Column[Any]]) -> None:
    """Give a dataset's table the columns that its concept has new, and its history with it."""
    if not missing:
        return
    name = tables.quoted_name(table)
    for statement in (*tables.add_columns(name, missing), *tables.comment_columns(missing)):
        cursor.execute(statement)
    dataset = UUID(table.name.removeprefix("d_"))
    if history_is_there(cursor, dataset):
        for statement in tables.add_columns(history_name(dataset), missing):
            cursor.execute(statement)


def columns_of(cursor: dbapi.Cursor, table: Table) -> list[str]:
    """List the columns that a dataset's table has, but for `SINCE`, quoted."""
    there = tables.columns_there(cursor, tables.quoted_name(table))
    return [tables.quoted([column]) for column in there if column != tables.SINCE]


def same_key(concept: Concept, one: str, other: str) -> str:
    """Write that two rows have the same key."""
    return " AND ".join(f"{one}.{field} = {other}.{field}" for field in map(tables.quoted, zip(concept.key)))


def measure_dataset(cursor: dbapi.Cursor, table: Table, concept: Concept, dataset_id: UUID) -> None:
    """Count the dataset's rows and see from when to when they are, where rows were taken away."""
    at = moment(concept)
    cursor.execute(
        "UPDATE cdmp.dataset AS d SET rows = n.rows, first = n.first, last = n.last FROM"  # noqa: S608 - quoted
        f" (SELECT count(*) AS rows, min({at}) AS first, max({at}) AS last"
        f" FROM {tables.quoted_name(table)}) AS n WHERE d.id = $1::uuid",
        (str(dataset_id),),
    )
