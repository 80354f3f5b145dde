"""XML as elements that begin and end: by expat, without entities, with limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from include.connectors.formats.json_text import MOST_DEPTH, too_deep
from include.connectors.formats.parts import MOST_CELL_BYTES
from include.errors import SourceRefused

BLOCK: Final = 1 << 14
"""Bytes that are parsed at a time: elements are held for so long before anybody sees them."""

_UNKNOWN_ENCODING: Final = 18


def read_events(blocks: Iterable[bytes], name: str, *, whole: bool = True) -> Iterator[tuple[str, Element]]:
    """Give `start` and `end` of every element; what a block of bytes holds comes together.

    Args:
        whole: Whether the document ends with the blocks; else an open end is no error.

    Raises:
        SourceRefused: It is no well-formed XML, ends too early, declares entities, is too deep, or one text, tag or
            comment in it is too long.
    """
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    events: list[tuple[str, Element]] = []
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise too_deep(name)
        events.append(("start", builder.start(_full(tag), {_full(key): text for key, text in attributes.items()})))

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        events.append(("end", builder.end(tag)))

    def refuse(*_: object) -> NoReturn:
        raise SourceRefused(name, "it declares entities of its own, which are not expanded", "Write the text itself.")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.EntityDeclHandler = parser.SkippedEntityHandler = refuse
    silent = 0
    try:
        for block in blocks:
            parser.Parse(block, False)
            silent = 0 if events else silent + len(block)
            if silent > MOST_CELL_BYTES:
                raise SourceRefused(name, "a text or a tag is longer than 1 MiB", "No cell may be.")
            yield from events
            events.clear()
    except expat.ExpatError as error:
        if error.code == _UNKNOWN_ENCODING:
            raise _unknown_encoding(name) from None
        raise SourceRefused(
            name,
            f"it is no XML from line {error.lineno}, column {error.offset + 1} on",
            "Is it the file or address you meant?",
        ) from None
    except (LookupError, ValueError):
        raise _unknown_encoding(name) from None
    if whole:
        try:
            parser.Parse(b"", True)
        except expat.ExpatError:
            raise SourceRefused(name, "the XML ends too early", "It was cut off on its way; get it again.") from None
        yield from events


def _full(name: str) -> str:
    """Write a name with its namespace as ElementTree does."""
    return f"{{{name}" if "}" in name else name


def _unknown_encoding(name: str) -> SourceRefused:
    return SourceRefused(name, "its XML declaration names an encoding that cannot be read", "Write it in UTF-8.")
