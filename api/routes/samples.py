"""Samples: what a file is, and what a draft of a collection would make of its first rows."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from api.dependencies import ServicesDep, SignedIn, link
from api.examples import DRAFT
from api.previews import PRIVATE, answer_preview
from api.receiving import receive
from api.schemas.sample import PreviewAnswer, PreviewRequest, SampleAnswer, SampleRequest
from api.tus import read_number
from include.access.requestor import Requestor
from include.collection.upload import Sample
from include.operations.sampling import KEPT_FOR, preview_sample, read_sample, require_short, take_sample
from include.operations.services import Services
from include.operations.uploading import begin_upload, finish_upload, remove_upload

router = APIRouter(prefix="/sample", tags=["samples"])

_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            "application/json": {"schema": SampleRequest.model_json_schema()},
        },
    }
}


@router.post("", status_code=201, summary="Find out what a file is", openapi_extra=_BODY)
async def take(
    request: Request,
    response: Response,
    services: ServicesDep,
    requestor: SignedIn,
    filename: Annotated[str, Query(max_length=255, description="what you call the file")] = "sample",
) -> SampleAnswer:
    """The body is the file itself, or JSON that names an upload (`upload`) and what you know better (`set`).

    What is found out is kept for a day, and so is a file that came as the body: `upload` names it for a collection."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        asked = await _read_json(request)
        sample = await run_in_threadpool(
            take_sample, services, requestor, asked.upload, name=asked.name, given=asked.set
        )
    else:
        upload = await _hand_over(request, services, requestor, filename)
        sample = await run_in_threadpool(take_sample, services, requestor, upload, name=filename)
    response.headers.update({**PRIVATE, "Location": link(request, f"/sample/{sample.id}")})
    return _sample(sample)


@router.get("/{sample_id}", summary="What was found out about a sample")
def read(sample_id: UUID, response: Response, services: ServicesDep, requestor: SignedIn) -> SampleAnswer:
    response.headers.update(PRIVATE)
    return _sample(read_sample(services, requestor, sample_id))


@router.post("/{sample_id}/preview", summary="What a draft of a collection would make of the first rows")
def preview(
    sample_id: UUID,
    body: Annotated[PreviewRequest, DRAFT],
    response: Response,
    services: ServicesDep,
    requestor: SignedIn,
) -> PreviewAnswer:
    """The stages of a run, over the first 1,000 rows: as read, mapped, curated and anonymised. Nothing is stored."""
    response.headers.update(PRIVATE)
    rehearsal, problems = preview_sample(services, requestor, sample_id, body.draft(), shown=body.rows)
    return answer_preview(rehearsal, body.mapper, problems)


async def _hand_over(request: Request, services: Services, requestor: Requestor, filename: str) -> str:
    """Take in the body as an upload that goes with the sample."""
    if "content-length" not in request.headers:
        raise HTTPException(411, "Send Content-Length.")
    size = read_number(request, "Content-Length")
    require_short(size, "cdmp inspect FILE")
    incoming = await run_in_threadpool(begin_upload, services, requestor, name=filename, size=size, again=True)
    try:
        await receive(request, services, requestor, incoming.id, 0)
        expires = services.clock() + KEPT_FOR
        progress = await run_in_threadpool(finish_upload, services, requestor, incoming.id, expires=expires)
    except BaseException:  # a client that left too: nobody goes on with a sample
        await run_in_threadpool(remove_upload, services, requestor, incoming.id)
        raise
    assert progress.upload is not None  # noqa: S101 - it has just become one
    return progress.upload.id


async def _read_json(request: Request) -> SampleRequest:
    try:
        return SampleRequest.model_validate_json(await request.body())
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None


def _sample(sample: Sample) -> SampleAnswer:
    return SampleAnswer(
        id=sample.id,
        name=sample.name,
        upload=sample.upload,
        created=sample.created,
        expires=sample.expires,
        inspection=sample.document,
    )
