"""Collections: DCS01 to DCS03, their list and their runs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Path, Query, Request, Response, status

from api.dependencies import Cursor, EngineDep, Limit, ServicesDep, SignedIn, link
from api.examples import COLLECTION
from api.schemas.data_collection import (
    CollectionAnswer,
    CollectionLinks,
    CollectionListAnswer,
    DeletedAnswer,
    FailureAnswer,
    NewCollection,
    ReportAnswer,
    ReviewAnswer,
    RuleAnswer,
    RunAnswer,
    RunLinks,
    RunListAnswer,
    Span,
    StageAnswer,
)
from include.batch import ValidationReport
from include.collection.model import Collection, CollectionStatus
from include.collection.run import Run
from include.operations.collection_life import (
    create_collection,
    delete_collection,
    pause_collection,
    resume_collection,
)
from include.operations.collection_reading import (
    CollectionView,
    list_collections,
    read_collection,
    view_collection,
)
from include.operations.collection_running import backfill_collection, list_runs, read_run, run_collection, trigger_run
from include.operations.services import Services
from include.ports import Engine

router = APIRouter(prefix="/data-collection", tags=["data collections"])

RunId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_.~:+-]+$", max_length=250, examples=["manual__20240131T060000_3a80e22f"])
]


@router.post(
    "/",
    status_code=status.HTTP_201_CREATED,
    summary="Make a collection, and start it (DCS01)",
    responses={200: {"model": CollectionAnswer, "description": "An idempotent repeat: this document is there already"}},
)
def create(
    body: Annotated[NewCollection, COLLECTION],
    request: Request,
    response: Response,
    background: BackgroundTasks,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> CollectionAnswer:
    """The same document from the same user is the same collection: sending it again answers 200 and changes nothing."""
    collection, created = create_collection(services, engine, requestor, body.config(), body.start, patience_s=None)
    view = view_collection(services, collection)
    answer = _collection(request, view)
    if created:
        _hand_over(background, services, engine, collection, view.latest)
    else:
        response.status_code = status.HTTP_200_OK
    response.headers["Location"] = answer.links.self
    return answer


@router.get("/", summary="List collections, newest first")
def list_all(
    request: Request,
    services: ServicesDep,
    requestor: SignedIn,
    status: CollectionStatus | None = None,
    title: Annotated[str | None, Query(max_length=200, description="text that the title contains")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CollectionListAnswer:
    page = list_collections(services, requestor, status=status, title=title, cursor=cursor, limit=limit)
    return CollectionListAnswer(collections=[_collection(request, view) for view in page.views], cursor=page.cursor)


@router.get("/{collection_id}", summary="Read a collection (DCS02)")
def read(collection_id: UUID, request: Request, services: ServicesDep, requestor: SignedIn) -> CollectionAnswer:
    collection = read_collection(services, requestor, collection_id)
    return _collection(request, view_collection(services, collection))


@router.delete("/{collection_id}", summary="Delete a collection; its dataset stays (DCS03)")
def delete(collection_id: UUID, services: ServicesDep, engine: EngineDep, requestor: SignedIn) -> DeletedAnswer:
    delete_collection(services, engine, requestor, collection_id)
    return DeletedAnswer(id=collection_id)


@router.post("/{collection_id}/run", status_code=status.HTTP_201_CREATED, summary="Run a collection now")
def run(
    collection_id: UUID,
    request: Request,
    response: Response,
    background: BackgroundTasks,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> RunAnswer:
    started = run_collection(services, engine, requestor, collection_id, patience_s=None)
    collection = read_collection(services, requestor, collection_id)
    return answer_started(request, response, background, services, engine, collection, started)


@router.post(
    "/{collection_id}/backfill",
    status_code=status.HTTP_201_CREATED,
    summary="Read a span of time again; what is loaded already stays, and is counted",
)
def backfill(
    collection_id: UUID,
    body: Span,
    request: Request,
    response: Response,
    background: BackgroundTasks,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> RunAnswer:
    started = backfill_collection(services, engine, requestor, collection_id, body.start, body.end, patience_s=None)
    collection = read_collection(services, requestor, collection_id)
    return answer_started(request, response, background, services, engine, collection, started)


@router.post("/{collection_id}/pause", summary="Let the schedule rest; a run that is active goes on")
def pause(
    collection_id: UUID, request: Request, services: ServicesDep, engine: EngineDep, requestor: SignedIn
) -> CollectionAnswer:
    collection = pause_collection(services, engine, requestor, collection_id)
    return _collection(request, view_collection(services, collection))


@router.post("/{collection_id}/resume", summary="Let the schedule go on")
def resume(
    collection_id: UUID, request: Request, services: ServicesDep, engine: EngineDep, requestor: SignedIn
) -> CollectionAnswer:
    collection = resume_collection(services, engine, requestor, collection_id)
    return _collection(request, view_collection(services, collection))


@router.get("/{collection_id}/run", summary="List the runs of a collection, newest first")
def list_its_runs(
    collection_id: UUID,
    request: Request,
    services: ServicesDep,
    requestor: SignedIn,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RunListAnswer:
    collection = read_collection(services, requestor, collection_id)
    page = list_runs(services, requestor, collection_id, cursor=cursor, limit=limit)
    return RunListAnswer(runs=[answer_run(request, collection, each) for each in page.runs], cursor=page.cursor)


@router.get("/{collection_id}/run/{run_id}", summary="Read a run: what each stage did, and how it ended")
def read_one_run(
    collection_id: UUID, run_id: RunId, request: Request, services: ServicesDep, requestor: SignedIn
) -> RunAnswer:
    collection = read_collection(services, requestor, collection_id)
    return answer_run(request, collection, read_run(services, requestor, collection_id, run_id))


def answer_started(
    request: Request,
    response: Response,
    background: BackgroundTasks,
    services: Services,
    engine: Engine,
    collection: Collection,
    started: Run,
) -> RunAnswer:
    """Write a run that was asked for just now, and hand it to Airflow once that has been sent."""
    _hand_over(background, services, engine, collection, started)
    answer = answer_run(request, collection, started)
    response.headers["Location"] = answer.links.self
    return answer


def _hand_over(
    background: BackgroundTasks, services: Services, engine: Engine, collection: Collection, started: Run | None
) -> None:
    """Hand a run to Airflow after the answer has been sent, and wait a little for a DAG that is new."""
    if started is not None and started.state.active:
        background.add_task(
            trigger_run, services, engine, collection, started.run_id, started.requested_by or "", patience_s=3.0
        )


def _collection(request: Request, view: CollectionView) -> CollectionAnswer:
    collection = view.collection
    here = link(request, f"/data-collection/{collection.id}")
    dataset = link(request, f"/dataset/{collection.dataset_id}")
    return CollectionAnswer(
        id=collection.id,
        title=collection.config.title,
        user=collection.owner_name,
        configuration=collection.config.model_dump(mode="json", exclude_none=True),
        created=collection.created,
        status=view.status,
        version=collection.version,
        updated=collection.updated,
        dataset=collection.dataset_id,
        links=CollectionLinks(self=here, runs=f"{here}/run", dataset=dataset, records=f"{dataset}/records"),
    )


def answer_run(request: Request, collection: Collection, run: Run) -> RunAnswer:
    """Write a run."""
    here = link(request, f"/data-collection/{collection.id}")
    dataset = link(request, f"/dataset/{collection.dataset_id}")
    return RunAnswer(
        id=run.run_id,
        collection=collection.id,
        title=collection.config.title,
        version=run.version,
        state=run.state,
        requested_by=run.requested_by,
        queued=run.queued,
        started=run.started,
        finished=run.finished,
        batch=run.batch_id,
        stages=[
            StageAnswer(
                task=stage.task,
                started=stage.started,
                seconds=stage.seconds,
                counts=stage.counts,
                notes=list(stage.notes),
            )
            for stage in run.stages
        ],
        report=answer_report(run.report) if run.report else None,
        failure=FailureAnswer(
            task=run.failure.task, where=run.failure.where, what=run.failure.what, remedy=run.failure.remedy
        )
        if run.failure
        else None,
        note=run.note,
        window=Span(start=run.window.start, end=run.window.end) if run.window else None,
        replay=run.replay.to_json() if run.replay else None,
        held=list(run.report.held) if run.report else [],
        review=ReviewAnswer(**asdict(run.review)) if run.review else None,
        dataset=collection.dataset_id,
        links=RunLinks(self=f"{here}/run/{run.run_id}", collection=here, dataset=dataset, records=f"{dataset}/records"),
    )


def answer_report(report: ValidationReport) -> ReportAnswer:
    """Write a report."""
    return ReportAnswer(
        rows_in=report.rows_in,
        rows_out=report.rows_out,
        rows_quarantined=report.rows_quarantined,
        rows_dropped=report.rows_dropped,
        cells_set_null=report.cells_set_null,
        cells_filled=report.cells_filled,
        cells_clamped=report.cells_clamped,
        rows_flagged=report.rows_flagged,
        held=list(report.held),
        rules=[
            RuleAnswer(
                rule=outcome.rule,
                field=outcome.field,
                action=outcome.action,
                checked=outcome.checked,
                failed=outcome.failed,
                row_ids=list(outcome.row_ids),
                acted=outcome.acted,
            )
            for outcome in report.outcomes
        ],
    )
