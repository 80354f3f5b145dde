"""Line protocol, as InfluxDB, QuestDB, VictoriaMetrics and Telegraf write it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.configuration import Configuration


class LineProtocolFormat(Configuration):
    """Points, one in a line: a row has a column for each tag and each field, and `time` as it is written."""

    kind: Literal["line_protocol"] = "line_protocol"
    measurement: str | None = Field(
        None, min_length=1, description="which points are read; none: all, and `measurement` is a column"
    )

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written."""
        return NumberStyle()
