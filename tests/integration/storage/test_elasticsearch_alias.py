"""Numbered indices behind an alias, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from include.errors import IndexAway
from include.search_ports import SearchQuery
from include.storage.elasticsearch_alias import Shape, answering, put_all
from include.storage.search_elasticsearch import ElasticsearchIndex
from tests.contract.test_search_index import document, found

pytestmark = pytest.mark.timeout(900)  # the first start of an Elasticsearch on a machine fetches 924 MB


@pytest.fixture
def server(elasticsearch_url: str) -> Iterator[Elasticsearch]:
    client = Elasticsearch(elasticsearch_url)
    yield client
    client.close()


@pytest.fixture
def prefix() -> str:
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture
def index(elasticsearch_url: str, prefix: str) -> Iterator[ElasticsearchIndex]:
    index = ElasticsearchIndex(elasticsearch_url, prefix)
    yield index
    index.drop()
    index.drop()
    index.close()


def behind(server: Elasticsearch, prefix: str) -> dict[str, list[str]]:
    indices = server.indices.get(index=f"{prefix}-*")
    return {name: list(told["aliases"]) for name, told in indices.items()}


def test_the_first_write_makes_the_index_with_its_mapping(
    index: ElasticsearchIndex, server: Elasticsearch, prefix: str
) -> None:
    index.put(uuid4(), document())
    assert behind(server, prefix) == {f"{prefix}-datasets-000001": [f"{prefix}-datasets"]}
    told = server.indices.get_mapping(index=f"{prefix}-datasets")[f"{prefix}-datasets-000001"]["mappings"]
    assert told["dynamic"] == "strict"
    assert told["properties"]["title"]["fields"]["begin"]["analyzer"] == "beginnings"


def test_a_server_that_lost_it_gets_it_again(index: ElasticsearchIndex, server: Elasticsearch, prefix: str) -> None:
    index.put(uuid4(), document())
    server.indices.delete(index=f"{prefix}-datasets-000001")
    assert index.search(SearchQuery("street")).total == 0
    dataset_id = uuid4()
    index.put(dataset_id, document())
    assert found(index, "stre") == [dataset_id]
    assert list(behind(server, prefix)) == [f"{prefix}-datasets-000001"]


def test_each_rebuild_takes_the_next_number_and_one_index_stays(
    index: ElasticsearchIndex, server: Elasticsearch, prefix: str
) -> None:
    for number in (1, 2, 3):
        index.rebuild([(uuid4(), document())])
        assert behind(server, prefix) == {f"{prefix}-datasets-{number:06}": [f"{prefix}-datasets"]}


def test_what_a_rebuild_that_was_killed_left_goes_with_the_next(
    index: ElasticsearchIndex, server: Elasticsearch, prefix: str
) -> None:
    index.put(uuid4(), document())
    server.indices.create(index=f"{prefix}-datasets-000002")
    index.rebuild([])
    assert list(behind(server, prefix)) == [f"{prefix}-datasets-000003"]


def test_an_index_that_is_called_as_the_alias_is_replaced(
    index: ElasticsearchIndex, server: Elasticsearch, prefix: str
) -> None:
    server.index(index=f"{prefix}-datasets", document={"title": "made by a stray write"})
    index.rebuild([])
    assert behind(server, prefix) == {f"{prefix}-datasets-000001": [f"{prefix}-datasets"]}


def test_indices_of_others_stay(index: ElasticsearchIndex, server: Elasticsearch, prefix: str) -> None:
    other = f"{prefix}-datasets-of-others"
    server.indices.create(index=other)
    index.rebuild([])
    index.drop()
    assert list(behind(server, prefix)) == [other]
    server.indices.delete(index=other)


def test_an_index_of_an_older_platform_says_how_to_make_it_anew(
    index: ElasticsearchIndex, server: Elasticsearch, prefix: str
) -> None:
    older = {"dynamic": "strict", "properties": {"title": {"type": "text"}}}
    server.indices.create(index=f"{prefix}-datasets-1", mappings=older, aliases={f"{prefix}-datasets": {}})
    for act in (lambda: index.put(uuid4(), document()), lambda: index.search(SearchQuery("street"))):
        with pytest.raises(IndexAway, match="cdmp reindex") as refused:
            act()
        assert "street" not in str(refused.value)
    index.rebuild([(uuid4(), document())])
    assert list(behind(server, prefix)) == [f"{prefix}-datasets-000002"]
    assert index.search(SearchQuery("street")).total == 1


def test_what_is_refused_in_bulk_is_told_without_its_values(server: Elasticsearch, prefix: str) -> None:
    name = f"{prefix}-numbers"
    shape = Shape({}, {"dynamic": "strict", "properties": {"number": {"type": "long"}}})
    server.indices.create(index=name, settings=shape.settings, mappings=shape.mappings)
    rows = ["1", "2", "canary"]
    actions = ({"_id": row, "_source": {"number": row}} for row in rows)
    with pytest.raises(IndexAway) as refused, answering():
        put_all(server, name, actions)
    assert "canary" not in str(refused.value)
    assert refused.value.__cause__ is None
    server.indices.delete(index=name)
