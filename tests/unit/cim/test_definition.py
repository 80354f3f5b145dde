"""The installed concepts, and files that contradict themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from include.cim.concept import FieldType, Personal, SourceKind
from include.cim.definition import FOLDER, load_definition, load_standards, read_definition
from include.cim.units import find_unit
from include.errors import NotFound

WHOLE = """
name: thing
title: Thing
description: A thing.
key: [thing_id]
fields:
  thing_id: {type: id, description: Its id., required: true}
  seen_at: {type: timestamp, description: When., after: first_at}
  first_at: {type: timestamp, description: When first.}
  mass: {type: float, description: How much., unit: kWh}
anchors:
  - {term: Thing, standard: SAREF, verified: true, exact: true, note: 'owner/things: thing.ttl'}
sources: [grid]
"""


def test_every_installed_concept_is_whole() -> None:
    concepts = load_definition().concepts()
    assert len(concepts) == len(list(FOLDER.glob("*.yaml"))) >= 21
    for concept in concepts:
        assert (FOLDER / f"{concept.name}.yaml").is_file()
        assert all(concept.fields[name].required for name in concept.key)
        assert concept.description.endswith(".")
        for field in concept.fields.values():
            assert field.unit is None or find_unit(field.unit).name == field.unit
            assert field.unit is None or field.type is FieldType.FLOAT
            assert field.description.endswith(".")


@pytest.mark.parametrize(
    ("concept", "field"),
    [
        ("meter_reading", "usage_point_id"),
        ("meter_reading", "meter_id"),
        ("ev_charging_session", "session_id"),
        ("ev_charging_session", "user_id"),
        ("battery_status", "device_id"),
        ("electrical_measurement", "device_id"),
    ],
)
def test_what_names_a_person_or_device_is_known_as_such(concept: str, field: str) -> None:
    assert load_definition().concept(concept).fields[field].personal is Personal.DIRECT


def test_an_unknown_concept_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(NotFound, match="meter_reading"):
        load_definition().concept("meter_readings")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param("required: true", "required: false", "part of the key", id="a key that may be absent"),
        pytest.param("unit: kWh", "unit: KWH", "alias", id="an alias for a unit"),
        pytest.param("unit: kWh", "unit: mass", "no unit", id="no unit"),
        pytest.param("after: first_at", "after: mass", "no timestamp", id="after a number"),
        pytest.param("type: float", "type: enum", "values", id="an enum without values"),
        pytest.param("type: float", "type: decimal", "decimal", id="an unknown type"),
        pytest.param("unit: kWh", "unti: kWh", "unti", id="an unknown key"),
        pytest.param("verified: true", "verified: false", "before it is verified", id="an exact term nobody verified"),
        pytest.param(", note: 'owner/things: thing.ttl'", "", "where it was verified", id="verified, but where?"),
        pytest.param("standard: SAREF, ", "", "standard", id="a term of no standard"),
        pytest.param("sources: [grid]", "sources: [moon]", "moon", id="an unknown kind of source"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused_by_name(tmp_path: Path, old: str, new: str, says: str) -> None:
    (tmp_path / "thing.yaml").write_text(WHOLE)
    assert read_definition(tmp_path).concept("thing").key == ("thing_id",)
    (tmp_path / "thing.yaml").write_text(WHOLE.replace(old, new, 1))
    with pytest.raises(ValueError, match=rf"thing\.yaml: .*{says}"):
        read_definition(tmp_path)


def test_every_term_has_its_standard_and_every_verified_one_where_it_was_found() -> None:
    standards = load_standards()
    terms = [
        term
        for concept in load_definition().concepts()
        for anchored in (concept, *concept.fields.values())
        for term in anchored.anchors
    ]
    assert {term.standard for term in terms} == set(standards), "standards.yaml lists what is named, and nothing else"
    for term in terms:
        assert term.iri is None or term.iri.startswith(standards[term.standard]["iris"])
        assert not term.verified or re.fullmatch(r"[\w.-]+/[\w.-]+: \S.*", term.note), term
        assert term.verified or not term.exact


def test_a_term_that_is_written_out_is_read_as_it_stands(tmp_path: Path) -> None:
    short = "term: Thing"
    assert short in WHOLE
    for written in (short, "term: https://saref.etsi.org/core/Thing"):
        (tmp_path / "thing.yaml").write_text(WHOLE.replace(short, written))
        (term,) = read_definition(tmp_path).concept("thing").anchors
        assert (term.iri, term.note) == ("https://saref.etsi.org/core/Thing", "owner/things: thing.ttl")


def test_every_concept_says_what_standards_call_it() -> None:
    assert [concept.name for concept in load_definition().concepts() if not concept.anchors] == []


@pytest.mark.parametrize("kind", SourceKind)
def test_what_every_kind_of_source_brings_has_a_concept_to_land_in(kind: SourceKind) -> None:
    assert [concept.name for concept in load_definition().concepts() if kind in concept.sources]
