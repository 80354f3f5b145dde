"""Suggestions of fields: what names, units, values and neighbours say, and when nothing is said."""

from __future__ import annotations

import random
from dataclasses import replace
from time import process_time

import pytest

from include.cim.suggest.advise import SURE, advise
from include.cim.suggest.column import Advice, Column
from include.cim.suggest.fields import TABLE, FieldRef, _table
from include.cim.suggest.precedent import normalise
from include.cim.suggest.words import read_name
from tests.unit.cim.suggesting import CONCEPTS, first, number, said, suggest, text, time

WEATHER = {
    "English": "Time, Outdoor temperature, Relative humidity, Wind speed, Wind direction",
    "German": "Zeit, Außentemperatur, Luftfeuchtigkeit, Windgeschwindigkeit, Windrichtung",
    "French": "Heure, Température extérieure, Humidité relative, Vitesse du vent, Direction du vent",
    "Dutch": "Tijd, Buitentemperatuur, Luchtvochtigheid, Windsnelheid, Windrichting",
    "Spanish": "Hora, Temperatura exterior, Humedad relativa, Velocidad del viento, Dirección del viento",
    "Italian": "Ora, Temperatura esterna, Umidità relativa, Velocità del vento, Direzione del vento",
    "Portuguese": "Hora, Temperatura exterior, Umidade relativa, Velocidade do vento, Direção do vento",
}


@pytest.mark.parametrize("language", WEATHER)
def test_the_weather_is_understood_in_every_language(language: str) -> None:
    names = WEATHER[language].split(", ")
    advice = suggest(time(names[0]), *(number(name) for name in names[1:]))
    assert [said(advice, name) for name in names] == [
        "weather_observation.observed_at",
        "weather_observation.air_temperature",
        "weather_observation.relative_humidity",
        "weather_observation.wind_speed",
        "weather_observation.wind_direction",
    ]


@pytest.mark.parametrize(
    ("grid_import", "grid_export", "battery", "use"),
    [
        pytest.param("Grid import", "Grid export", "Battery charge level", "House consumption", id="English"),
        pytest.param("Netzbezug", "Netzeinspeisung", "Ladezustand", "Hausverbrauch", id="German"),
        pytest.param("Soutirage réseau", "Injection réseau", "État de charge", "Consommation", id="French"),
        pytest.param("Netafname", "Teruglevering", "Laadtoestand", "Verbruik", id="Dutch"),
        pytest.param("Importación de red", "Excedentes", "Estado de carga", "Consumo", id="Spanish"),
        pytest.param("Prelievo da rete", "Immissione in rete", "Stato di carica", "Consumi", id="Italian"),
    ],
)
def test_a_household_is_understood_in_every_language(
    grid_import: str, grid_export: str, battery: str, use: str
) -> None:
    advice = suggest(
        time("timestamp"),
        number(grid_import, "kWh"),
        number(grid_export, "kWh"),
        number(battery, "%", 0, 100),
        number(use, "kWh"),
        number("PV", "kWh"),
    )
    assert [said(advice, name) for name in (grid_import, grid_export, battery, use, "PV")] == [
        "site_energy.import_energy",
        "site_energy.export_energy",
        "site_energy.state_of_charge",
        "site_energy.consumption_energy",
        "site_energy.production_energy",
    ]


def test_neighbours_decide_what_an_ambiguous_name_means() -> None:
    battery = suggest(
        time("time"),
        number("soc", "%", 3, 97),
        number("power", "W"),
        number("cell temperature", "degC"),
        number("soh", "%"),
    )
    plant = suggest(
        time("time"), number("dc voltage string 1", "V"), number("power", "W"), number("poa irradiance", "W/m2")
    )
    assert said(battery, "power") == "battery_status.power"
    assert said(battery, "time") == "battery_status.observed_at"
    assert said(plant, "power") == "pv_generation.ac_power"
    assert said(plant, "time") == "pv_generation.interval_start"


def test_a_column_of_another_concept_is_suggested_with_that() -> None:
    advice = suggest(
        time("Zeitstempel"),
        text("Zählpunkt"),
        number("Verbrauch", "kWh", 0, 3),
        number("Außentemperatur", "degC", -8, 31),
    )
    assert advice.concept == "meter_reading"
    likeliest = advice.columns["Außentemperatur"][0]
    assert (likeliest.concept, likeliest.field) == ("weather_observation", "air_temperature")


def test_where_several_concepts_fit_alike_the_owner_is_asked_and_decides() -> None:
    columns = (time("time"), number("value", None, 0, 30))
    rivals = suggest(*columns).rivals
    assert {"meter_reading", "sensor_observation"} <= set(rivals)
    for concept in (*rivals, "pv_generation"):
        told = advise(columns, CONCEPTS, concept=concept)
        assert (told.concept, told.rivals) == (concept, ())
        assert told.columns["time"][0].concept == concept


def test_what_the_owner_says_leaves_a_column_of_another_concept_where_it_is() -> None:
    columns = (time("time"), number("power", "kW", 0, 30), number("temperature", "degC", 0, 50))
    temperature = {
        concept: advise(columns, CONCEPTS, concept=concept).columns["temperature"][0].concept
        for concept in suggest(*columns).rivals
    }
    assert temperature == {
        "electrical_measurement": "weather_observation",
        "weather_observation": "weather_observation",
        "indoor_climate": "indoor_climate",
    }


def test_a_file_that_tells_what_it_is_asks_nothing() -> None:
    columns = (time("Zeitstempel"), text("Zählpunkt"), number("Verbrauch", "kWh", 0, 3))
    assert suggest(*columns).rivals == ()


@pytest.mark.parametrize("name", ["xq7", "foo", "Bemerkung", "comment", "lorem ipsum", "row", "hash"])
def test_nothing_is_said_of_what_says_nothing(name: str) -> None:
    advice = suggest(time("time"), number("consumption", "kWh"), text(name))
    assert first(advice, name) is None


def test_a_unit_of_another_dimension_is_a_veto() -> None:
    advice = suggest(time("time"), number("ambient temperature", "kWh"), number("wind speed", "m/s"))
    assert all(each.field != "air_temperature" for each in advice.columns["ambient temperature"])


def test_text_is_no_measurement() -> None:
    advice = suggest(time("time"), text("wind speed"), number("ghi", "W/m2"))
    assert all(each.field != "wind_speed" for each in advice.columns["wind speed"])


def test_a_length_in_words_may_fill_a_number() -> None:
    length = Column("ISP-Duration", "text", examples=("PT15M", "PT30M"))
    assert of(suggest(time("Period"), text("EventID"), length), "ISP-Duration") == "flexibility_event.isp_duration"


def of(advice: Advice, name: str) -> str | None:
    found = advice.columns[name]
    return f"{found[0].concept}.{found[0].field}" if found else None


def test_a_register_holds_a_number_in_tenths_or_hundredths() -> None:
    frequency = Column("grid frequency", "integer", None, 4998, 5001)
    advice = suggest(time("time"), frequency, number("voltage L1", "V"), number("current L1", "A"))
    assert of(advice, "grid frequency") == "electrical_measurement.frequency"
    advice = suggest(time("time"), replace(frequency, kind="decimal"), number("voltage L1", "V"))
    assert all(each.field != "frequency" for each in advice.columns["grid frequency"])


def test_letters_of_the_field_are_read_where_they_are_the_name() -> None:
    names = {"A": "current", "PhVphA": "voltage", "Hz": "frequency", "VA": "apparent_power", "VAr": "reactive_power"}
    advice = suggest(time("Ts"), *map(number, names), number("W L1"), number("A L1"))
    for name, field in {**names, "W L1": "active_power", "A L1": "current"}.items():
        assert of(advice, name) == f"electrical_measurement.{field}", name


def test_cells_that_are_values_of_a_list_say_the_field() -> None:
    def quality(*cells: str) -> float:
        told = Column("estado", "text", examples=cells)
        found = suggest(time("fecha"), number("consumo", "kWh"), text("CUPS"), told).columns["estado"]
        return max(each.confidence for each in found if each.field == "quality")

    assert quality("estimated", "measured") > quality("estimated", "Acre") > quality("Bahia", "Acre")


def test_no_counter_falls() -> None:
    def energy(*cells: str) -> str | None:
        low, *_, high = sorted(map(float, cells))
        meter = Column("Energie F1", "integer", "kWh", low, high, examples=cells)
        return of(suggest(time("Date"), text("POD"), meter, replace(meter, name="Energie F2")), "Energie F1")

    assert energy("11800", "11804") == "meter_reading.cumulative_energy"
    assert energy("11804", "11800") == "meter_reading.energy"


def test_hours_that_are_numbers_only_are_a_wide_table_s() -> None:
    hours = [number(str(hour), "kWh") for hour in range(1, 25)]
    advice = suggest(time("date"), text("meter id"), *hours, hints="consumption.csv")
    assert {of(advice, hour.name) for hour in hours} == {"meter_reading.energy"}


def test_values_that_a_field_cannot_have_are_a_veto() -> None:
    advice = suggest(time("time"), number("state of charge", "%", 0, 4000), number("battery power", "W"))
    assert all(each.field != "state_of_charge" for each in advice.columns["state of charge"])


def test_numbers_beyond_one_are_a_percentage_only_where_a_field_holds_none() -> None:
    """A coefficient of performance is held as a fraction, and so is an index: neither is a hundredth of itself."""
    pump = [time("time"), number("flow temperature", "degC", 20, 50), number("heat pump power", "kW", 0, 3)]
    told = {high: suggest(*pump, number("COP", low=2.1, high=high)).columns["COP"][0].unit for high in (4.7, 420)}
    assert told == {4.7: "fraction", 420: "%"}
    sky = [time("time"), number("air temperature", "degC", -5, 30), number("UV index", low=0, high=7.5)]
    assert suggest(*sky).columns["UV index"][0].unit == "fraction"


def test_values_tell_a_unit_that_the_file_does_not() -> None:
    advice = suggest(
        time("time"),
        number("pressure", low=96120, high=102120),
        number("soc", low=0.1, high=0.93),
        number("wind speed"),
    )
    assert advice.columns["pressure"][0].unit == "Pa"
    assert advice.columns["soc"][0].unit == "fraction"


def test_numbers_close_together_and_great_are_a_counter() -> None:
    counter = suggest(time("time"), text("EAN"), number("Import T1", "kWh", 8293.1, 8301.4))
    interval = suggest(time("time"), text("EAN"), number("Import T1", "kWh", 0, 1.4))
    assert said(counter, "Import T1") == "meter_reading.cumulative_energy"
    assert said(interval, "Import T1") == "meter_reading.energy"


def test_a_field_is_filled_once_unless_the_table_is_wide() -> None:
    twice = suggest(time("time"), number("wind speed", "m/s"), number("speed of wind", "m/s"), number("ghi", "W/m2"))
    assert sum(said(twice, name) == "weather_observation.wind_speed" for name in ("wind speed", "speed of wind")) == 1
    wide = suggest(time("time"), *(number(f"voltage_l{phase}", "V", 228, 236) for phase in (1, 2, 3)))
    assert {said(wide, f"voltage_l{phase}") for phase in (1, 2, 3)} == {"electrical_measurement.voltage"}


def test_date_and_time_of_day_fill_one_field_together() -> None:
    advice = suggest(
        Column("Datum", "date", tells_time=True), Column("Uhrzeit", "time", tells_time=True), number("Netzlast", "MW")
    )
    assert said(advice, "Datum") == said(advice, "Uhrzeit") == "grid_observation.interval_start"


def test_the_order_of_the_columns_changes_nothing() -> None:
    measured = ["power.grid.power", "power.solar.power", "power.load.power", "battery.power"]
    columns = [time("time"), *(number(name, "W") for name in measured), number("soc", "%", 0, 100), text("id")]
    expected = suggest(*columns)
    for seed in range(20):
        shuffled = random.Random(seed).sample(columns, len(columns))
        advice = suggest(*shuffled)
        assert advice.columns == expected.columns
        assert list(advice.columns) == [column.name for column in shuffled]


def test_the_reason_is_for_a_person() -> None:
    advice = suggest(time("Zeit"), number("Außentemperatur", "degC"), number("Windgeschwindigkeit", "m/s"))
    assert advice.columns["Außentemperatur"][0].reason == (
        "the name says 'aussentemperatur' (German); its unit is degC; 2 other columns are of weather_observation"
    )


@pytest.mark.parametrize(
    ("name", "meanings"),
    [
        pytest.param("WärmepumpenleistungL1", ["heat_pump", "power", "phase_n"], id="a compound, and a phase"),
        pytest.param("inverterStateOfCharge", ["inverter", "soc"], id="camel case"),
        pytest.param("total_power_import_t1_kwh", ["total", "power", "import", "tariff_n", "energy"], id="snake case"),
        pytest.param("Temprature", ["temperature"], id="a slip of the finger"),
        pytest.param("1-0:2.8.0", ["active cumulative energy export"], id="an OBIS code"),
        pytest.param("Zaehlerstand", ["cumulative"], id="a digraph"),
        pytest.param("", [], id="no name"),
    ],
)
def test_names_are_taken_apart(name: str, meanings: list[str]) -> None:
    assert [" ".join(sorted(word.meanings[0])) for word in read_name(name)] == meanings


def test_every_way_of_naming_a_field_is_of_the_cim_and_its_words_are_known() -> None:
    fields = {concept.name: set(concept.fields) for concept in CONCEPTS}
    assert {name: set(entry["fields"]) - fields.get(name, set()) for name, entry in _table().items()} == {
        name: set() for name in _table()
    }, f"{TABLE.name} names fields that there are not"


@pytest.mark.parametrize("name", ["voltage_thd", "voltage deviation", "Wind speed 100m", "relative pressure"])
def test_a_word_that_makes_something_else_of_a_quantity_leaves_it_unsuggested(name: str) -> None:
    electrical = [number(each) for each in ("voltage", "current", "active_power", "reactive_power", "frequency")]
    weather = [number(each) for each in ("temperature", "humidity", "wind speed", "wind direction", "pressure")]
    for beside in (electrical, weather):
        assert said(suggest(time("time"), *beside, number(name)), name) is None


def test_a_unit_of_reactive_energy_says_that_it_is_reactive() -> None:
    advice = suggest(time("time"), number("kwh_import", "kWh"), number("kvarh_import", "kvarh"))
    assert advice.columns["kvarh_import"][0].field == "reactive_energy"


@pytest.mark.parametrize("name", ["price_huf_mwh", "MCP (Rs/MWh)", "prezzo_kwh", "LBMP ($/MWHr)"])
def test_the_energy_that_a_price_is_of_is_no_energy(name: str) -> None:
    unit = "kWh" if name.endswith("_kwh") else None
    found = suggest(time("time"), number(name, unit), hints="prices").columns[name][0]
    assert (found.concept, found.field, found.unit) == ("market_price", "price", None)


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        pytest.param(("0.194", "0.157"), "energy", id="falls by much"),
        pytest.param(("4120.4", "4131.0"), "cumulative_energy", id="rises by little"),
    ],
)
def test_a_reading_that_falls_by_much_is_no_counter_s(cells: tuple[str, ...], field: str) -> None:
    numbers = [float(cell) for cell in cells]
    value = Column("Read Value", "decimal", None, min(numbers), max(numbers), 2, cells)
    advice = suggest(time("time"), text("Meter number"), value)
    assert advice.columns["Read Value"][0].field == field


def test_temperatures_that_only_fahrenheit_explains_are_of_a_room() -> None:
    room = suggest(time("time"), number("room temperature", None, 68.5, 71.2), number("room humidity", None, 40, 55))
    found = room.columns["room temperature"][0]
    assert (found.concept, found.field, found.unit) == ("indoor_climate", "air_temperature", "degF")


def test_a_file_of_1600_columns_takes_less_than_a_second() -> None:
    def seconds(first: int) -> float:
        columns = [
            time("time"),
            *(number(f"sensor {at} temperature", "degC") for at in range(first, first + 800)),
            *(number(f"meter_{at}_active_power", "W") for at in range(first, first + 800)),
        ]
        started = process_time()
        suggest(*columns)
        return process_time() - started

    suggest(time("time"))  # what is read once
    # the best of three, each with names of its own: half a second, and others at work add to it
    assert min(seconds(first) for first in (0, 1000, 2000)) < 1


def test_a_field_is_named_by_its_synonyms_and_not_proposed_once_another_replaces_it() -> None:
    weather = next(each for each in CONCEPTS if each.name == "weather_observation")
    others = [each for each in CONCEPTS if each is not weather]
    columns = (time("Time"), number("Zorbleness", "m/s", 0, 20), number("Humidity", "%", 5, 99))

    def suggested(replaced_by: str | None = None) -> set[str]:
        field = replace(weather.fields["wind_speed"], synonyms=("zorbleness",), replaced_by=replaced_by)
        concept = replace(weather, fields={**weather.fields, field.name: field})
        advice = advise(columns, [*others, concept], "weather")
        return {f"{each.concept}.{each.field}" for each in advice.columns["Zorbleness"] if each.confidence >= SURE}

    assert "weather_observation.wind_speed" in suggested()
    assert "weather_observation.wind_speed" not in suggested(replaced_by="wind_gust")


PV_INPUT = {normalise("Kanal_7b"): {FieldRef("pv_generation", "dc_power"): 4}}


def test_a_name_that_says_nothing_is_what_it_was_mapped_to_before() -> None:
    columns = (time("Zeit"), number("kanal 7B", "W"))
    assert said(suggest(*columns), "kanal 7B") != "pv_generation.dc_power"
    advice = advise(columns, CONCEPTS, precedents=PV_INPUT)
    found = first(advice, "kanal 7B")
    assert found is not None
    assert (advice.concept, found.concept, found.field, found.unit) == ("pv_generation",) * 2 + ("dc_power", "W")
    assert found.confidence >= 0.9
    assert found.reason.startswith("mapped so in 4 collections here")


def test_what_was_mapped_before_cannot_make_a_text_a_power() -> None:
    advice = advise((time("Zeit"), text("Kanal_7b")), CONCEPTS, precedents=PV_INPUT)
    assert said(advice, "Kanal_7b") is None


def test_what_was_mapped_in_many_ways_is_not_sure_and_other_concepts_names_do_not_mislead() -> None:
    many = {"w7": {FieldRef(name, "power"): 1 for name in ("site_energy", "heat_pump_operation", "meter_reading")}}
    names = ["Zeit", *(each for each in WEATHER["German"].split(", ")[1:]), "w7"]
    advice = advise((time(names[0]), *(number(name) for name in names[1:])), CONCEPTS, precedents=many)
    assert advice.concept == "weather_observation"
    assert said(advice, "w7") is None


def test_names_differ_in_their_signs_but_not_in_case_or_spaces() -> None:
    assert normalise(" Zähler_Stand  A") == normalise("zähler stand a")
    assert normalise("P+") != normalise("P-")
