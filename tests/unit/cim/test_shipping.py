"""An update of the platform's concepts loses nothing that was accepted, and changes nothing that data is held in."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.cim.amend import accept, merge
from include.cim.concept import Concept, Field, FieldType, Personal, Term
from include.cim.definition import Definition, load_definition, read_definition_document, write_definition
from include.cim.extension import Proposal
from include.cim.shipping import merge_shipped
from tests.factories import a_concept, a_field


def a_definition(*fields: Field, **changes: Any) -> Definition:
    concept = replace(a_concept(), **changes)
    return Definition({concept.name: replace(concept, fields={**concept.fields, **{f.name: f for f in fields}})}, 3)


def changed(definition: Definition, **changes: Any) -> Definition:
    concept = definition.concept("meter_reading")
    field = replace(concept.fields["energy"], **changes)
    return Definition({concept.name: replace(concept, fields={**concept.fields, "energy": field})})


def energy(definition: Definition) -> Field:
    return definition.concept("meter_reading").fields["energy"]


def test_what_comes_with_the_platform_is_written_and_read_as_the_same() -> None:
    definition = load_definition()
    assert read_definition_document(write_definition(definition), 0) == definition


def test_a_shipped_change_and_an_accepted_field_are_both_there() -> None:
    before = a_definition()
    current = a_definition(a_field("losses", unit="kWh", synonyms=("verlies",)))
    shipped = changed(before, description="Better words.", maximum=2e6)
    merged = merge_shipped(current, before, shipped)
    assert merged.concept("meter_reading").fields["losses"].synonyms == ("verlies",)
    assert (energy(merged).description, energy(merged).maximum) == ("Better words.", 2e6)


def test_of_a_change_here_and_another_there_both_stay_or_what_was_accepted() -> None:
    term = Term("http://a/x", "A")
    before = a_definition()
    current = changed(before, description="Ours.", maximum=5e6, synonyms=("ours",), anchors=(term,))
    judged = replace(term, verified=True, note="in a copy")
    shipped = changed(before, description="Theirs.", maximum=2e6, synonyms=("theirs",), anchors=(judged,))
    merged = energy(merge_shipped(current, before, shipped))
    assert (merged.description, merged.maximum, merged.synonyms) == ("Ours.", 5e6, ("ours", "theirs"))
    assert merged.anchors == (judged,)


def test_what_is_shipped_no_more_stays_and_is_asked_of_nobody() -> None:
    old = a_field("zone", type=FieldType.TEXT, required=True)
    before, shipped = a_definition(old), a_definition()
    merged = merge_shipped(before, before, shipped).concept("meter_reading")
    assert not merged.fields["zone"].required


@pytest.mark.parametrize(
    "changes", [{"unit": "MWh"}, {"type": FieldType.INTEGER}, {"unit": None}], ids=["unit", "type", "no unit"]
)
def test_data_stays_in_the_unit_and_the_type_that_it_is_held_in(
    changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    before = a_definition()
    with caplog.at_level(logging.WARNING):
        merged = merge_shipped(before, before, changed(before, **changes))
    assert (energy(merged).unit, energy(merged).type) == ("kWh", FieldType.FLOAT)
    assert "meter_reading.energy" in caplog.text


def test_the_key_stays_and_its_fields_stay_required() -> None:
    before = a_definition()
    fields = {**a_concept().fields, "meter_id": replace(a_concept().fields["meter_id"], required=False)}
    shipped = Definition({"meter_reading": replace(a_concept(), key=("interval_start",), fields=fields)})
    merged = merge_shipped(before, before, shipped).concept("meter_reading")
    assert merged.key == ("meter_id", "interval_start")
    assert merged.fields["meter_id"].required


def test_replacements_that_meet_end_at_a_field_that_is_in_use() -> None:
    before = a_definition(a_field("a"), a_field("b"), a_field("c"))
    here = a_definition(a_field("a", replaced_by="b"), a_field("b"), a_field("c"))
    there = a_definition(a_field("a"), a_field("b", replaced_by="c"), a_field("c"))
    fields = merge_shipped(here, before, there).concept("meter_reading").fields
    assert (fields["a"].replaced_by, fields["b"].replaced_by) == ("c", "c")
    round_ = a_definition(a_field("a"), a_field("b", replaced_by="a"), a_field("c"))
    merged = merge_shipped(here, before, round_)
    assert read_definition_document(write_definition(merged), 3) == merged


fields_ = st.builds(
    lambda kind, unit, low, values, words, personal: a_field(
        "new",
        type=kind,
        unit=unit if kind is FieldType.FLOAT else None,
        minimum=low if kind is FieldType.FLOAT else None,
        values=values if kind is FieldType.ENUM else (),
        synonyms=words,
        personal=personal,
    ),
    st.sampled_from([FieldType.FLOAT, FieldType.ENUM, FieldType.TEXT]),
    st.sampled_from(["kW", "W", None]),
    st.none() | st.integers(-9, 9),
    st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(tuple),
    st.lists(st.sampled_from("xyz"), unique=True).map(tuple),
    st.sampled_from(Personal),
)
concepts = st.builds(
    lambda field, energies, required: replace(
        a_concept(),
        fields={
            **a_concept().fields,
            "energy": a_field("energy", unit="kWh", synonyms=energies, required=required),
            **({"new": field} if field else {}),
        },
    ),
    st.none() | fields_,
    st.lists(st.sampled_from("pqr"), unique=True).map(tuple),
    st.booleans(),
)


@given(concepts, st.lists(concepts, min_size=1, max_size=4), st.sampled_from("uvw"), st.booleans())
def test_nothing_accepted_is_lost_whatever_is_shipped_next(
    first: Concept, later: list[Concept], word: str, own: bool
) -> None:
    """Accept an extension, then ship any definitions: name, type, unit, values and words are there."""
    before = current = Definition({"meter_reading": first}, 1)
    field = {"name": "accepted", "type": "float", "unit": "kWh", "description": "Ours.", "synonyms": [word]}
    proposal = Proposal.model_validate({"concept": "meter_reading", "field": field})
    current = accept(current, proposal) if own else merge(current, proposal, "meter_reading.energy")
    for shipped in (Definition({"meter_reading": concept}) for concept in later):
        merged = merge_shipped(current, before, shipped)
        assert read_definition_document(write_definition(merged), merged.version) == merged
        for name, old in current.concept("meter_reading").fields.items():
            new = merged.concept("meter_reading").fields[name]
            assert (new.type, new.unit) == (old.type, old.unit)
            assert set(new.values) >= set(old.values)
        kept = merged.concept("meter_reading").fields["accepted" if own else "energy"]
        assert word in kept.synonyms
        assert own or "accepted" in kept.synonyms
        assert merge_shipped(merged, shipped, shipped) == merged
        before, current = shipped, merged
