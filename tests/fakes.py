"""Hand-written stand-ins for ports, for tests that need no database."""

from __future__ import annotations

import hashlib
from pathlib import Path
from uuid import UUID

from include.storage.staging import ParquetStaging


class FolderStaging(ParquetStaging):
    """Staging whose folder a test may look into, or change."""

    @property
    def root(self) -> Path:
        return self._root

    @root.setter
    def root(self, root: Path) -> None:
        self._root = root.absolute()


class FixedSecrets:
    """A SecretStore whose dataset keys follow from the dataset's id."""

    def dataset_key(self, dataset_id: UUID) -> tuple[str, bytes]:
        return "p1", hashlib.sha256(b"test key of " + dataset_id.bytes).digest()

    def seal(self, plain: bytes) -> bytes:
        return plain[::-1]

    def unseal(self, sealed: bytes) -> bytes:
        return sealed[::-1]
