"""Green Button's Energy Services Provider Interface (ESPI, NAESB REQ.21)."""

from __future__ import annotations

from typing import Literal

from include.cim.number_style import NumberStyle
from include.configuration import Configuration


class EspiFormat(Configuration):
    """A Green Button feed: one row for each interval reading, its value in the unit beside it, its times in UTC."""

    kind: Literal["espi"] = "espi"

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written; XML Schema knows one way."""
        return NumberStyle()
