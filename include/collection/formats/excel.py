"""Workbooks of Excel and OpenDocument."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

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
    null_values: tuple[str, ...] = ("", *ERRORS)
