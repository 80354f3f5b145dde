"""Finds the zone of a table's times: by what is written, by names, and by what the clock itself shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from include.cim.written_times import EPOCHS, zoned
from include.cim.zone import read_zone, write_offset
from include.collection.inspection import Issue, Question
from include.connectors.detection.time_axis import TimeAxis, axis_name
from include.connectors.detection.zones import (
    ZoneEvidence,
    hinted,
    rank_zones,
    same_clock,
    standard_offset,
    weigh_day_lengths,
    weigh_hours,
    zone_in_text,
)

_UTC_NAMED: Final = re.compile(r"(^|[^a-z])(?i:utc|gmt|zulu)($|[^a-z])|[a-z](UTC|GMT)($|[^A-Z])")
_CET_NAMED: Final = re.compile(r"CET ?/ ?CEST|CE\(S\)T|MEZ ?/ ?MESZ")
_NO_SHIFT: Final = re.compile(r'utc_offset_seconds"?\s*[:=]\s*0\b')


@dataclass(frozen=True, slots=True)
class Zoning:
    """The zone of a clock.

    Attributes:
        clock: Explains hours that come twice or never, whichever of the fitting zones it is.
        label: Which end of its interval a time names, where that is told, or the clock shows it.
    """

    name: str | None
    clock: tzinfo | None
    questions: tuple[Question, ...] = ()
    numbering: str | None = None
    label: str | None = None
    issues: tuple[Issue, ...] = ()


def find_zone(axis: TimeAxis, hints: str, given: str | None, label: str | None) -> Zoning:
    """Find the zone of times.

    Args:
        given: What the owner has set.
        label: Which end of its interval a time names, where that is told.

    Raises:
        ConfigurationInvalid: There is no such zone.
    """
    instants = zoned(axis.form)
    found = given or (_zone_of_offsets if instants else _zone_in_names)(axis, hints)
    if instants:
        return Zoning(found, read_zone(found) if found else None, label=label)
    if found and not axis.time.period:
        return _check_zone(found, axis, label)
    evidence, by_end = _weigh_ends(axis, rank_zones(hints), label)
    numbering = None
    if axis.time.period:
        lengths = weigh_day_lengths(axis.last_periods, axis.time.period, rank_zones(hints))
        numbering = "elapsed" if lengths.fitting else "clock" if evidence.fitting else None
        evidence = lengths if lengths.fitting or not evidence.fitting else evidence
    if found:
        return Zoning(found, read_zone(found), (), numbering, label)
    days = sorted({hour.date() for hour in axis.hours["hour"].to_list()})
    label = label or ("end" if by_end else None)
    if evidence.fitting and same_clock(evidence.fitting, days):
        return Zoning(evidence.fitting[0], ZoneInfo(evidence.fitting[0]), (), numbering, label)
    return _ask_zone(evidence, days, axis_name(axis), hints, Zoning(None, None, (), numbering, label))


def _ask_zone(evidence: ZoneEvidence, days: Sequence[date], name: str, hints: str, known: Zoning) -> Zoning:
    """Ask for what the clock of the columns of this `name` does not tell, beside what is `known`."""
    likely = hinted(hints)
    clock = None
    if evidence.fitting:
        clock = ZoneInfo(evidence.fitting[0])
        options = _different(evidence.fitting, days)
        what = f"The times of {name} show a change of the clock that fits several zones: which is it?"
    elif evidence.unchanged:
        options = tuple(dict.fromkeys(["UTC", *(_standard(zone) for zone in likely[:3])]))
        what = f"The clock of {name} is never changed: is it UTC, or the standard time of which zone?"
    else:
        options = tuple(dict.fromkeys([*likely[:4], "UTC"]))
        what = f"The times of {name} have no offset: in which zone were they taken?"
    return replace(known, clock=clock, questions=(Question("zone", what, options),))


def _check_zone(name: str, axis: TimeAxis, label: str | None) -> Zoning:
    """Take a zone that is named, and tell where the clock goes on as it never does there."""
    zone = read_zone(name)
    evidence, by_end = _weigh_ends(axis, (name,), label) if isinstance(zone, ZoneInfo) else (None, False)
    issues = []
    if evidence and evidence.unchanged:
        what = f"the clock is not changed where that of {name} is: hours are there that it never showed"
        issues.append(Issue(axis_name(axis), what, "Set `zone`: is it UTC, or the standard time of a zone?"))
    return Zoning(name, zone, label=label or ("end" if by_end else None), issues=tuple(issues))


def _weigh_ends(axis: TimeAxis, ranked: Sequence[str], label: str | None) -> tuple[ZoneEvidence, bool]:
    """Weigh the hours that the clock showed; where a time may name the end of its interval, those that it names too.

    Returns:
        The evidence, and whether only the ends of intervals explain it: a source that adds an hour to what the clock
        showed has the hour after the repeated one twice.
    """
    shown = weigh_hours(axis.hours, ranked)
    if label == "start" or axis.time.period is not None or (label is None and shown.fitting):
        return shown, False
    ended = weigh_hours(axis.ended, ranked)
    fitting = tuple(dict.fromkeys((*shown.fitting, *ended.fitting)))
    return ZoneEvidence(fitting, shown.unchanged and ended.unchanged), bool(ended.fitting and not shown.fitting)


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
    offsets = {shift_of(offset): (first, last) for offset, first, last in axis.offsets.iter_rows()}
    if len(offsets) == 1:
        (shift,) = offsets
        return "UTC" if not shift else write_offset(shift)
    for name in rank_zones(hints):
        zone = ZoneInfo(name)
        if all(
            moment.replace(tzinfo=UTC).astimezone(zone).utcoffset() == shift
            for shift, moments in offsets.items()
            for moment in moments
        ):
            return name
    return None


def shift_of(offset: str) -> timedelta:
    """Read a written offset: +02:00, -0330, +1."""
    digits = offset[1:].replace(":", "").ljust(4, "0")
    shift = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -shift if offset.startswith("-") else shift


def _standard(zone: str) -> str:
    return "UTC" if zone == "UTC" else write_offset(standard_offset(ZoneInfo(zone), 2024))


def _different(zones: Sequence[str], days: Sequence[date]) -> tuple[str, ...]:
    """Give one zone of each clock."""
    chosen: list[str] = []
    for zone in zones:
        if not any(same_clock((zone, other), days) for other in chosen):
            chosen.append(zone)
    return tuple(chosen)
