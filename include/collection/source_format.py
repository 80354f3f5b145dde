"""How a source's bytes are to be read, as the owner writes it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from include.configuration import Configuration


class CsvFormat(Configuration):
    """Delimited text."""

    kind: Literal["csv"] = "csv"
    delimiter: str = Field(",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: str = "utf-8"
    skip_lines: int = Field(0, ge=0, description="lines before the header")
    quote: str | None = Field('"', max_length=1)
    null_values: tuple[str, ...] = ("",)
    excel_text: bool = Field(False, description='cells written ="…", so that Excel leaves them alone')


class JsonFormat(Configuration):
    """JSON with a list of records somewhere in it; nested members become columns named `a.b.c`."""

    kind: Literal["json"] = "json"
    records: str = Field("$", pattern=r"^\$(\.[^.\[\]]+)*$", description="where the list of records is: $.data")


Format = Annotated[CsvFormat | JsonFormat, Field(discriminator="kind")]
