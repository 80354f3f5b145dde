"""Offsets that are written as words: CEST, EST, UTC+1."""

from __future__ import annotations

from typing import Final

import polars as pl

_HOURS: Final = {
    **dict.fromkeys(("UTC", "GMT", "WET", "Z", "z"), 0.0),
    **dict.fromkeys(("CET", "MEZ", "BST", "WEST"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "EET", "OEZ", "SAST"), 2.0),
    **dict.fromkeys(("EEST", "OESZ", "MSK", "TRT"), 3.0),
    **{"AST": -4.0, "ADT": -3.0, "EST": -5.0, "EDT": -4.0, "CST": -6.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0},
    **{"PST": -8.0, "PDT": -7.0, "AKST": -9.0, "AKDT": -8.0, "HST": -10.0, "BRT": -3.0},
    **{"AWST": 8.0, "ACST": 9.5, "ACDT": 10.5, "AEST": 10.0, "AEDT": 11.0, "NZST": 12.0, "NZDT": 13.0},
    **{"JST": 9.0, "KST": 9.0, "HKT": 8.0, "SGT": 8.0},
}
"""Words that energy data have for one offset; those that mean several, such as IST, are none."""

ZONE_WORD: Final = rf"(?:{'|'.join(sorted(_HOURS, key=len, reverse=True))}|(?:UTC|GMT) ?[+-]\d{{1,2}}(?::?\d{{2}})?)"
"""A word for an offset."""


def number_offsets(texts: pl.Series) -> pl.Series:
    """Write the offset at the end of times as a number, where a word or UTC+1 stands for it.

    Example:
        >>> number_offsets(pl.Series(["2024-10-27 02:00 CEST", "2024-10-27 02:00 UTC+1", "02:00+01:00"])).to_list()
        ['2024-10-27 02:00+02:00', '2024-10-27 02:00+01', '02:00+01:00']
    """
    words = texts.str.extract(r" ?([A-Za-z]{1,4})$", 1).unique().drop_nulls()
    for word in sorted(words, key=len, reverse=True):  # MESZ ends with Z, and CEST with EST
        if word in _HOURS:
            texts = texts.str.replace(rf" ?{word}$", _write(_HOURS[word]))
    if texts.str.contains(r"(?:UTC|GMT) ?[+-]").any():
        texts = texts.str.replace(r" ?(?:UTC|GMT) ?([+-])(\d)(:?\d{2})?$", "${1}0${2}${3}")
        texts = texts.str.replace(r" ?(?:UTC|GMT) ?([+-]\d{2}(?::?\d{2})?)$", "${1}")
    return texts


def _write(hours: float) -> str:
    minutes = round(abs(hours) * 60)
    return f"{'-' if hours < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
