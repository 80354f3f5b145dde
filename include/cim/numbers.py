"""Reads numbers that are written as text."""

from __future__ import annotations

from functools import partial
from typing import Final

import polars as pl

from include.cim.number_style import NumberStyle

_ALIKE: Final = {" ": " \u00a0\u2009\u202f", "'": "'’"}
_MOST_EXACT: Final = 2**53
"""From here on a double may stand for several whole numbers."""


def read_number(text: pl.Expr, style: NumberStyle) -> pl.Expr:
    """Read numbers that are written in this style; a text in another style is no number: null.

    Infinity and NaN are no readings: null.
    """
    return text.map_batches(partial(_read_numbers, style=style), return_dtype=pl.Float64(), is_elementwise=True)


def read_integer(text: pl.Expr, style: NumberStyle) -> pl.Expr:
    """Read whole numbers, also where they are written with a fraction of zeros (3.0) or an exponent (1e3)."""
    return text.map_batches(partial(_read_integers, style=style), return_dtype=pl.Int64(), is_elementwise=True)


def plain_number(text: pl.Expr, style: NumberStyle) -> pl.Expr:
    """Write numbers of a style without thousands, with a decimal point and the sign in front; null in another style.

    The sign for thousands has to stand where it belongs: between groups of three digits before the decimal sign, or,
    for the comma, as in India (12,34,567). A minus is read in every way that can mean nothing else: `12-`, `- 12`,
    `−12`. Brackets are not: bookkeepers mean a negative number by them, and statisticians an uncertain one.
    """
    return text.map_batches(partial(_write_plainly, style=style), return_dtype=pl.String(), is_elementwise=True)


def _read_numbers(texts: pl.Series, style: NumberStyle) -> pl.Series:
    numbers = _with_point(texts, style.decimal).cast(pl.Float64, strict=False)
    # thousands and unusual signs are looked for only where they may be: a column without them costs half
    odd = numbers.is_null() & texts.is_not_null() & (texts != "")
    if odd.any():
        places = odd.arg_true()
        numbers = numbers.scatter(places, _write_plainly(texts.gather(places), style).cast(pl.Float64, strict=False))
    finite = numbers.is_finite()
    return numbers if finite.all() else numbers.set(~finite, None)


def _read_integers(texts: pl.Series, style: NumberStyle) -> pl.Series:
    plain = _write_plainly(texts, style)
    whole = plain.cast(pl.Int64, strict=False)
    odd = whole.is_null() & plain.is_not_null()
    if odd.any():
        places = odd.arg_true()
        numbers = plain.gather(places).cast(pl.Float64, strict=False)
        whole = whole.scatter(places, numbers.set(~are_whole(numbers).fill_null(False), None).cast(pl.Int64))
    return whole


def are_whole(numbers: pl.Series) -> pl.Series:
    """Say which numbers are whole, and few enough digits for a double to stand for one whole number only."""
    return (numbers == numbers.floor()) & (numbers.abs() < _MOST_EXACT)


def _write_plainly(texts: pl.Series, style: NumberStyle) -> pl.Series:
    texts = _with_sign_in_front(texts)
    if style.thousands is not None:
        texts = _without_thousands(texts, style.thousands, style.decimal)
    return _with_point(texts, style.decimal)


def _with_point(texts: pl.Series, decimal: str) -> pl.Series:
    if decimal == ".":
        return texts
    pointed = texts.str.contains(".", literal=True)
    texts = texts.str.replace(decimal, ".", literal=True)
    return texts.set(pointed, None) if pointed.any() else texts


def _with_sign_in_front(texts: pl.Series) -> pl.Series:
    odd = texts.str.ends_with("-")
    for sign in ("− ", "- ", "+ ", "−", "–"):
        odd |= texts.str.starts_with(sign)
    odd |= texts.str.ends_with("−")
    if not odd.any():
        return texts
    places = odd.arg_true()
    signed = (
        texts.gather(places)
        .str.replace(r"^[-−–]\s*", "-")
        .str.replace(r"^\+\s*", "+")
        .str.replace(r"^([\d.,'’].*?)\s*[-−]$", "-$1")
    )
    return texts.scatter(places, signed)


def _without_thousands(texts: pl.Series, sign: str, decimal: str) -> pl.Series:
    mark = f"[{_ALIKE.get(sign, sign)}]" if sign.strip() else f"[{_ALIKE[' ']}]"
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
