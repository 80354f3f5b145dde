"""The catalogue's full text in Elasticsearch (8.x and 9.x servers)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from elasticsearch import ApiError, BadRequestError, Elasticsearch, NotFoundError, TransportError

from include.errors import StoreUnavailable
from include.ports import SearchHit

_ALIAS: Final = "cdmp-datasets"
_INDEX: Final = "cdmp-datasets-1"
"""The alias's index. A changed mapping gets the next number: fill it, then move the alias."""

_WEIGHTS: Final = {
    "title": 8,
    "keywords": 4,
    "concept": 4,
    "description": 2,
    "publisher": 2,
    "fields": 2,
    "units": 1,
    "spatial": 1,
}
_SETTINGS: Final[dict[str, Any]] = {
    "analysis": {
        "char_filter": {"apart": {"type": "mapping", "mappings": ["_ => \\u0020"]}},
        "analyzer": {
            "folded": {"tokenizer": "standard", "char_filter": ["apart"], "filter": ["lowercase", "asciifolding"]}
        },
    }
}
_MAPPINGS: Final[dict[str, Any]] = {
    "dynamic": "strict",
    "properties": {
        "owner_id": {"type": "keyword"},
        "first": {"type": "date"},
        "last": {"type": "date"},
        "everything": {"type": "text", "analyzer": "folded"},
        **{name: {"type": "text", "analyzer": "folded", "copy_to": "everything"} for name in _WEIGHTS},
    },
}


class ElasticsearchIndex:
    """The port `SearchIndex`.

    Args:
        url: Of the server; name and password, where it wants them, are part of it.
    """

    def __init__(self, url: str) -> None:
        self._client = Elasticsearch(url, request_timeout=10, max_retries=1, retry_on_timeout=True)

    def put(self, dataset_id: UUID, document: Mapping[str, Any]) -> None:
        """Add a dataset's document or replace it; makes the index where it is the first. Searchable on return."""
        with _answering():
            self._ensure_index()
            self._client.index(index=_ALIAS, id=str(dataset_id), document=dict(document), refresh=True)

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset; the second time does nothing."""
        with _answering():
            try:
                self._client.delete(index=_ALIAS, id=str(dataset_id), refresh=True)
            except NotFoundError:
                return

    def search(self, text: str, *, owner_id: str | None, limit: int = 20) -> Sequence[SearchHit]:
        """Find the datasets that hold every word, best first; `owner_id` None searches everybody's."""
        words = text.replace("_", " ").strip()
        if not words:
            return []
        # the last word may be a beginning
        typed = f"{words}*" if words[-1].isalnum() else words
        syntax = {"default_operator": "and", "flags": "NOT|PHRASE|PREFIX|WHITESPACE"}
        everywhere = {"simple_query_string": {"query": typed, "fields": ["everything"], **syntax}}
        best = {
            "multi_match": {
                "query": words,
                "type": "bool_prefix",
                "fields": [f"{name}^{weight}" for name, weight in _WEIGHTS.items()],
            }
        }
        query: dict[str, Any] = {"must": [everywhere], "should": [best]}
        if owner_id is not None:
            query["filter"] = [{"term": {"owner_id": owner_id}}]
        with _answering():
            try:
                found = self._client.search(index=_ALIAS, query={"bool": query}, size=limit, source_includes=["title"])
            except NotFoundError:
                return []  # nothing was indexed yet
        return [SearchHit(UUID(hit["_id"]), hit["_source"]["title"], hit["_score"]) for hit in found["hits"]["hits"]]

    def _ensure_index(self) -> None:
        if self._client.indices.exists_alias(name=_ALIAS):
            return
        try:
            self._client.indices.create(index=_INDEX, settings=_SETTINGS, mappings=_MAPPINGS, aliases={_ALIAS: {}})
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # another worker was quicker
                raise


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except TransportError as error:
        raise StoreUnavailable("Elasticsearch", "does not answer", "The platform tries again by itself") from error
    except ApiError as error:
        if error.status_code in (429, 502, 503, 504):
            raise StoreUnavailable("Elasticsearch", "is overloaded", "The platform tries again by itself") from error
        raise
