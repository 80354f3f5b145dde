"""Lines of several types, told by their first cell: headers, rows, and what is neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from include.collection.formats.delimited import CsvFormat
from include.errors import SourceRefused

_MOST_TABLES: Final = 1_000
_MOST_HEADER: Final = 10


def first_cell(line: str, form: CsvFormat) -> str:
    """Give the first cell of a line without the blanks and quotes around it."""
    return line.split(form.delimiter, 1)[0].strip().strip(form.quote or "")


def choose_marked(lines: Iterable[str], form: CsvFormat, where: str) -> Iterator[str]:
    """Give header and rows of one of the tables that marked lines hold, the first where no number is given."""
    wanted = form.table or 1
    given = False
    for number, header, row in _walk(lines, form, where):
        if number == wanted:
            if not given:
                yield from header
                given = True
            yield row


def read_marked(lines: Iterable[str], form: CsvFormat, where: str, most_rows: int) -> list[list[str]]:
    """Give the first lines of every table that marked lines hold, header first."""
    tables: list[list[str]] = []
    for number, header, row in _walk(lines, form, where):
        if number > len(tables):
            tables.append(list(header))
        if len(tables[number - 1]) < most_rows:
            tables[number - 1].append(row)
    return tables


def _walk(lines: Iterable[str], form: CsvFormat, where: str) -> Iterator[tuple[int, Sequence[str], str]]:
    """Give every row with the number and the header of its table, from 1.

    Several lines of a header follow one another. A header that comes again, word for word, goes on with its table.
    """
    known: dict[tuple[str, ...], int] = {}
    header: list[str] = []
    current: tuple[str, ...] | None = None
    for line in lines:
        mark = first_cell(line, form)
        if mark == form.header_mark:
            header.append(line)
            if len(header) > _MOST_HEADER:
                raise SourceRefused(where, f"a header has more than {_MOST_HEADER} lines", "Is `header_mark` right?")
        elif mark == form.row_mark:
            if header:
                current, header = tuple(header), []
                known.setdefault(current, len(known) + 1)
                if len(known) > _MOST_TABLES:
                    raise SourceRefused(where, f"it holds more than {_MOST_TABLES} tables", "Is `header_mark` right?")
            if current is not None:
                yield known[current], current, line
