"""Workbooks of Excel and OpenDocument."""

from __future__ import annotations

from typing import Final, Literal, Self

from pydantic import Field, model_validator

from include.collection.formats.layout import TableLayout

ERRORS: Final = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")
"""What stands in a cell whose formula has no result."""


class ExcelFormat(TableLayout):
    """A sheet of a workbook: xlsx, xls or ods.

    Numbers are read as they are stored, whatever they look like: of 12.5 % it is 0.125. Times become ISO 8601. A cell
    with a formula has the result that was stored with it. `decimal` and `thousands` are of numbers that are stored as
    text.
    """

    kind: Literal["excel"] = "excel"
    sheet: str | None = Field(None, max_length=255, description="its name; none: the workbook has one that is visible")
    sheets: tuple[str, ...] = Field(
        (),
        max_length=1_000,
        description="visible sheets with the same columns that are one table, one after the other: their names, or "
        "patterns (`*`, `Jan*`); every row has its sheet's name in a new column, `sheet`",
    )
    null_values: tuple[str, ...] = ("", *ERRORS)

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if self.sheet is not None and self.sheets:
            raise ValueError("`sheet` and `sheets` name sheets both; leave one of them out")
        return self
