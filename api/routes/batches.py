"""Batches of a dataset: what was loaded, what validation found, how the values came about."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request

from api.dependencies import Cursor, Limit, ServicesDep, SignedIn, link
from api.routes.data_collections import answer_report
from api.schemas.batch import (
    BatchAnswer,
    BatchDetailAnswer,
    BatchLinks,
    BatchListAnswer,
    RollbackAnswer,
    RollbackListAnswer,
    RollbackRequest,
    RolledBackAnswer,
)
from include.batch import BatchRecord
from include.history_ports import Rollback
from include.operations.batch_reading import list_batches, read_batch
from include.operations.rolling_back import list_rollbacks, roll_back_batch
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


@router.get("/rollbacks", summary="List the batches that were taken back")
def list_taken_back(
    dataset_id: UUID, services: ServicesDep, requestor: SignedIn, cursor: Cursor = None, limit: Limit = 50
) -> RollbackListAnswer:
    """The last ones first."""
    page = list_rollbacks(services, requestor, dataset_id, cursor=cursor, limit=limit)
    return RollbackListAnswer(
        rollbacks=[RollbackAnswer(**_rollback(each)) for each in page.rollbacks], cursor=page.cursor
    )


@router.get("/{batch_id}", summary="Read a batch: counts, validation report, lineage")
def read(
    dataset_id: UUID, batch_id: UUID, request: Request, services: ServicesDep, requestor: SignedIn
) -> BatchDetailAnswer:
    view = read_batch(services, requestor, dataset_id, batch_id)
    return BatchDetailAnswer(
        **_plain(request, view.dataset, view.record),
        report=answer_report(view.report) if view.report else None,
        lineage=view.lineage,
        file=view.file,
    )


@router.post("/{batch_id}/rollback", summary="Take a batch back")
def roll_back(
    dataset_id: UUID,
    batch_id: UUID,
    services: ServicesDep,
    requestor: SignedIn,
    body: RollbackRequest | None = None,
) -> RolledBackAnswer:
    """What it brought is removed, its rows in quarantine too; what it overwrote is there again, also below what later
    batches did. Its content can then be loaded again. For the dataset's owner.

    409 while a run of the collection is active, and where later batches have counted on from its readings."""
    done = roll_back_batch(services, requestor, dataset_id, batch_id, body.note if body is not None else "")
    dataset = done.dataset
    return RolledBackAnswer(
        **_rollback(done.rollback),
        rows=dataset.rows,
        first=dataset.first,
        last=dataset.last,
        notes=list(done.notes),
    )


def _rollback(done: Rollback) -> dict[str, Any]:
    return {
        "batch": done.batch_id,
        "number": done.number,
        "at": done.at,
        "by": done.by,
        "note": done.note,
        "rows_removed": done.rows_removed,
        "rows_restored": done.rows_restored,
    }


def _plain(request: Request, dataset: Dataset, record: BatchRecord) -> dict[str, Any]:
    run = f"/data-collection/{dataset.collection_id}/run/{record.run_id}"
    return {
        "id": record.id,
        "dataset": record.dataset_id,
        "number": record.number,
        "run": record.run_id,
        "source_digest": record.source_digest,
        "rows_loaded": record.rows_loaded,
        "rows_already_there": record.rows_already_there,
        "rows_replaced": record.rows_replaced,
        "rows_removed": record.rows_removed,
        "rows_quarantined": record.rows_quarantined,
        "committed": record.committed,
        "links": BatchLinks(
            self=link(request, f"/dataset/{dataset.id}/batch/{record.id}"),
            dataset=link(request, f"/dataset/{dataset.id}"),
            run=link(request, run),
            records=link(request, f"/dataset/{dataset.id}/records") + f"?as_of={record.id}",
        ),
    }
