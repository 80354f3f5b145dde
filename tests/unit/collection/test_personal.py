"""Columns with personal data are told with their reason, never with a value, and a plan is proposed that can be."""

from __future__ import annotations

import time

import pytest

from include.anonymization.detect import SeenColumn, find_personal
from include.anonymization.finding import Finding
from include.cim.definition import load_definition
from include.cim.mapping_config import MapperConfig
from include.collection.check import check_collection
from include.collection.inspection import ColumnProfile, ColumnType
from include.collection.personal import see_column
from include.collection.propose_plan import _width as width_of
from include.collection.propose_plan import propose_plan
from tests.factories import a_config


def column(name: str, values: list[str], kind: str = "text") -> SeenColumn:
    return see_column(name, kind, values)


def found(*columns: SeenColumn) -> dict[str, str]:
    return {each.column: each.entity for each in find_personal("table", columns)}


MAILS = ["anna@example.org", "bert@example.org", "-", "cara@example.org"]
VERSIONS = ["1.2.3.4", "1.10.0.7", "2.0.1.1"]


def test_values_tell_where_a_name_does_not() -> None:
    assert found(column("column_1", MAILS)) == {"column_1": "EMAIL_ADDRESS"}
    (finding,) = find_personal("table", [column("column_1", MAILS)])
    assert finding.share == 1.0
    assert finding.method == "drop"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("Firmware", VERSIONS, id="a version is no address"),
        pytest.param("Kundenname", ["17.5", "18.5"], id="numbers are no names"),
        pytest.param("Product name", ["Solar Max", "Base Load"], id="a product's name"),
        pytest.param("Name", ["Zellik", "Doel"], id="a name that may be anything's"),
        pytest.param("E-Mail sent", ["yes", "no"], id="whether a mail was sent"),
        pytest.param("Telefon", ["ja", "nein"], id="whether there is a telephone"),
        pytest.param("counter", [str(20_000_000_000 + 97 * at) for at in range(50)], id="a counter"),
        pytest.param("EAN", ["4006381333931", "5411234567890"], id="the EAN of a product"),
    ],
)
def test_what_a_column_cannot_be_is_not_said(name: str, values: list[str]) -> None:
    assert found(column(name, values)) == {}


@pytest.mark.parametrize("name", ["DevEUI", "dev_eui", "end_device_ids.deveui"])
def test_a_radio_devices_number_of_64_bits_is_a_mac_address(name: str) -> None:
    numbers = ["70B3D57ED0001234", "70-b3-d5-7e-d0-00-12-35"]
    assert found(column(name, numbers)) == {name: "MAC_ADDRESS"}
    assert found(column("checksum", numbers)) == {}


def test_check_digits_count_only_together() -> None:
    right = ["41373559241", "41373559258", "41373559266"]
    assert found(column("x", right[:1], "integer")) == {}


def test_coordinates_of_a_public_place_are_harmless_and_of_a_home_are_not() -> None:
    places = column("lat", ["50.12345", "51.12345"], "decimal")
    assert found(places, column("Substation", ["Doel West", "Zellik Nord"])) == {}
    assert found(places, column("household", ["17", "18"], "integer"))["lat"] == "COORDINATES"


def test_no_reason_holds_a_value() -> None:
    columns = [
        column("x", MAILS),
        column("Remarks", ["please call Mr. Canary at +32 471 12 34 56 today"] * 3),
        column("Kunde", ["Anna Canary", "Bert Canary"]),
        column("Adresse", ["Canary Road 12", "Canary Lane 9"]),
        column("y", ["BE31435411161155"]),
    ]
    findings = find_personal("table", columns)
    assert len(findings) == len(columns)
    told = " ".join(str(each) for each in findings)
    assert not any(part in told for part in ("Canary", "example.org", "471", "BE31"))


def test_a_sample_of_many_columns_takes_seconds_at_most() -> None:
    values = [f"{at:011d} Main Road {at}, x{at}@example.org" for at in range(200)]
    columns = [column(f"c{at}", [f"{at}{value}" for value in values]) for at in range(20)]
    begun = time.process_time()
    find_personal("table", columns)
    assert time.process_time() - begun < 5


MAPPER = MapperConfig.model_validate(
    {
        "concept": "meter_reading",
        "rules": [
            {"field": "usage_point_id", "source": "EAN"},
            {"field": "meter_id", "source": "Meter"},
            {"field": "register", "source": "Register"},
            {"field": "interval_start", "source": "Van", "format": "iso8601"},
            {"field": "energy", "source": "kWh", "unit": "kWh"},
        ],
    }
)


def test_a_plan_has_what_names_a_person_and_what_a_column_shows() -> None:
    findings = [
        Finding("table", "EAN", "ENERGY_EAN", 0.9, 1.0, "", "pseudonym"),
        Finding("table", "Register", "PERSON", 0.9, 1.0, "", "drop"),
    ]
    plan = propose_plan(findings, MAPPER, load_definition())
    assert {name: str(each.method) for name, each in plan.fields.items()} == {
        "usage_point_id": "pseudonym",
        "meter_id": "pseudonym",
        "register": "pseudonym",  # rows cannot be told apart without it
    }


def test_a_plan_leaves_out_what_no_method_can_do() -> None:
    findings = [Finding("table", "Van", "BIRTH_DATE", 0.9, None, "", "drop")]
    assert "interval_start" not in propose_plan(findings, MAPPER, load_definition()).fields


HOUSES = MapperConfig.model_validate(
    {
        "concept": "building",
        "rules": [
            {"field": "building_id", "source": "Nr"},
            {"field": "address", "source": "Street"},
            {"field": "postal_area", "source": "PLZ"},
            {"field": "latitude", "source": "Lat", "unit": "deg"},
            {"field": "longitude", "source": "Lon", "unit": "deg"},
            {"field": "year_built", "source": "Built"},
            {"field": "occupants", "source": "People"},
            {"field": "heated_volume", "source": "Volume", "unit": "m3"},
        ],
    }
)


def a_profile(name: str, least: str, most: str, kind: ColumnType = ColumnType.INTEGER) -> ColumnProfile:
    return ColumnProfile(name, kind, None, 0, 50, least, most, None)


def test_a_plan_says_how_coarse_each_field_becomes() -> None:
    findings = [
        Finding("table", "Street", "ADDRESS", 0.9, 1.0, "", "drop"),
        Finding("table", "PLZ", "POSTAL_CODE", 0.9, 1.0, "", "generalise"),
        Finding("table", "Lat", "COORDINATES", 0.9, 1.0, "", "generalise"),
    ]
    columns = [a_profile("Built", "1901", "2019"), a_profile("People", "1", "6"), a_profile("Volume", "120", "900")]
    plan = propose_plan(findings, HOUSES, load_definition(), columns)
    grid = {"method": "generalise", "grid_degrees": 0.1}
    assert {name: each.model_dump(mode="json", exclude_defaults=True) for name, each in plan.fields.items()} == {
        "address": {"method": "drop"},
        "postal_area": {"method": "generalise", "first": 2},
        "latitude": grid,
        "longitude": grid,  # no column says so: it singles somebody out all the same
        "year_built": {"method": "generalise", "width": 20.0},
        # six numbers of people are coarse already, and a volume tells nobody apart
    }
    config = a_config(mapper=HOUSES.model_dump(mode="json"), anonymization=plan.model_dump(mode="json"))
    assert [each for each in check_collection(config, load_definition()) if "anonymization" in each.where] == []


@pytest.mark.parametrize(
    ("least", "most", "width"),
    [
        ("0", "10", 1),
        ("0", "11", 2),
        ("1", "3.5", 0.5),
        ("-40", "0", 5),
        ("5", "5", 0),
        ("a", "b", 0),
        ("0", "9e9", 1e9),
    ],
)
def test_a_width_is_a_round_number_of_which_ten_span_the_column(least: str, most: str, width: float) -> None:
    assert float(width_of(a_profile("x", least, most))) == width
