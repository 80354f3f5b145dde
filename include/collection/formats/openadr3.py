"""Objects of OpenADR 3, as a VTN gives them: programs, events, reports."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.configuration import Configuration


class OpenAdr3Format(Configuration):
    """JSON of OpenADR 3: one object, a list, or one after the other; a row for each payload of each interval."""

    kind: Literal["openadr3"] = "openadr3"
    object: Literal["program", "event", "report"] | None = Field(
        None, description="which objects are read, where there are several kinds"
    )

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written; JSON knows one way."""
        return NumberStyle()
