"""How many rows there are, and from when to when they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adbc_driver_postgresql import dbapi

from include.cim.concept import Concept, time_field
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
