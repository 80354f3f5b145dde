"""Where the positions of a market document's period lie in time."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self
from zoneinfo import ZoneInfo

from include.cim.messages import durations
from include.errors import SourceRefused

_DURATION: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
MOST_POSITIONS: Final = 10_000_000


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of equal length from a start on.

    Attributes:
        start: In the zone whose days and months are counted.
        months, days: Of a step by the calendar; `seconds` of one by the clock.
        count: Steps from the start to the end.
    """

    start: datetime
    months: int
    days: int
    seconds: int
    count: int

    @classmethod
    def between(cls, start: datetime, end: datetime, resolution: str, zone: str, where: str) -> Self:
        """Lay steps between two instants.

        Days, months and years begin in `zone` where the start does; else in UTC.

        Raises:
            SourceRefused: The resolution is no duration, or no number of steps leads from the start to the end.
        """
        months, days, seconds = _read_duration(resolution, where)
        local = start.astimezone(ZoneInfo(zone))
        if (months or days) and (local.hour, local.minute) == (0, 0):
            start = local
        if seconds:
            count, rest = divmod(int((end - start).total_seconds()), seconds)
            made = cls(start, 0, 0, seconds, count)
            whole = rest == 0
        else:
            length_days = months * 30.4 + days
            guess = round((end - start).total_seconds() / 86_400 / length_days)
            near = (cls(start, months, days, 0, each) for each in range(max(1, guess - 1), guess + 2))
            fitting = next((steps for steps in near if steps.at(steps.count) == end), None)
            made, whole = fitting or cls(start, months, days, 0, 0), fitting is not None
        if not whole or not 0 < made.count <= MOST_POSITIONS:
            raise SourceRefused(
                where,
                f"a period of {resolution} does not end a whole number of steps after its start",
                "For days and longer: set `zone` to where they begin.",
            )
        return made

    def at(self, steps: int) -> datetime:
        """Give the instant after so many steps, in UTC."""
        if self.seconds:
            return self.start.astimezone(UTC) + timedelta(seconds=steps * self.seconds)
        months = self.start.month - 1 + steps * self.months
        year, month = self.start.year + months // 12, months % 12 + 1
        moved = self.start.replace(year=year, month=month, day=min(self.start.day, monthrange(year, month)[1]))
        return (moved + timedelta(days=steps * self.days)).astimezone(UTC)


def read_instant(text: str, where: str) -> datetime:
    """Read a time with its offset."""
    instant = durations.read_instant(text)
    if instant is None:
        raise SourceRefused(where, "a period's start or end is no time with an offset", "2026-02-01T23:00Z is one.")
    return instant.astimezone(UTC)


def rfc3339(instant: datetime) -> str:
    """Write an instant in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_duration(text: str, where: str) -> tuple[int, int, int]:
    found = _DURATION.fullmatch(text)
    years, months, weeks, days, hours, minutes, seconds = (
        (int(each or 0) for each in found.groups()) if found else (0,) * 7
    )
    calendar = (years * 12 + months, weeks * 7 + days)
    clock = (hours * 60 + minutes) * 60 + seconds
    if [clock > 0, *(each > 0 for each in calendar)].count(True) != 1:
        raise SourceRefused(
            where, f"the resolution {text[:20]!r} is no duration of one kind", "PT15M, PT60M, P1D, P1M and P1Y are."
        )
    return (*calendar, clock)
