"""The pages of a Parquet file, of which each says how much memory it will take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from include.errors import SourceRefused

MOST_PAGE_BYTES: Final = 384 << 20
"""Of the greatest pages of all columns of a row group together: a reader holds one of each in memory."""

MOST_LIST_VALUES: Final = 4_000_000
"""Of a column of lists in a row group: one row may have them all, and a reader holds a row as a whole."""

MOST_PAGES: Final = 1_000_000
MOST_FOOTER_BYTES: Final = 32 << 20

_DEEPEST: Final = 16
_Wanted = Mapping[int, Any]

# FileMetaData.row_groups → RowGroup.columns → ColumnChunk
_CHUNK: Final[_Wanted] = {3: {5: {}, 7: {}, 9: {}, 11: {}}, 8: {}, 9: {}}
_FOOTER: Final[_Wanted] = {4: {1: _CHUNK, 3: {}}}
_GROUP_CHUNKS, _GROUP_ROWS = 1, 3
_COLUMN, _CRYPTO, _ENCRYPTED_COLUMN = 3, 8, 9
_VALUES, _PACKED_SIZE, _DATA_OFFSET, _DICTIONARY_OFFSET = 5, 7, 9, 11
_PAGE: Final[_Wanted] = {2: {}, 3: {}, 5: {1: {}}, 8: {1: {}}}
_PAGE_UNPACKED, _PAGE_PACKED, _DATA, _DATA_V2 = 2, 3, 5, 8


def check_pages(file: BinaryIO, name: str) -> None:
    """See that no page takes more memory than a limit, whatever the footer says.

    Pages unpack to what their headers declare, up to 2 GiB from a few bytes, and the library has no limit of its own;
    it ends the process where the metadata of a column is encrypted.

    Raises:
        SourceRefused: One does, or something is encrypted, or the headers are damaged.

    Source: Apache Parquet format 2.12, `FileMetaData` and `PageHeader`; Apache Thrift, compact protocol.
    """
    try:
        _check(file, name)
    except (IndexError, KeyError, TypeError, ValueError, OverflowError):
        raise SourceRefused(
            name, "the Parquet file is damaged", "It was cut off or changed on its way; hand it over again."
        ) from None


def _check(file: BinaryIO, name: str) -> None:
    size = file.seek(0, 2)
    file.seek(size - 8)
    length = int.from_bytes(file.read(4), "little")
    if length > min(size, MOST_FOOTER_BYTES):
        raise SourceRefused(name, "the footer of the Parquet file is damaged or too long", "Write it again.")
    file.seek(size - 8 - length)
    pages = 0
    for group in _Thrift(file.read(length)).struct(_FOOTER)[4]:
        together = 0
        for chunk in group[_GROUP_CHUNKS]:
            if _CRYPTO in chunk or _ENCRYPTED_COLUMN in chunk:
                raise SourceRefused(name, "the Parquet file is encrypted", "Write it without encryption.")
            column = chunk[_COLUMN]
            if not column[_VALUES]:
                continue
            if column[_VALUES] > max(group[_GROUP_ROWS], MOST_LIST_VALUES):
                raise SourceRefused(
                    name,
                    f"a list column has more than {MOST_LIST_VALUES:,} values in a row group",
                    "Write it with smaller row groups, or a row for each value.",
                )
            start = min(column.get(_DICTIONARY_OFFSET) or size, column[_DATA_OFFSET])
            end = start + column[_PACKED_SIZE]
            greatest = values = 0
            while start < end:
                unpacked, count, start = _read_page(file, start)
                greatest, values = max(greatest, unpacked), values + count
                if values > column[_VALUES]:
                    raise ValueError("the pages hold more values than the footer says")
                pages += 1
                if pages > MOST_PAGES:
                    raise SourceRefused(
                        name, f"it has more than {MOST_PAGES} pages", "Write it with greater pages and row groups."
                    )
            together += greatest
        if together > MOST_PAGE_BYTES:
            raise SourceRefused(
                name,
                f"its pages unpack to more than {MOST_PAGE_BYTES >> 20} MiB at once",
                "Write it with smaller pages.",
            )


def _read_page(file: BinaryIO, start: int) -> tuple[int, int, int]:
    """Give how much a page unpacks to, how many values it holds, and where the next one starts."""
    for length in (1 << 10, 4 << 20):  # statistics can make a header long
        file.seek(start)
        thrift = _Thrift(file.read(length))
        try:
            header = thrift.struct(_PAGE)
        except IndexError:
            continue
        data = header.get(_DATA) or header.get(_DATA_V2)
        values = max(data[1], 0) if data else 0
        return header[_PAGE_UNPACKED], values, start + thrift.at + max(header[_PAGE_PACKED], 0)
    raise ValueError("no header of a page")


class _Thrift:
    """Reads values one after the other; raises IndexError where the bytes end, ValueError where they are none."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self.at = 0

    def struct(self, wanted: _Wanted, depth: int = 0) -> dict[int, Any]:
        """Read a structure, and keep the wanted fields of it."""
        kept: dict[int, Any] = {}
        field = 0
        while byte := self._byte():
            field = field + (byte >> 4) if byte >> 4 else self._number()
            value = self._value(byte & 15, wanted.get(field, {}), depth + 1)
            if field in wanted:
                kept[field] = value
        return kept

    def _value(self, kind: int, wanted: _Wanted, depth: int) -> Any:
        if depth > _DEEPEST:
            raise ValueError("nested too deep")
        match kind:
            case 1 | 2:  # a truth, which needs no byte of its own
                return kind == 1
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._number()
            case 7:
                self.at += 8
            case 8:
                length = self._varint()
                self.at += length
            case 9 | 10:
                return self._list(wanted, depth)
            case 12:
                return self.struct(wanted, depth)
            case _:
                raise ValueError("no kind of value")
        return None

    def _list(self, wanted: _Wanted, depth: int) -> list[Any]:
        byte = self._byte()
        count, kind = byte >> 4, byte & 15
        if count == 15:
            count = self._varint()
        if kind in (1, 2):
            kind = 3
        items = (self._value(kind, wanted, depth + 1) for _ in range(count))
        return [item for item in items if wanted]

    def _byte(self) -> int:
        byte = self._text[self.at]
        self.at += 1
        return byte

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) > 127:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("no number")
        return value | byte << shift

    def _number(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
