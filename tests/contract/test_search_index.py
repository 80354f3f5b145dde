"""What every search index does, whichever server is behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from include.catalog.search_document import build_search_document
from include.errors import StoreUnavailable
from include.ports import SearchIndex
from include.storage.connection import open_engine
from include.storage.search_elasticsearch import ElasticsearchIndex
from include.storage.search_postgres import PostgresSearchIndex

pytestmark = pytest.mark.timeout(900)  # the first start of an Elasticsearch on a machine fetches 924 MB
Put = Callable[..., UUID]


@pytest.fixture(params=["postgresql", "elasticsearch"])
def index(request: pytest.FixtureRequest) -> Iterator[SearchIndex]:
    """Each implementation over its real server."""
    if request.param == "postgresql":
        engine = open_engine(request.getfixturevalue("database").loader_url)
        yield PostgresSearchIndex(engine)
        engine.dispose()
    else:
        elasticsearch = ElasticsearchIndex(request.getfixturevalue("elasticsearch_url"))
        yield elasticsearch
        elasticsearch._client.close()


@pytest.fixture
def put(index: SearchIndex) -> Iterator[Put]:
    """Put a document with these changes; all are removed again."""
    made: list[UUID] = []

    def put(dataset_id: UUID | None = None, **changes: Any) -> UUID:
        facts: dict[str, Any] = {
            "owner_id": "7",
            "title": "Meters of the test street",
            "description": "Quarter hours of two meters.",
            "keywords": ["electricity"],
            "publisher": "Fluvius",
            "concept": "meter_reading",
            "concept_title": "Meter reading",
            "fields": ["interval_start", "reactive_energy"],
            "units": ["kWh"],
            "spatial": None,
            "first": datetime(2024, 1, 1, tzinfo=UTC),
            "last": None,
        }
        made.append(dataset_id or uuid4())
        index.put(made[-1], build_search_document(**{**facts, **changes}))
        return made[-1]

    yield put
    for dataset_id in made:
        index.remove(dataset_id)


def found(index: SearchIndex, text: str, owner_id: str | None = None) -> list[UUID]:
    return [hit.dataset_id for hit in index.search(text, owner_id=owner_id)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("street", id="a word of the title"),
        pytest.param("STREET", id="whatever the case"),
        pytest.param("quarter", id="a word of the description"),
        pytest.param("electricity", id="a keyword"),
        pytest.param("fluvius", id="the publisher"),
        pytest.param("meter reading", id="the concept's title"),
        pytest.param("meter_reading", id="the concept's name"),
        pytest.param("reactive", id="a word of a field's name"),
        pytest.param("kwh", id="a unit"),
        pytest.param("stre", id="the beginning of a word"),
        pytest.param("electricity stre", id="a word and a beginning, in different fields"),
        pytest.param('"test street"', id="a phrase"),
        pytest.param("street -water", id="a word, not another"),
        pytest.param("fluviùs", id="accents that should not be there"),
    ],
)
def test_a_dataset_is_found_by(index: SearchIndex, put: Put, text: str) -> None:
    dataset_id = put()
    assert found(index, text) == [dataset_id]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("street water", id="a word that it does not have"),
        pytest.param('"street test"', id="a phrase in another order"),
        pytest.param("street -meters", id="an excluded word that it has"),
        pytest.param("", id="nothing"),
        pytest.param("   ", id="blanks"),
        pytest.param("owner_id:7", id="another language's syntax"),
    ],
)
def test_a_dataset_is_not_found_by(index: SearchIndex, put: Put, text: str) -> None:
    put()
    assert found(index, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "'",
        '"',
        "&|!:*()",
        "street\0",
        "-",
        "*",
        "street OR",
        "\\",
        "a" * 5000,
        "street & | ! )",
        "-(day-ahead)",
        "~~",
        "{{",
    ],
)
def test_odd_text_is_no_error(index: SearchIndex, put: Put, text: str) -> None:
    put()
    found(index, text)


def test_accents_of_a_title_do_not_matter(index: SearchIndex, put: Put) -> None:
    dataset_id = put(title="Zähler der Straße in Ålborg")
    assert found(index, "zahler alborg") == [dataset_id]
    assert found(index, "Zähler Ålb") == [dataset_id]


def test_a_title_counts_more_than_a_description(index: SearchIndex, put: Put) -> None:
    described = put(title="Something else", description="It mentions weather, and the weather again.")
    titled = put(title="Weather at the station", description="Temperatures.")
    hits = index.search("weather", owner_id=None)
    assert [hit.dataset_id for hit in hits] == [titled, described]
    assert hits[0].score > hits[1].score
    assert hits[0].title == "Weather at the station"


def test_an_owner_finds_only_their_own(index: SearchIndex, put: Put) -> None:
    mine, _theirs = put(owner_id="7"), put(owner_id="8")
    assert found(index, "street", owner_id="7") == [mine]
    assert found(index, "street", owner_id="77") == []
    assert len(found(index, "street")) == 2


def test_putting_again_replaces(index: SearchIndex, put: Put) -> None:
    dataset_id = put(title="An old name")
    put(dataset_id, title="A new name", owner_id="9")
    assert found(index, "old") == []
    assert found(index, "new", owner_id="9") == [dataset_id]


def test_what_was_removed_is_not_found_and_can_be_removed_again(index: SearchIndex, put: Put) -> None:
    dataset_id = put()
    index.remove(dataset_id)
    index.remove(dataset_id)
    assert found(index, "street") == []


def test_no_more_hits_than_asked_for(index: SearchIndex, put: Put) -> None:
    for _ in range(3):
        put()
    assert len(index.search("street", owner_id=None, limit=2)) == 2


def test_a_server_that_is_away_is_a_store_unavailable() -> None:
    engine = open_engine("postgresql://cdmp_loader:secret-pw@127.0.0.1:1/none")
    elasticsearch = ElasticsearchIndex("http://elastic:secret-pw@127.0.0.1:1")
    for index in (PostgresSearchIndex(engine), elasticsearch):
        with pytest.raises(StoreUnavailable) as away:
            index.search("street", owner_id=None)
        assert "secret-pw" not in str(away.value)
    elasticsearch._client.close()
    engine.dispose()
