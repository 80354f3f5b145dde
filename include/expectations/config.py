"""Curation rules as the owner writes them: Great Expectations' own JSON, and what happens on violation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StrictStr, field_validator, model_validator

from include.configuration import Configuration, Length

MOST_RULES: Final = 200
"""More than anybody writes by hand: each is checked on saving, and again in each run."""

RuleType = Annotated[str, Field(pattern=r"^expect_[a-z_]+$", examples=["expect_column_values_to_be_between"])]
Share = Annotated[
    float,
    Field(ge=0, lt=1, strict=True, description="act only if more than this share of the batch's checked rows break it"),
]


class Action(StrEnum):
    """What happens to a row (or the batch) that breaks a rule."""

    QUARANTINE = "quarantine"  # the row waits, encrypted, for its owner
    DROP = "drop"
    SET_NULL = "set_null"  # the cell that the rule names
    FILL = "fill"  # the cell, as `fill` says: a constant, or from its neighbours
    CLAMP = "clamp"  # the cell, to the nearest bound of the rule
    FLAG = "flag"  # the row goes on, marked with the rule
    HOLD = "hold"  # the batch waits for a person, who lets it go on or refuses it
    FAIL = "fail"  # nothing of the batch is loaded


class FillMethod(StrEnum):
    """Where the value comes from that a cell is filled with; neighbours are rows of the same series and batch."""

    CONSTANT = "constant"
    PREVIOUS = "previous"  # the last sound value before it
    LINEAR = "linear"  # on the line between the sound values before and after it
    MEDIAN = "median"  # of the sound values around it


class Fill(Configuration):
    """What a cell that breaks a rule is filled with; a cell that nothing fills is emptied."""

    method: FillMethod
    value: StrictBool | StrictInt | StrictFloat | StrictStr | None = Field(None, description="of `constant`")
    within: Length | None = Field(
        None,
        description="previous: how old the value may be; linear: how far apart the two may lie; median: how long the "
        "window is, half of it before the cell and half after",
    )

    @field_validator("value", mode="before")
    @classmethod
    def _is_one_value(cls, value: Any) -> Any:
        if not isinstance(value, bool | int | float | str | None):
            raise ValueError("it is not one value; write a number, text, true or false")  # noqa: TRY004 - as pydantic has it
        return value

    @model_validator(mode="after")
    def _need_what_the_method_needs(self) -> Self:
        constant = self.method is FillMethod.CONSTANT
        if constant == (self.value is None):
            wrong = "lacks `value`; write the constant" if constant else "takes no `value`; leave it out"
            raise ValueError(f"method {self.method} {wrong}")
        if constant != (self.within is None):
            wrong = "takes no `within`; leave it out" if constant else "lacks `within`; write how far, such as PT1H"
            raise ValueError(f"method {self.method} {wrong}")
        return self


class CurationRule(Configuration):
    """One expectation, in the JSON that Great Expectations writes (`type`, `kwargs`)."""

    type: RuleType
    kwargs: dict[str, Any] = Field(description="the expectation's own arguments; columns are CIM fields")
    on_violation: Action = Action.QUARANTINE
    fill: Fill | None = Field(None, description="of on_violation: fill")
    threshold: Share | None = None


class CuratorConfig(Configuration):
    """The curation step of a collection: the owner's rules, on top of what the concept demands by itself."""

    rules: tuple[CurationRule, ...] = Field((), max_length=MOST_RULES)


@dataclass(frozen=True, slots=True)
class Series:
    """What is read one after the other: rows that are alike in `names`, in the order of `time`."""

    time: str
    names: tuple[str, ...]
