"""Times whose parts stand in columns of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from include.cim.written_times import read_times
from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source


def inspect(tmp_path: Path, lines: Iterable[str], **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text("\n".join(lines) + "\n")
    return inspect_source(path, "file.csv", given)


def test_year_month_and_day_are_told_without_names(tmp_path: Path) -> None:
    """Hours from 1 to 24 are periods, of which the first begins at midnight."""
    lines = [f"2019,{month},{day},{hour},60,{hour}.5" for month in (1, 2) for day in (1, 2) for hour in range(1, 25)]
    found = inspect(tmp_path, lines)
    assert found.time
    assert found.time.columns == ("column_1", "column_2", "column_3", "column_4")
    assert (found.time.period, found.time.first, found.time.last) == (
        "PT1H",
        "2019-01-01T00:00:00",
        "2019-02-02T23:00:00",
    )


def test_the_day_of_the_year_may_stand_between(tmp_path: Path) -> None:
    """Gobernador: a radiation network's lines, minute by minute."""
    lines = [
        f"2016  1  1  1 {minute // 60:2d} {minute % 60:2d}  {minute / 60:.3f} 91.65 -{minute % 7}.8 0"
        for minute in range(180)
    ]
    found = inspect(tmp_path, lines)
    assert found.time
    assert found.time.format == "%Y %m %d %H %M"
    assert (found.time.last, found.time.resolution) == ("2016-01-01T02:59:00", "PT1M")


@pytest.mark.parametrize(
    ("count", "last", "step"),
    [
        pytest.param(24, "T23:00:00", "PT1H", id="hours"),
        pytest.param(48, "T23:30:00", "PT30M", id="half-hours"),
        pytest.param(96, "T23:45:00", "PT15M", id="quarters"),
    ],
)
def test_a_market_numbers_the_periods_of_nameless_days(tmp_path: Path, count: int, last: str, step: str) -> None:
    lines = ["MARGINALPDBC;", *(f"2026;07;05;{number};{number}.5;{number};" for number in range(1, count + 1)), "*"]
    found = inspect(tmp_path, lines)
    assert found.time
    assert (found.time.last, found.time.resolution) == (f"2026-07-05{last}", step)


def test_numbers_that_are_no_days_are_no_time(tmp_path: Path) -> None:
    lines = [f"{2000 + number % 30},{number % 12 + 1},{number % 28 + 1},{number * 3 % 17}.5" for number in range(100)]
    assert inspect(tmp_path, lines).time is None


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("DeliveryDate,DeliveryHour,DeliveryInterval,Price", id="in one word"),
        pytest.param("Delivery Date,Delivery Hour,Delivery Interval,Price", id="in two"),
    ],
)
def test_hour_and_quarter_are_two_numbers_of_one_period(tmp_path: Path, header: str) -> None:
    lines = [f"05/30/2024,{hour},{part},{hour}.{part}" for hour in range(1, 25) for part in (1, 2, 3, 4)]
    found = inspect(tmp_path, [header, *lines])
    assert found.time
    assert (found.time.first, found.time.last) == ("2024-05-30T00:00:00", "2024-05-30T23:45:00")
    assert (found.time.period, found.time.numbers, found.time.resolution) == ("PT15M", 2, "PT15M")


def test_a_repeated_hour_shows_the_order_of_the_date_and_the_clock(tmp_path: Path) -> None:
    """On 5 November the clock of the United States shows an hour twice; on 11 May none does."""
    hours = [(hour, flag) for hour in range(1, 25) for flag in (("N", "Y") if hour == 2 else ("N",))]
    lines = [f"11/05/2023,{hour},{part},1{hour}.{part},{flag}" for hour, flag in hours for part in (1, 2, 3, 4)]
    header = "DeliveryDate,DeliveryHour,DeliveryInterval,SettlementPointPrice,DSTFlag"
    found = inspect(tmp_path, [header, *lines], zone="America/Chicago")
    assert found.time
    assert (found.time.first, found.time.last) == ("2023-11-05T00:00:00-05:00", "2023-11-05T23:45:00-06:00")
    assert found.time.numbering == "clock"
    assert not found.questions
    assert not any("the other way" in issue.what or "longer than" in issue.what for issue in found.issues)


@pytest.mark.parametrize("again", ["2B", "2*", "02X", "HE02*"])
def test_a_marked_hour_is_the_same_one_again(tmp_path: Path, again: str) -> None:
    labels = ["1", "2", again, *map(str, range(3, 25))]
    found = inspect(tmp_path, ["Date,Hour Ending,MW", *(f"2023-11-05,{label},{at}" for at, label in enumerate(labels))])
    assert found.time
    assert (found.time.last, found.time.numbering) == ("2023-11-05T23:00:00", "clock")
    assert not any("cannot be read" in issue.what for issue in found.issues)


def test_a_date_an_hour_and_a_minute(tmp_path: Path) -> None:
    lines = [f"2024-05-30,{hour},{minute},{hour}" for hour in range(24) for minute in (0, 30)]
    found = inspect(tmp_path, ["Date,Hour,Minute,GHI", *lines])
    assert found.time
    assert (found.time.columns, found.time.last) == (("Date", "Hour", "Minute"), "2024-05-30T23:30:00")


def berlin(step: timedelta, count: int) -> Iterator[datetime]:
    """The clock of Berlin from midnight of 26 October 2024: on the 27th it goes back at 3:00."""
    start = datetime(2024, 10, 25, 22, tzinfo=UTC)
    return ((start + number * step).astimezone(ZoneInfo("Europe/Berlin")) for number in range(count))


ZONED = {
    "in the cell": ("Zeit", lambda each: f"{each:%d.%m.%Y %H:%M} {each.tzname()}"),
    "CET and CEST": ("Zeit,Zone", lambda each: f"{each:%d.%m.%Y %H:%M},{each.tzname()}"),
    "German words": ("Zeit,Zeitzone", lambda each: f"{each:%d.%m.%Y %H:%M},{'MESZ' if each.dst() else 'MEZ'}"),
    "UTC+1": ("Zeit,Zone", lambda each: f"{each:%d.%m.%Y %H:%M},UTC+{2 if each.dst() else 1}"),
    "offsets": ("Zeit,UTC offset", lambda each: f"{each:%d.%m.%Y %H:%M},+0{2 if each.dst() else 1}:00"),
    "behind date and clock": ("Datum,Uhrzeit,Zone", lambda each: f"{each:%d.%m.%Y},{each:%H:%M},{each.tzname()}"),
}


@pytest.mark.parametrize(("names", "write"), [pytest.param(*case, id=name) for name, case in ZONED.items()])
def test_words_for_the_offset_tell_the_repeated_hour(
    tmp_path: Path, names: str, write: Callable[[datetime], str]
) -> None:
    moments = list(berlin(timedelta(minutes=15), 3 * 96))
    lines = [f"{names},kWh", *(f"{write(each)},{number}.5" for number, each in enumerate(moments))]
    found = inspect(tmp_path, lines)
    assert found.time
    assert (found.time.zone, found.time.resolution) == ("Europe/Berlin", "PT15M")
    assert (found.time.first, found.time.last) == ("2024-10-26T00:00:00+02:00", "2024-10-28T22:45:00+01:00")
    assert not any("column 'Zeit" in issue.where or "Datum" in issue.where for issue in found.issues)
    texts = pl.Series([write(each).replace(",", " ") for each in moments])
    assert read_times(texts, found.time.format).to_list() == [
        each.astimezone(UTC).replace(tzinfo=None) for each in moments
    ]


def test_eastern_time_is_told_by_its_words(tmp_path: Path) -> None:
    hours = [("11/03/2024", f"{hour:02d}:00", "EDT") for hour in (0, 1)]
    hours += [("11/03/2024", f"{hour:02d}:00", "EST") for hour in range(1, 24)]
    hours += [("11/13/2024", "00:00", "EST")]
    found = inspect(tmp_path, ["Date,Time,Time Zone,MW", *(",".join((*each, "1.5")) for each in hours)])
    assert found.time
    assert (found.time.zone, found.time.first) == ("America/New_York", "2024-11-03T00:00:00-04:00")
    assert found.questions == ()


@pytest.mark.parametrize(
    ("name", "clocks", "form", "last"),
    [
        pytest.param("Time", [f"{h * 100 + m}" for h in range(24) for m in (0, 30)], "%H%M", "T23:30:00", id="5, 130"),
        pytest.param(
            "HHMM", [f"{h:02d}{m:02d}" for h in range(24) for m in (0, 30)], "%H%M", "T23:30:00", id="0030, 0130"
        ),
        pytest.param("Hour", [str(h * 10_000) for h in range(24)], "%H%M%S", "T23:00:00", id="with seconds"),
        pytest.param("hrmn", [str(h * 100) for h in range(1, 25)], "%H%M", "T00:00:00", id="up to 2400"),
    ],
)
def test_clocks_without_a_sign_are_read_with_the_zeros_that_they_lost(
    tmp_path: Path, name: str, clocks: list[str], form: str, last: str
) -> None:
    lines = [f"Year,Month,Day,{name},GHI", *(f"2024,5,30,{clock},1.5" for clock in clocks)]
    found = inspect(tmp_path, lines)
    assert found.time
    assert found.time.format == f"%Y %m %d {form}"
    assert found.time.last == ("2024-05-31" if last == "T00:00:00" else "2024-05-30") + last
    texts = pl.Series([f"2024-05-30 {clock}" for clock in clocks])
    read = read_times(texts, f"%Y-%m-%d {form}")
    assert read.null_count() == 0
    assert read.diff().drop_nulls().n_unique() == 1


def test_numbers_that_count_minutes_are_no_clock(tmp_path: Path) -> None:
    lines = ["Date,Time,V", *(f"2024-05-30,{minute},1.5" for minute in range(0, 1440, 5))]
    found = inspect(tmp_path, lines)
    assert found.time
    assert found.time.columns == ("Date",)


def test_a_year_and_a_day_of_the_year(tmp_path: Path) -> None:
    """Campbell Scientific's loggers: year, day of the year, hour and minute as one number."""
    lines = [f"2024,{day},{hour * 100},1.{hour}" for day in (59, 60, 61) for hour in range(24)]
    found = inspect(tmp_path, ["Year,DOY,HourMinute Time,AirTC", *lines])
    assert found.time
    assert (found.time.first, found.time.last) == ("2024-02-28T00:00:00", "2024-03-01T23:00:00")
    assert found.time.resolution == "PT1H"


@pytest.mark.parametrize("name", ["HH{}", "hh_{}", "P{}", "PTU {}"])
def test_half_hours_that_are_numbered_in_the_header_are_rows(tmp_path: Path, name: str) -> None:
    lines = [f"{day:02d}/10/2024," + ",".join(str(part % 9) for part in range(48)) for day in range(1, 32)]
    found = inspect(tmp_path, ["Date," + ",".join(name.format(part) for part in range(1, 49)), *lines])
    assert found.time
    assert (found.tables[0].rows, found.time.columns, found.time.period) == (31 * 48, ("Date", "period"), "PT30M")


def test_readings_called_by_their_hours_are_no_time(tmp_path: Path) -> None:
    lines = [f"{day:02d}/10/2024," + ",".join(str(part + day % 3) for part in range(1, 8)) for day in range(1, 32)]
    found = inspect(tmp_path, ["Date," + ",".join(f"HH{part}" for part in range(7, 14)), *lines])
    assert found.time
    assert found.time.columns == ("Date",)
