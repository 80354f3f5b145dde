"""Hand-written stand-ins for ports, for tests that need no database."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from uuid import UUID

import polars as pl

from include.batch import Stage


class FolderStaging:
    """Staging as plain Parquet files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, collection_id: UUID, batch_id: UUID, stage: Stage, name: str, frame: pl.DataFrame) -> str:
        path = Path(str(collection_id), str(batch_id), stage.value, f"{name}.parquet")
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(self.root / path)
        return str(path)

    def read(self, path: str) -> pl.DataFrame:
        return pl.read_parquet(self.root / path)

    def scan(self, path: str) -> pl.LazyFrame:
        return pl.scan_parquet(self.root / path)

    def remove(self, collection_id: UUID, batch_id: UUID | None = None) -> int:
        return self._remove(self.root / str(collection_id) / (str(batch_id) if batch_id else ""))

    def _remove(self, folder: Path) -> int:
        files = sum(1 for path in folder.rglob("*") if path.is_file())
        shutil.rmtree(folder, ignore_errors=True)
        return files


class FixedSecrets:
    """A SecretStore whose dataset keys follow from the dataset's id."""

    def dataset_key(self, dataset_id: UUID) -> tuple[str, bytes]:
        return "p1", hashlib.sha256(b"test key of " + dataset_id.bytes).digest()

    def seal(self, plain: bytes) -> bytes:
        return plain[::-1]

    def unseal(self, sealed: bytes) -> bytes:
        return sealed[::-1]
