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


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a concept.

    Attributes:
        unit: The one unit that values are held in, a key of `units.yaml`; None where there is none.
        minimum: Smallest plausible value, inclusive, in `unit`; likewise `maximum`.
        after: A timestamp field that this timestamp must lie after.
    """

    name: str
    type: FieldType
    description: str
    unit: str | None = None
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    after: str | None = None
    personal: Personal = Personal.NONE


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept, with its fields in the order in which people read them.

    Attributes:
        key: Fields that together name a row; all required.
        anchors: Terms of the standards that mean the same, as IRIs or names.
    """

    name: str
    title: str
    description: str
    key: tuple[str, ...]
    fields: Mapping[str, Field]
    anchors: tuple[str, ...] = ()
