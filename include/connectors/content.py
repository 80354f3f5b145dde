"""The bytes of a source: unpacked (gzip, bzip2, ZIP), counted, limited and hashed while they are read."""

from __future__ import annotations

import bz2
import gzip
import hashlib
from collections.abc import Iterable, Iterator
from io import SEEK_END, BufferedReader, BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeVar, cast

from include.collection.inspection import Issue
from include.connectors.archive import (
    BZIP2,
    GZIP,
    NO_TEXT,
    ZIP,
    choose_member,
    is_document,
    list_members,
    open_member,
    open_zip,
    read_packed,
    refuse_unreadable,
)
from include.errors import SourceRefused

T = TypeVar("T")

CHUNK: Final = 1 << 20
GREATEST_RATIO: Final = 100
"""A file that unpacks to more than this many times its size is refused; so is nothing below `FREE_BYTES`."""

FREE_BYTES: Final = 1 << 20

MOST_SPOOLED: Final = 8 << 30
"""Of an unpacked file that has to lie on disk, because its format is not read from the beginning to the end."""

_HEAD: Final = 512
_UNPACKED: Final = "Hand it over without packing it."


class Content:
    """Reads a file in bounded memory. What it is, is told by its first bytes and never by its name.

    A workbook is a ZIP archive and Parquet packs itself: both are read as they are.

    Args:
        member: Which file of a ZIP archive; needed where it holds several.

    Attributes:
        name: What its owner calls it; for errors.
        count: Bytes given so far, unpacked.
        members: The files of a ZIP archive that may hold data, the greatest first; of anything else none.
        issues: What a reader noticed in it without refusing it: rows that it left out, characters lost before.
        groups: Of columns that a reader made rows of: what they share → {new column: column}.
        records: How many records the source has in it, where one may give several rows or none; None: as many as rows.

    Raises:
        SourceRefused: It is packed in a way that is not read, damaged, or no archive where a member is asked for.
    """

    def __init__(self, file: BinaryIO, name: str, member: str | None = None) -> None:
        self.name = name
        self.count = 0
        self.members: tuple[str, ...] = ()
        self.issues: list[Issue] = []
        self.groups: dict[str, dict[str, str]] = {}
        self.records: int | None = None
        self._hash = hashlib.sha256()
        self._file = file
        self._member = member
        self._stream: BinaryIO | None = None
        self._packed = False
        try:
            self._size = file.seek(0, SEEK_END)
            file.seek(0)
            head = file.read(_HEAD)
            refuse_unreadable(head, name)
            if head.startswith(ZIP):
                self._archive = open_zip(file, name)
                self._packed = not is_document(self._archive)
                if self._packed:
                    self.members = list_members(self._archive, name)
            if member is not None and not self.members:
                raise SourceRefused(name, f"it is no ZIP archive, so there is no {member!r} in it", "Remove `member`.")
            file.seek(0)
        except BaseException:  # a stop too: nobody else has the file yet
            file.close()
            raise
        self._magic = head

    @classmethod
    def open(cls, path: Path, name: str, member: str | None = None) -> Self:
        """Open a file."""
        return cls(path.open("rb"), name, member)

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

    def choose(self, member: str) -> Self:
        """Take this file of the archive, before anything is read."""
        self._member = member
        return self

    def read(self, size: int = CHUNK) -> bytes:
        """Give the next bytes, none at the end.

        Raises:
            SourceRefused: What is packed is truncated, damaged, an archive again, or unpacks to too much; or nobody
                said which file of the archive is meant.
        """
        stream = self._unpacked()
        chunk = read_packed(stream.read, size, self.name) if self._packed else stream.read(size)
        self.count += len(chunk)
        self._hash.update(chunk)
        if self._packed:
            self._limit(self.count)
        return chunk

    def seekable(self) -> BinaryIO:
        """Read everything, and give it as a file to seek in, for formats that are not read from beginning to end.

        What is packed is spooled to a file without a name. It is counted, hashed and limited like what is read, and
        ends with the content.
        """
        stream = self._unpacked()
        if self._packed:
            stream = self._spool(stream)
        while self.read():
            pass
        stream.seek(0)
        return stream

    def refuse_no_text(self) -> None:
        """Refuse a file that its first bytes tell to be no text, for readers that could not decode it.

        Raises:
            SourceRefused: Says what it is, and which `kind` of format reads it.
        """
        for magic, (what, kind) in NO_TEXT.items():
            if self._magic.startswith(magic) and not self.members:
                raise SourceRefused(self.name, f"it is {what}, and no text", f"Set the format's `kind` to {kind}.")

    def digest(self) -> str:
        """Give the sha256 of what was read, unpacked: packing a file does not make it another."""
        return self._hash.hexdigest()

    def count_records(self, records: Iterable[T]) -> Iterator[T]:
        """Count what the source has for records while it is read."""
        self.add_records(0)
        for record in records:
            self.add_records(1)
            yield record

    def add_records(self, number: int) -> None:
        """Note that the source has so many records more in it."""
        self.records = (self.records or 0) + number

    def close(self) -> None:
        """Let go of the file."""
        if self._stream is not None:
            self._stream.close()
        self._file.close()

    def _unpacked(self) -> BinaryIO:
        if self._stream is None:
            self._stream = self._open()
        return self._stream

    def _open(self) -> BinaryIO:
        stream: BinaryIO
        if self.members:
            stream = open_member(self._archive, choose_member(self.members, self._member, self.name), self.name)
        elif self._magic.startswith(GZIP):
            stream = cast(BinaryIO, gzip.GzipFile(fileobj=self._file, mode="rb"))
        elif self._magic.startswith(BZIP2):
            stream = cast(BinaryIO, bz2.BZ2File(self._file))
        else:
            return self._file
        self._packed = True
        head = read_packed(cast(BufferedReader, stream).peek, _HEAD, self.name)
        refuse_unreadable(head, self.name)
        workbook = False
        if head.startswith(ZIP):
            stream = self._spool(stream)
            workbook = is_document(open_zip(stream, self.name))
            stream.seek(0)
        if head.startswith((ZIP, GZIP, BZIP2)) and not workbook:
            raise SourceRefused(self.name, "it is an archive inside an archive", "Hand over the inner one.")
        return stream

    def _spool(self, packed: BinaryIO) -> BinaryIO:
        """Unpack to an anonymous file, which then is the stream."""
        self._stream = spool = cast(BinaryIO, TemporaryFile())  # noqa: SIM115  # closed with the content
        count = 0
        while chunk := read_packed(packed.read, CHUNK, self.name):
            count += len(chunk)
            self._limit(count)
            if count > MOST_SPOOLED:
                raise SourceRefused(self.name, f"it unpacks to more than {MOST_SPOOLED >> 30} GiB", _UNPACKED)
            spool.write(chunk)
        packed.close()
        spool.seek(0)
        self._packed = False
        return spool

    def _limit(self, count: int) -> None:
        if count > FREE_BYTES and count > GREATEST_RATIO * self._size:
            raise SourceRefused(self.name, f"it unpacks to more than {GREATEST_RATIO} times its size", _UNPACKED)
