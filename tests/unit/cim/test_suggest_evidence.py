"""What cells, units and words that qualify a quantity say for a suggestion, and against it."""

from __future__ import annotations

import pytest

from include.cim.suggest.column import Advice, Column
from include.cim.suggest.words import read_name
from tests.unit.cim.suggesting import number, said, suggest, text, time


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        pytest.param(("ES0021000000000001AB", "ES0021000000000002CD"), "usage_point_id", id="a Spanish metering point"),
        pytest.param(("Elektriciteit", "Gas"), "commodity", id="values of a list"),
        pytest.param(("1-0:1.8.1", "1-0:2.8.1"), "register", id="OBIS"),
    ],
)
def test_cells_tell_what_a_name_does_not(cells: tuple[str, ...], field: str) -> None:
    advice = suggest(time("Datum"), Column("Zzz", "text", examples=cells), number("Verbrauch (kWh)", "kWh"))
    found = advice.columns["Zzz"][0]
    assert (found.concept, found.field) == ("meter_reading", field)


def test_cells_that_only_have_a_value_s_word_in_them_tell_nothing() -> None:
    advice = suggest(time("Date"), Column("Zzz", "text", examples=("event-999", "event-1000")), text("program id"))
    assert advice.columns["Zzz"] == ()


def test_a_time_is_read_in_a_language_that_the_file_is_not_in() -> None:
    columns = [number(name) for name in ("outdoor temperature", "relative humidity", "wind speed")]
    advice = suggest(Column("data", "date"), *columns)
    assert advice.columns["data"][0].field == "observed_at"


def test_when_a_row_was_written_is_no_time_of_the_rows() -> None:
    columns = [number(name) for name in ("outdoor temperature", "relative humidity", "wind speed", "wind direction")]
    advice = suggest(time("timestamp"), Column("insert time", "timestamp"), *columns)
    assert (said(advice, "timestamp"), said(advice, "insert time")) == ("weather_observation.observed_at", None)


def test_whole_numbers_above_one_are_no_truth_values() -> None:
    room = [number("room temperature", None, 20, 22), number("co2", "ppm")]
    counted = suggest(time("time"), *room, Column("occupancy", "integer", None, 0, 10))
    flagged = suggest(time("time"), *room, Column("occupancy", "integer", None, 0, 1))
    assert counted.columns["occupancy"][0].field == "occupants"
    assert flagged.columns["occupancy"][0].field == "occupancy"


def test_a_unit_that_has_to_be_asked_keeps_a_suggestion_from_being_sure() -> None:
    def import_of(unit: str | None) -> Advice:
        names = ("Grid export", "Solar production", "House consumption", "Battery charge")
        return suggest(time("Time"), number("Grid import", unit), *(number(name, "kWh") for name in names))

    assert said(import_of("kWh"), "Grid import") == "site_energy.import_energy"
    assert said(import_of(None), "Grid import") is None
    assert import_of(None).columns["Grid import"][0].field == "import_energy"


@pytest.mark.parametrize(
    "name", ["compressor starts", "remaining capacity", "max cell voltage", "energy losses", "aFRR"]
)
def test_a_word_that_makes_something_else_of_a_quantity_is_a_veto(name: str) -> None:
    files = [number(each, unit) for each, unit in (("battery voltage", "V"), ("battery soc", "%"), ("energy", "kWh"))]
    assert said(suggest(time("time"), number(name), *files), name) is None


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        ("feels_like uv_index et0_fao_evapotranspiration", "apparent_temperature uv_index evapotranspiration"),
        ("temperatureApparent uvIndex evapotranspiration", "apparent_temperature uv_index evapotranspiration"),
    ],
)
def test_what_weather_services_tell_beside_the_weather_has_fields(names: str, fields: str) -> None:
    others = [number("temperature", "degC"), number("wind speed", "m/s"), number("relative humidity", "%")]
    advice = suggest(time("time"), *others, *(number(name) for name in names.split()))
    assert [advice.columns[name][0].field for name in names.split()] == fields.split()


def test_chinese_and_japanese_words_are_taken_apart() -> None:
    assert [word.text for word in read_name("太陽光発電量")] == ["太陽光", "発電量"]


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        pytest.param("Profil +A", {"active", "import"}, id="taken"),
        pytest.param("P-", {"active", "export"}, id="given"),
        pytest.param("R+ (kvarh)", {"reactive", "import"}, id="reactive"),
    ],
)
def test_signed_letters_are_read_as_a_load_curve_s(name: str, meaning: set[str]) -> None:
    assert any(meaning in word.meanings for word in read_name(name))


def test_signs_between_words_are_no_load_curve_s() -> None:
    assert all("export" not in meaning for word in read_name("BT1-A-B") for meaning in word.meanings)


def test_a_last_part_that_only_says_how_leaves_the_name_to_the_part_before() -> None:
    columns = [number("zone.temperature.celsius", "degC", 19, 22), number("zone.humidity.percentage", None, 40, 60)]
    found = suggest(time("zone.timestamp"), *columns, number("zone.co2.value", "ppm")).columns
    fields = [found[f"zone.{name}"][0].field for name in ("temperature.celsius", "humidity.percentage", "co2.value")]
    assert fields == ["air_temperature", "relative_humidity", "co2"]


def test_a_name_that_most_columns_share_and_nobody_knows_is_left_out() -> None:
    shared = suggest(*(number(f"Zyx {name}") for name in ("voltage", "current", "frequency", "reactive power")))
    bare = suggest(*(number(name) for name in ("voltage", "current", "frequency", "reactive power")))
    assert {name.removeprefix("Zyx "): found for name, found in shared.columns.items()} == bare.columns


def test_decimals_are_no_values_of_a_list() -> None:
    columns = [time("time"), Column("production type", "decimal", None, 10.5, 900.2), number("wind onshore", "MW")]
    assert all(each.field != "psr_type" for each in suggest(*columns).columns["production type"])


def test_a_number_of_a_file_of_powers_is_a_power() -> None:
    def load_beside(unit: str) -> str:
        columns = [number("grid", unit), number("battery charge", unit), number("state of charge", "%")]
        return suggest(time("time"), number("house load"), *columns).columns["house load"][0].field

    assert (load_beside("kW"), load_beside("kWh")) == ("consumption_power", "consumption_energy")


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("Va", {"voltage", "phase_n"}),
        ("iB", {"current", "phase_n"}),
        ("Q_C", {"reactive", "power", "phase_n"}),
        ("VA", {"apparent", "power"}),
    ],
)
def test_a_letter_of_the_field_may_have_its_phase(name: str, meaning: set[str]) -> None:
    assert meaning in read_name(name)[0].meanings


def test_directions_of_the_compass_stand_for_degrees() -> None:
    columns = [time("time"), number("wind speed", "m/s"), number("temperature", "degC")]
    told = suggest(*columns, Column("wind direction", "text", examples=("NE", "SSW")))
    other = suggest(*columns, Column("wind direction", "text", examples=("left", "right")))
    assert told.columns["wind direction"][0].field == "wind_direction"
    assert all(each.field != "wind_direction" for each in other.columns["wind direction"])


def test_days_and_months_with_a_zero_before_them_are_parts_of_a_time() -> None:
    parts = [Column(name, "text", examples=("01", "02")) for name in ("month", "day")]
    advice = suggest(Column("year", "integer", None, 2018, 2018), *parts, number("wind speed"), number("rain", "mm"))
    assert {advice.columns[name][0].field for name in ("year", "month", "day")} == {"observed_at"}


def test_what_is_of_today_is_no_total() -> None:
    columns = [time("time"), number("battery soc", "%"), number("pv power", "W"), number("grid power", "W")]
    advice = suggest(*columns, number("battery charge today", "kWh"))
    assert advice.columns["battery charge today"][0].field == "battery_charge_energy"


def test_what_is_taken_and_given_is_suggested_in_polish() -> None:
    advice = suggest(time("Data"), number("Pobór (kWh)", "kWh"), number("Oddanie (kWh)", "kWh"), hints="energia.csv")
    assert [said(advice, name) for name in ("Pobór (kWh)", "Oddanie (kWh)")] == ["meter_reading.energy"] * 2


def test_a_unit_without_a_word_that_is_known_is_no_sure_suggestion() -> None:
    columns = [time("time"), number("consumption (kWh)", "kWh"), text("meter number"), number("cost (EUR)", "EUR")]
    advice = suggest(*columns, number("zyx (EUR)", "EUR"))
    assert (said(advice, "cost (EUR)"), said(advice, "zyx (EUR)")) == ("meter_reading.cost", None)


@pytest.mark.parametrize(
    ("file", "fields"),
    [
        pytest.param(
            "Moč iz omrežja (W)|Moč sončne elektrarne (W)|Napolnjenost baterije (%)",
            "site_energy.grid_power site_energy.production_power site_energy.state_of_charge",
            id="a Slovene house",
        ),
        pytest.param(
            "Temperatura dolnego źródła|Moc grzewcza (kW)|Temperatura zasilania",
            "heat_pump_operation.source_temperature heat_pump_operation.heat_output "
            "heat_pump_operation.flow_temperature",
            id="a Polish heat pump",
        ),
        pytest.param(
            "sunki vetra|zračni tlak|oblačnost",
            "weather_observation.wind_gust weather_observation.pressure weather_observation.cloud_cover",
            id="Slovene weather",
        ),
    ],
)
def test_what_portals_say_in_languages_of_few_words_is_understood(file: str, fields: str) -> None:
    names = file.split("|")
    advice = suggest(time("čas"), *(number(name) for name in names))
    first = [advice.columns[name][0] for name in names]
    assert [f"{each.concept}.{each.field}" for each in first] == fields.split()


def test_a_component_of_the_wind_is_no_humidity() -> None:
    weather = [number("t2m", "K"), number("ssrd"), number("tcc")]
    advice = suggest(time("time"), *weather, number("u10", None, 0.5, 5.0))
    assert said(advice, "u10") is None
