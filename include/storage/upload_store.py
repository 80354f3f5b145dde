"""Uploaded files in a private folder, each named after the sha256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from include.errors import NotFound
from include.storage.connection import begin
from include.storage.schema import upload as uploads

_CHUNK_BYTES: Final = 1 << 20
_ID: Final = re.compile(r"[0-9a-f]{64}")


class FileUploadStore:
    """The port `UploadStore`: the bytes in a folder, who brought them under what name in PostgreSQL."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self._folder = folder
        self._engine = engine

    def add(self, file: Path, name: str, owner_id: str) -> str:
        """Copy a file into the store and give its id; the same bytes are kept once.

        Args:
            name: What the owner calls it; kept for people, never used as a path.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        handle, name_of_copy = tempfile.mkstemp(prefix=".upload-", dir=self._folder)  # mode 0600
        copy = Path(name_of_copy)
        try:
            with os.fdopen(handle, "wb") as target, file.open("rb") as source:
                while chunk := source.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    size += target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            copy.replace(self._folder / digest.hexdigest())
        finally:
            copy.unlink(missing_ok=True)
        with begin(self._engine) as connection:
            statement = insert(uploads).values(id=digest.hexdigest(), owner_id=owner_id, name=name, bytes=size)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=list(uploads.primary_key), set_={"name": statement.excluded.name}
                )
            )
        return digest.hexdigest()

    def path(self, upload: str) -> Path:
        """Where the bytes are; raises NotFound."""
        path = self._folder / upload
        if not _ID.fullmatch(upload) or not path.is_file():
            raise NotFound(f"upload {upload[:12]}", "there is no such file", "Upload it again")
        return path

    def has(self, upload: str, owner_id: str) -> bool:
        """Whether this owner handed the file in."""
        query = select(uploads.c.id).where(uploads.c.id == upload, uploads.c.owner_id == owner_id)
        with begin(self._engine) as connection:
            return connection.scalar(query) is not None
