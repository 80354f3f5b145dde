"""Datasets and their records, as answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.schemas.data_collection import Answer


class FieldAnswer(Answer):
    """A field of the dataset's CIM concept."""

    name: str
    type: str
    unit: str | None
    description: str


class DatasetLinks(Answer):
    """Where to go on."""

    self: str
    records: str
    batches: str
    dcat: str
    collection: str


class DatasetAnswer(Answer):
    """A dataset."""

    id: UUID
    title: str
    concept: str
    collection: UUID
    rows: int
    first: datetime | None = Field(description="the earliest moment of its rows")
    last: datetime | None
    updated: datetime
    published: bool = Field(description="whether it has a DCAT record")
    fields: list[FieldAnswer]
    key: list[str] = Field(description="the fields that together name a record, and its order")
    links: DatasetLinks


class DatasetListAnswer(Answer):
    """Some datasets."""

    datasets: list[DatasetAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")


class RecordsAnswer(Answer):
    """Some records, in the order of the key."""

    dataset: UUID
    fields: list[FieldAnswer]
    records: list[dict[str, Any]]
    cursor: str | None = Field(description="for the next page; null on the last one")
