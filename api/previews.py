"""Writes what the stages would make of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from api.problems import ProblemPart
from api.record_formats import plain_records
from api.routes.data_collections import answer_report
from api.schemas.sample import ForeseenAnswer, PreviewAnswer, RowIssueAnswer, RowsAnswer
from include.batch import Stage
from include.cim.mapping_config import MapperConfig
from include.errors import CdmpError, ConfigurationInvalid, Problem
from include.upload_ports import Rehearsal

if TYPE_CHECKING:
    import polars as pl

PRIVATE: Final = {"Cache-Control": "private, no-store"}


def answer_preview(
    rehearsal: Rehearsal, mapper: MapperConfig | None, problems: Sequence[Problem] = ()
) -> PreviewAnswer:
    """Write a rehearsal; `problems` are those of its configuration, and why a stage stopped comes with them."""
    frames = {stage: _rows(frame) for stage, frame in rehearsal.frames.items()}
    sources = {rule.field: list(rule.columns) for rule in mapper.rules} if mapper is not None else {}
    parts = dict.fromkeys([*problems, *_why(rehearsal.stopped)])
    return PreviewAnswer(
        read=frames.get(Stage.RAW),
        mapped=frames.get(Stage.MAPPED),
        curated=frames.get(Stage.CURATED),
        anonymized=frames.get(Stage.ANONYMIZED),
        counts=dict(rehearsal.counts),
        issues=[
            RowIssueAnswer(
                row=issue.row_id,
                field=issue.field,
                columns=[name for field in issue.field.split(", ") for name in sources.get(field, [])],
                rule=issue.rule,
            )
            for issue in rehearsal.issues
        ],
        report=answer_report(rehearsal.report) if rehearsal.report else None,
        notes=list(rehearsal.notes),
        problems=[ProblemPart(where=part.where, what=part.what, expected=part.remedy) for part in parts],
        foreseen=_foreseen(rehearsal),
        singled_out=dict(rehearsal.singled_out),
    )


def _rows(frame: pl.DataFrame) -> RowsAnswer:
    return RowsAnswer(columns=frame.columns, rows=plain_records(frame.to_arrow()))


def _why(stopped: CdmpError | None) -> Sequence[Problem]:
    if stopped is None:
        return ()
    if isinstance(stopped, ConfigurationInvalid):
        return stopped.problems
    return (Problem(stopped.where, stopped.what, stopped.remedy),)


def _foreseen(rehearsal: Rehearsal) -> ForeseenAnswer | None:
    foreseen, report = rehearsal.foreseen, rehearsal.report
    if foreseen is None or report is None:
        return None
    return ForeseenAnswer(
        rows_new=foreseen.rows_new,
        rows_already_there=foreseen.rows_already_there,
        rows_differing=foreseen.rows_differing,
        rows_replaced=foreseen.rows_replaced,
        rows_removed=foreseen.rows_removed,
        rows_quarantined=report.rows_quarantined,
        rows_dropped=report.rows_dropped,
    )
