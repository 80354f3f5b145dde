"""A label as long as its interval names it: nothing is asked of a date, a week or a month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from include.connectors.detection.times import Timed
from tests.unit.connectors.test_times import keys, timed

FIRST = date(2024, 1, 1)


def months(day: int) -> Callable[[int], str]:
    return lambda at: f"{date(2024, at + 1, 1) - timedelta(days=1) if day == 0 else date(2024, at + 1, day)}"


def energy(write: Callable[[int], str], name: str = "Datum", count: int = 12, **given: Any) -> Timed:
    return timed(pl.DataFrame({name: [write(at) for at in range(count)], "kwh": ["1.5"] * count}), **given)


NAMED = [
    pytest.param(lambda at: f"{FIRST + timedelta(days=at)}", "P1D", id="a day"),
    pytest.param(lambda at: f"{FIRST + timedelta(days=at):%d.%m.%Y}", "P1D", id="a day, in German"),
    pytest.param(lambda at: f"{FIRST + timedelta(days=7 * at):%G-W%V}", "P7D", id="a week"),
    pytest.param(lambda at: f"2024-{at + 1:02d}", "P1M", id="a month"),
    pytest.param(lambda at: f"{45292 + at}", "P1D", id="Excel's number of a day"),
]
ASKED = [
    pytest.param(lambda at: f"{FIRST + timedelta(days=7 * at)}", "P7D", id="the date of a week"),
    pytest.param(months(1), "P1M", id="the first of a month"),
    pytest.param(months(0), "P1M", id="the last of a month"),
    pytest.param(lambda at: f"{FIRST + timedelta(days=at)} 00:00", "P1D", id="midnight"),
    pytest.param(lambda at: f"{FIRST + timedelta(days=at)} 06:00", "P1D", id="six o'clock"),
]


@pytest.mark.parametrize(("write", "resolution"), NAMED)
def test_it_names_the_interval_itself(write: Callable[[int], str], resolution: str) -> None:
    found = energy(write)
    assert found.profile is not None
    assert (found.profile.resolution, found.profile.interval_label) == (resolution, "start")
    assert "interval_label" not in keys(found)


@pytest.mark.parametrize(("write", "resolution"), ASKED)
def test_what_is_finer_than_the_interval_is_asked(write: Callable[[int], str], resolution: str) -> None:
    found = energy(write)
    assert found.profile is not None
    assert (found.profile.resolution, found.profile.interval_label) == (resolution, None)
    assert "interval_label" in keys(found)


@pytest.mark.parametrize("name", ["Period ending", "Datum bis"])
def test_a_date_that_is_called_an_end_is_asked_and_not_moved(name: str) -> None:
    found = energy(lambda at: f"{FIRST + timedelta(days=at)}", name)
    assert found.profile is not None
    assert found.profile.interval_label is None
    assert "interval_label" in keys(found)


@pytest.mark.parametrize("label", ["start", "end"])
def test_what_the_owner_says_of_a_date_is_right(label: str) -> None:
    found = energy(lambda at: f"{FIRST + timedelta(days=at)}", label=label)
    assert found.profile is not None
    assert found.profile.interval_label == label
    assert "interval_label" not in keys(found)
