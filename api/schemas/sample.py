"""Samples and previews, as requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.problems import ProblemPart
from api.schemas.data_collection import Answer, ReportAnswer
from include.collection.source import UploadId
from include.operations.sampling import Draft


class Asked(BaseModel):
    """The base of requests."""

    model_config = ConfigDict(extra="forbid")


class SampleRequest(Asked):
    """A file that was handed over, to be looked at."""

    upload: UploadId
    name: str | None = Field(None, max_length=255)
    set: dict[str, Any] = Field(
        {}, description="what you know better: keys of the format, `concept`, `zone`, `date_order` …"
    )


class SampleAnswer(Answer):
    """What was found out about a sample. Numbers are exact decimal strings; `examples` may name a person."""

    id: UUID
    name: str
    upload: str = Field(description="its bytes; they go with the sample, unless a collection names them")
    created: datetime
    expires: datetime
    inspection: dict[str, Any] = Field(
        description="format, encoding, confidence, dialect, tables and their columns (each with the `suggestion` that "
        "is sure, and up to four ranked `candidates`: concept, field, unit, confidence, reason), time, columns with "
        "`personal` data, issues, questions; and a `proposal` of a mapper and a plan of anonymization"
    )


class PreviewRequest(Draft):
    """A draft of a collection: `format` as in `ingester.format`, `mapper`, `curator`, `anonymization`."""

    rows: int = Field(20, ge=1, le=200, description="rows to show of each stage")

    def draft(self) -> Draft:
        """The draft without what belongs to the request."""
        return Draft(**{name: getattr(self, name) for name in Draft.model_fields})


class AppendRequest(Asked):
    """A further file."""

    upload: UploadId


class RowsAnswer(Answer):
    """Rows after a stage; `row_id` is the row's number in the source, from 1."""

    columns: list[str]
    rows: list[dict[str, Any]]


class RowIssueAnswer(Answer):
    """A cell that could not be read, or a row that broke a rule."""

    row: int
    field: str
    columns: list[str] = Field(description="the source's columns that the field comes from")
    rule: str


class ForeseenAnswer(Answer):
    """What loading the file would do to the dataset."""

    rows_new: int = Field(description="rows that it would add")
    rows_already_there: int = Field(description="rows of the file that change nothing: what is there stays")
    rows_differing: int = Field(description="of these, rows with other values: `load.mode: append` leaves them out")
    rows_replaced: int = Field(description="rows that are there, and that it would replace: `load.mode`")
    rows_removed: int = Field(description="rows that are there, and that it would take away: `load.mode: replace`")
    rows_quarantined: int = Field(description="rows that break a rule; `report` says which")
    rows_dropped: int


class PreviewAnswer(Answer):
    """What the stages make of the rows; a stage that is not there was not reached, and `problems` say why."""

    read: RowsAnswer | None
    mapped: RowsAnswer | None
    curated: RowsAnswer | None
    anonymized: RowsAnswer | None
    counts: dict[str, int]
    issues: list[RowIssueAnswer]
    report: ReportAnswer | None
    notes: list[str] = Field(description="what is not as it was in the batches before")
    problems: list[ProblemPart]
    foreseen: ForeseenAnswer | None = Field(description="of an append: what it would do")
    singled_out: dict[str, int] = Field(
        description="for each further field, how many rows would be alone for somebody who knows it beside the gate's"
        " quasi-identifiers"
    )
