"""A table's times as they follow one another, series by series, gathered frame by frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from include.cim.showings import find_marks
from include.cim.written_times import beginnings, zoned
from include.cim.zone_words import number_offsets
from include.collection.inspection import ColumnType
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.repeated_flags import NAMES_FLAG, FlagTally
from include.connectors.detection.time_columns import TimeColumns

_MOST_SERIES: Final = 200_000
_MOST_STEPS: Final = 10_000
_MOST_HOURS: Final = 1_000_000
_MOST_ODD: Final = 5_000
_MOST_LENGTHS: Final = 100
_HOURS: Final = pl.DataFrame(schema={"hour": pl.Datetime("us"), "rows": pl.UInt32})
_MIDNIGHT: Final = r"(?:^|[T ,_-])24(?::00){1,2}$|(?:^|[T :,_-])24(?:00){1,2}$"
"""24:00 and 2400, whatever stands before; 10:24:00 is none."""

_DAY_ALONE: Final = r"^\d{1,4}([-/.])\d{1,2}[-/.]\d{1,4}\.?$"
_YEARS: Final = (2, 9998)
_INSTANT: Final = timedelta(microseconds=1)
_TIME: Final = "the row's time"
_HOUR: Final = timedelta(hours=1)
_TELL_APART: Final = 0.01
"""Series are told apart when no more than this share of rows has a time that its series had before."""


@dataclass(frozen=True, slots=True)
class Step:
    """From one row of a series to the next.

    Attributes:
        row: Where it arrives, from 1.
    """

    before: datetime
    after: datetime
    row: int


class TimeAxis:
    """What one reading of the time columns gives over the whole table.

    Attributes:
        opening, closing: The first and the last row's time, with the text that was read.
        hours: Rows per hour of the clock (`hour`, `rows`): what shows when a clock was changed.
        ended: The same per hour that a time ends: 3:00 ends the hour that begins at 2:00.
        flags: Columns that may tell the showings of a repeated hour apart.
        marks: The letters behind the clock that do (02:00B), where there are any.
        offsets: Per offset that is written (`offset`), the first and the last instant (`first`, `last`).
        steps: How often each step comes, and where it came first.
        loose: The same of steps that do not begin where the interval before ended; all where no column tells an end.
        lengths: How long the intervals are, where a column tells their end.
        odd: Loose steps unlike the usual one, the first thousands of them.
    """

    def __init__(self, time: TimeColumns, form: str, keys: Sequence[str], flags: Sequence[FlagTally] = ()) -> None:
        self.time = time
        self.form = form
        self.unread = 0
        self.missing = 0  # rows without a time
        self.endless = 0  # times in the first or last year of the calendar: no row's time, but none, or for ever
        self.days_alone = 0  # times that write the day alone, where others write a clock
        self.count = 0
        self.least: datetime | None = None
        self.greatest: datetime | None = None
        self.opening: datetime | None = None
        self.closing: datetime | None = None
        self.midnights = 0  # rows at 24:00
        self.last_periods: dict[date, int] = {}  # the greatest number of each day, where a column numbers its periods
        self.intervals = 0  # rows that write when their interval ends, too
        self.hours = _HOURS
        self.ended = _HOURS
        self.flags = list(flags)
        self.marks: FlagTally | None = None
        self.offsets = pl.DataFrame(schema={"offset": pl.String, "first": pl.Datetime("us"), "last": pl.Datetime("us")})
        self.steps: dict[timedelta, tuple[int, int]] = {}
        self.loose: dict[timedelta, tuple[int, int]] = {}
        self.lengths: Counter[timedelta] = Counter()
        self.odd: list[Step] = []
        self._keys = list(keys)
        self._last = pl.DataFrame(
            schema={"key": pl.UInt64, "time": pl.Datetime("us"), "end": pl.Datetime("us"), "row": pl.Int64}
        )

    def add(self, frame: pl.DataFrame, before: int) -> None:
        """Take the next rows."""
        times = self.time.read(frame, self.form)
        texts = self.time.texts(frame)
        self.unread += int((times.is_null() & texts.is_not_null()).sum())
        none = ~times.dt.year().is_between(*_YEARS)
        self.endless += int(none.sum())
        times = times.zip_with(~none, pl.Series([None], dtype=times.dtype))
        self.missing += int((texts.is_null() & frame.select(~pl.all_horizontal(pl.all().is_null())).to_series()).sum())
        if "%M" in self.form:
            self.days_alone += int(texts.str.contains(_DAY_ALONE).sum())
        key = frame.select(pl.struct(self._keys).hash(seed=0)).to_series() if self._keys else pl.lit(0, pl.UInt64)
        ends = pl.Series([None] * len(times), dtype=pl.Datetime("us"))
        if self.time.until:
            ends = replace(self.time, columns=self.time.until, until=()).read(frame, self.form)
            lengths = (ends - times).drop_nulls().value_counts(sort=True).head(_MOST_LENGTHS)
            self.lengths.update(dict(lengths.iter_rows()))
        rows = pl.DataFrame({"time": times, "end": ends}).with_columns(
            pl.lit(key).alias("key") if isinstance(key, pl.Series) else key.alias("key"),
            pl.int_range(before + 1, before + frame.height + 1, dtype=pl.Int64).alias("row"),
        )
        if "%z" in self.form:
            self._note_offsets(times, texts)
        elif "%H" in self.form:
            begun = beginnings(texts, self.form)
            self.intervals += int((begun != texts).sum())
            self.midnights += int(begun.str.contains(_MIDNIGHT).sum())
        if self.time.period is not None:
            self._note_periods(times, self.time.count_periods(frame), self.time.period)
        for flag in self.flags:
            flag.add(times, frame[flag.column])
        self._note_marks(times, frame)
        rows = rows.drop_nulls("time").select("key", "time", "end", "row")
        if rows.is_empty():
            return
        self.count += rows.height
        least, greatest = rows["time"].min(), rows["time"].max()
        assert isinstance(least, datetime) and isinstance(greatest, datetime)  # noqa: S101  # for the checker
        self.least = least if self.least is None else min(self.least, least)
        self.greatest = greatest if self.greatest is None else max(self.greatest, greatest)
        self.opening = self.opening or rows["time"][0]
        self.closing = rows["time"][-1]
        if self.hours.height < _MOST_HOURS:
            self.hours = _count_hours(self.hours, rows["time"])
            self.ended = _count_hours(self.ended, rows["time"] - _INSTANT)
        self._note_steps(rows)

    def usual(self) -> timedelta | None:
        """Give the step that comes most often, forwards or backwards; None before there is one."""
        steps = {step: count for step, (count, _) in self.steps.items() if step}
        return max(steps, key=lambda step: (steps[step], step), default=None)

    def _note_steps(self, rows: pl.DataFrame) -> None:
        chain = pl.concat([self._last, rows])
        before = [pl.col(name).shift(1) for name in ("time", "end")]
        self._last = (
            (chain.group_by("key", maintain_order=True).last() if self._keys else chain.tail(1))
            .tail(_MOST_SERIES)
            .with_columns(pl.lit(0, pl.Int64).alias("row"))
        )
        stepped = (
            chain.with_columns(
                (each.over("key") if self._keys else each).alias(name)
                for each, name in zip(before, ("before", "ended"), strict=True)
            )
            .filter((pl.col("row") > 0) & pl.col("before").is_not_null())
            .with_columns((pl.col("time") - pl.col("before")).alias("step"))
        )
        _count_steps(self.steps, stepped)
        loose = stepped.filter(pl.col("ended").ne_missing(pl.col("time"))) if self.time.until else stepped
        _count_steps(self.loose, loose)
        usual = self.usual()
        if usual is not None and len(self.odd) < _MOST_ODD:
            odd = loose.filter(pl.col("step") != usual).head(_MOST_ODD - len(self.odd))
            self.odd += [Step(*each) for each in odd.select("before", "time", "row").iter_rows()]

    def _note_periods(self, times: pl.Series, counted: pl.Series, period: timedelta) -> None:
        rows = pl.DataFrame({"time": times, "counted": counted}).drop_nulls()
        day = (pl.col("time") - pl.col("counted") * period).dt.date().alias("day")
        for each, last in rows.group_by(day).agg(pl.col("counted").max() + 1).iter_rows():
            self.last_periods[each] = max(last, self.last_periods.get(each, 0))

    def _note_marks(self, times: pl.Series, frame: pl.DataFrame) -> None:
        for column in self.time.columns:
            if "%z" not in self.form and (marks := find_marks(frame[column])) is not None:
                self.marks = self.marks or FlagTally(column)
                self.marks.add(times, marks)

    def _note_offsets(self, times: pl.Series, texts: pl.Series) -> None:
        offset = number_offsets(texts).str.extract(r"([+-]\d{2}:?\d{0,2})$", 1)
        fresh = (
            pl.DataFrame({"offset": offset, "time": times})
            .drop_nulls()
            .group_by("offset")
            .agg(pl.col("time").min().alias("first"), pl.col("time").max().alias("last"))
        )
        self.offsets = (
            pl.concat([self.offsets, fresh]).group_by("offset").agg(pl.col("first").min(), pl.col("last").max())
        )


def axis_name(axis: TimeAxis) -> str:
    """Name the time's columns as messages do."""
    return f"column {' '.join(axis.time.columns)!r}"


def _count_steps(known: dict[timedelta, tuple[int, int]], stepped: pl.DataFrame) -> None:
    counted = stepped.group_by("step").agg(pl.len(), pl.col("row").min()).sort("len", descending=True)
    for step, count, row in counted.head(_MOST_STEPS).iter_rows():
        if step in known:
            known[step] = (count + known[step][0], min(row, known[step][1]))
        elif len(known) < _MOST_STEPS:
            known[step] = (count, row)


def _count_hours(known: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    fresh = times.dt.truncate("1h").alias("hour").to_frame().group_by("hour").agg(pl.len().alias("rows"))
    return pl.concat([known, fresh]).group_by("hour").agg(pl.col("rows").sum())


def find_series(time: TimeColumns, form: str, columns: Sequence[ColumnTally], frame: pl.DataFrame) -> tuple[str, ...]:
    """Find the columns that tell the series of a table apart: with them, hardly a time comes twice.

    Args:
        frame: The table's first rows.
    """
    head = frame.head(100_000)
    rows = head.with_columns(time.read(head, form).alias(_TIME)).drop_nulls(_TIME)
    if not zoned(form):
        rows = rows.filter(~_may_be_shown_twice(rows[_TIME]))
    keys: list[str] = []
    for kind in (ColumnType.TEXT, ColumnType.INTEGER):  # a number is rather a reading than a name
        names = [each.name for each in columns if each.type is kind and _may_name(each, time, rows)]
        repeated = rows.height - rows.n_unique([_TIME, *keys])
        while names and repeated > _TELL_APART * rows.height:
            left = {name: rows.height - rows.n_unique([_TIME, *keys, name]) for name in names}
            best = min(names, key=lambda name: left[name])
            if left[best] > repeated * 0.9:
                break
            keys.append(best)
            names.remove(best)
            repeated = left[best]
    return tuple(keys)


def _may_be_shown_twice(times: pl.Series) -> pl.Series:
    """Mark the times that come twice, where they are those of one hour a year, as when a clock is put back."""
    rows = pl.DataFrame({"time": times})
    twice = rows.select((pl.len().over("time") == 2).alias("twice"))["twice"]
    found = rows.filter(twice)["time"]
    spans = found.to_frame().group_by(found.dt.year().alias("year")).agg(pl.col("time").max() - pl.col("time").min())
    likely = 2 * len(found) <= len(times) and bool((spans["time"] < _HOUR).all())
    return twice if likely else pl.repeat(False, len(times), eager=True)


def _may_name(column: ColumnTally, time: TimeColumns, rows: pl.DataFrame) -> bool:
    most = rows.height // (2 if column.type is ColumnType.TEXT else 20)
    times = (*time.columns, *time.until)
    if NAMES_FLAG.search(column.name):
        return False
    return column.unit is None and column.name not in times and 1 < column.distinct.count() <= max(most, 2)
