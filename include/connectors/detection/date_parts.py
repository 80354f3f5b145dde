"""Dates whose parts stand in columns of their own: year, month, day, week, by their names or by what they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from include.cim.day_periods import begin_hours, split_periods
from include.cim.written_times import read_times
from include.collection.inspection import ColumnType
from include.connectors.detection.column_names import NAMES_WEEK
from include.connectors.detection.column_types import ColumnTally

PARTS: Final = (
    (
        "%Y",
        re.compile(r"year|jahr|jaar|ann?[eé]e?|año|anno|ano|yyyy|yr|rok|år|vuosi|év|yıl|година|έτος|年", re.IGNORECASE),
    ),
    (
        "%m",
        re.compile(
            r"month|monat|maand|mois|mes|mês|mese|mm|mo|miesiąc|m[ěe]s[ií]a?c|måned|månad|kuukausi|hónap|ay|месец|μήνας|月",
            re.IGNORECASE,
        ),
    ),
    ("%d", re.compile(r"day|tag|dag|jour|d[ií]a|giorno|dd", re.IGNORECASE)),
)
_DAY_OF_YEAR: Final = re.compile(r"doy|j_?day|julian([ _]?day)?|day[ _]?of[ _]?year|yday", re.IGNORECASE)
NAMELESS: Final = re.compile(r"column_\d+")
"""What columns are called to which the source gives no name."""

_MANY_MONTHS: Final = 6
"""Fewer different names that begin as months do may be places or people."""

_CERTAIN_YEARS: Final = (40, 50)
"""Up to here a year of two digits is one of this century, and from here on one of the last."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Columns that together tell a time, see `TimeColumns`.

    Attributes:
        numbers: How many of the last columns number periods: the hour and the quarter within it are two.
    """

    columns: tuple[str, ...]
    formats: tuple[str, ...]
    period: timedelta | None = None
    numbers: int = 0


def named_date(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the columns that are called year, month and day, or year and day of the year."""
    year, month, day = (pattern for _, pattern in PARTS)
    for patterns, form in (((year, month, day), "%m %d"), ((year, _DAY_OF_YEAR), "%j")):
        named = [next((each.name for each in columns if one.fullmatch(each.name.strip())), None) for one in patterns]
        names = tuple(name for name in named if name is not None and span_of(frame, name) is not None)
        if len(names) < len(patterns):
            continue
        first, last = span_of(frame, names[0]) or (0, 0)
        if 1900 <= first <= last <= 2100:
            return Parts(names, (f"%Y {form}",))
        if 0 <= first <= last <= _CERTAIN_YEARS[0] or _CERTAIN_YEARS[1] <= first <= last <= 99:
            return Parts(names, (f"%y {form}",))
    return _week_of_year(columns, frame) or _month_of_year(columns, frame) or _year_alone(columns, frame)


def _year_alone(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the column that is called year where each comes once: yearly values."""
    for name in (each.name for each in columns if PARTS[0][1].fullmatch(each.name.strip())):
        span = span_of(frame, name)
        if span and 1900 <= span[0] < span[1] <= 2100 and frame[name].n_unique() == frame.height:
            return Parts((name,), ("%Y",))
    return None


def _month_of_year(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the columns that are called year and month, where none tells the day: bills.

    A column that holds names of months alone may be called otherwise.
    """
    named = [next((each.name for each in columns if one.fullmatch(each.name.strip())), None) for _, one in PARTS]
    year, month, day = named
    years = span_of(frame, year) if year else None
    if year is None or day is not None or years is None or not 1900 <= years[0] <= years[1] <= 2100:
        return None
    tried = ("%Y %m", "%Y %b") if month else ("%Y %b",)
    for name in [month] if month else [each.name for each in columns if each.type is ColumnType.TEXT]:
        texts = frame.select(pl.concat_str(pl.col(year, name).str.strip_chars(), separator=" ").alias("text"))["text"]
        for form in tried:
            times = read_times(texts, form)
            told = month is not None or times.dt.month().n_unique() >= _MANY_MONTHS
            if told and times.null_count() == texts.null_count() < len(texts):
                return Parts((year, name), (form,))
    return None


def _week_of_year(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the columns that are called year and week; weeks go on, which kilowatts (KW) do not."""
    year = next((each.name for each in columns if PARTS[0][1].fullmatch(each.name.strip())), None)
    for name in (each.name for each in columns if NAMES_WEEK.fullmatch(each.name.strip())):
        span, years = span_of(frame, name), span_of(frame, year) if year else None
        if span and years and 1 <= span[0] <= span[1] <= 53 and 1900 <= years[0] <= years[1] <= 2100:
            steps = numbers_of(frame, name).drop_nulls().diff().drop_nulls().abs()
            if int(steps.is_in([0, 1, 51, 52]).sum()) * 10 >= len(steps) * 9:
                return Parts((str(year), name), ("%G %V",))
    return None


def nameless_date(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find year, month and day side by side, which hardly anything else looks like: days that follow one another.

    The day of the year may stand between the year and the month.
    """
    names = [each.name for each in columns]
    for at in range(min(len(names) - 2, 6)):
        for places, form in (((0, 2, 3), "%Y %m %d"), ((0, 1, 2), "%Y %m %d"), ((0, 1, 2), "%d %m %Y")):
            chosen = tuple(names[at + place] for place in places if at + place < len(names))
            between = names[at + 1] if places[1] == 2 else None
            if len(chosen) == 3 and all(map(NAMELESS.fullmatch, chosen)) and _are_days(frame, chosen, form, between):
                return Parts(chosen, (form,))
    return None


def _are_days(frame: pl.DataFrame, names: Sequence[str], form: str, of_year: str | None) -> bool:
    spans = [span_of(frame, name) for name in names]
    year, month, day = spans if form.startswith("%Y") else spans[::-1]
    if not (year and month and day and year[0] >= 1900 and year[1] <= 2100 and month[1] <= 12 and day[1] <= 31):
        return False
    days = read_times(frame.select(pl.concat_str(pl.col(names).str.strip_chars(), separator=" "))[names[0]], form)
    if of_year is not None and (numbers_of(frame, of_year) != days.dt.ordinal_day()).any():
        return False
    steps = days.diff().drop_nulls().dt.total_days().abs()
    return days.null_count() == 0 and int((steps <= 31).sum()) * 10 >= len(steps) * 9


def span_of(frame: pl.DataFrame, name: str) -> tuple[int, int] | None:
    """Give the least and the greatest number of a column; None where many of its cells are none."""
    numbers = numbers_of(frame, name)
    low, high = numbers.min(), numbers.max()
    if isinstance(low, int) and isinstance(high, int) and numbers.null_count() * 10 <= len(numbers):
        return low, high
    return None


def numbers_of(frame: pl.DataFrame, name: str) -> pl.Series:
    texts = begin_hours(frame[name].str.strip_chars())
    plain = texts.cast(pl.Int64, strict=False)
    if plain.null_count() == texts.null_count():
        return plain
    split = split_periods(texts)
    return split.select(pl.when(pl.col("head") == "").then("number")).to_series()
