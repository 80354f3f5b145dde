"""Brings together the rows that belong to one series, wherever a batch was cut into parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from include.batch import ROW_ID

PART: Final = "part of the batch"
BUCKET_ROWS: Final = 2_000_000
"""So many rows are in memory at once, of a few columns; more only where one series alone has more."""

_SEED: Final = 7


def gather(
    parts: Sequence[pl.LazyFrame], columns: Sequence[str], names: Sequence[str], *, rows: int = BUCKET_ROWS
) -> Iterator[pl.DataFrame]:
    """Give the rows of a batch bucket by bucket, each series whole in one of them, in the order of the source.

    Args:
        parts: Each with `row_id`, the columns and the names.
        columns: What is looked at.
        names: What tells the series apart; in the answer they are numbers, which stand for what was there: nobody
            looks at more than whether they are equal.
        rows: About how many a bucket has.
    """
    wanted = [ROW_ID, *columns, *names]
    numbered = [part.select(wanted).with_columns(pl.lit(at, pl.Int64).alias(PART)) for at, part in enumerate(parts)]
    if not numbered:
        return
    height = pl.concat([part.select(pl.len()) for part in parts]).sum().collect().item()
    buckets = max(1, -(-height // rows)) if names else 1
    bucket = pl.struct(names).hash(_SEED) % buckets if buckets > 1 else pl.lit(0)
    for number in range(buckets):
        yield pl.concat([part.filter(bucket == number).collect() for part in numbered]).with_columns(
            pl.col(name).rank("dense").fill_null(0).cast(pl.Int64) for name in names
        )
