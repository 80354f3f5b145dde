"""The steps of a collection, as requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator

from api.schemas.data_collection import Answer
from include.collection.document import read_model
from include.collection.model import CollectionStatus
from include.expectations.suite_document import Suite


class CuratorRequest(Suite):
    """Curation rules as a suite of Great Expectations: what happens on violation stands in each one's `meta`."""

    @model_validator(mode="before")
    @classmethod
    def _say_what_is_wrong(cls, plain: Any) -> Any:
        """Refuse it in the words that a collection's document gets, see `NewCollection`."""
        return read_model(Suite, plain).model_dump()


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
