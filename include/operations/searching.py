"""Searching the catalogue: what fits of the datasets that the requestor may see, and what they may be about to type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from include.access.requestor import Requestor
from include.catalog.search_text import fits, read_clauses
from include.cim.concept import FieldType
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem
from include.operations.cursor import read_cursor, write_cursor
from include.operations.dataset_reading import read_dataset
from include.operations.services import Services, owner_filter
from include.ports import Dataset
from include.search_ports import Box, FoundRecords, RecordSearch, SearchHit, SearchQuery

_LOOKED_AT: Final = 50
"""How many hits suggestions are taken from."""


@dataclass(frozen=True, slots=True)
class FoundDataset:
    """A dataset that was found, and what the index says of it."""

    dataset: Dataset
    hit: SearchHit


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of what was found, best first; `cursor` is None on the last one.

    Attributes:
        total, facets: As `SearchAnswer` has them.
    """

    found: Sequence[FoundDataset]
    total: int
    facets: Mapping[str, Mapping[str, int]]
    cursor: str | None


def search_catalogue(
    services: Services, requestor: Requestor, query: SearchQuery, *, cursor: str | None = None
) -> FoundPage:
    """Find datasets. The index says which may be meant; PostgreSQL says which there are and whether they may be seen.

    Args:
        query: Whose datasets are searched follows from the requestor, whatever it says.
        cursor: `FoundPage.cursor` of the page before.

    Raises:
        ConfigurationInvalid: The span, the box or the cursor is none.
        IndexAway: Nothing can be found at the moment.
    """
    _check(query.start, query.end, query.box)
    after = _read_place(cursor) if cursor else None
    asked = replace(query, owner_id=owner_filter(requestor), after=after, limit=query.limit + 1)
    answer = services.index.search(asked)
    page = answer.hits[: query.limit]
    datasets = services.datasets.several([hit.dataset_id for hit in page])
    found = [
        FoundDataset(dataset, hit)
        for hit in page
        if (dataset := datasets.get(hit.dataset_id)) is not None and requestor.may_see(dataset.owner_id)
    ]
    following = write_cursor(page[-1].place) if len(answer.hits) > len(page) else None
    return FoundPage(found, answer.total, answer.facets, following)


def search_records(
    services: Services, requestor: Requestor, dataset_id: UUID, query: RecordSearch, *, cursor: str | None = None
) -> tuple[FoundRecords, str | None]:
    """Find records of a dataset by their texts; who may read it may search it, and nobody else.

    Returns:
        The page, and the cursor of the next one; None on the last.

    Raises:
        NotFound: As `read_dataset`.
        Conflict: The collection does not ask for it.
        ConfigurationInvalid: The span or the cursor is none.
        IndexAway: Nothing can be found at the moment.
    """
    dataset = read_dataset(services, requestor, dataset_id)
    _check(query.start, query.end)
    try:
        asked_for = services.collections.get(dataset.collection_id).config.search.records
    except NotFound:
        asked_for = False
    if not asked_for:
        remedy = "Its owner sets `search: {records: true}` in the collection"
        raise Conflict(f"dataset {dataset_id}", "its records are not indexed", remedy)
    after = read_cursor(cursor, (FieldType.FLOAT, FieldType.TEXT)) if cursor else None
    concept = services.definition.concept(dataset.concept)
    asked = replace(query, after=(after[0], after[1]) if after else None, limit=query.limit + 1)
    found = services.record_index.search(dataset_id, concept, asked)
    rows, places = found.rows[: query.limit], found.places[: query.limit]
    following = write_cursor(places[-1]) if len(found.rows) > len(rows) else None
    return FoundRecords(rows, places, found.total), following


def suggest_searches(services: Services, requestor: Requestor, text: str, *, limit: int = 10) -> Sequence[str]:
    """Suggest titles, keywords and concepts that a text may become, of datasets that the requestor may see.

    Raises:
        IndexAway: Nothing can be found at the moment.
    """
    clauses = read_clauses(text)
    page = search_catalogue(services, requestor, SearchQuery(text, limit=_LOOKED_AT))
    # one round for each kind, so that a word that many datasets share comes before the many titles
    kinds = ("keywords", "concept_names", "title")
    texts = (each for kind in kinds for found in page.found for each in _texts(found.hit.document, kind))
    return [each for each in dict.fromkeys(texts) if fits(clauses, each)][:limit]


def _texts(document: Mapping[str, Any], kind: str) -> Sequence[str]:
    value: str | Sequence[str] = document.get(kind, ())
    if kind == "concept_names":  # its title: the name is no language of people's
        return value[:1]
    return (value,) if isinstance(value, str) else value


def _check(start: datetime | None, end: datetime | None, box: Box | None = None) -> None:
    problems = []
    for name, moment in (("start", start), ("end", end)):
        if moment is not None and moment.tzinfo is None:
            problems.append(Problem(name, "it has no zone", "Write it like 2024-01-01T00:00:00Z"))
    if not problems and start is not None and end is not None and end <= start:
        problems.append(Problem("end", "it is not after start", "Swap the two"))
    if box is not None and not (box.west <= box.east and box.south <= box.north):
        problems.append(Problem("bbox", "it is no box", "West, south, east and north, in degrees: 4.2,50.8,4.5,50.9"))
    if problems:
        raise ConfigurationInvalid(problems)


def _read_place(cursor: str) -> tuple[float, UUID]:
    score, identity = read_cursor(cursor, (FieldType.FLOAT, FieldType.ID))
    try:
        return score, UUID(identity)
    except ValueError as error:
        raise ConfigurationInvalid([Problem("cursor", "is not a cursor of this list", "Leave it out")]) from error
