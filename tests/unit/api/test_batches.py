"""Batches over HTTP: page after page, and one with its counts, its report and its lineage."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from polars import DataFrame

from include.batch import AsOf
from tests.factories import COLLECTION_ID, DATASET_ID, NOON, a_config
from tests.interface import BATCH_ID, RUN_ID, Interface

BATCHES = f"/dataset/{DATASET_ID}/batch"


@pytest.fixture
def interface() -> Interface:
    return Interface()


def test_a_batch_tells_its_counts_its_report_and_how_each_field_came_about(interface: Interface) -> None:
    body = interface.client().get(f"{BATCHES}/{BATCH_ID}").json()
    assert (body["rows_loaded"], body["rows_already_there"], body["rows_quarantined"]) == (3, 0, 2)
    assert body["report"]["rules"][0]["row_ids"] == [2, 4]
    assert body["links"]["run"].endswith(f"/data-collection/{COLLECTION_ID}/run/{RUN_ID}")
    fields = {each["field"]: each for each in body["lineage"]["fields"]}
    energy = fields["energy"]
    assert (energy["source"], energy["read"], energy["decimal"]) == (["energy_wh"], "number", ".")
    assert (energy["from_unit"], energy["to_unit"], energy["multiplier"], energy["divisor"]) == ("Wh", "kWh", 1, 1000)
    assert fields["interval_end"]["options"] == {"after": {"field": "interval_start", "duration": "PT15M"}}
    assert body["lineage"]["anonymized"] == {"usage_point_id": "pseudonym"}


def test_a_batch_names_the_file_to_whoever_handed_it_over(interface: Interface) -> None:
    loaded = interface.services.datasets.loaded
    record = loaded.pop((DATASET_ID, "d" * 64))
    loaded[DATASET_ID, interface.upload] = replace(record, source_digest=interface.upload)
    names = [interface.client(who).get(f"{BATCHES}/{BATCH_ID}").json()["file"] for who in ("owner", "steward")]
    assert names == ["meters.csv", None]


def test_what_is_gone_or_was_never_recorded_is_null(interface: Interface) -> None:
    interface.services.datasets.lineages.clear()
    interface.services.runs.rows.clear()
    body = interface.client().get(f"{BATCHES}/{BATCH_ID}").json()
    assert (body["report"], body["lineage"], body["file"], body["rows_loaded"]) == (None, None, None, 3)


def test_the_cursor_leads_through_every_batch_newest_first(interface: Interface) -> None:
    loaded = interface.services.datasets.loaded
    first = loaded[DATASET_ID, "d" * 64]
    for number in range(1, 5):
        later = replace(first, id=UUID(int=number), committed=NOON + timedelta(hours=number // 2))
        loaded[DATASET_ID, f"{number:064}"] = later
    client, cursor, found = interface.client(), None, []
    while True:
        page = client.get(BATCHES, params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [each["id"] for each in page["batches"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert found == [str(UUID(int=number)) for number in (4, 3, 2)] + [str(BATCH_ID), str(UUID(int=1))]
    assert client.get(BATCHES, params={"cursor": "nonsense"}).status_code == 422
    assert client.get(BATCHES, params={"limit": 1001}).status_code == 422


def test_a_batch_of_another_dataset_is_not_there(interface: Interface) -> None:
    datasets = interface.services.datasets
    other = uuid4()
    datasets.rows[other] = replace(datasets.rows[DATASET_ID], id=other)
    client = interface.client()
    foreign, absent = (client.get(f"/dataset/{other}/batch/{batch}") for batch in (BATCH_ID, uuid4()))
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json()["title"] == absent.json()["title"]
    assert client.get(f"/dataset/{other}/batch").json() == {"batches": [], "cursor": None}


def test_the_document_has_the_schemas(interface: Interface) -> None:
    schemas = interface.client().get("/openapi.json").json()["components"]["schemas"]
    assert {"BatchListAnswer", "BatchDetailAnswer", "LineageAnswer", "FieldLineageAnswer"} <= set(schemas)


def test_a_batch_is_taken_back_with_a_note_and_is_then_on_another_list(interface: Interface) -> None:
    client = interface.client()
    done = client.post(f"{BATCHES}/{BATCH_ID}/rollback", json={"note": "the wrong unit"})
    body = done.json()
    assert done.status_code == 200
    assert (body["batch"], body["number"], body["by"], body["note"]) == (str(BATCH_ID), 1, "olive", "the wrong unit")
    assert (body["rows_removed"], body["rows_restored"], body["rows"], body["notes"]) == (3, 0, 0, [])
    assert interface.services.published == [DATASET_ID]
    assert client.get(BATCHES).json()["batches"] == []
    listed = client.get(f"{BATCHES}/rollbacks").json()
    assert [each["batch"] for each in listed["rollbacks"]] == [str(BATCH_ID)]
    assert client.post(f"{BATCHES}/{BATCH_ID}/rollback").status_code == 404
    assert client.post(f"{BATCHES}/{BATCH_ID}/rollback", json={"notes": ""}).status_code == 422


@pytest.mark.parametrize(
    ("asked_by", "how"),
    [
        ({"window": {"begin": "2026-01-01"}}, "read again by a backfill only."),
        (
            {"incremental": {"parameter": "since", "field": "start", "start": "2026-01-01"}},
            "read again where the later ones are taken back as well, the last one first.",
        ),
    ],
    ids=["spans", "incremental"],
)
def test_what_does_not_come_back_by_itself_is_said(interface: Interface, asked_by: dict[str, Any], how: str) -> None:
    url = "https://example.org/data?from={start}&to={end}" if "window" in asked_by else "https://example.org/data"
    source = {"kind": "rest", "url": url, "format": {"kind": "json", "records": "$.data"}, **asked_by}
    collection = interface.services.collections.get(COLLECTION_ID)
    changed = replace(collection, version=2, config=a_config(ingester=source))
    interface.services.collections.replace(changed, expected_version=1)
    datasets = interface.services.datasets
    first = datasets.loaded[DATASET_ID, "d" * 64]
    for number in (2, 3):
        digest = f"{number:064}"
        later = replace(first, id=UUID(int=number), number=number, source_digest=digest, rows_already_there=number - 2)
        datasets.loaded[DATASET_ID, digest] = later
    datasets.cursors[DATASET_ID] = "2026-11-20"
    spans = iter([DataFrame(), None])
    datasets.counted = lambda dataset_id, batch_id: next(spans)  # type: ignore[method-assign]
    datasets.rows[DATASET_ID] = replace(datasets.rows[DATASET_ID], rows=9)
    (there, counters, source) = interface.client().post(f"{BATCHES}/{BATCH_ID}/rollback").json()["notes"]
    assert "(those had some: 3)" in there
    assert "each begins with no difference" in counters
    assert source.endswith(how)


def test_the_catalogue_may_stay_behind_but_the_batch_is_taken_back(interface: Interface) -> None:
    interface.services.collections.versions.clear()
    assert interface.client().post(f"{BATCHES}/{BATCH_ID}/rollback").status_code == 200
    assert interface.services.published == []


def test_every_batch_leads_to_the_records_as_it_left_them(interface: Interface) -> None:
    asked = []
    page = interface.services.records.page
    interface.services.records.page = lambda dataset, concept, query: (  # type: ignore[method-assign]
        asked.append(query.as_of) or page(dataset, concept, query)
    )
    client = interface.client()
    address = client.get(f"{BATCHES}/{BATCH_ID}").json()["links"]["records"]
    answer = client.get(address[address.index("/dataset/") :], params={"as_of": str(BATCH_ID), "limit": 2})
    assert address.endswith(f"/dataset/{DATASET_ID}/records?as_of={BATCH_ID}")
    assert len(answer.json()["records"]) == 2
    assert f"as_of={BATCH_ID}" in answer.headers["link"]
    assert asked == [AsOf(1, ())]
    assert client.get(f"/dataset/{DATASET_ID}/records", params={"as_of": str(uuid4())}).status_code == 404
    assert client.get(f"/dataset/{DATASET_ID}/records", params={"as_of": "latest"}).status_code == 422
