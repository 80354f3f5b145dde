"""The CIM over HTTP: read in every form, searched, extended, and reviewed by stewards alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from rdflib import OWL, RDF, Graph, URIRef

from include.cim_ports import Use
from tests.factories import COLLECTION_ID, DATASET_ID
from tests.interface import EXTENSION_ID, METERS, Interface, a_plain_proposal

REVIEW = f"/cim/extension/{EXTENSION_ID}/review"


def test_the_list_tells_what_there_is():
    answer = Interface().client().get("/cim/").json()
    assert answer["version"] == 1
    battery = next(each for each in answer["concepts"] if each["name"] == "battery_status")
    assert (battery["title"], battery["fields"], battery["matched"]) == ("Battery status", 12, [])


@pytest.mark.parametrize(
    ("words", "first", "matched"),
    [
        ("battery", "battery_status", None),
        ("State of CHARGE", "battery_status", "state_of_charge"),
        ("session", "ev_charging_session", None),
        ("OBIS", "meter_reading", "register"),
    ],
)
def test_words_find_concepts_by_what_they_and_their_fields_say(words: str, first: str, matched: str | None):
    found = Interface().client().get("/cim/", params={"q": words}).json()["concepts"]
    assert found[0]["name"] == first
    assert matched is None or matched in found[0]["matched"]
    assert len(found) < 21


def test_no_concept_speaks_of_nonsense():
    assert Interface().client().get("/cim/", params={"q": "xyzzy"}).json()["concepts"] == []


def test_a_concept_tells_its_fields_with_units_bounds_and_terms():
    answer = Interface().client().get("/cim/battery_status").json()
    charge = next(each for each in answer["fields"] if each["name"] == "state_of_charge")
    assert (charge["unit"], charge["minimum"], charge["maximum"], charge["personal"]) == ("%", 0, 100, "series")
    assert answer["key"] == ["device_id", "observed_at"]
    assert {"term", "standard", "verified", "exact", "note"} == set(answer["terms"][0])


@pytest.mark.parametrize(
    ("asked", "accept", "media"),
    [
        (None, "*/*", "application/json"),
        ("jsonschema", "*/*", "application/schema+json"),
        (None, "application/schema+json", "application/schema+json"),
        ("turtle", "application/json", "text/turtle; charset=utf-8"),
        (None, "text/html, text/turtle;q=0.9", "text/turtle; charset=utf-8"),
        ("rdf", "*/*", "application/rdf+xml"),
        ("jsonld", "*/*", "application/ld+json"),
        (None, "text/turtle;q=0.5, application/json;q=0.9", "application/json"),
        (None, "text/turtle;q=0, application/ld+json", "application/ld+json"),
        (None, "text/turtle ; Q=much", "text/turtle; charset=utf-8"),
    ],
)
def test_a_concept_is_written_in_the_form_that_is_asked(asked: str | None, accept: str, media: str):
    client = Interface().client()
    parameters = {"format": asked} if asked else {}
    answer = client.get("/cim/meter_reading", params=parameters, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    here = URIRef("https://data.example.org/twinergy-api/cim/meter_reading")
    forms = {"text/turtle": "turtle", "application/rdf+xml": "xml", "application/ld+json": "json-ld"}
    if "schema" in media:
        jsonschema.Draft202012Validator.check_schema(answer.json())
        assert answer.json()["$id"] == str(here)
    elif media.split(";", maxsplit=1)[0] in forms:
        graph = Graph().parse(data=answer.text, format=forms[media.split(";", maxsplit=1)[0]])
        assert (here, RDF.type, OWL.Class) in graph


def test_a_version_is_asked_for_by_its_number():
    client, steward = Interface(), None
    steward = client.client("steward")
    steward.post(REVIEW, json={"decision": "accept"})
    names = {
        version: [each["name"] for each in steward.get(f"/cim/meter_reading?version={version}").json()["fields"]]
        for version in (1, 2)
    }
    assert "standing_losses" not in names[1]
    assert "standing_losses" in names[2]
    assert steward.get("/cim/meter_reading").json()["version"] == 2
    assert steward.get("/cim/?version=3").status_code == 404
    first = steward.get("/cim/version?limit=1").json()
    assert [(each["version"], each["extension"]) for each in first["versions"]] == [(2, str(EXTENSION_ID))]
    rest = steward.get("/cim/version", params={"cursor": first["cursor"]}).json()
    assert ([each["version"] for each in rest["versions"]], rest["cursor"]) == ([1], None)


def used(interface: Interface) -> None:
    interface.services.cim.used = [
        Use("collection", COLLECTION_ID, "Meters", "7", frozenset({"energy", "register"})),
        Use("dataset", DATASET_ID, "Meters", "7", frozenset({"energy", "register"})),
        Use("dataset", uuid4(), "A stranger's", "8", None),
    ]


def test_what_is_others_is_counted_and_not_named():
    interface = Interface()
    used(interface)
    answer = interface.client().get("/cim/meter_reading/usage")
    assert "stranger" not in answer.text
    told = answer.json()
    assert told["collections"] == {"visible": [{"id": str(COLLECTION_ID), "title": "Meters"}], "others": 0}
    assert told["datasets"]["others"] == 1
    assert (told["fields"]["energy"]["datasets"]["others"], len(told["fields"]["energy"]["datasets"]["visible"])) == (
        1,
        1,
    )
    assert told["fields"]["volume"]["datasets"] == {"visible": [], "others": 1}
    seen = interface.client("steward").get("/cim/meter_reading/usage").json()
    assert (len(seen["datasets"]["visible"]), seen["datasets"]["others"]) == (2, 0)


def test_who_uses_a_field_is_shown_before_it_changes():
    interface = Interface()
    used(interface)
    change = {"concept": "meter_reading", "change": {"field": "volume", "replaced_by": "energy"}}
    assert interface.client().post("/cim/extension", json=change).status_code == 422
    change["change"] = {"field": "volume", "synonyms": ["gas_volume"]}
    answer = interface.client().post("/cim/extension", json=change).json()
    assert (answer["kind"], answer["about"]) == ("change", "meter_reading.volume")
    assert answer["usage"]["collections"] == {"visible": [], "others": 0}
    assert answer["usage"]["datasets"] == {"visible": [], "others": 1}


def a_sample(interface: Interface, file: Path) -> str:
    upload = interface.services.uploads.add(file, "x.csv", "7")
    identity: str = interface.client().post("/sample", json={"upload": upload}).json()["id"]
    return identity


def propose_losses(file: Path, **given: Any) -> Any:
    """Propose a field from a sample's column of kilowatts, 0.5 to 4.5; gives the answer."""
    interface = Interface()
    rows = "".join(f"2024-01-01T{n:02}:00:00Z,{n % 5}.5\n" for n in range(20))
    file.write_text(f"start,Losses (kW)\n{rows}")
    proposal = a_plain_proposal(name="loss_rate", description="What is lost.")
    proposal["field"] = {"name": "loss_rate", "description": "What is lost.", **given}
    proposal["sample"] = {"id": a_sample(interface, file), "column": "Losses (kW)"}
    return interface.client().post("/cim/extension", json=proposal)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"type": "float", "unit": "kW", "minimum": 0, "maximum": 10}),
        ({"unit": "W"}, {"type": "float", "unit": "W", "minimum": 0, "maximum": 10_000}),
        ({"unit": "kWh"}, {"type": "float", "unit": "kWh", "minimum": None, "maximum": None}),
        ({"type": "integer", "unit": "W", "maximum": 7000}, {"type": "integer", "minimum": 0, "maximum": 7000}),
        ({"type": "text"}, {"type": "text", "unit": None, "minimum": None}),
    ],
)
def test_a_column_of_a_sample_tells_what_the_proposal_does_not(
    given: dict[str, Any], expected: dict[str, Any], tmp_path: Path
):
    answer = propose_losses(tmp_path / "x.csv", **given)
    assert answer.status_code == 201, answer.text
    told = answer.json()["proposal"]["field"]
    assert {name: told.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "where", "what"),
    [
        ({"unit": "V"}, "field.unit", "its column of the sample does not convert: kW is a unit of power, V of voltage"),
        ({"type": "integer", "unit": "kW"}, "field.type", "its column of the sample holds fractions"),
        ({"type": "boolean"}, "field.type", "its column of the sample holds fractions"),
        ({"unit": "W", "maximum": 100}, "field.maximum", "every value of its column of the sample lies above it"),
        ({"minimum": 5}, "field.minimum", "every value of its column of the sample lies below it"),
    ],
)
def test_a_proposal_that_contradicts_its_own_sample_is_refused(
    given: dict[str, Any], where: str, what: str, tmp_path: Path
):
    answer = propose_losses(tmp_path / "x.csv", **given)
    assert answer.status_code == 422, answer.text
    assert [(each["where"], each["what"]) for each in answer.json()["errors"]] == [(where, what)]


def test_a_proposal_in_another_currency_than_its_sample_is_refused(tmp_path: Path):
    interface, file = Interface(), tmp_path / "x.csv"
    file.write_text("start,Fee (GBP/MWh)\n2024-01-01T00:00:00Z,1.5\n2024-01-01T01:00:00Z,2.5\n")
    proposal = a_plain_proposal(name="fee", description="What is asked for it.", type="float", unit="EUR/MWh")
    proposal["sample"] = {"id": a_sample(interface, file), "column": "Fee (GBP/MWh)"}
    answer = interface.client().post("/cim/extension", json=proposal)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["where"] == "field.unit"


def test_a_column_that_is_not_there_is_told_and_a_foreign_sample_is_none():
    interface = Interface()
    sample = a_sample(interface, METERS)
    proposal = {**a_plain_proposal(name="b"), "sample": {"id": sample, "column": "nope"}}
    answer = interface.client().post("/cim/extension", json=proposal)
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "sample.column")
    foreign = interface.client("stranger").post("/cim/extension", json=proposal)
    absent = interface.client("stranger").post(
        "/cim/extension", json={**proposal, "sample": {"id": str(uuid4()), "column": "nope"}}
    )
    assert foreign.json()["errors"][0]["where"] == absent.json()["errors"][0]["where"] == "sample.id"


def test_everything_that_is_wrong_is_told_at_once():
    wrong = a_plain_proposal(name="ctid", unit="parsec", minimum=2, maximum=1)
    answer = Interface().client().post("/cim/extension", json=wrong)
    places = [each["where"] for each in answer.json()["errors"]]
    assert places == ["field.name", "field.unit", "field.minimum"]


def test_a_steward_merges_and_the_proposer_is_told():
    interface = Interface()
    body = {"decision": "merge", "into": "meter_reading.energy", "reason": "It is the same."}
    answer = interface.client("steward").post(REVIEW, json=body).json()
    assert (answer["state"], answer["into"], answer["version"], answer["matches"]) == (
        "merged", "meter_reading.energy", 2, [],
    )  # fmt: skip
    fields = interface.client().get("/cim/meter_reading").json()["fields"]
    assert next(each for each in fields if each["name"] == "energy")["synonyms"] == ["standing_losses"]
    assert interface.services.cim.told == [("7", "merged")]


def test_a_rejection_says_why_and_changes_nothing():
    interface = Interface()
    steward = interface.client("steward")
    assert steward.post(REVIEW, json={"decision": "reject"}).status_code == 422
    assert steward.post(REVIEW, json={"decision": "merge", "into": "meter_reading.volume"}).status_code == 422
    answer = steward.post(REVIEW, json={"decision": "reject", "reason": "It is not measured."}).json()
    assert (answer["state"], answer["version"], answer["reviewer"]) == ("rejected", None, "stella")
    assert steward.get("/cim/").json()["version"] == 1
    assert interface.client().get(f"/cim/extension/{EXTENSION_ID}").json()["reason"] == "It is not measured."


def test_the_second_decision_is_a_conflict_and_so_is_a_field_that_came_meanwhile():
    interface = Interface()
    steward = interface.client("steward")
    twin = interface.client("stranger").post("/cim/extension", json=a_plain_proposal()).json()
    assert steward.post(REVIEW, json={"decision": "accept"}).status_code == 200
    assert steward.post(REVIEW, json={"decision": "accept"}).status_code == 409
    late = steward.post(f"/cim/extension/{twin['id']}/review", json={"decision": "accept"})
    assert late.status_code == 409
    assert "has a field of this name" in late.json()["detail"]
    assert interface.services.cim.get(EXTENSION_ID).state == "accepted"


def test_an_owner_withdraws_what_waits():
    interface = Interface()
    client = interface.client()
    assert client.delete(f"/cim/extension/{EXTENSION_ID}").json()["state"] == "withdrawn"
    assert client.delete(f"/cim/extension/{EXTENSION_ID}").status_code == 409
    assert interface.client("steward").post(REVIEW, json={"decision": "accept"}).status_code == 409


def test_proposals_are_listed_by_state_page_after_page_and_to_stewards_all():
    interface = Interface()
    client = interface.client()
    for number in range(3):
        assert client.post("/cim/extension", json=a_plain_proposal(name=f"losses_{number}")).status_code == 201
    interface.client("stranger").post("/cim/extension", json=a_plain_proposal(name="theirs"))
    client.delete(f"/cim/extension/{EXTENSION_ID}")
    asked = {"state": "proposed", "limit": "2"}
    page = client.get("/cim/extension", params=asked).json()
    rest = client.get("/cim/extension", params={**asked, "cursor": page["cursor"]}).json()
    names = [each["about"].partition(".")[2] for each in page["extensions"] + rest["extensions"]]
    assert names == ["losses_2", "losses_1", "losses_0"]
    assert len(interface.client("steward").get("/cim/extension").json()["extensions"]) == 5


def test_another_persons_waiting_proposal_is_a_match_for_stewards_alone():
    interface = Interface()
    theirs = interface.client("stranger").post("/cim/extension", json=a_plain_proposal()).json()
    assert not [each for each in theirs["matches"] if each["pending"]]
    seen = interface.client("steward").get(f"/cim/extension/{theirs['id']}").json()
    assert [each["into"] for each in seen["matches"] if each["pending"]] == ["meter_reading.standing_losses"]


def test_one_person_does_not_bury_the_stewards(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("include.operations.cim_extending.MOST_WAITING", 2)
    client = Interface().client()
    answers = [client.post("/cim/extension", json=a_plain_proposal(name=f"n_{n}")).status_code for n in range(2)]
    assert answers == [201, 409]
