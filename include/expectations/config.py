"""Curation rules as the owner writes them: Great Expectations' own JSON, and what happens on violation."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from include.configuration import Configuration


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


class CurationRule(Configuration):
    """One expectation, in the JSON that Great Expectations writes (`type`, `kwargs`)."""

    type: str = Field(pattern=r"^expect_[a-z_]+$", description="for example expect_column_values_to_be_between")
    kwargs: dict[str, Any] = Field(description="the expectation's own arguments; columns are CIM fields")
    on_violation: Action = Action.QUARANTINE


class CuratorConfig(Configuration):
    """The curation step of a collection: the owner's rules, on top of what the concept demands by itself."""

    rules: tuple[CurationRule, ...] = ()
