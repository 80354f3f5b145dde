"""The base of everything that a person writes: unknown keys are refused, and what was read does not change."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class Configuration(BaseModel):
    """A part of a collection's definition, as YAML or JSON."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, str_max_length=10_000)


def has_fixed_length(duration: str) -> bool:
    """Say whether a duration of ISO 8601 is always as long: months and years are not.

    Example:
        >>> has_fixed_length("PT15M"), has_fixed_length("P1D"), has_fixed_length("P1M")
        (True, True, False)
    """
    return not _MONTHS.match(duration)


def _refuse_no_length(given: Any) -> Any:
    if isinstance(given, str) and not has_fixed_length(given):
        raise ValueError(f"{given}: months and years differ in length; write weeks, days or hours")
    if isinstance(given, int | float):
        # pydantic takes no other error for one
        raise ValueError("a number alone is no length; write it in ISO 8601, for example PT15M")  # noqa: TRY004
    return given


def _refuse_too_long(given: timedelta) -> timedelta:
    if not timedelta(0) < given <= LONGEST:
        raise ValueError("it has to be longer than nothing, and no longer than a hundred years")
    return given


_MONTHS: Final = re.compile(r"[+-]?P[^T]*[YM]", re.IGNORECASE)
LONGEST: Final = timedelta(days=36_525)
Length = Annotated[
    timedelta,
    BeforeValidator(_refuse_no_length),
    AfterValidator(_refuse_too_long),
    Field(description="ISO 8601, for example PT15M"),
]
