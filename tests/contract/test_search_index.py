"""What every search index does, whichever server is behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from include.catalog.search_document import FieldWords, Found, build_search_document
from include.catalog.search_text import fits, read_clauses
from include.errors import StoreUnavailable
from include.search_ports import Box, SearchIndex, SearchQuery
from include.storage.connection import open_engine
from include.storage.search_elasticsearch import ElasticsearchIndex
from include.storage.search_postgres import PostgresSearchIndex

pytestmark = pytest.mark.timeout(900)  # the first start of an Elasticsearch on a machine fetches 924 MB
Put = Callable[..., UUID]

NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)
METERS = Found(
    owner_id="7",
    owner="olive",
    title="Meters of the test street",
    description="Quarter hours of two meters.",
    keywords=["electricity"],
    publisher="Fluvius",
    concept="meter_reading",
    concept_title="Meter reading",
    concept_description="What a register of a meter counted in an interval.",
    fields=[
        FieldWords("interval_start", "When the interval begins."),
        FieldWords("energy", "Consumption or feed-in.", "kWh", ["Wirkarbeit"]),
        FieldWords("reactive_energy", "Blind, as the register says.", "kvarh"),
    ],
    spatial="http://publications.europa.eu/resource/authority/country/BEL",
    box=(4.2, 50.8, 4.5, 50.9),
    first=NEW_YEAR,
    last=NEW_YEAR + timedelta(days=31),
    updated=NEW_YEAR + timedelta(days=40),
    rows=960,
    quarantined_share=0.01,
)


@pytest.fixture(scope="module", params=["postgresql", "elasticsearch"])
def index(request: pytest.FixtureRequest) -> Iterator[SearchIndex]:
    """Each implementation over its real server; whoever puts something removes it."""
    if request.param == "postgresql":
        engine = open_engine(request.getfixturevalue("database").loader_url)
        yield PostgresSearchIndex(engine)
        engine.dispose()
    else:
        elasticsearch = ElasticsearchIndex(request.getfixturevalue("elasticsearch_url"), f"test-{uuid4().hex[:8]}")
        yield elasticsearch
        elasticsearch.drop()
        elasticsearch.close()


def document(**changes: Any) -> dict[str, Any]:
    return build_search_document(replace(METERS, **changes))


@pytest.fixture
def put(index: SearchIndex) -> Iterator[Put]:
    """Put a document with these changes; all are removed again."""
    every: set[UUID] = set()

    def put(dataset_id: UUID | None = None, **changes: Any) -> UUID:
        made = dataset_id or uuid4()
        index.put(made, document(**changes))
        every.add(made)
        return made

    yield put
    for made in every:
        index.remove(made)


def found(index: SearchIndex, text: str | None, **conditions: Any) -> list[UUID]:
    return [hit.dataset_id for hit in index.search(SearchQuery(text, **conditions)).hits]


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
        pytest.param("wirkarbeit", id="a synonym of a field"),
        pytest.param("blind", id="a word of a field's description"),
        pytest.param("feed-in", id="two words that a sign joins"),
        pytest.param("olive", id="the owner's name"),
        pytest.param("register counted", id="words of the concept's description"),
        pytest.param("BEL", id="the place"),
        pytest.param("-water", id="only what it does not have"),
        pytest.param("kWh, kvarh;", id="signs between words"),
        pytest.param('"test street', id="a quote that is left open"),
        pytest.param("two-met", id="the beginning of the last word of two that a sign joins"),
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
        pytest.param("street OR water", id="another language's words"),
        pytest.param("stre electricity", id="a beginning that is not the last word"),
        pytest.param('"electri"', id="a beginning in quotes"),
        pytest.param('"street quarter"', id="a phrase over two parts"),
        pytest.param("reet", id="the end of a word"),
        pytest.param("7", id="the id of its owner"),
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
    hits = index.search(SearchQuery("weather")).hits
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
    answer = index.search(SearchQuery("street", limit=2))
    assert (len(answer.hits), answer.total) == (2, 3)


@pytest.mark.parametrize("text", ["street", None])
def test_pages_hold_every_hit_once(index: SearchIndex, put: Put, text: str | None) -> None:
    made = {put(description="street " * (number % 3)) for number in range(7)}
    pages, after = [], None
    while True:
        hits = index.search(SearchQuery(text, after=after, limit=2)).hits
        if not hits:
            break
        pages.append([hit.dataset_id for hit in hits])
        after = hits[-1].place
    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert {each for page in pages for each in page} == made


def test_a_whole_word_counts_more_than_a_beginning(index: SearchIndex, put: Put) -> None:
    put(title="Metering of the wind")
    exact = put(title="Meter of the wind")
    assert found(index, "wind meter")[0] == exact


def test_without_text_what_changed_last_comes_first(index: SearchIndex, put: Put) -> None:
    old, new = put(updated=NEW_YEAR), put(updated=NEW_YEAR + timedelta(days=9))
    assert found(index, None) == [new, old]


@pytest.mark.parametrize(
    "conditions",
    [
        pytest.param({"concept": "meter_reading"}, id="the concept"),
        pytest.param({"keyword": "electricity"}, id="a keyword"),
        pytest.param({"publisher": "Fluvius"}, id="the publisher"),
        pytest.param({"owner": "olive"}, id="the owner"),
        pytest.param({"start": NEW_YEAR + timedelta(days=20)}, id="rows after a moment"),
        pytest.param({"start": NEW_YEAR + timedelta(days=31)}, id="the moment of the last row"),
        pytest.param({"end": NEW_YEAR + timedelta(hours=1)}, id="rows before a moment"),
        pytest.param({"start": NEW_YEAR + timedelta(days=1), "end": NEW_YEAR + timedelta(days=2)}, id="a span within"),
        pytest.param({"box": Box(4.0, 50.0, 5.0, 51.0)}, id="a box around its own"),
        pytest.param({"box": Box(4.3, 50.85, 4.31, 50.86)}, id="a box within its own"),
        pytest.param({"box": Box(4.4, 50.85, 9.0, 55.0)}, id="a box over its corner"),
        pytest.param({"concept": "meter_reading", "owner_id": "7", "keyword": "electricity"}, id="several"),
    ],
)
def test_a_condition_lets_through(index: SearchIndex, put: Put, conditions: dict[str, Any]) -> None:
    dataset_id = put()
    assert found(index, "street", **conditions) == [dataset_id]
    assert found(index, None, **conditions) == [dataset_id]


@pytest.mark.parametrize(
    "conditions",
    [
        pytest.param({"concept": "market_price"}, id="another concept"),
        pytest.param({"concept": "meter"}, id="half of a concept"),
        pytest.param({"keyword": "electric"}, id="half a keyword"),
        pytest.param({"publisher": "fluvius"}, id="another publisher"),
        pytest.param({"owner": "sam"}, id="another owner"),
        pytest.param({"owner_id": "8"}, id="another's datasets"),
        pytest.param({"start": NEW_YEAR + timedelta(days=31, seconds=1)}, id="rows after its last"),
        pytest.param({"end": NEW_YEAR}, id="rows before its first"),
        pytest.param({"box": Box(4.6, 50.0, 5.0, 51.0)}, id="a box beside its own"),
        pytest.param({"box": Box(4.2, 51.0, 4.5, 52.0)}, id="a box above its own"),
        pytest.param({"concept": "meter_reading", "owner_id": "8"}, id="one of several"),
    ],
)
def test_a_condition_holds_back(index: SearchIndex, put: Put, conditions: dict[str, Any]) -> None:
    put()
    assert found(index, "street", **conditions) == []
    assert found(index, None, **conditions) == []


def test_what_is_not_known_of_a_dataset_meets_no_condition_about_it(index: SearchIndex, put: Put) -> None:
    dataset_id = put(first=None, last=None, box=None, keywords=[], publisher=None, quarantined_share=None)
    assert found(index, "street") == [dataset_id]
    for conditions in ({"start": NEW_YEAR}, {"end": NEW_YEAR}, {"box": Box(-180, -90, 180, 90)}, {"keyword": ""}):
        assert found(index, "street", **conditions) == []


def test_facets_count_all_pages_of_what_was_found(index: SearchIndex, put: Put) -> None:
    put(keywords=["electricity", "grid"])
    put(keywords=["grid"], concept="market_price")
    put(keywords=["heat"], owner_id="8", owner="sam", publisher=None)
    facets = index.search(SearchQuery("street", owner_id="7", limit=1)).facets
    assert facets == {
        "concept": {"meter_reading": 1, "market_price": 1},
        "keywords": {"grid": 2, "electricity": 1},
        "publisher": {"Fluvius": 2},
        "owner": {"olive": 2},
    }


def test_a_hit_has_its_whole_document(index: SearchIndex, put: Put) -> None:
    put()
    (hit,) = index.search(SearchQuery("street")).hits
    assert hit.document == document()


def test_a_rebuild_replaces_everything(index: SearchIndex, put: Put) -> None:
    gone = put(title="Gone")
    made = [(uuid4(), document(title=f"Made {number}")) for number in range(1201)]
    assert index.rebuild(iter(made)) == 1201
    assert found(index, "gone") == []
    assert index.search(SearchQuery("made")).total == 1201
    assert found(index, '"made 700"') == [made[700][0]]
    put(gone, title="Gone and back")
    assert found(index, "back") == [gone]
    index.rebuild([])


def test_a_rebuild_that_fails_leaves_what_was(index: SearchIndex, put: Put) -> None:
    dataset_id = put()

    def documents() -> Iterator[tuple[UUID, dict[str, Any]]]:
        yield uuid4(), document()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        index.rebuild(documents())
    assert found(index, "street") == [dataset_id]
    assert index.rebuild([(dataset_id, document(title="New"))]) == 1
    assert found(index, "new") == [dataset_id]
    index.rebuild([])


def test_an_index_with_nothing_in_it_finds_nothing(index: SearchIndex) -> None:
    assert index.search(SearchQuery("street")).total == 0
    index.remove(uuid4())
    assert index.rebuild([]) == 0
    assert index.search(SearchQuery(None)).hits == []


_WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=_WORDS, text=_WORDS)
@example(title="Straße İzmir ŁÓDŹ", text="strasse")
@example(title="kWh/m² ½ ①", text="m2")
@example(title="data.gov O'Neill 15.5", text="neill")
def test_any_title_is_found_by_its_words_and_by_none_that_it_lacks(
    index: SearchIndex, put: Put, title: str, text: str
) -> None:
    """Both indices agree with what the words of a text are, whatever the alphabet."""
    dataset_id = put(UUID(int=1), title=title, description="", fields=[], concept_description="")
    for looked_for in (title, text):
        clauses = read_clauses(looked_for)
        parts = [title, "electricity", "Fluvius", "olive", "Meter reading", "meter_reading", METERS.spatial or ""]
        held = bool(clauses) and all(
            any(fits([replace(clause, excluded=False)], part) for part in parts) is not clause.excluded
            for clause in clauses
        )
        assert found(index, looked_for) == ([dataset_id] if held else []), clauses


def test_a_server_that_is_away_is_a_store_unavailable() -> None:
    engine = open_engine("postgresql://cdmp_loader:secret-pw@127.0.0.1:1/none")
    elasticsearch = ElasticsearchIndex("http://elastic:secret-pw@127.0.0.1:1")
    for index in (PostgresSearchIndex(engine), elasticsearch):
        with pytest.raises(StoreUnavailable) as away:
            index.search(SearchQuery("street"))
        assert "secret-pw" not in str(away.value)
    elasticsearch.close()
    engine.dispose()
