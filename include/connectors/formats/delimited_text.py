"""The lines of delimited text: which of them are its table, and that table's rows as a stream of plain CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Final

from include.collection.formats.delimited import CsvFormat
from include.connectors.content import Content
from include.connectors.formats.layout import (
    MOST_COLUMNS,
    MOST_RAW_COLUMNS,
    Laid,
    choose_table,
    lay_out,
    name_columns,
    name_units,
)
from include.connectors.formats.marked_lines import choose_marked
from include.connectors.formats.text import MOST_LINE, TextLines, read_text
from include.errors import SourceEmpty, SourceRefused

_PIECE: Final = 1 << 19
_WORDS: Final = re.compile(r'"[^"]*"|\S+')


class CsvText:
    """The rows of a table, as a file object that a reader of CSV takes.

    Attributes:
        columns: The columns' names.
        units: Texts of the unit lines by column.
        before: Lines of the file before the first row.
        delimiter: What parts the cells of the rows that are given.
        quoted: Whether there was a quote so far.
        opened: About the line in which the quote was opened that is not closed yet.

    Raises:
        SourceRefused: Nothing is there, no row follows the header, or the bytes are no text in this encoding.
    """

    closed = False

    def __init__(self, content: Content, form: CsvFormat) -> None:
        self._name = content.name
        self._form = form
        self._open = False
        self._passed = 0  # ends of lines
        self.quoted = False
        self.opened = 0
        self.lossy = False
        self.delimiter = "\t" if form.delimiter == " " else form.delimiter
        lines = TextLines(read_text(content, form.encoding), content.name)
        laid = self._lay_out(lines)
        header = [self.split(line) for line in laid.header]
        first = next(laid.rows, None)
        if len(header) < form.header_lines:
            raise SourceRefused(self._name, "no header was found", "`skip_lines` or `table` may be too great.")
        if first is None:
            raise SourceEmpty(self._name, "no row follows the header", "A file without rows cannot be loaded.")
        self.before = lines.number - 1
        self.columns = name_columns(header, self._width(header, self.split(first)), form)
        self.units = name_units(self.columns, [self.split(line) for line in laid.units])
        by_line = form.table or form.comment or form.footer_lines or form.row_mark
        if by_line or form.delimiter == " " or form.ragged == "fill":
            self._pieces = self._join(chain([first], laid.rows))
        else:
            self._pieces = chain([first + "\n"], lines.rest())
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes of UTF-8, none at the end."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self.lossy = self.lossy or "\ufffd" in piece
            self._note_quotes(piece)
            self._rest = piece.encode()
        if size < 0:
            size = len(self._rest)
        chunk, self._rest = self._rest[:size], self._rest[size:]
        return chunk

    def quotes_pair(self) -> bool:
        """Say whether what was read so far opens as many quotes as it closes."""
        return not self._open

    def _note_quotes(self, piece: str) -> None:
        quote = self._form.quote
        count = piece.count(quote) if quote else 0
        self.quoted = self.quoted or count > 0
        if quote and count % 2:
            self._open = not self._open
            if self._open:
                odd = [at for at, line in enumerate(piece.split("\n")) if line.count(quote) % 2]
                self.opened = self.before + self._passed + odd[-1] + 1
        self._passed += piece.count("\n")

    def readable(self) -> bool:
        """Say that this is a file to read from."""
        return True

    def close(self) -> None:
        """Leave the content to whoever opened it."""

    def split(self, line: str) -> list[str]:
        """Part a line into cells."""
        if not self._form.quote and self._form.delimiter != " ":
            return line.split(self.delimiter)
        return split_line(line, self._form)

    def _lay_out(self, lines: TextLines) -> Laid[str]:
        nothing = self._form.delimiter + " \t"

        def is_empty(line: str) -> bool:
            return not line.strip(nothing)

        if self._form.row_mark:
            chosen = choose_marked(lines, self._form, self._name)
        else:
            chosen = choose_table(lines, self._form.table, is_empty)
        below = islice(chosen, self._form.skip_lines, None)
        return lay_out(join_quoted(below, self._form, self._name), self._form, is_empty, str)

    def _width(self, header: list[list[str]], first: list[str]) -> int:
        """Count the columns: a delimiter at the end of every row, or of the header alone, makes none."""
        width = max(map(len, header), default=len(first))
        beyond = [first[width:], *(line[len(first) :] for line in header)]
        if not any(cell.strip() for cells in beyond for cell in cells):
            width = len(first)
        if width > (MOST_RAW_COLUMNS if self._form.transpose or self._form.unpivot else MOST_COLUMNS):
            raise SourceRefused(
                self._name, f"the header names more than {MOST_COLUMNS} columns", "Is the delimiter right?"
            )
        return width

    def _join(self, lines: Iterable[str]) -> Iterator[str]:
        gathered: list[str] = []
        size = 0
        for line in lines:
            text = self._normalize(line)
            gathered.append(text)
            size += len(text)
            if size > _PIECE:
                yield "\n".join(gathered) + "\n"
                gathered, size = [], 0
        yield "\n".join(gathered)

    def _normalize(self, line: str) -> str:
        if self._form.delimiter == " ":
            line = self.delimiter.join(_words(line, self._form))
        if self._form.ragged == "fill":
            width = len(self.columns)
            cells = len(self.split(line)) if self._form.quote and self._form.quote in line else None
            cells = cells or line.count(self.delimiter) + 1
            line += self.delimiter * (width - cells)
            if cells > width and line.endswith(self.delimiter * (cells - width)):
                line = line[: width - cells]
        return line


def split_line(line: str, form: CsvFormat) -> list[str]:
    """Part a line, or several that a quoted cell spans, into cells."""
    if form.delimiter == " ":
        return [_unquote(word, form.quote) for word in _words(line, form)]
    if not form.quote or form.quote not in line:
        return [_plain(cell, form) for cell in line.split(form.delimiter)]
    row = next(csv.reader(iter(line.splitlines(keepends=True)), delimiter=form.delimiter, quotechar=form.quote), [])
    return [_plain(cell, form) for cell in row]


def join_quoted(lines: Iterator[str], form: CsvFormat, where: str) -> Iterator[str]:
    """Join lines that a quoted cell spans.

    Raises:
        SourceRefused: A quote is never closed.
    """
    quote = form.quote
    if not quote:
        yield from lines
        return
    for line in lines:
        if line.count(quote) % 2 and _ends_open(line, form):
            parts, size = [line], len(line)
            for more in lines:
                parts.append(more)
                size += len(more)
                if size > MOST_LINE or (more.count(quote) % 2 and not _ends_open("\n".join(parts), form)):
                    break
            joined = "\n".join(parts)
            if size > MOST_LINE or _ends_open(joined, form):
                raise SourceRefused(
                    where,
                    "a row opens a quote that is never closed",
                    "Close the quote, or set another `quote` (or none) in the format.",
                )
            yield joined
        else:
            yield line


def _ends_open(text: str, form: CsvFormat) -> bool:
    """Say whether a quoted cell goes on in the next line; a quote inside an unquoted cell opens nothing."""
    lines = iter(text.splitlines(keepends=True))
    try:
        for _ in csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _words(line: str, form: CsvFormat) -> list[str]:
    return _WORDS.findall(line) if form.quote and form.quote in line else line.split()


def _unquote(word: str, quote: str | None) -> str:
    return word[1:-1] if quote and len(word) > 1 and word.startswith(quote) and word.endswith(quote) else word


def _plain(cell: str, form: CsvFormat) -> str:
    return cell.strip().removeprefix('="').removesuffix('"') if form.excel_text else cell
