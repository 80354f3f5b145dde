"""How much of a table is handed on at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from include.batch import PART_ROWS

PART_BYTES: Final = 64 << 20
"""A part ends after this many bytes, so that memory stays bounded for wide rows as well."""

MOST_CELL_BYTES: Final = 1 << 20
"""A longer cell is no reading: a quote that is never closed, or a bomb."""


def gather_parts(frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Join small frames of one schema: every frame that a reader gives is staged as a file of its own."""
    gathered: list[pl.DataFrame] = []
    rows = size = 0
    for frame in frames:
        frame_size = int(frame.estimated_size())
        if gathered and (rows + frame.height > PART_ROWS or size + frame_size > PART_BYTES):
            yield pl.concat(gathered)
            gathered, rows, size = [], 0, 0
        gathered.append(frame)
        rows += frame.height
        size += frame_size
    if gathered:
        yield pl.concat(gathered)
