"""A proposal is checked, compared with what is there, and becomes part of the next definition."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from include.cim.amend import accept, describe_changes, merge
from include.cim.check_proposal import MOST_FIELDS, check_proposal
from include.cim.concept import FieldType, Term
from include.cim.definition import Definition, load_definition, read_definition_document, write_definition
from include.cim.extension import Proposal, Review
from include.cim.near_match import find_near_matches
from include.errors import ConfigurationInvalid
from tests.factories import a_concept, a_field

CIM = load_definition()


def a_proposal(**changes: Any) -> Proposal:
    field = {"name": "standing_losses", "type": "float", "unit": "kWh", "description": "The meter's own supply."}
    return Proposal.model_validate({"concept": "meter_reading", "field": {**field, **changes}})


def a_change(field: str = "energy", concept: str = "meter_reading", **changes: Any) -> Proposal:
    return Proposal.model_validate({"concept": concept, "change": {"field": field, **changes}})


def a_new_concept(**changes: Any) -> Proposal:
    fields = [
        {"name": "pump_id", "type": "id", "description": "The pump.", "personal": "direct"},
        {"name": "observed_at", "type": "timestamp", "description": "When."},
        {"name": "flow_rate", "type": "float", "unit": "m3/h", "description": "What flows through it."},
    ]
    concept = {
        "name": "pump_status",
        "title": "Pump status",
        "description": "What a pump does at one instant.",
        "key": ["pump_id", "observed_at"],
        "fields": fields,
    }
    return Proposal.model_validate({"new_concept": {**concept, **changes}})


def problems(proposal: Proposal) -> dict[str, str]:
    return {each.where: f"{each.what}. {each.remedy}" for each in check_proposal(proposal, CIM)}


def test_a_field_that_fits_has_no_problem_and_is_in_the_next_definition() -> None:
    term = {"term": "http://iec.ch/TC57/CIM100#Losses", "standard": "IEC 61970"}
    proposal = a_proposal(minimum=0, terms=[term], synonyms=["eigenverbruik"])
    assert problems(proposal) == {}
    after = accept(CIM, proposal)
    field = after.concept("meter_reading").fields["standing_losses"]
    assert (field.unit, field.minimum, field.synonyms) == ("kWh", 0.0, ("eigenverbruik",))
    assert field.anchors == (Term(**term),), "nobody has verified it"
    assert describe_changes(CIM, after) == ["meter_reading.standing_losses: a new field"]
    assert "standing_losses" not in CIM.concept("meter_reading").fields
    assert read_definition_document(write_definition(after), 0) == after


def test_a_concept_that_fits_is_in_the_next_definition_with_its_key_required() -> None:
    assert problems(a_new_concept()) == {}
    after = accept(CIM, a_new_concept())
    assert [f.name for f in after.concept("pump_status").fields.values() if f.required] == ["pump_id", "observed_at"]
    assert list(after.by_name) == sorted(after.by_name)
    assert read_definition_document(write_definition(after), 0) == after


@pytest.mark.parametrize(
    ("proposal", "where", "says"),
    [
        pytest.param(a_proposal(name="energy"), "field.name", "has a field of this name", id="it is there"),
        pytest.param(a_proposal(name="ctid"), "field.name", "PostgreSQL", id="a name of PostgreSQL's"),
        pytest.param(a_proposal(name="row_id"), "field.name", "the platform", id="a name of ours"),
        pytest.param(a_proposal(unit="parsec"), "field.unit", "no unit", id="an unknown unit"),
        pytest.param(a_proposal(unit="kwh"), "field.unit", "Write kWh", id="an alias"),
        pytest.param(a_proposal(type="text"), "field.unit", "float and integer", id="a text with a unit"),
        pytest.param(a_proposal(type="enum", unit=None), "field.values", "enum", id="an enum without values"),
        pytest.param(a_proposal(values=["a"]), "field.values", "enum", id="values without an enum"),
        pytest.param(
            a_proposal(type="enum", unit=None, values=["a", "a"]), "field.values", "twice", id="a value twice"
        ),
        pytest.param(a_proposal(type=None), "field.type", "missing", id="no type"),
        pytest.param(a_proposal(minimum=2, maximum=1), "field.minimum", "above", id="bounds the wrong way round"),
        pytest.param(
            a_proposal(type="text", unit=None, maximum=1), "field.maximum", "float and integer", id="a text with bounds"
        ),
        pytest.param(
            a_proposal(type="timestamp", unit=None, after="energy"), "field.after", "timestamp", id="after no timestamp"
        ),
        pytest.param(a_proposal(name="state_of_charge"), "field.name", "one name, one meaning", id="another dimension"),
        pytest.param(
            a_proposal(name="power", type="boolean", unit=None),
            "field.name",
            "one meaning",
            id="another type",
        ),
        pytest.param(
            Proposal.model_validate({"concept": "meter_readings", "field": a_proposal().field}),
            "concept",
            "meter_reading",
            id="no such concept",
        ),
        pytest.param(a_new_concept(name="party"), "new_concept.name", "has a concept", id="the concept is there"),
        pytest.param(a_new_concept(name="extension"), "new_concept.name", "itself", id="a path of ours"),
        pytest.param(a_new_concept(key=["pump"]), "new_concept.key[0]", "pump_id", id="a key that is no field"),
        pytest.param(a_new_concept(key=["pump_id"] * 2), "new_concept.key", "twice", id="a key's field twice"),
        pytest.param(
            a_new_concept(fields=[a_proposal().field.model_dump()] * 2, key=["standing_losses"]),  # type: ignore[union-attr]
            "new_concept.fields[1].name",
            "2 fields",
            id="a field twice",
        ),
        pytest.param(a_change("enrgy", maximum=1), "change.field", "energy", id="a change of nothing"),
        pytest.param(a_change(maximum=10), "change.maximum", "not wider", id="a narrower bound"),
        pytest.param(a_change(minimum=0), "change.minimum", "not wider", id="a narrower bound below"),
        pytest.param(a_change("reactive_energy", minimum=-1), "change.minimum", "beyond", id="a bound where none was"),
        pytest.param(a_change(values=["x"]), "change.values", "enum", id="values of no enum"),
        pytest.param(a_change(replaced_by="volume"), "change.replaced_by", "something else", id="another dimension's"),
        pytest.param(a_change(replaced_by="energy"), "change.replaced_by", "no other", id="replaced by itself"),
        pytest.param(
            a_change("interval_start", replaced_by="interval_end"), "change.replaced_by", "requires", id="a needed one"
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(proposal: Proposal, where: str, says: str) -> None:
    assert says in problems(proposal)[where]
    with pytest.raises(ConfigurationInvalid):
        accept(CIM, proposal)


def test_a_change_adds_and_widens_and_deprecates() -> None:
    proposal = a_change(maximum=5e6, description="In better words.", synonyms=["verbruik"], replaced_by=None)
    after = accept(CIM, proposal)
    field = after.concept("meter_reading").fields["energy"]
    assert (field.maximum, field.unit, field.synonyms) == (5e6, "kWh", ("verbruik",))
    assert describe_changes(CIM, after) == ["meter_reading.energy: description, maximum, synonyms are others"]
    after = accept(after, a_proposal())
    after = accept(after, a_change(replaced_by="standing_losses"))
    assert after.concept("meter_reading").fields["energy"].replaced_by == "standing_losses"
    chained = check_proposal(a_change("standing_losses", replaced_by="cumulative_energy"), after)
    assert "itself replaces" in chained[0].what
    assert read_definition_document(write_definition(after), 0) == after


@pytest.mark.parametrize("changes", [{"values": ["forward"]}, {"values": ["reverse", "forward"]}])
def test_a_change_to_what_is_there_already_makes_no_version(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationInvalid, match="flow_direction has all of that already"):
        accept(CIM, a_change("flow_direction", **changes))
    term = {"term": "https://example.org/x", "standard": "A standard"}
    named = accept(CIM, a_change(synonyms=["verbruik"], terms=[term]))
    with pytest.raises(ConfigurationInvalid, match="Propose what it lacks"):
        accept(named, a_change(synonyms=["verbruik"], terms=[term]))


@pytest.mark.parametrize("key", ["name", "unit", "type", "personal"])
def test_a_change_of_what_data_is_held_in_is_no_change(key: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        a_change(**{key: "W"})


def test_a_merge_leaves_the_name_as_a_synonym() -> None:
    after = merge(CIM, a_proposal(synonyms=["verlies"]), "meter_reading.energy")
    assert after.concept("meter_reading").fields["energy"].synonyms == ("standing_losses", "verlies")
    for into, says in (("meter_reading", "no field"), ("meter_reading.volume", "m3"), ("party.name", "of type")):
        with pytest.raises(ConfigurationInvalid, match=says):
            merge(CIM, a_proposal(), into)
    with pytest.raises(ConfigurationInvalid, match="only a proposed field"):
        merge(CIM, a_new_concept(), "meter_reading.energy")


def test_a_concept_has_an_end() -> None:
    fields = [a_field(f"f{n}") for n in range(MOST_FIELDS)]
    full = Definition({"meter_reading": a_concept(a_field("id", type=FieldType.ID, required=True), *fields)})
    assert "the most" in check_proposal(a_proposal(), full)[0].what


@pytest.mark.parametrize(
    ("changes", "into", "likeness"),
    [
        ({"name": "grid_power", "unit": "W"}, "site_energy.grid_power", "same name"),
        ({"name": "charge_of_state", "unit": "%"}, "battery_status.state_of_charge", "similar name"),
        (
            {"name": "outside", "unit": "degC", "description": "Temperature of the outdoor air."},
            "indoor_climate.air_temperature",
            "unit of the same dimension, similar description",
        ),
        (
            {"name": "zzz", "terms": [{"term": CIM.concept("battery_status").anchors[0].term, "standard": "x"}]},
            None,
            None,
        ),
        ({"name": "xyzzy", "description": "Nothing like it."}, None, None),
    ],
)
def test_what_is_like_it_is_shown(changes: dict[str, Any], into: str | None, likeness: str | None) -> None:
    found = find_near_matches(a_proposal(**changes), CIM)
    assert (found[0].into if found else None) == into
    assert (found[0].likeness.value if found else None) == likeness


def test_an_equal_term_a_synonym_and_a_waiting_proposal_are_shown() -> None:
    term = {"term": "http://a/losses", "standard": "A"}
    there = accept(CIM, a_proposal(terms=[term], synonyms=["eigen verbruik"]))
    by_term = find_near_matches(a_proposal(name="qqq", description="X.", terms=[term]), there)
    assert [(each.into, each.likeness.value) for each in by_term] == [
        ("meter_reading.standing_losses", "same term of a standard")
    ]
    by_synonym = find_near_matches(a_proposal(name="eigen_verbruik", description="X."), there)
    assert by_synonym[0].likeness.value == "same name"
    waiting = find_near_matches(a_proposal(), CIM, [a_proposal()])
    assert (waiting[0].into, waiting[0].pending) == ("meter_reading.standing_losses", True)


def test_a_name_that_a_change_gives_to_another_field_is_shown() -> None:
    # who merges two meanings under one name is shown whose it is; the field itself doubles nothing
    near = find_near_matches(a_change("voltage", "battery_status", synonyms=["State of charge", "voltage"]), CIM)
    assert {each.into for each in near if each.likeness == "same name"} >= {"battery_status.state_of_charge"}
    assert all(each.field == "voltage" and each.into != "battery_status.voltage" for each in near)
    terms = [{"term": "https://smartdatamodels.org/dataModel.Battery/stateOfCharge", "standard": "Smart Data Models"}]
    (same, *_) = find_near_matches(a_change("voltage", "battery_status", terms=terms), CIM)
    assert (same.into, same.likeness) == ("battery_status.state_of_charge", "same term of a standard")
    assert find_near_matches(a_change("voltage", "battery_status", maximum=3000), CIM) == ()


def test_a_long_proposal_is_compared_in_no_time() -> None:
    fields = [{"name": f"reading_of_register_{n}", "type": "float", "description": "One."} for n in range(200)]
    proposal = a_new_concept(fields=fields, key=["reading_of_register_0"])
    assert len(find_near_matches(proposal, CIM, [proposal] * 2)) == 20


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"concept": "party"},
        {"concept": "party", "field": a_proposal().field, "change": a_change(synonyms=["a"]).change},
        {"field": a_proposal().field},
        {"concept": "party", "new_concept": a_new_concept().new_concept},
        {"concept": "party", "change": {"field": "name"}},
        {"concept": "party", "change": {"field": "name", "synonyms": []}},
    ],
)
def test_a_proposal_proposes_one_thing(plain: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Proposal.model_validate(plain)


@pytest.mark.parametrize(
    "plain", [{"decision": "merge"}, {"decision": "accept", "into": "a.b"}, {"decision": "reject", "reason": " "}]
)
def test_a_review_says_all_that_it_needs(plain: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Review.model_validate(plain)


def test_the_proposals_of_the_documentation_are_right() -> None:
    text = (Path(__file__).parents[3] / "docs" / "cim-extension.md").read_text()
    documented = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.S)]
    assert len(documented) == 2
    documented[0]["field"] |= {"type": "float", "unit": "V"}  # what the sample's column tells
    del documented[0]["sample"]
    assert [problems(Proposal.model_validate(each)) for each in documented] == [{}, {}]
