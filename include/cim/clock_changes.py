"""Places local times on the line of instants, exactly, by the changes of a zone's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Final

import polars as pl

_WEEK: Final = timedelta(days=7)
_SECOND: Final = timedelta(seconds=1)
_CENTURY: Final = 100
_AROUND: Final = timedelta(hours=4)
_FIRST: Final = datetime(1, 1, 2)  # noqa: DTZ001
_LAST: Final = datetime(9999, 12, 24)  # noqa: DTZ001  # UTC: after it, the standard library cannot reckon everywhere
_SPANS: Final = pl.Schema(
    {
        "begin": pl.Datetime("us"),
        "earliest": pl.Duration("us"),
        "latest": pl.Duration("us"),
        "unchanged": pl.Duration("us"),
        "at": pl.Datetime("us"),
        "gap": pl.Duration("us"),
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """From an instant on (UTC, without a zone), the zone's offset is another one."""

    at: datetime
    before: timedelta
    after: timedelta


def place(local: pl.Series, zone: tzinfo) -> pl.DataFrame:
    """Find the instants at which the zone's clock showed these times; UTC, without a zone.

    Returns:
        `earliest` and `latest`: one instant almost always, two where the clock showed the time twice, null where it
            never did.
        `unchanged`: The instant for a clock that was not changed, see `MissingHour.SHIFT`.
        `at`, `gap`: When the clock was changed, and by how much, positive in spring; null but for four hours around.
    """
    ends = local.to_frame("local").select(pl.col("local").min().append(pl.col("local").max())).to_series()
    first, last = ends.dt.year()
    known = range(1, 10_000)
    if first is None or last - first > _CENTURY:
        several = [year for year in local.dt.year().unique() if year in known]
    else:
        several = [year for year in range(first, last + 1) if year in known]
    spans = _spans(zone, tuple(sorted(several)))
    begun = _find(ends, spans)
    if begun[0] == begun[1] and spans["at"][begun[0]] is None:  # as almost always, within a file of some days
        offsets = pl.DataFrame([each.new_from_index(begun[0], len(local)) for each in spans])
    else:
        offsets = spans[_find(local, spans)]
    return pl.DataFrame(
        [
            *(local.alias(name) - offsets[name] for name in ("earliest", "latest", "unchanged")),
            offsets["at"],
            offsets["gap"],
        ]
    )


def _find(local: pl.Series, spans: pl.DataFrame) -> pl.Series:
    """Find the span that each time is in."""
    return (spans["begin"].search_sorted(local, side="right").cast(pl.Int64) - 1).clip(0)


@cache
def _spans(zone: tzinfo, years: tuple[int, ...]) -> pl.DataFrame:
    """Cut the local times of these years into spans of one reading each."""
    rows: list[tuple[object, ...]] = []
    looked_at = {each for year in years or (1970,) for each in (year - 1, year, year + 1) if 1 <= each <= _LAST.year}
    for year in sorted(looked_at):
        if year - 1 not in looked_at:
            start = datetime(year, 1, 1)  # noqa: DTZ001  # UTC
            offset = _offset(start, zone)
            rows.append((start, offset, offset, offset, None, None))
        for change in find_changes(zone, year):
            at, before, after, gap = change.at, change.before, change.after, change.after - change.before
            opening, closing = at + min(before, after), at + max(before, after)
            both = (None, None) if gap > timedelta(0) else (before, after)
            rows += [
                (opening - _AROUND, before, before, before, at, gap),
                (opening, *both, before, at, gap),
                (closing, after, after, after, at, gap),
                (closing + _AROUND, after, after, after, None, None),
            ]
    return pl.DataFrame(rows, schema=_SPANS, orient="row")


@cache
def find_changes(zone: tzinfo, year: int) -> tuple[Change, ...]:
    """Find when a zone's offset becomes another one in a year of UTC, to the second.

    Nothing lists them, so each week is looked at: no zone has changed its clock twice in one.
    """
    start = datetime(year, 1, 1)  # noqa: DTZ001  # UTC
    end = datetime(year + 1, 1, 1) if year < _LAST.year else _LAST  # noqa: DTZ001  # UTC
    found = []
    while start < end:
        stop = min(start + _WEEK, end)
        before, after = _offset(start, zone), _offset(stop, zone)
        if before != after:
            low, high = start, stop
            while high - low > _SECOND:
                middle = low + (high - low) // (2 * _SECOND) * _SECOND
                low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
            found.append(Change(high, before, after))
        start = stop
    return tuple(found)


def _offset(instant: datetime, zone: tzinfo) -> timedelta:
    inside = min(max(instant, _FIRST), _LAST)  # there is no year 0 west of Greenwich, and no 10000 east of it
    return inside.replace(tzinfo=UTC).astimezone(zone).utcoffset() or timedelta(0)
