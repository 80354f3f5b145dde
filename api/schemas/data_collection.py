"""Collections and runs, as requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from include.collection.model import CollectionConfig, CollectionStatus
from include.collection.run import RunState
from include.configuration import Configuration, Moment


class NewCollection(CollectionConfig):
    """The whole collection as YAML's JSON twin; each step may be absent while it is a draft."""

    start: bool = Field(True, description="run it at once where it has all its steps; false only creates it")

    def config(self) -> CollectionConfig:
        """The collection without what belongs to the request."""
        return CollectionConfig(**{name: getattr(self, name) for name in CollectionConfig.model_fields})


class Answer(BaseModel):
    """The base of answers."""

    model_config = ConfigDict(extra="forbid")


class Span(Configuration):
    """A span of time; what has no zone of its own is in the zone of the source's window."""

    start: Moment
    end: Moment = Field(description="not part of the span")


class CollectionLinks(Answer):
    """Where to go on."""

    self: str
    runs: str
    dataset: str
    records: str


class CollectionAnswer(Answer):
    """A collection."""

    id: UUID
    title: str
    user: str = Field(description="the owner's username")
    configuration: dict[str, Any] = Field(description="the document, as POST takes it")
    created: datetime
    status: CollectionStatus
    version: int
    updated: datetime
    dataset: UUID = Field(description="the dataset that its rows go to; there from the first loaded batch on")
    links: CollectionLinks


class CollectionListAnswer(Answer):
    """Some collections, newest first."""

    collections: list[CollectionAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")


class DeletedAnswer(Answer):
    """What was deleted."""

    id: UUID
    deleted: bool = True


class StageAnswer(Answer):
    """What one task did."""

    task: str
    started: datetime
    seconds: float
    counts: dict[str, int]
    notes: list[str] = Field(description="what a person should know of it: columns that are new, or gone")


class RuleAnswer(Answer):
    """What one rule of the curation suite found."""

    rule: str
    field: str
    action: str
    checked: int
    failed: int
    row_ids: list[int] = Field(description="the first rows that broke it: their numbers in the source, from 1")
    acted: bool = Field(description="whether the action was carried out: not below the rule's threshold")


class ReportAnswer(Answer):
    """What validation found: rules, counts and row ids; no values."""

    rows_in: int
    rows_out: int
    rows_quarantined: int
    rows_dropped: int
    cells_set_null: int
    cells_filled: int
    cells_clamped: int
    rows_flagged: int
    held: list[str] = Field(description="why the batch waits for a person; empty where it goes on")
    rules: list[RuleAnswer]


class FailureAnswer(Answer):
    """Why a run ended."""

    task: str
    where: str
    what: str
    remedy: str


class ReviewAnswer(Answer):
    """What became of a batch that a rule held."""

    approved: bool
    by: str | None = Field(description="null: nobody answered in time")
    at: datetime
    note: str


class RunLinks(Answer):
    """Where to go on."""

    self: str
    collection: str
    dataset: str
    records: str


class RunAnswer(Answer):
    """One run of a collection."""

    id: str = Field(description="Airflow's run id")
    collection: UUID
    title: str
    version: int = Field(description="the collection's version that the whole run uses")
    state: RunState
    requested_by: str | None
    queued: datetime
    started: datetime | None
    finished: datetime | None
    batch: UUID | None
    stages: list[StageAnswer]
    report: ReportAnswer | None
    failure: FailureAnswer | None
    note: str | None
    window: Span | None = Field(description="the span of time that was asked for; null: what was new")
    replay: dict[str, Any] | None = Field(description="the rows in quarantine that it reads instead of its source")
    held: list[str] = Field(description="why rules hold the batch for a review")
    review: ReviewAnswer | None
    dataset: UUID
    links: RunLinks


class RunListAnswer(Answer):
    """Some runs, newest first."""

    runs: list[RunAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")
