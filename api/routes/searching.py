"""Searching the catalogue."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BeforeValidator

from api.dependencies import Cursor, Limit, ServicesDep, SignedIn, link
from api.schemas.searching import FacetAnswer, FoundRecordsAnswer, HitAnswer, HitLinks, SearchAnswerBody, SuggestAnswer
from include.configuration import refuse_count
from include.errors import ConfigurationInvalid, Problem
from include.operations.searching import FoundDataset, search_catalogue, search_records, suggest_searches
from include.search_ports import Box, RecordSearch, SearchQuery

router = APIRouter(tags=["catalogue"])

_PRIVATE: Final = "private, no-store"
_FACETS: Final = {"concept": "concept", "keyword": "keywords", "publisher": "publisher", "owner": "owner"}
"""As the parameters are called, and as the index calls them."""

Moment = Annotated[AwareDatetime, BeforeValidator(refuse_count)]
Exact = Annotated[str | None, Query(max_length=300, description="as the facet has it")]


@router.get("/search", summary="Search the catalogue")
def search(
    request: Request,
    response: Response,
    services: ServicesDep,
    requestor: SignedIn,
    q: Annotated[
        str | None,
        Query(max_length=500, description='words, "phrases", -without; none: whatever meets the conditions'),
    ] = None,
    concept: Exact = None,
    keyword: Exact = None,
    publisher: Exact = None,
    owner: Exact = None,
    start: Annotated[Moment | None, Query(description="has rows at this moment or later")] = None,
    end: Annotated[Moment | None, Query(description="has rows before this moment")] = None,
    bbox: Annotated[
        str | None, Query(max_length=200, description="west,south,east,north in degrees; the dataset's overlaps it")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SearchAnswerBody:
    """What fits best comes first; without `q`, what changed last. Only what you may see is found and counted."""
    box = _read_box(bbox) if bbox is not None else None
    query = SearchQuery(q, None, concept, keyword, publisher, owner, start, end, box, limit=limit)
    page = search_catalogue(services, requestor, query, cursor=cursor)
    response.headers["Cache-Control"] = _PRIVATE
    return SearchAnswerBody(
        datasets=[_hit(request, found) for found in page.found],
        total=page.total,
        facets={
            name: [FacetAnswer(value=value, count=count) for value, count in page.facets.get(inner, {}).items()]
            for name, inner in _FACETS.items()
        },
        cursor=page.cursor,
    )


@router.get("/search/{dataset_id}", summary="Search the records of a dataset")
def search_rows(
    dataset_id: UUID,
    response: Response,
    services: ServicesDep,
    requestor: SignedIn,
    q: Annotated[
        str, Query(max_length=500, description='words, "phrases", -without, in its ids, texts and terms')
    ] = "",
    start: Annotated[Moment | None, Query(description="at this moment or later")] = None,
    end: Annotated[Moment | None, Query(description="before this moment")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> FoundRecordsAnswer:
    """Where its collection asks for it (`search: {records: true}`), and for those who may read it."""
    query = RecordSearch(q, start, end, limit=limit)
    found, following = search_records(services, requestor, dataset_id, query, cursor=cursor)
    response.headers["Cache-Control"] = _PRIVATE
    return FoundRecordsAnswer(records=[dict(row) for row in found.rows], total=found.total, cursor=following)


@router.get("/suggest", summary="Suggest what to search for")
def suggest(
    response: Response,
    services: ServicesDep,
    requestor: SignedIn,
    q: Annotated[str, Query(max_length=500, description="what was typed so far")] = "",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SuggestAnswer:
    response.headers["Cache-Control"] = _PRIVATE
    return SuggestAnswer(suggestions=list(suggest_searches(services, requestor, q, limit=limit)))


def _read_box(text: str) -> Box:
    try:
        box = Box(*map(float, text.split(",")))
    except (ValueError, TypeError):
        box = None
    if box is None or not all(-180 <= degrees <= 180 for degrees in box):  # NaN is in no range
        remedy = "West, south, east and north, in degrees: 4.2,50.8,4.5,50.9"
        raise ConfigurationInvalid([Problem("bbox", "it is no box", remedy)])
    return box


def _hit(request: Request, found: FoundDataset) -> HitAnswer:
    dataset, document = found.dataset, found.hit.document
    here = link(request, f"/dataset/{dataset.id}")
    corners = [document.get(side) for side in Box._fields]
    return HitAnswer(
        id=dataset.id,
        title=found.hit.title,
        description=document.get("description"),
        concept=dataset.concept,
        concept_title=document["concept_names"][0],
        keywords=document.get("keywords", []),
        publisher=document.get("publisher"),
        owner=document["owner"],
        units=document.get("units", []),
        first=dataset.first,
        last=dataset.last,
        bbox=None if None in corners else corners,
        rows=dataset.rows,
        updated=dataset.updated,
        quarantined_share=document.get("quarantined_share"),
        score=found.hit.score,
        links=HitLinks(self=here, records=f"{here}/records"),
    )
