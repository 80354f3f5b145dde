"""Files on their way in, held in memory, for tests of what is built on their store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from include.collection.upload import Checksum, Incoming, Upload
from include.errors import ChecksumWrong, Conflict, Locked, NotFound, TooLarge


@dataclass
class FakeWriter:
    store: FakeIncoming
    incoming: Incoming
    offset: int
    checksum: Checksum | None
    written: bytes = b""
    verified: bool = False

    def write(self, block: bytes | bytearray) -> None:
        if self.offset + len(block) > self.incoming.bytes:
            raise TooLarge("body", "longer than announced")
        self.written += block
        self.offset += len(block)

    def verify(self) -> None:
        if self.checksum and hashlib.new(self.checksum.algorithm, self.written).digest() != self.checksum.digest:
            raise ChecksumWrong("body", "does not add up")
        self.verified = True

    def close(self) -> None:
        self.store.locked.discard(self.incoming.id)
        if self.verified or self.checksum is None:
            self.store.content[self.incoming.id] += self.written


class FakeIncoming:
    """The port `IncomingStore`."""

    def __init__(self, most_bytes: int = 1000, quota_bytes: int = 5000) -> None:
        self.most_bytes = most_bytes
        self.quota_bytes = quota_bytes
        self.rows: dict[UUID, Incoming] = {}
        self.content: dict[UUID, bytes] = {}
        self.locked: set[UUID] = set()
        self.uploads: Any = None
        self.folder: Path | None = None

    def begin(self, incoming: Incoming) -> None:
        if self.used_bytes(incoming.owner_id) + incoming.bytes > self.quota_bytes:
            raise TooLarge("uploads", "more than the quota")
        self.rows[incoming.id] = incoming
        self.content[incoming.id] = b""

    def get(self, incoming_id: UUID) -> Incoming:
        if incoming_id not in self.rows:
            raise NotFound("store", "no such row")
        return self.rows[incoming_id]

    def find(self, owner_id: str) -> Sequence[Incoming]:
        return [each for each in self.rows.values() if each.owner_id == owner_id and each.upload is None]

    def used_bytes(self, owner_id: str) -> int:
        there = sum(each.bytes for each in self.uploads.rows.values() if each.owner_id == owner_id)
        return there + sum(each.bytes for each in self.find(owner_id))

    def received(self, incoming: Incoming) -> int:
        return len(self.content[incoming.id])

    def open(self, incoming: Incoming, offset: int, checksum: Checksum | None = None) -> FakeWriter:
        if incoming.id in self.locked:
            raise Locked("upload", "somebody writes")
        if offset != self.received(incoming):
            raise Conflict("Upload-Offset", f"{self.received(incoming)} bytes have arrived")
        self.locked.add(incoming.id)
        return FakeWriter(self, incoming, offset, checksum)

    def finish(self, incoming: Incoming, *, expires: datetime | None = None) -> Upload:
        digest = hashlib.sha256(self.content[incoming.id]).hexdigest()
        if incoming.sha256 not in (None, digest):
            self.remove(incoming.id)
            raise ChecksumWrong(incoming.name, "is not what was announced")
        if self.folder is not None:
            (self.folder / digest).write_bytes(self.content[incoming.id])
            self.uploads.files[digest] = self.folder / digest
        new = Upload(digest, incoming.owner_id, incoming.name, incoming.bytes, incoming.created, expires)
        earlier = self.uploads.has(digest, incoming.owner_id)
        finished = incoming.created + timedelta(seconds=int(earlier))
        self.rows[incoming.id] = replace(incoming, upload=digest, finished=finished)
        kept: Upload = self.uploads.rows.setdefault((digest, incoming.owner_id), new)
        return kept

    def remove(self, incoming_id: UUID) -> None:
        self.rows.pop(incoming_id, None)
        self.content.pop(incoming_id, None)

    def remove_expired(self, now: datetime) -> int:
        return 0
