"""Shapes that energy companies give their tables, made up here: what inspection says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source
from include.errors import SourceRefused

Inspect = Callable[..., Inspection]
QUARTERS = [f"{at // 4:02d}:{at % 4 * 15:02d}-{(at + 1) // 4:02d}:{(at + 1) % 4 * 15:02d}" for at in range(96)]


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    def look(text: str, name: str = "readings.csv", **given: object) -> Inspection:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return inspect_source(path, name, given)

    return look


def _said(found: Inspection) -> str:
    return " ".join(issue.what for issue in found.issues)


def test_columns_of_quarters_with_their_ends_are_no_offsets(inspect: Inspect) -> None:
    days = [f"{day:02d}/09/2024;" + ";".join(f"0,{day}{at:02d}" for at in range(96)) for day in (1, 2, 3)]
    found = inspect("\n".join([";".join(["Giorno", *QUARTERS]), *days]))
    assert found.tables[0].rows == 288
    assert found.time.zone is None
    assert (found.time.first, found.time.last) == ("2024-09-01T00:00:00", "2024-09-03T23:45:00")
    assert (found.time.resolution, found.time.interval_label) == ("PT15M", "start")


def test_intervals_written_in_full_are_named_by_their_start(inspect: Inspect) -> None:
    rows = [f'"05.01.2024 0{hour}:00 - 05.01.2024 0{hour + 1}:00","{hour}1.5"' for hour in range(8)]
    found = inspect(
        "\n".join(
            ['"MTU (CET/CEST)","Day-ahead price [EUR/MWh]"', *rows, '"05.01.2024 08:00 - 05.01.2024 09:00","n/e"']
        )
    )
    assert found.time.interval_label == "start"
    assert found.tables[0].columns[1].unit == "EUR/MWh"
    assert "n/e" in found.detection.tables[0].form.null_values
    assert "shifted" not in _said(found)


def test_twenty_five_hours_of_a_day_are_a_changed_clock(inspect: Inspect) -> None:
    lengths = {"29/10/2022": 24, "30/10/2022": 25, "31/10/2022": 24}
    rows = [f"{day};{hour};0,{hour}" for day, hours in lengths.items() for hour in range(1, hours + 1)]
    found = inspect("\n".join(["Fecha;Hora;AE_kWh", *rows]))
    (zone,) = [question for question in found.questions if question.key == "zone"]
    assert "UTC" not in zone.options
    assert "Europe/Madrid" in zone.options
    assert "time of its row before" not in _said(found)


def test_hours_that_are_never_more_than_twenty_four_are_a_standard_time(inspect: Inspect) -> None:
    rows = [f"{day}/10/2022;{hour};0,{hour}" for day in (29, 30, 31) for hour in range(1, 25)]
    found = inspect("\n".join(["Fecha;Hora;AE_kWh", *rows]))
    assert any(question.key == "zone" and "UTC" in question.options for question in found.questions)


def test_pairs_of_an_epoch_and_a_value_tell_time(inspect: Inspect) -> None:
    found = inspect("[[1704067200000,230.1],[1704067210000,231.2],[1704067220000,null]]", "feed.json")
    assert found.time.format == "epoch_ms"
    assert (found.time.first, found.time.zone) == ("2024-01-01T00:00:00+00:00", "UTC")


def test_a_column_called_utc_without_a_blank_is_in_utc(inspect: Inspect) -> None:
    rows = [f"2022-10-30 0{hour}:00;{hour},5" for hour in range(9)]
    assert inspect("\n".join(["HourUTC;SpotPriceEUR", *rows])).time.zone == "UTC"


def test_units_in_brackets_below_the_header_are_units(inspect: Inspect) -> None:
    rows = [f"01.03.2024 07:{minute:02d};{minute},5" for minute in range(0, 60, 5)]
    found = inspect("\n".join(["Datum und Uhrzeit;PV Produktion", "[dd.MM.yyyy HH:mm];[Wh]", *rows]))
    assert found.tables[0].columns[1].unit == "Wh"


def test_a_logger_that_was_away_has_no_value(inspect: Inspect) -> None:
    states = ["1234.5", "unavailable", "unknown", "1235.1", "1236.0"]
    rows = [f"sensor.energy,{state},2024-05-01T22:0{at}:00.000Z" for at, state in enumerate(states)]
    column = inspect("\n".join(["entity_id,state,last_changed", *rows])).tables[0].columns[1]
    assert (column.type.value, column.nulls, str(column.total)) == ("decimal", 2, "3705.6")


def test_notes_of_a_name_and_a_number_above_the_header_are_no_rows(inspect: Inspect) -> None:
    notes = ["PV Performance:,,,", "Lat (deg N):,39.73,,", "Elev (m):,1819.6,,", "Type:,Fixed,,", "Losses:,14.08,,"]
    rows = [f"1,{day},{hour},{hour}.5" for day in (1, 2, 3) for hour in range(24)]
    found = inspect("\n".join([*notes, ",,,", "Month,Day,Hour,AC Output (W)", *rows]))
    assert found.tables[0].rows == 72
    assert [column.name for column in found.tables[0].columns] == ["Month", "Day", "Hour", "AC Output (W)"]
    assert str(found.tables[0].columns[3].total) == "864.0"


def test_a_line_of_serial_numbers_in_a_header_is_no_row(inspect: Inspect) -> None:
    above = ["sep=;", "Version CSV1", "", ";SN: 2100;SN: 2100", ";2100123456;2100123456", ";Total yield;Power"]
    rows = [f"25.06.2013 {hour:02d}:{minute:02d}:00;67{hour:02d},5;0,1" for hour in range(24) for minute in (0, 30)]
    found = inspect("\n".join([*above, ";Counter;Analog", "dd.MM.yyyy HH:mm:ss;kWh;kW", *rows]))
    assert found.tables[0].rows == 48
    assert [column.unit for column in found.tables[0].columns] == [None, "kWh", "kW"]


def test_a_number_that_stands_for_none_is_told(inspect: Inspect) -> None:
    rows = [f"2016-01-01T{hour:02d}:00Z,{-9999.9 if hour == 5 else hour / 10}" for hour in range(24)]
    assert "-9999.9 is the least" in _said(inspect("\n".join(["time,uvb", *rows])))


def test_a_number_like_others_stands_for_itself(inspect: Inspect) -> None:
    rows = [f"2016-01-01T{hour:02d}:00Z,{990 + hour}" for hour in range(24)]
    assert "missing one" not in _said(inspect("\n".join(["time,load", *rows])))


def test_a_message_of_the_market_is_no_table(inspect: Inspect) -> None:
    with pytest.raises(SourceRefused, match="EDIFACT"):
        inspect("UNA:+.? 'UNB+UNOC:3+9900:500+9901:500+240115:0831+A'UNH+1+MSCONS:D:04B:UN:2.4a'QTY+220:12.5'")


def test_rows_without_a_time_are_told(inspect: Inspect) -> None:
    rows = [f"meter {at},{at},{at / 10}" for at in range(5)]
    assert "no column was found that tells the time" in _said(inspect("\n".join(["name,rating,factor", *rows])))


@pytest.mark.parametrize("word", ["HE", "H", "Hour ", ""])
def test_hours_across_are_counted_whatever_word_stands_before_them(inspect: Inspect, word: str) -> None:
    hours = [f"{word}{hour:02d}" for hour in range(1, 25)]
    days = [f"2024-01-{day:02d}," + ",".join(str(100 + day + at) for at in range(24)) for day in range(1, 11)]
    found = inspect("\n".join([",".join(["Date", *hours]), *days]))
    assert found.tables[0].rows == 240
    assert (found.time.first, found.time.last) == ("2024-01-01T00:00:00", "2024-01-10T23:00:00")
    assert found.time.resolution == "PT1H"
