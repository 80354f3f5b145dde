"""Reads files of JSON records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from include.collection.source_format import JsonFormat
from include.connectors.content import Content
from include.connectors.records import MOST_BYTES, read_records, tabulate
from include.errors import SourceRefused
from include.ports import Reading


class JsonFile:
    """A file with a list of records in it. It is held in memory, which `MOST_BYTES` limits."""

    def __init__(self, path: Path, name: str, form: JsonFormat) -> None:
        self._path = path
        self._name = name
        self._form = form

    def read(self, cursor: str | None) -> Reading:  # noqa: ARG002  # a file has no cursor
        """Open the file; whatever is wrong with it is raised while its frames are read."""
        content = Content(self._path, self._name)
        return Reading(frames=self._frames(content), digest=content.digest, cursor=lambda: None)

    def _frames(self, content: Content) -> Iterator[pl.DataFrame]:
        with content:
            text = bytearray()
            while chunk := content.read():
                text += chunk
                if len(text) > MOST_BYTES:
                    raise SourceRefused(
                        self._name, f"it is larger than {MOST_BYTES >> 20} MiB", "Split it, or hand it over as CSV."
                    )
        records = read_records(bytes(text), self._form.records, self._name)
        if not records:
            raise SourceRefused(
                self._name, f"the list at {self._form.records} is empty", "Nothing can be loaded from it."
            )
        yield from tabulate(records, self._name)
