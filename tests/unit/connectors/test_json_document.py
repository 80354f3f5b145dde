"""Tables are found in JSON as devices and services write it."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from tests.unit.connectors.documents import DATA, ROOT, read_tables


def total(column: pl.Series) -> Decimal:
    return sum(map(Decimal, column.drop_nulls()), Decimal(0))


def test_a_list_of_nested_records_is_the_main_table_and_the_lists_in_it_are_tables_of_their_own() -> None:
    tables = read_tables((ROOT / "examples/data/14_givenergy_inverter_battery.json").read_bytes())
    assert list(tables) == ["data", "data.power.solar.arrays"]
    data, arrays = tables.values()
    assert data.height == 464
    assert total(data["power.consumption.power"]) == 217200
    assert total(data["power.battery.percent"]) == 43831
    assert (data["time"][0], data["time"][-1]) == ("2025-06-05T23:02:07Z", "2025-06-06T22:55:21Z")
    assert arrays.height == 2 * 464
    assert set(arrays["data.time"]) == set(data["time"])


def test_times_that_are_keys_become_a_column_and_series_over_the_same_times_one_table() -> None:
    result, days = read_tables((DATA / "37_forecast_solar_keys_as_time.json").read_bytes()).values()
    assert result.columns == ["time", "watts", "watt_hours_period", "watt_hours"]
    assert result.height == 33
    assert [total(result[name]) for name in result.columns[1:]] == [12070, 11998, 113987]
    assert (result["time"][0], result["time"][-1]) == ("2024-04-26T06:20:17+02:00", "2024-04-27T21:01:05+02:00")
    assert (days.height, total(days["value"])) == (2, 11998)


def test_a_device_that_answers_with_one_object_gives_one_row() -> None:
    tables = read_tables((DATA / "41_homewizard_p1_data.json").read_bytes())
    main, external = tables.values()
    assert list(tables) == ["records", "external"]
    assert main.height == 1
    assert external.shape == (5, 5)
    assert main.width + external.height * external.width == 59
    assert main["active_power_w"].item() == "-543"
    assert main["total_power_import_kwh"].item() == "13779.338"
    assert main["active_power_average_w"].item() == "123.000"
