"""A run that waits for a person: its batch is approved or rejected."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request

from api.dependencies import EngineDep, ServicesDep, SignedIn
from api.routes.data_collections import RunId, answer_run
from api.schemas.data_collection import RunAnswer
from api.schemas.quarantine import Decision
from include.operations.collection_reading import read_collection
from include.operations.reviewing import review_run

router = APIRouter(prefix="/data-collection", tags=["data collections"])


@router.post("/{collection_id}/run/{run_id}/review", summary="Approve or reject a batch that a rule holds")
def review(
    collection_id: UUID,
    run_id: RunId,
    body: Decision,
    request: Request,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> RunAnswer:
    """By the collection's owner, or a steward. The run goes on, or ends, a moment later."""
    approve = body.decision == "approve"
    run = review_run(services, engine, requestor, collection_id, run_id, approve=approve, note=body.note)
    return answer_run(request, read_collection(services, requestor, collection_id), run)
