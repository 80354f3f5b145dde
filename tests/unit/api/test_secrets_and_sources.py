"""Secrets, dry runs, presets, pause and backfill over HTTP."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from include.collection.model import CollectionState
from include.collection.trial import Trial, TriedRequest
from include.errors import Problem
from tests.factories import COLLECTION_ID, a_collection, a_config, a_plain_config
from tests.interface import Interface

BARE = {"kind": "rest", "url": "https://a/"}
WINDOWED = {
    "kind": "rest",
    "url": "https://data.example.org/load",
    "parameters": {"from": "{start}", "to": "{end}"},
    "window": {"begin": "2024-01-01", "zone": "Europe/Brussels"},
}


def test_a_secret_goes_in_and_does_not_come_out():
    client = Interface().client()
    first = client.put("/secret/eia", json={"value": "canary-hush"})
    assert first.status_code == 201
    assert client.put("/secret/eia", json={"value": "canary-hush"}).status_code == 200
    listed = client.get("/secret/")
    assert [entry["name"] for entry in listed.json()["secrets"]] == ["eia"]
    assert set(listed.json()["secrets"][0]) == {"name", "created", "updated"}
    assert client.delete("/secret/eia").json() == {"name": "eia", "removed": True}
    assert client.delete("/secret/eia").status_code == 404
    assert "canary" not in first.text + listed.text


@pytest.mark.parametrize(
    "body",
    [
        {"value": "canary\n"}, {"value": ["canary"]}, {"value": "canary", "name": "canary"}, {"valu": "canary"},
        "canary", {"value": {"a": "canary"}}, {"value": ""}, {},
    ],
)  # fmt: skip
def test_a_secret_that_is_refused_is_not_repeated(body: Any):
    answer = Interface().client().put("/secret/eia", json=body)
    assert answer.status_code == 422
    assert "canary" not in answer.text


def test_what_a_source_showed_is_answered_and_mapped():
    interface = Interface()
    asked: list[Any] = []
    columns = {"point": ["a", "b"], "register": ["r", "r"], "start": ["2024-01-01T00:00:00Z", "soon"]}
    rows = pl.DataFrame({**columns, "energy_wh": ["1000", "2000"], "status": ["ok", "ok"]})

    def probe(source: Any, owner_id: str, window: Any) -> Trial:
        asked.append((owner_id, window))
        request = TriedRequest("GET", "https://data.example.org/load?key=•••", {"Authorization": "•••"})
        return Trial(request, 200, "application/json", 99, rows, more=True, total=7)

    interface.services.prober = probe
    plain = a_plain_config()
    body = {"ingester": WINDOWED, "mapper": plain["mapper"], "window": {"start": "2024-01-02", "end": "2024-01-03"}}
    answer = interface.client().post("/source/dry-run", json=body)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["rows"][1]["start"] == "soon"
    assert said["mapped"][0]["energy"] == 1.0
    assert said["mapped"][0]["interval_start"].startswith("2024-01-01T00:00:00")
    assert said["mapped"][1]["interval_start"] is None
    assert [(cell["row"], cell["field"]) for cell in said["unreadable"]] == [(2, "interval_start")]
    assert (said["more"], said["total"], said["missing"], said["problem"]) == (True, 7, [], None)
    owner, window = asked[0]
    assert owner == "7"
    assert window.start.isoformat() == "2024-01-01T23:00:00+00:00", "in the zone of the source's window"


def test_columns_that_are_not_there_and_a_source_that_refuses_are_answers():
    interface = Interface()
    request = TriedRequest("GET", "https://data.example.org/load", {})
    body = {"ingester": WINDOWED, "mapper": a_plain_config()["mapper"]}
    interface.services.prober = lambda *_: Trial(request, 200, rows=pl.DataFrame({"point": ["a"]}))
    said = interface.client().post("/source/dry-run", json=body).json()
    assert said["missing"] == ["register", "start", "energy_wh", "status"]
    assert said["mapped"] is None
    interface.services.prober = lambda *_: Trial(
        request, 404, problem=Problem("data.example.org", "it answers 404", "")
    )
    said = interface.client().post("/source/dry-run", json=body).json()
    assert (said["status"], said["problem"]["what"]) == (404, "it answers 404")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"ingester": {"kind": "file", "format": {"kind": "csv"}}}, "ingester"),
        ({"ingester": {"kind": "rest", "url": "https://a/", "autentication": {}}}, "ingester.autentication"),
        ({"ingester": {**WINDOWED, "authentication": {"kind": "bearer", "secret_ref": "no"}}}, "secret_ref"),
        ({"ingester": {"kind": "rest", "preset": "open_mateo"}}, "ingester"),
        (
            {"ingester": {"kind": "rest", "url": "https://a/"}, "window": {"start": "2024-01-01", "end": "2024-01-02"}},
            "win",
        ),
        ({"ingester": WINDOWED, "window": {"start": "2024-01-02", "end": "2024-01-01"}}, "end"),
        ({"ingester": WINDOWED, "window": {"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31"}}, "start"),
    ],
)
def test_what_cannot_be_tried_says_where_it_is_wrong(body: Any, where: str):
    answer = Interface().client().post("/source/dry-run", json=body)
    assert answer.status_code == 422
    assert any(where in error["where"] for error in answer.json()["errors"]), answer.text


def test_presets_are_listed_with_what_they_need():
    presets = {each["name"]: each for each in Interface().client().get("/source/preset").json()["presets"]}
    assert {"open_meteo", "pvgis", "eia", "smard", "elering"} <= set(presets)
    needed = [parameter["name"] for parameter in presets["eia"]["parameters"] if parameter["required"]]
    assert needed == ["respondent", "begin", "secret_ref"]


def windowed(**changes: Any) -> Interface:
    interface = Interface()
    collection = a_collection(config=a_config(ingester=WINDOWED), version=2, **changes)
    interface.services.collections.versions[COLLECTION_ID].append(collection)
    return interface


def test_a_backfill_is_a_run_of_its_span():
    interface = windowed()
    answer = interface.client().post(
        f"/data-collection/{COLLECTION_ID}/backfill", json={"start": "2024-01-01", "end": "2024-02-01T00:00:00Z"}
    )
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert said["id"].startswith("window__")
    assert said["window"] == {"start": "2023-12-31T23:00:00Z", "end": "2024-02-01T00:00:00Z"}
    assert interface.engine.parts[said["id"]].to_json()["end"] == "2024-02-01T00:00:00+00:00"
    again = interface.client().post(f"/data-collection/{COLLECTION_ID}/backfill", json=said["window"])
    assert again.status_code == 409, "one run at a time"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"start": "2024-02-01", "end": "2024-01-01"}, 422), ({"start": "2024-01-01"}, 422),
        ({"start": 1, "end": []}, 422), ({"start": 2024, "end": 2025}, 422), ({"start": "2024", "end": "2025"}, 422),
        ({"start": "2024-01-01", "end": "2024-01-01"}, 422), ({"start": "0001-01-01", "end": "9999-12-31"}, 422),
    ],
)  # fmt: skip
def test_what_is_no_span_is_refused(body: Any, status: int):
    assert windowed().client().post(f"/data-collection/{COLLECTION_ID}/backfill", json=body).status_code == status


def test_a_paused_collection_rests_until_it_is_resumed():
    interface = windowed()
    client = interface.client()
    interface.services.runs.rows.clear()
    assert client.post(f"/data-collection/{COLLECTION_ID}/pause").json()["status"] == "paused"
    assert client.post(f"/data-collection/{COLLECTION_ID}/pause").json()["status"] == "paused"
    assert interface.engine.announced == [COLLECTION_ID]
    assert client.post(f"/data-collection/{COLLECTION_ID}/run").status_code == 409
    span = {"start": "2024-01-01", "end": "2024-01-02"}
    assert client.post(f"/data-collection/{COLLECTION_ID}/backfill", json=span).status_code == 409
    assert client.post(f"/data-collection/{COLLECTION_ID}/resume").json()["status"] == "ready"
    assert client.post(f"/data-collection/{COLLECTION_ID}/run").status_code == 201


def test_a_draft_neither_pauses_nor_resumes():
    client = windowed(state=CollectionState.DRAFT).client()
    for verb in ("pause", "resume"):
        assert client.post(f"/data-collection/{COLLECTION_ID}/{verb}").status_code == 409
