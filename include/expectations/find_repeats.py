"""Finds the rows of a whole batch that repeat an earlier row's key."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from include.batch import ROW_ID
from include.expectations.config import CurationRule
from include.expectations.run_suite import find_breaches
from include.expectations.shared_hashes import find_shared_hashes
from include.expectations.suite import columns_of

_PART = "part of the batch"


def find_repeats(parts: Sequence[pl.LazyFrame], rule: CurationRule) -> list[pl.Series]:
    """Find, for each part, the row ids of rows whose key an earlier row of the batch has.

    Great Expectations calls every row of a repeated key unexpected. We let the first one stand, in the order of the
    source: of two equal rows one is right, and which one must not depend on where the batch is cut.

    In memory are the keys of rows that share a hash with another row: only these can repeat, so only they are shown to
    Great Expectations, which then decides, over all parts at once.

    Args:
        parts: Each with `row_id` and the key's columns.
        rule: One of `KEY_RULES`.
    """
    columns = list(columns_of(rule))
    nothing = [pl.Series(ROW_ID, [], dtype=pl.Int64) for _ in parts]
    shared = find_shared_hashes(parts, columns)
    if shared.is_empty():
        return nothing
    suspects = pl.concat(
        [
            keys.filter(keys.select(columns).hash_rows().is_in(shared.implode())).with_columns(
                pl.lit(number, pl.Int64).alias(_PART)
            )
            for number, part in enumerate(parts)
            for keys in [part.select(ROW_ID, *columns).collect()]
        ]
    )
    (breach,) = find_breaches(suspects, [rule])
    unexpected = suspects.join(breach.row_ids.to_frame(), on=ROW_ID, how="semi", maintain_order="left")
    repeats = unexpected.filter(~pl.struct(columns).is_first_distinct())
    return [repeats.filter(pl.col(_PART) == number)[ROW_ID] for number in range(len(parts))]
