"""The XML parts of a workbook, streamed with limits and without entities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final
from xml.parsers import expat
from zipfile import ZipFile

from include.connectors.archive import open_member, open_zip, read_packed
from include.connectors.content import CHUNK, FREE_BYTES, GREATEST_RATIO
from include.errors import SourceRefused

_DAMAGED: Final = "It was cut off or changed on its way; hand it over again."


class XmlParts:
    """The parts of one workbook; all that is unpacked together is limited."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.archive: ZipFile = open_zip(file, name)
        self._left = max(FREE_BYTES, GREATEST_RATIO * file.seek(0, 2))

    def has(self, part: str) -> bool:
        """Say whether there is such a part."""
        return part in self.archive.NameToInfo

    def chunks(self, part: str) -> Iterator[bytes]:
        """Unpack a part.

        Raises:
            SourceRefused: It is missing or damaged, or the workbook unpacks to too much.
        """
        if not self.has(part):
            raise SourceRefused(self.name, f"the workbook lacks its part {part}", _DAMAGED)
        left = self._left
        with open_member(self.archive, part, self.name) as stream:
            while chunk := read_packed(stream.read, CHUNK, self.name):
                left -= len(chunk)
                if left < 0:
                    raise SourceRefused(
                        self.name, f"it unpacks to more than {GREATEST_RATIO} times its size", "Save the table as CSV."
                    )
                yield chunk

    def parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        text: Callable[[str], None],
    ) -> Iterator[None]:
        """Parse a part; gives control back after every chunk, for whoever takes what the handlers have gathered.

        Raises:
            SourceRefused: It is no XML, or declares a document type, which no workbook does.
        """
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = self._refuse_type
        try:
            for chunk in self.chunks(part):
                # in small pieces: a chunk may hold more rows than should be gathered at once
                for first in range(0, len(chunk), _PIECE):
                    parser.Parse(chunk[first : first + _PIECE], False)
                    yield
            parser.Parse(b"", True)
            yield
        except expat.ExpatError as error:
            raise SourceRefused(
                self.name, f"line {error.lineno} of the workbook's part {part} is no XML", _DAMAGED
            ) from None

    def read(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] = lambda _: None,
        text: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Parse a part to its end."""
        for _ in self.parse(part, start, end, text):
            pass

    def _refuse_type(self, *_: object) -> None:
        raise SourceRefused(self.name, "the workbook declares a document type, as no workbook does", "Save it again.")


_PIECE: Final = 1 << 18


def local(name: str) -> str:
    """Give a name without its prefix, which every writer chooses."""
    return name[name.find(":") + 1 :]
