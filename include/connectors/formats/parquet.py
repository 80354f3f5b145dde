"""Reads Parquet, a batch of rows at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time
from typing import Any, BinaryIO, Final

import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.anonymization.telling import list_names
from include.collection.formats.parquet import ParquetFormat
from include.connectors.content import Content
from include.connectors.formats.json_text import MOST_DEPTH
from include.connectors.formats.layout import MOST_COLUMNS
from include.connectors.formats.parquet_pages import check_pages
from include.connectors.formats.parts import MOST_CELL_BYTES, PART_BYTES, gather_parts
from include.errors import SourceEmpty, SourceRefused

ENCRYPTED: Final = b"PARE"
BATCH_ROWS: Final = 65_536
CELLS_PER_BYTE: Final = 1_000
"""A file that declares more cells for each of its bytes is refused; so is nothing below `FREE_CELLS`."""

FREE_CELLS: Final = 100_000_000

MOST_LIST_TEXT: Final = 256 << 20
"""Of a row group's lists of texts, if each of them were the longest."""

_UNIT_KEYS: Final = (b"unit", b"units", b"Unit", b"Units")


def read_parquet(content: Content, form: ParquetFormat) -> Iterator[pl.DataFrame]:  # noqa: ARG001  # nothing to set
    """Read Parquet; see `read_frames`.

    Numbers keep every digit, times their zone's offset; a float that is NaN is null. Bytes that are no text become
    hexadecimal digits.
    """
    file = content.seekable()
    table = open_parquet(file, content.name)
    if table.metadata.num_rows == 0:
        raise SourceEmpty(content.name, "it holds no row", "A file without rows cannot be loaded.")
    yield from gather_parts(_read_frames(file, table, content.name))


def describe_units(content: Content) -> Mapping[str, str]:
    """Give the unit of each column whose metadata states one, by the column's name.

    Raises:
        SourceRefused: Damaged, encrypted, or greater than a limit.
    """
    schema = open_parquet(content.seekable(), content.name).schema_arrow
    columns = [column for field in schema for column in _leaves(field, field.name)]
    return {name: unit for name, field in columns if (unit := _unit(field))}


def open_parquet(file: BinaryIO, name: str) -> pq.ParquetFile:
    """Open a file, and see that nothing in it declares more than a limit.

    Raises:
        SourceRefused: Damaged, encrypted, or greater than a limit.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if file.read(4) == ENCRYPTED:
        raise SourceRefused(name, "the Parquet file is encrypted", "Write it without encryption.")
    check_pages(file, name)
    with _refusing(name):
        # buffered, so that a column chunk need not be in memory as a whole
        table = pq.ParquetFile(
            file, buffer_size=1 << 20, pre_buffer=False, arrow_extensions_enabled=False, schema_depth_limit=MOST_DEPTH
        )
        meta = table.metadata
        if meta.num_columns > MOST_COLUMNS:
            raise SourceRefused(name, f"it has more than {MOST_COLUMNS} columns", "Choose those that matter.")
        if meta.num_rows * meta.num_columns > max(FREE_CELLS, CELLS_PER_BYTE * size):
            raise SourceRefused(
                name, f"it declares more than {CELLS_PER_BYTE} cells for each of its bytes", "Is it the file you meant?"
            )
        return table


def _read_frames(file: BinaryIO, table: pq.ParquetFile, name: str) -> Iterator[pl.DataFrame]:
    bytes_as_text: dict[str, bool] = {}
    for flat in _read_batches(file, table, name):
        yield _as_text(flat, bytes_as_text, name)


def _read_batches(file: BinaryIO, table: pq.ParquetFile, name: str) -> Iterator[pa.Table]:
    for number in range(table.metadata.num_row_groups):
        group = table.metadata.row_group(number)
        with _refusing(name):
            values = sum(group.column(place).num_values for place in range(group.num_columns))
            width = (group.total_byte_size + 8 * values) // max(group.num_rows, 1) + 1
            width += _longest_texts(file, table, number, name)
        rows = max(1, min(BATCH_ROWS, PART_BYTES // width))
        batches = table.iter_batches(batch_size=rows, row_groups=[number], use_threads=False)
        while True:
            with _refusing(name):
                batch = next(batches, None)
                if batch is None:
                    break
                batch.validate(full=True)
            flat = pa.Table.from_batches([batch])
            while any(pa.types.is_struct(field.type) for field in flat.schema):
                flat = flat.flatten()
            yield flat


def _longest_texts(file: BinaryIO, table: pq.ParquetFile, group: int, name: str) -> int:
    """Give the bytes of a row that names the longest text of every column: it is stored once, and named often."""
    texts = [
        column.path
        for column in map(table.schema.column, range(len(table.schema)))
        if column.physical_type == "BYTE_ARRAY" and column.logical_type.type in ("STRING", "NONE", "JSON", "ENUM")
    ]
    if not texts:
        return 0
    stored = pq.ParquetFile(file, metadata=table.metadata, read_dictionary=texts, buffer_size=1 << 20, pre_buffer=False)
    first = next(stored.iter_batches(batch_size=1, row_groups=[group], columns=texts, use_threads=False), None)
    together = 0
    most = table.metadata.row_group(group)
    values = max((most.column(place).num_values for place in range(most.num_columns)), default=0)
    for column in first.columns if first else ():
        for texts_of, in_lists in _dictionaries(column):
            longest = pc.max(pc.binary_length(texts_of)).as_py() or 0
            if longest > MOST_CELL_BYTES:
                raise SourceRefused(name, "a cell is longer than 1 MiB", "Leave that column out.")
            if in_lists and longest * values > MOST_LIST_TEXT:
                what = f"its lists may repeat a text to more than {MOST_LIST_TEXT >> 20} MiB"
                raise SourceRefused(name, what, "Write it with smaller row groups, or leave that column out.")
            together += longest
    return together


def _dictionaries(column: pa.Array, in_lists: bool = False) -> Iterator[tuple[pa.Array, bool]]:
    """Give the texts that a column names, and whether they stand in lists."""
    if pa.types.is_dictionary(column.type):
        yield column.dictionary, in_lists
    for inner in _inner(column):
        yield from _dictionaries(inner, in_lists or not pa.types.is_struct(column.type))


def _inner(column: pa.Array) -> list[pa.Array]:
    """Give what is in a column of structures, lists or maps."""
    if pa.types.is_struct(column.type):
        return list(column.flatten())
    if pa.types.is_map(column.type):
        return [column.keys, column.items]
    return [column.values] if pa.types.is_nested(column.type) else []


def _check_lists(column: pa.Array, name: str, around: int = 1) -> None:
    """See that no list is longer than a cell may be, before any of them becomes Python's objects."""
    if not pa.types.is_struct(column.type) and pa.types.is_nested(column.type):
        lists = column
        if pa.types.is_map(column.type):
            lists = pa.ListArray.from_arrays(column.offsets, pa.nulls(len(column.keys)))
        around *= max(pc.max(pc.list_value_length(lists)).as_py() or 0, 1)
        if around * 2 > MOST_CELL_BYTES:
            raise SourceRefused(name, "a cell is longer than 1 MiB", "Leave that column out.")
    for inner in _inner(column):
        _check_lists(inner, name, around)


def _as_text(table: pa.Table, bytes_as_text: dict[str, bool], name: str) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {}
    for column_name, column in zip(table.column_names, table.columns, strict=True):
        if column_name in columns:
            raise SourceRefused(
                name, f"two columns are called {list_names([column_name])}", "Give each a name of its own."
            )
        kind = column.type
        if pa.types.is_nested(kind) or pa.types.is_interval(kind):
            for chunk in column.chunks:
                _check_lists(chunk, name)
            values = (_as_json(value.as_py()) if value.is_valid else None for value in column)
            columns[column_name] = pl.Series(values, dtype=pl.String)
        elif pa.types.is_decimal(kind) and kind.precision > 38:
            columns[column_name] = pl.Series(column.cast(pa.string()))
        else:
            columns[column_name] = pl.Series(column)
    frame = pl.DataFrame(columns)
    longest = frame.select(cs.string().str.len_bytes().max())
    if any(length > MOST_CELL_BYTES for column in longest for length in column.drop_nulls().to_list()):
        raise SourceRefused(name, "a cell is longer than 1 MiB", "Leave that column out.")
    for column_name in frame.select(cs.binary()).columns:
        frame = frame.with_columns(_bytes(frame[column_name], bytes_as_text, name))
    zoned, naive = "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f"
    return frame.with_columns(
        cs.datetime(time_zone="*").dt.to_string(zoned),
        cs.datetime(time_zone=None).dt.to_string(naive),
        cs.time().dt.to_string("%H:%M:%S%.f"),
        cs.duration().dt.to_string("iso"),
        cs.float().fill_nan(None),
    ).cast(pl.String)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _bytes(column: pl.Series, as_text: dict[str, bool], name: str) -> pl.Series:
    """Old writers do not say that their bytes are text: the first batch tells."""
    try:
        text = column.cast(pl.String)
    except pl.exceptions.ComputeError:
        text = None
    if as_text.setdefault(column.name, text is not None) and text is None:
        raise SourceRefused(
            name, f"column {list_names([column.name])} holds bytes that are no UTF-8", "Write it as text."
        )
    return text if text is not None and as_text[column.name] else column.bin.encode("hex")


def _leaves(field: pa.Field, name: str) -> Iterator[tuple[str, pa.Field]]:
    if pa.types.is_struct(field.type):
        for inner in field.type:
            yield from _leaves(inner, f"{name}.{inner.name}")
    else:
        yield name, field


def _unit(field: pa.Field) -> str | None:
    metadata = field.metadata or {}
    found = next((metadata[key] for key in _UNIT_KEYS if key in metadata), None)
    return found.decode("utf-8", "replace").strip() if found else None


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        # the library's own text may quote what is in the file
        if "decrypt" in str(error):
            raise SourceRefused(name, "the Parquet file is encrypted", "Write it without encryption.") from None
        raise SourceRefused(
            name, "the Parquet file is damaged", "It was cut off or changed on its way; hand it over again."
        ) from None
