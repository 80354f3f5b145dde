"""The base of everything that a person writes: unknown keys are refused, and what was read does not change."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    TypeAdapter,
    ValidationInfo,
)
from pydantic_core import CoreSchema


def _take_as_written(schema: Any) -> None:
    """Let numbers and truths be what they are, wherever they stand; pydantic's own `strict` wants tuples of a list."""
    if isinstance(schema, dict):
        if schema.get("type") in ("int", "float", "bool"):
            schema["strict"] = True
        for part in schema.values():
            _take_as_written(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            _take_as_written(part)


class Configuration(BaseModel):
    """A part of a collection's definition, as YAML or JSON: a number in quotes is text, and true is no number.

    Errors of validators say what is wrong, and after a semicolon what would be right.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=10_000)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _take_as_written(schema)
        return schema


def has_fixed_length(duration: str) -> bool:
    """Say whether a duration of ISO 8601 is always as long: months and years are not.

    Example:
        >>> has_fixed_length("PT15M"), has_fixed_length("P1D"), has_fixed_length("P1M")
        (True, True, False)
    """
    return not _MONTHS.match(duration)


def write_duration(duration: timedelta) -> str:
    """Write a duration in ISO 8601 by days and less: pydantic writes years, which are not read.

    Example:
        >>> write_duration(timedelta(days=400)), write_duration(timedelta(minutes=90)), write_duration(timedelta(0))
        ('P400D', 'PT1H30M', 'PT0S')
    """
    clock = duration - timedelta(days=duration.days)
    written: str = _ISO.dump_python(clock, mode="json")
    if not duration.days:
        return written
    return f"P{duration.days}D{written[1:] if clock else ''}"


def _refuse_no_length(given: Any, info: ValidationInfo) -> Any:
    if isinstance(given, str) and not has_fixed_length(given) and info.context != STORED:
        raise ValueError("months and years differ in length; write weeks, days or hours")
    if isinstance(given, int | float):
        # pydantic takes no other error for one
        raise ValueError("a number alone is no length; write it in ISO 8601, for example PT15M")  # noqa: TRY004
    return given


def _refuse_too_long(given: timedelta) -> timedelta:
    if not timedelta(0) < given <= LONGEST:
        raise ValueError(
            "it is no time, or longer than anybody lives; write more than nothing and at most a hundred years"
        )
    return given


def lasting(least: timedelta, most: timedelta | None = None) -> AfterValidator:
    """Bound a duration; pydantic's own `ge` tells the bound in Python."""

    def refuse_beyond(given: timedelta) -> timedelta:
        if given < least:
            raise ValueError(f"it is too short; write {write_duration(least)} or more")
        if most is not None and given > most:
            raise ValueError(f"it is too long; write {write_duration(most)} or less")
        return given

    return AfterValidator(refuse_beyond)


def refuse_count(given: Any) -> Any:
    """Refuse a number for a time: pydantic takes 2024 for 33 minutes after the beginning of 1970."""
    if isinstance(given, int | float) or (isinstance(given, str) and _COUNT.fullmatch(given)):
        raise ValueError("a number alone is no time; write it in ISO 8601, for example 2024-01-31T00:00:00Z")
    return given


UNPRINTABLE: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069]")
"""Controls, line ends, half characters, and what makes a text read in another order than it is written."""

STORED: Final = {"stored": True}
"""The context in which what was saved is read again: durations were saved as pydantic writes them, with years."""

_ISO: Final = TypeAdapter(timedelta)
_COUNT: Final = re.compile(r"\s*[+-]?\d+(\.\d*)?\s*")
_MONTHS: Final = re.compile(r"[+-]?P[^T]*[YM]", re.IGNORECASE)
LONGEST: Final = timedelta(days=36_525)
Duration = Annotated[
    timedelta,
    BeforeValidator(_refuse_no_length),
    PlainSerializer(write_duration, return_type=str, when_used="json"),
    Field(description="ISO 8601, for example PT15M"),
]
Length = Annotated[Duration, AfterValidator(_refuse_too_long)]
"""A duration that is more than nothing."""

Moment = Annotated[datetime, BeforeValidator(refuse_count)]
"""A time in ISO 8601."""
