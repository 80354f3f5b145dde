"""Batches of a dataset, as answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.schemas.data_collection import Answer, ReportAnswer
from include.configuration import Configuration


class UnitLineageAnswer(Answer):
    """How numbers were converted beside which the column of units says `text`."""

    text: str = Field(description="empty: the rule's `unit`")
    from_unit: str
    multiplier: int
    summand: int
    divisor: int


class FieldLineageAnswer(Answer):
    """How the values of one field come about: `(sign × number × multiplier + summand) ÷ divisor`."""

    field: str
    rule: int = Field(description="the rule's place in the mapping, from 0")
    source: list[str] = Field(description="the source's columns")
    read: str = Field(
        description="number, integer, boolean, enum, text, id, timestamp, table, formula, constant, or after"
    )
    decimal: str | None
    thousands: str | None
    format: str | None
    zone: str | None
    values: int | None = Field(description="the entries of the table that was looked up")
    constant: str | int | float | bool | None
    formula: str | None
    inputs: dict[str, str] | None
    sign: int
    from_unit: str | None
    to_unit: str | None
    multiplier: int = Field(description="where the interval is `row` or `previous`: of one second")
    summand: int
    divisor: int
    interval: str | None = Field(description="an ISO 8601 length, `row` or `previous`")
    units: list[UnitLineageAnswer] | None = Field(
        None, description="where a column tells each row's unit: what it said, and the conversion of such rows"
    )
    options: dict[str, Any] | None = Field(description="what else the rule says, as its owner wrote it")


class ReadAnswer(Answer):
    """What was done to the source's rows; names and numbers of the configuration, no value of a row."""

    collection_version: int
    cim_version: int | None
    concept: str
    rows: dict[str, Any] = Field(description="what the mapping did to whole rows")
    fields: list[FieldLineageAnswer]
    anonymized: dict[str, str] = Field(description="field → the method that the mapped value went through")


class ReplayedAnswer(ReadAnswer):
    """What was done to rows that came out of quarantine later."""

    load: int = Field(description="`_since` of these records")


class LineageAnswer(ReadAnswer):
    """What was done to a batch's rows."""

    replayed: list[ReplayedAnswer] = Field([], description="of those that were read otherwise, out of quarantine")


class BatchLinks(Answer):
    """Where to go on."""

    self: str
    dataset: str
    run: str
    records: str = Field(description="the dataset's records as this batch left them")


class BatchAnswer(Answer):
    """What one run loaded."""

    id: UUID = Field(description="each row of the dataset's table carries it, beside its number in the source")
    dataset: UUID
    number: int = Field(description="its place among the loads of the dataset; never given twice")
    run: str = Field(description="Airflow's run id")
    source_digest: str = Field(description="sha256 of the content that was read")
    rows_loaded: int = Field(description="new rows, and those that replaced others")
    rows_already_there: int = Field(description="rows that changed nothing")
    rows_replaced: int = Field(description="rows of earlier batches that its rows replaced")
    rows_removed: int = Field(description="rows of earlier batches that it took away: `load.mode: replace`")
    rows_quarantined: int
    committed: datetime
    links: BatchLinks


class BatchListAnswer(Answer):
    """Some batches, newest first."""

    batches: list[BatchAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")


class RollbackRequest(Configuration):
    """Why a batch is taken back."""

    note: str = Field("", max_length=1000, description="it is kept")


class RollbackAnswer(Answer):
    """A batch that was taken back."""

    batch: UUID
    number: int
    at: datetime
    by: str = Field(description="the user's name")
    note: str
    rows_removed: int = Field(description="rows that it had brought, and that were there until then")
    rows_restored: int = Field(description="rows that it had overwritten, and that are there again")


class RollbackListAnswer(Answer):
    """Some batches that were taken back, the last ones first."""

    rollbacks: list[RollbackAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")


class RolledBackAnswer(RollbackAnswer):
    """A batch that was just taken back, and what its dataset is now."""

    rows: int = Field(description="of the dataset now")
    first: datetime | None
    last: datetime | None
    notes: list[str] = Field(description="what does not come back by itself")


class BatchDetailAnswer(BatchAnswer):
    """A batch, what validation found in it, and how its values came about."""

    report: ReportAnswer | None = Field(description="null where the run's record is gone")
    lineage: LineageAnswer | None = Field(description="null where it was loaded before lineage was recorded")
    file: str | None = Field(description="its name, where you handed its content over, and it is still there")
