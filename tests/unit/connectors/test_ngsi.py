"""Entities of NGSI-LD and NGSI v2, as brokers give them: a row each, with the values of their attributes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from include.cim.definition import load_definition
from include.collection.formats.json_records import JsonFormat
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from tests.unit.connectors.documents import detect_bytes, read_tables

TIMES = [f"2026-01-01T{hour:02}:00:00Z" for hour in range(24)]


def linked(at: str, power: int) -> dict[str, Any]:
    return {
        "id": "urn:ngsi-ld:ThreePhaseAcMeasurement:m1",
        "type": "ThreePhaseAcMeasurement",
        "dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": at}},
        "totalActivePower": {"type": "Property", "value": power, "unitCode": "KWT", "observedAt": at,
                             "quality": {"type": "Property", "value": "measured"}},
        "refDevice": {"type": "Relationship", "object": "urn:ngsi-ld:Device:d1"},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [6.1, 49.6]}},
        "@context": ["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld"],
    }  # fmt: skip


def second(at: str, power: int) -> dict[str, Any]:
    code = {"type": "Text", "value": "KWT"}
    return {
        "id": "m1",
        "type": "ThreePhaseAcMeasurement",
        "dateObserved": {"type": "DateTime", "value": at, "metadata": {}},
        "totalActivePower": {"type": "Number", "value": power, "metadata": {"unitCode": code}},
    }


@pytest.mark.parametrize("entity", [linked, second])
@pytest.mark.parametrize("records", ["$", "$.data"])
def test_an_attribute_is_a_column_and_what_is_said_of_it_stands_beside(entity: Any, records: str) -> None:
    entities = [entity(at, number) for number, at in enumerate(TIMES)]
    body = json.dumps(entities if records == "$" else {"id": "n1", "type": "Notification", "data": entities}).encode()
    assert detect_bytes(body).tables[0].form == JsonFormat(records=records, ngsi=True)
    frame = next(iter(read_tables(body).values()))
    assert frame["dateObserved"].to_list() == TIMES
    assert frame["totalActivePower"].to_list() == [str(number) for number in range(24)]
    assert set(frame["totalActivePower.unitCode"]) == {"KWT"}
    if entity is linked:
        assert set(frame["refDevice"]) == {"urn:ngsi-ld:Device:d1"}
        assert set(frame["totalActivePower.quality"]) == {"measured"}
        assert set(frame["location.coordinates"]) == {"[6.1, 49.6]"}
        assert "@context" not in frame.columns


def test_one_entity_is_one_row() -> None:
    frame = read_tables(json.dumps(linked(TIMES[0], 7)).encode())["records"]
    assert (frame.height, frame["totalActivePower"][0], frame["dateObserved"][0]) == (1, "7", TIMES[0])


def test_what_is_no_entity_stays_as_it_is() -> None:
    """Where one record is none, and where attributes are plain already."""
    mixed = [linked(TIMES[0], 1), {"id": "x", "type": "y", "power": 3}]
    plain = [{"id": "m1", "type": "Meter", "at": at, "power": 3} for at in TIMES]
    for records in (mixed, plain):
        assert getattr(detect_bytes(json.dumps(records).encode()).tables[0].form, "ngsi", None) is False


@pytest.mark.parametrize("entity", [linked, second])
def test_units_are_the_codes_beside_and_the_type_tells_what_the_rows_are(entity: Any, tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_text(json.dumps([entity(at, 7 + len(at) % 5) for at in TIMES]))
    inspection = inspect_source(tmp_path / "answer.json", "answer.json", {"interval_label": "start"})
    inspection, proposal = suggest_fields(inspection, "answer.json", load_definition().concepts())
    assert {column.name: column.unit for column in inspection.tables[0].columns}["totalActivePower"] == "kW"
    assert inspection.questions == ()
    assert proposal.mapper is not None
    assert proposal.mapper.concept == "electrical_measurement"
    rules = {rule.field: (rule.source, rule.unit) for rule in proposal.mapper.rules}
    assert rules["active_power"] == ("totalActivePower", "kW")
    assert any("NGSI" in issue.what for issue in inspection.issues)
