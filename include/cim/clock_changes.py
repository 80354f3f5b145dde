"""Places local times on the line of instants, exactly, by the changes of a zone's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import polars as pl

_NOON: Final = time(12)
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_YEARS: Final = (date(2, 1, 1), date(9998, 1, 1))
"""The days that the standard library can reckon with, and one more at each end."""

_NIGHTS: Final = pl.Schema(
    {"night": pl.Date(), "before": pl.Duration("us"), "after": pl.Duration("us"), "at": pl.Datetime("us")}
)


def place(local: pl.Series, zone: tzinfo) -> pl.DataFrame:
    """Find the instants at which the zone's clock showed these times; UTC, without a zone.

    The offset is looked up once for each span from noon to noon: clocks are changed at night.

    Returns:
        `earliest` and `latest`: one instant almost always, two where the clock showed the time twice, null where it
            never did.
        `unchanged`: The instant for a clock that was not changed that night, see `MissingHour.SHIFT`.
        `at`, `gap`: When the clock was changed in the night of this time, and by how much: positive in spring. Null
            where it was not.
    """
    night = pl.col("local").dt.offset_by("-12h").dt.date()
    frame = local.alias("local").to_frame().with_columns(pl.when(night.is_between(*_YEARS)).then(night).alias("night"))
    changes = find_changes(frame["night"].unique().drop_nulls(), zone)
    first, second = pl.col("local") - pl.col("before"), pl.col("local") - pl.col("after")
    placed = frame.join(changes, on="night", how="left", maintain_order="left")
    if changes["at"].null_count() == changes.height:
        return placed.select(
            first.alias("earliest"),
            first.alias("latest"),
            first.alias("unchanged"),
            "at",
            pl.lit(None, pl.Duration("us")).alias("gap"),
        )
    summer, winter = first < pl.col("at"), second >= pl.col("at")
    return placed.select(
        pl.when(pl.col("at").is_null() | summer).then(first).when(winter).then(second).alias("earliest"),
        pl.when(pl.col("at").is_null()).then(first).when(winter).then(second).when(summer).then(first).alias("latest"),
        first.alias("unchanged"),
        "at",
        pl.when(pl.col("at").is_not_null()).then(pl.col("after") - pl.col("before")).alias("gap"),
    )


def find_changes(nights: pl.Series, zone: tzinfo) -> pl.DataFrame:
    """Give the offsets between noon of these days and the next: `before`, and `after` from the instant `at` on."""
    rows = []
    for day in nights:
        before = _offset(datetime.combine(day, _NOON), zone)
        after = _offset(datetime.combine(day + _DAY, _NOON, tzinfo=None).replace(fold=1), zone)
        rows.append((day, before, after, None if before == after else _change(day, before, zone)))
    return pl.DataFrame(rows, schema=_NIGHTS, orient="row")


def _change(day: date, before: timedelta, zone: tzinfo) -> datetime:
    """Find the first second with another offset: by halves, as there is no list of a zone's changes."""
    low = datetime.combine(day, _NOON) - before - _DAY
    high = low + 3 * _DAY
    while high - low > _SECOND:
        middle = low + (high - low) // (2 * _SECOND) * _SECOND
        if middle.replace(tzinfo=UTC).astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high


def _offset(local: datetime, zone: tzinfo) -> timedelta:
    return local.replace(tzinfo=zone).utcoffset() or timedelta(0)
