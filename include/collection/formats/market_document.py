"""Market documents of IEC 62325, as ENTSO-E's Transparency Platform and market operators give them."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.configuration import Configuration

DOCUMENT: Final = "document.kind"
"""The column that says what the document is called: GL_MarketDocument."""


class MarketDocumentFormat(Configuration):
    """A market document of IEC 62325: one row for each position of each period, repeated values written out."""

    kind: Literal["market_document"] = "market_document"
    zone: str = Field("Europe/Brussels", description="where days, months and years begin, for resolutions such as P1D")
    sequence: str | None = Field(
        None, description="take only series of this classificationSequence: of several auctions for the same time"
    )

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written; XML Schema knows one way."""
        return NumberStyle()
