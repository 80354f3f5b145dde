"""ZIP archives, and what else packs files: told by first bytes, opened with limits, never unpacked to a path."""

from __future__ import annotations

import stat
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Final, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo
from zlib import error as ZlibError  # it is an exception

from include.anonymization.telling import list_names
from include.errors import SourceRefused

MOST_MEMBERS: Final = 1_000
MOST_DIRECTORY_BYTES: Final = 4 << 20
"""Of an archive's list of members, which has to be held in memory."""

ZIP: Final = b"PK\x03\x04"
GZIP: Final = b"\x1f\x8b"
BZIP2: Final = b"BZh"

XLS: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PARQUET: Final = b"PAR1"
NO_TEXT: Final = {
    ZIP: ("a workbook", "excel"),  # any other archive is unpacked
    XLS: ("a workbook", "excel"),
    PARQUET: ("Parquet", "parquet"),
}
"""How files begin that other readers read as they are; what each is, and the `kind` of its format."""

_HEAD: Final = 512

_UNREADABLE: Final = {
    b"PK\x05\x06": "an empty ZIP archive",
    b"PK\x07\x08": "a part of a ZIP archive that was split",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xfd7zXZ\x00": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"\x04\x22\x4d\x18": "packed by lz4",
    b"\x1f\x9d": "packed by compress",
    b"MSCF": "a cabinet",
}
_TAR: Final = (257, b"ustar")

_NO_DATA: Final = (b"%pdf", b"\x89png", b"\xff\xd8\xff", b"gif8", b"<!doctype html", b"<html", b"{\\rtf")
"""How documents and pictures begin, in small letters, that are packed beside the data."""

_DAMAGED: Final = "It was cut off or changed on its way; hand it over again."


def refuse_unreadable(head: bytes, name: str) -> None:
    """Refuse what is packed in a way that is not read.

    Raises:
        SourceRefused: Says how it is packed.
    """
    start, tar = _TAR
    kind = "a tar archive" if head[start:].startswith(tar) else None
    for magic, what in _UNREADABLE.items():
        if head.startswith(magic):
            kind = what
    if kind:
        raise SourceRefused(name, f"it is {kind}, which is not read", "Hand over the file itself, or gzip or ZIP.")


def open_zip(file: BinaryIO, name: str) -> ZipFile:
    """Open an archive; whoever reads its members counts what comes out.

    Raises:
        SourceRefused: Damaged, encrypted, too many members, or the same name twice.
    """
    with _refusing(name):
        archive = ZipFile(cast(IO[bytes], _Bounded(file, name)))
        infos = archive.infolist()
        if len(infos) > MOST_MEMBERS:
            raise SourceRefused(name, f"it holds more than {MOST_MEMBERS} files", "Hand over the one that matters.")
        if len(archive.NameToInfo) < len(infos):
            raise SourceRefused(name, "it holds two files of the same name", "Hand over the one that matters.")
        if any(info.flag_bits & 1 for info in infos):
            raise SourceRefused(name, "it is encrypted", "Hand it over without a password.")
        return archive


def is_document(archive: ZipFile) -> bool:
    """Say whether the archive is one file to its owner: a workbook of Excel or OpenDocument."""
    return "[Content_Types].xml" in archive.NameToInfo or "mimetype" in archive.NameToInfo


def list_members(archive: ZipFile, name: str) -> tuple[str, ...]:
    """Name the files that may hold data, the greatest first: no folders, links, pictures, or files of a system's own.

    Raises:
        SourceRefused: There is none.
    """
    with _refusing(name):
        infos = [info for info in archive.infolist() if _may_hold_data(info)]
        infos = [info for info in infos if not _head(archive, info).lower().lstrip().startswith(_NO_DATA)]
    if not infos:
        raise SourceRefused(name, "the ZIP archive holds no file of data", "Hand over the file itself.")
    return tuple(info.filename for info in sorted(infos, key=lambda info: -info.file_size))


def choose_member(members: Sequence[str], asked: str | None, name: str) -> str:
    """Choose the file of an archive that holds the table.

    Args:
        asked: Its name, or a pattern (`prices_*.csv`) that fits one of them.

    Raises:
        SourceRefused: None or several fit.
    """
    fitting = [member for member in members if member == asked]
    fitting = fitting or [member for member in members if asked is None or fnmatchcase(member, asked)]
    if len(fitting) == 1:
        return fitting[0]
    shown = list_names(members, most=10)
    if asked is None:
        raise SourceRefused(
            name, f"the ZIP archive holds {len(members)} files: {shown}", "Set `member` to one of them."
        )
    fit = f"{len(fitting)} files of the ZIP archive are" if fitting else "no file of the ZIP archive is"
    raise SourceRefused(name, f"{fit} called {asked!r}", f"`member` has to fit one of: {shown}.")


def open_member(archive: ZipFile, member: str, name: str) -> BinaryIO:
    """Open one file of an archive.

    Raises:
        SourceRefused: It is damaged, or packed in a way that is not read.
    """
    info = archive.getinfo(member)
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise SourceRefused(
            name,
            f"the ZIP archive is packed in a way that is not read (method {info.compress_type})",
            "Windows packs files of more than 2 GiB like that; hand over the file itself, or gzip.",
        )
    with _refusing(name):
        return cast(BinaryIO, archive.open(info))


def read_packed(read: Callable[[int], bytes], size: int, name: str) -> bytes:
    """Give the next unpacked bytes.

    Raises:
        SourceRefused: What is packed is truncated or damaged.
    """
    with _refusing(name):
        return read(size)


@contextmanager
def _refusing(name: str) -> Iterator[None]:
    """Say in our words that an archive is damaged: the libraries raise whatever the broken bytes lead to."""
    try:
        yield
    except EOFError:
        raise SourceRefused(name, "the packed file ends too early", _DAMAGED) from None
    except (BadZipFile, ZlibError, OSError, ValueError, struct.error, NotImplementedError, RuntimeError):
        raise SourceRefused(name, "the packed file is damaged", _DAMAGED) from None


def _may_hold_data(info: ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    hidden = path.name.startswith(".") or path.parts[:1] == ("__MACOSX",) or path.name in ("Thumbs.db", "desktop.ini")
    return not (info.is_dir() or hidden or stat.S_ISLNK(info.external_attr >> 16))


def _head(archive: ZipFile, info: ZipInfo) -> bytes:
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return b""
    with archive.open(info) as member:
        return member.read(_HEAD)


class _Bounded:
    """A file of which a list of members, whose length an archive may lie about, cannot take all the memory."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > MOST_DIRECTORY_BYTES:
            raise SourceRefused(self._name, "its list of files is too long", "Hand over the file that matters.")
        return self._file.read(size)
