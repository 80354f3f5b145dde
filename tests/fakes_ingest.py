"""Stand-ins for what `ingest` asks of stores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID

import polars as pl

from include.batch import BatchRecord
from include.ports import Reading


class KnownBatches:
    """The part of `DatasetStore` that tells what was loaded before."""

    def __init__(
        self,
        cursor: str | None = None,
        loaded: BatchRecord | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        self._cursor = cursor
        self._loaded = loaded
        self._columns = columns

    def cursor(self, dataset_id: UUID) -> str | None:
        return self._cursor

    def source_columns(self, dataset_id: UUID) -> Sequence[str] | None:
        return self._columns

    def find_batch(self, dataset_id: UUID, source_digest: str) -> BatchRecord | None:
        return self._loaded if self._loaded is not None and self._loaded.source_digest == source_digest else None


class FilesBelow:
    """`UploadStore.path` for files that lie in a folder, by the number that a test gives them."""

    def __init__(self, by_upload: dict[str, Path]) -> None:
        self._by_upload = by_upload

    def path(self, upload: str) -> Path:
        return self._by_upload[upload]


class GivenFrames:
    """A connector that gives what it was made with, and keeps what it was asked."""

    def __init__(self, frames: Iterable[pl.DataFrame], digest: str = "d" * 64, cursor: str | None = None) -> None:
        self.asked: list[str | None] = []
        self._frames = list(frames)
        self._digest = digest
        self._cursor = cursor

    def read(self, cursor: str | None) -> Reading:
        self.asked.append(cursor)
        return Reading(frames=iter(self._frames), digest=lambda: self._digest, cursor=lambda: self._cursor)
