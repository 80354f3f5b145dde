"""Searching over HTTP: what is asked for, what is answered, and of whose datasets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from include.catalog.search_document import Found, build_search_document
from include.search_ports import Box
from tests.factories import DATASET_ID, NOON
from tests.interface import Interface


@pytest.fixture
def interface() -> Interface:
    return Interface()


def add(interface: Interface, title: str, *, owner_id: str = "7") -> None:
    dataset_id = uuid4()
    dataset = replace(interface.services.datasets.rows[DATASET_ID], id=dataset_id, owner_id=owner_id, title=title)
    interface.services.datasets.rows[dataset_id] = dataset
    found = Found(owner_id, "olive", title, "market_price", "Market price", NOON, 3, keywords=["electric price"])
    interface.services.index.put(dataset_id, build_search_document(found))


def test_a_hit_says_what_it_is_and_where_it_is_read(interface):
    body = interface.client().get("/search", params={"q": "meters"}).json()
    (hit,) = body["datasets"]
    assert (hit["id"], hit["title"], hit["concept_title"], hit["rows"]) == (
        str(DATASET_ID),
        "Meters",
        "Meter reading",
        3,
    )
    assert hit["links"] == {"self": f"/dataset/{DATASET_ID}", "records": f"/dataset/{DATASET_ID}/records"}
    assert body["total"] == 1
    assert body["facets"]["keyword"] == [{"value": "electricity", "count": 1}]


def test_every_condition_reaches_the_index(interface):
    answer = interface.client().get(
        "/search",
        params={
            "q": "x",
            "concept": "c",
            "keyword": "k",
            "publisher": "p",
            "owner": "o",
            "start": "2024-01-01T00:00:00Z",
            "end": "2024-02-01T01:00:00+01:00",
            "bbox": "4.2,50.8,4.5,50.9",
            "limit": 7,
        },
    )
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    (query,) = interface.services.index.asked
    assert (query.text, query.concept, query.keyword, query.publisher, query.owner) == ("x", "c", "k", "p", "o")
    assert (query.start, query.end) == (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC))
    assert query.box == Box(4.2, 50.8, 4.5, 50.9)
    assert (query.owner_id, query.limit) == ("7", 8)  # one more tells whether there is another page


def test_whose_datasets_are_searched_follows_from_who_asks(interface):
    for who in ("stranger", "steward"):
        interface.client(who).get("/search", params={"q": "meters"})
    assert [query.owner_id for query in interface.services.index.asked] == ["8", None]


def test_what_the_index_has_and_may_not_be_seen_is_not_shown(interface):
    """An index that is behind: the dataset has another owner by now, or is gone."""
    interface.services.datasets.rows[DATASET_ID] = replace(interface.services.datasets.rows[DATASET_ID], owner_id="8")
    assert interface.client().get("/search", params={"q": "meters"}).json()["datasets"] == []
    del interface.services.datasets.rows[DATASET_ID]
    assert interface.client("steward").get("/search", params={"q": "meters"}).json()["datasets"] == []


def test_the_cursor_leads_through_every_hit(interface):
    for number in range(4):
        add(interface, f"Prices {number}")
    client, found, cursor = interface.client(), [], None
    while True:
        page = client.get("/search", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [hit["title"] for hit in page["datasets"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert sorted(found) == ["Meters", "Prices 0", "Prices 1", "Prices 2", "Prices 3"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("bbox", "1,2,3", id="three sides"),
        pytest.param("bbox", "1,2,3,nan", id="not a number"),
        pytest.param("bbox", "10,2,3,4", id="west of its east"),
        pytest.param("bbox", "1,2,3,400", id="off the earth"),
        pytest.param("start", "2024-01-01T00:00:00", id="a time without zone"),
        pytest.param("cursor", "x", id="no cursor"),
        pytest.param("limit", "101", id="too many"),
        pytest.param("q", "x" * 501, id="too long"),
    ],
)
def test_what_cannot_be_meant_is_told(interface, name, value):
    answer = interface.client().get("/search", params={"q": "meters", name: value})
    assert answer.status_code == 422
    assert name in answer.text


def test_a_span_that_ends_before_it_starts_is_told(interface):
    params = {"start": "2024-02-01T00:00:00Z", "end": "2024-01-01T00:00:00Z"}
    assert interface.client().get("/search", params=params).status_code == 422


def test_suggestions_are_keywords_concepts_and_titles_that_begin_so(interface):
    add(interface, "Electric cars")
    add(interface, "Electric secrets", owner_id="8")
    client = interface.client()
    suggested = client.get("/suggest", params={"q": "electr"}).json()["suggestions"]
    assert sorted(suggested) == ["Electric cars", "electric price", "electricity"]
    assert suggested[-1] == "Electric cars", "titles are many, and come last"
    assert client.get("/suggest", params={"q": "market pr"}).json() == {"suggestions": ["Market price"]}
    assert client.get("/suggest", params={"q": ""}).json() == {"suggestions": []}
