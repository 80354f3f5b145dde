"""What a search answers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.data_collection import Answer


class HitLinks(Answer):
    """Where to go on."""

    self: str
    records: str


class HitAnswer(Answer):
    """A dataset that was found."""

    id: UUID
    title: str
    description: str | None
    concept: str
    concept_title: str
    keywords: list[str]
    publisher: str | None
    owner: str
    units: list[str] = Field(description="of the fields that it fills")
    first: datetime | None = Field(description="the earliest moment of its rows")
    last: datetime | None
    bbox: list[float] | None = Field(description="west, south, east, north, in degrees (WGS 84)")
    rows: int
    updated: datetime
    quarantined_share: float | None = Field(
        description="of the rows of its last batch, those that broke a rule: 0 to 1"
    )
    score: float = Field(description="how well it fits; without `q`, when it changed last")
    links: HitLinks


class FacetAnswer(Answer):
    """A value, and how many of all that was found have it."""

    value: str
    count: int


class SearchAnswerBody(Answer):
    """A page of what was found, best first."""

    datasets: list[HitAnswer]
    total: int = Field(description="of all pages")
    facets: dict[str, list[FacetAnswer]] = Field(description="by concept, keyword, publisher and owner, of all pages")
    cursor: str | None = Field(description="for the next page; null on the last one")


class SuggestAnswer(Answer):
    """What the text may become: keywords, concepts and titles."""

    suggestions: list[str]
