"""Reads delimited text of any length in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.csv

from include.anonymization.telling import list_names
from include.batch import PART_ROWS
from include.collection.formats.delimited import CsvFormat
from include.collection.inspection import Issue
from include.connectors.content import CHUNK, Content
from include.connectors.formats.delimited_text import CsvText
from include.connectors.formats.layout import shape_frames
from include.connectors.formats.parts import MOST_CELL_BYTES, PART_BYTES
from include.errors import SourceRefused

_BLOCK: Final = CHUNK
"""pyarrow reads 32 blocks ahead; a row has to fit into one, which also limits a cell."""

_TOLD_ROWS: Final = 20

_QUOTES: Final = "Close the quote, or set another `quote` (or none) in the format."


def read_delimited(content: Content, form: CsvFormat) -> Iterator[pl.DataFrame]:
    """Read delimited text; see `read_frames`. Rows left out and characters lost are told in `content.issues`."""
    return shape_frames(_Delimited(content, form).frames(), form, content)


def read_units(content: Content, form: CsvFormat) -> dict[str, str]:
    """Give the texts of the unit lines by column, from the beginning of delimited text."""
    return CsvText(content, form).units


class _Delimited:
    """One reading of one text."""

    def __init__(self, content: Content, form: CsvFormat) -> None:
        self._content = content
        self._name = content.name
        self._form = form
        self._left_out: list[tuple[int, int]] = []
        self._rows = 0  # of the frames
        self._read = 0

    def frames(self) -> Iterator[pl.DataFrame]:
        text = CsvText(self._content, self._form)
        gathered: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in self._batches(text):
            for piece in _cut(batch, PART_ROWS - rows):
                if gathered and (rows + piece.num_rows > PART_ROWS or size > PART_BYTES):
                    yield self._frame(gathered, text)
                    gathered, rows, size = [], 0, 0
                gathered.append(piece)
                rows += piece.num_rows
                size += piece.nbytes
        if not gathered:
            raise SourceRefused(self._name, "no row has as many cells as the header", "Is the delimiter right?")
        last = self._frame(gathered, text)
        if not text.quotes_pair() and last.height and "\n" in (last[-1, -1] or ""):
            raise SourceRefused(
                self._name, f"the last row, about line {text.opened}, opens a quote that is never closed", _QUOTES
            )
        self._tell_left_out(text)
        yield last

    def _batches(self, text: CsvText) -> Iterator[pa.RecordBatch]:
        ragged: list[Any] = []
        for name in self._form.odd_signs:
            raise SourceRefused(self._name, f"`{name}` is no ASCII character", "Convert the file beforehand.")

        def judge(row: Any) -> str:
            if not row.text.strip():
                return "skip"
            if self._form.ragged == "skip":
                self._left_out.append((row.number, row.actual_columns))
                return "skip"
            ragged.append(row)
            return "error"

        try:
            with pa.csv.open_csv(
                pa.PythonFile(text, mode="r"),
                read_options=pa.csv.ReadOptions(column_names=text.columns, block_size=_BLOCK, use_threads=False),
                parse_options=pa.csv.ParseOptions(
                    delimiter=text.delimiter,
                    quote_char=self._form.quote or False,
                    newlines_in_values=bool(self._form.quote),
                    invalid_row_handler=judge,
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(text.columns, pa.string()), strings_can_be_null=False
                ),
            ) as reader:
                for batch in reader:
                    self._read += batch.num_rows
                    yield batch
        except pa.ArrowInvalid as error:
            # pyarrow's own text quotes the row; a row's values belong in no message
            raise self._refusal(str(error), ragged, text) from None

    def _refusal(self, message: str, ragged: Sequence[Any], text: CsvText) -> SourceRefused:
        if ragged:
            row = ragged[0]
            if self._form.quote and row.text.count(self._form.quote) % 2:
                return SourceRefused(
                    self._name,
                    f"row {row.number} below the header, about line {text.before + row.number}, opens a quote that is "
                    "never closed",
                    _QUOTES,
                )
            return SourceRefused(
                self._name,
                f"row {row.number} below the header, about line {text.before + row.number}, "
                f"has {row.actual_columns} cells, and the header names {row.expected_columns} columns",
                "Every row needs as many cells as the header; a cell that holds the delimiter needs quotes. "
                "`ragged` says what else to do with such rows.",
            )
        if "straddling" in message or "out of sync" in message:
            line = text.before + self._read + 1 if text.quotes_pair() else text.opened
            return SourceRefused(
                self._name,
                f"from about line {line} on, a row is longer than 1 MiB, or a quote that it opens is never closed",
                _QUOTES,
            )
        return SourceRefused(
            self._name,
            "it cannot be read as delimited text",
            "Compare the format's `delimiter` and `quote` with the file.",
        )

    def _frame(self, batches: Sequence[pa.RecordBatch], text: CsvText) -> pl.DataFrame:
        frame = pl.DataFrame(pa.Table.from_batches(batches))
        if max(frame.select(pl.all().str.len_bytes().max().fill_null(0)).row(0)) > MOST_CELL_BYTES:
            raise SourceRefused(self._name, "a cell is longer than 1 MiB", _QUOTES)
        if text.quoted and len(text.columns) > 1:
            self._check_swallowed(frame, text)
        if text.lossy:
            self._tell_lost(frame)
        self._rows += frame.height
        if not self._form.excel_text:
            return frame
        cell = pl.all()
        return frame.with_columns(
            pl.when(cell.str.starts_with('="'))
            .then(cell.str.strip_prefix('="').str.strip_suffix('"'))
            .otherwise(cell)
            .name.keep()
        )

    def _check_swallowed(self, frame: pl.DataFrame, text: CsvText) -> None:
        """See that no cell holds the end of one row and the beginning of the next: a quote that the next one closes."""
        cell, quote = pl.all(), self._form.quote or ""
        parted = cell.str.count_matches(text.delimiter, literal=True) >= len(text.columns) - 1
        torn = cell.str.contains("\n", literal=True) & cell.str.contains(quote, literal=True) & parted
        rows = frame.select(torn=pl.any_horizontal(torn))["torn"].arg_true()
        if len(rows):
            row = self._rows + rows[0] + 1
            what = f"row {row} below the header, about line {text.before + row}, has a quote that the next row closes"
            raise SourceRefused(self._name, what, _QUOTES)

    def _tell_lost(self, frame: pl.DataFrame) -> None:
        for name in frame.columns:
            lost = frame[name].str.contains("\ufffd", literal=True).arg_true()
            if len(lost):
                self._content.issues.append(
                    Issue(
                        f"row {self._rows + lost[0] + 1}, column {list_names([name])}",
                        f"{len(lost)} cells of the column hold U+FFFD: characters were lost before the file came here",
                        "Export it again in UTF-8; what is lost cannot be read from this file.",
                    )
                )

    def _tell_left_out(self, text: CsvText) -> None:
        for number, cells in self._left_out[:_TOLD_ROWS]:
            self._content.issues.append(
                Issue(
                    f"row {number} below the header, about line {text.before + number}",
                    f"left out: it has {cells} cells, and there are {len(text.columns)} columns",
                    "Correct the row, or set `ragged`.",
                )
            )
        more = len(self._left_out) - _TOLD_ROWS
        if more > 0:
            self._content.issues.append(Issue("further rows", f"{more} more rows are left out in the same way"))


def _cut(batch: pa.RecordBatch, room: int) -> Iterator[pa.RecordBatch]:
    """Cut a batch where a part is full: after so many rows, and then after as many as a part has."""
    begin = 0
    for end in (*range(room, batch.num_rows, PART_ROWS), batch.num_rows):
        yield batch.slice(begin, end - begin)
        begin = end
