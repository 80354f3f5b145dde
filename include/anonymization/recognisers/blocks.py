"""Addresses as they stand on an envelope: a name, lines of a street, a flat and a town, and a postal code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from include.anonymization.recognisers.contact import BOX, FLAT, STREET
from include.anonymization.recognisers.names import may_be_names

_PIECE: Final = re.compile(r"[^\n,]+")
_SURE: Final = re.compile(rf"(?:{FLAT}|{BOX}|{STREET})\.?", re.IGNORECASE)
"""What nothing but an address has; of the other lines only what stands around them tells."""
_NUMBERED: Final = re.compile(
    r"(?<!\S)\d{1,5}[a-z]?\s(?=.*[^\W\d_]{2}).*|.*[^\W\d_]{3}.*\s\d{1,5}[a-z]?\.?$", re.IGNORECASE
)
_CODED: Final = re.compile(
    r"(?:[A-Z]{1,2}-)?\d{4,6}(?:\s?[A-Z]{2})?\s[^\W\d_].*|[^\d]*[^\W\d_]{2}[^\d]*\s(?:\d{4,6}(?:-\d{4})?"
    r"|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|[A-Z]\d{2}\s?[A-Z\d]{4}|[A-Z]\d[A-Z]\s?\d[A-Z]\d)\.?",
    re.IGNORECASE,
)
_TOWN: Final = re.compile(r"[^\W\d_][^\W\d_.'’-]*(?:[ .'’-]{1,2}[^\W\d_]+){0,3}(?:\s\d{1,2})?", re.IGNORECASE)
_NAME: Final = re.compile(r"[^\W\d_]{2,}(?:[ .'’-]{1,2}[^\W\d_]+){1,3}", re.IGNORECASE)
_INNER: Final = re.compile(r"\w.*\w\.?|\w")
_MOST_WORDS: Final = 6
_MOST_TOWNS: Final = 3
"""So many lines stand between a street and its postal code: a flat, a town, a county."""


def find_blocks(text: str) -> Iterator[tuple[str, int, int]]:
    """Give entity, start and end of each address, and of the name that the lines above it begin with.

    Example:
        >>> text = "kristin crnic\\n98 fejedelem ut 45.\\nApt. 614\\nPomaz\\nTunisia 13222"
        >>> [(entity, text[start:end].splitlines()[0]) for entity, start, end in find_blocks(text)]
        [('ADDRESS', '98 fejedelem ut 45.'), ('PERSON', 'kristin crnic')]
    """
    for run in _runs(text):
        at = 0
        while at < len(run):
            end = _end(run, at)
            if end is None:
                at += 1
                continue
            begin, start = at, run[at].start()
            street = _NUMBERED.search(text, run[at - 1].start(), run[at - 1].end()) if at else None
            if street is not None:
                begin, start = at - 1, street.start()
            yield "ADDRESS", start, run[end].end()
            if begin and text[run[0].end() :].lstrip(" ").startswith("\n") and _is_name(run[0].group()):
                yield "PERSON", run[0].start(), run[0].end()
            at = end + 1


def _runs(text: str) -> Iterator[Sequence[re.Match[str]]]:
    """Give what stands between commas and ends of lines, as far as one short piece follows another."""
    run: list[re.Match[str]] = []
    for piece in _PIECE.finditer(text):
        inner = _INNER.search(text, piece.start(), piece.end())
        if inner is None:
            continue
        if len(inner.group().split()) <= _MOST_WORDS:
            run.append(inner)
        else:
            yield run
            run = []
    yield run


def _end(run: Sequence[re.Match[str]], at: int) -> int | None:
    """Give the place of the postal code behind a sure line; None where it is no such line, or there is none."""
    if not _SURE.fullmatch(run[at].group()):
        return None
    for place in range(at + 1, min(at + 2 + _MOST_TOWNS, len(run))):
        piece = run[place].group()
        if _CODED.fullmatch(piece):
            return place
        if not (_TOWN.fullmatch(piece) or _SURE.fullmatch(piece)):
            return None
    return None


def _is_name(line: str) -> bool:
    return _NAME.fullmatch(line) is not None and may_be_names(line)
