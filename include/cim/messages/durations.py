"""Durations of ISO 8601, which may count by the calendar."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Final

_DURATION: Final = re.compile(
    r"P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
ENDLESS: Final = "P9999Y"
"""How OpenADR writes a duration without an end."""


def add_duration(start: datetime, duration: str, times: int = 1) -> datetime | None:
    """Add a duration so many times; None where it has no end before the year 10000.

    Years and months are counted in the offset of `start`, and end on the month's last day where it is shorter.

    Raises:
        ValueError: It is no duration.

    Example:
        >>> add_duration(datetime(2026, 1, 31, tzinfo=UTC), "P1M").isoformat()
        '2026-02-28T00:00:00+00:00'
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise ValueError("a duration is none of ISO 8601, such as PT15M")
    years, months, weeks, days, hours, minutes = (times * int(each or 0) for each in found.groups()[:6])
    seconds = times * float(found[7] or 0)
    months += start.month - 1 + 12 * years
    year, month = start.year + months // 12, months % 12 + 1
    if year > 9999:
        return None
    try:
        moved = start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
        return moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None


def write_duration(length: timedelta) -> str:
    """Write a length of time in hours, minutes and seconds.

    Example:
        >>> write_duration(timedelta(minutes=90)), write_duration(timedelta(days=1)), write_duration(timedelta(0))
        ('PT1H30M', 'PT24H', 'PT0S')
    """
    whole, rest = divmod(length, timedelta(seconds=1))
    hours, minutes, seconds = whole // 3600, whole % 3600 // 60, whole % 60
    fraction = f".{rest.microseconds:06d}".rstrip("0") if rest else ""
    parts = [(hours, "H"), (minutes, "M")]
    text = "".join(f"{count}{sign}" for count, sign in parts if count)
    if seconds or fraction or not text:
        text += f"{seconds}{fraction}S"
    return f"PT{text}"


def read_instant(text: str) -> datetime | None:
    """Read a time with its offset; None where a text is none."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def write_instant(instant: datetime) -> str:
    """Write an instant in UTC (RFC 3339).

    Example:
        >>> write_instant(datetime(2026, 1, 1, tzinfo=UTC))
        '2026-01-01T00:00:00Z'
    """
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
