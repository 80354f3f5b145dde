"""The CIM and what is proposed to it, as answers; `Proposal` and `Review` are the requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.schemas.data_collection import Answer
from include.cim.concept import FieldType, Personal, SourceKind
from include.cim.extension import ExtensionState
from include.cim.near_match import Likeness


class ConceptItem(Answer):
    """A concept of the list."""

    name: str
    title: str
    description: str
    fields: int
    sources: list[SourceKind]
    matched: list[str] = Field(description="of a search: the fields that speak of all the words")


class ConceptListAnswer(Answer):
    """The concepts of a version."""

    version: int
    concepts: list[ConceptItem]


class TermAnswer(Answer):
    """What a standard calls the same thing, or one like it."""

    term: str
    standard: str
    verified: bool = Field(description="found in a copy of what the standard publishes; `note` says in which")
    exact: bool = Field(description="it means the same; else it is close")
    note: str


class CimFieldAnswer(Answer):
    """A field of a concept."""

    name: str
    type: FieldType
    description: str
    unit: str | None = Field(description="the one unit that values are held in")
    required: bool
    minimum: float | None = Field(description="the smallest plausible value, in the unit")
    maximum: float | None
    values: list[str]
    after: str | None = Field(description="the timestamp that it lies after")
    personal: Personal
    terms: list[TermAnswer]
    synonyms: list[str]
    replaced_by: str | None = Field(description="the field to use instead: this one is deprecated")


class ConceptAnswer(Answer):
    """A concept."""

    version: int
    name: str
    title: str
    description: str
    key: list[str] = Field(description="the fields that together name a row")
    sources: list[SourceKind]
    terms: list[TermAnswer]
    fields: list[CimFieldAnswer]


class MentionAnswer(Answer):
    """A collection or dataset."""

    id: UUID
    title: str


class MentionsAnswer(Answer):
    """Who uses something."""

    visible: list[MentionAnswer] = Field(description="those that you may see")
    others: int = Field(description="how many more there are")


class UsageAnswer(Answer):
    """Who uses a concept or a field."""

    collections: MentionsAnswer
    datasets: MentionsAnswer


class ConceptUsageAnswer(UsageAnswer):
    """Who uses a concept, and each of its fields."""

    concept: str
    fields: dict[str, UsageAnswer] = Field(description="without those that nobody uses")


class VersionAnswer(Answer):
    """A version of the CIM: it never changes."""

    version: int
    made: datetime
    made_by: str
    changes: list[str]
    reason: str
    extension: UUID | None


class VersionListAnswer(Answer):
    """Some versions, newest first."""

    versions: list[VersionAnswer]
    cursor: str | None = Field(description="for the next page; null on the last one")


class NearMatchAnswer(Answer):
    """A field that the proposed one may double."""

    field: str = Field(description="the proposed field")
    into: str = Field(description="the field that it is like, as `concept.field`")
    likeness: Likeness
    score: float
    description: str
    unit: str | None
    pending: bool = Field(description="it is not there yet: another proposal waits with it")


class ExtensionItem(Answer):
    """A proposal and what became of it."""

    id: UUID
    state: ExtensionState
    kind: str = Field(description="field, concept or change")
    about: str = Field(description="concept, or concept.field")
    proposal: dict[str, Any]
    proposer: str
    proposed: datetime
    reviewer: str | None
    reviewed: datetime | None
    into: str | None = Field(description="the field that it was merged into")
    reason: str = Field(description="what the steward said")
    version: int | None = Field(description="the CIM's version that it made")


class ExtensionAnswer(ExtensionItem):
    """A proposal, with what a decision needs to know."""

    matches: list[NearMatchAnswer]
    usage: UsageAnswer = Field(description="who uses the field that it changes, or the concept that it adds to")


class ExtensionListAnswer(Answer):
    """Some proposals, newest first."""

    extensions: list[ExtensionItem]
    cursor: str | None = Field(description="for the next page; null on the last one")
