"""Reads numbers that are written as text.

It works on columns, not as an expression's function of Python's: polars' threads would wait for the interpreter, and
whoever holds it while it waits for those (`DataFrame.to_pandas` does) would wait for ever.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from include.cim.measured import strip_unit
from include.cim.number_style import APOSTROPHES, BLANKS, NumberStyle
from include.cim.odd_cells import read_left

_BRACKETED: Final = r"^([^\d()]{0,4})\(\s*([^()]*\d[^()]*?)\s*\)([^\d()]{0,4})$"
_MOST_EXACT: Final = 2**53
"""From here on a double may stand for several whole numbers."""


def read_numbers(texts: pl.Series, style: NumberStyle, unit: str | None = None) -> pl.Series:
    """Read numbers that are written in this style; a text in another style is no number: null.

    Infinity and NaN are no readings: null.

    Args:
        unit: What may stand beside the number, as `units.yaml` spells it. Another unit there, and it is none: null.
    """
    numbers = _with_point(texts, style.decimal).cast(pl.Float64, strict=False)
    numbers = read_left(numbers, texts, lambda odd: plain_numbers(odd, style, unit).cast(pl.Float64, strict=False))
    finite = numbers.is_finite()
    return numbers if finite.all() else numbers.set(~finite, None)


def read_integers(texts: pl.Series, style: NumberStyle, unit: str | None = None) -> pl.Series:
    """Read whole numbers, also where they are written with a fraction of zeros (3.0) or an exponent (1e3)."""

    def read_odd(odd: pl.Series) -> pl.Series:
        plain = plain_numbers(odd, style, unit)
        numbers = plain.cast(pl.Float64, strict=False)
        whole = numbers.set(~are_whole(numbers).fill_null(False), None).cast(pl.Int64)
        return read_left(whole, plain, lambda long: long.cast(pl.Int64, strict=False))

    return read_left(texts.cast(pl.Int64, strict=False), texts, read_odd)


def plain_numbers(texts: pl.Series, style: NumberStyle, unit: str | None = None) -> pl.Series:
    """Write numbers of a style without thousands, with a decimal point and the sign in front; null in another style.

    The sign for thousands has to stand where it belongs: between groups of three digits before the decimal sign, or,
    for the comma, as in India (12,34,567). A minus is read in every way that can mean nothing else: `12-`, `- 12`,
    `−12`; brackets where the style says so.
    """
    if style.bracketed:
        texts = open_brackets(texts)
    if unit is not None:
        texts = strip_unit(texts, unit)
    texts = _with_sign_in_front(texts)
    if style.thousands is not None:
        texts = _without_thousands(texts, style.thousands, style.decimal)
    return _with_point(texts, style.decimal)


def open_brackets(texts: pl.Series) -> pl.Series:
    """Write numbers in brackets with a minus.

    Example:
        >>> open_brackets(pl.Series(["(1,234.56)", "($3.20)", "12"])).to_list()
        ['-1,234.56', '-$3.20', '12']
    """
    return texts.str.replace(_BRACKETED, "-${1}${2}${3}")


def are_whole(numbers: pl.Series) -> pl.Series:
    """Say which numbers are whole, and few enough digits for a double to stand for one whole number only."""
    return (numbers == numbers.floor()) & (numbers.abs() < _MOST_EXACT)


def _with_point(texts: pl.Series, decimal: str) -> pl.Series:
    if decimal == ".":
        return texts
    pointed = texts.str.contains(".", literal=True)
    texts = texts.str.replace(decimal, ".", literal=True)
    return texts.set(pointed, None) if pointed.any() else texts


def _with_sign_in_front(texts: pl.Series) -> pl.Series:
    odd = texts.str.contains(r"^[−–]|^[-+] |[-−]$").arg_true()
    if odd.is_empty():
        return texts
    signed = (
        texts.gather(odd)
        .str.replace(r"^[-−–]\s*", "-")
        .str.replace(r"^\+\s*", "+")
        .str.replace(r"^([\d.,'’].*?)\s*[-−]$", "-$1")
    )
    return texts.scatter(odd, signed)


def _without_thousands(texts: pl.Series, sign: str, decimal: str) -> pl.Series:
    alike = next((signs for signs in (BLANKS, APOSTROPHES) if sign in signs), sign)
    mark = f"[{alike}]"
    groups = rf"[1-9]\d{{0,2}}({mark}\d{{3}})+"  # 0.123 is no thousand: the source has another style here
    if sign == ",":
        groups = rf"({groups}|[1-9]\d?(,\d{{2}})+,\d{{3}})"
    marked = texts.str.contains(mark)
    if not marked.any():
        return texts
    places = marked.arg_true()
    found = texts.gather(places)
    grouped = found.str.contains(rf"^[-+]?{groups}([{decimal}]\d*)?([eE][-+]?\d+)?$")
    return texts.scatter(places, found.str.replace_all(mark, "").set(~grouped, None))
