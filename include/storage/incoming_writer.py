"""Writes one stretch of a file that is on its way in."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from include.collection.upload import Checksum
from include.errors import ChecksumWrong, TooLarge
from include.storage.full_disk import refuse_full

if TYPE_CHECKING:
    from hashlib import _Hash

_SYNC_BYTES: Final = 64 << 20


class FileIncomingWriter:
    """The port `IncomingWriter`, on an open and locked file.

    Args:
        handle: Is closed at the end, and the lock with it.
        sha256: Of what is there already; None where it is not known.
        mark: Stands while what is written is not verified.
        put_back: Takes the offset and the sha256 as they are at the end.
    """

    def __init__(
        self,
        handle: int,
        offset: int,
        length: int,
        sha256: _Hash | None,
        checksum: Checksum | None,
        mark: Path,
        put_back: Callable[[int, _Hash | None], None],
    ) -> None:
        self.offset = offset
        self._handle = handle
        self._begin = offset
        self._synced = offset
        self._length = length
        self._sha256 = sha256
        self._sha256_before = sha256.copy() if sha256 is not None and checksum is not None else sha256
        self._checksum = checksum
        self._adds_up = hashlib.new(checksum.algorithm) if checksum is not None else None
        self._mark = mark
        self._put_back = put_back
        self._verified = checksum is None
        self._turn = Lock()  # a request that is torn down closes while a thread may still write
        os.lseek(handle, offset, os.SEEK_SET)

    def write(self, block: bytes | bytearray) -> None:
        """Add to the file; see the port."""
        with self._turn:
            if self.offset + len(block) > self._length:
                raise TooLarge("body", f"the file was announced with {self._length} bytes", "Send those, and no more")
            self._write(block)
            self.offset += len(block)
            for each in (self._sha256, self._adds_up):
                if each is not None:
                    each.update(block)
            if self.offset - self._synced >= _SYNC_BYTES:  # so that the end has little left to wait for
                os.fdatasync(self._handle)
                self._synced = self.offset

    def verify(self) -> None:
        """Compare what was written with the checksum; see the port."""
        if self._checksum is None or self._adds_up is None:
            return
        if self._adds_up.digest() != self._checksum.digest:
            raise ChecksumWrong("body", "it does not add up to its checksum", "Send the same bytes again")
        os.fsync(self._handle)
        self._mark.unlink(missing_ok=True)
        self._verified = True

    def close(self) -> None:
        """Make safe what was written, or take it back; see the port."""
        with self._turn:
            try:
                if not self._verified:
                    os.ftruncate(self._handle, self._begin)
                    self.offset, self._sha256 = self._begin, self._sha256_before
                    self._mark.unlink(missing_ok=True)
                os.fsync(self._handle)
                self._put_back(self.offset, self._sha256)
            finally:
                os.close(self._handle)

    def _write(self, block: bytes | bytearray) -> None:
        left = memoryview(block)
        try:
            while left:
                left = left[os.write(self._handle, left) :]
        except OSError as error:
            os.ftruncate(self._handle, self.offset)
            os.lseek(self._handle, self.offset, os.SEEK_SET)
            refuse_full("uploads", error, "What has arrived stays")
            raise
