"""Reads text in columns of a fixed width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import polars as pl

from include.collection.formats.fixed_width import FixedWidthFormat
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.layout import read_table
from include.connectors.formats.text import TextLines, read_text

Columns = Sequence[tuple[int, int | None]]


def read_fixed_width(content: Content, form: FixedWidthFormat) -> Iterator[pl.DataFrame]:
    """Read columns of a fixed width; see `read_frames`. A line that ends early lacks its last cells."""
    lines = TextLines(read_text(content, form.encoding), content.name)
    cut = _Outside(form.columns, form.skip_lines + form.header_lines)
    yield from read_table((split_line(line, form.columns) for line in cut.watch(lines)), form, content)
    content.issues += cut.tell()


def split_line(line: str, columns: Columns) -> list[str]:
    """Cut a line into its cells."""
    return [line[begin - 1 : end].strip() for begin, end in columns]


class _Outside:
    """Looks for characters that stand outside of every column."""

    def __init__(self, columns: Columns, above: int) -> None:
        inner = ((end, begin - 1) for (_, end), (begin, _) in pairwise(columns) if end is not None)
        last = columns[-1][1]
        gaps = [(0, columns[0][0] - 1), *inner, *([(last, None)] if last is not None else [])]
        self._gaps = [slice(start, end) for start, end in gaps if start != end]
        self._above = above
        self._lines = self._first = 0

    def watch(self, lines: TextLines) -> Iterator[str]:
        for line in lines:
            if self._gaps and lines.number > self._above and any(line[gap].strip() for gap in self._gaps):
                self._lines += 1
                self._first = self._first or lines.number
            yield line

    def tell(self) -> Iterator[Issue]:
        if self._lines:
            yield Issue(
                f"line {self._first}",
                f"characters stand outside of every column, in {self._lines} lines",
                "Compare `columns` with the file; what stands outside is not read.",
            )
