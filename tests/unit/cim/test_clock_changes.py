"""Local times are placed by the changes of their zone's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.cim.clock_changes import find_changes, place
from include.cim.zone import read_zone

ZONES = (
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Santiago",
    "Atlantic/Azores",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Antarctica/Troll",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
    "+05:45",
    "Z",
)


def clock_shows(instant: datetime, zone: str) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(read_zone(zone)).replace(tzinfo=None)


@given(st.sampled_from(ZONES), st.datetimes(datetime(1990, 1, 1), datetime(2045, 1, 1)))
def test_what_the_clock_shows_is_placed_where_it_was(zone: str, instant: datetime) -> None:
    placed = place(pl.Series([clock_shows(instant, zone)]), read_zone(zone))
    assert instant in (placed["earliest"][0], placed["latest"][0])
    assert {clock_shows(placed[name][0], zone) for name in ("earliest", "latest")} == {clock_shows(instant, zone)}


@given(
    st.sampled_from([zone for zone in ZONES if "/" in zone]), st.integers(1995, 2040), st.integers(-360 * 60, 360 * 60)
)
def test_around_every_change_it_is_as_the_standard_library_says(zone: str, year: int, seconds: int) -> None:
    days = pl.date_range(date(year, 1, 1), date(year, 12, 31), eager=True)
    for before, at in find_changes(days, ZoneInfo(zone)).drop_nulls("at").select("before", "at").iter_rows():
        local = at + before + timedelta(seconds=seconds)
        both = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1))
        expected = sorted(each for each in both if clock_shows(each, zone) == local) or [None]
        placed = place(pl.Series([local]), ZoneInfo(zone))
        assert (placed["earliest"][0], placed["latest"][0]) == (expected[0], expected[-1])


@pytest.mark.parametrize(
    ("zone", "day", "at", "gap"),
    [
        ("Europe/Berlin", date(2024, 3, 30), datetime(2024, 3, 31, 1), timedelta(hours=1)),
        ("Europe/Berlin", date(2024, 10, 26), datetime(2024, 10, 27, 1), -timedelta(hours=1)),
        ("Australia/Lord_Howe", date(2024, 4, 6), datetime(2024, 4, 6, 15), -timedelta(minutes=30)),
        ("America/Sao_Paulo", date(2018, 11, 3), datetime(2018, 11, 4, 3), timedelta(hours=1)),
        ("America/Sao_Paulo", date(2018, 2, 17), datetime(2018, 2, 18, 2), -timedelta(hours=1)),
        ("Asia/Beirut", date(2024, 3, 30), datetime(2024, 3, 30, 22), timedelta(hours=1)),
        ("Antarctica/Troll", date(2024, 3, 30), datetime(2024, 3, 31, 1), timedelta(hours=2)),
        ("Pacific/Apia", date(2011, 12, 29), datetime(2011, 12, 30, 10), timedelta(hours=24)),
    ],
)
def test_a_change_is_found_to_the_second(zone: str, day: date, at: datetime, gap: timedelta) -> None:
    change = find_changes(pl.Series([day]), ZoneInfo(zone)).row(0, named=True)
    assert (change["at"], change["after"] - change["before"]) == (at, gap)


def test_days_beyond_every_calendar_have_no_instant() -> None:
    far = pl.Series([datetime(1, 1, 1), datetime(9999, 12, 31)])
    assert place(far, ZoneInfo("Europe/Berlin"))["earliest"].to_list() == [None, None]
