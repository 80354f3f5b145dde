"""Times of day whose parts stand in columns of their own beside a date: hour, minute, or the number of a period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

import polars as pl

from include.cim.day_periods import are_hours_from_to, number_parts
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.date_parts import (
    NAMELESS,
    PARTS,
    Parts,
    named_date,
    nameless_date,
    numbers_of,
    span_of,
)

_HOUR: Final = re.compile(
    r"(.*[^a-z])?(hours?|hr|stunde|std|uur|heures?|hora|ora|he|hour_?ending|hh"
    r"|uhr(?:zeit)?|kl|klo|klockan|klokken|klokkesl[æe]tt?|ore(?=$)|godzina|godz|hodina|hod|óra|timm[ea]|tunti|ura|ώρα|час|година|saat|時間(?!帯)|小时|시간)([^a-z].*)?",
    re.IGNORECASE,
)
_CLOCK_DIGITS: Final = re.compile(
    r"(.*[^a-z])?(time|hh:?mm|hhmm(ss)?|hrmn|hr_?min|uhr(?:zeit)?|zeit|tijd|heure|hora|or[ae]|kl|hours?|hr)([^a-z].*)?",
    re.IGNORECASE,
)
_LEAST_CLOCKS: Final = 3
_LEAST_DAYS: Final = 5
_MOST_CALLED: Final = 4
"""More columns than these that are called hours are a reading each: HH1, HH2 …"""
_MINUTE: Final = re.compile(r"minutes?|min|mi", re.IGNORECASE)
_PERIOD: Final = re.compile(
    r"(.*[^a-z])?(period(o|e)?|settlement[ _]?period|sp|interval|trading[ _]?period|quarter|viertelstunde|kwartier|qh"
    r"|ptu|isp|okres|peri[oó]da|時刻コード|時間帯|コマ)([^a-z].*)?",
    re.IGNORECASE,
)
_HALF_HOURS: Final = re.compile(r"settlement|trading|^sp$", re.IGNORECASE)
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_HOURLY: Final = timedelta(hours=1)
_FULL_DAYS: Final = {
    **dict.fromkeys((23, 24, 25), _HOURLY),
    **dict.fromkeys((46, 47, 48, 49, 50), timedelta(minutes=30)),
    **dict.fromkeys((92, 94, 96, 98, 100), timedelta(minutes=15)),
    **dict.fromkeys((276, 282, 288, 294, 300), timedelta(minutes=5)),
}
"""How many periods a day has, and how long one is; on the days on which the clock is changed, by an hour or half
of one, too."""

_NEAR: Final = 4
"""So many columns beside a date are looked at for one that counts its rows."""

_LEAST_ROWS: Final = 20
_PARTS_OF_HOURS: Final = (2, 4, 6, 12)


def join_parts(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Iterator[Parts]:
    """Join year, month, day and what follows of them, by their names or, where they have none, by what they hold."""
    date = named_date(columns, frame)
    if date:
        yield add_number(date, columns, frame) or date
    elif date := nameless_date(columns, frame):
        yield add_nameless(date, columns, frame) or date


def add_number(date: Parts, columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Add to a date the column that numbers its hours or periods, and what parts the hour; None where there is none."""
    others = [each.name for each in columns if each.name not in date.columns]
    for name in others:
        if _CLOCK_DIGITS.fullmatch(_CAMEL.sub(" ", name)) and (clock := _clock_of_digits(frame[name])):
            forms = tuple(f"{day} {clock}" for day in date.formats) if date.columns else (clock,)
            return Parts((*date.columns, name), forms)
    spans = {name: "hour" for name in others if are_hours_from_to(frame[name])}
    daily = len(date.columns) > 0 and has_row_a_day(frame, *date.columns)
    for counts in (_HOUR, _PERIOD):
        called = {name: spoken for name in others if _counts(counts, spoken := _CAMEL.sub(" ", name), daily)} | spans
        if len(called) > _MOST_CALLED:
            continue
        for name, spoken in called.items():
            if found := _numbered(date, name, spoken, frame):
                return _add_part(found, [each for each in others if each != name], frame)
    return None


def has_row_a_day(frame: pl.DataFrame, *date: str) -> bool:
    """Say whether every date comes once: then hardly a column numbers hours or periods within it."""
    days = frame.select(date).drop_nulls()
    return days.height >= _LEAST_DAYS and days.n_unique() == days.height


def _counts(counts: re.Pattern[str], spoken: str, daily: bool) -> bool:
    """Say whether a name is that of hours or periods; where each day has one row, without further words."""
    found = counts.fullmatch(spoken)
    return found is not None and not (daily and (found[1] or found.groups()[-1]))


def count_each_day(date: str, columns: Sequence[ColumnTally], frame: pl.DataFrame) -> tuple[str, int] | None:
    """Find a column that counts every date's rows through, as hours do, and so do as many meters.

    Returns:
        Its name, and how many a day has.
    """
    day = frame[date]
    rows = len(day) / max(day.n_unique(), 1)
    for name in [each.name for each in columns if each.name != date][:_NEAR] if rows > _LEAST_ROWS else ():
        low, high = span_of(frame, name) or (9, 0)
        count = high - low + 1
        if low > 1 or count not in _FULL_DAYS or not -1 <= count - rows <= 1:
            continue
        numbered = pl.DataFrame({"day": day, "number": numbers_of(frame, name)}).drop_nulls()
        of_days = numbered.group_by("day").agg(pl.col("number").n_unique())["number"]
        if int((of_days >= count - 1).sum()) * 10 >= len(of_days) * 9:
            return name, count
    return None


def _clock_of_digits(cells: pl.Series) -> str | None:
    """Give the format of times that are whole numbers: 5, 30, 100, 2330, with seconds 93000; None where they are not.

    Hours alone never go beyond 24, and what counts minutes goes from 59 to 60.
    """
    texts = cells.str.strip_chars().drop_nulls()
    numbers = texts.cast(pl.Int64, strict=False)
    high = numbers.max()
    if numbers.null_count() or not isinstance(high, int) or high < 100 or numbers.n_unique() < _LEAST_CLOCKS:
        return None
    for form, most, digits in (("%H%M", 2_400, 4), ("%H%M%S", 240_000, 6)):
        sixties = [numbers // 100**place % 100 for place in range(digits // 2 - 1)]
        fits = bool(numbers.is_between(0, most).all()) and bool((texts.str.len_bytes() <= digits).all())
        if fits and all((each < 60).all() for each in sixties):
            return form
    return None


def count_alone(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the column that numbers a day's hours or periods in a table that tells no day.

    Without a name it has to number a whole day. Where a month or a day is told, the year alone is missing.
    """
    if any(pattern.fullmatch(each.name.strip()) for _, pattern in PARTS[1:] for each in columns):
        return None
    if (found := add_number(Parts((), ("%Y-%m-%d",)), columns, frame)) and _counts_up(frame, found.columns[0]):
        return found
    for name in frame.columns[:2]:
        span = span_of(frame, name) if NAMELESS.fullmatch(name) else None
        if span and span[0] == 1 and span[1] in _FULL_DAYS and _are_small(frame, name) and _counts_up(frame, name):
            return Parts((name,), ("%Y-%m-%d",), _FULL_DAYS[span[1]], 1)
    return None


def _counts_up(frame: pl.DataFrame, name: str) -> bool:
    """Say whether every number from 0 or 1 to the greatest comes, or all but one: a clock may leave out an hour."""
    low, high = span_of(frame, name) or (9, 9)
    return low <= 1 < high and numbers_of(frame, name).n_unique() >= high - low


def count_periods(frame: pl.DataFrame, names: Sequence[str], period: timedelta = _HOURLY) -> pl.Series:
    """Count from 0 the periods before those that one column numbers, or two: the hour and the part of it."""
    numbers = [numbers_of(frame, name) for name in names]
    return (numbers[0] if len(numbers) == 1 else number_parts(numbers[0], numbers[1], period)) - 1


def _numbered(date: Parts, name: str, spoken: str, frame: pl.DataFrame) -> Parts | None:
    span = span_of(frame, name)
    if span is None:
        return None
    low, high = span
    hours = bool(_HOUR.fullmatch(spoken))
    if hours and low == 0 and high <= 23:
        forms = tuple(f"{day} %H" for day in date.formats) if date.columns else ("%H",)
        return Parts((*date.columns, name), forms)
    if low < 1 or (hours and high > 25):
        return None
    if hours:
        length: timedelta | None = _HOURLY
    else:
        length = next((_FULL_DAYS[most] for most in (25, 50, 100, 300) if high <= most), None)
        if high <= 25 and _HALF_HOURS.search(spoken):
            length = timedelta(minutes=30)
    return Parts((*date.columns, name), date.formats, length, 1) if length else None


def _add_part(hour: Parts, others: Sequence[str], frame: pl.DataFrame) -> Parts:
    """Add the column of minutes, or the one that numbers the parts of the hour from 1."""
    for name in others:
        span = span_of(frame, name) if _MINUTE.fullmatch(name) or _PERIOD.fullmatch(_CAMEL.sub(" ", name)) else None
        if span is None:
            continue
        if hour.period is None and _MINUTE.fullmatch(name) and span[0] >= 0 and span[1] <= 59:
            return Parts((*hour.columns, name), tuple(f"{form} %M" for form in hour.formats))
        if hour.period == _HOURLY and not _MINUTE.fullmatch(name) and span[0] == 1 and span[1] in _PARTS_OF_HOURS:
            return Parts((*hour.columns, name), hour.formats, _HOURLY / span[1], 2)
    return hour


def add_nameless(date: Parts, columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Add hour and minute, or the number of a period, which stand right behind the date, to where names are missing.

    Hours without minutes, and periods, have to be those of a whole day: else they may count anything.
    """
    names = [each.name for each in columns]
    behind = [name for name in names[names.index(date.columns[-1]) + 1 :][:2] if NAMELESS.fullmatch(name)]
    spans = [span_of(frame, name) for name in behind]
    if not spans or spans[0] is None or not _are_small(frame, behind[0]):
        return None
    low, high = spans[0]
    if low == 1 and high in _FULL_DAYS and _counts_up(frame, behind[0]):
        return Parts((*date.columns, behind[0]), date.formats, _FULL_DAYS[high], 1)
    if not 0 <= low <= high <= 23:
        return None
    hour = Parts((*date.columns, behind[0]), tuple(f"{form} %H" for form in date.formats))
    minute = spans[1] if len(spans) > 1 else None
    if minute and 0 <= minute[0] < minute[1] <= 59 and _are_small(frame, behind[1]):
        return Parts((*hour.columns, behind[1]), tuple(f"{form} %M" for form in hour.formats))
    return hour if low == 0 and high == 23 and _counts_up(frame, behind[0]) else None


def _are_small(frame: pl.DataFrame, name: str) -> bool:
    return bool(frame[name].str.strip_chars().str.contains(r"^\d{1,3}$").all())
