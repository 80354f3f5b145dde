"""What a person proposes to add to the CIM or to change in it, and what became of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from include.cim.concept import FieldType, Personal, SourceKind
from include.configuration import Configuration

NAME: Final = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
"""snake_case, as the names of fields and concepts are."""


def _refuse_unprintable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it holds a line end, or another character that does not print; write it in one line")
    return text


Name = Annotated[
    str,
    StringConstraints(pattern=NAME, max_length=63),  # PostgreSQL's longest
    Field(examples=["reactive_power"]),
]
Sentence = Annotated[
    str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True), AfterValidator(_refuse_unprintable)
]
Word = Annotated[
    str, StringConstraints(min_length=1, max_length=63, strip_whitespace=True), AfterValidator(_refuse_unprintable)
]


class ProposedTerm(Configuration):
    """What a standard calls it; nobody has verified that yet."""

    term: Annotated[
        str,
        StringConstraints(min_length=1, max_length=300, pattern=r"^[^\s<>\"{}|\\^`]+( \S+)*$"),
        Field(examples=["https://saref.etsi.org/core/Energy"]),
    ]
    standard: Word
    note: str = Field("", max_length=500)


class ProposedField(Configuration):
    """A new field. `type`, `unit` and the bounds may be left out where a sample's column tells them."""

    name: Name
    type: FieldType | None = None
    description: Sentence
    unit: str | None = Field(None, max_length=40, description="as units.yaml spells it")
    minimum: float | None = Field(None, description="the smallest plausible value, in the unit")
    maximum: float | None = None
    values: tuple[Word, ...] = Field((), max_length=200, description="of an enum")
    after: Name | None = Field(None, description="the timestamp that this timestamp lies after")
    personal: Personal = Personal.NONE
    terms: tuple[ProposedTerm, ...] = Field((), max_length=20)
    synonyms: tuple[Word, ...] = Field((), max_length=50)


class ProposedConceptField(ProposedField):
    """A field of a new concept."""

    required: bool = Field(False, description="every row has a value; those of the key are required anyway")


class ProposedConcept(Configuration):
    """A new concept."""

    name: Name
    title: Word
    description: Sentence
    key: tuple[Name, ...] = Field(min_length=1, max_length=16, description="the fields that together name a row")
    fields: tuple[ProposedConceptField, ...] = Field(min_length=1, max_length=200)
    terms: tuple[ProposedTerm, ...] = Field((), max_length=20)
    sources: tuple[SourceKind, ...] = ()


class ProposedChange(Configuration):
    """A change of a field that is there. Its name, type and unit never change: data is held in them."""

    field: Name
    description: Sentence | None = None
    minimum: float | None = Field(None, description="wider than before")
    maximum: float | None = Field(None, description="wider than before")
    values: tuple[Word, ...] = Field((), max_length=200, description="to add to those of the enum")
    terms: tuple[ProposedTerm, ...] = Field((), max_length=20, description="to add")
    synonyms: tuple[Word, ...] = Field((), max_length=50, description="to add")
    replaced_by: Name | None = Field(None, description="the field to use instead: this one becomes deprecated")

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.model_dump(exclude_defaults=True).keys() <= {"field"}:
            raise ValueError(
                "it changes nothing; write what becomes different: description, minimum, maximum, values, terms …"
            )
        return self


class SampleColumn(Configuration):
    """The column of a sample that has no field yet."""

    id: UUID
    column: str = Field(min_length=1, max_length=1000)


class Proposal(Configuration):
    """One of `field` (of `concept`), `new_concept`, and `change` (of a field of `concept`)."""

    concept: Name | None = None
    field: ProposedField | None = None
    new_concept: ProposedConcept | None = None
    change: ProposedChange | None = None
    reason: str = Field("", max_length=2000, description="what it is needed for: the steward reads it")
    sample: SampleColumn | None = Field(None, description="where the `field` comes from")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        given = [name for name in ("field", "new_concept", "change") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"exactly one of field, new_concept, change is proposed; there is {given or 'none'}")
        if (self.concept is None) != (self.new_concept is not None):
            raise ValueError("`concept` goes with field and change, and not with new_concept; add it, or leave it out")
        if self.sample is not None and self.field is None:
            raise ValueError("`sample` goes with field; leave it out")
        return self

    @property
    def kind(self) -> Literal["field", "concept", "change"]:
        """What is proposed."""
        if self.field is not None:
            return "field"
        return "concept" if self.new_concept is not None else "change"

    @property
    def about(self) -> tuple[str, str | None]:
        """The concept and the field that it is about; the field is None where the whole concept is new."""
        if self.new_concept is not None:
            return self.new_concept.name, None
        named = self.field.name if self.field is not None else self.change.field if self.change is not None else None
        return self.concept or "", named

    @property
    def subject(self) -> str:
        """What it is about, as people write it: `concept.field`, or the new concept's name."""
        concept, field = self.about
        return f"{concept}.{field}" if field else concept


class ExtensionState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    MERGED = "merged"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Decision(StrEnum):
    """What a steward decides."""

    ACCEPT = "accept"
    REJECT = "reject"
    MERGE = "merge"


class Review(Configuration):
    """A steward's decision."""

    decision: Decision
    into: str | None = Field(None, max_length=127, description="of a merge: `concept.field`")
    reason: str = Field("", max_length=2000, description="the proposer reads it")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.into is not None) != (self.decision is Decision.MERGE):
            raise ValueError(
                "`into` goes with merge, and merge with `into`; write both or none, as into: meter_reading.energy"
            )
        if self.decision is Decision.REJECT and not self.reason.strip():
            raise ValueError("a rejection needs a `reason`; write what its proposer should know")
        return self


@dataclass(frozen=True, slots=True)
class Extension:
    """A proposal, and what became of it.

    Attributes:
        version: The version of the CIM that accepting or merging it made; None where it made none.
    """

    id: UUID
    proposal: Proposal
    proposer_id: str
    proposer_name: str
    proposed: datetime
    state: ExtensionState = ExtensionState.PROPOSED
    reviewer_name: str | None = None
    reviewed: datetime | None = None
    into: str | None = None
    reason: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class CimVersion:
    """One version of the CIM. It never changes.

    Attributes:
        changes: What is another than in the version before, a sentence each.
        reason: Why: what a steward or a proposer said, or that the platform was updated.
        extension_id: The extension that made it; None where the platform's own concepts did.
    """

    version: int
    made: datetime
    made_by: str
    changes: tuple[str, ...]
    reason: str
    extension_id: UUID | None = None
