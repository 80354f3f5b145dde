"""Shapes that energy companies give their tables, made up here: what inspection says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source

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
