"""Which sign of a written number is the decimal one, and which parts thousands; free of polars, for DAG files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a source writes its numbers; without it 1,500 and 1.500 cannot be told apart."""

    decimal: str = "."
    thousands: str | None = None
