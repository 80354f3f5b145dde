"""How a source's columns become a concept's fields, as the owner writes it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from include.configuration import Configuration


class RepeatedHour(StrEnum):
    """What a local time means that the clock showed twice."""

    BY_OCCURRENCE = "by_occurrence"  # the k-th time that the label comes (per `occurrence_per`) is its k-th instant
    EARLIER = "earlier"
    LATER = "later"
    REFUSE = "refuse"  # the row gets an issue


class After(Configuration):
    """The end of an interval of fixed length: `field` plus `duration`."""

    field: str
    duration: timedelta = Field(description="ISO 8601, for example PT15M", gt=timedelta(0))


class MappingRule(Configuration):
    """One CIM field, and where its values come from: a source column (or several), a constant, or another field.

    Columns that are named together are joined with one space before they are read (a date and a time).
    """

    field: str
    source: str | tuple[str, ...] | None = None
    constant: str | int | float | bool | None = None
    after: After | None = None
    unit: str | None = Field(None, description="the source's unit; converted to the field's")
    negate: bool = Field(False, description="the source counts the other direction as positive")
    format: str | None = Field(None, description="timestamps: strptime's directives, or iso8601")
    zone: str | None = Field(None, description="timestamps without an offset: an IANA zone")
    repeated_hour: RepeatedHour = RepeatedHour.REFUSE
    occurrence_per: tuple[str, ...] = Field((), description="source columns that tell the registers of one label apart")
    values: dict[str, str | int | float | bool] | None = Field(None, description="source value → CIM value")
    otherwise: str | int | float | bool | None = Field(None, description="the CIM value where `values` has no entry")

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("source", "constant", "after") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"field {self.field!r} needs exactly one of source, constant, after; it has {given or 'none'}"
            )
        if self.otherwise is not None and self.values is None:
            raise ValueError(f"field {self.field!r}: `otherwise` goes with `values`")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns that the rule reads."""
        if self.source is None:
            return ()
        return (self.source,) if isinstance(self.source, str) else self.source


class MapperConfig(Configuration):
    """The mapping step of a collection."""

    concept: str
    rules: tuple[MappingRule, ...] = Field(min_length=1)

    @property
    def columns(self) -> tuple[str, ...]:
        """The source columns that the mapping reads, each once."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in (*rule.columns, *rule.occurrence_per)))
