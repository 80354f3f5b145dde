"""Which time zone a clock without an offset shows: by the hours that it shows twice or never, and by hints."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl
import yaml

from include.cim.zone import zone_names

_TABLE: Final = Path(__file__).parent / "zones.yaml"
_HOUR: Final = timedelta(hours=1)
_HALF: Final = timedelta(minutes=30)
_NAMED: Final = re.compile(
    r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_]+(?:/[A-Za-z_]+)?"
)


@dataclass(frozen=True, slots=True)
class ZoneEvidence:
    """What the hours of a clock say.

    Attributes:
        fitting: The zones whose every change of the clock shows, likeliest first.
        unchanged: Whether the clock went on where every zone that changes it would have changed it.
    """

    fitting: tuple[str, ...]
    unchanged: bool


def zone_in_text(text: str) -> str | None:
    """Find the one zone that a text names: by its IANA name.

    Example:
        >>> zone_in_text('{"timezone": "Europe/Berlin", "rows": []}')
        'Europe/Berlin'
    """
    named = {name for name in _NAMED.findall(text) if name in zone_names()}
    return named.pop() if len(named) == 1 else None


def rank_zones(hints: str) -> tuple[str, ...]:
    """Order the zones to try by what a text holds of their words and, before all, of their names."""
    weights = _weigh_hints(hints)
    return tuple(sorted(weights, key=lambda zone: -weights[zone]))


def hinted(hints: str) -> tuple[str, ...]:
    """Give the zones that a text hints at, likeliest first."""
    weights = _weigh_hints(hints)
    return tuple(zone for zone in rank_zones(hints) if weights[zone])


def _weigh_hints(hints: str) -> dict[str, int]:
    folded = hints.casefold().replace("_", " ")
    return {
        zone: 100 * len(set(names.findall(folded))) + len(set(words.findall(folded)))
        for zone, (words, names) in _candidates().items()
    }


def weigh_hours(hours: pl.DataFrame, ranked: Sequence[str]) -> ZoneEvidence:
    """Compare the clock's hours with those that each zone shows twice or never.

    Args:
        hours: `hour` and `rows`, see `TimeAxis.hours`.
    """
    counts: dict[datetime, int] = dict(hours.iter_rows())
    days = sorted({hour.date() for hour in counts})
    fitting, against, told = [], 0, 0
    for name in ranked:
        confirmed, contradicted = _weigh(counts, days, ZoneInfo(name))
        told += bool(confirmed or contradicted)
        against += bool(contradicted and not confirmed)
        if confirmed and not contradicted:
            fitting.append(name)
    return ZoneEvidence(tuple(fitting), unchanged=told > 0 and against == told)


def weigh_day_lengths(last_periods: Mapping[date, int], period: timedelta, ranked: Sequence[str]) -> ZoneEvidence:
    """Compare how many periods the days have with the lengths that they have in each zone."""
    usual = round(timedelta(days=1) / period)
    odd = {day: number for day, number in last_periods.items() if number != usual}
    fitting, told, against = [], 0, 0
    for name in ranked:
        zone = ZoneInfo(name)
        changes = {
            day: usual + change // period for day, change in _changes(sorted(last_periods), zone) if not change % period
        }
        told += bool(changes)
        if changes and all(odd.get(day) == number for day, number in changes.items()):
            fitting.append(name)
        against += bool(changes) and not any(day in odd for day in changes)
    return ZoneEvidence(tuple(fitting), unchanged=told > 0 and against == told)


def same_clock(names: Iterable[str], days: Sequence[date]) -> bool:
    """Say whether zones show the same time on all these days."""
    seen = {tuple(_midnight(day, ZoneInfo(name)).utcoffset() for day in days) for name in names}
    return len(seen) <= 1


def standard_offset(zone: tzinfo, year: int) -> timedelta:
    """Give the offset of a zone in a year without its summer time."""
    both = (datetime(year, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))
    return min(each or timedelta(0) for each in both)


def instants(local: datetime, zone: tzinfo) -> tuple[datetime, ...]:
    """Give every instant at which a clock of the zone shows this time: one, two or none."""
    utc = timezone.utc  # noqa: UP017
    found = {local.replace(tzinfo=zone, fold=fold).astimezone(utc) for fold in (0, 1)}
    return tuple(sorted(each for each in found if each.astimezone(zone).replace(tzinfo=None) == local))


def _weigh(counts: Mapping[datetime, int], days: Sequence[date], zone: tzinfo) -> tuple[int, int]:
    confirmed = contradicted = 0
    for day, change in _changes(days, zone):
        if change % _HALF:
            continue
        midnight = datetime.combine(day, datetime.min.time())
        halves = {
            hour: len(instants(hour, zone)) + len(instants(hour + _HALF, zone))
            for hour in (midnight + number * _HOUR for number in range(24))
        }
        changed = [hour for hour, shown in halves.items() if shown < 2 or (shown > 2 and change > timedelta(0))]
        if not changed:
            continue
        around = [counts.get(changed[0] - _HOUR, 0), counts.get(changed[-1] + _HOUR, 0)]
        if not all(around) or max(around) > 1.2 * min(around):
            continue
        for hour in changed:
            share, rows, usual = halves[hour] / 2, counts.get(hour, 0), max(around)
            if share % 1 and usual == 1:
                continue  # whole hours tell nothing of half an hour
            if share < 1:
                confirmed += rows <= 1.1 * share * usual
                contradicted += rows > 1.1 * share * usual
            elif rows:
                confirmed += rows > (1 + share) / 2 * usual
                contradicted += rows <= (1 + (share - 1) / 5) * usual
    return confirmed, contradicted


def _changes(days: Sequence[date], zone: tzinfo) -> list[tuple[date, timedelta]]:
    """Give the days that are not as long as others, and how much longer they are."""
    return [(day, change) for day in days if (change := (_offset(day, zone) - _offset(day + timedelta(days=1), zone)))]


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _offset(day: date, zone: tzinfo) -> timedelta:
    return _midnight(day, zone).utcoffset() or timedelta(0)


@cache
def _candidates() -> Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]]:
    table: dict[str, dict[str, list[str]]] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {zone: (_any_of(hints.get("words", [])), _any_of(hints["names"])) for zone, hints in table.items()}


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words)) or '(?!)'})(?!\w)")
