"""How many rows there are, and from when to when they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from adbc_driver_postgresql import dbapi

from include.cim.concept import Concept, time_field
from include.ports import Staging
from include.storage import table as tables


@dataclass(frozen=True, slots=True)
class Span:
    """Rows, and the first and the last moment of their time; None where they have none."""

    rows: int
    first: datetime | None
    last: datetime | None

    def within(self) -> str:
        """Write, behind a column, that it lies in the span; moments to the microsecond, as PostgreSQL keeps them."""
        if self.first is None or self.last is None:
            return "IS NULL"
        return f"BETWEEN '{self.first.isoformat()}' AND '{self.last.isoformat()}'"


def join_spans(spans: Iterable[Span]) -> Span:
    """Give the rows of all, and the stretch of time that has them."""
    listed = list(spans)
    return Span(
        sum(each.rows for each in listed),
        min((each.first for each in listed if each.first is not None), default=None),
        max((each.last for each in listed if each.last is not None), default=None),
    )


def moment(concept: Concept) -> str:
    """Write the time of a row."""
    time = time_field(concept)
    return tables.quoted([time]) if time else "NULL::timestamptz"


def measure_rows(cursor: dbapi.Cursor, name: str, concept: Concept) -> Span:
    """Count the rows of a table and see from when to when they are.

    Args:
        name: Of the table, quoted, with its schema.
    """
    at = moment(concept)
    cursor.execute(f"SELECT count(*), min({at}), max({at}) FROM {name}")  # noqa: S608 - names from the CIM, quoted
    return Span(*cursor.fetchone())


def measure_frame(frame: pl.DataFrame | pl.LazyFrame, concept: Concept) -> Span:
    """Do as `measure_rows`, with rows in memory or a part that is staged."""
    time = time_field(concept)
    at = pl.col(time) if time else pl.lit(None, pl.Datetime("us", "UTC"))
    ends = frame.lazy().select(pl.len(), at.min().alias("first"), at.max().alias("last"))
    return Span(*ends.collect().row(0))


def measure_parts(paths: Iterable[str], concept: Concept, staging: Staging) -> Span:
    """Do so with staged parts: of what was copied out of them, PostgreSQL need not read it again."""
    # part after part: all at once, the times of the whole batch would be in memory
    return join_spans(measure_frame(staging.scan(path), concept) for path in paths)
