"""Delimited text."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from include.collection.formats.layout import TableLayout


class CsvFormat(TableLayout):
    """Delimited text."""

    kind: Literal["csv"] = "csv"
    delimiter: str = Field(",", min_length=1, max_length=1, description="a space stands for any run of blanks")
    encoding: str = "utf-8"
    quote: str | None = Field('"', max_length=1)
    excel_text: bool = Field(False, description='cells written ="…", so that Excel leaves them alone')
    row_mark: str | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="of lines of several types, told by their first cell: those that are rows; with `header_mark`",
    )
    header_mark: str | None = Field(
        None,
        min_length=1,
        max_length=20,
        description="the first cell of a header's lines, which begin a table: `table` counts the different ones",
    )
    ragged: Literal["refuse", "skip", "fill"] = Field(
        "refuse",
        description="a row with more or fewer cells than columns: refuse the source, leave the row out and tell, or "
        "fill a short row up with empty cells at its end",
    )

    @property
    def odd_signs(self) -> tuple[str, ...]:
        """Name the signs that no reader takes, for they are more than a byte, or none."""
        signs = {"delimiter": self.delimiter, "quote": self.quote or ""}
        return tuple(name for name, sign in signs.items() if not sign.isascii() or sign == "\0")

    @model_validator(mode="after")
    def _two_marks(self) -> Self:
        if (self.row_mark is None) != (self.header_mark is None) or (
            self.row_mark and self.row_mark == self.header_mark
        ):
            raise ValueError(
                "`row_mark` and `header_mark` go together, and differ; write what a row's first cell is, and a header's"
            )
        return self
