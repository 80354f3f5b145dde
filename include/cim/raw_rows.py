"""A source's rows as they are staged: what their columns are called, which are taken, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Final

import polars as pl

from include.batch import ROW_ID

ISSUES: Final = pl.Schema({ROW_ID: pl.Int64(), "field": pl.String(), "rule": pl.String()})
"""The columns of a frame of `RowIssue`s."""


def raw_name(column: str) -> str:
    """Give the name under which a source's column is staged: its own, but for one called like our row number."""
    return f"{ROW_ID} (source)" if column == ROW_ID else column


def takes(where: Mapping[str, str | Sequence[str]]) -> pl.Expr:
    """Say of each row whether every named column has one of its values; nothing, and blanks, are the empty value."""
    tests = [
        pl.col(raw_name(column)).str.strip_chars().fill_null("").is_in([values] if isinstance(values, str) else values)
        for column, values in where.items()
    ]
    return reduce(and_, tests, pl.lit(True))
