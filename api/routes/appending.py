"""A further file for a collection: what it would bring, and bringing it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Request, Response

from api.dependencies import EngineDep, ServicesDep, SignedIn
from api.previews import PRIVATE, answer_preview
from api.routes.data_collections import answer_started
from api.schemas.data_collection import RunAnswer
from api.schemas.sample import AppendRequest, PreviewAnswer
from include.operations.appending import append_file, preview_append
from include.operations.collection_reading import read_collection

router = APIRouter(prefix="/data-collection", tags=["data collections"])


@router.post("/{collection_id}/append-preview", summary="What a further file would add, and what not")
def preview(
    collection_id: UUID, body: AppendRequest, response: Response, services: ServicesDep, requestor: SignedIn
) -> PreviewAnswer:
    """Over all rows of the file: `foreseen` counts those that are new, already there, and set aside, and the rows that
    it would replace or take away; `report` says by which rule, `notes` which columns are not as they were. Nothing is
    stored."""
    response.headers.update(PRIVATE)
    rehearsal = preview_append(services, requestor, collection_id, body.upload)
    collection = read_collection(services, requestor, collection_id)
    return answer_preview(rehearsal, collection.config.mapper)


@router.post("/{collection_id}/append", status_code=201, summary="Load a further file beside what is there")
def append(
    collection_id: UUID,
    body: AppendRequest,
    request: Request,
    response: Response,
    background: BackgroundTasks,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> RunAnswer:
    """The file becomes the collection's, and a run begins. The collection's `load` says what becomes of rows whose key
    is there.

    409 where this very content was loaded before."""
    started = append_file(services, engine, requestor, collection_id, body.upload, patience_s=None)
    collection = read_collection(services, requestor, collection_id)
    return answer_started(request, response, background, services, engine, collection, started)
