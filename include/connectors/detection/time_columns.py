"""Which columns of a table together tell the time of a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import polars as pl

from include.cim.written_times import read_times, split_periods, zoned
from include.collection.inspection import ColumnType
from include.connectors.detection.column_types import NAMES_TIME, ColumnTally
from include.connectors.detection.time_formats import kind_of

ENDS: Final = re.compile(
    r"(^|[^a-zà-ü])(end(ing|e|s)?|until|till|to|bis|tot|fin|fine|final|hasta|fim|a|au|stop|departure|he)($|[^a-zà-ü])"
    r"|(_|[a-z])(End|Ende|Until|Stop)",
    re.IGNORECASE,
)
BEGINS: Final = re.compile(
    r"(^|[^a-zà-ü])(start(ing)?|begin(ning)?|beginn|from|von|van|ab|desde|inizio|da|début|debut|de|du|inicio|arrival"
    r"|since)($|[^a-zà-ü])",
    re.IGNORECASE,
)
_BOOKKEEPING: Final = re.compile(
    r"creat|updat|modif|process|export|publi|import_?(date|time)|insert|load|read_?at|received|valid|estimat|install|birth|contract",
    re.IGNORECASE,
)
_PARTS: Final = (
    ("%Y", re.compile(r"year|jahr|jaar|ann?[eé]e?|año|anno|ano|yyyy", re.IGNORECASE)),
    ("%m", re.compile(r"month|monat|maand|mois|mes|mese|mm|mo", re.IGNORECASE)),
    ("%d", re.compile(r"day|tag|dag|jour|d[ií]a|giorno|dd", re.IGNORECASE)),
)
_HOUR: Final = re.compile(
    r"(.*[^a-z])?(hours?|hr|stunde|std|uur|heure|hora|ora|he|hour_?ending|hh)([^a-z].*)?", re.IGNORECASE
)
_MINUTE: Final = re.compile(r"minutes?|min|mi", re.IGNORECASE)
_PERIOD: Final = re.compile(
    r"(.*[^a-z])?(period(o|e)?|settlement[ _]?period|sp|interval|trading[ _]?period|quarter|viertelstunde|kwartier|qh"
    r"|ptu|isp)([^a-z].*)?",
    re.IGNORECASE,
)
_PERIODS: Final = (
    (25, timedelta(hours=1)),
    (50, timedelta(minutes=30)),
    (100, timedelta(minutes=15)),
    (300, timedelta(minutes=5)),
)
"""The greatest number of a day's periods, on the day when the clock goes back, and how long one is."""


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """Columns that, joined with a space, tell the time of a row.

    Attributes:
        formats: Every format that fits; one that cannot be told from another means a question.
        period: Where the last column numbers the periods of a day from 1: how long one is.
        until: The columns that tell the end of the row's interval.
    """

    columns: tuple[str, ...]
    formats: tuple[str, ...]
    period: timedelta | None = None
    until: tuple[str, ...] = ()

    def texts(self, frame: pl.DataFrame) -> pl.Series:
        """Join the columns' cells; null where one is missing."""
        parts = [pl.col(name).str.strip_chars() for name in self.columns]
        return frame.select(pl.concat_str(parts, separator=" ").alias("text"))["text"]

    def read(self, frame: pl.DataFrame, form: str) -> pl.Series:
        """Read the times: UTC where the format has an offset, else local; a numbered period by its beginning."""
        if self.period is None:
            return read_times(self.texts(frame), form)
        dated = TimeColumns(self.columns[:-1], (form,))
        number = _numbers(frame, self.columns[-1]) - 1
        return dated.read(frame, form) + number * self.period


def choose_time(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> TimeColumns | None:
    """Choose the columns that tell the time of a table's rows, by their first rows.

    Args:
        frame: Those rows.
    """
    found = [
        *_stamps(columns),
        *_dates_with_times(columns),
        *_dates_with_numbers(columns, frame),
        *_parts(columns, frame),
    ]
    found += [TimeColumns((each.name,), each.time_formats) for each in columns if each.type is ColumnType.DATE]
    if not found:
        return None
    best = max(found, key=lambda each: _likeliness(each, columns))
    until = _until(best, found, frame)
    return TimeColumns(best.columns, best.formats, best.period, until)


def _stamps(columns: Sequence[ColumnTally]) -> Iterator[TimeColumns]:
    for each in columns:
        if each.type is ColumnType.TIMESTAMP:
            yield TimeColumns((each.name,), each.time_formats)


def _dates_with_times(columns: Sequence[ColumnTally]) -> Iterator[TimeColumns]:
    """Pair each date with the next column that tells a time of day."""
    for place, date in enumerate(columns):
        if date.type is not ColumnType.DATE:
            continue
        for time in columns[place + 1 :]:
            if time.type is ColumnType.TIME:
                yield _joined(date, time)
                break
            if time.type is ColumnType.DATE:
                break
        else:
            before = [each for each in columns[:place] if each.type is ColumnType.TIME]
            if len(before) == 1:
                yield _joined(date, before[0])


def _joined(date: ColumnTally, time: ColumnTally) -> TimeColumns:
    formats = tuple(f"{day} {clock}" for day in date.time_formats for clock in time.time_formats)
    return TimeColumns((date.name, time.name), formats)


def _dates_with_numbers(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Iterator[TimeColumns]:
    """Pair a date with a column that numbers its hours or periods."""
    for date in columns:
        if date.type is ColumnType.DATE:
            for number in columns:
                if number is not date and (paired := _numbered((date.name,), date.time_formats, number, frame)):
                    yield paired
                    break


def _numbered(
    date: tuple[str, ...], formats: tuple[str, ...], number: ColumnTally, frame: pl.DataFrame
) -> TimeColumns | None:
    hours, periods = bool(_HOUR.fullmatch(number.name)), bool(_PERIOD.fullmatch(number.name))
    span = _span(frame, number.name) if hours or periods else None
    if span is None:
        return None
    low, high = span
    if hours and low == 0 and high <= 23:
        return TimeColumns((*date, number.name), tuple(f"{day} %H" for day in formats))
    if low < 1 or (hours and high > 25):
        return None
    if hours:
        length = timedelta(hours=1)
    else:
        length = next((length for most, length in _PERIODS if high <= most), timedelta(0))
        if high <= 25 and re.search(r"settlement|trading|^sp$", number.name, re.IGNORECASE):
            length = timedelta(minutes=30)
    return TimeColumns((*date, number.name), formats, length) if length else None


def _parts(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Iterator[TimeColumns]:
    """Join year, month, day and what follows of them, each in a column of its own."""
    names, form = [], []
    for directive, name in _PARTS:
        match = next((each for each in columns if name.fullmatch(each.name.strip())), None)
        if match is None or _span(frame, match.name) is None:
            return
        names.append(match.name)
        form.append(directive)
    date, formats = tuple(names), (" ".join(form),)
    hour = next((each for each in columns if each.name not in names and _HOUR.fullmatch(each.name)), None)
    hour = hour or next((each for each in columns if each.name not in names and _PERIOD.fullmatch(each.name)), None)
    timed = _numbered(date, formats, hour, frame) if hour else None
    if timed is None:
        yield TimeColumns(date, formats)
        return
    minute = next((each for each in columns if _MINUTE.fullmatch(each.name)), None)
    span = _span(frame, minute.name) if minute else None
    if minute and span and span[1] <= 59 and timed.period is None:
        yield TimeColumns((*timed.columns, minute.name), tuple(f"{form} %M" for form in timed.formats))
    else:
        yield timed


def _numbers(frame: pl.DataFrame, name: str) -> pl.Series:
    """Read the numbers of a day's periods, with or without a word before them: HE01, H1, SP 48."""
    texts = frame[name].str.strip_chars()
    alone = pl.when(pl.col("head") == "").then("number")
    return split_periods(texts).select(pl.coalesce(texts.cast(pl.Int64, strict=False), alone)).to_series()


def _span(frame: pl.DataFrame, name: str) -> tuple[int, int] | None:
    numbers = _numbers(frame, name)
    low, high = numbers.min(), numbers.max()
    if isinstance(low, int) and isinstance(high, int) and numbers.null_count() * 10 <= len(numbers):
        return low, high
    return None


def _likeliness(each: TimeColumns, columns: Sequence[ColumnTally]) -> tuple[float, ...]:
    """Order what may be the time: complete before partial, instants before clocks, beginnings before ends."""
    name = " ".join(each.columns)
    tally = next(tally for tally in columns if tally.name == each.columns[0])
    complete = len(each.columns) > 1 or kind_of(each.formats[0]) is ColumnType.TIMESTAMP
    return (
        complete,
        tally.filled * 2 > tally.rows,
        not _BOOKKEEPING.search(name),
        zoned(each.formats[0]),
        len(each.columns) == 1,
        not ENDS.search(name) or bool(BEGINS.search(name)),
        bool(NAMES_TIME.search(name)),
        -[tally.name for tally in columns].index(each.columns[0]),
    )


def _until(start: TimeColumns, found: Sequence[TimeColumns], frame: pl.DataFrame) -> tuple[str, ...]:
    """Find the columns of the interval's end: named so, and later than the beginning in nearly every row."""
    for other in found:
        if len(other.columns) != len(start.columns) or other.columns == start.columns or other.period or start.period:
            continue
        if not ENDS.search(" ".join(other.columns)):
            continue
        begins, ends = start.read(frame, start.formats[0]), other.read(frame, other.formats[0])
        both = (ends - begins).drop_nulls()
        if len(both) and int((both > timedelta(0)).sum()) * 20 >= len(both) * 19:
            return other.columns
    return ()
