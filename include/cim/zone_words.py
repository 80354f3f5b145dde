"""Offsets that are written as words: CEST, EST, UTC+1."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import polars as pl

from include.cim.zone import HOURS, write_offset

ZONE_WORD: Final = rf"(?:{'|'.join(sorted(HOURS, key=len, reverse=True))}|(?:UTC|GMT) ?[+-]\d{{1,2}}(?::?\d{{2}})?)"
"""A word for an offset."""


def number_offsets(texts: pl.Series) -> pl.Series:
    """Write the offset at the end of times as a number, where a word or UTC+1 stands for it.

    Example:
        >>> number_offsets(pl.Series(["2024-10-27 02:00 CEST", "2024-10-27 02:00 UTC+1", "02:00+01:00"])).to_list()
        ['2024-10-27 02:00+02:00', '2024-10-27 02:00+01', '02:00+01:00']
    """
    words = texts.str.extract(r" ?([A-Za-z]{1,4})$", 1).unique().drop_nulls()
    for word in sorted(words, key=len, reverse=True):  # MESZ ends with Z, and CEST with EST
        if word in HOURS:
            texts = texts.str.replace(rf" ?{word}$", write_offset(timedelta(hours=HOURS[word])))
    if texts.str.contains(r"(?:UTC|GMT) ?[+-]").any():
        texts = texts.str.replace(r" ?(?:UTC|GMT) ?([+-])(\d)(:?\d{2})?$", "${1}0${2}${3}")
        texts = texts.str.replace(r" ?(?:UTC|GMT) ?([+-]\d{2}(?::?\d{2})?)$", "${1}")
    return texts
