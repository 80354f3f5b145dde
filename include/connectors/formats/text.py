"""The bytes of a source as text: decoded, without its byte order mark, in lines."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import Final, Self

from include.connectors.content import CHUNK, Content
from include.errors import SourceEmpty, SourceRefused

_CONTROL: Final = re.compile("[\x80-\x9f]")

MOST_LINE: Final = 1 << 20
"""Characters of the longest line, and of the longest row where quotes let it span lines."""


def read_text(content: Content, encoding: str) -> Iterator[str]:
    """Decode a source in pieces of about 1 MiB; every line ends with one `\\n`.

    Raises:
        SourceRefused: It is empty, holds a NUL, or is no text in this encoding.
    """
    decoder = find_decoder(encoding, content.name)
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    latin = codecs.lookup(encoding).name.startswith("iso8859")
    lines = taken = 0
    begun = False
    while True:
        chunk = content.read(CHUNK)
        held = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            content.refuse_no_text()
            line = lines + error.object[: error.start].count(b"\n") + 1
            utf16 = taken == 0 and chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            raise SourceRefused(
                content.name,
                f"line {line} (byte {taken - held + error.start + 1}) is not text in {encoding}",
                "Set the format's `encoding`; "
                + ("it begins like utf-16." if utf16 else "older exports are often written in cp1252 or latin-1."),
            ) from None
        except UnicodeError:  # a mark is missing, or it is no encoding of files
            content.refuse_no_text()
            raise not_in(encoding, content.name) from None
        text = newlines.decode(text, final=not chunk)
        if taken == 0:
            text = text.removeprefix("\ufeff")
        taken += len(chunk)
        if "\0" in text:
            content.refuse_no_text()
            line = lines + text[: text.index("\0")].count("\n") + 1
            raise SourceRefused(
                content.name,
                f"line {line} holds a NUL character, which no text has",
                "The file is damaged, or it is UTF-16: then set the format's `encoding` to utf-16.",
            )
        if latin and (control := _CONTROL.search(text)):
            line = lines + text[: control.start()].count("\n") + 1
            raise SourceRefused(
                content.name,
                f"line {line} holds a control character where other encodings have signs such as €",
                "Set the format's `encoding` to cp1252.",
            )
        lines += text.count("\n")
        begun = begun or bool(text.strip())
        if text:
            yield text
        if not chunk:
            break
    if not begun:
        raise SourceEmpty(content.name, "the file is empty", "Hand over a file with a header and rows.")


def not_in(encoding: str, where: str) -> SourceRefused:
    """Say that a source is no text in an encoding, where no place of it tells why."""
    remedy = "Set another `encoding`: utf-8 and cp1252 are common, and utf-16-le where the mark of utf-16 is missing."
    return SourceRefused(where, f"it is not text in {encoding}", remedy)


def find_decoder(encoding: str, where: str) -> codecs.IncrementalDecoder:
    """Find what decodes an encoding piece by piece, strictly."""
    try:
        found = codecs.lookup(encoding)
    except (LookupError, ValueError):  # the latter of a name with a NUL
        found = None
    if found is None or found.incrementaldecoder is None or not getattr(found, "_is_text_encoding", True):
        raise SourceRefused(where, f"no encoding is called {encoding!r}", "utf-8, cp1252 and latin-1 are common.")
    return found.incrementaldecoder(errors="strict")


class TextLines:
    """Lines of a text, without their ends.

    Attributes:
        number: Lines given so far.
    """

    def __init__(self, text: Iterator[str], where: str) -> None:
        self.number = 0
        self._text = text
        self._where = where
        self._lines: list[str] = []
        self._open = ""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while not self._lines:
            chunk = next(self._text, None)
            if chunk is None:
                if not self._open:
                    raise StopIteration
                self._lines, self._open = [self._open], ""
                break
            *lines, self._open = (self._open + chunk).split("\n")
            self._lines = lines[::-1]
            if len(self._open) > MOST_LINE or max(map(len, lines), default=0) > MOST_LINE:
                raise SourceRefused(
                    self._where,
                    f"line {self.number + 1} or one after it is longer than 1 MiB",
                    "It is no table in lines; is it the file you meant?",
                )
        self.number += 1
        return self._lines.pop()

    def rest(self) -> Iterator[str]:
        """Give what follows the lines given so far, in pieces that end anywhere."""
        yield "".join(f"{line}\n" for line in reversed(self._lines)) + self._open
        yield from self._text
