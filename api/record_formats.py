"""A page of records as JSON, newline-delimited JSON or CSV, out of Arrow."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from include.cim.concept import Field, FieldType

if TYPE_CHECKING:
    import pyarrow as pa

_TEXTS: Final = frozenset({FieldType.ID, FieldType.TEXT, FieldType.ENUM})
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class RecordFormat(StrEnum):
    """How records are written."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    OPENADR3 = "openadr3"
    UFTP = "uftp"


MEDIA_TYPES: Final = {
    RecordFormat.JSON: "application/json",
    RecordFormat.NDJSON: "application/x-ndjson",
    RecordFormat.CSV: "text/csv",
}


MESSAGE_TYPES: Final = {RecordFormat.OPENADR3: "application/json", RecordFormat.UFTP: "application/xml"}
"""Formats that write whole messages of flexibility; they are asked for by name alone."""


def plain_records(table: pa.Table) -> list[dict[str, Any]]:
    """Give the rows as JSON knows them: moments in RFC 3339, no NaN."""
    return [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()]


def stream_ndjson(table: pa.Table) -> Iterator[str]:
    """Write one JSON object per line, a thousand lines at a time."""
    for batch in table.to_batches(max_chunksize=1000):
        rows = ({name: _plain(value) for name, value in row.items()} for row in batch.to_pylist())
        yield "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)


def stream_csv(fields: tuple[Field, ...], table: pa.Table) -> Iterator[str]:
    """Write RFC 4180 with a header. A text that a spreadsheet would run as a formula gets an apostrophe before it.

    Source: OWASP, CSV Injection.
    """
    texts = [field.type in _TEXTS for field in fields]
    yield _csv_lines([[field.name for field in fields]])
    for batch in table.to_batches(max_chunksize=1000):
        yield _csv_lines(
            [
                [_defused(value) if text else _plain(value) for text, value in zip(texts, row.values(), strict=True)]
                for row in batch.to_pylist()
            ]
        )


def _csv_lines(rows: list[list[Any]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
