"""Numbers that are written as text: which sign is the decimal one, and which one parts thousands."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """How a source writes its numbers; without it 1,500 and 1.500 cannot be told apart."""

    decimal: str = "."
    thousands: str | None = None


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
