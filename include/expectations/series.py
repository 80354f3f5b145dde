"""Brings together the rows of each series, wherever a batch was cut into parts, and has them judged together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.expectations.config import CurationRule
from include.expectations.run_suite import find_breaches
from include.expectations.suite import columns_of, count_heads

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


def find_in_series(
    parts: Sequence[pl.LazyFrame], rule: CurationRule, *, rows: int = BUCKET_ROWS
) -> tuple[int, list[pl.Series]]:
    """Find the rows that break a rule of `SERIES_RULES`; the rows of earlier batches are not looked at.

    Returns:
        How many rows were judged, and for each part the row ids of those that break the rule.
    """
    columns, heads = columns_of(rule), count_heads(rule)
    checked, found = 0, [pl.DataFrame(schema={ROW_ID: pl.Int64(), PART: pl.Int64()})]
    for bucket in gather(parts, columns[:heads], columns[heads:], rows=rows):
        (breach,) = find_breaches(bucket, [rule])
        checked += breach.checked
        found.append(bucket.filter(pl.col(ROW_ID).is_in(breach.row_ids.implode())).select(ROW_ID, PART))
    broken = pl.concat(found).sort(ROW_ID)
    return checked, [broken.filter(pl.col(PART) == number)[ROW_ID] for number in range(len(parts))]
