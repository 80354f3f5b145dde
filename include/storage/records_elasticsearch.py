"""The full text of datasets' records in Elasticsearch, an index for each dataset that asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from elasticsearch import NotFoundError

from include.catalog.search_text import read_clauses
from include.cim.concept import Concept, FieldType, time_field
from include.search_ports import FoundRecords, NamedRow, RecordSearch
from include.storage.elasticsearch_alias import Shape, answering, drop, open_client, put_all, replace
from include.storage.record_words import words_of_row
from include.storage.search_elasticsearch import ANALYSIS, WORDS, demand

_KEYWORD: Final = {"type": "keyword", "ignore_above": 8000}
_TYPES: Final[dict[FieldType, dict[str, Any]]] = {
    FieldType.ID: _KEYWORD,
    FieldType.TEXT: _KEYWORD,
    FieldType.ENUM: _KEYWORD,
    FieldType.TIMESTAMP: {"type": "date"},
    FieldType.FLOAT: {"type": "double"},
    FieldType.INTEGER: {"type": "long"},
    FieldType.BOOLEAN: {"type": "boolean"},
}


class ElasticsearchRecords:
    """The port `RecordIndex`; url and prefix as of `ElasticsearchIndex`."""

    def __init__(self, url: str, prefix: str = "cdmp") -> None:
        self._client = open_client(url)
        self._prefix = prefix

    def has(self, dataset_id: UUID) -> bool:
        """Whether the dataset's records are indexed."""
        with answering():
            return bool(self._client.indices.exists_alias(name=self._alias(dataset_id)))

    def replace(self, dataset_id: UUID, concept: Concept, rows: Iterable[NamedRow]) -> int:
        """Index these rows and no others; see the port."""
        with answering():
            return replace(self._client, self._alias(dataset_id), _shape(concept), _actions(concept, rows))

    def add(self, dataset_id: UUID, concept: Concept, rows: Iterable[NamedRow]) -> int:
        """Index these rows beside the others; see the port."""
        alias = self._alias(dataset_id)
        with answering():
            count = put_all(self._client, alias, _actions(concept, rows), require_alias=True)
            self._client.indices.refresh(index=alias)
            return count

    def remove(self, dataset_id: UUID) -> None:
        """Forget a dataset's records; the second time does nothing."""
        with answering():
            drop(self._client, self._alias(dataset_id))

    def search(self, dataset_id: UUID, concept: Concept, query: RecordSearch) -> FoundRecords:
        """Find rows, best first; see the port."""
        clauses, time = read_clauses(query.text), time_field(concept)
        if not clauses:
            return FoundRecords()
        wanted = [demand(clause, "_words") for clause in clauses if not clause.excluded]
        conditions: list[dict[str, Any]] = []
        if time and query.start is not None:
            conditions.append({"range": {time: {"gte": query.start.isoformat()}}})
        if time and query.end is not None:
            conditions.append({"range": {time: {"lt": query.end.isoformat()}}})
        excluded = [demand(clause, "_words") for clause in clauses if clause.excluded]
        with answering():
            try:
                found = self._client.search(
                    index=self._alias(dataset_id),
                    query={"bool": {"must": wanted, "filter": conditions, "must_not": excluded}},
                    sort=[{"_score": "desc"}, {"_place": "asc"}],
                    search_after=list(query.after) if query.after else None,
                    size=query.limit,
                    source_excludes=["_words", "_place"],
                    track_total_hits=True,
                )
            except NotFoundError:
                return FoundRecords()
        hits = found["hits"]["hits"]
        places = [(float(hit["sort"][0]), str(hit["sort"][1])) for hit in hits]
        return FoundRecords([hit["_source"] for hit in hits], places, found["hits"]["total"]["value"])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _alias(self, dataset_id: UUID) -> str:
        return f"{self._prefix}-records-{dataset_id.hex}"


def _shape(concept: Concept) -> Shape:
    fields = {field.name: _TYPES[field.type] for field in concept.fields.values()}
    properties = {**fields, "_words": WORDS, "_place": {"type": "keyword"}}
    settings = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "analysis": ANALYSIS}
    # a field that the concept gets later is found by its words all the same, and has its column with the next rebuild
    return Shape(settings, {"dynamic": "false", "properties": properties})


def _actions(concept: Concept, rows: Iterable[NamedRow]) -> Iterator[dict[str, Any]]:
    for place, row in rows:
        words = [" ".join(words) for words in words_of_row(concept, row)]
        yield {"_id": place, "_source": {**row, "_words": words, "_place": place}}
