"""Workbooks of Excel before 2007 (xls), by xlrd."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import xlrd
from xlrd.biffh import error_text_from_code

from include.connectors.formats.sheet_cells import Merged, Row, Sheet, SheetReading, Shown, show, stored_number
from include.errors import SourceRefused

MOST_BYTES: Final = 48 << 20
"""The library holds a workbook in memory; 65,536 rows of 256 cells are less."""


def open_xls(file: BinaryIO, name: str) -> list[Sheet]:
    """Open a workbook: its sheets in their order.

    Raises:
        SourceRefused: It is damaged, encrypted, no workbook, or greater than a limit.
    """
    file.seek(0)
    text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise SourceRefused(name, f"it is an xls of more than {MOST_BYTES >> 20} MiB", "Save it as xlsx or CSV.")
    if "EncryptedPackage".encode("utf-16-le") in text:
        raise SourceRefused(name, "it is encrypted", "Hand it over without a password.")
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  # the library prints what it wonders about
        book = _call(name, lambda: xlrd.open_workbook(file_contents=text, formatting_info=True, logfile=nowhere))
    shown = [show(book.format_map[style.format_key].format_str) for style in book.xf_list]
    return [_sheet(book, sheet, shown) for sheet in book.sheets()]


def _sheet(book: Any, sheet: Any, shown: list[Shown]) -> Sheet:
    def rows(reading: SheetReading) -> Iterator[Row]:
        for number in range(sheet.nrows):
            yield [_value(cell, number, column, reading) for column, cell in enumerate(sheet.row(number))]

    def merged() -> Merged:
        found: Merged = {}
        for first, behind, column, right in sheet.merged_cells:
            found.setdefault(first, []).append((column, behind - 1, right - 1))
        return found

    def _value(cell: Any, row: int, column: int, reading: SheetReading) -> str | None:
        match cell.ctype:
            case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                kind = shown[cell.xf_index or 0] if (cell.xf_index or 0) < len(shown) else Shown.NUMBER
                return stored_number(f"{cell.value:.17g}", kind, book.datemode == 1, column, reading)
            case xlrd.XL_CELL_BOOLEAN:
                return "true" if cell.value else "false"
            case xlrd.XL_CELL_ERROR:
                text = str(error_text_from_code.get(cell.value, "#N/A"))
                reading.note_error(text, row, column)
                return text
        return reading.note_text(str(cell.value), row, column) or None

    return Sheet(sheet.name, sheet.visibility != 0, sheet.nrows * sheet.ncols, rows, merged)


def _call(name: str, read: Any) -> Any:
    try:
        return read()
    except xlrd.XLRDError as error:
        encrypted = "encrypted" in str(error)
        raise SourceRefused(
            name,
            "it is encrypted" if encrypted else "it is no workbook of Excel, or damaged",
            "Hand it over without a password." if encrypted else "Save it as xlsx or CSV.",
        ) from None
    except (MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001  # the library fails on broken bytes in every way there is
        raise SourceRefused(name, "the workbook is damaged", "Save it again, as xlsx or CSV.") from None
