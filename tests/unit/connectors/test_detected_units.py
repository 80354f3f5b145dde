"""The unit that a column's name tells, and that only."""

from __future__ import annotations

import polars as pl
import pytest

from include.cim.number_style import NumberStyle
from include.connectors.detection.profile import profile_table
from include.connectors.detection.units import unit_in_name


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Gesamtverbrauch (Netzlast) [MWh]", "MWh"),
        ("Netzlast [MWh] Berechnete Auflösungen", "MWh"),
        ("requested_energy (kWh)", "kWh"),
        ("GHI (W/m^2)", "W/m2"),
        ("Irradiance W/m²", "W/m2"),
        ("Actual Total Load [MW] - BZN|BE", "MW"),
        ("Preis [€/MWh]", "EUR/MWh"),
        ("price_eur_mwh", "EUR/MWh"),
        ("Arbeitspreis ct/kWh", "ct/kWh"),
        ("Active Power kW", "kW"),
        ("Energie in kWh", "kWh"),
        ("Verbrauch/kWh", "kWh"),
        ("kWh", "kWh"),
        ("total_gas_m3", "m3"),
        ("active_current_l1_a", "A"),
        ("outdoor_temp_f", "degF"),
        ("Temperature (C)", "degC"),
        ("RHum (%)", "%"),
        ("SOC %", "%"),
        ("battery_pct", "%"),
        ("reactive (kvarh)", "kvarh"),
        ("result.watt_hours_period", "Wh"),
        ("Wind (knots)", "knot"),
        ("G(h)", None),
        ("phase_a", None),
        ("P1", None),
        ("DollarsPerMegawattHour", None),
        ("temp_min", None),
        ("wind_speed_10m", None),
        ("Date (MM/DD/YYYY)", None),
        ("Plan B", None),
        ("Zone (UTC)", None),
        ("square_feet", "ft2"),
        ("batteryVoltageV", "V"),
        ("EnergyKWh", "kWh"),
        ("PressurehPa", "hPa"),
        ("PeakW", "W"),
        ("priceCtKwh", "ct/kWh"),
        ("U1_V", "V"),
        ("wind_speed_ms", "m/s"),
        ("response_time_ms", "ms"),
        ("Vorlauf WP", None),
        ("PV-Leistung Wp", "Wp"),
        ("pm25_ugm3", "ug/m3"),
        ("Energia_P1", None),
    ],
)
def test_a_name_tells_its_unit(name: str, unit: str | None) -> None:
    assert unit_in_name(name)[0] == unit


@pytest.mark.parametrize(
    ("name", "text"), [("load [furlong]", "furlong"), ("energy_mwh", "mwh"), ("lum (cd/m^2)", "cd/m^2")]
)
def test_what_may_be_a_unit_is_told_and_not_guessed(name: str, text: str) -> None:
    assert unit_in_name(name) == (None, text)
    frame = pl.DataFrame({name: ["1", "2"]})
    assert any(text in issue.what for issue in profile_table("t", iter([frame]), NumberStyle()).issues)


def test_a_column_of_units_tells_the_unit_of_the_numbers() -> None:
    frame = pl.DataFrame({"Volume": ["1.5", None], "Eenheid": ["kWh", "kWh"]})
    assert [column.unit for column in profile_table("t", iter([frame]), NumberStyle()).table.columns] == ["kWh", None]


def test_a_column_of_several_units_tells_none() -> None:
    frame = pl.DataFrame({"value": ["1.5", "2"], "unit": ["kWh", "m3"]})
    assert profile_table("t", iter([frame]), NumberStyle()).table.columns[0].unit is None


def test_units_told_beside_the_table_come_first() -> None:
    frame = pl.DataFrame({"power_w": ["1.5"], "x": ["2"]})
    profiled = profile_table("t", iter([frame]), NumberStyle(), {"power_w": "kW", "x": "°C"})
    assert [column.unit for column in profiled.table.columns] == ["kW", "degC"]


def test_a_name_and_a_line_of_units_that_contradict_each_other_are_told() -> None:
    frame = pl.DataFrame({"Power (kW)": ["1", "2"], "Energy kWh": ["3", "4"]})
    found = profile_table("t", iter([frame]), NumberStyle(), {"Power (kW)": "W", "Energy kWh": "kWh"})
    assert [column.unit for column in found.table.columns] == ["W", "kWh"]
    (issue,) = [issue for issue in found.issues if "says kW" in issue.what]
    assert issue.where == "column 'Power (kW)'"


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param({"used": ["1"], "usedUnit": ["kWh"], "cost": ["2"], "Price": ["3"]}, id="called after it"),
        pytest.param({"day": ["1"], "Eenheid": ["kWh"], "night": ["2"], "Eenheid (2)": ["MWh"]}, id="behind each"),
    ],
)
def test_a_column_of_units_is_that_of_the_column_it_belongs_to(frame: dict[str, list[str]]) -> None:
    found = profile_table("t", iter([pl.DataFrame(frame)]), NumberStyle()).table.columns
    units = {"kWh", "MWh"} & {cells[0] for cells in frame.values()}
    assert {column.unit for column in found if column.unit} == units
    assert found[0].unit == "kWh"
