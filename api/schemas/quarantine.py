"""Rows in quarantine and reviews of batches, as requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.schemas.data_collection import Answer
from include.collection.quarantine import MOST_ROWS, Selection
from include.configuration import Configuration
from include.operations.quarantine_keeping import LONGEST_CELL

Note = Annotated[str, Field(max_length=1000)]
Cell = Annotated[str, Field(max_length=LONGEST_CELL)] | None


class Chosen(Configuration):
    """Some rows: exactly one of the three."""

    rows: tuple[str, ...] | None = Field(None, min_length=1, max_length=MOST_ROWS, description="their ids")
    batch: UUID | None = Field(None, description="all of a batch")
    all: bool = Field(False, description="all of the dataset")

    def selection(self) -> Selection:
        """Read what was chosen; raises ConfigurationInvalid."""
        return Selection.of(self.rows, self.batch, self.all)


class ChosenForRelease(Chosen):
    """Rows that are to be loaded as they are, and why."""

    note: Annotated[str, Field(min_length=1, max_length=1000)]


class ChosenForDiscard(Chosen):
    """Rows that are to be destroyed."""

    note: Note = ""


class Edit(Configuration):
    """Other text for some cells of a row."""

    row: dict[str, Cell] = Field(min_length=1, max_length=1600, description="column of the source → its cell")


class ReasonAnswer(Answer):
    """Why a row is in quarantine."""

    field: str
    rule: str


class QuarantinedAnswer(Answer):
    """A row that waits for its owner."""

    id: str
    batch: UUID
    row_id: int = Field(description="its number in its source, from 1")
    reasons: list[ReasonAnswer]
    row: dict[str, str | None] = Field(description="as it was read, or as it was edited since")
    original: dict[str, str | None] | None = Field(description="as it was read, where it was edited since")
    edited: datetime | None
    edited_by: str | None
    set_aside: datetime
    expires: datetime


class QuarantineAnswer(Answer):
    """Some rows, in the order of batch and row."""

    rows: list[QuarantinedAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")


class DepartureAnswer(Answer):
    """What became of some rows."""

    id: UUID
    what: str = Field(description="replayed, released, discarded or expired")
    at: datetime
    by: str | None = Field(description="null: the platform, because they expired")
    rows_left: int
    rows_loaded: int
    rows_back: int = Field(description="rows that were tried and stay, with new reasons")
    run: str | None
    note: str


class DepartureListAnswer(Answer):
    """What became of rows, newest first."""

    departures: list[DepartureAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")


class Decision(Configuration):
    """What is decided on a batch that a rule holds."""

    decision: Literal["approve", "reject"]
    note: Note = ""
