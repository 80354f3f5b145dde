"""Tables that people keep by hand: clocks in a column of their own, as each country writes and calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from include.cim.written_times import read_times
from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source

BEGIN = datetime(2024, 3, 4)  # noqa: DTZ001  # a clock's own
DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001


def inspect(tmp_path: Path, lines: Iterable[str], **given: str) -> Inspection:
    path = tmp_path / "file.csv"
    path.write_text("\n".join(lines) + "\n")
    return inspect_source(path, path.name, given)


def _value(at: int) -> str:
    return f"{at % 7},{at * 37 % 100:02d}"


@pytest.mark.parametrize(
    ("names", "write"),
    [
        pytest.param("Dato;Kl.", "%d-%m-%Y;%H.%M", id="Danish, clocks with points"),
        pytest.param("Data;ore", "%d/%m/%Y;%H.%M", id="Italian, clocks with points"),
        pytest.param("Data;Ora", "%d/%m/%Y;ore %H:%M", id="a word before the clock"),
        pytest.param("Data e ora", "%d/%m/%Y ore %H:%M", id="a word between"),
        pytest.param("Tidspunkt", "%d.%m.%Y kl. %H.%M", id="a word before a clock with points"),
        pytest.param("Datum;Klockan", "%Y-%m-%d;kl %H:%M:%S", id="Swedish, with seconds"),
    ],
)
def test_clocks_as_they_are_written_by_hand(tmp_path: Path, names: str, write: str) -> None:
    times = [BEGIN + at * timedelta(minutes=15) for at in range(200)]
    found = inspect(tmp_path, [f"{names};kWh", *(f"{time:{write}};{_value(at)}" for at, time in enumerate(times))])
    assert found.time
    assert found.time.columns == tuple(names.split(";"))
    assert (found.time.first, found.time.last) == (times[0].isoformat(), times[-1].isoformat())
    assert found.time.resolution == "PT15M"
    assert found.detection.tables[0].form.numbers.decimal == ","
    assert not [question for question in found.questions if question.key == "decimal"]


@pytest.mark.parametrize(
    ("names", "write"),
    [
        pytest.param("Datum;bis Uhr", lambda hour: str(hour + 1), id="until, from 1 to 24"),
        pytest.param("Datum;Uhrzeit", str, id="from 0 to 23"),
        pytest.param("Dato;Kl", str, id="Danish"),
        pytest.param("Data;Ore", lambda hour: str(hour + 1), id="Italian"),
    ],
)
def test_hours_by_their_numbers(tmp_path: Path, names: str, write: Callable[[int], str]) -> None:
    rows = [f"{BEGIN + timedelta(at // 24):%d.%m.%Y};{write(at % 24)};{_value(at)}" for at in range(96)]
    found = inspect(tmp_path, [f"{names};Bezug kWh", *rows])
    assert found.time
    assert (found.time.first, found.time.last) == ("2024-03-04T00:00:00", "2024-03-07T23:00:00")
    assert (found.time.resolution, found.time.interval_label) == ("PT1H", "start")


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda at: f"{at // 4}.{at % 4 * 25:02d}", id="quarters"),
        pytest.param(lambda at: f"{at // 2}.{at % 2 * 50:02d}", id="halves"),
    ],
)
def test_hours_with_a_fraction_are_no_clocks(tmp_path: Path, write: Callable[[int], str]) -> None:
    found = inspect(tmp_path, ["Hour;kW", *(f"{write(at)};{at}.5" for at in range(48))])
    assert [column.type.value for column in found.tables[0].columns] == ["decimal", "decimal"]


def test_a_days_serial_number_and_its_clock_are_one_time(tmp_path: Path) -> None:
    times = [BEGIN + at * timedelta(minutes=15) for at in range(1, 200)]
    ends = [(time, time.strftime("%H:%M")) for time in times]
    shown = [(time - timedelta(1), "24:00") if clock == "00:00" else (time, clock) for time, clock in ends]
    found = inspect(
        tmp_path, ["Datum;bis;kWh", *(f"{(day - DAY_0).days};{clock};{at},5" for at, (day, clock) in enumerate(shown))]
    )
    assert found.time
    assert (found.time.columns, found.time.format) == (("Datum", "bis"), "excel")
    assert (found.time.first, found.time.last) == (times[0].isoformat(), times[-1].isoformat())
    assert (found.time.resolution, found.time.interval_label) == ("PT15M", "end")


def test_a_serial_number_with_a_clock_is_read_to_the_second() -> None:
    texts = pl.Series(["45355 00:15", "45355 7:05:09", "45355 24:00", "45355.5 00:15", "45355 25:00", "45355", None])
    shown = read_times(texts, "excel").dt.strftime("%m-%d %H:%M:%S").to_list()
    assert shown == ["03-04 00:15:00", "03-04 07:05:09", "03-05 00:00:00", None, None, "03-04 00:00:00", None]
