"""The curation step over HTTP: a suite of Great Expectations, written and read; what is wrong has its place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from include.collection.model import CollectionState
from include.expectations.library import load_library
from tests.factories import COLLECTION_ID, DATASET_ID, a_collection, a_config
from tests.interface import Interface, a_suite

PATH = f"/data-collection/data-curator-config/{COLLECTION_ID}"
STUCK = {
    "type": "expect_series_values_to_not_be_stuck",
    "kwargs": {"column": "energy", "readings": 4},
    "meta": {"on_violation": "fill", "fill": {"method": "linear", "within": "PT2H"}, "threshold": 0.01},
}


@pytest.fixture
def interface() -> Interface:
    return Interface()


def own(answer: Any) -> list[dict[str, Any]]:
    return [each for each in answer.json()["configuration"]["expectations"] if "demanded_by" not in each["meta"]]


def test_what_the_concept_demands_stands_there_marked_before_anybody_writes_a_rule(interface: Interface) -> None:
    answer = interface.client().get(PATH)
    assert answer.status_code == 200
    body = answer.json()
    assert {"id", "step-id", "title", "configuration", "created", "status"} <= body.keys()
    assert (body["id"], body["title"], body["status"]) == (str(COLLECTION_ID), "Meters of the test street", "failed")
    suite = body["configuration"]
    assert suite["name"] == "meter_reading"
    assert own(answer) == []
    assert {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "usage_point_id"},
        "meta": {"on_violation": "quarantine", "demanded_by": "meter_reading"},
    } in suite["expectations"]


def test_rules_are_new_once_and_then_replaced(interface: Interface) -> None:
    client = interface.client()
    first = client.post(PATH, json=a_suite())
    assert (first.status_code, first.headers["location"]) == (201, PATH)
    second = client.post(PATH, json={"expectations": [STUCK]})
    assert second.status_code == 200
    assert own(second) == own(client.get(PATH)) == [
        {**STUCK, "kwargs": {"column_list": ["energy", "interval_start", "usage_point_id", "register"], "readings": 4}}
    ]  # fmt: skip
    assert (first.json()["version"], second.json()["version"]) == (2, 3)
    (rule,) = interface.services.collections.get(COLLECTION_ID).config.curator.rules
    assert (rule.on_violation, rule.threshold, rule.kwargs) == ("fill", 0.01, STUCK["kwargs"])
    assert interface.engine.announced == [COLLECTION_ID, COLLECTION_ID]


def test_what_was_read_can_be_sent_again_and_means_the_same(interface: Interface) -> None:
    client = interface.client()
    client.post(PATH, json={"expectations": [*a_suite()["expectations"], STUCK]})
    read = client.get(PATH).json()["configuration"]
    assert client.post(PATH, json=read).json()["configuration"] == read
    assert client.post(PATH, json={"expectations": []}).json()["configuration"]["expectations"] == [
        each for each in read["expectations"] if "demanded_by" in each["meta"]
    ]
    assert client.post(PATH, json=a_suite()).status_code == 201  # there were none of the owner's


def test_great_expectations_reads_what_is_answered_and_what_it_writes_is_taken(interface: Interface) -> None:
    load_library()
    from great_expectations.core.expectation_suite import ExpectationSuite

    client = interface.client()
    answered = client.post(PATH, json={"expectations": [*a_suite()["expectations"], STUCK]}).json()["configuration"]
    written = ExpectationSuite(**answered).to_json_dict()
    again = client.post(PATH, json=written)
    assert again.status_code == 200
    assert ExpectationSuite(**again.json()["configuration"]).to_json_dict() == written


def test_a_steps_own_id_leads_to_it(interface: Interface) -> None:
    client = interface.client()
    step = client.get(PATH).json()["step-id"]
    assert UUID(step) not in (COLLECTION_ID, DATASET_ID)
    path = PATH.replace(str(COLLECTION_ID), step)
    assert client.post(path, json=a_suite()).json()["step-id"] == step
    assert client.get(path).json() == client.get(PATH).json()
    foreign = interface.client("stranger").get(path)
    assert (foreign.status_code, str(COLLECTION_ID) in foreign.text) == (404, False)


def test_a_steward_reads_rules_and_changes_none(interface: Interface) -> None:
    client = interface.client("steward")
    assert client.get(PATH).status_code == 200
    assert client.post(PATH, json=a_suite()).status_code == 403
    assert interface.services.collections.get(COLLECTION_ID).version == 1


def test_a_draft_without_a_mapping_keeps_rules_until_there_is_one(interface: Interface) -> None:
    drafts = interface.services.collections.versions[COLLECTION_ID]
    drafts[-1] = replace(a_collection(), config=a_config(mapper=None), state=CollectionState.DRAFT)
    client = interface.client()
    assert client.get(PATH).json()["configuration"]["expectations"] == []
    answer = client.post(PATH, json={"expectations": [STUCK]})
    assert (answer.status_code, answer.json()["status"], own(answer)) == (201, "draft", [STUCK])


@pytest.mark.parametrize(
    ("rule", "where", "expected"),
    [
        pytest.param(
            {"type": "expect_column_values_to_be_betwen"}, "type", "expect_column_values_to_be_between", id="a type"
        ),
        pytest.param({"kwargs": {"column": "enrgy", "min_value": 0}}, "kwargs.column", "energy", id="a field"),
        pytest.param(
            {"kwargs": {"column": "energy", "min_value": 2, "max_value": 1}}, "kwargs.min_value", "Swap", id="bounds"
        ),
        pytest.param({"meta": {"on_violation": "burn"}}, "meta.on_violation", "", id="an action"),
        pytest.param({"meta": {"on_violaton": "flag"}}, "meta.on_violaton", "on_violation", id="a key of meta"),
        pytest.param({"meta": "flag"}, "meta", "", id="meta that is text"),
        pytest.param({"meta": {"threshold": 3}}, "meta.threshold", "", id="more than everything"),
        pytest.param({"meta": {"on_violation": "fill"}}, "meta.fill", "method", id="nothing to fill with"),
        pytest.param(
            {"meta": {"on_violation": "fill", "fill": {"method": "linear"}}}, "meta.fill", "", id="half a fill"
        ),
        pytest.param({"severity": "warning"}, "severity", "", id="a severity"),
        pytest.param({"on_violation": "flag"}, "on_violation", "", id="what belongs into meta"),
        pytest.param(
            {"meta": {"demanded_by": "meter_reading"}}, "meta.demanded_by", "rule of yours", id="no demand at all"
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_in_the_suite_and_kept_nowhere(
    interface: Interface, rule: dict[str, Any], where: str, expected: str
) -> None:
    client = interface.client()
    demands = client.get(PATH).json()["configuration"]["expectations"]
    wrong = {**a_suite()["expectations"][0], **rule}
    answer = client.post(PATH, json={"expectations": [*demands, *a_suite()["expectations"], wrong]})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    (problem,) = answer.json()["errors"]
    assert problem["where"] == f"expectations[{len(demands) + 1}].{where}"
    assert problem["what"]
    assert expected in problem["expected"]
    assert interface.services.collections.get(COLLECTION_ID).version == 1


def test_a_suite_in_the_documents_own_words_is_told_what_it_should_be(interface: Interface) -> None:
    answer = interface.client().post(PATH, json={"rules": [STUCK]})
    assert answer.status_code == 422
    assert {part["where"] for part in answer.json()["errors"]} == {"expectations", "rules"}
