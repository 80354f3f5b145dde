"""Says which reader reads which format."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from include.collection.formats.delimited import CsvFormat
from include.collection.formats.excel import ExcelFormat
from include.collection.formats.fixed_width import FixedWidthFormat
from include.collection.formats.json_records import JsonFormat
from include.collection.formats.parquet import ParquetFormat
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.formats.delimited import read_delimited
from include.connectors.formats.excel import read_excel
from include.connectors.formats.fixed_width import read_fixed_width
from include.connectors.formats.json_records import read_json
from include.connectors.formats.parquet import read_parquet


def read_frames(content: Content, form: Format) -> Iterator[pl.DataFrame]:
    """Read a table in bounded memory, however long it is.

    Returns:
        Frames of at most `PART_ROWS` rows, in the source's order: all columns String, as the source wrote the cells;
        null where the format says that there is nothing.

    Raises:
        SourceRefused: While reading: it is empty, damaged, or not what the format says; names the place.
    """
    match form:
        case CsvFormat():
            return read_delimited(content, form)
        case JsonFormat():
            return read_json(content, form)
        case ExcelFormat():
            return read_excel(content, form)
        case FixedWidthFormat():
            return read_fixed_width(content, form)
        case ParquetFormat():
            return read_parquet(content, form)
