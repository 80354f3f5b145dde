"""The steps of a collection at addresses of their own: curation, DCS08 and DCS09."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request, Response, status

from api.dependencies import EngineDep, ServicesDep, SignedIn, link
from api.schemas.step import StepAnswer
from include.collection.model import Collection
from include.collection.step import Step, step_id
from include.expectations.suite_document import Suite
from include.operations.collection_reading import read_by_step, view_collection
from include.operations.curating import change_suite, describe_suite
from include.operations.services import Services

router = APIRouter(prefix="/data-collection", tags=["data collections"])

_CURATOR = "/data-curator-config/{collection_id}"


@router.post(
    _CURATOR,
    status_code=status.HTTP_201_CREATED,
    summary="Set the curation rules of a collection (DCS08)",
    responses={200: {"model": StepAnswer, "description": "There were rules of the owner's: these are in their place"}},
)
def set_curator(
    collection_id: UUID,
    body: Suite,
    request: Request,
    response: Response,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> StepAnswer:
    """What the concept demands stays, whether it stands in the suite or not; a run that is active goes on with the
    rules that it began with."""
    old = read_by_step(services, requestor, Step.CURATOR, collection_id)
    new = change_suite(services, engine, requestor, old, body)
    if old.config.curator.rules:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = link(request, "/data-collection" + _CURATOR.format(collection_id=new.id))
    return _curator(services, new)


@router.get(_CURATOR, summary="Read the curation suite of a collection (DCS09)")
def read_curator(collection_id: UUID, services: ServicesDep, requestor: SignedIn) -> StepAnswer:
    """What the concept demands is marked by `meta.demanded_by`; the rest are the owner's rules."""
    return _curator(services, read_by_step(services, requestor, Step.CURATOR, collection_id))


def _curator(services: Services, collection: Collection) -> StepAnswer:
    return StepAnswer(
        **{"step-id": step_id(Step.CURATOR, collection.id)},
        id=collection.id,
        title=collection.config.title,
        configuration=describe_suite(services, collection),
        created=collection.created,
        status=view_collection(services, collection).status,
        version=collection.version,
        updated=collection.updated,
    )
