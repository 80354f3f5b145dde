"""Builds staged batches for tests of the stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import polars as pl

from include.batch import ROW_ID, BatchRef, Stage
from include.cim.concept import Concept, Field, FieldType, Personal
from include.ports import Staging

COLLECTION = UUID("00000000-0000-4000-8000-000000000001")
DATASET = UUID("00000000-0000-4000-8000-000000000002")
OTHER_DATASET = UUID("00000000-0000-4000-8000-000000000003")
BATCH = UUID("00000000-0000-4000-8000-000000000004")
MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)

READING = Concept(
    name="reading",
    title="Reading",
    description="What a meter counted in an interval",
    key=("meter_id", "start"),
    fields={
        field.name: field
        for field in (
            Field("meter_id", FieldType.ID, "The meter", required=True, personal=Personal.DIRECT),
            Field("start", FieldType.TIMESTAMP, "Begin of the interval", required=True),
            Field("end", FieldType.TIMESTAMP, "End of the interval", after="start"),
            Field("energy", FieldType.FLOAT, "What was counted", unit="kWh", required=True, minimum=0, maximum=100),
            Field("direction", FieldType.ENUM, "Which way it flowed", values=("import", "export")),
            Field("note", FieldType.TEXT, "What somebody wrote down"),
        )
    },
)

_DTYPES: dict[FieldType, Any] = {
    FieldType.TIMESTAMP: pl.Datetime("us", "UTC"),
    FieldType.FLOAT: pl.Float64,
    FieldType.INTEGER: pl.Int64,
    FieldType.BOOLEAN: pl.Boolean,
}


def columns(**cells: list[str | None]) -> pl.DataFrame:
    """A source's columns as reading stages them: all text, the rows numbered."""
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    return frame.insert_column(0, pl.int_range(1, frame.height + 1, dtype=pl.Int64, eager=True).alias(ROW_ID))


def a_row(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A reading that breaks no rule, with a key of its own for each number."""
    start = MIDNIGHT + timedelta(minutes=15 * number)
    row = {
        "meter_id": "541448820000000001",
        "start": start,
        "end": start + timedelta(minutes=15),
        "energy": 1.5,
        "direction": "import",
        "note": None,
    }
    return row | changes


def a_frame(rows: Sequence[dict[str, Any]], concept: Concept = READING, first: int = 1) -> pl.DataFrame:
    """The rows as mapping gives them, numbered from `first`; only the fields that the first row has."""
    names = list(rows[0]) if rows else list(concept.fields)
    schema = {name: _DTYPES.get(concept.fields[name].type, pl.String) for name in names}
    ids = pl.Series(ROW_ID, range(first, first + len(rows)), dtype=pl.Int64)
    return pl.DataFrame(list(rows), schema=schema).insert_column(0, ids)


def stage_batch(
    staging: Staging,
    rows: Sequence[dict[str, Any]],
    *,
    cuts: Sequence[int] = (),
    issues: Sequence[tuple[int, str, str]] = (),
    stage: Stage = Stage.MAPPED,
    dataset: UUID = DATASET,
) -> tuple[BatchRef, BatchRef]:
    """Stage rows as a batch, cut into parts before the given positions; gives it and its raw batch (all String)."""
    frame = a_frame(rows)
    ends = [*sorted(cuts), len(rows)]
    frames = [frame[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]

    def write(at: Stage, name: str, one: pl.DataFrame) -> str:
        return staging.write(COLLECTION, BATCH, at, name, one)

    parts = tuple(write(stage, f"part-{number:05d}", one) for number, one in enumerate(frames))
    raw_parts = tuple(
        write(Stage.RAW, f"part-{number:05d}", one.with_columns(pl.exclude(ROW_ID).cast(pl.String)))
        for number, one in enumerate(frames)
    )
    noted: tuple[str, ...] = ()
    if issues:
        schema = {ROW_ID: pl.Int64, "field": pl.String, "rule": pl.String}
        noted = (write(stage, "issues-00000", pl.DataFrame(list(issues), schema=schema, orient="row")),)
    ref = BatchRef(COLLECTION, dataset, 1, BATCH, stage, parts, len(rows), "0" * 64, issues=noted)
    return ref, BatchRef(COLLECTION, dataset, 1, BATCH, Stage.RAW, raw_parts, len(rows), "0" * 64)
