"""The base of everything that a person writes: unknown keys are refused, and what was read does not change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
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


def read_tag(context: Mapping[str, Any]) -> tuple[str, str, list[str]]:
    """Give the key that says which of a union is meant, what it says, and what it may say.

    Args:
        context: `ctx` of pydantic's error `union_tag_invalid`.
    """
    known = re.findall(r"'([^']+)'", str(context["expected_tags"]))
    return read_discriminator(context), str(context["tag"]), known


def read_discriminator(context: Mapping[str, Any]) -> str:
    """Give the key that says which of a union is meant, of pydantic's errors about it."""
    return str(context["discriminator"]).strip("'")


def has_fixed_length(duration: str) -> bool:
    """Say whether a duration of ISO 8601 is always as long: months and years are not.

    Example:
        >>> has_fixed_length("PT15M"), has_fixed_length("P1D"), has_fixed_length("P1M")
        (True, True, False)
    """
    return not _MONTHS.match(duration)


def _refuse_no_length(given: Any, info: ValidationInfo) -> Any:
    if isinstance(given, str) and not has_fixed_length(given) and info.context is not AS_STORED:
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


def write_length(length: timedelta) -> str:
    """Write a duration so that it is read again: pydantic writes 365 days as a year, which is of no fixed length.

    Example:
        >>> write_length(timedelta(days=400, hours=3)), write_length(timedelta(minutes=15))
        ('P400DT3H', 'PT15M')
    """
    within = _ISO.dump_python(length - timedelta(days=length.days), mode="json")
    if not length.days:
        return str(within)
    return f"P{length.days}D" + ("" if within == "PT0S" else within.removeprefix("P"))


AS_STORED: Final = {"stored": True}
"""The context in which our own record is validated: 365 days were written as a year (P1Y) before `write_length`."""
_ISO: Final = TypeAdapter(timedelta)
_MONTHS: Final = re.compile(r"[+-]?P[^T]*[YM]", re.IGNORECASE)
LONGEST: Final = timedelta(days=36_525)
Length = Annotated[
    timedelta,
    BeforeValidator(_refuse_no_length),
    AfterValidator(_refuse_too_long),
    PlainSerializer(write_length, return_type=str, when_used="json"),
    Field(description="ISO 8601, for example PT15M"),
]
