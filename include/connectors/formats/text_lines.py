"""The lines of a text of any length, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator

from include.connectors.content import CHUNK, Content
from include.connectors.formats.delimited import MOST_CELL_BYTES
from include.errors import SourceRefused


def read_lines(content: Content) -> Iterator[bytes]:
    """Give line after line, with its end.

    Raises:
        SourceRefused: A line is longer than 1 MiB, or holds a NUL.
    """
    rest = b""
    number = 0
    while chunk := content.read(CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            number += 1
            yield _checked(line, number, content.name) + b"\n"
        if len(rest) > MOST_CELL_BYTES:
            _checked(rest, number + 1, content.name)
    if rest:
        yield _checked(rest, number + 1, content.name)


def _checked(line: bytes, number: int, where: str) -> bytes:
    if len(line) > MOST_CELL_BYTES:
        raise SourceRefused(where, f"line {number} is longer than 1 MiB", "Is it the file you meant?")
    if b"\0" in line:
        raise SourceRefused(where, f"line {number} holds a NUL character, which no text has", "The file is damaged.")
    return line
