"""Files on their way in: the bytes in a private folder, who sends them in PostgreSQL.

How far a file has come is its length on disk, and nothing else: a process that is killed leaves nothing to reconcile.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from include.collection.upload import Checksum, Incoming, Upload
from include.errors import ChecksumWrong, Conflict, Locked, NotFound, TooLarge
from include.storage.connection import begin
from include.storage.incoming_writer import FileIncomingWriter
from include.storage.schema import incoming as table
from include.storage.schema import upload as uploads
from include.storage.upload_store import keep

if TYPE_CHECKING:
    from hashlib import _Hash

MOST_UNFINISHED: Final = 100
"""Files of one owner that have begun to arrive."""

_CHUNK_BYTES: Final = 1 << 20
_MOST_HASHES: Final = 1000
_INCOMING: Final = [table.c[name] for name in Incoming.__slots__]

logger = logging.getLogger(__name__)


class FileIncomingStore:
    """The port `IncomingStore`.

    The sha256 of a file is taken while it arrives; only where another process took part of it in, it is read again.
    """

    def __init__(self, folder: Path, engine: Engine, most_bytes: int, quota_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.quota_bytes = quota_bytes
        self._uploads = folder
        self._folder = folder / "incoming"
        self._engine = engine
        self._hashes: dict[UUID, tuple[int, _Hash]] = {}

    def begin(self, incoming: Incoming) -> None:
        """Expect a file; see the port."""
        with begin(self._engine) as connection:
            # two requests at once must not both find room for theirs
            connection.execute(
                select(func.pg_advisory_xact_lock(func.hashtextextended(f"uploads of {incoming.owner_id}", 0)))
            )
            unfinished = select(func.count()).where(table.c.owner_id == incoming.owner_id, table.c.upload.is_(None))
            if (connection.scalar(unfinished) or 0) >= MOST_UNFINISHED:
                raise TooLarge(
                    "uploads", f"{MOST_UNFINISHED} files of yours have begun and not ended", "End or delete some first"
                )
            used = connection.scalar(select(_used(incoming.owner_id))) or 0
            if used + incoming.bytes > self.quota_bytes:
                raise TooLarge(
                    "uploads",
                    f"with these {incoming.bytes:,} bytes you would have {used + incoming.bytes:,}, and the quota is"
                    f" {self.quota_bytes:,}",
                    "Delete uploads that no collection reads",
                )
            for each in (self._uploads, self._folder):
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._path(incoming.id).touch(mode=0o600, exist_ok=False)
            connection.execute(insert(table).values(asdict(incoming)))

    def get(self, incoming_id: UUID) -> Incoming:
        """What is known of it; raises NotFound."""
        with begin(self._engine) as connection:
            row = connection.execute(select(*_INCOMING).where(table.c.id == incoming_id)).first()
        if row is None:
            raise _absent(incoming_id)
        return Incoming(**row._mapping)

    def find(self, owner_id: str) -> Sequence[Incoming]:
        """List those that have not all arrived."""
        query = select(*_INCOMING).where(table.c.owner_id == owner_id, table.c.upload.is_(None))
        with begin(self._engine) as connection:
            return [Incoming(**row._mapping) for row in connection.execute(query.order_by(table.c.created, table.c.id))]

    def used_bytes(self, owner_id: str) -> int:
        """What counts against the owner's quota."""
        with begin(self._engine) as connection:
            return connection.scalar(select(_used(owner_id))) or 0

    def received(self, incoming: Incoming) -> int:
        """How many bytes are safe on disk."""
        if incoming.upload is not None:
            return incoming.bytes
        handle = self._open(incoming.id, os.O_RDONLY)
        try:
            os.fsync(handle)
            return min(os.fstat(handle).st_size, self._verified(incoming.id))
        finally:
            os.close(handle)

    def open(self, incoming: Incoming, offset: int, checksum: Checksum | None = None) -> FileIncomingWriter:
        """Go on at `offset`; see the port."""
        handle = self._lock(incoming.id)
        try:
            size = self._settle(incoming.id, handle)
            if size != offset:
                raise Conflict("Upload-Offset", f"{size} bytes have arrived, not {offset}", f"Go on at {size}")
            if checksum is not None:
                self._mark(incoming.id).write_text(str(size))
            known = self._hashes.pop(incoming.id, None)
            sha256 = known[1] if known is not None and known[0] == size else hashlib.sha256() if size == 0 else None
        except BaseException:  # a stop too: the handle holds the lock, and nobody else has it yet
            os.close(handle)
            raise

        def put_back(at: int, sha256: _Hash | None) -> None:
            if sha256 is not None:
                self._hashes[incoming.id] = at, sha256
            while len(self._hashes) > _MOST_HASHES:  # the one that nobody went on with for the longest time
                self._hashes.pop(next(iter(self._hashes)), None)

        return FileIncomingWriter(handle, offset, incoming.bytes, sha256, checksum, self._mark(incoming.id), put_back)

    def finish(self, incoming: Incoming, *, expires: datetime | None = None) -> Upload:
        """Make an upload of a file that has all arrived; see the port."""
        handle = self._lock(incoming.id)
        try:
            if self._settle(incoming.id, handle) != incoming.bytes:
                raise Conflict(f"upload {incoming.id}", "it has not all arrived", "Send the rest")
            digest = self._digest(incoming, handle)
            if incoming.sha256 not in (None, digest):
                self.remove(incoming.id)
                raise ChecksumWrong(
                    incoming.name, "its sha256 is not the one that was announced", "Send it again from its beginning"
                )
            with begin(self._engine) as connection:
                now = connection.scalar(select(func.now()))
                assert now is not None  # noqa: S101 - PostgreSQL knows the time
                new = Upload(digest, incoming.owner_id, incoming.name, incoming.bytes, now, expires)
                kept = keep(connection, self._uploads, self._path(incoming.id), new)
                connection.execute(update(table).where(table.c.id == incoming.id).values(finished=now, upload=digest))
            self._path(incoming.id).unlink(missing_ok=True)
            self._hashes.pop(incoming.id, None)
        finally:
            os.close(handle)
        logger.info("upload %s: %d bytes of user %s have arrived", digest[:12], incoming.bytes, incoming.owner_id)
        return kept

    def remove(self, incoming_id: UUID) -> None:
        """Forget it, and what has arrived."""
        with begin(self._engine) as connection:
            connection.execute(delete(table).where(table.c.id == incoming_id))
        self._hashes.pop(incoming_id, None)
        self._path(incoming_id).unlink(missing_ok=True)
        self._mark(incoming_id).unlink(missing_ok=True)

    def remove_expired(self, now: datetime) -> int:
        """Remove what never ended, and the notes of what did; files that nobody knows of go too."""
        with begin(self._engine) as connection:
            connection.execute(delete(table).where(table.c.expires < now))
            # a file that is a moment old may belong to a row that is not committed yet
            forgotten = forgotten_pieces(connection, self._uploads, now - timedelta(hours=1))
        for path in forgotten:
            path.unlink(missing_ok=True)
        return len(forgotten)

    def _path(self, incoming_id: UUID) -> Path:
        return self._folder / str(incoming_id)

    def _mark(self, incoming_id: UUID) -> Path:
        """The file that says from where on nothing has been verified."""
        return self._folder / f"{incoming_id}.unverified"

    def _verified(self, incoming_id: UUID) -> int:
        try:
            return int(self._mark(incoming_id).read_text() or 0)
        except FileNotFoundError:
            return 1 << 63

    def _settle(self, incoming_id: UUID, handle: int) -> int:
        """Take back what a writer that was killed had not verified; gives the length."""
        verified = self._verified(incoming_id)
        if verified < os.fstat(handle).st_size:
            os.ftruncate(handle, verified)
        self._mark(incoming_id).unlink(missing_ok=True)
        return os.fstat(handle).st_size

    def _open(self, incoming_id: UUID, flags: int) -> int:
        try:
            return os.open(self._path(incoming_id), flags | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise _absent(incoming_id) from None

    def _lock(self, incoming_id: UUID) -> int:
        """Open the file for writing as the only one; the lock goes with the process."""
        handle = self._open(incoming_id, os.O_RDWR)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Locked(
                f"upload {incoming_id}", "it is being written to at this moment", "Try again in a few seconds"
            ) from None
        if os.fstat(handle).st_nlink == 0:  # removed, or finished, while we waited for it
            os.close(handle)
            raise _absent(incoming_id)
        return handle

    def _digest(self, incoming: Incoming, handle: int) -> str:
        size, sha256 = self._hashes.get(incoming.id, (-1, hashlib.sha256()))
        if size != incoming.bytes:
            sha256 = hashlib.sha256()
            os.lseek(handle, 0, os.SEEK_SET)
            while chunk := os.read(handle, _CHUNK_BYTES):
                sha256.update(chunk)
        return sha256.hexdigest()


def forgotten_pieces(connection: Connection, folder: Path, before: datetime) -> Sequence[Path]:
    """List files below the uploads' folder that were on their way in, and that nobody knows of or wrote to lately."""
    known = {str(one) for one in connection.scalars(select(table.c.id).where(table.c.upload.is_(None)))}
    there = (path for path in (folder / "incoming").glob("*") if path.stem not in known)
    return [path for path in there if path.stat().st_mtime < before.timestamp()]


def _used(owner_id: str):  # type: ignore[no-untyped-def]  # SQLAlchemy's sums have no type worth writing
    there = select(func.coalesce(func.sum(uploads.c.bytes), 0)).where(uploads.c.owner_id == owner_id)
    coming = select(func.coalesce(func.sum(table.c.bytes), 0)).where(
        table.c.owner_id == owner_id, table.c.upload.is_(None)
    )
    return there.scalar_subquery() + coming.scalar_subquery()


def _absent(incoming_id: UUID) -> NotFound:
    return NotFound(f"upload {incoming_id}", "there is no such file on its way", "Begin it again")
