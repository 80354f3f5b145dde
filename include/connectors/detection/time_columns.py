"""Which columns of a table together tell the time of a row."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from include.cim.written_times import EXCEL, read_times, zoned
from include.cim.zone_words import ZONE_WORD
from include.collection.inspection import ColumnType
from include.connectors.detection.column_names import NAMES_CLOCK, NAMES_TIME
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.date_parts import NAMELESS, Parts
from include.connectors.detection.time_formats import kind_of
from include.connectors.detection.time_parts import (
    add_nameless,
    add_number,
    count_alone,
    count_periods,
    has_row_a_day,
    join_parts,
)

ENDS: Final = re.compile(
    r"(^|[^a-zà-ü])(end(ed|ing|e|s)?|until|till?|to|bis|tot|fin|fine|final|hasta|fim|a|au|stop(ped)?|departure|he"
    r"|slutt?|avsluttet|avslutad|afsluttet|do|koniec|loppu|finished)($|[^a-zà-ü])"
    r"|(_|[a-z])(End|Ende|Until|Stop)",
    re.IGNORECASE,
)
BEGINS: Final = re.compile(
    r"(^|[^a-zà-ü])(start(ed|et|ad|ing)?|begin(ning)?|beginn|from|von|van|ab|desde|inizio|da|début|debut|de|du|inicio|arrival"
    r"|since|fra|från|od|alku|początek)($|[^a-zà-ü])",
    re.IGNORECASE,
)
_BOOKKEEPING: Final = re.compile(
    r"creat|updat|modif|revis|process|export|publi|import_?(date|time)|insert|load|read_?at|received|valid|estimat|install|birth|contract",
    re.IGNORECASE,
)


_MIDNIGHT: Final = re.compile(r"[T ]00:00(?::00(?:\.0+)?)?$")
_TELLING: Final = 10
"""In fewer rows than these, one time for all means nothing."""

_NAMES_ZONE: Final = re.compile(r"zone|offset|utc|dst|daylight|(^|[^a-z])(tz|time|zeit)($|[^a-z])", re.IGNORECASE)

UNKNOWN_DAY: Final = dt.date(1970, 1, 1)
"""The day of times that are read of a clock alone, where nothing tells the day."""


@dataclass(frozen=True, slots=True)
class TimeColumns:
    """Columns that, joined with a space, tell the time of a row.

    Attributes:
        formats: Every format that fits; one that cannot be told from another means a question.
        period: Where the last columns number the periods of a day from 1: how long one is.
        numbers: How many columns do: one, or the hour and the part of it.
        until: The columns that tell the end of the row's interval.
        day: The day of all rows, where no column tells it.
    """

    columns: tuple[str, ...]
    formats: tuple[str, ...]
    period: dt.timedelta | None = None
    numbers: int = 0
    until: tuple[str, ...] = ()
    day: dt.date | None = None

    def texts(self, frame: pl.DataFrame) -> pl.Series:
        """Join the columns' cells; null where one is missing."""
        parts = [pl.col(name).str.strip_chars() for name in self.columns]
        return frame.select(pl.concat_str(parts, separator=" ").alias("text"))["text"]

    def read(self, frame: pl.DataFrame, form: str) -> pl.Series:
        """Read the times: UTC where the format has an offset, else local; a numbered period by its beginning."""
        if self.period is None:
            times = read_times(self.texts(frame), form)
            return times if self.day is None else times + (self.day - UNKNOWN_DAY)
        counted = self.count_periods(frame) * self.period
        if self.day is not None:
            return counted + dt.datetime.combine(self.day, dt.time())
        return TimeColumns(self.columns[: -self.numbers], (form,)).read(frame, form) + counted

    def count_periods(self, frame: pl.DataFrame) -> pl.Series:
        """Count the periods of the day before each row's, where columns number them."""
        assert self.period is not None  # noqa: S101  # whoever asks has looked
        return count_periods(frame, self.columns[-self.numbers :], self.period)


def choose_time(columns: Sequence[ColumnTally], frame: pl.DataFrame, day: dt.date | None = None) -> TimeColumns | None:
    """Choose the columns that tell the time of a table's rows, by their first rows.

    Args:
        frame: Those rows.
        day: The rows' day, where it stands outside of them.
    """
    days = _days(columns, frame)
    joined = [*_dates_with_times(columns, days, frame), *_dates_with_numbers(columns, days, frame)]
    begun = {each.columns[0] for each in joined}
    found = [
        *(stamp for stamp in _stamps(columns, frame) if not (stamp.columns[0] in days and begun & set(stamp.columns))),
        *joined,
        *(_counted(each) for each in join_parts(columns, frame)),
    ]
    found += [TimeColumns((each.name,), each.time_formats) for each in columns if each.type is ColumnType.DATE]
    found = [each for each in found if not _is_note(each, frame)]
    if not found:
        return _clock(columns, frame, day or UNKNOWN_DAY)
    # what is the same in every row tells no row's time where something else does
    found = [each for each in found if each.texts(frame).n_unique() > 1] or found
    found += _with_zones(found, columns, frame)
    best = max(found, key=lambda each: _likeliness(each, columns))
    until = _until(best, found, frame)
    return replace(best, until=until)


def _is_note(time: TimeColumns, frame: pl.DataFrame) -> bool:
    """Say whether a time is when the rows were written, the same for all of them."""
    texts = time.texts(frame)
    return len(texts) >= _TELLING and texts.n_unique() == 1 and bool(_BOOKKEEPING.search(" ".join(time.columns)))


def _clock(columns: Sequence[ColumnTally], frame: pl.DataFrame, day: dt.date) -> TimeColumns | None:
    """Choose the columns that tell the time of a day, or number its hours or periods, where none tells the day."""
    for each in columns:
        if each.type is ColumnType.TIME and not zoned(each.time_formats[0]):
            return TimeColumns((each.name,), each.time_formats, day=day)
    counted = count_alone(columns, frame)
    return replace(_counted(counted), day=day) if counted else None


def _counted(parts: Parts) -> TimeColumns:
    return TimeColumns(parts.columns, parts.formats, parts.period, parts.numbers)


def _stamps(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> Iterator[TimeColumns]:
    for each in columns:
        if each.type is ColumnType.TIMESTAMP:
            rest = _fraction_of_day(each, columns, frame)
            yield TimeColumns((each.name, *rest), each.time_formats)


def _days(columns: Sequence[ColumnTally], frame: pl.DataFrame) -> dict[str, tuple[str, ...]]:
    """Find the columns that hold days, with their formats: also as midnights or whole numbers, as sheets write them."""
    days = {each.name: each.time_formats for each in columns if each.type is ColumnType.DATE}
    for each in columns:
        if each.type is not ColumnType.TIMESTAMP:
            continue
        texts = frame[each.name].str.strip_chars()
        if each.time_formats == (EXCEL,) and texts.drop_nulls().str.contains(r"^\d+$").all():
            days |= {each.name: (EXCEL,)}
        texts = texts.filter(texts.str.contains(r"\d:\d\d").fill_null(False))
        found = _MIDNIGHT.search(str(texts.first()))
        if found and texts.str.ends_with(found[0]).all():
            forms = tuple(re.sub(r"[T ]%H.*", found[0], form) for form in each.time_formats if not zoned(form))
            days |= {each.name: forms} if forms and not any("%H" in form for form in forms) else {}
    return days


def _dates_with_times(
    columns: Sequence[ColumnTally], days: Mapping[str, tuple[str, ...]], frame: pl.DataFrame
) -> Iterator[TimeColumns]:
    """Pair each date with the next column that tells a time of day; one with 25:00 numbers the hours."""
    numbered = {
        each.name
        for each in columns
        if each.type is ColumnType.TIME and (frame[each.name].str.strip_chars() == "25:00").any()
    }
    columns = [each for each in columns if each.name not in numbered]
    for place, date in enumerate(columns):
        if date.name not in days:
            continue
        for time in columns[place + 1 :]:
            if time.type is ColumnType.TIME and not _is_of_an_event(date, time, frame):
                yield from _join(days[date.name], date, time)
                break
            if time.name in days:
                break
        else:
            before = [each for each in columns[:place] if each.type is ColumnType.TIME]
            if len(before) == 1 and not _is_of_an_event(date, before[0], frame):
                yield from _join(days[date.name], date, before[0])


def _is_of_an_event(date: ColumnTally, time: ColumnTally, frame: pl.DataFrame) -> bool:
    """Say whether a row is a day's, and its time of day that of something in it: a peak, a sunrise."""
    called = NAMES_CLOCK.fullmatch(time.name) or NAMELESS.fullmatch(time.name) or BEGINS.search(time.name)
    return has_row_a_day(frame, date.name) and not called


def _join(days: Sequence[str], date: ColumnTally, time: ColumnTally) -> Iterator[TimeColumns]:
    formats = tuple(f"{day} {clock}" for day in days for clock in time.time_formats)
    if days == (EXCEL,):  # which reads clocks of one kind behind its days
        formats = (EXCEL,) if time.time_formats[0] in {"%H:%M", "%H:%M:%S"} else ()
    if formats:
        yield TimeColumns((date.name, time.name), formats)


def _dates_with_numbers(
    columns: Sequence[ColumnTally], days: Mapping[str, tuple[str, ...]], frame: pl.DataFrame
) -> Iterator[TimeColumns]:
    """Pair a date with a column that numbers its hours or periods."""
    for name, formats in days.items():
        add = add_nameless if NAMELESS.fullmatch(name) else add_number
        paired = add(Parts((name,), formats), columns, frame)
        if paired and (formats != (EXCEL,) or paired.formats == formats):  # behind its days stand clocks alone
            yield _counted(paired)


def _fraction_of_day(day: ColumnTally, columns: Sequence[ColumnTally], frame: pl.DataFrame) -> tuple[str, ...]:
    """Find the column of fractions of the day that goes with Excel's whole numbers of days; none, or one."""
    if day.time_formats != (EXCEL,) or not frame[day.name].drop_nulls().str.contains(r"^\s*\d+\s*$").all():
        return ()
    for each in columns:
        cells = frame[each.name].drop_nulls()
        if NAMES_TIME.search(each.name) and len(cells) and cells.str.contains(r"^\s*0([.,]\d+)?\s*$").all():
            return (each.name,)
    return ()


def _with_zones(
    found: Sequence[TimeColumns], columns: Sequence[ColumnTally], frame: pl.DataFrame
) -> Iterator[TimeColumns]:
    """Add to times the column that says in words which offset the clock has: EST and EDT, CET and CEST, UTC+1."""
    for each in columns:
        if each.type is not ColumnType.TEXT or not _NAMES_ZONE.search(each.name):
            continue
        words = frame[each.name].str.strip_chars().drop_nulls().unique()
        if not words.is_empty() and words.str.contains(rf"^(?:{ZONE_WORD}|[+-]\d{{2}}:?\d{{2}})$").all():
            gap = " " if words.str.starts_with("+").any() or words.str.starts_with("-").any() else ""
            for time in found:
                if (
                    time.period is None
                    and kind_of(time.formats[0]) is ColumnType.TIMESTAMP
                    and not zoned(time.formats[0])
                ):
                    yield TimeColumns((*time.columns, each.name), tuple(f"{form}{gap}%z" for form in time.formats))


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
        if ends.n_unique() == 1 < begins.n_unique():
            continue  # the span of a query, which stands beside each of its rows
        both = (ends - begins).drop_nulls()
        if len(both) and int((both > dt.timedelta(0)).sum()) * 20 >= len(both) * 19:
            return other.columns
    return ()
