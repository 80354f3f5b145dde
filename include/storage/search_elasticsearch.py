"""The catalogue's full text in Elasticsearch (8.x and 9.x servers)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from elasticsearch import NotFoundError

from include.catalog.search_document import WEIGHTS, words_of
from include.catalog.search_text import Clause, read_clauses
from include.search_ports import FACETS, Document, SearchAnswer, SearchHit, SearchQuery
from include.storage.elasticsearch_alias import Shape, answering, drop, ensure, open_client, replace

_BOOSTS: Final = {"A": 8, "B": 4, "C": 2, "D": 1}
_LONGEST_BEGINNING: Final = 20

_FOLDED: Final[dict[str, Any]] = {
    "tokenizer": "whitespace",
    "char_filter": ["apart"],
    "filter": ["lowercase", "asciifolding"],
}
ANALYSIS: Final[dict[str, Any]] = {
    "char_filter": {"apart": {"type": "pattern_replace", "pattern": "[^\\p{L}\\p{N}]+", "replacement": " "}},
    "filter": {
        "beginnings": {"type": "edge_ngram", "min_gram": 1, "max_gram": _LONGEST_BEGINNING},
        "beginning": {"type": "truncate", "length": _LONGEST_BEGINNING},
    },
    "analyzer": {
        "folded": _FOLDED,
        "beginnings": {**_FOLDED, "filter": [*_FOLDED["filter"], "beginnings"]},
        "beginning": {**_FOLDED, "filter": [*_FOLDED["filter"], "beginning"]},
    },
}
"""`beginnings` is how text is kept, so that what somebody has begun to type finds it; `beginning`: how that is read."""

_BEGINNINGS: Final = {"type": "text", "analyzer": "beginnings", "search_analyzer": "beginning"}
_TEXT: Final[dict[str, Any]] = {"type": "text", "analyzer": "folded"}
WORDS: Final[dict[str, Any]] = {**_TEXT, "fields": {"begin": _BEGINNINGS}}

_EXACT: Final = {"exact": {"type": "keyword", "ignore_above": 1000}}
_MOMENT: Final = {"type": "date"}
_NUMBER: Final = {"type": "double"}

SHAPE: Final = Shape(
    {"number_of_shards": 1, "auto_expand_replicas": "0-1", "analysis": ANALYSIS},
    {
        "dynamic": "strict",
        "properties": {
            "dataset_id": {"type": "keyword"},
            "owner_id": {"type": "keyword"},
            "concept": {"type": "keyword"},
            **dict.fromkeys(WEIGHTS, _TEXT),
            "title": WORDS,
            "concept_names": WORDS,
            "keywords": {**_TEXT, "fields": {"begin": _BEGINNINGS, **_EXACT}},
            "publisher": {**_TEXT, "fields": _EXACT},
            "owner": {**_TEXT, "fields": _EXACT},
            "words": WORDS,
            **dict.fromkeys(("west", "south", "east", "north", "quarantined_share"), _NUMBER),
            **dict.fromkeys(("first", "last", "updated"), _MOMENT),
            "rows": {"type": "long"},
        },
    },
)
_EXACTLY: Final = {"concept": "concept", **{part: f"{part}.exact" for part in ("keywords", "publisher", "owner")}}


class ElasticsearchIndex:
    """The port `SearchIndex`.

    Args:
        url: Of the server; name and password, where it wants them, are part of it.
        prefix: Of the names of its indices: platforms that share a server have one each.
    """

    def __init__(self, url: str, prefix: str = "cdmp") -> None:
        self._client = open_client(url)
        self._alias = f"{prefix}-datasets"

    def put(self, dataset_id: UUID, document: Document) -> None:
        """Add a dataset's document or replace it; makes the index where it is the first. Found on return."""
        with answering():
            try:
                self._put(dataset_id, document)
            except NotFoundError:
                ensure(self._client, self._alias, SHAPE)
                self._put(dataset_id, document)

    def _put(self, dataset_id: UUID, document: Document) -> None:
        # only where the alias is there: else Elasticsearch would make an index of this name, with a mapping of its own
        self._client.index(
            index=self._alias,
            id=str(dataset_id),
            document=_searched(dataset_id, document),
            require_alias=True,
            refresh=True,
        )

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset; the second time does nothing."""
        with answering():
            try:
                self._client.delete(index=self._alias, id=str(dataset_id), refresh=True)
            except NotFoundError:
                return

    def search(self, query: SearchQuery) -> SearchAnswer:
        """Find datasets, best first; see the port."""
        clauses = read_clauses(query.text or "")
        if query.text is not None and not clauses:
            return SearchAnswer()
        by = "_score" if clauses else "updated"
        with answering():
            try:
                found = self._client.search(
                    index=self._alias,
                    query=_matching(clauses, query),
                    sort=[{by: "desc"}, {"dataset_id": "asc"}],
                    search_after=[query.after[0], str(query.after[1])] if query.after else None,
                    size=query.limit,
                    source_excludes=["words", "dataset_id"],
                    track_total_hits=True,
                    aggregations={name: {"terms": {"field": _EXACTLY[name], "size": 20}} for name in FACETS},
                )
            except NotFoundError:
                return SearchAnswer()  # nothing was indexed yet
        return SearchAnswer(
            [SearchHit(UUID(hit["_id"]), float(hit["sort"][0]), hit["_source"]) for hit in found["hits"]["hits"]],
            found["hits"]["total"]["value"],
            {name: {each["key"]: each["doc_count"] for each in _buckets(found, name)} for name in FACETS},
        )

    def rebuild(self, documents: Iterable[tuple[UUID, Document]]) -> int:
        """Replace everything by these; see the port and `elasticsearch_alias.replace`."""
        actions = ({"_id": str(each), "_source": _searched(each, document)} for each, document in documents)
        with answering():
            return replace(self._client, self._alias, SHAPE, actions)

    def drop(self) -> None:
        """Remove the index."""
        with answering():
            drop(self._client, self._alias)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _searched(dataset_id: UUID, document: Document) -> dict[str, Any]:
    words = [" ".join(words) for _, words in words_of(document)]
    return {**document, "dataset_id": str(dataset_id), "words": words}


def _matching(clauses: Sequence[Clause], query: SearchQuery) -> dict[str, Any]:
    texts = [demand(clause) for clause in clauses if not clause.excluded]
    matching = {
        "filter": [*texts, *_conditions(query)],
        "must_not": [demand(clause) for clause in clauses if clause.excluded],
        "should": list(_ranking(clauses)),
    }
    return {"bool": matching}


def demand(clause: Clause) -> dict[str, Any]:
    """Write a clause as a query on the field `words`, which has the words as `split_words` gives them."""
    *whole, last = clause.words
    if not clause.begins:
        return {"match_phrase": {"words": " ".join(clause.words)}}
    if whole:  # a beginning in a phrase; every beginning is considered, not only the first 50 words that have it
        return {"match_phrase_prefix": {"words": {"query": " ".join(clause.words), "max_expansions": 10_000}}}
    return {"match": {"words.begin": last}}


def _ranking(clauses: Sequence[Clause]) -> Iterable[Mapping[str, Any]]:
    """How well a dataset fits: words in weightier parts count more, whole words more than their beginnings."""
    wanted = [clause for clause in clauses if not clause.excluded]
    text = " ".join(word for clause in wanted for word in clause.words)
    if not text:
        return
    whole = [f"{part}^{2 * _BOOSTS[weight]}" for part, weight in WEIGHTS.items()]
    begun = [f"{part}.begin^{_BOOSTS[weight]}" for part, weight in WEIGHTS.items() if weight in "AB"]
    for fields in (whole, begun):
        yield {"multi_match": {"query": text, "fields": fields, "tie_breaker": 0.2}}


def _conditions(query: SearchQuery) -> Iterable[dict[str, Any]]:
    exact = {
        "owner_id": query.owner_id,
        "concept": query.concept,
        _EXACTLY["keywords"]: query.keyword,
        _EXACTLY["publisher"]: query.publisher,
        _EXACTLY["owner"]: query.owner,
    }
    yield from ({"term": {field: value}} for field, value in exact.items() if value is not None)
    if query.start is not None:
        yield {"range": {"last": {"gte": _plain(query.start)}}}
    if query.end is not None:
        yield {"range": {"first": {"lt": _plain(query.end)}}}
    if query.box is not None:
        box = query.box
        yield {"range": {"west": {"lte": box.east}}}
        yield {"range": {"east": {"gte": box.west}}}
        yield {"range": {"south": {"lte": box.north}}}
        yield {"range": {"north": {"gte": box.south}}}


def _plain(moment: datetime) -> str:
    return moment.isoformat()


def _buckets(found: Any, facet: str) -> Sequence[Mapping[str, Any]]:
    buckets: Sequence[Mapping[str, Any]] = found["aggregations"][facet]["buckets"]
    return buckets
