"""Sources before a collection is made of them: presets, and a dry run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from api.dependencies import ServicesDep, SignedIn
from api.examples import SOURCE
from api.problems import ProblemPart
from api.record_formats import plain_records
from api.schemas.source import (
    DryRunAnswer,
    DryRunRequest,
    PresetAnswer,
    PresetListAnswer,
    PresetParameter,
    RequestShown,
    UnreadableCell,
)
from include.collection.preset import Preset, load_presets
from include.operations.source_trying import DryRun, try_source

router = APIRouter(prefix="/source", tags=["sources"])


@router.post("/dry-run", summary="Ask a REST source once, and show what comes; stores nothing")
def dry_run(body: Annotated[DryRunRequest, SOURCE], services: ServicesDep, requestor: SignedIn) -> DryRunAnswer:
    """A source that does not answer as it should is an answer of its own: `problem` says what is wrong with it."""
    span = (body.window.start, body.window.end) if body.window is not None else None
    return _answer(try_source(services, requestor, body.config(), span))


@router.get("/preset", summary="List the presets of public sources, and what each needs to be told")
def list_presets(_requestor: SignedIn) -> PresetListAnswer:
    return PresetListAnswer(presets=[_preset(name, preset) for name, preset in load_presets().items()])


def _answer(run: DryRun) -> DryRunAnswer:
    trial = run.trial
    request, problem, rows, rehearsal = trial.request, run.problem, trial.rows, run.rehearsal
    return DryRunAnswer(
        request=RequestShown(method=request.method, url=request.url, headers=dict(request.headers), body=request.body)
        if request
        else None,
        status=trial.status,
        content_type=trial.content_type,
        bytes=trial.size,
        columns=rows.columns if rows is not None else [],
        rows=rows.to_dicts() if rows is not None else [],
        more=trial.more,
        total=trial.total,
        notes=list(trial.notes),
        mapped=list(plain_records(run.mapped.to_arrow())) if run.mapped is not None else None,
        unreadable=[
            UnreadableCell(row=cell.row_id, field=cell.field, rule=cell.rule)
            for cell in (rehearsal.issues if rehearsal is not None else ())
        ],
        counts=dict(rehearsal.counts) if rehearsal is not None else {},
        missing=list(run.missing),
        problem=ProblemPart(where=problem.where, what=problem.what, expected=problem.remedy) if problem else None,
    )


def _preset(name: str, preset: Preset) -> PresetAnswer:
    return PresetAnswer(
        name=name,
        title=preset.title,
        documentation=preset.documentation,
        licence=preset.licence,
        note=preset.note,
        parameters=[
            PresetParameter(
                name=parameter,
                description=choice.description,
                type=choice.type,
                required=choice.default is None and not choice.optional,
                default=choice.default,
            )
            for parameter, choice in preset.parameters.items()
        ],
    )
