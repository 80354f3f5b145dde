"""What the tables of a database hold: so many rows, and a checksum of them that does not depend on their order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel, sql

# what a value's text depends on
_WRITTEN: Final = "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601'; SET bytea_output = hex"


@dataclass(frozen=True, slots=True)
class Holding:
    """What one table holds.

    Attributes:
        checksum: The sum, modulo 2⁶⁴, of 64 bits of each row's MD5: equal where the same rows are there, as often.
    """

    rows: int
    checksum: str


@contextmanager
def at_one_moment(url: str, snapshot: str | None = None) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """Open a read-only connection that sees one moment, whatever is committed meanwhile; gives the moment's name.

    Args:
        snapshot: The moment of another such connection to the same database, be it of another role; else now.
    """
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute(_WRITTEN)
        connection.commit()
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        if snapshot is not None:
            connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
            yield connection, snapshot
        else:
            [row] = connection.execute("SELECT pg_export_snapshot()").fetchall()
            yield connection, row[0]


def take_inventory(
    connection: psycopg.Connection[Any], schemas: Sequence[str], without: Collection[str] = ()
) -> Mapping[str, Holding]:
    """Count and add up every table of some schemas, by `schema.table`; every row is read once.

    Args:
        connection: As `at_one_moment` gives it, of a role that may see all rows.
        without: Tables to leave out, as `schema.table`.
    """
    listed = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname = ANY(%s) ORDER BY 1, 2",
        [list(schemas)],
    ).fetchall()
    return {
        f"{schema}.{table}": count_rows(connection, schema, table)
        for schema, table in listed
        if f"{schema}.{table}" not in without
    }


def count_rows(connection: psycopg.Connection[Any], schema: str, table: str) -> Holding:
    """Count and add up one table."""
    statement = sql.SQL(
        "SELECT count(*), coalesce(sum(('x' || left(md5(CAST(ROW(each_row.*) AS text)), 16))::bit(64)::bigint), 0)"
        " FROM {} AS each_row"
    ).format(sql.Identifier(schema, table))
    [(rows, total)] = connection.execute(statement).fetchall()
    return Holding(rows, f"{int(total) % (1 << 64):016x}")
