"""Reads times that are written as text, in formats of strptime's directives and a few of our own."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

MONTHS: Final = (
    ("jan", "ene", "gen"),
    ("feb", "fév", "fev"),
    ("mar", "mär", "mrz", "mrt", "maa"),
    ("apr", "avr", "abr"),
    ("may", "mai", "mei", "mag"),
    ("jun", "giu", "juin"),
    ("jul", "lug", "juil"),
    ("aug", "aoû", "aou", "ago"),
    ("sep", "set"),
    ("oct", "okt", "ott", "out"),
    ("nov",),
    ("dec", "dez", "déc", "dic"),
)
"""How months begin in English, German, French, Dutch, Spanish, Italian and Portuguese."""

_NAMES: Final = {name: number for number, names in enumerate(MONTHS, start=1) for name in names}
MONTH: Final = rf"\b(?:{'|'.join(sorted(_NAMES, key=len, reverse=True))})[a-zà-ü]*\.?"
FROM_UNTIL: Final = re.compile(r"^(.{5,}?) (?:-|–|to|bis|tot|/) (.{5,})$")
CLOCKS: Final = re.compile(r"^(.*\d{1,2}:\d{2}(?::\d{2})?)[-–](\d{1,2}:\d{2}(?::\d{2})?)$")
"""An interval without blanks, or a time with an offset: the cells of a column tell, the format says which."""

EPOCHS: Final = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
"""Formats of whole numbers since 1970 in UTC, and how many microseconds one is."""

_MIDNIGHT: Final = r"(^|[T :,_-])24:?00(:?00)?(\D|$)"


def dated(form: str) -> bool:
    """Say whether a format writes a day, or at least a month."""
    return form in EPOCHS or any(sign in form for sign in ("%d", "%V", "%m", "%b"))


def zoned(form: str) -> bool:
    """Say whether times in this format are instants."""
    return form in EPOCHS or "%z" in form


def read_times(texts: pl.Series, form: str) -> pl.Series:
    """Read texts in a format: UTC where it has an offset, else local; null where a text does not fit.

    Returns:
        Datetime("us"), without a zone. A time of day is on 1 January 1970.
    """
    keyed = pl.DataFrame({"text": texts, "hash": texts.hash(seed=0)})
    different = keyed.group_by("hash").agg(pl.col("text").first())
    if different.height * 2 > keyed.height:
        return _parse(texts, form)
    times = different.with_columns(_parse(different["text"], form).alias("time")).select("hash", "time")
    return keyed.join(times, on="hash", how="left", maintain_order="left")["time"]


def _parse(texts: pl.Series, form: str) -> pl.Series:
    if form in EPOCHS:
        return (texts.cast(pl.Int64, strict=False) * EPOCHS[form]).cast(pl.Datetime("us"))
    texts = beginnings(texts, form)
    if "%b" in form:
        texts, form = _number_months(texts), form.replace("%b", "%m")
    if "%I" not in form and "%H" in form:
        midnight = texts.str.contains(_MIDNIGHT)
        if midnight.any():
            texts = texts.str.replace(_MIDNIGHT, "${1}00:00${2}${3}" if ":%M" in form else "${1}0000${2}${3}")
            times = _parse(texts, form)
            later = times + pl.duration(days=1).cast(pl.Duration("us"))
            return pl.select(pl.when(pl.lit(midnight)).then(later).otherwise(pl.lit(times))).to_series()
    if not dated(form):
        texts, form = "1970-01-01 " + texts, f"%Y-%m-%d {form}"
    if "%d" not in form and "%u" not in form:
        texts, form = texts + " 1", f"{form} %d"
    if "%M" not in form and "%H" in form:
        texts, form = texts + ":00", f"{form}:%M"
    if form.endswith("%z"):
        texts = texts.str.replace(r" ?(UTC|GMT)$", "Z")
    times = texts.str.to_datetime(
        form.replace(".%f", "%.f").replace("%z", "%#z"), strict=False, time_unit="us", exact=True
    )
    return times.dt.replace_time_zone(None) if isinstance(times.dtype, pl.Datetime) else times


def beginnings(texts: pl.Series, form: str) -> pl.Series:
    """Leave of every interval the time at which it begins.

    Example:
        >>> beginnings(pl.Series(["01.01.2024 00:00 - 01.01.2024 01:00", "23:00-24:00"]), "%H:%M").to_list()
        ['01.01.2024 00:00', '23:00']
    """
    begun = [texts.str.extract(FROM_UNTIL.pattern, 1)]
    if "%z" not in form:
        begun.append(texts.str.extract(CLOCKS.pattern, 1))
    if not any(each.count() for each in begun):
        return texts
    return pl.select(pl.coalesce(*map(pl.lit, begun), pl.lit(texts))).to_series()


def _number_months(texts: pl.Series) -> pl.Series:
    lowered = texts.str.to_lowercase().str.replace_all(r"\bde ", "").str.replace(r"(\d)\. ?", "${1} ")
    names = lowered.str.extract(rf"({MONTH})", 1).unique().drop_nulls().to_list()
    for name in sorted(names, key=len, reverse=True):
        lowered = lowered.str.replace(name, f"{month_number(name):02d}", literal=True)
    return lowered.str.to_uppercase()


def month_number(name: str) -> int:
    return next(_NAMES[start] for start in sorted(_NAMES, key=len, reverse=True) if name.startswith(start))
