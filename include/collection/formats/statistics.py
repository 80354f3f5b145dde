"""Cubes of statistics in JSON: JSON-stat and SDMX-JSON."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.cim.number_style import NumberStyle
from include.configuration import Configuration


class CubeFormat(Configuration):
    """A cube, whose cells become rows: a column for each dimension, `value`, and what is said of it.

    A cell of which the source says nothing is no row.
    """

    labels: bool = Field(
        True, description="whether what categories are called stands beside their codes: `geo`, `geo label`"
    )

    @property
    def numbers(self) -> NumberStyle:
        """How numbers are written."""
        return NumberStyle()


class JsonStatFormat(CubeFormat):
    """JSON-stat 2.0 and 1.x; `status` beside a value says what the source notes of it."""

    kind: Literal["json_stat"] = "json_stat"
    dataset: str | None = Field(None, min_length=1, description="which dataset of several, by its name")


class SdmxJsonFormat(CubeFormat):
    """Data messages of SDMX-JSON 1.0 and 2.0, by series or flat; an attribute is a column of its own."""

    kind: Literal["sdmx_json"] = "sdmx_json"
