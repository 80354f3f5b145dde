"""Rows in quarantine: for the dataset's owner alone."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Query, Request, Response, status

from api.dependencies import Cursor, EngineDep, Limit, ServicesDep, SignedIn
from api.examples import rows
from api.routes.data_collections import answer_started
from api.schemas.data_collection import RunAnswer
from api.schemas.quarantine import (
    Chosen,
    ChosenForDiscard,
    ChosenForRelease,
    DepartureAnswer,
    DepartureListAnswer,
    Edit,
    QuarantineAnswer,
    QuarantinedAnswer,
    ReasonAnswer,
)
from include.collection.quarantine import Replay
from include.operations.quarantine_keeping import (
    discard_quarantined,
    edit_quarantined,
    list_departures,
    list_quarantine,
    read_quarantined,
    replay_quarantined,
)
from include.operations.services import Services
from include.quarantine_ports import Departure, QuarantinedRow

router = APIRouter(prefix="/dataset/{dataset_id}/quarantine", tags=["quarantine"])

_PRIVATE = "private, no-store"


@router.get("", summary="List the rows that broke a rule, with their reasons")
def list_all(
    dataset_id: UUID,
    response: Response,
    services: ServicesDep,
    requestor: SignedIn,
    batch: UUID | None = None,
    rule: Annotated[str | None, Query(max_length=200, description="one of a row's reasons")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> QuarantineAnswer:
    page = list_quarantine(services, requestor, dataset_id, batch_id=batch, rule=rule, cursor=cursor, limit=limit)
    response.headers["Cache-Control"] = _PRIVATE
    return QuarantineAnswer(rows=[_row(services, row) for row in page.rows], cursor=page.cursor)


@router.get("/departures", summary="List what became of rows that were in quarantine, newest first")
def list_what_left(
    dataset_id: UUID, services: ServicesDep, requestor: SignedIn, cursor: Cursor = None, limit: Limit = 50
) -> DepartureListAnswer:
    page = list_departures(services, requestor, dataset_id, cursor=cursor, limit=limit)
    return DepartureListAnswer(departures=[_departure(each) for each in page.departures], cursor=page.cursor)


@router.post("/replay", status_code=status.HTTP_201_CREATED, summary="Send rows through a run again")
def replay(
    dataset_id: UUID,
    body: Annotated[Chosen, rows()],
    request: Request,
    response: Response,
    background: BackgroundTasks,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> RunAnswer:
    """By the collection's mapping and rules as they are now. Rows that fail again stay, with new reasons."""
    asked = Replay(body.selection())
    collection, run = replay_quarantined(services, engine, requestor, dataset_id, asked, patience_s=None)
    return answer_started(request, response, background, services, engine, collection, run)


@router.post("/release", status_code=status.HTTP_201_CREATED, summary="Load rows without asking the rules")
def release(
    dataset_id: UUID,
    body: Annotated[ChosenForRelease, rows(note="The inverter was replaced.")],
    request: Request,
    response: Response,
    background: BackgroundTasks,
    services: ServicesDep,
    engine: EngineDep,
    requestor: SignedIn,
) -> RunAnswer:
    """They are mapped and anonymised as all others; a cell that cannot be read is empty. The note is kept."""
    asked = Replay(body.selection(), release=True, note=body.note)
    collection, run = replay_quarantined(services, engine, requestor, dataset_id, asked, patience_s=None)
    return answer_started(request, response, background, services, engine, collection, run)


@router.post("/discard", summary="Destroy rows; how many, who did it and why is kept")
def discard(
    dataset_id: UUID, body: Annotated[ChosenForDiscard, rows()], services: ServicesDep, requestor: SignedIn
) -> DepartureAnswer:
    return _departure(discard_quarantined(services, requestor, dataset_id, body.selection(), body.note))


@router.get("/{row}", summary="Read one row")
def read(
    dataset_id: UUID, row: str, response: Response, services: ServicesDep, requestor: SignedIn
) -> QuarantinedAnswer:
    response.headers["Cache-Control"] = _PRIVATE
    return _row(services, read_quarantined(services, requestor, dataset_id, row))


@router.patch("/{row}", summary="Edit a row as it was read; what was read is kept until it leaves")
def edit(
    dataset_id: UUID, row: str, body: Edit, response: Response, services: ServicesDep, requestor: SignedIn
) -> QuarantinedAnswer:
    response.headers["Cache-Control"] = _PRIVATE
    return _row(services, edit_quarantined(services, requestor, dataset_id, row, body.row))


def _row(services: Services, row: QuarantinedRow) -> QuarantinedAnswer:
    return QuarantinedAnswer(
        id=str(row.key),
        batch=row.key.batch_id,
        row_id=row.key.row_id,
        reasons=[ReasonAnswer(field=field, rule=rule) for field, rule in row.reasons],
        row=dict(row.cells),
        original=None if row.original is None else dict(row.original),
        edited=row.edited,
        edited_by=row.edited_by,
        set_aside=row.set_aside,
        expires=row.set_aside + services.quarantine_for,
    )


def _departure(each: Departure) -> DepartureAnswer:
    return DepartureAnswer(
        id=each.id,
        what=each.what.value,
        at=each.at,
        by=each.by,
        rows_left=each.rows_left,
        rows_loaded=each.rows_loaded,
        rows_back=each.rows_back,
        run=each.run_id,
        note=each.note,
    )
