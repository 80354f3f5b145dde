"""Reads times by strptime's directives; months, half days and offsets may be words, in many languages."""

from __future__ import annotations

from typing import Final

import polars as pl

from include.cim.odd_cells import read_left
from include.cim.zone_words import ZONE_WORD, number_offsets

MONTHS: Final = (
    ("jan", "ene", "gen", "sty", "led", "tammi", "ian", "jaan", "ιαν", "яну"),
    ("feb", "fév", "fev", "lut", "úno", "helmi", "veeb", "φεβ", "фев"),
    ("mar", "mär", "mrz", "mrt", "maa", "bře", "már", "μαρ", "μάρ", "мар"),
    ("apr", "avr", "abr", "kwi", "dub", "huhti", "ápr", "απρ", "апр"),
    ("may", "mai", "mei", "mag", "maj", "kvě", "touko", "máj", "μαΐ", "μάι", "μαι", "μαϊ", "май"),
    ("jun", "giu", "juin", "cze", "červ", "kesä", "jún", "iun", "juun", "ιουν", "ιούν", "юни"),
    ("jul", "lug", "juil", "lip", "červenec", "července", "heinä", "júl", "iul", "juul", "ιουλ", "ιούλ", "юли"),
    ("aug", "aoû", "aou", "ago", "sie", "srp", "elo", "avg", "αυγ", "αύγ", "авг"),
    ("sep", "set", "wrz", "zář", "syys", "szep", "σεπ", "сеп"),
    ("oct", "okt", "ott", "out", "paź", "říj", "loka", "οκτ", "окт"),
    ("nov", "lis", "marras", "noi", "νοε", "νοέ", "ное"),
    ("dec", "dez", "déc", "dic", "gru", "pro", "joulu", "dets", "δεκ", "дек"),
)
"""How months begin in English, German, French, Dutch, Spanish, Italian, Portuguese, Polish, Czech, the languages of
Scandinavia, Finnish, Hungarian, Romanian, Greek, Bulgarian, Estonian and Slovene."""

_NAMES: Final = {name: number for number, names in enumerate(MONTHS, start=1) for name in names}
MONTH: Final = rf"\b(?:{'|'.join(sorted(_NAMES, key=len, reverse=True))})[^\W\d_]*\.?"
OFFSET: Final = rf"(\d)( ?(?:{ZONE_WORD}|[+-]\d{{2}}(?::?\d{{2}})?))$"
"""An offset at the end of a time, and the digit before it."""

_PARTS_OF_YEAR: Final = {"Q": ("01", "04", "07", "10"), "S": ("01", "07"), "H": ("01", "07")}
"""The months with which quarters (Q) and halves (S, H) of a year begin; `%q` is their number behind the letter."""

_NO_YEAR_YET: Final = 2050
"""A year of two digits from 50 on is one of the 20th century: nobody measures 2061, and typical years are of 1961."""


def has_day(form: str) -> bool:
    """Say whether a format writes a day, or at least a month or a year."""
    return any(f"%{sign}" in form for sign in "dVmbBjYy")


def strptime(texts: pl.Series, form: str) -> pl.Series:
    """Read texts in a format: UTC where it ends with an offset, else local; null where a text does not fit.

    Words are brought to numbers only in the texts that cannot be read as they are: English has most of them.

    Returns:
        Datetime("us"), without a zone.
    """
    if form.startswith(("%a", "%A")):
        texts, form = texts.str.replace(r"^[^\W\d_]+(?:-[^\W\d_]+)?", ""), form[2:]
    times = _read(texts, form.replace("%b", "%B"))
    if any(sign in form for sign in ("%b", "%p", "%z")):
        times = read_left(times, texts, lambda odd: _read(*_number_words(odd, form)))
    return times


def _number_words(texts: pl.Series, form: str) -> tuple[pl.Series, str]:
    if "%b" in form:
        texts, form = _number_months(texts), form.replace("%b", "%m")
    if "%p" in form:
        texts = texts.str.replace(r"(?i)([ap])\. ?m\.?", "${1}m").str.replace(r"(?i)(\d ?[ap])$", "${1}m")
    return (number_offsets(texts) if form.endswith("%z") else texts), form


def _read(texts: pl.Series, form: str) -> pl.Series:
    """Read texts, and add what a format lacks: the day, the month, the minute."""
    if "%q" in form:
        texts, form = _begin_parts_of_year(texts, form)
    if not has_day(form):
        texts, form = "1970-01-01 " + texts, f"%Y-%m-%d {form}"
    if not any(sign in form for sign in ("%m", "%B", "%V", "%j")):
        texts, form = texts + " 1", f"{form} %m"
    if not any(sign in form for sign in ("%d", "%u", "%j")):
        texts, form = texts + " 1", f"{form} {'%u' if '%V' in form else '%d'}"
    if "%M" not in form and "%H" in form:
        texts, form = _with_minutes(texts, form)
    times = texts.str.to_datetime(
        form.replace(".%f", "%.f").replace("%z", "%#z"), strict=False, time_unit="us", exact=True
    )
    times = times.dt.replace_time_zone(None) if isinstance(times.dtype, pl.Datetime) else times
    if "%y" in form and (of_last := (times.dt.year() >= _NO_YEAR_YET).fill_null(False)).any():
        times = times.zip_with(~of_last, times.dt.offset_by("-100y"))
    return times


def _begin_parts_of_year(texts: pl.Series, form: str) -> tuple[pl.Series, str]:
    """Write the month with which a quarter or half of a year begins."""
    letter = form[form.index("%q") - 1]
    for number, month in enumerate(_PARTS_OF_YEAR.get(letter, ()), start=1):
        texts = texts.str.replace(rf"(?i){letter}{number}(\D|$)", f"#{month}${{1}}")
    return texts, form.replace(f"{letter}%q", "#%m")


def _with_minutes(texts: pl.Series, form: str) -> tuple[pl.Series, str]:
    """Write the minute that every time has, where a format has only the hour."""
    if form.endswith("%z"):
        return texts.str.replace(OFFSET, "${1}:00${2}"), form.replace("%z", ":%M%z")
    return texts + ":00", f"{form}:%M"


def _number_months(texts: pl.Series) -> pl.Series:
    lowered = texts.str.to_lowercase().str.replace_all(r"\bde ", "").str.replace(r"(\d)\. ?", "${1} ")
    names = lowered.str.extract(rf"({MONTH})", 1).unique().drop_nulls().to_list()
    for name in sorted(names, key=len, reverse=True):
        lowered = lowered.str.replace(name, f"{month_number(name):02d}", literal=True)
    return lowered.str.to_uppercase()


def month_number(name: str) -> int:
    return next(_NAMES[start] for start in sorted(_NAMES, key=len, reverse=True) if name.startswith(start))
