"""A REST or Open Data API as a source, as the owner writes it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.collection.formats.json_records import JsonFormat
from include.configuration import Configuration


class Incremental(Configuration):
    """Ask only for what is new: the source's parameter that takes the last value seen of a field."""

    parameter: str = Field(min_length=1, description="the query parameter")
    field: str = Field(min_length=1, description="the source column whose greatest value is sent next time")
    start: str = Field(description="sent the first time")


class RestSource(Configuration):
    """A REST or Open Data API that answers GET with JSON."""

    kind: Literal["rest"] = "rest"
    url: str = Field(pattern=r"^https?://", max_length=2000)
    parameters: dict[str, str] = Field(default_factory=dict)
    format: JsonFormat = JsonFormat()
    incremental: Incremental | None = None
    timeout_s: float = Field(30.0, gt=0, le=300)

    @property
    def numbers(self) -> NumberStyle:
        """How its numbers are written."""
        return self.format.numbers
