"""Uploads, as answers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.data_collection import Answer


class UploadAnswer(Answer):
    """A file that was handed over."""

    upload: str = Field(description="the sha256 of its bytes: what `ingester.upload` of a collection names")
    name: str
    bytes: int
    stored: datetime
    expires: datetime | None = Field(description="when it goes, unless a collection reads it; null: it stays")


class ProgressAnswer(Answer):
    """A file on its way in, or one that has arrived that way."""

    id: UUID
    name: str
    bytes: int = Field(description="the length of the whole")
    received: int = Field(description="bytes that are safe: where to go on")
    expires: datetime = Field(description="until when it has to have arrived")
    upload: UploadAnswer | None = Field(description="what it became, once all has arrived")
    repeats: bool = Field(description="whether you had handed over the same content before")


class UploadListAnswer(Answer):
    """Some of your uploads, newest first, and what has not all arrived."""

    uploads: list[UploadAnswer]
    unfinished: list[ProgressAnswer]
    used_bytes: int
    quota_bytes: int
    cursor: str | None = Field(description="for the next page; null on the last one")
