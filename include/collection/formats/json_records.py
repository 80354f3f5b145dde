"""JSON with records somewhere in it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.configuration import Configuration


class JsonFormat(Configuration):
    """JSON with a list of records somewhere in it; nested members become columns named `a.b.c`."""

    kind: Literal["json"] = "json"
    records: str = Field("$", pattern=r"^\$(\.[^.\[\]]+)*$", description="where the list of records is: $.data")

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written; JSON knows one way."""
        return NumberStyle()
