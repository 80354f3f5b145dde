"""Reads files that were handed over, in every format."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.formats.choose import read_frames
from include.ports import Reading


class UploadedFile:
    """A file in one of the formats."""

    def __init__(self, path: Path, name: str, form: Format, member: str | None = None) -> None:
        self._path = path
        self._name = name
        self._form = form
        self._member = member

    def read(self, cursor: str | None) -> Reading:  # noqa: ARG002  # a file has no cursor
        """Open the file; whatever is wrong with it is raised while its frames are read."""
        content = Content.open(self._path, self._name, self._member)
        return Reading(
            frames=self._frames(content),
            digest=content.digest,
            cursor=lambda: None,
            issues=lambda: content.issues,
            groups=content.groups,
        )

    def _frames(self, content: Content) -> Iterator[pl.DataFrame]:
        with content:
            yield from read_frames(content, self._form)
