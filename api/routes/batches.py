"""Batches of a dataset: what was loaded, what validation found, how the values came about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from api.dependencies import Cursor, Limit, ServicesDep, SignedIn, link
from api.routes.data_collections import answer_report
from api.schemas.batch import BatchAnswer, BatchDetailAnswer, BatchLinks, BatchListAnswer
from include.batch import BatchRecord
from include.operations.batch_reading import list_batches, read_batch
from include.ports import Dataset

router = APIRouter(prefix="/dataset/{dataset_id}/batch", tags=["datasets"])


@router.get("", summary="List the batches of a dataset")
def list_all(
    dataset_id: UUID,
    request: Request,
    services: ServicesDep,
    requestor: SignedIn,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> BatchListAnswer:
    """Newest first."""
    page = list_batches(services, requestor, dataset_id, cursor=cursor, limit=limit)
    batches = [BatchAnswer(**_plain(request, page.dataset, record)) for record in page.batches]
    return BatchListAnswer(batches=batches, cursor=page.cursor)


@router.get("/{batch_id}", summary="Read a batch: counts, validation report, lineage")
def read(
    dataset_id: UUID, batch_id: UUID, request: Request, services: ServicesDep, requestor: SignedIn
) -> BatchDetailAnswer:
    view = read_batch(services, requestor, dataset_id, batch_id)
    return BatchDetailAnswer(
        **_plain(request, view.dataset, view.record),
        report=answer_report(view.report) if view.report else None,
        lineage=view.lineage,
    )


def _plain(request: Request, dataset: Dataset, record: BatchRecord) -> dict[str, Any]:
    run = f"/data-collection/{dataset.collection_id}/run/{record.run_id}"
    return {
        "id": record.id,
        "dataset": record.dataset_id,
        "run": record.run_id,
        "source_digest": record.source_digest,
        "rows_loaded": record.rows_loaded,
        "rows_already_there": record.rows_already_there,
        "rows_quarantined": record.rows_quarantined,
        "committed": record.committed,
        "links": BatchLinks(
            self=link(request, f"/dataset/{dataset.id}/batch/{record.id}"),
            dataset=link(request, f"/dataset/{dataset.id}"),
            run=link(request, run),
        ),
    }
