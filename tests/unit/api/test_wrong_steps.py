"""What nobody can mean in a step is refused on saving, over HTTP: with its place, and with what would be right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from include.collection.document import read_plain
from tests.factories import COLLECTION_ID, DATASET_ID, a_collection, a_plain_config
from tests.interface import Interface
from tests.unit.api.wrong_plans import WRONG_PLANS, field
from tests.unit.api.wrong_rules import WRONG_RULES, Wrong, about, rule

COLLECTIONS = "/data-collection/"
CURATOR = f"/data-collection/data-curator-config/{COLLECTION_ID}"
JSON = {"Content-Type": "application/json"}
POINTS = {
    "concept": "usage_point",
    "rules": [
        {"field": "usage_point_id", "source": "ean"},
        {"field": "commodity", "source": "kind"},
        {"field": "phases", "source": "phases"},
        {"field": "contracted_power", "source": "power", "unit": "kW"},
        {"field": "postal_area", "source": "postcode"},
        {"field": "address", "source": "address"},
        {"field": "valid_from", "source": "since", "format": "iso8601", "zone": "UTC"},
    ],
}
GOOD = rule("column_values_to_not_be_null", {"on_violation": "flag"}, column="energy")


def each(wrong: list[Wrong]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("sent", "where", "right"), [pytest.param(*rest, id=name) for name, *rest in wrong])


def a_document(interface: Interface, **changes: Any) -> dict[str, Any]:
    plain = a_plain_config()
    plain["mapper"]["rules"].append({"field": "cumulative_energy", "source": "total", "unit": "kWh"})
    ingester = {"kind": "file", "upload": interface.upload, "name": "meters.csv", "format": {"kind": "csv"}}
    return {**plain, "ingester": ingester, **changes}


@pytest.fixture(scope="module")
def interface() -> Interface:
    """Serve all tests here: what is refused leaves it as it is."""
    interface = Interface()
    kept = replace(a_collection(), config=read_plain(a_document(interface)))
    interface.services.collections.versions[COLLECTION_ID] = [kept]
    return interface


def refused(interface: Interface, path: str, body: Any, step: str, where: str, right: str) -> None:
    """See that what is sent is refused with its place and what would be right, and that nothing is kept of it."""
    there = interface.services.collections.versions
    before = {identity: len(versions) for identity, versions in there.items()}
    answer = interface.client().post(path, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    told = answer.json()["errors"]
    assert all(each["where"].startswith(step) and each["what"] and each["expected"] for each in told), told
    assert any(each["where"] == f"{step}{where}" and right in each["expected"] for each in told), told
    assert {identity: len(versions) for identity, versions in there.items()} == before


@each(WRONG_RULES)
def test_a_rule_is_refused_in_the_curators_step(interface: Interface, sent: Any, where: str, right: str) -> None:
    refused(interface, CURATOR, {"expectations": [GOOD, sent]}, "expectations[1].", where, right)


@each(WRONG_RULES)
def test_a_rule_is_refused_in_a_whole_collection(interface: Interface, sent: Any, where: str, right: str) -> None:
    flat = [{**{key: one[key] for key in one if key != "meta"}, **one.get("meta", {})} for one in (GOOD, sent)]
    document = a_document(interface, curator={"rules": flat})
    refused(interface, COLLECTIONS, document, "curator.rules[1].", where.removeprefix("meta."), right)


@each(WRONG_PLANS)
def test_a_plan_is_refused(interface: Interface, sent: Any, where: str, right: str) -> None:
    document = a_document(interface, mapper=POINTS, anonymization=sent)
    refused(interface, COLLECTIONS, document, "anonymization.", where, right)


def test_what_can_be_meant_is_taken(interface: Interface) -> None:
    """The documents in which one thing is wrong above are right without it."""
    client = Interface().client()
    fresh = Interface()
    assert client.post(CURATOR, json={"expectations": [GOOD, about()]}).status_code == 201
    plan = field("postal_area", method="generalise", first=2)
    for document in (a_document(fresh), a_document(fresh, mapper=POINTS, anonymization=plan)):
        assert fresh.client().post(COLLECTIONS, json=document).status_code == 201


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", str(2**64)])
def test_a_number_that_is_none_is_refused_at_the_door(interface: Interface, number: str) -> None:
    body = '{"expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "energy", '
    answer = interface.client().post(CURATOR, content=f'{body}"min_value": {number}}}}}]}}', headers=JSON)
    assert answer.status_code == 400
    (told,) = answer.json()["errors"]
    assert told["where"] == "body"
    assert told["expected"]


def test_a_plan_that_needs_a_shredded_key_is_refused_until_there_is_another() -> None:
    interface = Interface()
    client = interface.client()
    suite = {"expectations": [GOOD]}
    assert client.delete(f"/dataset/{DATASET_ID}/key/p1").status_code == 200
    refused(interface, CURATOR, suite, "anonymization.", "fields.usage_point_id.method", "cdmp keys rotate")
    assert client.post(f"/dataset/{DATASET_ID}/key").status_code == 201
    assert client.post(CURATOR, json=suite).status_code == 201


@pytest.mark.parametrize(
    ("curator", "plan", "where", "right"),
    [
        ([rule("column_values_to_be_betwen", column="x")], {}, "curator.rules[0].type", "to_be_between"),
        ([rule("column_values_to_be_between", column="x")], {}, "curator.rules[0].kwargs", "min_value"),
        ([rule("column_values_to_match_regex", column="x", regex="(?=a)")], {}, "curator.rules[0].kwargs.regex", "RE2"),
        ([], {"x": {"method": "scan", "entities": ["PERSN"]}}, "anonymization.fields.x.entities[0]", "PERSON"),
    ],
)
def test_a_draft_without_a_mapping_is_told_what_can_be_known(
    interface: Interface, curator: list[Any], plan: dict[str, Any], where: str, right: str
) -> None:
    rules = [{"type": one["type"], "kwargs": one["kwargs"]} for one in curator]
    document = {"title": "A draft", "curator": {"rules": rules}, "anonymization": {"fields": plan}}
    refused(interface, COLLECTIONS, document, where, "", right)
