"""Files whose standard names their columns: each written here as its documentation says."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.collection.inspection import ColumnProfile, Inspection
from include.connectors.detection.inspect import inspect_source
from include.errors import SourceRefused

EPW = (
    "LOCATION,Valencia,-,ESP,SWEC,082840,39.50,-0.47,{zone},62.0\n"
    "DESIGN CONDITIONS,0\nTYPICAL/EXTREME PERIODS,1,Summer,Typical,7/ 1,7/ 7\nGROUND TEMPERATURES,0\n"
    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0\nCOMMENTS 1,made for a test\nCOMMENTS 2,\n"
    "DATA PERIODS,1,1,Data,Sunday, 1/ 1,12/31\n"
)
SURFRAD = " Fort Peck\n   48.31  105.10  634 m version 1\n"
TMY2 = " 14607 CARIBOU                ME  -5 N 46 52 W  68  1   190\n"


def inspect(tmp_path: Path, text: str, **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text(text)
    return inspect_source(path, "file", given)


def columns(found: Inspection) -> dict[str, ColumnProfile]:
    return {column.name: column for column in found.tables[0].columns}


def epw(zone: str, hours: int = 48) -> str:
    row = (
        "{y},{m},{d},{h},0,?9?9?9?9E0?9,{t}.5,1.0,80,101300,0,0,290,{g},0,0,0,0,0,0,180,2.1,5,5,20.0,77777,9,"
        "999999999,0,0.1,0,88,0.2,0,0"
    )
    rows = [row.format(y=2005, m=1, d=at // 24 + 1, h=at % 24 + 1, t=at % 9, g=at * 10) for at in range(hours)]
    return EPW.format(zone=zone) + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("zone", "offset"), [("1.0", "+01:00"), ("-5", "-05:00"), ("5.5", "+05:30"), ("0.0", "+00:00")]
)
def test_an_epw_file_gets_its_fields_and_the_zone_of_its_first_line(tmp_path: Path, zone: str, offset: str) -> None:
    found = inspect(tmp_path, epw(zone))
    assert found.time
    assert (found.time.first, found.time.last) == (f"2005-01-01T00:00:00{offset}", f"2005-01-02T23:00:00{offset}")
    named = columns(found)
    assert list(named)[:7] == [
        *("Year", "Month", "Day", "Hour", "Minute", "Data Source and Uncertainty Flags", "Dry Bulb Temperature [C]")
    ]
    assert named["Dry Bulb Temperature [C]"].unit == "degC"
    assert str(named["Global Horizontal Radiation [Wh/m2]"].total) == str(sum(at * 10 for at in range(48)))
    assert not found.questions


def test_what_the_owner_says_of_a_known_file_is_right(tmp_path: Path) -> None:
    found = inspect(tmp_path, epw("1.0"), zone="Europe/Madrid")
    assert found.time
    assert found.time.zone == "Europe/Madrid"
    plain = inspect(tmp_path, epw("1.0"), kind="csv")
    assert plain.tables[0].columns[0].name == "column_1"


def test_a_day_of_a_radiation_network(tmp_path: Path) -> None:
    values = "  ".join("{value:.1f} 0" for _ in range(20))
    rows = [
        f" 2019 163  6 12 {at // 60:2d} {at % 60:2d} {at / 60:6.3f}  45.{at % 9}1  "
        + values.format(value=-9999.9 if at == 5 else at / 10)
        for at in range(120)
    ]
    found = inspect(tmp_path, SURFRAD + "\n".join(rows) + "\n")
    assert found.time
    assert (found.time.zone, found.time.last) == ("UTC", "2019-06-12T01:59:00+00:00")
    sun = columns(found)["dw_solar [W/m2]"]
    assert (sun.unit, sun.nulls, str(sun.total)) == ("W/m2", 1, str(sum(range(120)) / 10 - 0.5))
    assert len(found.tables[0].columns) == 48


def test_isd_lite_is_in_utc_and_minus_9999_is_nothing(tmp_path: Path) -> None:
    rows = [
        f"2021 03 {at // 24 + 1:02d} {at % 24:02d} {at:5d} {-9999 if at % 2 else 5:5d} 10132   180    31     0"
        " -9999 -9999"
        for at in range(48)
    ]
    found = inspect(tmp_path, "\n".join(rows) + "\n")
    assert found.time
    assert found.time.last == "2021-03-02T23:00:00+00:00"
    named = columns(found)
    assert named["dew point temperature (tenths of a degree Celsius)"].nulls == 24
    assert str(named["air temperature (tenths of a degree Celsius)"].total) == str(sum(range(48)))


def test_ghcn_daily_has_a_row_for_each_day_that_was_measured(tmp_path: Path) -> None:
    def month(number: int, days: int, element: str) -> str:
        cells = "".join(f"{day if day <= days else -9999:5d}  {'S' if day <= days else ' '}" for day in range(1, 32))
        return f"USW00014607{2020}{number:02d}{element}{cells}\n"

    found = inspect(tmp_path, month(1, 31, "TMAX") + month(2, 29, "TMAX") + month(1, 31, "PRCP"))
    table = found.tables[0]
    assert table.rows == 31 + 29 + 31
    assert str(columns(found)["VALUE"].total) == str(2 * sum(range(32)) + sum(range(30)))
    assert found.time
    assert (found.time.first, found.time.last) == ("2020-01-01T00:00:00", "2020-02-29T00:00:00")
    assert any("flags" in issue.suggestion for issue in found.issues)


@pytest.mark.parametrize("year", [61, 65, 90])
def test_a_tmy2_file_has_no_blanks_and_years_of_two_digits(year: int, tmp_path: Path) -> None:
    rest = (
        "0000?00000?00000?00000?00000?00000?00000?007A703A70200A70150A7073A71017A7158A7067A70161A777777A7"
        "0999999999013F8062F8000A788E7"
    )
    rows = [f" {year}01{at // 24 + 1:02d}{at % 24 + 1:02d}00000000{rest}" for at in range(48)]
    found = inspect(tmp_path, TMY2 + "\n".join(rows) + "\n")
    named = columns(found)
    assert len(named) == 70
    assert (named["Dry Bulb Temperature (tenths of a degree Celsius)"].minimum) == "200"
    assert str(named["Relative Humidity [%]"].total) == str(73 * 48)
    assert found.time
    assert (found.time.first, found.time.last) == (f"19{year}-01-01T00:00:00-05:00", f"19{year}-01-02T23:00:00-05:00")


def test_names_are_a_setting_of_every_table(tmp_path: Path) -> None:
    found = inspect(tmp_path, "1;2024-01-01;3,5;a\n2;2024-01-02;4,5;b\n", names='["meter", "day", "kWh"]')
    assert [column.name for column in found.tables[0].columns] == ["meter", "day", "kWh", "column_4"]
    assert columns(found)["kWh"].unit == "kWh"


def test_a_kind_whose_rows_are_several_lines_is_refused_and_named(tmp_path: Path) -> None:
    minute = (
        " 1    0     -1   0.1   -1    0   -1   0.2   -1    0\n            0   0.1   0    0   250   0.3   250   251\n"
    )
    path = tmp_path / "nya0124.dat"
    path.write_text("*C0001\n 10  1 2024  1\n      2      3     -1\n*C0100\n" + minute * 50)
    with pytest.raises(SourceRefused, match=r"BSRN.*two lines"):
        inspect_source(path, path.name, {})


def test_elexons_lines_have_no_header(tmp_path: Path) -> None:
    lines = [f"VD,20240101{hour:02d}0500,{30_000 + hour}" for hour in range(24)]
    path = tmp_path / "rolling.csv"
    path.write_text("\n".join(["HDR,ROLLING SYSTEM DEMAND", *lines, "FTR,24", ""]))
    table = inspect_source(path, path.name, {}).tables[0]
    assert (table.rows, [str(each.total) for each in table.columns]) == (24, ["None", "None", "720276"])
