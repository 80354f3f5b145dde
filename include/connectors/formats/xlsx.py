"""Workbooks of Excel (xlsx), a sheet's rows one after the other."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from include.connectors.formats.sheet_cells import (
    MOST_ROWS,
    Merged,
    Row,
    Sheet,
    SheetReading,
    Shown,
    column_number,
    place,
    refuse_long_cell,
    show,
    stored_number,
)
from include.connectors.formats.xml_parts import XmlParts, local
from include.errors import SourceRefused

MOST_TEXTS: Final = 2_000_000
MOST_TEXT_CHARACTERS: Final = 64 << 20
MOST_COLUMNS: Final = 16_384
MOST_MERGED: Final = 100_000

_BUILT_IN: Final = {
    **dict.fromkeys((9, 10), Shown.PERCENT),
    **dict.fromkeys((14, 15, 16, 17, 27, 28, 29, 30, 31, 36, *range(50, 59)), Shown.DATE),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35, 45, 47), Shown.TIME),
    22: Shown.DATETIME,
    46: Shown.DURATION,
}
"""Number formats without a code: ECMA-376-1, 18.8.30."""

_ESCAPED: Final = re.compile(r"_x(000[1-9A-Fa-f]|001[0-9A-Fa-f]|005[fF])_")
_MERGED: Final = re.compile(rb'mergeCell [^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_OVERLAP: Final = 200


def open_xlsx(file: BinaryIO, name: str) -> list[Sheet]:
    """Open a workbook: its sheets in their order.

    Raises:
        SourceRefused: It is damaged, no workbook of this kind, or greater than a limit.
    """
    return _Xlsx(XmlParts(file, name)).sheets


class _Xlsx:
    """What the sheets of one workbook share."""

    def __init__(self, parts: XmlParts) -> None:
        self.parts = parts
        self.texts: list[str] = []
        book = next((to for kind, to in self._relations("").values() if kind == "officeDocument"), "xl/workbook.xml")
        if not parts.has(book) or book.endswith(".bin"):
            raise SourceRefused(parts.name, "it is no workbook that is read", "Save it as xlsx or CSV.")
        relations = self._relations(book)
        self.from_1904 = False
        found: list[tuple[str, bool, str]] = []

        def start(tag: str, attributes: dict[str, str]) -> None:
            match local(tag):
                case "workbookPr":
                    self.from_1904 = attributes.get("date1904", "0") in ("1", "true")
                case "sheet":
                    relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
                    kind, target = relations.get(relation, ("", ""))
                    if kind == "worksheet":
                        found.append(
                            (attributes.get("name", ""), attributes.get("state") in ("hidden", "veryHidden"), target)
                        )

        parts.read(book, start)
        self._texts_part = next((to for kind, to in relations.values() if kind == "sharedStrings"), None)
        styles = next((to for kind, to in relations.values() if kind == "styles"), None)
        self.styles = self._read_styles(styles) if styles and parts.has(styles) else []
        self.sheets = [self._sheet(*sheet) for sheet in found if parts.has(sheet[2])]

    def _sheet(self, name: str, hidden: bool, part: str) -> Sheet:
        def rows(reading: SheetReading) -> Iterator[Row]:
            if not self.texts:
                self.texts = self._read_texts()
            return _SheetRows(self, reading, part).rows()

        size = self.parts.archive.getinfo(part).file_size
        return Sheet(name, hidden, size, rows, lambda: self._find_merged(part))

    def _find_merged(self, part: str) -> Merged:
        """Find merged cells: a sheet lists them behind its rows."""
        merged: Merged = {}
        before = b""
        count = 0
        for chunk in self.parts.chunks(part):
            text = before + chunk
            ends = 0
            for found in _MERGED.finditer(text):
                ends = found.end()
                first, last = int(found[2]) - 1, int(found[4]) - 1
                count += 1
                if count < MOST_MERGED:
                    begin, end = column_number(found[1].decode()), column_number(found[3].decode())
                    merged.setdefault(first, []).append((begin, last, end))
            before = text[max(ends, len(text) - _OVERLAP) :]
        return merged

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Give what a part refers to: its kind and where it is, by id."""
        folder, base = posixpath.split(part)
        relations: dict[str, tuple[str, str]] = {}

        def start(tag: str, attributes: dict[str, str]) -> None:
            if local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
                relations[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], target)

        listed = posixpath.join(folder, "_rels", f"{base}.rels")
        if self.parts.has(listed):
            self.parts.read(listed, start)
        return relations

    def _read_styles(self, part: str) -> list[Shown]:
        codes: dict[int, Shown] = {}
        styles: list[Shown] = []
        inside = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal inside
            match local(tag):
                case "numFmt" if len(codes) < MOST_MERGED:
                    codes[int(attributes["numFmtId"])] = show(attributes.get("formatCode", "")[:255])
                case "cellXfs":
                    inside = True
                case "xf" if inside and len(styles) < MOST_MERGED:
                    number = int(attributes.get("numFmtId", "0"))
                    styles.append(codes.get(number, _BUILT_IN.get(number, Shown.NUMBER)))

        def end(tag: str) -> None:
            nonlocal inside
            inside = inside and local(tag) != "cellXfs"

        self.parts.read(part, start, end)
        return styles

    def _read_texts(self) -> list[str]:
        texts: list[str] = []
        pieces: list[str] = []
        inside = phonetic = False
        characters = 0

        def start(tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG001  # expat's signature
            nonlocal inside, phonetic
            name = local(tag)
            phonetic = phonetic or name == "rPh"
            inside = name == "t" and not phonetic

        def end(tag: str) -> None:
            nonlocal inside, phonetic
            inside = False
            match local(tag):
                case "rPh":
                    phonetic = False
                case "si":
                    texts.append(unescape("".join(pieces)))
                    pieces.clear()

        def text(piece: str) -> None:
            nonlocal characters
            if inside:
                pieces.append(piece)
                characters += len(piece)

        if self._texts_part and self.parts.has(self._texts_part):
            for _ in self.parts.parse(self._texts_part, start, end, text):
                if len(texts) > MOST_TEXTS or characters > MOST_TEXT_CHARACTERS:
                    raise SourceRefused(
                        self.parts.name, "its sheets hold too many different texts", "Save the sheet as CSV."
                    )
        return texts


class _SheetRows:
    """One reading of one sheet."""

    def __init__(self, book: _Xlsx, reading: SheetReading, part: str) -> None:
        self._book = book
        self._reading = reading
        self._part = part
        self._names: dict[str, str] = {}
        self._places: dict[str, int] = {}
        self._rows: list[Row] = []
        self._begun = 0  # rows, from the sheet's first
        self._row: Row = []
        self._column = -1
        self._cell: dict[str, str] = {}
        self._formula = self._inside = self._phonetic = False
        self._text: list[str] = []
        self._length = 0

    def rows(self) -> Iterator[Row]:
        parts = self._book.parts
        for _ in parts.parse(self._part, self._start, self._end, self._characters):
            gathered, self._rows = self._rows, []
            yield from gathered

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = self._names.get(tag) or self._names.setdefault(tag, local(tag))
        if name == "c":
            self._cell = attributes
            self._column = self._place(attributes.get("r"))
            self._text.clear()
            self._length = 0
            self._formula = False
        elif name in ("v", "t"):
            self._inside = not self._phonetic
        elif name == "row":
            self._begin_row(int(attributes.get("r") or self._begun + 1))
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = True

    def _end(self, tag: str) -> None:
        name = self._names[tag]
        if name == "c":
            self._end_cell()
        elif name in ("v", "t"):
            self._inside = False
        elif name == "row":
            self._rows.append(self._row)
        elif name == "rPh":
            self._phonetic = False

    def _characters(self, text: str) -> None:
        if self._inside:
            self._length += len(text)
            refuse_long_cell(self._length, self._book.parts.name)
            self._text.append(text)

    def _begin_row(self, number: int) -> None:
        if not self._begun < number <= MOST_ROWS:
            raise SourceRefused(self._book.parts.name, "a sheet's rows are not in their order", "Save it again.")
        self._rows.extend([] for _ in range(number - 1 - self._begun))
        self._begun = number
        self._row = []
        self._column = -1

    def _place(self, reference: str | None) -> int:
        if reference is None:
            column = self._column + 1
        else:
            letters = reference.rstrip("0123456789")
            known = self._places.get(letters)
            column = self._places.setdefault(letters, column_number(letters)) if known is None else known
        if not 0 <= column < MOST_COLUMNS:
            raise SourceRefused(self._book.parts.name, "a cell's place is no place in a sheet", "Save it again.")
        return column

    def _end_cell(self) -> None:
        value = self._value("".join(self._text))
        row, column = self._row, self._column
        if value is None:
            return
        if len(row) == column:
            row.append(value)
        else:
            row.extend([None] * (column + 1 - len(row)))
            row[column] = value

    def _value(self, text: str) -> str | None:
        if not text:
            if self._formula and "t" not in self._cell:
                self._reading.note_no_result(self._begun - 1, self._column)
            return None
        match self._cell.get("t", "n"):
            case "n":
                return self._number(text)
            case "s":
                return self._shared(text)
            case "b":
                return "true" if text == "1" else "false"
            case "e":
                self._reading.note_error(text, self._begun - 1, self._column)
                return text
            case _:
                return self._reading.note_text(unescape(text), self._begun - 1, self._column)

    def _number(self, stored: str) -> str:
        style = self._cell.get("s")
        shown = Shown.NUMBER
        if style is not None and style.isdecimal() and int(style) < len(self._book.styles):
            shown = self._book.styles[int(style)]
        return stored_number(stored, shown, self._book.from_1904, self._column, self._reading)

    def _shared(self, text: str) -> str | None:
        try:
            shared = self._book.texts[int(text)]
        except (ValueError, IndexError):
            raise SourceRefused(
                self._book.parts.name,
                f"cell {place(self._begun - 1, self._column)} names a text that is not there",
                "The workbook is damaged; save it again.",
            ) from None
        return self._reading.note_text(shared, self._begun - 1, self._column) or None


def unescape(text: str) -> str:
    """Put control characters in the place of what stands for them.

    Source: ECMA-376-1, 22.9.2.19 (ST_Xstring).
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
