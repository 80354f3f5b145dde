"""A dataset's table is partitioned by time where its key has one: a large batch that comes before or after all others
becomes a partition, with the key that it has already; everything else goes into the partition for the rest.

A partition is `data.p_<dataset>_<number of the load>`, which may have partitions in turn, with a number behind that;
that for the rest is `data.p_<dataset>_rest`. Readers have no grant
on them: they see their rows through the dataset's table, behind its wall.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from adbc_driver_postgresql import dbapi
from sqlalchemy import Table

from include.cim.concept import Concept
from include.storage import table as tables
from include.storage.span import Span, moment

MOST: Final = 256
"""So many partitions a dataset has at most: each costs every query some 20 µs of planning."""

_PATIENCE: Final = "2s"
"""A new partition shuts the one for the rest to readers until the commit, and so waits for those that are in it; not
for long, because whoever comes after waits behind it. The batch is then added row by row."""


def partition_name(dataset_id: UUID, number: int | None) -> str:
    """Name the partition that a load makes; None: that for the rest."""
    return f"p_{dataset_id.hex}_{'rest' if number is None else number}"


def make_partitioned(cursor: dbapi.Cursor, table: Table, concept: Concept, first: str, rest: str, span: Span) -> None:
    """Make a dataset's table, with a table that has its columns and its key as its first partition.

    Args:
        first: The table's name, without the schema.
        rest: The name of the partition for the rest, which is made where `first` is another.
        span: The rows of the first partition.
    """
    whole = tables.quoted_name(table)
    cursor.execute(tables.create_table(table))
    cursor.execute(f"ALTER TABLE {whole} ADD PRIMARY KEY ({tables.quoted(concept.key)})")
    if first == rest:
        cursor.execute(f"ALTER TABLE {whole} ATTACH PARTITION {tables.qualified(rest)} DEFAULT")
    else:
        cursor.execute(attach(table, first, span))
        cursor.execute(f"CREATE TABLE {tables.qualified(rest)} PARTITION OF {whole} DEFAULT")
    # rows of the rest come batch by batch, so that those of a time lie together
    cursor.execute(f"CREATE INDEX ON {tables.qualified(rest)} USING brin ({moment(concept)}) WITH (autosummarize = on)")


def attach_partition(cursor: dbapi.Cursor, table: Table, part: str, span: Span) -> bool:
    """Make a table a partition of a dataset's; False where rows of its time are there, or readers do not let it in.

    Args:
        span: The rows of the partition.
    """
    attaching = attach(table, part, span)
    # a block, because ADBC cannot go on after a failed statement; PostgreSQL takes back what a block did that fails
    cursor.execute(
        f"DO $$ BEGIN SET LOCAL lock_timeout = '{_PATIENCE}'; {attaching}; SET LOCAL lock_timeout TO DEFAULT;"
        " EXCEPTION WHEN lock_not_available OR check_violation OR invalid_object_definition THEN NULL; END $$"
    )
    cursor.execute("SELECT relispartition FROM pg_class WHERE oid = to_regclass($1)", (tables.qualified(part),))
    return bool(cursor.fetchone()[0])


def has_room(cursor: dbapi.Cursor, table: Table, concept: Concept, span: Span) -> bool:
    """Whether a dataset's table could have one more partition: it has no row of that span."""
    whole = tables.quoted_name(table)
    cursor.execute("SELECT count(*) FROM pg_partition_tree(to_regclass($1)) WHERE isleaf", (whole,))
    leaves = cursor.fetchone()[0]
    if not 0 < leaves <= MOST:
        return False
    cursor.execute(f"SELECT NOT EXISTS (SELECT FROM {whole} WHERE {moment(concept)} {span.within()})")  # noqa: S608
    return bool(cursor.fetchone()[0])


def is_partitioned(table: Table) -> bool:
    """Whether the table of a new dataset is made in partitions; one from before there were any stays whole."""
    return table.dialect_options["postgresql"]["partition_by"] is not None


def attach(table: Table, part: str, span: Span) -> str:
    """Write the statement that makes a table the partition of a span."""
    assert span.first is not None and span.last is not None  # noqa: S101 - the time is part of the key
    first, end = span.first.isoformat(), (span.last + timedelta(microseconds=1)).isoformat()
    return (
        f"ALTER TABLE {tables.quoted_name(table)} ATTACH PARTITION {tables.qualified(part)}"
        f" FOR VALUES FROM ('{first}') TO ('{end}')"
    )
