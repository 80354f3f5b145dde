"""Collections over HTTP: made, repeated, listed, run, deleted; answers have the shape that is fixed."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from pathlib import Path

import pytest

from include.collection.model import CollectionStatus
from tests.factories import COLLECTION_ID, DATASET_ID, a_plain_config
from tests.interface import PEOPLE, RUN_ID, Interface, a_draft


@pytest.fixture
def interface() -> Interface:
    return Interface()


def a_whole_document(interface: Interface, folder: Path, **changes) -> dict:
    file = folder / "meters.csv"
    file.write_text("point,register,start,energy_wh,status\n")
    upload = interface.services.uploads.add(file, file.name, PEOPLE["owner"].id)
    assert upload == hashlib.sha256(file.read_bytes()).hexdigest()
    return a_plain_config(
        ingester={"kind": "file", "upload": upload, "name": "meters.csv", "format": {"kind": "csv"}}, **changes
    )


def test_a_whole_document_is_created_and_queued(interface, tmp_path):
    answer = interface.client().post("/data-collection/", json=a_whole_document(interface, tmp_path))
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == body["links"]["self"] == f"/data-collection/{body['id']}"
    assert {"id", "title", "user", "configuration", "created", "status"} <= body.keys()
    assert (body["title"], body["user"], body["status"]) == ("Meters of the test street", "olive", "queued")
    assert body["created"].endswith("Z")
    assert len(interface.engine.triggered) == 1


def test_the_answer_does_not_wait_for_a_dag_that_is_new_and_its_run_is_handed_over_after_it(interface, tmp_path):
    interface.engine.blind_for = 5
    answer = interface.client().post("/data-collection/", json=a_whole_document(interface, tmp_path))
    assert answer.json()["status"] == "queued"
    assert len(interface.engine.triggered) == 1  # the test's client waits for what goes on in the background


def test_sending_it_again_answers_200_and_changes_nothing(interface, tmp_path):
    document = a_whole_document(interface, tmp_path)
    first = interface.client().post("/data-collection/", json=document)
    again = interface.client().post("/data-collection/", json=document)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len(interface.engine.triggered) == 1


def test_start_false_only_creates(interface, tmp_path):
    document = {**a_whole_document(interface, tmp_path), "start": False}
    body = interface.client().post("/data-collection/", json=document).json()
    assert body["status"] == "ready"
    assert "start" not in body["configuration"]
    assert interface.engine.triggered == []


def test_steps_that_are_missing_make_a_draft(interface):
    answer = interface.client().post("/data-collection/", json=a_draft())
    assert (answer.status_code, answer.json()["status"]) == (201, "draft")


def test_the_configuration_that_is_read_can_be_sent_again(interface, tmp_path):
    client = interface.client()
    made = client.post("/data-collection/", json=a_whole_document(interface, tmp_path)).json()
    again = client.post("/data-collection/", json=made["configuration"])
    assert (again.status_code, again.json()["id"]) == (200, made["id"])


def test_everything_that_is_wrong_is_said_with_its_place(interface):
    document = a_plain_config(title="", ingester={"kind": "file", "format": {"kind": "csv", "delimiter": ";;"}})
    problem = interface.client().post("/data-collection/", json={**document, "colour": "red"}).json()
    assert (problem["status"], problem["title"]) == (422, HTTPStatus(422).phrase)
    assert {part["where"] for part in problem["errors"]} == {"title", "ingester.format.delimiter", "colour"}


def test_a_rule_that_cannot_work_is_refused_with_what_would_be_right(interface, tmp_path):
    document = a_whole_document(interface, tmp_path)
    document["mapper"]["rules"][4]["unit"] = "Wattstunden"
    answer = interface.client().post("/data-collection/", json=document)
    assert answer.status_code == 422
    assert [part["where"] for part in answer.json()["errors"]] == ["mapper.rules[4].unit"]
    assert answer.json()["errors"][0]["expected"]


def test_a_second_run_at_the_same_time_conflicts(interface):
    client = interface.client()
    first = client.post(f"/data-collection/{COLLECTION_ID}/run")
    second = client.post(f"/data-collection/{COLLECTION_ID}/run")
    assert (first.status_code, first.json()["state"], second.status_code) == (201, "queued", 409)
    assert client.get(first.headers["location"]).json()["id"] == first.json()["id"]


def test_a_run_tells_stages_report_and_failure_without_a_value(interface):
    body = interface.client().get(f"/data-collection/{COLLECTION_ID}/run/{RUN_ID}").json()
    assert body["state"] == "failed"
    assert body["stages"] == [
        {"task": "ingest", "started": "2026-11-20T12:00:00Z", "seconds": 0.25, "counts": {"rows_read": 5}, "notes": []}
    ]
    assert body["report"]["rules"] == [
        {
            "rule": "expect_column_values_to_not_be_null",
            "field": "energy",
            "action": "quarantine",
            "checked": 5,
            "failed": 2,
            "row_ids": [2, 4],
            "acted": True,
        }
    ]
    assert body["failure"] == {
        "task": "load_postgres", "where": "PostgreSQL", "what": "it was away", "remedy": "Run it again."
    }  # fmt: skip
    assert body["links"]["records"] == f"/dataset/{DATASET_ID}/records"


def test_filters_and_cursor_go_together(interface):
    client = interface.client()
    for number in range(5):
        client.post("/data-collection/", json=a_draft(title=f"Draft {number}"))
    first = client.get("/data-collection/", params={"status": "draft", "title": "draft", "limit": 3}).json()
    rest = client.get("/data-collection/", params={"status": "draft", "limit": 3, "cursor": first["cursor"]}).json()
    titles = [each["title"] for each in first["collections"] + rest["collections"]]
    assert titles == [f"Draft {number}" for number in reversed(range(5))]
    assert rest["cursor"] is None


def test_a_deleted_collection_is_gone(interface):
    client = interface.client()
    assert client.delete(f"/data-collection/{COLLECTION_ID}").status_code == 200
    assert client.get(f"/data-collection/{COLLECTION_ID}").status_code == 404
    assert client.delete(f"/data-collection/{COLLECTION_ID}").status_code == 404
    assert interface.engine.announced == [COLLECTION_ID]


def test_the_document_publishes_every_status(interface):
    schema = interface.app.openapi()["components"]["schemas"]["CollectionStatus"]
    assert schema["enum"] == [status.value for status in CollectionStatus]


def test_links_carry_the_prefix_that_the_app_is_mounted_under(interface):
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    outer = FastAPI()
    outer.mount("/twinergy-api", interface.app)
    client = TestClient(outer, headers={"Authorization": "Bearer owner"})
    body = client.get(f"/twinergy-api/data-collection/{COLLECTION_ID}").json()
    assert body["links"]["self"] == f"/twinergy-api/data-collection/{COLLECTION_ID}"
    page = client.get("/twinergy-api/docs").text
    assert "/twinergy-api/openapi.json" in page
    assert client.get("/twinergy-api/openapi.json").json()["servers"] == [{"url": "/twinergy-api"}]
