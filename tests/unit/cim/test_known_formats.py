"""Formats that the platform knows: files in them are recognised, others are not; what measures is not among them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from include.cim.suggest.advise import SURE, advise
from include.cim.suggest.column import Advice, Column
from include.cim.suggest.fields import FieldRef, build_vocabulary
from include.cim.suggest.formats import TABLE, Formats, known_formats, read_format
from include.cim.units import known_unit
from tests.known_formats import table
from tests.unit.cim.header_sets import FOLDER, Judged, columns_in, labels_of, measure, read_sets
from tests.unit.cim.suggesting import CONCEPTS, first, number, said, text, time

TUNING = sorted(FOLDER.glob("tuning*.yaml"))
KEPT = 0.7

METER = read_format(
    {
        "name": "Kanal meter",
        "vendor": "Kanal",
        "columns": {
            "Tijd": "meter_reading.interval_start",
            "K7 (kWh)": "meter_reading.energy kWh",
            "K8": "meter_reading.cumulative_energy Wh",
            "K9": None,
            "T7": "weather_observation.air_temperature",
            "Q temp": "weather_observation.air_temperature degC",
            "Q twin": ["weather_observation.air_temperature degF", None],
        },
    }
)


def told(*columns: Column, formats: Formats | None = None) -> Advice:
    return advise(columns, CONCEPTS, formats=formats or Formats([METER]))


def test_the_table_is_made_of_the_headers_that_may_be_looked_at() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "python -m tests.known_formats writes it"


def test_what_measures_is_not_known() -> None:
    held_out = read_sets(FOLDER / "heldout.yaml")
    formats = known_formats().formats
    assert not {each["vendor"] for each in held_out} & {each.vendor for each in formats}
    assert not {each["name"] for each in held_out} & {each.name for each in formats}


def test_every_field_and_unit_that_is_known_is_one() -> None:
    fields = build_vocabulary(CONCEPTS).fields
    for each in known_formats().formats:
        for known in each.columns.values():
            assert known.units.keys() <= fields.keys(), each.name
            assert all(unit is None or known_unit(unit) for unit in known.units.values()), each.name


def _in_part(columns: Sequence[Column], header_set: Mapping[str, Any]) -> Iterator[tuple[Column, Any]]:
    """Leave out three columns in ten, and lay out the rest anew; half of the files are in capital letters."""
    chance = random.Random(header_set["name"])
    pairs = list(zip(columns, header_set["columns"], strict=True))
    chance.shuffle(pairs)
    capitals = chance.random() < 0.5
    for column, entry in pairs[: max(1, round(KEPT * len(pairs)))]:
        yield (replace(column, name=column.name.upper()) if capitals else column), entry["truth"]


@pytest.mark.parametrize("file", TUNING, ids=lambda file: file.stem)
def test_files_in_known_formats_get_the_known_fields(file: Path) -> None:
    sets, recognised, others, judged = read_sets(file), 0, [], list[Judged]()
    for each, columns in zip(sets, columns_in(file), strict=True):
        pairs = list(_in_part(columns, each))
        advice = advise([column for column, _ in pairs], CONCEPTS, each["file"] or "")
        recognised += advice.format == each["name"]
        if advice.format is not None:
            others += [(each["name"], advice.format)] if advice.format != each["name"] else []
            judged += [
                Judged(each["name"], False, column, labels_of(truth), advice.columns[column.name])
                for column, truth in pairs
            ]
    figures = measure(judged)
    print(f"\n{file.stem}: {recognised} of {len(sets)} recognised, others {others}; of what is taken for one {figures}")
    assert recognised >= 0.8 * len(sets)
    assert len(others) <= 0.03 * len(sets), others
    assert figures.top_1 >= 0.97, str(figures)
    assert figures.silent <= 0.003, str(figures)
    assert figures.suggested >= 0.93, str(figures)


@pytest.mark.parametrize(
    "names",
    [
        ["date", "value", "timestamp"],
        ["Timestamp", "Temperature", "Humidity", "Pressure"],
        ["time", "voltage", "current", "power", "frequency", "power factor"],
        ["Datum", "Uhrzeit", "Wert", "Einheit", "Status"],
        ["fecha", "hora", "temperatura", "humedad"],
        ["id", "name", "latitude", "longitude", "status"],
        ["start", "end", "energy", "price"],
        ["timestamp", "ghi", "dni", "dhi", "wind speed", "wind direction"],
        [],
    ],
)
def test_names_that_everybody_uses_tell_no_format(names: list[str]) -> None:
    assert known_formats().recognise(names) is None


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["Tijd", "K7 (kWh)", "K8", "K9", "Q temp", "Q twin"], id="as it is"),
        pytest.param(["q temp", "k7 (KWH)", "TIJD", "K8"], id="some of it, in another order and case"),
        pytest.param(["Tijd", "K7", "K8", "Q_temp (°C)", "note"], id="units, and a further column"),
        pytest.param(["at", "data.k7", "data.k8", "data.k9"], id="below a path"),
    ],
)
def test_a_format_is_recognised_whatever_an_export_changes(names: list[str]) -> None:
    advice = told(*(time(name) if name.lower() in ("tijd", "at") else number(name) for name in names))
    assert advice.format == "Kanal meter"
    k8 = first(advice, next(name for name in names if name.lower().endswith("k8")))
    assert k8 is not None
    assert (k8.concept, k8.field, k8.unit) == ("meter_reading", "cumulative_energy", "Wh")
    assert k8.reason.startswith("as in the format 'Kanal meter', in Wh")
    assert k8.confidence >= SURE


def test_a_column_that_the_format_holds_nowhere_is_not_suggested() -> None:
    there = replace(number("K9", "kWh"), examples=("1.5",))
    advice = told(time("Tijd"), number("K7"), number("K8"), there)
    assert said(advice, "K9") is None
    assert all("no field holds it in the format 'Kanal meter'" in each.reason for each in advice.columns["K9"])


def test_what_a_format_leaves_open_is_not_surer_than_its_words_are() -> None:
    columns = time("Tijd"), number("K7"), number("K8"), number("Q temp"), number("Q twin")
    advice = told(*columns)
    assert said(advice, "Q temp") == "weather_observation.air_temperature"
    assert said(advice, "Q twin") is None


@pytest.mark.parametrize(
    ("column", "unit"),
    [
        pytest.param(number("K8", "MWh"), "MWh", id="another unit of it, that the file tells"),
        pytest.param(number("K8", "V"), None, id="a unit of something else"),
        pytest.param(text("K8"), None, id="texts"),
    ],
)
def test_what_the_cells_say_must_not_contradict(column: Column, unit: str | None) -> None:
    found = first(told(time("Tijd"), number("K7"), column, number("Q temp")), "K8")
    assert (found and found.unit) == unit


def test_where_the_format_does_not_know_the_unit_it_is_asked_for() -> None:
    found = first(told(time("Tijd"), number("K7"), number("K8"), number("T7", low=-5, high=31)), "T7")
    assert found is not None
    assert (found.field, found.unit) == ("air_temperature", None)


def _of(name: str, columns: Mapping[str, Any]) -> Any:
    return read_format({"name": name, "vendor": name, "columns": columns})


def test_makers_whose_formats_are_alike_are_kept_apart_and_what_they_disagree_on_stays_open() -> None:
    shared = {
        "time": "pv_generation.interval_start",
        "Kx1": "pv_generation.ac_power W",
        "Kx2": "pv_generation.dc_power W",
    }
    one = _of("One", {**shared, "Kx3": "pv_generation.energy_total kWh", "One9": None})
    two = _of("Two", {**shared, "Kx3": "pv_generation.interval_energy kWh", "Two9": "pv_generation.irradiance W/m2"})
    both = Formats([one, two])
    for name, others in (("One", ["One9"]), ("Two", ["Two9"])):
        found = both.recognise(["time", "Kx1", "Kx2", "Kx3", *others])
        assert found is not None
        assert found.format.name == name
    found = both.recognise(["time", "Kx1", "Kx2", "Kx3"])
    assert found is not None
    assert set(found.columns) == {"time", "Kx1", "Kx2"}


def test_what_was_mapped_here_goes_before_a_format() -> None:
    columns = time("Tijd"), number("K7"), number("K8"), number("K9", "kWh")
    here = {name: {FieldRef("meter_reading", "energy"): 2} for name in ("k8", "k9")}
    advice = advise(columns, CONCEPTS, precedents=here, formats=Formats([METER]))
    assert advice.columns["K8"][0].field == "energy"
    assert advice.columns["K8"][0].reason.startswith("mapped so in 2 collections here")
    assert advice.columns["K9"][0].reason.startswith("mapped so in 2 collections here")


def test_the_order_of_the_columns_changes_nothing() -> None:
    for each in read_sets(TUNING[0]):
        names = [column["name"] for column in each["columns"]]
        found = known_formats().recognise(names)
        other = known_formats().recognise(sorted(names, reverse=True))
        assert (found and (found.format.name, found.columns)) == (other and (other.format.name, other.columns))
