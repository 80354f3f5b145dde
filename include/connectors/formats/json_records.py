"""Reads JSON records."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from include.collection.formats.json_records import JsonFormat
from include.connectors.content import Content
from include.connectors.formats.records import MOST_BYTES, read_records, tabulate
from include.errors import SourceEmpty, SourceRefused


def read_json(content: Content, form: JsonFormat) -> Iterator[pl.DataFrame]:
    """Read a list of records; see `read_frames`. It is held in memory, which `MOST_BYTES` limits."""
    text = bytearray()
    while chunk := content.read():
        text += chunk
        if len(text) > MOST_BYTES:
            raise SourceRefused(
                content.name, f"it is larger than {MOST_BYTES >> 20} MiB", "Split it, or hand it over as CSV."
            )
    records = read_records(bytes(text), form.records, content.name)
    if not records:
        raise SourceEmpty(content.name, f"the list at {form.records} is empty", "Nothing can be loaded from it.")
    yield from tabulate(records, content.name)
