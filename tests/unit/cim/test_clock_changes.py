"""Local times are placed by the changes of their zone's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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


def utc(text: str) -> datetime:
    """A time of UTC, without its zone, as columns hold them here."""
    return datetime.fromisoformat(text)


def clock_shows(instant: datetime, zone: str) -> datetime:
    return instant.replace(tzinfo=UTC).astimezone(read_zone(zone)).replace(tzinfo=None)


@given(st.sampled_from(ZONES), st.datetimes(utc("1990-01-01"), utc("2045-01-01")))
def test_what_the_clock_shows_is_placed_where_it_was(zone: str, instant: datetime) -> None:
    placed = place(pl.Series([clock_shows(instant, zone)]), read_zone(zone))
    assert instant in (placed["earliest"][0], placed["latest"][0])
    assert {clock_shows(placed[name][0], zone) for name in ("earliest", "latest")} == {clock_shows(instant, zone)}


@given(
    st.sampled_from([zone for zone in ZONES if "/" in zone]), st.integers(1995, 2040), st.integers(-360 * 60, 360 * 60)
)
def test_around_every_change_it_is_as_the_standard_library_says(zone: str, year: int, seconds: int) -> None:
    for change in find_changes(ZoneInfo(zone), year):
        local = change.at + change.before + timedelta(seconds=seconds)
        both = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC).replace(tzinfo=None) for fold in (0, 1))
        expected = sorted(each for each in both if clock_shows(each, zone) == local) or [None]
        placed = place(pl.Series([local]), ZoneInfo(zone))
        assert (placed["earliest"][0], placed["latest"][0]) == (expected[0], expected[-1])


@pytest.mark.parametrize(
    ("zone", "changes"),
    [
        ("Europe/Berlin", [("2024-03-31T01:00", 60), ("2024-10-27T01:00", -60)]),
        ("Australia/Lord_Howe", [("2024-04-06T15:00", -30), ("2024-10-05T15:30", 30)]),
        ("Asia/Beirut", [("2024-03-30T22:00", 60), ("2024-10-26T21:00", -60)]),
        ("Antarctica/Troll", [("2024-03-31T01:00", 120), ("2024-10-27T01:00", -120)]),
        ("America/Sao_Paulo", []),
        ("+01:00", []),
    ],
)
def test_a_change_is_found_to_the_second(zone: str, changes: list[tuple[str, int]]) -> None:
    found = find_changes(read_zone(zone), 2024)
    assert [(each.at, (each.after - each.before) // timedelta(minutes=1)) for each in found] == [
        (utc(at), minutes) for at, minutes in changes
    ]


def test_the_first_and_the_last_day_of_the_calendar_have_an_instant() -> None:
    far = pl.Series([utc("0001-01-02T00:00"), utc("9999-12-31T23:59:59")])
    assert place(far, ZoneInfo("Asia/Tokyo"))["earliest"].to_list()[1] == utc("9999-12-31T14:59:59")
    assert place(far, read_zone("+01:00"))["earliest"].to_list() == [
        utc("0001-01-01T23:00"),
        utc("9999-12-31T22:59:59"),
    ]
