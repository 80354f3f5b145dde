"""Keeps the search index where PostgreSQL is: a dataset's document follows whatever changes it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final, Protocol
from uuid import UUID

from include.anonymization.config import Method
from include.catalog.search_document import FieldWords, Found, build_search_document
from include.cim.concept import Concept
from include.cim_ports import Definition
from include.collection.model import Collection, CollectionState
from include.errors import CdmpError, IndexAway, IndexRefuses, Locked, NotFound
from include.pipeline.index_records import SearchedRecords, index_records
from include.ports import CollectionStore, Dataset, DatasetStore
from include.search_ports import Document, IndexQueue, SearchIndex

_log = logging.getLogger(__name__)

_PAGE: Final = 500
_EMPTIED: Final = (Method.DROP, Method.REDACT)


class Searched(SearchedRecords, Protocol):
    """The ports that indexing needs; `wiring.Platform` has them all."""

    @property
    def definition(self) -> Definition: ...
    @property
    def collections(self) -> CollectionStore: ...
    @property
    def datasets(self) -> DatasetStore: ...
    @property
    def index(self) -> SearchIndex: ...
    @property
    def index_queue(self) -> IndexQueue: ...


def index(at: Searched, dataset_id: UUID, *, wait: bool = True) -> dict[str, int]:
    """Bring the index up to what PostgreSQL has of a dataset, be it nothing any more; gives its counts.

    Raises:
        IndexAway: The rows are safe, and `catch_up` does it later.
        Locked: As `IndexQueue.following`.
    """
    with at.index_queue.following(dataset_id, wait=wait) as changes:
        found = _find(at, dataset_id)
        if found is None:
            at.index.remove(dataset_id)
            index_records(at, dataset_id, None, None, changes)
            return {"documents_indexed": 0}
        dataset, collection, concept = found
        at.index.put(dataset_id, build_search_document(_found(at, dataset, collection, concept)))
        return {"documents_indexed": 1} | index_records(at, dataset_id, collection, concept, changes)


def catch_up(at: Searched, *, wait: bool = False) -> int:
    """Index what has changed since the index was away; gives the number of datasets.

    What the index refuses waits, and holds up nobody else; nor does what somebody else is indexing, however long
    that takes.

    Raises:
        IndexAway: It is away still.
    """
    done = 0
    for dataset_id in at.index_queue.due():
        try:
            index(at, dataset_id, wait=wait)
        except Locked:
            continue
        except CdmpError as error:
            if isinstance(error, IndexAway) and not isinstance(error, IndexRefuses):
                raise
            _log.warning("dataset %s was not indexed: %s", dataset_id, error)
        else:
            done += 1
    return done


def rebuild(at: Searched) -> int:
    """Make the index anew from PostgreSQL, and let it take the old one's place; gives the number of documents.

    So it goes with the records of each dataset whose collection asks for it; where that is stopped, `catch_up` goes
    on with it. Searches answer meanwhile. Whoever loads does not wait: what changes meanwhile is caught up with at the
    end.

    Raises:
        Locked: Somebody is rebuilding it.
        IndexAway: The old one, if there is any, stays as it is.
    """
    with at.index_queue.rebuilding():
        count = at.index.rebuild(_all(at))
        for dataset, collection, _ in _every(at):
            if collection.config.search.records:
                at.index_queue.due_again(dataset.id, dataset.owner_id)
    catch_up(at, wait=True)
    return count


def _all(at: Searched) -> Iterator[tuple[UUID, Document]]:
    for dataset, collection, concept in _every(at):
        yield dataset.id, build_search_document(_found(at, dataset, collection, concept))


def _every(at: Searched) -> Iterator[tuple[Dataset, Collection, Concept]]:
    after: UUID | None = None
    while page := at.datasets.find(None, after=after, limit=_PAGE):
        yield from filter(None, (_find(at, dataset.id) for dataset in page))
        after = page[-1].id


def _find(at: Searched, dataset_id: UUID) -> tuple[Dataset, Collection, Concept] | None:
    """Give a dataset with what describes it; None where either is gone."""
    try:
        dataset = at.datasets.get(dataset_id)
        collection = at.collections.get(dataset.collection_id)
    except NotFound:
        return None
    if collection.state is CollectionState.DELETING:
        return None
    return dataset, collection, at.definition.concept(dataset.concept)


def _found(at: Searched, dataset: Dataset, collection: Collection, concept: Concept) -> Found:
    config, metadata = collection.config, collection.config.metadata
    filled = {*concept.key, *(rule.field for rule in config.mapper.rules)} if config.mapper else {*concept.fields}
    filled -= {name for name, plan in config.anonymization.fields.items() if plan.method in _EMPTIED}
    last = next(iter(at.datasets.batches(dataset.id, limit=1)), None)
    rows = last.rows_loaded + last.rows_already_there + last.rows_quarantined if last else 0
    return Found(
        owner_id=dataset.owner_id,
        owner=collection.owner_name,
        title=(metadata.title if metadata else None) or config.title,
        description=(metadata.description if metadata else None) or config.description or "",
        keywords=metadata.keywords if metadata else config.tags,
        publisher=metadata.publisher if metadata else None,
        spatial=metadata.spatial if metadata else None,
        box=metadata.bbox if metadata else None,
        concept=concept.name,
        concept_title=concept.title,
        concept_description=concept.description,
        fields=[
            FieldWords(field.name, field.description, field.unit, field.synonyms)
            for name, field in concept.fields.items()
            if name in filled
        ],
        first=dataset.first,
        last=dataset.last,
        updated=dataset.updated,
        rows=dataset.rows,
        quarantined_share=last.rows_quarantined / rows if last and rows else None,
    )
