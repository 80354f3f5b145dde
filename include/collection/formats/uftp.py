"""Messages of USEF's Flex Trading Protocol (UFTP, Shapeshifter)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.collection.zone import Zone
from include.configuration import Configuration, Duration, lasting


class UftpFormat(Configuration):
    """XML of UFTP: one message, or several within one element; a row for each ISP element."""

    kind: Literal["uftp"] = "uftp"
    message: Literal["flex_request", "flex_offer", "flex_order", "d_prognosis", "flex_settlement"] | None = Field(
        None, description="which messages are read, where there are several kinds"
    )
    zone: Zone = Field("Europe/Amsterdam", description="whose days a settlement counts; the other messages tell it")
    isp_length: Annotated[Duration, lasting(timedelta(minutes=1), timedelta(days=1))] = Field(
        timedelta(minutes=15), description="of a settlement's ISPs: PT15M"
    )

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written; XML Schema knows one way."""
        return NumberStyle()
