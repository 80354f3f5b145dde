"""Records become frames of text, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import polars as pl

from include.batch import PART_ROWS
from include.connectors.formats.layout import MOST_COLUMNS
from include.connectors.formats.parts import MOST_CELL_BYTES, PART_BYTES
from include.errors import SourceRefused

Row = Mapping[str, str | None]

_BLOCK: Final = 20_000
"""Cells that are held as Python's objects, times ten; they take more room than polars' columns."""


def tabulate(rows: Iterable[Row], where: str) -> Iterator[pl.DataFrame]:
    """Give records as frames of text, see `read_frames`; a member that a record lacks is null.

    A column that first appears later than a frame is in the frames from there on.

    Raises:
        SourceRefused: Too many columns, a cell that is too large, or text that no store can hold.
    """
    names: dict[str, None] = {}
    blocks: list[pl.DataFrame] = []
    held: list[Row] = []
    cells = count = size = 0
    for row in rows:
        held.append(row)
        cells += len(row)
        if row.keys() - names.keys():
            names.update(dict.fromkeys(row))
            if len(names) > MOST_COLUMNS:
                raise SourceRefused(where, f"the records have more than {MOST_COLUMNS} different members", _FEWER)
        if cells < 10 * _BLOCK and count + len(held) < PART_ROWS:
            continue
        blocks.append(_block(held, names, where, count))
        count, size = count + len(held), size + int(blocks[-1].estimated_size())
        held, cells = [], 0
        if count >= PART_ROWS or size >= PART_BYTES:
            yield _join(blocks, names)
            blocks, count, size = [], 0, 0
    if held:
        blocks.append(_block(held, names, where, count))
    if blocks:
        yield _join(blocks, names)


_FEWER: Final = "Are keys data here? Then set `shape` to keys."


def _block(rows: list[Row], names: Iterable[str], where: str, before: int) -> pl.DataFrame:
    columns = list(names)
    try:
        block = pl.DataFrame(
            {name: [row.get(name) for row in rows] for name in columns}, schema=dict.fromkeys(columns, pl.String)
        )
    except UnicodeEncodeError:
        raise _unstorable(rows, where, before) from None
    tests = block.select(
        long=pl.any_horizontal(pl.all().str.len_bytes().max() > MOST_CELL_BYTES),
        nul=pl.any_horizontal(pl.all().str.contains("\0", literal=True).any()),
    ).row(0)
    if tests[0]:
        raise SourceRefused(where, "a cell is longer than 1 MiB", "Point `records` at what is in it.")
    if tests[1]:
        raise _unstorable(rows, where, before)
    return block


def _unstorable(rows: list[Row], where: str, before: int) -> SourceRefused:
    number = next(
        (
            number
            for number, row in enumerate(rows, start=before + 1)
            if any(map(_is_unstorable, (*row, *row.values())))
        ),
        before + 1,
    )
    return SourceRefused(
        where,
        f"a text in record {number} holds a NUL or half a character",
        "No store can hold these; remove them.",
    )


def _is_unstorable(text: str | None) -> bool:
    return text is not None and (
        "\0" in text or (not text.isascii() and any("\ud800" <= sign <= "\udfff" for sign in text))
    )


def _join(blocks: list[pl.DataFrame], names: Iterable[str]) -> pl.DataFrame:
    columns = list(names)
    return pl.concat(
        [
            block.select(
                pl.col(name) if name in block.columns else pl.lit(None, pl.String).alias(name) for name in columns
            )
            for block in blocks
        ],
        rechunk=True,
    )
