"""Rows of a batch in a table of their own, `data.s_<dataset>_<folder>`: copied while the batch is still being read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import adbc_driver_manager
import pyarrow.compute as pc
from adbc_driver_postgresql import dbapi
from sqlalchemy import Connection, text

from include.batch import BatchRef, LoadMode
from include.cim.concept import Concept
from include.ports import Staging
from include.storage import table as tables
from include.storage.connection import judge
from include.storage.copy_rows import SCRATCH, SORT_MEMORY, part_rows, put_rows
from include.storage.partitions import has_room
from include.storage.schema import DATA
from include.storage.span import Span, measure_parts, measure_rows

_FOLDER_LENGTH: Final = 12


class PostgresSegment:
    """The port `Segment`, on a connection of its own.

    It lacks `_batch_id`: what is read decides on it. Where the dataset has no table yet, or no row of the same time,
    the segment becomes part of it, and so gets its key here; else its rows are moved.
    """

    def __init__(self, loader_url: str, dataset_id: UUID, concept: Concept, folder: UUID, staging: Staging) -> None:
        self._url, self._concept, self._staging = loader_url, concept, staging
        self._target = tables.table_of(dataset_id, concept)
        self._name = f"{_prefix(dataset_id)}{folder.hex[:_FOLDER_LENGTH]}"
        self._connection: dbapi.Connection | None = None
        self._copied: dict[int, str] = {}
        self._spans: dict[int, tuple[int, int]] = {}

    def add(self, number: int, path: str) -> None:
        """Copy one staged part; see the port."""
        rows = part_rows(self._staging.read(path), self._concept)
        with self._cursor() as cursor:
            if number in self._spans:
                first, last = self._spans[number]
                cursor.execute(
                    f"DELETE FROM {tables.qualified(self._name)} WHERE {tables.ROW_ID} BETWEEN $1 AND $2",  # noqa: S608 - ours
                    (first, last),
                )
            put_rows(cursor, rows, self._name, DATA)
        self._copied[number] = path
        if rows.num_rows:
            ends = pc.min_max(rows[tables.ROW_ID])
            self._spans[number] = ends["min"].as_py(), ends["max"].as_py()

    def finish(self) -> str:
        """Commit; see the port."""
        with self._cursor() as cursor:
            fresh = not tables.is_there(cursor, self._target.name)
            span = measure_parts(self._copied.values(), self._concept, self._staging)
            # without a row it has no time that could be its own
            if span.rows and (fresh or has_room(cursor, self._target, self._concept, span)):
                cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORT_MEMORY}'")
                cursor.execute(tables.key_table(self._name, self._concept))
        assert self._connection is not None  # noqa: S101 - a cursor was open
        self._connection.commit()
        self.close()
        return self._name

    def close(self) -> None:
        """End the transaction; see the port."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _make(self, cursor: dbapi.Cursor) -> None:
        # of an earlier try of the run; one that is not dead yet may hold it
        cursor.execute("SET LOCAL lock_timeout = '5s'")
        cursor.execute(f"DROP TABLE IF EXISTS {tables.qualified(self._name)}")
        cursor.execute(tables.create_table(tables.part_of(self._target, self._name, without=[tables.BATCH_ID])))

    @contextmanager
    def _cursor(self) -> Iterator[dbapi.Cursor]:
        try:
            if self._connection is None:
                self._connection = dbapi.connect(self._url, autocommit=False)
                with self._connection.cursor() as cursor:
                    self._make(cursor)
            with self._connection.cursor() as cursor:
                yield cursor
        except adbc_driver_manager.Error as error:
            raise judge(error) from None  # the original's message may quote values of rows (DETAIL, CONTEXT)


def take_segment(cursor: dbapi.Cursor, ref: BatchRef) -> str | None:
    """Let the segment of a batch, if it has a key, have all that its dataset's table has; gives its name."""
    if ref.segment is None:
        return None
    cursor.execute(
        "SELECT count(*) FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'p'",
        (tables.qualified(ref.segment),),
    )
    if not cursor.fetchone()[0]:
        return None
    name, batch_id = tables.qualified(ref.segment), tables.quoted([tables.BATCH_ID])
    # of a column that is added, a constant default is kept once for all rows that are there
    cursor.execute(f"ALTER TABLE {name} ADD COLUMN {batch_id} uuid NOT NULL DEFAULT '{ref.batch_id}'")
    cursor.execute(f"ALTER TABLE {name} ALTER COLUMN {batch_id} DROP DEFAULT")
    return ref.segment


def measure_segment(cursor: dbapi.Cursor, name: str, ref: BatchRef, concept: Concept, staging: Staging) -> Span:
    """Say what a segment with a key holds; read again only where it lost rows of what was copied into it."""
    if tables.lost_rows(cursor, name):
        return measure_rows(cursor, tables.qualified(name), concept)
    return measure_parts(ref.parts, concept, staging)


def stand_in(cursor: dbapi.Cursor, ref: BatchRef, columns: Sequence[str]) -> bool:
    """Let the segment of a batch be what `make_scratch` and `copy_rows` would make; whether there was one for it.

    Args:
        columns: Those of the dataset's table as it will be, in order.
    """
    if ref.segment is None or not tables.is_there(cursor, ref.segment):
        return False
    values = [
        f"'{ref.batch_id}'::uuid AS {tables.quoted([column])}" if column == tables.BATCH_ID else tables.quoted([column])
        for column in columns
    ]
    segment = tables.qualified(ref.segment)
    if ref.load.mode is not LoadMode.APPEND:
        cursor.execute(f"ANALYZE {segment}")
    cursor.execute(f"CREATE TEMPORARY VIEW {SCRATCH} AS SELECT {', '.join(values)} FROM {segment}")  # noqa: S608 - names of ours
    return True


def drop_segment(cursor: dbapi.Cursor, name: str) -> None:
    """Remove a segment, and what stood for it."""
    cursor.execute(f"DROP TABLE {tables.qualified(name)} CASCADE")


def drop_segments(connection: Connection, dataset_id: UUID) -> int:
    """Remove every segment of a dataset; gives their number."""
    found = connection.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = :schema AND starts_with(tablename, :prefix)"),
        {"schema": DATA, "prefix": _prefix(dataset_id)},
    ).all()
    for name in found:
        connection.execute(text(f"DROP TABLE IF EXISTS {tables.qualified(name)}"))
    return len(found)


def _prefix(dataset_id: UUID) -> str:
    return f"s_{dataset_id.hex}_"
