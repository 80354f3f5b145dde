"""Shapes of exports that were read as something else: each stands for a class of files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source


def inspect(tmp_path: Path, lines: Iterable[str], name: str = "file.csv", **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text("\n".join(lines) + "\n")
    return inspect_source(path, name, given)


def names(found: Inspection) -> list[str]:
    return [column.name for column in found.tables[0].columns]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        pytest.param("Fra,Til,Forbruk (kWh),Kostnad (NOK)", "{:%Y-%m-%d %H:%M}", id="Tibber"),
        pytest.param("Period from,Period to,Import (kWh),Price (p/kWh)", "{:%d/%m/%Y %H:%M}", id="Octopus Agile"),
    ],
)
def test_commas_between_digits_part_cells_where_the_header_has_as_many(tmp_path: Path, header: str, form: str) -> None:
    """Times with a blank inside, and numbers of one length, are no columns of a fixed width."""
    begins = [datetime(2024, 3, 13) + timedelta(hours=hour) for hour in range(48)]  # noqa: DTZ001  # a clock's own
    rows = [
        f"{form.format(each)},{form.format(each + timedelta(hours=1))},{at % 9}.{at:03d},{at % 7}.50"
        for at, each in enumerate(begins)
    ]
    found = inspect(tmp_path, [header, *rows])
    assert found.detection.tables[0].form.kind == "csv"
    assert names(found) == header.split(",")
    assert str(found.tables[0].columns[2].total) == str(sum(at % 9 for at in range(48)) + 1) + ".128"


def test_blanks_before_am_and_pm_part_nothing(tmp_path: Path) -> None:
    """PJM's loads: two times with AM and PM, five words, one number."""
    rows = [
        f"11/{day}/2024 {hour}:00:00 {half},11/{day}/2024 {hour}:00:00 {half},RFC,WEST,AEP,{area},6{hour}.5{day},True"
        for day in (13, 14)
        for half in ("AM", "PM")
        for hour in (12, *range(1, 12))
        for area in ("AEPAPT", "AEPIMP")
    ]
    header = "datetime_beginning_utc,datetime_beginning_ept,nerc_region,mkt_region,zone,load_area,mw,is_verified"
    found = inspect(tmp_path, [header, *rows])
    assert names(found) == header.split(",")
    assert found.time
    assert (found.time.zone, found.time.last) == ("UTC", "2024-11-14T23:00:00+00:00")


def test_ten_digits_are_a_date_and_an_hour_before_they_are_seconds(tmp_path: Path) -> None:
    """The German weather service's hourly products: as seconds since 1970, these were 2034."""
    rows = [f"        433;20230101{hour:02d};    3;  {hour}.5;eor" for hour in range(24)]
    found = inspect(tmp_path, ["STATIONS_ID;MESS_DATUM;QN_9;TT_TU;eor", *rows], "produkt_tu_stunde.txt")
    assert found.time
    assert (found.time.first, found.time.last) == ("2023-01-01T00:00:00", "2023-01-01T23:00:00")
    assert found.time.resolution == "PT1H"
    seconds = [f"{1_718_000_000 + 60 * at};1.{at}" for at in range(30)]
    epochs = inspect(tmp_path, ["timestamp;kW", *seconds])
    assert epochs.time
    assert epochs.time.first == "2024-06-10T06:13:20+00:00"


def test_fourteen_digits_are_a_time_whatever_the_column_is_called(tmp_path: Path) -> None:
    """Elexon's files have no header: type, day, period, time, values."""
    rows = [
        f"FUELINST,20240612,{hour * 2 + minute // 30 + 1},20240612{hour:02d}{minute:02d}00,9{hour},{minute}"
        for hour in range(24)
        for minute in range(0, 60, 5)
    ]
    found = inspect(tmp_path, ["HDR,FUEL INSTANTANEOUS", *rows, "FTR,288"])
    assert found.time
    assert (found.time.columns, found.time.resolution) == (("column_4",), "PT5M")


def test_an_hour_that_ends_at_25_numbers_the_hours_of_the_day(tmp_path: Path) -> None:
    """Datadis: the day on which the clock goes back ends at 25:00."""
    rows = [
        f"ES0021000012345678AB;2024/10/{day};{hour:02d}:00;0,{day}{hour};Real"
        for day in (26, 27, 28)
        for hour in range(1, 26 if day == 27 else 25)
    ]
    found = inspect(tmp_path, ["cups;fecha;hora;consumo_kWh;metodoObtencion", *rows], zone="Europe/Madrid")
    assert found.time
    assert (found.time.period, found.time.numbering) == ("PT1H", "elapsed")
    assert (found.time.first, found.time.last) == ("2024-10-26T00:00:00+02:00", "2024-10-28T23:00:00+01:00")
    assert not any("cannot be read" in issue.what for issue in found.issues)
