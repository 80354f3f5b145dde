"""Concepts as JSON Schema: judged by jsonschema, on rows of a real file and on rows that break each rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.record_formats import plain_records
from include.cim.concept import Concept, FieldType
from include.cim.definition import load_definition
from include.cim.json_schema import concept_schema, definition_schema
from include.collection.document import read_yaml
from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from tests.factories import NOON, a_collection, a_concept, a_field
from tests.fakes import FolderStaging
from tests.fakes_ingest import FilesBelow, KnownBatches

EXAMPLES = Path(__file__).parents[3] / "examples"
CONCEPTS = load_definition().concepts()
UPLOAD = "a" * 64


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The rows of a household's battery, mapped, as the interface gives them."""
    config = read_yaml((EXAMPLES / "14_battery_givenergy.yaml").read_text(encoding="utf-8"))
    source = config.ingester.model_copy(update={"upload": UPLOAD})
    collection = a_collection(config=config.model_copy(update={"ingester": source}))
    staging = FolderStaging(tmp_path_factory.mktemp("staging"))
    connector = choose_connector(source, FilesBelow({UPLOAD: EXAMPLES / source.name}), Egress(), str, lambda: NOON)
    raw = ingest(collection, connector, staging, KnownBatches())
    concept = load_definition().concept("battery_status")
    mapped = map_to_cim(raw.ref, config.mapper, concept, staging, numbers=source.numbers)
    return [
        row for part in mapped.ref.parts for row in plain_records(staging.read(part).select(*concept.fields).to_arrow())
    ]


def validator(concept: Concept) -> Draft202012Validator:
    return Draft202012Validator(concept_schema(concept))


def a_whole_row(concept: Concept) -> dict[str, Any]:
    kinds = {
        FieldType.ID: "a",
        FieldType.TEXT: "a",
        FieldType.TIMESTAMP: "2026-01-01T00:00:00Z",
        FieldType.FLOAT: 1.5,
        FieldType.INTEGER: 1,
        FieldType.BOOLEAN: True,
    }
    return {
        field.name: field.values[0]
        if field.values
        else field.minimum
        if field.minimum is not None
        else kinds[field.type]
        for field in concept.fields.values()
    }


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda concept: concept.name)
def test_every_concept_gives_a_schema_that_takes_a_whole_row_and_one_of_required_fields(concept: Concept) -> None:
    schema = concept_schema(concept)
    Draft202012Validator.check_schema(schema)
    row = a_whole_row(concept)
    validator(concept).validate(row)
    validator(concept).validate({name: row[name] for name in schema["required"]})
    validator(concept).validate({name: row[name] if name in schema["required"] else None for name in row})


def test_rows_of_a_real_file_follow_the_schema_of_their_concept(records: list[dict[str, Any]]) -> None:
    checked = validator(load_definition().concept("battery_status"))
    assert len(records) == 464
    assert [error.message for row in records for error in checked.iter_errors(row)] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"state_of_charge": 101}, "state_of_charge", id="above its bound"),
        pytest.param({"state_of_charge": -0.5}, "state_of_charge", id="below its bound"),
        pytest.param({"state_of_charge": "50"}, "state_of_charge", id="a number as text"),
        pytest.param({"mode": "asleep"}, "mode", id="no value of the enumeration"),
        pytest.param({"device_id": None}, "device_id", id="a key that is null"),
        pytest.param({"device_id": 4711}, "device_id", id="an id as a number"),
    ],
)
def test_a_row_that_breaks_a_rule_is_told_by_its_field(
    records: list[dict[str, Any]], changes: dict[str, Any], field: str
) -> None:
    errors = list(validator(load_definition().concept("battery_status")).iter_errors({**records[0], **changes}))
    assert [list(error.absolute_path) for error in errors] == [[field]]


def test_what_no_field_is_called_is_refused() -> None:
    concept = load_definition().concept("battery_status")
    assert not validator(concept).is_valid({**a_whole_row(concept), "soc": 1})


def test_a_field_tells_its_unit_as_other_vocabularies_do() -> None:
    told = concept_schema(load_definition().concept("meter_reading"))["properties"]
    assert told["energy"]["x-unit"] == {
        "name": "kWh",
        "ucum": "kW.h",
        "unece": "KWH",
        "qudt": "http://qudt.org/vocab/unit/KiloW-HR",
    }
    assert told["energy"]["x-personal"] == "series"
    assert told["interval_end"]["x-after"] == "interval_start"


def test_the_whole_takes_rows_of_every_concept() -> None:
    schema = definition_schema(CONCEPTS, "https://energy.example.org/cim/")
    Draft202012Validator.check_schema(schema)
    whole = Draft202012Validator(schema)
    assert schema["$id"] == "https://energy.example.org/cim/definition"
    for concept in CONCEPTS:
        whole.validate(a_whole_row(concept))
    assert not whole.is_valid({"device_id": "a"})


def test_other_names_and_what_replaces_a_field_are_told() -> None:
    old = a_field("old", synonyms=("alt",), replaced_by="energy")
    told = concept_schema(a_concept(*a_concept().fields.values(), old))["properties"]["old"]
    assert (told["x-synonyms"], told["deprecated"], told["x-replaced-by"]) == (["alt"], True, "energy")
