"""Keys of datasets, as answers: never a key itself."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas.data_collection import Answer


class KeyAnswer(Answer):
    """What is told of a key."""

    id: str = Field(description="stands in front of what was made with it")
    created: datetime
    shredded: datetime | None = Field(description="when it was destroyed")
    current: bool = Field(description="new batches are made with it")


class KeyListAnswer(Answer):
    """A dataset's keys, in the order in which they were made."""

    keys: list[KeyAnswer]
