"""Imbalance settlement periods (ISPs): the numbered steps of a local day in which flexibility is traded."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def count_isps(day: date, zone: str, length: timedelta) -> int:
    """Count the ISPs of a local day: with PT15M 96, and 92 or 100 on the days on which the clock is changed.

    Example:
        >>> quarter = timedelta(minutes=15)
        >>> [count_isps(date(2026, month, 29), "Europe/Amsterdam", quarter) for month in (3, 6)]
        [92, 96]
        >>> count_isps(date(2026, 10, 25), "Europe/Amsterdam", quarter)
        100
    """
    return (_midnight(day + timedelta(days=1), zone) - _midnight(day, zone)) // length


def isp_instant(day: date, zone: str, length: timedelta, number: int) -> datetime:
    """Give the first instant of an ISP, in UTC; they are counted from 1, and so many lengths after local midnight.

    Raises:
        ValueError: The day has no such ISP.

    Example:
        >>> isp_instant(date(2026, 10, 25), "Europe/Amsterdam", timedelta(minutes=15), 13).isoformat()
        '2026-10-25T01:00:00+00:00'
    """
    count = count_isps(day, zone, length)
    if not 1 <= number <= count:
        raise ValueError(f"{day} has {count} ISPs in {zone}, and none of number {number}")
    return _midnight(day, zone) + (number - 1) * length


def isp_of(instant: datetime, zone: str, length: timedelta) -> tuple[date, int]:
    """Give the local day and the number of the ISP that begins at an instant.

    Raises:
        ValueError: None begins there.
    """
    day = instant.astimezone(ZoneInfo(zone)).date()
    before, rest = divmod(instant - _midnight(day, zone), length)
    if rest:
        raise ValueError(f"no ISP of {length} begins at this instant in {zone}")
    return day, before + 1


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
