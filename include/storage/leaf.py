"""A table with rows of one stretch of time of a batch, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import adbc_driver_manager
import polars as pl
from adbc_driver_postgresql import dbapi
from sqlalchemy import Column, Table

from include.cim.concept import Concept
from include.storage import table as tables
from include.storage.connection import judge
from include.storage.copy_rows import SORT_MEMORY, part_rows, put_rows
from include.storage.schema import DATA
from include.storage.span import Span, join_spans, measure_frame


class Leaf:
    """One table, made at its first use; nobody else sees it before `finish`.

    Where it may become a partition, a column of words of the CIM that all rows share is not copied: it is added in the
    end, with that word as the default of the rows that are there, for which PostgreSQL keeps it once. Only such words:
    whoever may read the catalogue sees it.

    Args:
        table: As what it is made, without a key.
        time: The column that is the time of its rows, where it may become a partition.

    Attributes:
        span: How many rows were put there, and a stretch of time that has them all.
    """

    def __init__(self, loader_url: str, table: Table, concept: Concept, time: str | None) -> None:
        self._url, self._table, self._concept, self._time = loader_url, table, concept, time
        self._connection: dbapi.Connection | None = None
        self._made = self._keyed = False
        self._shared: dict[str, str] = {}
        self.name = table.name
        self.span = Span(0, None, None)

    def put(self, frame: pl.DataFrame) -> Span:
        """Copy staged rows; gives how many they are, and their stretch of time."""
        if not self._made and self._time:
            self._shared = _find_shared(frame, self._concept)
        with self.cursor() as cursor:
            others = [name for name, word in self._shared.items() if not frame[name].eq_missing(word).all()]
            self._add_shared(cursor, others)
            put_rows(cursor, part_rows(frame.drop(self._shared), self._concept), self.name, DATA)
        span = measure_frame(frame, self._concept)
        self.span = join_spans([self.span, span])
        return span

    def remove(self, first: int, last: int) -> None:
        """Remove the rows from one number to another."""
        with self.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {tables.qualified(self.name)} WHERE {tables.ROW_ID} BETWEEN $1 AND $2",  # noqa: S608 - ours
                (first, last),
            )

    def finish(self, *, keyed: bool) -> None:
        """Commit, with a key or without."""
        with self.cursor() as cursor:
            self._add_shared(cursor, list(self._shared))
            if keyed:
                cursor.execute(f"SET LOCAL maintenance_work_mem = '{SORT_MEMORY}'")
                cursor.execute(tables.key_table(self.name, self._concept))
            if keyed and self._time:
                cursor.execute(tables.bound_table(self.name, self._time, self.span.within()))
            cursor.connection.commit()
        self.close()
        self._keyed = keyed

    def reopen(self) -> bool:
        """Take up again what is finished: without a key it takes any row.

        Returns:
            Whether it has its rows. Where it lost some to the key it has none, for one of those may be the first now.
        """
        if not self._keyed:
            return True
        self._keyed = False
        with self.cursor() as cursor:
            self._made = not tables.lost_rows(cursor, self.name)
            if self._made:
                cursor.execute(tables.unkey_table(self.name))
            else:
                cursor.execute(f"DROP TABLE {tables.qualified(self.name)}")
                self.span = Span(0, None, None)
        return self._made

    def close(self) -> None:
        """End the transaction; what is not finished is gone."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _add_shared(self, cursor: dbapi.Cursor, names: Sequence[str]) -> None:
        """Give the rows that are there the word that they share, in columns of their own."""
        name = tables.qualified(self.name)
        for each in names:
            there = self._table.columns[each]
            column = Column(each, there.type, nullable=there.nullable, server_default=self._shared.pop(each))
            for statement in tables.add_columns(name, [column]):
                cursor.execute(statement)
            cursor.execute(f"ALTER TABLE {name} ALTER COLUMN {tables.quoted([each])} DROP DEFAULT")

    @contextmanager
    def cursor(self) -> Iterator[dbapi.Cursor]:
        """Give a cursor of its transaction."""
        try:
            if self._connection is None:
                self._connection = dbapi.connect(self._url, autocommit=False)
            with self._connection.cursor() as cursor:
                if not self._made:
                    cursor.execute(
                        tables.create_table(tables.part_of(self._table, self.name, without=list(self._shared)))
                    )
                    self._made = True
                yield cursor
        except adbc_driver_manager.Error as error:
            raise judge(error) from None  # the original's message may quote values of rows (DETAIL, CONTEXT)


def _find_shared(frame: pl.DataFrame, concept: Concept) -> dict[str, str]:
    first = frame.head(1).to_dicts()
    words = {
        field.name: row[field.name]
        for row in first
        for field in concept.fields.values()
        if row[field.name] in field.values
    }
    return {name: word for name, word in words.items() if frame[name].eq_missing(word).all()}
