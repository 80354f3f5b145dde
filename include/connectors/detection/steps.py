"""From the steps between a table's times to its resolution, its gaps and its repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from include.cim.written_times import zoned
from include.connectors.detection.time_axis import Step, TimeAxis
from include.connectors.detection.zones import instants

_DAY: Final = timedelta(days=1)
_ZERO: Final = timedelta(0)
_REGULAR: Final = 0.6
"""Times have a resolution when at least this share of their steps is the usual one."""

_MONTHS: Final = ((28, 31, "P1M"), (89, 92, "P3M"), (181, 184, "P6M"), (365, 366, "P1Y"))


@dataclass(frozen=True, slots=True)
class Found:
    """How many steps are of a kind, and the row (from 1) where the first one arrives."""

    count: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class Steps:
    """What the steps say. What a change of the clock explains is neither a gap nor a repeat.

    Attributes:
        step: The usual step, without its direction; None where the times are irregular.
        resolution: The same in ISO 8601, with months and years where they are meant.
        spliced: Steps into another year that would be the usual one within a year.
    """

    step: timedelta | None = None
    resolution: str | None = None
    gaps: Found = Found()
    repeats: Found = Found()
    backwards: Found = Found()
    spliced: Found = Found()


def weigh_steps(axis: TimeAxis, zone: tzinfo | None, *, ends: bool = False) -> Steps:
    """Say what a table's steps mean.

    Args:
        zone: The clock's zone, if it is known: it explains hours that come twice or never.
        ends: Whether the times name the ends of their intervals: then it may be the beginnings that the clock showed.
    """
    usual = axis.usual()
    clock = None if zoned(axis.form) else zone
    numbered = axis.time.period is not None
    explained = [
        odd
        for odd in axis.odd
        if clock
        and usual
        and (
            _is_explained(odd, usual, clock)
            or (ends and _is_explained(_begun(odd, usual), usual, clock))
            or (numbered and _is_long_day(odd, usual, clock))
        )
    ]
    repeats = _find(axis, explained, lambda step: step == _ZERO, axis.loose)
    if usual is None:
        return Steps(repeats=repeats)
    counts = {step: count for step, (count, _) in axis.steps.items() if step}
    calendar = _calendar(counts)
    step = abs(usual) if calendar or counts[usual] >= _REGULAR * sum(counts.values()) else None
    resolution = calendar or (duration(step) if step else None)
    moves = [odd for odd in axis.odd if odd.after != odd.before]
    splices = [] if calendar else [odd for odd in moves if _is_splice(odd, usual)]
    if len(splices) > 1 and len(splices) == len(moves):
        return Steps(step, resolution, repeats=repeats, spliced=Found(len(splices), splices[0].row))
    way = 1 if usual > _ZERO else -1
    regular = step is not None and calendar is None
    return Steps(
        step=step,
        resolution=resolution,
        gaps=_find(axis, explained, lambda step: step * way > usual * way, axis.loose) if regular else Found(),
        repeats=repeats,
        backwards=_find(axis, explained, lambda step: step * way < _ZERO, axis.loose),
    )


def _find(
    axis: TimeAxis,
    explained: Sequence[Step],
    fits: Callable[[timedelta], bool],
    among: Mapping[timedelta, tuple[int, int]],
) -> Found:
    """Count the steps of a kind `among` these that nothing explains."""
    known = Counter(odd.after - odd.before for odd in explained)
    left = {step: count - known[step] for step, (count, _) in among.items() if fits(step)}
    if sum(left.values()) <= 0:
        return Found()
    excused = {odd.row for odd in explained}
    listed = [odd.row for odd in axis.odd if fits(odd.after - odd.before) and odd.row not in excused]
    return Found(sum(left.values()), min([*listed, *(among[step][1] for step in left if not known[step])]))


def duration(step: timedelta) -> str:
    """Write a duration in ISO 8601.

    Example:
        >>> duration(timedelta(minutes=15)), duration(timedelta(days=1)), duration(timedelta(minutes=90))
        ('PT15M', 'P1D', 'PT1H30M')
    """
    days, rest = divmod(step, _DAY)
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    seconds = f"{rest.total_seconds():f}".rstrip("0").rstrip(".")
    parts = ((str(hours), "H"), (str(minutes), "M"), (seconds, "S"))
    clock = "".join(f"{number}{sign}" for number, sign in parts if number != "0")
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def _calendar(counts: Mapping[timedelta, int]) -> str | None:
    """Recognise months, quarters and years, whose lengths differ."""
    for least, most, name in _MONTHS:
        fitting = [step for step in counts if least * _DAY <= abs(step) <= most * _DAY and not step % _DAY]
        if sum(counts[step] for step in fitting) >= _REGULAR * sum(counts.values()) and fitting:
            return name
    return None


def _is_splice(odd: Step, usual: timedelta) -> bool:
    """Whether a step would be the usual one, were it not for the year, in years without 29 February."""
    before = _in_year(odd.before, 2001)
    return any(_in_year(odd.after, year) - before == usual for year in (2001, 2002))


def _in_year(moment: datetime, year: int) -> datetime:
    if (moment.month, moment.day) == (2, 29):
        moment += _DAY
    return moment.replace(year=year)


def _is_explained(odd: Step, usual: timedelta, zone: tzinfo) -> bool:
    before, after = instants(odd.before, zone), instants(odd.after, zone)
    if odd.before == odd.after:
        return len(before) > 1
    return any(late - early == usual for early in before for late in after)


def _begun(odd: Step, usual: timedelta) -> Step:
    return Step(odd.before - abs(usual), odd.after - abs(usual), odd.row)


def _is_long_day(odd: Step, usual: timedelta, zone: tzinfo) -> bool:
    """Say whether periods that are numbered from midnight go on from a longer or shorter day into the next."""
    day = datetime.combine(odd.after.date() - _DAY, datetime.min.time())
    begun, ended = instants(day, zone), instants(odd.after, zone)
    return bool(begun and ended) and begun[0] + (odd.before - day) + usual == ended[0]
