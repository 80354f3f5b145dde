"""AEMO's meter data file format: NEM12 (intervals) and NEM13 (accumulated readings)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.cim.zone import OFFSET
from include.configuration import Configuration


class Nem12Format(Configuration):
    """Australian meter data: one row for each interval of NEM12, or for each reading of NEM13."""

    kind: Literal["nem12"] = "nem12"
    utc_offset: str = Field(
        "+10:00", pattern=OFFSET, examples=["+10:00"], description="of the file's times; AEMO's are +10:00"
    )

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written."""
        return NumberStyle()
