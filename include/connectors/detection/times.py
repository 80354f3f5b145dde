"""How a table tells time: format, zone, span, resolution, and which end of an interval a time names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from include.cim.units import find_unit
from include.cim.written_times import EPOCHS, zoned
from include.cim.zone import read_zone
from include.collection.inspection import Issue, Question, TimeProfile
from include.connectors.detection.column_types import ColumnTally
from include.connectors.detection.steps import Steps, duration, weigh_steps
from include.connectors.detection.time_axis import TimeAxis
from include.connectors.detection.time_columns import BEGINS, ENDS
from include.connectors.detection.time_formats import as_mapped, order_of
from include.connectors.detection.zones import (
    hinted,
    rank_zones,
    same_clock,
    weigh_day_lengths,
    weigh_hours,
    zone_in_text,
)

_DAY: Final = timedelta(days=1)
_ORDERS: Final = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
_UTC_NAMED: Final = re.compile(r"(^|[^a-z])(?i:utc|gmt|zulu)($|[^a-z])|[a-z](UTC|GMT)($|[^A-Z])")
_CET_NAMED: Final = re.compile(r"CET ?/ ?CEST|CE\(S\)T|MEZ ?/ ?MESZ")
_NO_SHIFT: Final = re.compile(r'utc_offset_seconds"?\s*[:=]\s*0\b')
_COUNTED: Final = ("energy", "reactive_energy", "volume")


@dataclass(frozen=True, slots=True)
class Timed:
    """What is known of a table's time, and what is not."""

    profile: TimeProfile
    issues: tuple[Issue, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class _Zoning:
    """The zone of a clock; `clock` explains hours that come twice or never, whichever of the fitting zones it is."""

    name: str | None
    clock: tzinfo | None
    questions: tuple[Question, ...] = ()


def profile_time(
    axes: Sequence[TimeAxis], columns: Sequence[ColumnTally], hints: str, zone: str | None, label: str | None
) -> Timed | None:
    """Say how a table tells time.

    Args:
        axes: One for each reading of the time columns.
        hints: Names and first lines of the file: what may tell its language and country.
        zone, label: What the owner has set.

    Raises:
        ConfigurationInvalid: There is no such zone.
    """
    axes = [axis for axis in axes if axis.count]
    if not axes:
        return None
    axis, order_questions = _choose_reading(axes)
    zoning = _find_zone(axis, hints, zone)
    steps = weigh_steps(axis, zoning.clock)
    ends = (axis.opening, axis.closing) if steps.spliced.count else (axis.least, axis.greatest)
    shown_in = zoning.clock if zoning.name else None
    first, last = (_show(each, axis, shown_in) for each in ends)
    label = label or _interval_label(axis, steps, first, last)
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
    )
    return Timed(profile, tuple(_issues(axis, steps)), tuple(questions))


def _choose_reading(axes: Sequence[TimeAxis]) -> tuple[TimeAxis, tuple[Question, ...]]:
    """Choose the reading that fits all rows, and of several the one whose times follow one another best."""
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
    names = " and ".join(_ORDERS[option] for option in options)
    return best, (
        Question("date_order", f"Every date of {axis_name(best)} reads both ways, {names}: which is it?", options),
    )


def _breaks(axis: TimeAxis) -> int:
    usual = axis.usual()
    return sum(count for step, (count, _) in axis.steps.items() if step not in {usual, timedelta(0)})


def axis_name(axis: TimeAxis) -> str:
    """Name the time's columns as messages do."""
    return f"column {' '.join(axis.time.columns)!r}"


def _find_zone(axis: TimeAxis, hints: str, given: str | None) -> _Zoning:
    if zoned(axis.form):
        found = given or _zone_of_offsets(axis, hints)
        return _Zoning(found, read_zone(found) if found else None)
    found = given or _zone_in_names(axis, hints)
    if found:
        return _Zoning(found, read_zone(found))
    if axis.time.period:
        evidence = weigh_day_lengths(axis.last_periods, axis.time.period, rank_zones(hints))
    else:
        evidence = weigh_hours(axis.hours, rank_zones(hints))
    days = sorted({hour.date() for hour in axis.hours["hour"].to_list()})
    if evidence.fitting and same_clock(evidence.fitting, days):
        return _Zoning(evidence.fitting[0], ZoneInfo(evidence.fitting[0]))
    likely = hinted(hints)
    name = axis_name(axis)
    if evidence.fitting:
        options = _different(evidence.fitting, days)
        what = f"The times of {name} show a change of the clock that fits several zones: which is it?"
        return _Zoning(None, ZoneInfo(evidence.fitting[0]), (Question("zone", what, options),))
    if evidence.unchanged:
        options = tuple(dict.fromkeys(["UTC", *(_standard(zone) for zone in likely[:3])]))
        what = f"The clock of {name} is never changed: is it UTC, or the standard time of which zone?"
        return _Zoning(None, None, (Question("zone", what, options),))
    what = f"The times of {name} have no offset: in which zone were they taken?"
    return _Zoning(None, None, (Question("zone", what, tuple(dict.fromkeys([*likely[:4], "UTC"]))),))


def _zone_in_names(axis: TimeAxis, hints: str) -> str | None:
    names = " ".join(axis.time.columns)
    if _UTC_NAMED.search(names):
        return "UTC"
    if _CET_NAMED.search(names):
        return next((zone for zone in hinted(hints) if same_clock((zone, "Europe/Brussels"), _YEAR)), "Europe/Brussels")
    return zone_in_text(hints) or ("UTC" if _NO_SHIFT.search(hints) else None)


_YEAR: Final = [datetime(2024, month, 1, tzinfo=UTC).date() for month in range(1, 13)]


def _zone_of_offsets(axis: TimeAxis, hints: str) -> str | None:
    """Name the zone that all written offsets are of; the offset itself where there is one only."""
    if axis.form in EPOCHS:
        return "UTC"
    offsets = {_shift(offset): (first, last) for offset, first, last in axis.offsets.iter_rows()}
    if len(offsets) == 1:
        (shift,) = offsets
        return "UTC" if not shift else _standard_of(shift)
    for name in rank_zones(hints):
        zone = ZoneInfo(name)
        if all(
            moment.replace(tzinfo=UTC).astimezone(zone).utcoffset() == shift
            for shift, moments in offsets.items()
            for moment in moments
        ):
            return name
    return None


def _shift(offset: str) -> timedelta:
    if offset in {"Z", "UTC", "GMT"}:
        return timedelta(0)
    digits = offset[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -shift if offset.startswith("-") else shift


def _standard(zone: str) -> str:
    january, july = (datetime(2024, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() or timedelta(0) for month in (1, 7))
    return "UTC" if zone == "UTC" else _standard_of(min(january, july))


def _standard_of(shift: timedelta) -> str:
    minutes = round(abs(shift) / timedelta(minutes=1))
    return f"{'-' if shift < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def _different(zones: Sequence[str], days: Sequence[object]) -> tuple[str, ...]:
    """Give one zone of each clock."""
    chosen: list[str] = []
    for zone in zones:
        if not any(same_clock((zone, other), days) for other in chosen):  # type: ignore[arg-type]  # dates
            chosen.append(zone)
    return tuple(chosen)


def _show(moment: datetime | None, axis: TimeAxis, zone: tzinfo | None) -> datetime | None:
    """Place a time: instants in the zone, or with the offset that was written; the clock's own in the zone."""
    if moment is None:
        return None
    if not zoned(axis.form):
        return moment if zone is None else moment.replace(tzinfo=zone)
    instant = moment.replace(tzinfo=UTC)
    if zone is not None:
        return instant.astimezone(zone)
    shift = next(
        (_shift(offset) for offset, first, last in axis.offsets.iter_rows() if moment in {first, last}), timedelta(0)
    )
    return instant.astimezone(timezone(shift))


def _write(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _interval_label(axis: TimeAxis, steps: Steps, first: datetime | None, last: datetime | None) -> str | None:  # noqa: PLR0911  # one line a kind of evidence
    names = " ".join(axis.time.columns)
    if axis.time.until or axis.time.period or axis.intervals:
        return "start"
    if ENDS.search(names) and not BEGINS.search(names):
        return "end"
    if BEGINS.search(names):
        return "start"
    if axis.midnights:
        return "end"
    step = steps.step
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


def _issues(axis: TimeAxis, steps: Steps) -> Iterator[Issue]:
    name = axis_name(axis)
    if axis.unread:
        yield Issue(
            name,
            f"{axis.unread:,} times cannot be read as {axis.form}",
            "Correct them, or expect these rows among those set aside.",
        )
    if steps.spliced.count:
        what = f"the times go on in another year {_times(steps.spliced.count)}: a typical year, put together of several"
        yield Issue(f"row {steps.spliced.row}, {name}", what, "Nothing is wrong; leave the rows in their order.")
    if steps.gaps.count and steps.step:
        what = f"steps longer than {duration(steps.step)} come {_times(steps.gaps.count)}, here first"
        yield Issue(f"row {steps.gaps.row}, {name}", what, "Rows may be missing, or a series rests while others go on.")
    if steps.repeats.count:
        what = f"a series has the time of its row before {_times(steps.repeats.count)}, here first"
        yield Issue(f"row {steps.repeats.row}, {name}", what, "Is a row there twice, or does a column tell them apart?")
    if steps.backwards.count:
        what = f"the times run the other way {_times(steps.backwards.count)}, here first"
        yield Issue(f"row {steps.backwards.row}, {name}", what, "The rows are not in the order of their times.")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
