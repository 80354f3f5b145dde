"""Connections to PostgreSQL, and what becomes of its errors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from include.errors import StoreUnavailable

_AWAY: Final = frozenset({"08", "40", "53", "55", "57", "58"})
"""SQLSTATE classes that another try may cure: connection, serialization, resources, locks, intervention, system."""


class StatementRefused(Exception):
    """PostgreSQL refused a statement: a bug of ours. Names the SQLSTATE and the object, never a value of a row."""

    def __init__(self, sqlstate: str, name: str = "") -> None:
        super().__init__(sqlstate, name)
        self.sqlstate = sqlstate
        self.name = name

    def __str__(self) -> str:
        return f"PostgreSQL refused a statement (SQLSTATE {self.sqlstate})" + (f" on {self.name}" if self.name else "")


def open_engine(url: str) -> Engine:
    """Make an engine for a libpq URI. Connects when first used, and speaks UTC.

    A process that forks (Airflow forks one for each task) leaves its connections to itself.
    """

    def connect() -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(url, connect_timeout=10)
        connection.execute("SET TIME ZONE 'UTC'")
        connection.commit()
        return connection

    engine = create_engine(
        "postgresql+psycopg://", creator=connect, pool_pre_ping=True, pool_size=5, max_overflow=10, hide_parameters=True
    )
    os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
    return engine


@contextmanager
def begin(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that commits at the end of the block.

    Raises:
        StoreUnavailable: PostgreSQL does not answer, or cannot now.
        StatementRefused: It does not take a statement of ours.
    """
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise judge(error.orig) from None  # the original's message may quote values of rows (DETAIL, CONTEXT)


def judge(error: BaseException | None) -> StoreUnavailable | StatementRefused:
    """Say what an error of a database driver (psycopg or ADBC) means, without its message."""
    state = getattr(error, "sqlstate", None)
    # SQLSTATE is absent where no server answered at all; both drivers call that an OperationalError
    if type(error).__name__ == "OperationalError" if state is None else state[:2] in _AWAY:
        return StoreUnavailable("PostgreSQL", "does not answer", "The platform tries again by itself")
    diagnosis = getattr(error, "diag", None)
    named = [getattr(diagnosis, part, None) for part in ("schema_name", "table_name", "constraint_name")]
    return StatementRefused(state or type(error).__name__, ".".join(filter(None, named)))
