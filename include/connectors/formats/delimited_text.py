"""Delimited text as a stream of UTF-8: decoded, without its byte order mark, preamble and header."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Final

from include.collection.formats.delimited import CsvFormat
from include.connectors.content import CHUNK, Content
from include.errors import SourceEmpty, SourceRefused

MOST_COLUMNS: Final = 1_600
"""As many as a PostgreSQL table takes."""


class CsvText:
    """What follows the header, as a file object that a reader of CSV takes.

    Attributes:
        columns: The header's names; a nameless one is called after its place.
        header_lines: Lines before the first row of data.

    Raises:
        SourceRefused: Nothing is there, no row follows the header, or the bytes are no text in this encoding.
    """

    closed = False

    def __init__(self, content: Content, form: CsvFormat) -> None:
        self._content = content
        self._form = form
        self._decoder = _decoder(form.encoding, content.name)
        self._lines = 0
        self._taken = 0
        self._ended = False
        self._quotes = 0
        head = self._decode(CHUNK).removeprefix("\ufeff")
        if not head.strip():
            raise SourceRefused(content.name, "the file is empty", "Hand over a file with a header and rows.")
        text = io.StringIO(head, newline="")
        for _ in range(form.skip_lines):
            text.readline()
        self.columns = self._read_header(text)
        before = head[: text.tell()]
        self.header_lines = before.count("\n") or 1
        self._rest = head[text.tell() :].encode()
        while not self._rest.strip() and not self._ended:
            self._rest += self._decode(CHUNK).encode()
        if not self._rest.strip():
            raise SourceEmpty(content.name, "no row follows the header", "A file without rows cannot be loaded.")

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes of UTF-8, none at the end."""
        if not self._rest and not self._ended:
            self._rest = self._decode(max(size, CHUNK)).encode()
            while not self._rest and not self._ended:
                self._rest = self._decode(CHUNK).encode()
        if size < 0:
            size = len(self._rest)
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk

    def quotes_pair(self) -> bool:
        """Say whether what was read so far opens as many quotes as it closes."""
        return self._quotes % 2 == 0

    def readable(self) -> bool:
        """Say that this is a file to read from."""
        return True

    def close(self) -> None:
        """Leave the content to whoever opened it."""

    def _decode(self, size: int) -> str:
        chunk = self._content.read(size)
        self._ended = not chunk
        held = len(self._decoder.getstate()[0])
        try:
            text = self._decoder.decode(chunk, final=self._ended)
        except UnicodeDecodeError as error:
            line = self._lines + error.object[: error.start].count(b"\n") + 1
            utf16 = self._taken == 0 and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            raise SourceRefused(
                self._content.name,
                f"line {line} (byte {self._taken - held + error.start + 1}) is not text in {self._form.encoding}",
                "Set the format's `encoding`; "
                + ("it begins like utf-16." if utf16 else "older exports are often written in cp1252 or latin-1."),
            ) from None
        if "\0" in text:
            line = self._lines + text[: text.index("\0")].count("\n") + 1
            raise SourceRefused(
                self._content.name,
                f"line {line} holds a NUL character, which no text has",
                "The file is damaged, or it is UTF-16: then set the format's `encoding` to utf-16.",
            )
        self._lines += text.count("\n")
        self._quotes += text.count(self._form.quote) if self._form.quote else 0
        self._taken += len(chunk)
        return text

    def _read_header(self, text: io.StringIO) -> list[str]:
        name, form = self._content.name, self._form
        reader = csv.reader(
            iter(text.readline, ""),
            delimiter=form.delimiter,
            quotechar=form.quote,
            quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
        )
        try:
            cells = next((row for row in reader if any(cell.strip() for cell in row)), None)
        except csv.Error:
            cells = None
        if cells is None:
            raise SourceRefused(name, "no header was found", "`skip_lines` may be too great.")
        if len(cells) > MOST_COLUMNS:
            raise SourceRefused(name, f"the header names more than {MOST_COLUMNS} columns", "Is the delimiter right?")
        cells = [
            cell.strip().removeprefix('="').removesuffix('"') if form.excel_text else cell.strip() for cell in cells
        ]
        names = [cell or f"column_{number}" for number, cell in enumerate(cells, start=1)]
        twice = sorted({cell for cell in names if names.count(cell) > 1})
        if twice:
            raise SourceRefused(
                name,
                f"the header names {', '.join(map(repr, twice[:5]))} more than once",
                "Give each column a name of its own.",
            )
        return names


def _decoder(encoding: str, name: str) -> codecs.IncrementalDecoder:
    try:
        return codecs.getincrementaldecoder(encoding)(errors="strict")
    except LookupError:
        raise SourceRefused(
            name, f"no encoding is called {encoding!r}", "utf-8, cp1252 and latin-1 are common."
        ) from None
