"""Reads numbers that are written as text."""

from __future__ import annotations

import polars as pl

from include.cim.number_style import NumberStyle


def read_number(text: pl.Expr, style: NumberStyle) -> pl.Expr:
    """Read numbers that are written in this style; a text in another style is no number: null.

    The sign for thousands has to stand where it belongs: between groups of three digits before the decimal sign.
    Infinity and NaN are no readings: null.
    """
    number = plain_number(text, style).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def plain_number(text: pl.Expr, style: NumberStyle) -> pl.Expr:
    """Write numbers of a style without thousands and with a decimal point; null where the style is another."""
    if style.thousands is not None:
        mark = "[ \u00a0\u202f]" if style.thousands in " \u00a0\u202f" else f"[{style.thousands}]"
        grouped = rf"^[-+]?\d{{1,3}}({mark}\d{{3}})+([{style.decimal}]|[eE]|$)"
        ungrouped = text.str.replace_all(mark, "")
        text = pl.when(~text.str.contains(mark)).then(text).when(text.str.contains(grouped)).then(ungrouped)
    if style.decimal == ",":
        text = pl.when(~text.str.contains(".", literal=True)).then(text.str.replace(",", ".", literal=True))
    return text
