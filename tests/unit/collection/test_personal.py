"""Columns with personal data are told with their reason, never with a value, and a plan is proposed that can be."""

from __future__ import annotations

import time

import pytest

from include.anonymization.detect import SeenColumn, find_personal
from include.anonymization.finding import Finding
from include.cim.definition import load_definition
from include.cim.mapping_config import MapperConfig
from include.collection.personal import see_column
from include.collection.propose_plan import propose_plan


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
