"""What a concept and a field of the Common Information Model are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """How a field's values are held; in brackets the polars dtype and the PostgreSQL type."""

    ID = "id"  # opaque text, never numeric: an EAN loses digits as a float (String, text)
    TEXT = "text"  # (String, text)
    ENUM = "enum"  # one of `Field.values` (String, text)
    TIMESTAMP = "timestamp"  # UTC (Datetime us UTC, timestamptz)
    FLOAT = "float"  # (Float64, double precision)
    INTEGER = "integer"  # (Int64, bigint)
    BOOLEAN = "boolean"  # (Boolean, boolean)


class Personal(StrEnum):
    """How near a field comes to a person (after the GDPR's terms; see docs/decisions/)."""

    NONE = "none"
    QUASI = "quasi"  # singles a person out together with others
    DIRECT = "direct"  # names a person or their device: needs a method, or a recorded exception
    SERIES = "series"  # a load curve below an hour tells of daily life


class SourceKind(StrEnum):
    """Where energy data comes from."""

    DER_MANAGEMENT = "DER management"
    ENERGY_MANAGEMENT = "energy management systems"
    SMART_HOME = "smart home"
    DER = "distributed energy resources"
    GRID = "grid"
    SENSORS = "sensors"
    GATEWAYS = "gateways"
    MARKETS = "markets"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True)
class Term:
    """What a standard calls the same thing, or one like it.

    Attributes:
        term: An IRI where the standard has one, else its name there.
        standard: The standard, with its part or version.
        verified: Whether the term was found in a copy of what the standard publishes; `note` says in which.
        exact: Whether it means the same; else it is close.
        note: The repository and path of that copy, or how the meaning differs.
    """

    term: str
    standard: str
    verified: bool = False
    exact: bool = False
    note: str = ""

    @property
    def iri(self) -> str | None:
        """The term, where it is an IRI on the web."""
        return self.term if self.term.startswith(("http://", "https://")) else None


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a concept.

    Attributes:
        unit: The one unit that values are held in, a key of `units.yaml`; None where there is none.
        minimum: Smallest plausible value, inclusive, in `unit`; likewise `maximum`.
        codes: The list of codes that its texts are of, see `find_codes`; None: any text.
        after: A timestamp field that this timestamp must lie after.
        anchors: What standards call it.
        synonyms: Other names, in words or as sources write them; a proposal that was merged leaves its name here.
        replaced_by: The field of this concept that new mappings use instead: this one is deprecated, its data stays.
    """

    name: str
    type: FieldType
    description: str
    unit: str | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    codes: str | None = None
    after: str | None = None
    personal: Personal = Personal.NONE
    anchors: tuple[Term, ...] = ()
    synonyms: tuple[str, ...] = ()
    replaced_by: str | None = None

    def holds(self, value: float) -> bool:
        """Say whether a number, in the field's unit, lies within its bounds."""
        below = self.minimum is not None and value < self.minimum
        return not below and not (self.maximum is not None and value > self.maximum)

    @property
    def told(self) -> str:
        """Its values or its bounds, for people.

        Example:
            >>> Field("temperature", FieldType.FLOAT, "Of the air.", "degC", minimum=-90, maximum=60).told
            'from -90 to 60'
        """
        limits = [("from", self.minimum), ("to", self.maximum)]
        bounds = (f"{word} {limit:g}" for word, limit in limits if limit is not None)
        return ", ".join(self.values) or " ".join(bounds)


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept, with its fields in the order in which people read them.

    Attributes:
        key: Fields that together name a row; all required.
        anchors: What standards call it.
        sources: The kinds of source whose data lands in it.
    """

    name: str
    title: str
    description: str
    key: tuple[str, ...]
    fields: Mapping[str, Field]
    anchors: tuple[Term, ...] = ()
    sources: tuple[SourceKind, ...] = ()


def time_field(concept: Concept) -> str | None:
    """Name the field that tells when a row was: the key's first timestamp, else the first that is required."""
    timestamps = [name for name, field in concept.fields.items() if field.type is FieldType.TIMESTAMP]
    in_key = [name for name in concept.key if name in timestamps]
    required = [name for name in timestamps if concept.fields[name].required]
    return next(iter(in_key + required), None)
