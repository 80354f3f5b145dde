"""What is known of a sample: its format, tables, columns and times, how sure that is, and what only its owner knows."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from include.anonymization.finding import Finding
from include.collection.source_format import Format


@dataclass(frozen=True, slots=True)
class Issue:
    """Something in the sample that is not as it should be, or that a reader could take for something else.

    Attributes:
        where: The place, as a person finds it: `line 62`, `row 17, column 'Volume'`.
        suggestion: What to do, or which setting changes it.
    """

    where: str
    what: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What the sample cannot tell, and only its owner knows.

    Attributes:
        key: The setting that answers it (`zone`, `date_order`, `decimal`).
        options: The answers that fit the sample, the likeliest first; empty where anything may be right.
    """

    key: str
    what: str
    options: tuple[str, ...] = ()


class ColumnType(StrEnum):
    """What the cells of a column are."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    DATE = "date"
    TIME = "time"
    TEXT = "text"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class DetectedTable:
    """One table of a sample: reading the sample in this format gives it.

    Attributes:
        notes: What stands above it that is no row, line by line: titles, places, days.
    """

    name: str
    form: Format
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Detection:
    """What a sample's first bytes tell.

    Attributes:
        confidence: From 0 to 1: how sure it is that the first table is read as its owner means it.
        tables: The main one first; others are chosen by their `form`.
        member: Which file of a ZIP archive this is of, as `FileSource.member` takes it.
        zone: The zone of its times, where its kind fixes it or its preamble says it.
    """

    tables: tuple[DetectedTable, ...]
    confidence: float
    encoding: str | None = None
    issues: tuple[Issue, ...] = ()
    questions: tuple[Question, ...] = ()
    member: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Which CIM field a column may fill, and why.

    Attributes:
        unit: The source's unit, as `units.yaml` spells it: read, or likely; None where the field has none.
        confidence: From 0 to 1.
        reason: For a person: which name, unit, values or neighbours speak for it.
    """

    concept: str
    field: str
    unit: str | None
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What all cells of a column say together.

    Attributes:
        unit: As `units.yaml` spells it: from the header, or a line or column of units; None where nothing tells.
        unit_column: The column that tells each row's unit, where rows differ in it. `units`: those units.
        nulls: Rows without a value.
        distinct: Different values, exact up to a million.
        minimum, maximum: Numbers as exact decimals, times in RFC 3339, else the text; None where there is no value.
        total: The exact sum of a column of numbers, whatever the number of rows.
        examples: A few different values, in the source's order. They may name a person: for the owner alone.
        bracketed: Whether some of its numbers stand in brackets and were read as negative ones.
        suggestion: The first of the candidates, where it is sure.
        candidates: The fields that it may fill, the likeliest first.
        sample: More of them, which personal data is sought in; nothing shows them.
    """

    name: str
    type: ColumnType
    unit: str | None
    nulls: int
    distinct: int
    minimum: str | None
    maximum: str | None
    total: Decimal | None
    examples: tuple[str, ...] = ()
    bracketed: bool = False
    unit_column: str | None = None
    units: tuple[str, ...] = ()
    suggestion: Suggestion | None = None
    candidates: tuple[Suggestion, ...] = ()
    sample: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableProfile:
    """One table of a sample, over all its rows.

    Attributes:
        known_format: The public format that its columns' names are of; None where they are of none that is known.
    """

    name: str
    rows: int
    columns: tuple[ColumnProfile, ...]
    known_format: str | None = None


@dataclass(frozen=True, slots=True)
class RepeatedFlag:
    """A column that tells the showings of a repeated hour apart, and its cells where the later one is meant."""

    column: str
    later: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeProfile:
    """How the main table tells time.

    Attributes:
        columns: The source's columns that together are the time (a date and a time of day).
        format: strptime's directives or `iso8601`, as a mapping rule takes it.
        zone: IANA's name or a fixed offset; None where nothing tells.
        first, last: RFC 3339 with the offset; without one where no zone is known.
        resolution: ISO 8601 (`PT15M`); None where the steps differ.
        interval_label: `start` or `end`: which end of its interval a time names; None where nothing tells.
        date: The day of all rows, YYYY-MM-DD, where no column tells it.
        period: Where the last columns number the day's periods from 1, how long one is, in ISO 8601.
        numbers: How many of the columns do: one, or the hour and the part of it.
        numbering: Of these: `elapsed` since midnight, or what the `clock` shows, where the file tells.
        repeated_flag: As a mapping rule takes it; None where the file has none.
        until: The columns that tell the ends of intervals, where all are as long as the resolution.
    """

    columns: tuple[str, ...]
    format: str
    zone: str | None
    first: str | None
    last: str | None
    resolution: str | None
    interval_label: str | None
    date: str | None = None
    period: str | None = None
    numbers: int = 0
    numbering: str | None = None
    repeated_flag: RepeatedFlag | None = None
    until: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that is known of a sample.

    Attributes:
        concept: What its owner says that the main table's rows are; no more than a word until suggestions look it up.
    """

    detection: Detection
    tables: tuple[TableProfile, ...]
    time: TimeProfile | None
    issues: tuple[Issue, ...] = ()
    questions: tuple[Question, ...] = ()
    concept: str | None = None
    personal: tuple[Finding, ...] = ()
