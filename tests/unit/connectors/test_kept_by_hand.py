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
        pytest.param("Datum;Uhrzeit", lambda hour: f"{hour} Uhr", id="called an hour, from 0 to 23"),
        pytest.param("Date;Heure", lambda hour: f"{hour + 1}h", id="called an hour, from 1 to 24"),
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
    ("name", "write"),
    [
        pytest.param("Uhrzeit", lambda at: f"{at // 4}.{at % 4 * 25:02d}", id="quarters"),
        pytest.param("Uhrzeit", lambda at: f"{at // 2}.{at % 2 * 50:02d}", id="halves"),
        pytest.param("Time (h)", lambda at: f"{at // 4}.{at % 4 * 19:02d}", id="how long something took"),
    ],
)
def test_hours_with_a_fraction_are_no_clocks(tmp_path: Path, name: str, write: Callable[[int], str]) -> None:
    found = inspect(tmp_path, [f"{name};kW", *(f"{write(at)};{at}.5" for at in range(48))])
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


def test_sums_between_rows_of_serial_days_are_none(tmp_path: Path) -> None:
    rows = [f"{45355 + at // 24};{at % 24:02}:00;{at},5" for at in range(48)]
    found = inspect(tmp_path, ["Datum;Uhrzeit;kWh", *rows[:24], "Zwischensumme;;288,0", *rows[24:], "Summe;;1152,0"])
    assert found.tables[0].rows == 48
    assert found.time
    assert (found.time.columns, found.time.resolution) == (("Datum", "Uhrzeit"), "PT1H")


def test_a_serial_number_with_a_clock_is_read_to_the_second() -> None:
    texts = pl.Series(["45355 00:15", "45355 7:05:09", "45355 24:00", "45355.5 00:15", "45355 25:00", "45355", None])
    shown = read_times(texts, "excel").dt.strftime("%m-%d %H:%M:%S").to_list()
    assert shown == ["03-04 00:15:00", "03-04 07:05:09", "03-05 00:00:00", None, None, "03-04 00:00:00", None]


MONTHS = ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
NAMES = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]


@pytest.mark.parametrize(
    ("header", "format_"),
    [
        pytest.param([f"{month} 2024" for month in MONTHS], "%b %Y", id="Jan 2024"),
        pytest.param(
            [f"{month}-{23 + at // 8}" for at, month in enumerate(MONTHS[4:] + MONTHS[:4])], "%b-%y", id="May-23"
        ),
        pytest.param([f"{at:02}/2024" for at in range(1, 13)], "%m/%Y", id="01/2024"),
        pytest.param([f"2024-{at:02}" for at in range(1, 13)], "%Y-%m", id="2024-01"),
    ],
)
def test_months_of_a_year_across(tmp_path: Path, header: list[str], format_: str) -> None:
    rows = [f"Z{meter};Haus {meter};" + ";".join(f"{meter * at},5" for at in range(1, 13)) for meter in range(1, 9)]
    lines = [
        "Verbrauch je Zähler in kWh;;",
        "",
        f"Zähler;Ort;{';'.join(header)};Gesamt",
        *(f"{row};9,9" for row in rows),
    ]
    found = inspect(tmp_path, lines)
    (table,) = found.tables
    assert table.rows == 8 * 12
    assert [(column.name, column.unit, column.total) for column in table.columns][-1] == ("value", "kWh", 36 * 78 + 48)
    assert "column 'value': its unit, kWh, stands above it" in [f"{each.where}: {each.what}" for each in found.issues]
    assert found.time
    assert (found.time.format, found.time.resolution, found.time.interval_label) == (format_, "P1M", "start")


def test_numbers_behind_a_month_like_word_are_no_months(tmp_path: Path) -> None:
    lines = ["Zeit;Mar 12;Mar 13;Mar 14", *(f"04.03.2024 {at:02}:00;1;2;3" for at in range(24))]
    assert len(inspect(tmp_path, lines).tables[0].columns) == 4


def test_a_line_for_each_month_and_a_column_for_each_year(tmp_path: Path) -> None:
    rows = [f"{name};{at * 31};{at * 20};{at * 37}" for at, name in enumerate(NAMES, 1)]
    found = inspect(tmp_path, ["Strom [kWh];2021;2022;2023", *rows, "Summe;2418;1560;2886"])
    assert [(column.name, column.unit, column.total) for column in found.tables[0].columns][-1] == (
        "value",
        "kWh",
        88 * 78,
    )
    assert found.time
    assert (found.time.columns, found.time.format) == (("year", "Strom [kWh]"), "%Y %b")
    assert (found.time.first, found.time.last) == ("2021-01-01T00:00:00", "2023-12-01T00:00:00")
    assert (found.time.resolution, found.time.interval_label) == ("P1M", "start")


def test_names_that_begin_as_months_do_are_places(tmp_path: Path) -> None:
    rows = [
        f"{year};{place};{at}" for at, year in enumerate((2021, 2022)) for place in ("Marburg", "Augsburg", "Mainz")
    ]
    found = inspect(tmp_path, ["Jahr;Ort;kWh", *rows])
    assert found.time is None or found.time.columns == ("Jahr",)


@pytest.mark.parametrize(
    ("line", "sum_line"),
    [
        pytest.param("{serial};{time:%H:%M};{value}", "Summe Tag {day};;{value}", id="where serial days stand"),
        pytest.param(
            "DE01;{time:%d.%m.%Y %H:%M};{value}", "Summe;;{value}", id="where names stand, and no time beside"
        ),
    ],
)
def test_a_sum_between_the_rows_is_told_by_where_it_begins(tmp_path: Path, line: str, sum_line: str) -> None:
    lines = ["Datum;Uhrzeit;kWh"] if "serial" in line else ["Zähler;Zeit;kWh"]
    for at in range(10 * 96):
        time = BEGIN + at * timedelta(minutes=15)
        lines.append(line.format(serial=(time - DAY_0).days, time=time, value=_value(at)))
        if at % 96 == 95:  # the last of a day
            lines.append(sum_line.format(day=at // 96 + 1, value="334,46"))
    found = inspect(tmp_path, lines)
    assert found.tables[0].rows == 10 * 96
    assert found.time
    assert found.time.resolution == "PT15M"


@pytest.mark.parametrize("names", ["Startet;Avsluttet", "Startad;Avslutad", "Start;Slutt"])
def test_sessions_begin_and_end_in_the_languages_of_scandinavia(tmp_path: Path, names: str) -> None:
    times = [BEGIN + at * timedelta(hours=7) for at in range(30)]
    rows = [
        f"{time:%d.%m.%Y %H:%M};{time + timedelta(minutes=60 + at):%d.%m.%Y %H:%M};9,5" for at, time in enumerate(times)
    ]
    found = inspect(tmp_path, [f"{names};Energi (kWh)", *rows])
    assert found.time
    assert (found.time.columns, found.time.interval_label) == ((names.split(";", maxsplit=1)[0],), "start")
    assert not [question for question in found.questions if question.key == "interval_label"]
