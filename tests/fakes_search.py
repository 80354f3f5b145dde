"""The search index held in memory: it finds as the others do, and ranks by nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from include.catalog.search_document import words_of
from include.catalog.search_text import fits, read_clauses
from include.search_ports import FACETS, Document, SearchAnswer, SearchHit, SearchQuery


class FakeIndex:
    def __init__(self) -> None:
        self.documents: dict[UUID, Document] = {}
        self.asked: list[SearchQuery] = []

    def put(self, dataset_id: UUID, document: Document) -> None:
        self.documents[dataset_id] = document

    def remove(self, dataset_id: UUID) -> None:
        self.documents.pop(dataset_id, None)

    def search(self, query: SearchQuery) -> SearchAnswer:
        self.asked.append(query)
        hits = [SearchHit(key, 1.0, each) for key, each in sorted(self.documents.items()) if _fits(query, each)]
        counts = {name: Counter(value for hit in hits for value in _values(hit, name)) for name in FACETS}
        page = [hit for hit in hits if query.after is None or hit.dataset_id > query.after[1]]
        return SearchAnswer(page[: query.limit], len(hits), counts)

    def rebuild(self, documents: Iterable[tuple[UUID, Document]]) -> int:
        self.documents = dict(documents)
        return len(self.documents)


def _fits(query: SearchQuery, document: Document) -> bool:
    clauses = read_clauses(query.text or "")
    words = " ".join(word for _, words in words_of(document) for word in words)
    exact = ((query.owner_id, "owner_id"), (query.concept, "concept"), (query.owner, "owner"))
    return (
        (query.text is None or bool(clauses))
        and fits(clauses, words)
        and all(wanted in (None, document.get(name)) for wanted, name in exact)
        and (query.keyword is None or query.keyword in document.get("keywords", ()))
    )


def _values(hit: SearchHit, name: str) -> list[str]:
    value = hit.document.get(name, [])
    return [value] if isinstance(value, str) else value
