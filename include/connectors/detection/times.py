"""How a table tells time: format, zone, span, resolution, and which end of an interval a time names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from include.cim.units import find_unit
from include.cim.written_times import EXCEL, zoned
from include.collection.inspection import ColumnType, Issue, Question, TimeProfile
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.repeated_flags import FoundFlag, find_flag, find_mark
from include.connectors.detection.steps import Found, Steps, duration, weigh_steps
from include.connectors.detection.time_axis import TimeAxis, axis_name
from include.connectors.detection.time_columns import BEGINS, ENDS, UNKNOWN_DAY
from include.connectors.detection.time_formats import as_mapped, kind_of, order_of
from include.connectors.detection.zones import rank_zones, weigh_hours
from include.connectors.detection.zoning import Zoning, find_zone, shift_of

_CHANGE: Final = timedelta(hours=1)
_SELDOM: Final = 20
"""Of so many intervals no more than one is at a change of the clock."""
_DAY: Final = timedelta(days=1)
_ORDERS: Final = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
_WRITTEN: Final = (
    (("%d", "%u", "%j"), "P1D"),
    (("%V",), "P7D"),
    (("%m", "%b"), "P1M"),
    (("Q%q",), "P3M"),
    (("%q",), "P6M"),
)
"""How long what a format writes is, by its finest directive."""

_MANY: Final = 20
"""One row of so many."""

_NEARLY_ALL: Final = 0.95
_COUNTED: Final = ("energy", "reactive_energy", "volume")


@dataclass(frozen=True, slots=True)
class Timed:
    """What is known of a table's time, and what is not.

    Attributes:
        profile: None where the columns tell the time of a day that nobody knows.
        form: The format in which they are read.
    """

    columns: tuple[str, ...]
    profile: TimeProfile | None
    issues: tuple[Issue, ...]
    questions: tuple[Question, ...]
    form: str = ""


def profile_time(
    axes: Sequence[TimeAxis],
    columns: Sequence[ColumnTally],
    hints: str,
    zone: str | None,
    label: str | None,
    days_noted: Collection[date] = (),
) -> Timed | None:
    """Say how a table tells time.

    Args:
        axes: One for each reading of the time columns.
        hints: Names and first lines of the file: what may tell its language and country.
        zone, label: What the owner has set.
        days_noted: Days that are written beside the table in one way only.

    Raises:
        ConfigurationInvalid: There is no such zone.
    """
    axes = [axis for axis in axes if axis.count]
    if not axes:
        return None
    axis, order_questions = _choose_reading(axes, days_noted, hints)
    given = label
    zoning = find_zone(axis, hints, zone, given or _label_told(axis))
    label = zoning.label
    steps = weigh_steps(axis, zoning.clock, ends=label == "end")
    if steps.resolution == "P1Y" and _written(axis) == "P1M" and steps.backwards.count:
        steps = Steps(resolution="P1M", repeats=steps.repeats)  # a line a month, a column a year
    if axis.time.day is not None and steps.backwards.count:
        return None  # the hours of several days, none of which is known
    if axis.time.day == UNKNOWN_DAY:
        return Timed(axis.time.columns, None, (), ())
    first, last = (_show(each, axis, zoning) for each in _ends(axis, steps))
    if given is None and _names_interval(axis, steps):
        label = None if label == "end" else "start"
    early = _early_midnights(axis, steps)
    label = "end" if early.count and given is None else label or _label_shown(steps.step, first, last)
    flag = _find_flag(axis, zoning, steps, label)
    questions = [*order_questions, *zoning.questions]
    if label is None and _label_matters(steps, columns):
        what = "Does a time name the start or the end of its interval?"
        questions.append(Question("interval_label", what, ("start", "end")))
    profile = TimeProfile(
        columns=axis.time.columns,
        format=axis.form if axis.intervals else as_mapped(axis.form),
        zone=zoning.name,
        first=_write(first),
        last=_write(last),
        resolution=steps.resolution,
        interval_label=label,
        date=str(axis.time.day) if axis.time.day else None,
        period=duration(axis.time.period) if axis.time.period else None,
        numbers=axis.time.numbers,
        numbering=zoning.numbering,
        repeated_flag=flag.flag,
        until=axis.time.until if _are_as_long_as_steps(axis.lengths, steps) else (),
    )
    issues = (*zoning.issues, *_issues(axis, steps, early), *_strange_flags(flag, axis, zoning))
    return Timed(axis.time.columns, profile, issues, tuple(questions), axis.form)


def _ends(axis: TimeAxis, steps: Steps) -> tuple[datetime | None, datetime | None]:
    return (axis.opening, axis.closing) if steps.spliced.count else (axis.least, axis.greatest)


def _find_flag(axis: TimeAxis, zoning: Zoning, steps: Steps, label: str | None) -> FoundFlag:
    if zoning.clock is None or zoning.numbering == "elapsed":
        return FoundFlag()
    counted = axis.time.period is not None
    backs = [timedelta(0), *([steps.step] if label == "end" and steps.step and not counted else [])]
    return find_mark(axis.marks, zoning.clock, backs) if axis.marks else find_flag(axis.flags, zoning.clock, backs)


def _strange_flags(found: FoundFlag, axis: TimeAxis, zoning: Zoning) -> Iterator[Issue]:
    for column in found.strange:
        if axis.marks:
            what = f"the letters behind its times (02:00B) mark no hour that the clock of {zoning.name} shows twice"
            yield Issue(f"column {column!r}", what, "The times are read without them; what do they say?")
            continue
        what = f"it is called like a flag of summer time, and does not change when the clock of {zoning.name} does"
        yield Issue(
            f"column {column!r}", what, "Are the times in that zone? Of an hour that comes twice, the order tells."
        )


def _choose_reading(
    axes: Sequence[TimeAxis], days_noted: Collection[date], hints: str
) -> tuple[TimeAxis, tuple[Question, ...]]:
    """Choose the reading that fits all rows, and of several the one whose times follow one another best.

    Where that does not tell, a day beside the table does that one reading begins or ends with, or an hour that comes
    twice on a day on which a clock is changed.
    """
    least = min(axis.unread for axis in axes)
    fitting = sorted((axis for axis in axes if axis.unread == least), key=_breaks)
    best, *others = fitting
    usual = best.usual()
    within_days = usual is not None and abs(usual) < _DAY
    if not others or (within_days and _breaks(best) == 0 and all(_breaks(other) > 1 for other in others)):
        return best, ()
    options = tuple(dict.fromkeys(order_of(axis.form) for axis in fitting))
    if len(options) < 2:
        return best, ()
    near = [axis for axis in fitting if {each.date() for each in (axis.least, axis.greatest) if each} & set(days_noted)]
    clocks = [axis for axis in fitting if weigh_hours(axis.hours, rank_zones(hints)).fitting]
    for told in (near, clocks):
        if len({order_of(axis.form) for axis in told}) == 1:
            return told[0], ()
    names = " and ".join(_ORDERS[option] for option in options)
    return best, (
        Question("date_order", f"Every date of {axis_name(best)} reads both ways, {names}: which is it?", options),
    )


def _breaks(axis: TimeAxis) -> int:
    usual = axis.usual()
    return sum(count for step, (count, _) in axis.steps.items() if step not in {usual, timedelta(0)})


def _show_local(moment: datetime, axis: TimeAxis, zoning: Zoning) -> datetime:
    """Place a time of the clock in its zone; where periods since midnight are counted, by their number.

    The 25th hour of a day is no hour of the next one.
    """
    shown_in = zoning.clock if zoning.name else None
    if zoning.numbering != "elapsed" or zoning.clock is None:
        return moment if shown_in is None else moment.replace(tzinfo=shown_in)
    day = moment.date() if moment.date() in axis.last_periods else moment.date() - _DAY
    midnight = datetime.combine(day, datetime.min.time())
    placed = (midnight.replace(tzinfo=zoning.clock).astimezone(UTC) + (moment - midnight)).astimezone(zoning.clock)
    return placed if shown_in else placed.replace(tzinfo=None)


def _show(moment: datetime | None, axis: TimeAxis, zoning: Zoning) -> datetime | None:
    """Place a time: instants in the zone, or with the offset that was written; the clock's own in the zone."""
    if moment is None:
        return None
    if not zoned(axis.form):
        return _show_local(moment, axis, zoning)
    instant = moment.replace(tzinfo=UTC)
    if zoning.name:
        return instant.astimezone(zoning.clock)
    shift = next(
        (shift_of(offset) for offset, first, last in axis.offsets.iter_rows() if moment in {first, last}), timedelta(0)
    )
    return instant.astimezone(timezone(shift))


def _write(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _label_told(axis: TimeAxis) -> str | None:
    """Say which end of its interval a time names, by what is written."""
    names = " ".join(axis.time.columns)
    if axis.time.until or axis.time.period or axis.intervals:
        return "start"
    if ENDS.search(names) and not BEGINS.search(names):
        return "end"
    if BEGINS.search(names):
        return "start"
    return "end" if axis.midnights else None


def _names_interval(axis: TimeAxis, steps: Steps) -> bool:
    """Say whether a label is as long as its interval, and so names it: a day its own values, a month the month's.

    A date does not do so for the week or month that begins or ends with it.
    """
    if axis.form == EXCEL:
        return steps.resolution == "P1D" and bool((axis.hours["hour"].dt.hour() == 0).all())
    if kind_of(axis.form) is not ColumnType.DATE or axis.time.period is not None:
        return False
    return steps.resolution == _written(axis)


def _written(axis: TimeAxis) -> str:
    """Say how long what a date's format writes is."""
    return next((length for signs, length in _WRITTEN if any(sign in axis.form for sign in signs)), "P1Y")


def _label_shown(step: timedelta | None, first: datetime | None, last: datetime | None) -> str | None:
    """Say it by the first and the last time: whole days begin or end with them."""
    if step is None or first is None or last is None or step >= _DAY or _DAY % step:
        return None
    begins, ends = (timedelta(hours=each.hour, minutes=each.minute, seconds=each.second) for each in (first, last))
    if begins == timedelta(0) and ends == _DAY - step:
        return "start"
    if begins == step and ends == timedelta(0):
        return "end"
    return None


def _label_matters(steps: Steps, columns: Sequence[ColumnTally]) -> bool:
    """Whether something was counted over intervals: then its time has a side."""
    return steps.step is not None and any(
        column.unit is not None and find_unit(column.unit).dimension in _COUNTED for column in columns
    )


def _early_midnights(axis: TimeAxis, steps: Steps) -> Found:
    """Find the days that end with 00:00 of their own date: it is the next midnight, a day later than it says."""
    step, opening = steps.step, axis.opening
    if step is None or opening is None or zoned(axis.form) or opening != _midnight(opening) + step:
        return Found()
    rows = [
        each.row for each in axis.odd if each.after - each.before == step - _DAY and each.after == _midnight(each.after)
    ]
    return Found(len(rows), rows[0]) if rows else Found()


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), datetime.min.time())


def _issues(axis: TimeAxis, steps: Steps, early: Found) -> Iterator[Issue]:
    name = axis_name(axis)
    if axis.unread:
        yield Issue(
            name,
            f"{axis.unread:,} times cannot be read as {axis.form}",
            "Correct them, or expect these rows among those set aside.",
        )
    if axis.endless:
        what = f"{axis.endless:,} times are in the year 1 or 9999, which systems write for none"
        yield Issue(name, what, "If they stand for nothing, say so by `column_nulls`.")
    if axis.days_alone:
        what = f"{axis.days_alone:,} of its times write a day and no clock: they are read as its midnight"
        yield Issue(name, what, "Do these rows hold the day's sum, they are to be left out.")
    if axis.missing:
        what = f"{axis.missing:,} rows have no time: does a day stand in the first of its rows alone?"
        yield Issue(name, what, "Have every row written with its time; these are among those set aside.")
    if steps.spliced.count:
        what = f"the times go on in another year {_times(steps.spliced.count)}: a typical year, put together of several"
        yield Issue(f"row {steps.spliced.row}, {name}", what, "Nothing is wrong; leave the rows in their order.")
    if lengths := _lengths_apart(axis.lengths):
        what = f"intervals are of several lengths: {', '.join(map(duration, lengths))}"
        yield Issue(name, what, "Map their ends, or take the rows of one length by `where`.")
    if steps.gaps.count and steps.step:
        what = f"steps longer than {duration(steps.step)} come {_times(steps.gaps.count)}, here first"
        yield Issue(f"row {steps.gaps.row}, {name}", what, "Rows may be missing, or a series rests while others go on.")
    if steps.repeats.count:
        what = f"a series has the time of its row before {_times(steps.repeats.count)}, here first"
        yield Issue(f"row {steps.repeats.row}, {name}", what, "Is a row there twice, or does a column tell them apart?")
    if early.count:
        what = f"a day ends with 00:00 of its own date {_times(early.count)}: the next midnight, read a day too early"
        yield Issue(f"row {early.row}, {name}", what, "Have it written as 24:00, or with the date of the next day.")
    if steps.backwards.count:
        what = f"the times run the other way {_times(steps.backwards.count)}, here first"
        yield Issue(f"row {steps.backwards.row}, {name}", what, "The rows are not in the order of their times.")


def _are_as_long_as_steps(lengths: Counter[timedelta], steps: Steps) -> bool:
    """Say whether every interval is as long as a step, by a clock that is changed by an hour now and then."""
    if steps.step is None or steps.step >= _DAY or not lengths[steps.step]:
        return False
    changed = lengths[steps.step + _CHANGE] + lengths[steps.step - _CHANGE]
    return lengths[steps.step] + changed == lengths.total() >= _SELDOM * changed


def _lengths_apart(lengths: Counter[timedelta]) -> list[timedelta]:
    """Give the lengths of intervals where there are a few, each of many rows: a session has any, and so have months."""
    total = lengths.total()
    many = [length for length, count in lengths.items() if count * _MANY >= total and timedelta(0) < length <= _DAY]
    return sorted(many) if len(many) > 1 and sum(lengths[each] for each in many) >= _NEARLY_ALL * total else []


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
