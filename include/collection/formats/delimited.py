"""Delimited text."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from include.collection.formats.layout import TableLayout


class CsvFormat(TableLayout):
    """Delimited text."""

    kind: Literal["csv"] = "csv"
    delimiter: str = Field(",", min_length=1, max_length=1, description="a space stands for any run of blanks")
    encoding: str = "utf-8"
    quote: str | None = Field('"', max_length=1)
    excel_text: bool = Field(False, description='cells written ="…", so that Excel leaves them alone')
    ragged: Literal["refuse", "skip", "fill"] = Field(
        "refuse",
        description="a row with more or fewer cells than columns: refuse the source, leave the row out and tell, or "
        "fill a short row up with empty cells at its end",
    )
