"""The full text of datasets' records in Elasticsearch, an index for each dataset that asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from elasticsearch import NotFoundError

from include.catalog.search_text import read_clauses
from include.cim.concept import Concept, FieldType, time_field
from include.errors import IndexAway
from include.search_ports import Filling, FoundRecords, NamedRow, RecordSearch
from include.storage.elasticsearch_alias import (
    Shape,
    answering,
    drop,
    indices_of,
    make_beside,
    open_client,
    put_all,
    take_over,
)
from include.storage.record_words import words_of_row
from include.storage.search_elasticsearch import ANALYSIS, WORDS, demand

_FILLING: Final = "cdmp_filling"
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

    def begin(self, dataset_id: UUID, concept: Concept) -> None:
        """Make an empty index beside the one that answers; see the port."""
        with answering():
            make_beside(self._client, self._alias(dataset_id), _shape(concept))

    def put(self, dataset_id: UUID, concept: Concept, rows: Sequence[NamedRow], *, anew: bool = False) -> int:
        """Index rows beside the others; see the port."""
        with answering():
            actions, alias = _actions(concept, rows), self._alias(dataset_id)
            if anew:
                return put_all(self._client, self._beside(alias), actions)
            return put_all(self._client, alias, actions, require_alias=True)

    def keep(self, dataset_id: UUID, filling: Filling) -> None:
        """Remember how far it is, with the index that it is about; see the port."""
        with answering():
            alias = self._alias(dataset_id)
            name = self._beside(alias) if filling.batches is None else alias
            self._client.indices.put_mapping(index=name, meta={_FILLING: filling.to_json()})

    def filling(self, dataset_id: UUID) -> Filling | None:
        """Give what was kept; see the port."""
        with answering():
            there = indices_of(self._client, self._alias(dataset_id))
        kept = (told["mappings"].get("_meta", {}).get(_FILLING) for _, told in sorted(there.items(), reverse=True))
        return next((Filling.from_json(each) for each in kept if each), None)

    def finish(self, dataset_id: UUID, *, anew: bool = False) -> None:
        """Let searches find what was put; see the port."""
        with answering():
            alias = self._alias(dataset_id)
            name = self._beside(alias) if anew else alias
            self._client.indices.put_mapping(index=name, meta={})
            if anew:
                take_over(self._client, alias, name)
            else:
                self._client.indices.refresh(index=name)

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

    def _beside(self, alias: str) -> str:
        there = indices_of(self._client, alias)
        name = max((name for name, told in there.items() if alias not in told["aliases"]), default=None)
        if name is None:
            raise IndexAway("Elasticsearch", "has lost what was being filled", "It is made anew")
        return name

    def _alias(self, dataset_id: UUID) -> str:
        return f"{self._prefix}-records-{dataset_id.hex}"


def _shape(concept: Concept) -> Shape:
    fields = {field.name: _TYPES[field.type] for field in concept.fields.values()}
    properties = {**fields, "_words": WORDS, "_place": {"type": "keyword"}}
    settings = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "analysis": ANALYSIS}
    # a field that the concept gets later is found by its words all the same, and has its column with the next rebuild
    kept = {"excludes": ["_words", "_place"]}  # of use to searches alone
    return Shape(settings, {"dynamic": "false", "_source": kept, "properties": properties})


def _actions(concept: Concept, rows: Iterable[NamedRow]) -> Iterator[dict[str, Any]]:
    for place, row in rows:
        words = [" ".join(words) for words in words_of_row(concept, row)]
        yield {"_id": place, "_source": {**row, "_words": words, "_place": place}}
