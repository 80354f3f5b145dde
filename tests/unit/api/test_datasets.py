"""Datasets over HTTP: records as JSON, NDJSON and CSV, page after page, and the DCAT record."""

from __future__ import annotations

import csv
import json
from io import StringIO

import pytest
from rdflib import DCTERMS, Graph

from include.ports import RecordQuery
from tests.factories import DATASET_ID
from tests.interface import Interface

RECORDS = f"/dataset/{DATASET_ID}/records"


@pytest.fixture
def interface() -> Interface:
    return Interface()


def test_records_are_json_with_fields_units_and_zoned_times(interface):
    body = interface.client().get(RECORDS, params={"fields": "interval_start,energy", "limit": 2}).json()
    assert body["records"] == [
        {"interval_start": "2026-11-20T12:00:00Z", "energy": -0.5},
        {"interval_start": "2026-11-20T13:00:00Z", "energy": 0.5},
    ]
    assert [(field["name"], field["unit"]) for field in body["fields"]] == [("interval_start", None), ("energy", "kWh")]


@pytest.mark.parametrize("form", ["json", "ndjson", "csv"])
def test_the_link_leads_through_every_record_in_every_format(interface, form):
    client, path, pages = interface.client(), f"{RECORDS}?format={form}&limit=2&fields=energy", []
    while path:
        answer = client.get(path)
        pages.append(answer.text)
        path = answer.links.get("next", {}).get("url")
    match form:
        case "json":
            found = [row["energy"] for page in pages for row in json.loads(page)["records"]]
        case "ndjson":
            found = [json.loads(line)["energy"] for page in pages for line in page.splitlines()]
        case _:
            found = [float(row["energy"]) for page in pages for row in csv.DictReader(StringIO(page))]
    assert found == [-0.5, 0.5, 1.5]
    assert len(pages) == 2


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("text/csv", "text/csv"),
        ("application/x-ndjson", "application/x-ndjson"),
        ("*/*", "application/json"),
        ("text/html,application/json;q=0.9", "application/json"),
    ],
)
def test_accept_chooses_the_format(interface, accept, media):
    answer = interface.client().get(RECORDS, headers={"Accept": accept})
    assert answer.headers["content-type"].split(";")[0] == media
    assert answer.headers["cache-control"] == "private, no-store"


def test_a_spreadsheet_runs_no_formula_and_numbers_stay_as_they_are(interface):
    text = interface.client().get(RECORDS, params={"format": "csv"}).text
    first = next(csv.DictReader(StringIO(text)))
    assert (first["usage_point_id"], first["register"], first["energy"]) == ("'=1+1", "'-a", "-0.5")


def test_what_is_no_number_is_null(interface):
    interface.services.records.rows[DATASET_ID][0]["energy"] = float("nan")
    answer = interface.client().get(RECORDS, params={"fields": "energy", "limit": 1})
    assert answer.json()["records"] == [{"energy": None}]


def test_an_unknown_field_is_answered_with_the_known_ones(interface):
    problem = interface.client().get(RECORDS, params={"fields": "power"}).json()
    assert problem["status"] == 422
    assert problem["errors"][0]["where"] == "fields"
    assert "energy" in problem["errors"][0]["expected"]


def test_the_default_is_50_and_1000_the_most(interface):
    asked: list[RecordQuery] = []
    page = interface.services.records.page
    interface.services.records.page = lambda dataset, concept, query: (
        asked.append(query)
        or page(  # type: ignore[method-assign]
            dataset, concept, query
        )
    )
    client = interface.client()
    client.get(RECORDS)
    client.get(RECORDS, params={"limit": 1000})
    assert [query.limit for query in asked] == [51, 1001]  # one more tells whether there is another page


def test_the_dcat_record_is_json_ld_and_turtle(interface):
    client = interface.client()
    plain = client.get(f"/dataset/{DATASET_ID}/dcat")
    turtle = client.get(f"/dataset/{DATASET_ID}/dcat", headers={"Accept": "text/turtle"})
    assert plain.headers["content-type"] == "application/ld+json"
    assert turtle.headers["content-type"].startswith("text/turtle")
    assert client.get(f"/dataset/{DATASET_ID}/dcat?format=turtle").text == turtle.text
    for graph in (Graph().parse(data=plain.text, format="json-ld"), Graph().parse(data=turtle.text, format="turtle")):
        assert [str(title) for title in graph.objects(predicate=DCTERMS.title)] == ["Meters"]


def test_a_dataset_tells_its_concept_fields_and_key(interface):
    body = interface.client().get(f"/dataset/{DATASET_ID}").json()
    assert (body["concept"], body["rows"], body["published"]) == ("meter_reading", 3, True)
    assert body["key"] == ["usage_point_id", "register", "interval_start"]
    assert {"name": "energy", "type": "float", "unit": "kWh"}.items() <= body["fields"][7].items()
