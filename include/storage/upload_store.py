"""Uploaded files in a private folder, each named after the sha256 of its bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, insert, or_, select, tuple_, update

from include.collection.model import CollectionState
from include.collection.run import RunState
from include.collection.upload import Upload
from include.errors import Conflict, NotFound
from include.storage.connection import begin
from include.storage.full_disk import refuse_full
from include.storage.schema import collection, collection_version, incoming, run
from include.storage.schema import upload as uploads

_CHUNK_BYTES: Final = 1 << 20
_ID: Final = re.compile(r"[0-9a-f]{64}")
_UPLOAD: Final = [uploads.c[name] for name in Upload.__slots__]


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
            with begin(self._engine) as connection:
                now = connection.scalar(select(func.now()))
                assert now is not None  # noqa: S101 - PostgreSQL knows the time
                keep(connection, self._folder, copy, Upload(digest.hexdigest(), owner_id, name, size, now))
        except OSError as error:
            refuse_full("uploads", error)
            raise
        finally:
            copy.unlink(missing_ok=True)
        return digest.hexdigest()

    def path(self, upload: str) -> Path:
        """Where the bytes are; raises NotFound."""
        path = self._folder / upload
        if not _ID.fullmatch(upload) or not path.is_file():
            raise _absent(upload)
        return path

    def has(self, upload: str, owner_id: str) -> bool:
        """Whether this owner handed the file in."""
        with begin(self._engine) as connection:
            return _find(connection, upload, owner_id) is not None

    def get(self, upload: str, owner_id: str) -> Upload:
        """What is known of a file that this owner handed in; raises NotFound."""
        with begin(self._engine) as connection:
            found = _find(connection, upload, owner_id)
        if found is None:
            raise _absent(upload)
        return found

    def find(self, owner_id: str, *, after: tuple[datetime, str] | None = None, limit: int = 50) -> Sequence[Upload]:
        """List newest first; see the port."""
        place = tuple_(uploads.c.stored, uploads.c.id)
        query = select(*_UPLOAD).where(uploads.c.owner_id == owner_id).order_by(place.desc()).limit(limit)
        if after is not None:
            query = query.where(place < after)
        with begin(self._engine) as connection:
            return [Upload(**row._mapping) for row in connection.execute(query)]

    def remove(self, upload: str, owner_id: str) -> None:
        """Forget that this owner handed it in; see the port."""
        with begin(self._engine) as connection:
            if connection.scalar(select(_is_read(upload, owner_id))):
                raise Conflict(f"upload {upload[:12]}", "a collection reads it", "Give it another file first")
            if not self._forget(connection, upload, owner_id):
                raise _absent(upload)

    def remove_expired(self, now: datetime) -> int:
        """Remove what was kept for a time only and no collection reads; see the port."""
        query = select(uploads.c.id, uploads.c.owner_id).where(
            uploads.c.expires < now, ~_is_read(uploads.c.id, uploads.c.owner_id)
        )
        with begin(self._engine) as connection:
            return sum(self._forget(connection, row.id, row.owner_id) for row in connection.execute(query).all())

    def _forget(self, connection: Connection, upload: str, owner_id: str) -> bool:
        lock_upload(connection, upload)
        mine = delete(uploads).where(uploads.c.id == upload, uploads.c.owner_id == owner_id)
        if connection.execute(mine).rowcount == 0:
            return False
        connection.execute(delete(incoming).where(incoming.c.upload == upload, incoming.c.owner_id == owner_id))
        if connection.scalar(select(func.count()).where(uploads.c.id == upload)) == 0:
            (self._folder / upload).unlink(missing_ok=True)
        return True


def keep(connection: Connection, folder: Path, file: Path, new: Upload) -> Upload:
    """Give a file its place in the store, and its owner the file; gives what the owner has then.

    What the owner handed over before stays as it was; what was there for a time only is as if it had never been.
    The file itself stays where it was as well: who called removes it after the transaction.
    """
    lock_upload(connection, new.id)
    with suppress(FileExistsError):  # the same bytes are the same file
        (folder / new.id).hardlink_to(file)
    _sync(folder)
    there = _find(connection, new.id, new.owner_id)
    if there is None:
        connection.execute(insert(uploads).values(asdict(new)))
        return new
    if there.expires is None:
        return there
    kept = replace(new, expires=new.expires and max(new.expires, there.expires))
    connection.execute(
        update(uploads).where(uploads.c.id == new.id, uploads.c.owner_id == new.owner_id).values(asdict(kept))
    )
    return kept


def _find(connection: Connection, upload: str, owner_id: str) -> Upload | None:
    query = select(*_UPLOAD).where(uploads.c.id == upload, uploads.c.owner_id == owner_id)
    row = connection.execute(query).first()
    return None if row is None else Upload(**row._mapping)


def lock_upload(connection: Connection, upload: str) -> None:
    """Wait for whoever adds or removes the same bytes, until this transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"upload {upload}", 0))))


def _is_read(upload: str | ColumnElement[str], owner_id: str | ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a collection of this owner reads the file: as it is now, or in a run that has not ended."""
    version = collection_version.c
    active = select(run.c.version).where(
        run.c.collection_id == collection.c.id, run.c.state.in_([RunState.QUEUED, RunState.RUNNING])
    )
    return (
        select(version.version)
        .where(
            and_(
                version.collection_id == collection.c.id,
                collection.c.owner_id == owner_id,
                collection.c.state != CollectionState.DELETING,
                version.config["ingester"]["upload"].as_string() == upload,
                or_(version.version == collection.c.version, version.version.in_(active)),
            )
        )
        .exists()
    )


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _absent(upload: str) -> NotFound:
    return NotFound(f"upload {upload[:12]}", "there is no such file", "Upload it again")
