"""Text in columns of a fixed width."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from include.collection.formats.layout import TableLayout


class FixedWidthFormat(TableLayout):
    """Text whose columns stand at the same place in every line; cells lose the blanks around them.

    The names of the columns stand in the header's lines, at the same places.
    """

    kind: Literal["fixed_width"] = "fixed_width"
    encoding: str = "utf-8"
    columns: tuple[tuple[int, int | None], ...] = Field(
        min_length=1,
        max_length=1_600,
        description="where each begins and ends, from 1, the end included; the last may go to the line's end",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(begin < 1 or (end is not None and end < begin) for begin, end in self.columns):
            raise ValueError(
                "a column ends before it begins; characters are counted from 1, and the last one belongs to it"
            )
        if any(end is None or end >= begin for (_, end), (begin, _) in pairwise(self.columns)):
            raise ValueError("columns overlap, or are not in their order; write them from left to right")
        return self
