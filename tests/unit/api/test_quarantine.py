"""Quarantine and reviews over HTTP: what the owner sees, what a body may say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from include.batch import ValidationReport
from include.collection.quarantine import RowKey, Selection
from include.collection.run import RunState
from tests.factories import COLLECTION_ID, DATASET_ID, NOON, a_collection
from tests.interface import BATCH_ID, ROW, Interface

PATH = f"/dataset/{DATASET_ID}/quarantine"


def test_the_list_has_rows_and_reasons_and_nobody_may_keep_it() -> None:
    answer = Interface().client().get(PATH)
    [row] = answer.json()["rows"]
    assert row["id"] == str(ROW)
    assert (row["batch"], row["row_id"], row["row"]) == (str(BATCH_ID), 5, {"point": "p1", "energy_wh": "6ooo"})
    assert row["reasons"] == [{"field": "energy", "rule": "unreadable_number"}]
    assert row["expires"] == "2027-02-18T12:00:00Z"
    assert answer.headers["cache-control"] == "private, no-store"


def test_the_list_is_read_page_by_page_and_filtered() -> None:
    interface = Interface()
    [row] = interface.services.quarantine.find(DATASET_ID)
    for number in range(6, 9):
        more = replace(row, key=RowKey(BATCH_ID, number), reasons=(("energy", "expect_x"),))
        interface.services.quarantine.put(DATASET_ID, more)
    client, seen, cursor = interface.client(), [], None
    while True:
        page = client.get(PATH, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [each["row_id"] for each in page["rows"]]
        if (cursor := page["cursor"]) is None:
            break
    assert seen == [5, 6, 7, 8]
    assert len(client.get(PATH, params={"rule": "expect_x"}).json()["rows"]) == 3
    assert client.get(PATH, params={"cursor": "WyJ4Il0"}).status_code == 422


def test_an_edit_keeps_what_was_read() -> None:
    client = Interface().client()
    edited = client.patch(f"{PATH}/{ROW}", json={"row": {"energy_wh": "6000"}}).json()
    assert (edited["row"]["energy_wh"], edited["original"]["energy_wh"]) == ("6000", "6ooo")
    assert edited["edited_by"] == "olive"
    assert client.get(f"{PATH}/{ROW}").json() == edited


@pytest.mark.parametrize(
    "row", [{}, {"energy": "1"}, {"energy_wh": 6000}, {"energy_wh": "x" * ((1 << 20) + 1)}, {"energy_wh": "a\0"}]
)
def test_an_edit_of_what_is_no_cell_is_refused(row: dict[str, Any]) -> None:
    answer = Interface().client().patch(f"{PATH}/{ROW}", json={"row": row})
    assert 400 <= answer.status_code < 500
    assert "6ooo" not in answer.text


def test_a_replay_is_a_run_that_is_handed_to_airflow() -> None:
    interface = Interface()
    answer = interface.client().post(f"{PATH}/replay", json={"rows": [str(ROW)]})
    run = answer.json()
    assert (answer.status_code, run["state"]) == (201, "queued")
    assert answer.headers["location"].endswith(run["id"])
    assert run["replay"] == {"rows": [str(ROW)], "release": False, "note": ""}
    assert interface.engine.parts[run["id"]].selection == Selection((ROW,))


@pytest.mark.parametrize("body", [{}, {"all": False}, {"all": True, "batch": str(BATCH_ID)}, {"rows": ["x"]}])
def test_rows_are_chosen_in_one_way(body: dict[str, Any]) -> None:
    interface = Interface()
    assert interface.client().post(f"{PATH}/replay", json=body).status_code == 422
    assert interface.client().post(f"{PATH}/discard", json=body).status_code == 422
    assert interface.services.quarantine.find(DATASET_ID)


def test_a_release_needs_a_note() -> None:
    client = Interface().client()
    assert client.post(f"{PATH}/release", json={"all": True}).status_code == 422
    blank = client.post(f"{PATH}/release", json={"all": True, "note": " "})
    assert (blank.status_code, blank.json()["errors"][0]["where"]) == (422, "note")
    assert client.post(f"{PATH}/release", json={"all": True, "note": "Right."}).json()["replay"]["release"] is True


def test_a_discard_is_kept() -> None:
    client = Interface().client()
    done = client.post(f"{PATH}/discard", json={"batch": str(BATCH_ID), "note": "Not ours."}).json()
    assert (done["what"], done["rows_left"], done["by"], done["note"]) == ("discarded", 1, "olive", "Not ours.")
    assert client.get(PATH).json()["rows"] == []
    assert client.get(f"{PATH}/departures").json()["departures"] == [done]
    assert client.post(f"{PATH}/discard", json={"all": True}).status_code == 404


@pytest.fixture
def held() -> Interface:
    interface = Interface()
    runs = interface.services.runs
    runs.queue(a_collection(), "manual__2", "olive", interface.services.clock())
    report = ValidationReport(5, 5, 0, 0, 0, held=("expect_x of energy: 3 of 5 rows break it.",))
    runs.add_report(COLLECTION_ID, "manual__2", report)
    runs.hold(COLLECTION_ID, "manual__2")
    return interface


@pytest.mark.parametrize("who", ["owner", "steward"])
def test_a_held_batch_is_reviewed(held: Interface, who: str) -> None:
    client = held.client(who)
    assert client.get(f"/data-collection/{COLLECTION_ID}").json()["status"] == "awaiting-review"
    run = f"/data-collection/{COLLECTION_ID}/run/manual__2"
    assert client.get(run).json()["held"] == ["expect_x of energy: 3 of 5 rows break it."]
    answer = client.post(f"{run}/review", json={"decision": "reject", "note": "Read again."})
    assert answer.status_code == 200
    [(run_id, name, approve, note)] = held.engine.answers
    assert (run_id, approve, note) == ("manual__2", False, "Read again.")
    assert name in ("olive", "stella")


def test_a_rejected_run_has_failed_for_its_collection(held: Interface) -> None:
    held.services.runs.finish(COLLECTION_ID, "manual__2", RunState.REJECTED, NOON, note="Rejected by olive.")
    assert held.client().get(f"/data-collection/{COLLECTION_ID}").json()["status"] == "failed"


@pytest.mark.parametrize("body", [{}, {"decision": "maybe"}, {"decision": "approve", "note": "x" * 1001}])
def test_a_decision_is_one_of_two(held: Interface, body: dict[str, Any]) -> None:
    run = f"/data-collection/{COLLECTION_ID}/run/manual__2"
    assert held.client().post(f"{run}/review", json=body).status_code == 422
    assert held.engine.answers == []
