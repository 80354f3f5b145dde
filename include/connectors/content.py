"""The bytes of a source: unpacked where they are gzip, counted, limited and hashed while they are read."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from io import SEEK_END, BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from include.collection.inspection import Issue
from include.errors import SourceRefused

CHUNK: Final = 1 << 20
GREATEST_RATIO: Final = 100
"""A file that unpacks to more than this many times its size is refused; so is nothing below `FREE_BYTES`."""

FREE_BYTES: Final = 1 << 20

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"


class Content:
    """Reads a file in bounded memory. What it is, is told by its first bytes and never by its name.

    Attributes:
        name: What its owner calls it; for errors.
        count: Bytes given so far, unpacked.
        issues: What a reader noticed in it without refusing it: rows that it left out, characters lost before.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.count = 0
        self.issues: list[Issue] = []
        self._size = file.seek(0, SEEK_END)
        self._hash = hashlib.sha256()
        self._file = file
        self._file.seek(0)
        magic = self._file.read(4)
        self._file.seek(0)
        self._gzip = gzip.GzipFile(fileobj=self._file, mode="rb") if magic.startswith(_GZIP) else None
        if magic == _ZIP:
            self.close()
            raise SourceRefused(name, "it is a ZIP archive or an Excel workbook", "Save the table as CSV.")

    @classmethod
    def open(cls, path: Path, name: str) -> Self:
        """Open a file."""
        return cls(path.open("rb"), name)

    @classmethod
    def of(cls, body: bytes, name: str) -> Self:
        """Take what is in memory already: the answer of an API."""
        return cls(BytesIO(body), name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, size: int = CHUNK) -> bytes:
        """Give the next bytes, none at the end.

        Raises:
            SourceRefused: The gzip is truncated or broken, or unpacks to too much.
        """
        try:
            chunk = (self._gzip or self._file).read(size)
        except EOFError:
            raise SourceRefused(
                self.name, "the gzip file ends too early", "It was cut off on its way; hand it over again."
            ) from None
        except (OSError, zlib.error):
            if self._gzip is None:
                raise
            raise SourceRefused(
                self.name, "the gzip file is damaged", "Its checksums do not fit; hand it over again."
            ) from None
        self.count += len(chunk)
        self._hash.update(chunk)
        if self._gzip and self.count > FREE_BYTES and self.count > GREATEST_RATIO * self._size:
            raise SourceRefused(
                self.name,
                f"it unpacks to more than {GREATEST_RATIO} times its size",
                "Hand it over without packing it.",
            )
        return chunk

    def digest(self) -> str:
        """Give the sha256 of what was read, unpacked: packing a file does not make it another."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
