"""Finds out whether rows of a batch may have equal keys, in memory that does not grow with the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

_AT_ONCE: Final = 4_000_000
"""So many hashes are in memory, 8 bytes each; of more rows, the parts are read several times."""


def find_shared_hashes(parts: Sequence[pl.LazyFrame], columns: Sequence[str]) -> pl.Series:
    """Find the hashes that several rows have over some columns, each once.

    Rows that are equal there share one; of five thousand million others, as likely as not, two do.
    """
    shared: list[pl.Series] = []
    rounds = sum(part.select(pl.len()).collect().item() for part in parts) // _AT_ONCE + 1
    for number in range(rounds):
        mine = [
            hashes.filter(hashes % rounds == number).to_numpy()
            for hashes in (part.select(columns).collect().hash_rows() for part in parts)
        ]
        # sorted in place: a table of hashes takes five times as much
        together = np.concatenate([np.empty(0, np.uint64), *mine])
        together.sort()
        shared.append(pl.Series(together[1:][together[1:] == together[:-1]], dtype=pl.UInt64).unique())
    return pl.concat(shared)
