"""Workbooks of OpenDocument (ods), a sheet's rows one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from include.connectors.formats.sheet_cells import (
    MOST_ROWS,
    Row,
    Sheet,
    SheetReading,
    Shown,
    refuse_long_cell,
    stored_number,
)
from include.connectors.formats.xml_parts import XmlParts
from include.errors import SourceRefused

CELLS_PER_BYTE: Final = 100
FREE_CELLS: Final = 1 << 20
MOST_COLUMNS: Final = 16_384
MOST_SHEETS: Final = 1_000

_CONTENT: Final = "content.xml"
_MANIFEST: Final = "META-INF/manifest.xml"
_SPAN: Final = re.compile(r"PT(\d+)H(\d+)M(\d+)(?:[.,](\d+))?S")


def open_ods(file: BinaryIO, name: str) -> list[Sheet]:
    """Open a workbook: its sheets in their order.

    Raises:
        SourceRefused: It is damaged, encrypted, no workbook, or greater than a limit.
    """
    parts = XmlParts(file, name)
    most_cells = max(FREE_CELLS, CELLS_PER_BYTE * file.seek(0, 2))
    if b"spreadsheet" not in b"".join(parts.chunks("mimetype")):
        raise SourceRefused(name, "it is a document that is no workbook", "Hand over a workbook, or CSV.")
    if parts.has(_MANIFEST) and b"encryption-data" in b"".join(parts.chunks(_MANIFEST)):
        raise SourceRefused(name, "it is encrypted", "Hand it over without a password.")
    listing = _Reading(parts, None, most_cells, SheetReading())
    for _ in listing.rows():
        pass

    def rows_of(number: int) -> Callable[[SheetReading], Iterator[Row]]:
        return lambda reading: _Reading(parts, number, most_cells, reading).rows()

    return [
        Sheet(found.name, found.style in listing.hidden, found.cells, rows_of(number), dict)
        for number, found in enumerate(listing.found)
    ]


@dataclass(slots=True)
class _Found:
    name: str
    style: str
    cells: int = 0


class _Reading:
    """One reading of the content, for one of its sheets; for their list where none is chosen."""

    def __init__(self, parts: XmlParts, chosen: int | None, most_cells: int, reading: SheetReading) -> None:
        self.found: list[_Found] = []
        self.hidden: set[str] = set()
        self._parts = parts
        self._chosen = chosen
        self._left = most_cells
        self._reading = reading
        self._style = ""
        self._tables = self._notes_open = 0
        self._rows: list[tuple[Row, int]] = []
        self._given = self._empty_rows = 0
        self._row: Row = []
        self._row_times = 1
        self._empty_cells = 0
        self._cell: dict[str, str] | None = None
        self._text: list[str] = []
        self._length = 0

    def rows(self) -> Iterator[Row]:
        for _ in self._parts.parse(_CONTENT, self._start, self._end, self._characters):
            gathered, self._rows = self._rows, []
            for row, times in gathered:
                for _ in range(times):
                    yield list(row)
            if self._chosen is not None and len(self.found) > self._chosen + 1:
                return

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag:
            case "table:table-cell" | "table:covered-table-cell" if self._tables == 1:
                self._cell = attributes
                self._text.clear()
                self._length = 0
            case "table:table-row" if self._tables == 1:
                self._row, self._empty_cells = [], 0
                self._row_times = self._times(attributes, "rows", MOST_ROWS)
            case "text:p" if self._text:
                self._text.append("\n")
            case "text:s":
                self._text.append(" " * min(int(attributes.get("text:c", "1")), 100))
            case "text:tab" | "text:line-break":
                self._text.append("\t" if tag == "text:tab" else "\n")
            case "office:annotation":
                self._notes_open += 1
            case "table:table":
                self._tables += 1
                if self._tables == 1:
                    self._begin_sheet(attributes)
            case "style:style":
                self._style = attributes.get("style:name", "")
            case "style:table-properties" if attributes.get("table:display") == "false":
                self.hidden.add(self._style)

    def _end(self, tag: str) -> None:
        match tag:
            case "table:table-cell" | "table:covered-table-cell" if self._cell is not None and self._tables == 1:
                self._end_cell(self._cell)
                self._cell = None
            case "table:table-row" if self._tables == 1:
                self._end_row()
            case "office:annotation":
                self._notes_open -= 1
            case "table:table":
                self._tables -= 1

    def _characters(self, text: str) -> None:
        if self._cell is not None and not self._notes_open:
            self._length += len(text)
            refuse_long_cell(self._length, self._parts.name)
            self._text.append(text)

    def _begin_sheet(self, attributes: dict[str, str]) -> None:
        self.found.append(_Found(attributes.get("table:name", ""), attributes.get("table:style-name", "")))
        self._given = self._empty_rows = 0
        if len(self.found) > MOST_SHEETS:
            raise SourceRefused(self._parts.name, f"it has more than {MOST_SHEETS} sheets", "Keep those that matter.")

    def _end_cell(self, cell: dict[str, str]) -> None:
        times = self._times(cell, "columns", MOST_COLUMNS)
        column = len(self._row) + self._empty_cells
        if column + times > MOST_COLUMNS:
            times = MOST_COLUMNS - column
        value = self._value(cell, self._given + self._empty_rows, column)
        if value is None or times <= 0:
            self._empty_cells += max(times, 0)
            return
        self._spend(times + self._empty_cells)
        self._row.extend([None] * self._empty_cells)
        self._row.extend([value] * times)
        self._empty_cells = 0

    def _end_row(self) -> None:
        if not self._row:
            self._empty_rows += self._row_times
            return
        if self._given + self._empty_rows + self._row_times > MOST_ROWS:
            raise SourceRefused(self._parts.name, f"a sheet has more than {MOST_ROWS} rows", "Split it.")
        self._spend(len(self._row) * (self._row_times - 1))
        self.found[-1].cells += len(self._row) * self._row_times
        if self._chosen == len(self.found) - 1:
            if self._empty_rows:
                self._rows.append(([], self._empty_rows))
            self._rows.append((self._row, self._row_times))
        self._given += self._empty_rows + self._row_times
        self._empty_rows = 0

    def _spend(self, cells: int) -> None:
        """Count cells: one that is repeated takes a few bytes, however often it is."""
        self._left -= cells
        if self._left < 0:
            raise SourceRefused(
                self._parts.name, f"it holds more than {CELLS_PER_BYTE} cells for each of its bytes", "Save it as CSV."
            )

    def _value(self, cell: dict[str, str], row: int, column: int) -> str | None:
        text = "".join(self._text).strip("\n") if self._text else ""
        if cell.get("calcext:value-type") == "error":
            self._reading.note_error(text, row, column)
            return text or None
        match cell.get("office:value-type"):
            case "float" | "currency" | "percentage" as kind:
                shown = Shown.PERCENT if kind == "percentage" else Shown.NUMBER
                value = stored_number(cell.get("office:value", ""), shown, False, column, self._reading)
            case "date" | "boolean" as kind:
                value = cell.get(f"office:{kind}-value", "")
            case "time":
                value = _clock(cell.get("office:time-value", ""))
            case _:
                value = self._reading.note_text(cell.get("office:string-value") or text, row, column)
                if not value and "table:formula" in cell:
                    self._reading.note_no_result(row, column)
        return value or None

    def _times(self, attributes: dict[str, str], what: str, most: int) -> int:
        repeated = attributes.get(f"table:number-{what}-repeated", "1")
        return max(1, min(int(repeated), most)) if repeated.isdecimal() and len(repeated) < 10 else most


def _clock(span: str) -> str:
    found = _SPAN.fullmatch(span)
    if not found:
        return span
    hours, minutes, seconds, fraction = found.groups()
    fraction = (fraction or "").rstrip("0")
    return f"{int(hours):02}:{minutes:0>2}:{seconds:0>2}" + (f".{fraction}" if fraction else "")
