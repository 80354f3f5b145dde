"""Secrets, as request and answer: the value goes in, and never out."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from api.schemas.data_collection import Answer


class NewSecret(BaseModel):
    """The value of a secret."""

    model_config = ConfigDict(extra="forbid")

    value: SecretStr


class SecretAnswer(Answer):
    """What is told of a secret."""

    name: str
    created: datetime
    updated: datetime


class SecretListAnswer(Answer):
    """The requestor's secrets, by name."""

    secrets: list[SecretAnswer]


class SecretRemoved(Answer):
    """What was removed."""

    name: str
    removed: bool = Field(True)
