"""One ADBC connection, one transaction: all of it is there, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final
from uuid import UUID

import adbc_driver_manager
from adbc_driver_postgresql import dbapi

from include.storage.connection import judge

_AS_MANY_READ: Final = 20
"""So many rows are read in the time in which one is looked up."""


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


def find_row(cursor: dbapi.Cursor, statement: str, *values: Any) -> Sequence[Any] | None:
    """Give the first row of a query."""
    cursor.execute(statement, values or None)
    row: Sequence[Any] | None = cursor.fetchone()
    return row


def join_as_wholes(cursor: dbapi.Cursor, few: float, many: float) -> None:
    """Have tables of so many rows read once, rather than looked up key by key, where that is less work.

    PostgreSQL looks up, however many there are: it knows of each field of the key how often a value comes, not of the
    whole key, and so expects hundreds of rows to fall together. It holds until the end of the transaction.
    """
    if many < _AS_MANY_READ * few:
        cursor.execute("SET LOCAL enable_nestloop = off")
