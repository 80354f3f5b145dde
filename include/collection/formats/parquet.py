"""Parquet."""

from __future__ import annotations

from typing import Literal

from include.cim.number_style import NumberStyle
from include.configuration import Configuration


class ParquetFormat(Configuration):
    """Parquet; fields of a structure become columns named `a.b.c`, a list stays as JSON text."""

    kind: Literal["parquet"] = "parquet"

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written; Parquet has real ones."""
        return NumberStyle()
