"""Says which reader reads which format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from include.collection.formats.delimited import CsvFormat
from include.collection.formats.excel import ExcelFormat
from include.collection.formats.json_records import JsonFormat
from include.collection.formats.parquet import ParquetFormat
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.formats import delimited, excel, json_records, parquet
from include.connectors.formats.delimited import read_delimited
from include.connectors.formats.excel import read_excel
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
        case ParquetFormat():
            return read_parquet(content, form)


def read_units(content: Content, form: Format) -> Mapping[str, str]:
    """Read what the source itself says of its columns' units, apart from their names: a line, a member, metadata."""
    match form:
        case CsvFormat(unit_lines=lines) if lines:
            return delimited.read_units(content, form)
        case ExcelFormat(unit_lines=lines) if lines:
            return excel.read_units(content, form)
        case JsonFormat(units=str()):
            head = content.read().decode(form.encoding, errors="ignore")
            return json_records.read_units(head, form, content.name)
        case ParquetFormat():
            return parquet.describe_units(content)
    return {}
