"""The steps of a collection, as requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.schemas.data_collection import Answer
from include.collection.model import CollectionStatus


class StepAnswer(Answer):
    """A step of a collection."""

    id: UUID = Field(description="the collection's")
    step_id: UUID = Field(alias="step-id", description="its own; the same path takes it")
    title: str = Field(description="the collection's")
    configuration: dict[str, Any] = Field(description="as POST takes it")
    created: datetime = Field(description="when the collection was made")
    status: CollectionStatus = Field(description="the collection's")
    version: int
    updated: datetime
