"""Telegrams of a smart meter's P1 port (DSMR, eMUCS-P1)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.cim.zone import OFFSET
from include.configuration import Configuration


class DsmrFormat(Configuration):
    """P1 telegrams, one after the other: one row for each value of each telegram."""

    kind: Literal["dsmr"] = "dsmr"
    winter_offset: str = Field(
        "+01:00", pattern=OFFSET, examples=["+01:00"], description="of times that end with W; S is an hour more"
    )
    damaged: Literal["refuse", "skip"] = Field(
        "refuse", description="what to do with a telegram whose checksum differs"
    )

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written."""
        return NumberStyle()
