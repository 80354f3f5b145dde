"""Marks that tell the two showings of a repeated hour apart: a letter behind the clock, or a word beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from include.cim.written_times import beginnings

_INSIDE: Final = r"(\d) ?([ABab])(:\d{2}(?::\d{2})?| ?[Qq]\d)$"
_BEHIND: Final = r"\d ?([ABab])$"


def ending_in(word: str) -> str:
    """Give the pattern of cells that end in a word, as a word: those that end in `DST` do not end in `ST`.

    Example:
        >>> [bool(re.search(ending_in("ST"), cell)) for cell in ("ST", "02:00 ST", "2ST", "DST")]
        [True, True, True, False]
    """
    return (r"(?:^|[\W\d_])" if word[:1].isalpha() else "") + re.escape(word) + "$"


def are_later(cells: pl.Expr, words: Sequence[str]) -> pl.Expr:
    """Say which cells end in a word for the later showing."""
    return pl.any_horizontal(cells.str.contains(ending_in(word)) for word in words).fill_null(False)


def put_behind(texts: pl.Series) -> pl.Series:
    """Leave of a clock's text the beginning of its interval, and its mark at the end.

    Example:
        >>> put_behind(pl.Series(["2B:15", "02:45A - 02:00B", "02:45 B", "03:00"])).to_list()
        ['2:15B', '02:45A', '02:45 B', '03:00']
    """
    return beginnings(texts, "%H").str.replace(_INSIDE, "${1}${3}${2}")


def find_marks(texts: pl.Series) -> pl.Series | None:
    """Give the mark of each clock or number of an hour: A, B, or nothing; None where there is no B.

    Example:
        >>> find_marks(pl.Series(["02:45A", "Hour 3B", "03:00", None])).to_list()
        ['A', 'B', '', '']
    """
    if not texts.str.contains(r"\d ?[Bb](?:$|\W)").any():
        return None
    marks = put_behind(texts.str.strip_chars()).str.extract(_BEHIND, 1).fill_null("")
    return marks if (marks.str.to_uppercase() == "B").any() else None
