"""Labels of the repeated hour: 02:00A and 02:00B, as German operators, EPEX and SMARD's neighbours write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from include.collection.inspection import RepeatedFlag
from tests.unit.connectors.test_repeated_flags import HOUR, QUARTER, clock, inspect, mapped_starts

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = ("2023-10-25", "2023-11-01")


def mark(each: datetime) -> str:
    """Give A or B where the clock shows this time twice."""
    shown = {each.replace(fold=fold).utcoffset() for fold in (0, 1)}
    return "" if len(shown) == 1 else "AB"[each.fold]


def stamp(gap: str) -> Callable[[datetime], str]:
    return lambda each: f"{each:%d.%m.%Y %H:%M}{gap if mark(each) else ''}{mark(each)}"


def behind_the_hour(each: datetime) -> str:
    return f"{each:%d.%m.%Y};{each.hour}{mark(each)}:{each:%M}" if mark(each) else f"{each:%d.%m.%Y;%H:%M}"


def interval(each: datetime) -> str:
    end = (each.astimezone(UTC) + QUARTER).astimezone(BERLIN)
    return f"{each:%d.%m.%Y};{each:%H:%M}{mark(each)} - {end:%H:%M}{mark(end)}"


CLOCKS = [
    pytest.param("Datum von", stamp(""), QUARTER, "Datum von", id="02:00A"),
    pytest.param("Datum von", stamp(" "), QUARTER, "Datum von", id="02:00 A"),
    pytest.param("Datum;Uhrzeit", behind_the_hour, QUARTER, "Uhrzeit", id="2A:15"),
    pytest.param("Datum;Zeitraum", interval, QUARTER, "Zeitraum", id="02:45A - 02:00B"),
    pytest.param(
        "Datum;Stunde", lambda each: f"{each:%d.%m.%Y};{each.hour}{mark(each)}", HOUR, "Stunde", id="2A, from 0"
    ),
    pytest.param(
        "Datum;Stunde", lambda each: f"{each:%d.%m.%Y};{each.hour + 1}{mark(each)}", HOUR, "Stunde", id="3B, from 1"
    ),
]


@pytest.mark.parametrize(("names", "write", "step", "column"), CLOCKS)
@pytest.mark.parametrize("mixed", [False, True])
def test_a_letter_behind_the_clock_tells_the_showing_in_any_order_of_rows(
    tmp_path: Path, names: str, write: Callable[[datetime], str], step: timedelta, column: str, *, mixed: bool
) -> None:
    moments = clock("Europe/Berlin", *WEEK, step)
    if mixed:
        moments.sort(key=lambda each: (each.replace(fold=0, tzinfo=None), -each.fold))
    lines = (f"DE0001;{write(each)};{at},5" for at, each in enumerate(moments))
    file, found = inspect(tmp_path, f"usage_point_id;{names};Energie (kWh)", lines)
    assert found.time is not None
    assert found.time.zone == "Europe/Berlin"
    assert found.time.repeated_flag == RepeatedFlag(column, ("B",))
    assert mixed or not [issue for issue in found.issues if issue.where.startswith("row")]
    assert mapped_starts(file, found) == [each.astimezone(UTC) for each in moments]


def test_only_one_of_the_showings_is_there(tmp_path: Path) -> None:
    """A meter that rested: the order tells nothing, the letter does."""
    moments = [each for each in clock("Europe/Berlin", *WEEK, QUARTER) if mark(each) != "A"]
    lines = (f"DE0001;{stamp('')(each)};{at},5" for at, each in enumerate(moments))
    file, found = inspect(tmp_path, "usage_point_id;Beginn;Energie (kWh)", lines, zone="Europe/Berlin")
    assert mapped_starts(file, found) == [each.astimezone(UTC) for each in moments]


def test_epex_writes_a_day_in_a_line_with_hour_3b_empty_on_all_but_one(tmp_path: Path) -> None:
    hours = ["1", "2", "3A", "3B", *map(str, range(4, 25))]
    for labels in ([f"Hour {hour}" for hour in hours], [f"Hour {hour} Q{q}" for hour in hours for q in range(1, 5)]):
        lines = (
            f"{day}/10/2023," + ",".join("" if " 3B" in hour and day != 29 else "5.1" for hour in labels)
            for day in (27, 28, 29, 30)
        )
        file, found = inspect(tmp_path, "Delivery day," + ",".join(labels), lines)
        step = HOUR if len(labels) == 25 else QUARTER
        moments = clock("Europe/Berlin", "2023-10-27", "2023-10-31", step)
        assert found.time is not None
        assert found.time.repeated_flag is not None
        assert mapped_starts(file, found) == [each.astimezone(UTC) for each in moments]


@pytest.mark.parametrize("step", [QUARTER, HOUR])
def test_clocks_across_have_columns_for_both_showings(tmp_path: Path, step: timedelta) -> None:
    moments = clock("Europe/Berlin", "2023-10-27", "2023-10-31", step)
    long_day = [f"{each:%H:%M}{mark(each)}" for each in moments if each.day == 29]
    lines = (
        f"{day}.10.2023;" + ";".join("" if label.endswith("B") and day != 29 else "5,1" for label in long_day)
        for day in (27, 28, 29, 30)
    )
    file, found = inspect(tmp_path, "Datum;" + ";".join(long_day), lines)
    assert found.time is not None
    assert found.time.repeated_flag == RepeatedFlag("time", ("B",))
    assert mapped_starts(file, found) == [each.astimezone(UTC) for each in moments]


def test_a_letter_that_means_something_else_is_told_and_tells_no_showing(tmp_path: Path) -> None:
    lines = (
        f"{day:02d}.06.2024 {hour:02d}:00{'B' if hour < 4 else ''};1,5" for day in range(1, 9) for hour in range(24)
    )
    _, found = inspect(tmp_path, "Beginn;kWh", lines, zone="Europe/Berlin")
    assert found.time is not None
    assert found.time.repeated_flag is None
    assert any("mark no hour that the clock of Europe/Berlin shows twice" in issue.what for issue in found.issues)


def test_am_and_pm_in_one_letter_are_no_showings(tmp_path: Path) -> None:
    lines = [f"2024-06-01 {hour}:{minute:02d}A,1.5" for hour in (12, *range(1, 12)) for minute in (0, 30)]
    _, found = inspect(tmp_path, "time,kW", iter(lines))
    assert found.time is None
    assert any("no column was found that tells the time" in issue.what for issue in found.issues)


WEEKS = [
    pytest.param("Week", [f"2024-W{week:02d}" for week in range(1, 13)], id="ISO 8601"),
    pytest.param("week", [f"2024W{week:02d}" for week in range(1, 13)], id="ISO 8601, short"),
    pytest.param("Kalenderwoche", [f"KW {week}/2024" for week in range(1, 13)], id="KW 5/2024"),
    pytest.param("Week", [f"2024-{week:02d}" for week in range(1, 13)], id="like months, but called weeks"),
    pytest.param("Jahr;KW", [f"2024;{week}" for week in range(1, 13)], id="year and week"),
]


@pytest.mark.parametrize(("names", "weeks"), WEEKS)
def test_a_week_is_its_monday(tmp_path: Path, names: str, weeks: list[str]) -> None:
    lines = (f"{week};{at + 1},5" for at, week in enumerate(weeks))
    _, found = inspect(tmp_path, f"{names};Verbrauch [kWh]", lines, zone="Europe/Berlin")
    assert found.time is not None
    assert (found.time.first, found.time.last) == ("2024-01-01T00:00:00+01:00", "2024-03-18T00:00:00+01:00")
    assert found.time.resolution == "P7D"
    assert all(column.unit is None for column in found.tables[0].columns[:-1])


def test_kilowatts_beside_years_are_no_weeks(tmp_path: Path) -> None:
    lines = (
        f"{year};{power}"
        for year, power in zip(range(2001, 2013), [7, 31, 4, 52, 9, 1, 40, 22, 3, 18, 5, 11], strict=True)
    )
    _, found = inspect(tmp_path, "Jahr;KW", lines)
    assert found.tables[0].columns[1].unit == "kW"
