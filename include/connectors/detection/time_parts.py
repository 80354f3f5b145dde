"""Times whose parts stand in columns of their own: year, month, day, hour, minute, or the number of a period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from include.cim.written_times import begin_hours, number_parts, read_times, split_periods
from include.connectors.detection.column_names import NAMES_WEEK
from include.connectors.detection.column_types import ColumnTally

_PARTS: Final = (
    ("%Y", re.compile(r"year|jahr|jaar|ann?[eé]e?|año|anno|ano|yyyy|yr", re.IGNORECASE)),
    ("%m", re.compile(r"month|monat|maand|mois|mes|mese|mm|mo", re.IGNORECASE)),
    ("%d", re.compile(r"day|tag|dag|jour|d[ií]a|giorno|dd", re.IGNORECASE)),
)
_DAY_OF_YEAR: Final = re.compile(r"doy|j_?day|julian([ _]?day)?|day[ _]?of[ _]?year|yday", re.IGNORECASE)
_HOUR: Final = re.compile(
    r"(.*[^a-z])?(hours?|hr|stunde|std|uur|heures?|hora|ora|he|hour_?ending|hh"
    r"|godzina|godz|hodina|hod|óra|timm[ea]|tunti|ura|ώρα|час|година|saat|時間(?!帯)|小时|시간)([^a-z].*)?",
    re.IGNORECASE,
)
_CLOCK_DIGITS: Final = re.compile(
    r"(.*[^a-z])?(time|hh:?mm|hhmm(ss)?|hrmn|hr_?min|uhrzeit|zeit|tijd|heure|hora|ora|hours?|hr)([^a-z].*)?",
    re.IGNORECASE,
)
_LEAST_CLOCKS: Final = 3
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
NAMELESS: Final = re.compile(r"column_\d+")
"""What columns are called to which the source gives no name."""

_HOURLY: Final = timedelta(hours=1)
_FULL_DAYS: Final = {
    **dict.fromkeys((23, 24, 25), _HOURLY),
    **dict.fromkeys((46, 47, 48, 49, 50), timedelta(minutes=30)),
    **dict.fromkeys((92, 94, 96, 98, 100), timedelta(minutes=15)),
    **dict.fromkeys((276, 282, 288, 294, 300), timedelta(minutes=5)),
}
"""How many periods a day has, and how long one is; on the days on which the clock is changed, by an hour or half
of one, too."""

_CERTAIN_YEARS: Final = 40
"""Up to here a year of two digits is one of this century."""

_NEAR: Final = 4
"""So many columns beside a date are looked at for one that counts its rows."""

_LEAST_ROWS: Final = 20
_PARTS_OF_HOURS: Final = (2, 4, 6, 12)


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


def join_parts(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Iterator[Parts]:
    """Join year, month, day and what follows of them, by their names or, where they have none, by what they hold."""
    date = _named_date(columns, frame)
    if date:
        yield add_number(date, columns, frame) or date
    elif date := _nameless_date(columns, frame):
        yield add_nameless(date, columns, frame) or date


def add_number(date: Parts, columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Add to a date the column that numbers its hours or periods, and what parts the hour; None where there is none."""
    others = [each.name for each in columns if each.name not in date.columns]
    for name in others:
        if _CLOCK_DIGITS.fullmatch(_CAMEL.sub(" ", name)) and (clock := _clock_of_digits(frame[name])):
            forms = tuple(f"{day} {clock}" for day in date.formats) if date.columns else (clock,)
            return Parts((*date.columns, name), forms)
    for counts in (_HOUR, _PERIOD):
        called = {name: spoken for name in others if counts.fullmatch(spoken := _CAMEL.sub(" ", name))}
        if len(called) > _MOST_CALLED:
            continue
        for name, spoken in called.items():
            if found := _numbered(date, name, spoken, frame):
                return _add_part(found, [each for each in others if each != name], frame)
    return None


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
        numbered = pl.DataFrame({"day": day, "number": _numbers(frame, name)}).drop_nulls()
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
    if any(pattern.fullmatch(each.name.strip()) for _, pattern in _PARTS[1:] for each in columns):
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
    return low <= 1 < high and _numbers(frame, name).n_unique() >= high - low


def count_periods(frame: pl.DataFrame, names: Sequence[str], period: timedelta = _HOURLY) -> pl.Series:
    """Count from 0 the periods before those that one column numbers, or two: the hour and the part of it."""
    numbers = [_numbers(frame, name) for name in names]
    return (numbers[0] if len(numbers) == 1 else number_parts(numbers[0], numbers[1], period)) - 1


def span_of(frame: pl.DataFrame, name: str) -> tuple[int, int] | None:
    """Give the least and the greatest number of a column; None where many of its cells are none."""
    numbers = _numbers(frame, name)
    low, high = numbers.min(), numbers.max()
    if isinstance(low, int) and isinstance(high, int) and numbers.null_count() * 10 <= len(numbers):
        return low, high
    return None


def _numbers(frame: pl.DataFrame, name: str) -> pl.Series:
    texts = begin_hours(frame[name].str.strip_chars())
    plain = texts.cast(pl.Int64, strict=False)
    if plain.null_count() == texts.null_count():
        return plain
    split = split_periods(texts)
    return split.select(pl.when(pl.col("head") == "").then("number")).to_series()


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


def _named_date(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the columns that are called year, month and day, or year and day of the year."""
    year, month, day = (pattern for _, pattern in _PARTS)
    for patterns, form in (((year, month, day), "%m %d"), ((year, _DAY_OF_YEAR), "%j")):
        named = [next((each.name for each in columns if one.fullmatch(each.name.strip())), None) for one in patterns]
        names = tuple(name for name in named if name is not None and span_of(frame, name) is not None)
        if len(names) < len(patterns):
            continue
        first, last = span_of(frame, names[0]) or (0, 0)
        if 1900 <= first <= last <= 2100:
            return Parts(names, (f"%Y {form}",))
        if 0 <= first <= last <= _CERTAIN_YEARS:  # of two digits 62 may be 1962
            return Parts(names, (f"%y {form}",))
    return _week_of_year(columns, frame) or _month_of_year(columns, frame)


def _month_of_year(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the columns that are called year and month, where none tells the day: bills."""
    named = [next((each.name for each in columns if one.fullmatch(each.name.strip())), None) for _, one in _PARTS]
    year, month, day = named
    years = span_of(frame, year) if year else None
    if year is None or month is None or day is not None or years is None or not 1900 <= years[0] <= years[1] <= 2100:
        return None
    for form in ("%Y %m", "%Y %b"):
        texts = frame.select(pl.concat_str(pl.col(year, month).str.strip_chars(), separator=" ").alias("text"))["text"]
        if read_times(texts, form).null_count() == texts.null_count() < len(texts):
            return Parts((year, month), (form,))
    return None


def _week_of_year(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
    """Find the columns that are called year and week; weeks go on, which kilowatts (KW) do not."""
    year = next((each.name for each in columns if _PARTS[0][1].fullmatch(each.name.strip())), None)
    for name in (each.name for each in columns if NAMES_WEEK.fullmatch(each.name.strip())):
        span, years = span_of(frame, name), span_of(frame, year) if year else None
        if span and years and 1 <= span[0] <= span[1] <= 53 and 1900 <= years[0] <= years[1] <= 2100:
            steps = _numbers(frame, name).drop_nulls().diff().drop_nulls().abs()
            if int(steps.is_in([0, 1, 51, 52]).sum()) * 10 >= len(steps) * 9:
                return Parts((str(year), name), ("%G %V",))
    return None


def _nameless_date(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Parts | None:
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
    if of_year is not None and (_numbers(frame, of_year) != days.dt.ordinal_day()).any():
        return False
    steps = days.diff().drop_nulls().dt.total_days().abs()
    return days.null_count() == 0 and int((steps <= 31).sum()) * 10 >= len(steps) * 9


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
