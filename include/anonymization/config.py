"""The anonymisation plan as the owner writes it: a method per field."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from include.configuration import Configuration


class Method(StrEnum):
    """What becomes of a field's values."""

    PSEUDONYM = "pseudonym"  # keyed HMAC, one key per dataset: joins inside the dataset work, across datasets do not
    DROP = "drop"  # null
    REDACT = "redact"  # a constant
    KEEP = "keep"  # as it is: a recorded exception, with its reason


class FieldPlan(Configuration):
    """What becomes of one field."""

    method: Method
    reason: str | None = Field(None, min_length=3, description="why a field that names a person may stay as it is")

    @model_validator(mode="after")
    def _reason_for_keeping(self) -> Self:
        if self.method is Method.KEEP and not self.reason:
            raise ValueError("`keep` needs a `reason`")
        return self


class AnonymizationConfig(Configuration):
    """The anonymisation step of a collection."""

    fields: dict[str, FieldPlan] = Field(default_factory=dict)
