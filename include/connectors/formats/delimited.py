"""Reads delimited text of any length in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.csv

from include.batch import PART_ROWS
from include.collection.formats.delimited import CsvFormat
from include.connectors.content import CHUNK, Content
from include.connectors.formats.delimited_text import CsvText
from include.errors import SourceRefused

PART_BYTES: Final = 64 << 20
"""A frame ends after this many bytes of text, so that memory stays bounded for wide rows as well."""

MOST_CELL_BYTES: Final = 1 << 20

_BLOCK: Final = CHUNK
"""pyarrow reads 32 blocks ahead; a row has to fit into one, which also limits a cell."""

_QUOTES: Final = "Close the quote, or set another `quote` (or none) in the format."


def read_delimited(content: Content, form: CsvFormat) -> Iterator[pl.DataFrame]:
    """Read delimited text; see `read_frames`."""
    return _Delimited(content.name, form).frames(content)


class _Delimited:
    """One reading of one text."""

    def __init__(self, name: str, form: CsvFormat) -> None:
        self._name = name
        self._form = form

    def frames(self, content: Content) -> Iterator[pl.DataFrame]:
        text = CsvText(content, self._form)
        gathered: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in self._batches(text):
            if gathered and (rows + batch.num_rows > PART_ROWS or size > PART_BYTES):
                yield self._frame(gathered)
                gathered, rows, size = [], 0, 0
            gathered.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
        last = self._frame(gathered)
        if not text.quotes_pair() and "\n" in (last[-1, -1] or ""):
            raise SourceRefused(self._name, "the last row opens a quote that is never closed", _QUOTES)
        yield last

    def _batches(self, text: CsvText) -> Iterator[pa.RecordBatch]:
        ragged: list[Any] = []

        def refuse(row: Any) -> str:
            ragged.append(row)
            return "error"

        form = self._form
        try:
            with pa.csv.open_csv(
                pa.PythonFile(text, mode="r"),
                read_options=pa.csv.ReadOptions(column_names=text.columns, block_size=_BLOCK, use_threads=False),
                parse_options=pa.csv.ParseOptions(
                    delimiter=form.delimiter,
                    quote_char=form.quote or False,
                    newlines_in_values=bool(form.quote),
                    invalid_row_handler=refuse,
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(text.columns, pa.string()),
                    strings_can_be_null=True,
                    null_values=list(form.null_values),
                ),
            ) as reader:
                yield from reader
        except pa.ArrowInvalid as error:
            # pyarrow's own text quotes the row; a row's values belong in no message
            raise self._refusal(str(error), ragged, text) from None

    def _refusal(self, message: str, ragged: Sequence[Any], text: CsvText) -> SourceRefused:
        if ragged:
            row = ragged[0]
            place = f"row {row.number} below the header, about line {text.header_lines + row.number},"
            return SourceRefused(
                self._name,
                f"{place} has {row.actual_columns} cells, and the header names {row.expected_columns} columns",
                "Every row needs as many cells as the header; a cell that holds the delimiter needs quotes.",
            )
        if "straddling" in message or "out of sync" in message:
            return SourceRefused(
                self._name,
                "a row is longer than 1 MiB, or a quote that it opens is never closed",
                _QUOTES,
            )
        return SourceRefused(
            self._name,
            "it cannot be read as delimited text",
            "Compare the format's `delimiter` and `quote` with the file.",
        )

    def _frame(self, batches: Sequence[pa.RecordBatch]) -> pl.DataFrame:
        frame = pl.DataFrame(pa.Table.from_batches(batches))
        if max(frame.select(pl.all().str.len_bytes().max().fill_null(0)).row(0)) > MOST_CELL_BYTES:
            raise SourceRefused(self._name, "a cell is longer than 1 MiB", _QUOTES)
        if not self._form.excel_text:
            return frame
        text = pl.all()
        return frame.with_columns(
            pl.when(text.str.starts_with('="'))
            .then(text.str.strip_prefix('="').str.strip_suffix('"'))
            .otherwise(text)
            .name.keep()
        )
