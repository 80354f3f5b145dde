"""Which sign of a written number is the decimal one, and which parts thousands; free of polars, for DAG files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BLANKS: Final = " \u00a0\u2007\u2009\u202f"
"""Every blank that parts thousands: plain, without a break, as wide as a digit, thin, and thin without a break."""

APOSTROPHES: Final = "'’"


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a source writes its numbers; without it 1,500 and 1.500 cannot be told apart.

    Attributes:
        bracketed: Whether (12) is -12, as bookkeepers mean it; statisticians mean an uncertain number.
    """

    decimal: str = "."
    thousands: str | None = None
    bracketed: bool = False
