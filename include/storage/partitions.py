"""A dataset's table is partitioned by time where its key has one: a large batch that comes before or after all others
becomes a partition, with the key that it has already; everything else goes into the partition for the rest.

A partition is `data.p_<dataset>_<number of the load>`, that for the rest `data.p_<dataset>_rest`. Readers have no grant
on them: they see their rows through the dataset's table, behind its wall.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.cim.concept import Concept, time_field
from include.storage import table as tables

MOST: Final = 256
"""So many partitions a dataset has at most: each costs every query some 20 µs of planning."""

_PATIENCE: Final = "2s"
"""A new partition shuts the one for the rest to readers until the commit, and so waits for those that are in it; not
for long, because whoever comes after waits behind it. The batch is then added row by row."""


def partition_name(dataset_id: UUID, number: int | None) -> str:
    """Name the partition that a load makes; None: that for the rest."""
    return f"p_{dataset_id.hex}_{'rest' if number is None else number}"


def make_partitioned(cursor: dbapi.Cursor, table: Table, concept: Concept, first: str, rest: str) -> None:
    """Make a dataset's table, with a table that has its columns and its key as its first partition.

    Args:
        first: The table's name, without the schema.
        rest: The name of the partition for the rest, which is made where `first` is another.
    """
    whole = tables.quoted_name(table)
    cursor.execute(tables.create_table(table))
    cursor.execute(f"ALTER TABLE {whole} ADD PRIMARY KEY ({tables.quoted(concept.key)})")
    if first == rest:
        cursor.execute(f"ALTER TABLE {whole} ATTACH PARTITION {tables.qualified(rest)} DEFAULT")
    else:
        cursor.execute(_attach(cursor, table, concept, first))
        cursor.execute(f"CREATE TABLE {tables.qualified(rest)} PARTITION OF {whole} DEFAULT")
    # rows of the rest come batch by batch, so that those of a time lie together
    cursor.execute(f"CREATE INDEX ON {tables.qualified(rest)} USING brin ({_time(concept)}) WITH (autosummarize = on)")


def attach_partition(cursor: dbapi.Cursor, table: Table, concept: Concept, part: str) -> bool:
    """Make a table a partition of a dataset's; False where rows of its time are there, or readers do not let it in."""
    attach = _attach(cursor, table, concept, part)
    # a block, because ADBC cannot go on after a failed statement; PostgreSQL takes back what a block did that fails
    cursor.execute(
        f"DO $$ BEGIN SET LOCAL lock_timeout = '{_PATIENCE}'; {attach}; SET LOCAL lock_timeout TO DEFAULT;"
        " EXCEPTION WHEN lock_not_available OR check_violation OR invalid_object_definition THEN NULL; END $$"
    )
    cursor.execute("SELECT relispartition FROM pg_class WHERE oid = to_regclass($1)", (tables.qualified(part),))
    return bool(cursor.fetchone()[0])


def has_room(cursor: dbapi.Cursor, table: Table, concept: Concept, part: str) -> bool:
    """Whether a table could become a partition of a dataset's: this has no row of the same time."""
    whole, time = tables.quoted_name(table), _time(concept)
    cursor.execute(
        "SELECT count(i.inhrelid) FROM pg_class AS c LEFT JOIN pg_inherits AS i ON i.inhparent = c.oid"
        " WHERE c.oid = to_regclass($1) AND c.relkind = 'p' GROUP BY c.oid",
        (whole,),
    )
    row = cursor.fetchone()
    if row is None or row[0] > MOST:
        return False
    cursor.execute(f"SELECT min({time}), max({time}) FROM {tables.qualified(part)}")  # noqa: S608 - quoted
    span = cursor.fetchone()
    # the values are known when the query is planned, so that only partitions of that time are looked at
    cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {whole} WHERE {time} BETWEEN $1 AND $2)", span)  # noqa: S608
    return bool(cursor.fetchone()[0])


def is_partitioned(table: Table) -> bool:
    """Whether the table of a new dataset is made in partitions; one from before there were any stays whole."""
    return table.dialect_options["postgresql"]["partition_by"] is not None


def _attach(cursor: dbapi.Cursor, table: Table, concept: Concept, part: str) -> str:
    """Write the statement that makes a table the partition of its own span; both ends as PostgreSQL writes them."""
    time, name = _time(concept), tables.qualified(part)
    cursor.execute(
        f"SELECT min({time})::text, (max({time}) + interval '1 microsecond')::text FROM {name}"  # noqa: S608 - quoted
    )
    first, end = cursor.fetchone()
    return f"ALTER TABLE {tables.quoted_name(table)} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{end}')"


def _time(concept: Concept) -> str:
    return tables.quoted([str(time_field(concept))])
