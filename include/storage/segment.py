"""Rows of a batch in a table of their own, `data.s_<dataset>_<folder>`: copied while the batch is still being read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import polars as pl
from adbc_driver_postgresql import dbapi
from sqlalchemy import Connection, text

from include.batch import ROW_ID, BatchRef, LoadMode
from include.cim.concept import Concept, time_field
from include.errors import StoreUnavailable
from include.ports import Staging
from include.storage import table as tables
from include.storage.copy_rows import SCRATCH, read_sorted
from include.storage.leaf import Leaf
from include.storage.partitions import attach, has_room, is_partitioned
from include.storage.schema import DATA
from include.storage.span import Span, join_spans, measure_parts, measure_rows
from include.storage.transaction import transaction

_FOLDER_LENGTH: Final = 12
LEAF_ROWS: Final = 1_000_000
"""So many rows are in a leaf, or more, when its key begins to be made: for that of the last one a load waits."""

_Place = tuple[Leaf, Span, int, int]
"""Where rows are, their stretch of time, and the first and the last of their numbers."""


class PostgresSegment:
    """The port `Segment`, on connections of its own.

    It lacks `_batch_id`: what is read decides on it. Where the dataset has no table yet, or no row of the same time,
    the segment becomes part of it, and so gets its key here; else its rows are moved.

    Rows that come in the order of their time go into one leaf after the other. While the next is copied, the one before
    gets its key, so that the index of the whole batch is not made when all else is done. In the end they are the
    partitions of one table. Other rows are all in the first leaf.
    """

    def __init__(self, loader_url: str, dataset_id: UUID, concept: Concept, folder: UUID, staging: Staging) -> None:
        self._url, self._concept, self._staging = loader_url, concept, staging
        self._target = tables.table_of(dataset_id, concept)
        self._name = f"{_prefix(dataset_id)}{folder.hex[:_FOLDER_LENGTH]}"
        self._time = time_field(concept) if is_partitioned(self._target) else None
        self._leaves: list[Leaf] = []
        self._begins: list[Any] = []
        self._ordered = self._time is not None
        self._copied: dict[int, tuple[str, list[_Place]]] = {}
        self._finishing: dict[Leaf, Future[None]] = {}
        self._keyer = ThreadPoolExecutor(1, "key")
        self._copier = ThreadPoolExecutor(1, "copy")
        self._copying: Future[None] | None = None
        self._kept = False

    def add(self, number: int, path: str) -> None:
        """Copy one staged part, while the next is sorted; see the port."""
        frame = read_sorted(path, self._concept, self._staging)
        self._wait()
        self._copying = self._copier.submit(self._copy, number, path, frame)

    def _wait(self) -> None:
        if self._copying is not None:
            self._copying.result()

    def _copy(self, number: int, path: str, frame: pl.DataFrame) -> None:
        if not self._leaves:
            self._drop()  # of an earlier try of the run
            self._begin_leaf()
        for leaf, _, first, last in self._copied[number][1] if number in self._copied else ():
            self._open(leaf).remove(first, last)
        places: list[_Place] = []
        for leaf, rows in self._share_out(frame):
            span = self._open(leaf).put(rows)
            first, last = rows.select(pl.min(ROW_ID).alias("first"), pl.max(ROW_ID).alias("last")).row(0)
            places.append((leaf, span, first, last))
        self._copied[number] = path, places

    def finish(self) -> str:
        """Commit; see the port."""
        self._wait()
        span = join_spans(span for _, places in self._copied.values() for _, span, _, _ in places)
        # without a row it has no time that could be its own
        keyed = span.rows > 0 and self._has_room(span)
        for leaf in self._leaves:
            if leaf in self._finishing:
                self._finishing[leaf].result()
            else:
                leaf.finish(keyed=keyed)
        if len(self._leaves) > 1:
            self._gather(keyed=keyed)
        self._kept = True
        return self._name if len(self._leaves) > 1 else self._leaves[0].name

    def close(self) -> None:
        """Give up; see the port."""
        self._copier.shutdown()
        self._keyer.shutdown()
        for leaf in self._leaves:
            leaf.close()
        if self._leaves and not self._kept:
            with suppress(StoreUnavailable):  # what is left then, the janitor finds
                self._drop()

    def _share_out(self, frame: pl.DataFrame) -> Iterator[tuple[Leaf, pl.DataFrame]]:
        """Give each leaf its rows of a part; where they come in order, and it is full, a new one has those after it."""
        full, begun = self._leaves[-1], False
        if self._time and self._ordered and full.span.rows >= LEAF_ROWS:
            after = frame.filter(pl.col(self._time) > full.span.last)
            # where few are after it, they come in another order, and a new leaf would not stay the last
            if after.height * 2 > frame.height:
                # if a full leaf may not become a partition, the others need not be apart from it
                begun = self._ordered = self._has_room(full.span)
            if begun:
                self._begins.append(after[self._time].min())
                self._begin_leaf()
        yield from self._shares(frame)
        if begun:
            self._finishing[full] = self._keyer.submit(full.finish, keyed=True)

    def _shares(self, frame: pl.DataFrame) -> Iterator[tuple[Leaf, pl.DataFrame]]:
        if self._time is None or frame.is_empty():
            yield self._leaves[0], frame
            return
        of = pl.Series(self._begins, dtype=frame[self._time].dtype).search_sorted(frame[self._time], side="right")
        numbers = of.unique().sort()
        for number in numbers:
            yield self._leaves[number], frame if numbers.len() == 1 else frame.filter(of == number)

    def _gather(self, *, keyed: bool) -> None:
        whole = tables.part_of(self._target, self._name, without=[tables.BATCH_ID], by=self._time)
        with transaction(self._url) as cursor:
            cursor.execute(tables.create_table(whole))
            if keyed:
                cursor.execute(tables.key_table(self._name, self._concept))
            for leaf in self._leaves:
                cursor.execute(attach(whole, leaf.name, leaf.span))

    def _begin_leaf(self) -> None:
        name = f"{self._name}_{len(self._leaves)}"
        table = tables.part_of(self._target, name, without=[tables.BATCH_ID])
        self._leaves.append(Leaf(self._url, table, self._concept, self._time))

    def _open(self, leaf: Leaf) -> Leaf:
        """Give a leaf that takes rows; what comes for one that has its key already does not come in order."""
        if leaf in self._finishing:
            self._ordered = False
            self._finishing.pop(leaf).result()
            if not leaf.reopen():
                self._copy_again(leaf)
        return leaf

    def _copy_again(self, leaf: Leaf) -> None:
        for path, places in self._copied.values():
            if any(there is leaf for there, *_ in places):
                for there, rows in self._shares(read_sorted(path, self._concept, self._staging)):
                    if there is leaf:
                        leaf.put(rows)

    def _has_room(self, span: Span) -> bool:
        """Whether rows may become a partition."""
        with transaction(self._url) as cursor:
            fresh = not tables.is_there(cursor, self._target.name)
            return fresh or has_room(cursor, self._target, self._concept, span)

    def _drop(self) -> None:
        with transaction(self._url) as cursor:
            cursor.execute("SET LOCAL lock_timeout = '5s'")  # one that is not dead yet may hold it
            cursor.execute(_list_tables(self._name))
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE IF EXISTS {tables.qualified(name)}")


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
    found = connection.scalars(text(_list_tables(_prefix(dataset_id)))).all()
    for name in found:
        connection.execute(text(f"DROP TABLE IF EXISTS {tables.qualified(name)}"))
    return len(found)


def _prefix(dataset_id: UUID) -> str:
    return f"s_{dataset_id.hex}_"


def _list_tables(prefix: str) -> str:
    # a table before its partitions, which go with it
    return (
        f"SELECT relname FROM pg_class WHERE relnamespace = '{DATA}'::regnamespace AND relkind IN ('r', 'p')"  # noqa: S608 - ours
        f" AND starts_with(relname, '{prefix}') ORDER BY relkind"
    )
