"""Uploads: files handed over in pieces, resumable (tus 1.0), and what became of them."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Path, Request, Response
from starlette.concurrency import run_in_threadpool

from api import tus
from api.dependencies import Cursor, Limit, ServicesDep, SignedIn, link
from api.receiving import receive
from api.schemas.upload import ProgressAnswer, UploadAnswer, UploadListAnswer
from include.access.requestor import Requestor
from include.collection.upload import Upload
from include.operations.services import Services
from include.operations.uploading import (
    Progress,
    begin_upload,
    list_uploads,
    read_progress,
    refuse_repeat,
    remove_upload,
)

router = APIRouter(prefix="/upload", tags=["uploads"])

UploadId = Annotated[
    str,
    Path(
        pattern=r"^([0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$",
        examples=["c0d1e2f3-0a1b-4c2d-8e3f-a4b5c6d7e8f9"],
    ),
]
_UUID_LENGTH: Final = 36
_BODY: Final = {
    "requestBody": {"content": {tus.BODY: {"schema": {"type": "string", "format": "binary"}}}},
}


@router.options("/", status_code=204, summary="Which protocol uploads speak, and the longest file (tus)")
def read_protocol(services: ServicesDep) -> Response:
    return Response(
        status_code=204,
        headers={
            "Tus-Version": tus.VERSION,
            "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(services.incoming.most_bytes),
            "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        },
    )


@router.post(
    "/",
    status_code=201,
    response_class=Response,
    summary="Begin an upload (tus: creation, creation-with-upload)",
    openapi_extra=_BODY,
)
async def begin(request: Request, services: ServicesDep, requestor: SignedIn) -> Response:
    """`Upload-Length` says how long the file is; `Upload-Metadata` its `filename` and, each optional, `filetype`,
    `sha256` (64 digits: a repeat answers 409 before anything is sent, and what arrives is compared with it) and
    `append` (content that you handed over before is welcome). `Location` is where to PATCH."""
    tus.require_version(request)
    length = tus.read_number(request, "Upload-Length")
    metadata = tus.read_metadata(request)
    incoming = await run_in_threadpool(
        begin_upload,
        services,
        requestor,
        name=metadata.get("filename", "upload"),
        size=length,
        media_type=metadata.get("filetype"),
        sha256=tus.read_sha256(metadata),
        again=tus.read_flag(metadata, "append"),
    )
    headers = {"Location": link(request, f"/upload/{incoming.id}"), "Upload-Expires": tus.http_date(incoming.expires)}
    if request.headers.get("content-type") == tus.BODY:
        headers |= await _receive(request, services, requestor, incoming.id, 0)
    return Response(status_code=201, headers=headers)


@router.get("/", summary="List your uploads, newest first, and what has not all arrived")
def list_mine(services: ServicesDep, requestor: SignedIn, cursor: Cursor = None, limit: Limit = 50) -> UploadListAnswer:
    page = list_uploads(services, requestor, cursor=cursor, limit=limit)
    return UploadListAnswer(
        uploads=[_upload(each) for each in page.uploads],
        unfinished=[_progress(each) for each in page.unfinished],
        used_bytes=page.used_bytes,
        quota_bytes=services.incoming.quota_bytes,
        cursor=page.cursor,
    )


@router.head("/{upload_id}", response_class=Response, summary="How far an upload has come (tus)")
def read_offset(upload_id: UUID, request: Request, services: ServicesDep, requestor: SignedIn) -> Response:
    tus.require_version(request)
    progress = read_progress(services, requestor, upload_id)
    incoming = progress.incoming
    headers = {"Upload-Length": str(incoming.bytes), "Upload-Metadata": tus.write_metadata(incoming)}
    return Response(status_code=200, headers={**headers, **_headers(progress)})


@router.get("/{upload_id}", summary="How far an upload has come, and what it became")
def read(upload_id: UUID, services: ServicesDep, requestor: SignedIn) -> ProgressAnswer:
    return _progress(read_progress(services, requestor, upload_id))


@router.patch(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    summary="Go on with an upload (tus)",
    openapi_extra=_BODY,
)
async def go_on_with(upload_id: UUID, request: Request, services: ServicesDep, requestor: SignedIn) -> Response:
    """`Upload-Offset` says where; `Upload-Checksum` (sha256 or sha1), where it is given, what the body adds up to.

    With the last byte the answer has `Cdmp-Upload`, the upload's id; or it is 409, because you had handed over the same
    content before. 423: another request is sending; try again."""
    return await _go_on(upload_id, request, services, requestor)


@router.post(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    summary="The same, for clients that cannot send PATCH (X-HTTP-Method-Override: PATCH)",
    openapi_extra=_BODY,
)
async def go_on_by_post(upload_id: UUID, request: Request, services: ServicesDep, requestor: SignedIn) -> Response:
    if request.headers.get("x-http-method-override", "").upper() != "PATCH":
        raise HTTPException(405, "Send PATCH, or X-HTTP-Method-Override: PATCH.", {"Allow": "GET, HEAD, PATCH, DELETE"})
    return await _go_on(upload_id, request, services, requestor)


@router.delete(
    "/{upload_id}",
    status_code=204,
    response_class=Response,
    summary="Delete an upload, by its id or by the address that it came in at (tus: termination)",
)
def delete(upload_id: UploadId, services: ServicesDep, requestor: SignedIn) -> Response:
    """409 while a collection of yours reads it."""
    remove_upload(services, requestor, UUID(upload_id) if len(upload_id) == _UUID_LENGTH else upload_id)
    return Response(status_code=204)


async def _go_on(upload_id: UUID, request: Request, services: Services, requestor: Requestor) -> Response:
    tus.require_version(request)
    if request.headers.get("content-type") != tus.BODY:
        raise HTTPException(415, f"Send Content-Type: {tus.BODY}.")
    offset = tus.read_number(request, "Upload-Offset")
    return Response(status_code=204, headers=await _receive(request, services, requestor, upload_id, offset))


async def _receive(
    request: Request, services: Services, requestor: Requestor, upload_id: UUID, offset: int
) -> dict[str, str]:
    """Take in a body; gives the headers of the answer."""
    await receive(request, services, requestor, upload_id, offset, tus.read_checksum(request))
    progress = await run_in_threadpool(read_progress, services, requestor, upload_id)
    if progress.upload is not None and progress.earlier and not progress.incoming.again:
        refuse_repeat(progress.upload)
    return _headers(progress)


def _headers(progress: Progress) -> dict[str, str]:
    headers = {"Upload-Offset": str(progress.received), "Upload-Expires": tus.http_date(progress.incoming.expires)}
    if progress.upload is not None:
        headers[tus.UPLOAD] = progress.upload.id
    return headers


def _progress(progress: Progress) -> ProgressAnswer:
    incoming = progress.incoming
    return ProgressAnswer(
        id=incoming.id,
        name=incoming.name,
        bytes=incoming.bytes,
        received=progress.received,
        expires=incoming.expires,
        upload=_upload(progress.upload) if progress.upload else None,
        repeats=progress.earlier,
    )


def _upload(upload: Upload) -> UploadAnswer:
    return UploadAnswer(
        upload=upload.id, name=upload.name, bytes=upload.bytes, stored=upload.stored, expires=upload.expires
    )
