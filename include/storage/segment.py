"""Rows of a batch in a table of their own, `data.s_<dataset>_<folder>`: copied while the batch is still being read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import adbc_driver_manager
from adbc_driver_postgresql import dbapi
from sqlalchemy import Connection, MetaData, Table, text

from include.batch import ROW_ID, BatchRef, LoadMode
from include.cim.concept import Concept
from include.ports import Staging
from include.storage import table as tables
from include.storage.connection import judge
from include.storage.copy_rows import SCRATCH, SORT_MEMORY, part_rows, put_rows
from include.storage.schema import DATA

_FOLDER_LENGTH: Final = 12


class PostgresSegment:
    """The port `Segment`, on a connection and in a thread of its own.

    It lacks `_batch_id`: what is read decides on it. Where the dataset has no table yet, the segment becomes it, and
    so gets its key here; else its rows are moved, and it need not outlive a crash of the server.
    """

    def __init__(self, loader_url: str, dataset_id: UUID, concept: Concept, folder: UUID, staging: Staging) -> None:
        self._url, self._concept, self._staging = loader_url, concept, staging
        self._target = tables.table_of(dataset_id, concept)
        self._name = f"{_prefix(dataset_id)}{folder.hex[:_FOLDER_LENGTH]}"
        self._thread = ThreadPoolExecutor(1, "segment")
        self._running: Future[None] | None = None
        self._connection: dbapi.Connection | None = None
        self._fresh = True
        self._spans: dict[int, tuple[int, int]] = {}

    def add(self, number: int, path: str) -> None:
        """Copy one staged part; see the port. Waits for the one before."""
        self._wait()
        self._running = self._thread.submit(self._copy, number, path)

    def finish(self) -> str:
        """Commit; see the port."""
        self._wait()
        self._thread.submit(self._complete).result()
        self.close()
        return self._name

    def close(self) -> None:
        """End the transaction; see the port."""
        self._thread.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _wait(self) -> None:
        if self._running is not None:
            self._running.result()

    def _copy(self, number: int, path: str) -> None:
        frame = self._staging.read(path)
        rows = part_rows(frame, self._concept)
        with self._cursor() as cursor:
            if number in self._spans:
                first, last = self._spans[number]
                cursor.execute(
                    f"DELETE FROM {_quoted(self._name)} WHERE {tables.ROW_ID} BETWEEN $1 AND $2",  # noqa: S608 - ours
                    (first, last),
                )
            put_rows(cursor, rows, self._name, DATA)
        if frame.height:
            self._spans[number] = (int(frame[ROW_ID].min()), int(frame[ROW_ID].max()))  # type: ignore[arg-type]

    def _complete(self) -> None:
        with self._cursor() as cursor:
            if self._fresh:
                cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORT_MEMORY}'")
                cursor.execute(tables.key_table(self._table(), self._concept))
        assert self._connection is not None  # noqa: S101 - a cursor was open
        self._connection.commit()

    @contextmanager
    def _cursor(self) -> Iterator[dbapi.Cursor]:
        try:
            if self._connection is None:
                self._connection = dbapi.connect(self._url, autocommit=False)
                with self._connection.cursor() as cursor:
                    # of an earlier try of the run; one that is not dead yet may hold it
                    cursor.execute("SET LOCAL lock_timeout = '5s'")
                    cursor.execute(f"DROP TABLE IF EXISTS {_quoted(self._name)}")
                    self._fresh = not tables.is_there(cursor, self._target)
                    for statement in tables.create_table(self._table()):
                        cursor.execute(statement)
            with self._connection.cursor() as cursor:
                yield cursor
        except adbc_driver_manager.Error as error:
            raise judge(error) from None  # the original's message may quote values of rows (DETAIL, CONTEXT)

    def _table(self) -> Table:
        columns = [column.copy() for column in self._target.columns if column.name != tables.BATCH_ID]
        prefixes = [] if self._fresh else ["UNLOGGED"]
        return Table(self._name, MetaData(schema=DATA), *columns, comment=self._target.comment, prefixes=prefixes)


def become_table(cursor: dbapi.Cursor, ref: BatchRef, table: Table) -> bool:
    """Make the segment of a batch the table of its dataset, which has none yet; whether there was a segment for it."""
    name = _found(cursor, ref, "p")
    if name is None:
        return False
    whole, batch_id = tables.quoted_name(table), tables.quoted([tables.BATCH_ID])
    for statement in (
        f"ALTER TABLE {_quoted(name)} RENAME TO {tables.quoted([table.name])}",
        f'ALTER TABLE {whole} RENAME CONSTRAINT "{name}_pkey" TO "{table.name}_pkey"',
        # of a column that is added, a constant default is kept once for all rows that are there
        f"ALTER TABLE {whole} ADD COLUMN {batch_id} uuid NOT NULL DEFAULT '{ref.batch_id}'",
        f"ALTER TABLE {whole} ALTER COLUMN {batch_id} DROP DEFAULT",
        *tables.comment_columns([table.columns[tables.BATCH_ID]]),
    ):
        cursor.execute(statement)
    return True


def stand_in(cursor: dbapi.Cursor, ref: BatchRef, table: Table) -> bool:
    """Let the segment of a batch be what `make_scratch` and `copy_rows` would make; whether there was one for it."""
    name = _found(cursor, ref, "pu")
    if name is None:
        return False
    cursor.execute(f"SELECT EXISTS (SELECT FROM {_quoted(name)})")  # noqa: S608 - a name of ours
    if not cursor.fetchone()[0]:
        return False  # a server that recovers empties what is unlogged
    cursor.execute(tables.list_columns(table))
    there = [column for (column,) in cursor.fetchall()]
    ours = [column.name for column in table.columns]
    if not set(there) <= set(ours):
        return False  # the concept has lost a field since
    values = [
        f"'{ref.batch_id}'::uuid AS {tables.quoted([column])}" if column == tables.BATCH_ID else tables.quoted([column])
        for column in dict.fromkeys([*there, *ours])
    ]
    segment = _quoted(name)
    if ref.load.mode is not LoadMode.APPEND:
        cursor.execute(f"ANALYZE {segment}")
    cursor.execute(f"CREATE TEMPORARY VIEW {SCRATCH} AS SELECT {', '.join(values)} FROM {segment}")  # noqa: S608 - names of ours
    return True


def drop_segment(cursor: dbapi.Cursor, name: str) -> None:
    """Remove a segment, and what stood for it."""
    cursor.execute(f"DROP TABLE {_quoted(name)} CASCADE")


def drop_segments(connection: Connection, dataset_id: UUID) -> int:
    """Remove every segment of a dataset; gives their number."""
    found = connection.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema AND starts_with(tablename, :prefix)"),
        {"schema": DATA, "prefix": _prefix(dataset_id)},
    ).all()
    for name in found:
        connection.execute(text(f"DROP TABLE IF EXISTS {_quoted(name)}"))
    return len(found)


def _found(cursor: dbapi.Cursor, ref: BatchRef, kinds: str) -> str | None:
    """The segment's name, where it is still there and of one of these kinds (`pg_class.relpersistence`)."""
    if ref.segment is None:
        return None
    cursor.execute(
        "SELECT relname FROM pg_class WHERE oid = to_regclass($1) AND strpos($2, relpersistence::text) > 0",
        (_quoted(ref.segment), kinds),
    )
    row = cursor.fetchone()
    return None if row is None else str(row[0])


def _quoted(name: str) -> str:
    return f"{DATA}.{tables.quoted([name])}"


def _prefix(dataset_id: UUID) -> str:
    return f"s_{dataset_id.hex}_"
