"""Datasets: their list, description and records."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from api.accept import choose_format
from api.dependencies import Cursor, Limit, ServicesDep, SignedIn, link
from api.record_formats import (
    MEDIA_TYPES,
    MESSAGE_TYPES,
    RecordFormat,
    plain_records,
    stream_csv,
    stream_ndjson,
)
from api.schemas.dataset import DatasetAnswer, DatasetLinks, DatasetListAnswer, FieldAnswer, RecordsAnswer
from include.catalog.dcat import from_json_ld, serialise
from include.cim.concept import Field
from include.errors import ConfigurationInvalid, Problem
from include.operations.dataset_reading import list_datasets, read_dataset, read_description, read_records
from include.operations.message_reading import Protocol, read_messages
from include.operations.services import Services
from include.ports import Dataset

router = APIRouter(prefix="/dataset", tags=["datasets"])

_PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


class DcatFormat(StrEnum):
    """How a DCAT record is written."""

    TURTLE = "turtle"
    JSONLD = "jsonld"


@router.get("/", summary="List datasets")
def list_all(
    request: Request, services: ServicesDep, requestor: SignedIn, cursor: Cursor = None, limit: Limit = 50
) -> DatasetListAnswer:
    page = list_datasets(services, requestor, cursor=cursor, limit=limit)
    datasets = [_dataset(request, services, dataset) for dataset in page.datasets]
    return DatasetListAnswer(datasets=datasets, cursor=page.cursor)


@router.get("/{dataset_id}", summary="Read what a dataset is")
def read(dataset_id: UUID, request: Request, services: ServicesDep, requestor: SignedIn) -> DatasetAnswer:
    return _dataset(request, services, read_dataset(services, requestor, dataset_id))


@router.get(
    "/{dataset_id}/records",
    summary="Read a page of records",
    response_model=RecordsAnswer,
    responses={200: {"content": {name: {} for name in (*MEDIA_TYPES.values(), *MESSAGE_TYPES.values())}}},
)
def read_page(
    dataset_id: UUID,
    request: Request,
    services: ServicesDep,
    requestor: SignedIn,
    fields: Annotated[
        str | None, Query(max_length=10_000, description="CIM fields, _flags, _batch_id, _row_id, _since, by commas")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    format: Annotated[RecordFormat | None, Query(description="goes before Accept")] = None,
    as_of: Annotated[UUID | None, Query(description="a batch: the records as it left them")] = None,
) -> Response:
    """In the order of the dataset's key. The next page is `cursor` in JSON, and the header `Link` in every format.

    `openadr3` and `uftp` write datasets of flexibility as whole messages, the last one of a page to its end.
    """
    names = [name.strip() for name in fields.split(",") if name.strip()] if fields else []
    chosen = choose_format(format, request.headers.get("accept", ""), MEDIA_TYPES)
    if chosen in MESSAGE_TYPES:
        if names:
            raise ConfigurationInvalid([Problem("fields", "a message is of all fields", "Leave it out")])
        protocol = Protocol(chosen.value)
        messages = read_messages(services, requestor, dataset_id, protocol, cursor=cursor, limit=limit, as_of=as_of)
        headers = _paged(request, dataset_id, messages.cursor, limit)
        return Response(messages.text, headers=headers, media_type=MESSAGE_TYPES[chosen])
    page = read_records(services, requestor, dataset_id, fields=names, cursor=cursor, limit=limit, as_of=as_of)
    headers = _paged(request, dataset_id, page.cursor, limit)
    match chosen:
        case RecordFormat.NDJSON:
            return StreamingResponse(stream_ndjson(page.table), headers=headers, media_type=MEDIA_TYPES[chosen])
        case RecordFormat.CSV:
            lines = stream_csv(page.fields, page.table)
            return StreamingResponse(lines, headers=headers, media_type=MEDIA_TYPES[chosen])
        case _:
            plain: dict[str, Any] = {
                "dataset": str(dataset_id),
                "fields": [_field(field).model_dump() for field in page.fields],
                "records": plain_records(page.table),
                "cursor": page.cursor,
            }
            return JSONResponse(plain, headers=headers)


@router.get(
    "/{dataset_id}/dcat",
    summary="Read a dataset's DCAT record",
    response_class=Response,
    responses={200: {"content": {"application/ld+json": {}, "text/turtle": {}}}},
)
def read_dcat(
    dataset_id: UUID,
    request: Request,
    services: ServicesDep,
    requestor: SignedIn,
    format: Annotated[DcatFormat | None, Query(description="goes before Accept")] = None,
) -> Response:
    record = read_description(services, requestor, dataset_id)
    turtle = format is DcatFormat.TURTLE or (format is None and "text/turtle" in request.headers.get("accept", ""))
    headers = dict(_PRIVATE, Vary="Accept, Authorization, Cookie")
    if turtle:
        return Response(serialise(from_json_ld(dict(record)), "turtle"), headers=headers, media_type="text/turtle")
    return JSONResponse(dict(record), headers=headers, media_type="application/ld+json")


def _paged(request: Request, dataset_id: UUID, cursor: str | None, limit: int) -> dict[str, str]:
    """Give the headers of a page, with the address of the next one."""
    headers = dict(_PRIVATE, Vary="Accept, Authorization, Cookie")
    if cursor:
        following = {**request.query_params, "cursor": cursor, "limit": str(limit)}
        headers["Link"] = f'<{link(request, f"/dataset/{dataset_id}/records")}?{urlencode(following)}>; rel="next"'
    return headers


def _dataset(request: Request, services: Services, dataset: Dataset) -> DatasetAnswer:
    concept = services.definition.concept(dataset.concept)
    here = link(request, f"/dataset/{dataset.id}")
    return DatasetAnswer(
        id=dataset.id,
        title=dataset.title,
        concept=dataset.concept,
        collection=dataset.collection_id,
        rows=dataset.rows,
        first=dataset.first,
        last=dataset.last,
        updated=dataset.updated,
        published=dataset.dcat is not None,
        fields=[_field(field) for field in concept.fields.values()],
        key=list(concept.key),
        links=DatasetLinks(
            self=here,
            records=f"{here}/records",
            batches=f"{here}/batch",
            dcat=f"{here}/dcat",
            collection=link(request, f"/data-collection/{dataset.collection_id}"),
        ),
    )


def _field(field: Field) -> FieldAnswer:
    return FieldAnswer(name=field.name, type=field.type, unit=field.unit, description=field.description)
