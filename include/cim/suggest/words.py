"""What the words of a column's name mean, in whichever language it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from include.cim.units import known_unit

FOLDER: Final = Path(__file__).parent / "words"

Meaning = frozenset[str]

_PIECES: Final = re.compile(r"[^\W_]+|%")
_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-zà-ÿ])")
_LETTERS_OR_DIGITS: Final = re.compile(r"[^\W\d_]+|\d+")
_PATH: Final = re.compile(r"(?<=[^\W\d])\.(?=[^\W\d])")
_BRACKETS: Final = re.compile(r"[\[(]([^\[\]()]*)[\])]")
_LINKS: Final = ("", "s", "es", "n", "en", "e")
_SHORT_PARTS: Final = frozenset({"pv", "ac", "dc", "ev", "hp", "wp", "id", "nr"})
_LONGEST: Final = 5
"""So many words may be one expression."""

_OBIS: Final = re.compile(r"(?:\d-\d:)?(\d{1,2})\.(\d{1,2})\.\d{1,3}(?:\*\d+)?")
_OBIS_QUANTITIES: Final = {
    "1": "import active", "2": "export active", "3": "reactive import", "4": "reactive export", "9": "apparent",
    "13": "power_factor", "14": "frequency", "16": "active", "21": "import active phase_n",
    "22": "export active phase_n", "41": "import active phase_n", "42": "export active phase_n",
    "61": "import active phase_n", "62": "export active phase_n", "31": "current phase_n", "51": "current phase_n",
    "71": "current phase_n", "32": "voltage phase_n", "52": "voltage phase_n", "72": "voltage phase_n",
}  # fmt: skip
"""OBIS, IEC 62056-61: the third group of a code says what is measured, the fourth how."""
_OBIS_WAYS: Final = {"7": "power", "8": "energy cumulative", "9": "energy", "29": "energy", "6": "maximum power"}


@dataclass(frozen=True, slots=True)
class Word:
    """A word or expression of a name.

    Attributes:
        meanings: What it may mean; itself where it is not known.
        languages: In which it means that.
        outer: Whether it stands before the last part of a path (`battery` in `battery.power`).
    """

    text: str
    meanings: tuple[Meaning, ...]
    languages: tuple[str, ...] = ()

    known: bool = True
    outer: bool = False

    @property
    def is_number(self) -> bool:
        return self.text.isdigit()


def fold(text: str) -> str:
    """Write a text in small letters without accents.

    Example:
        >>> fold("Außentemperatur"), fold("Énergie")
        ('aussentemperatur', 'energie')
    """
    plain = text.casefold().replace("ø", "o").replace("æ", "ae").replace("ł", "l").replace("đ", "d")
    return "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))


@lru_cache(maxsize=20_000)
def read_name(name: str, folder: Path = FOLDER) -> tuple[Word, ...]:
    """Take a name apart into words that mean something.

    Args:
        folder: Where the words are, in files as `words/README.md` describes them.

    Example:
        >>> [sorted(*word.meanings) for word in read_name("Außentemperatur [°C]")]
        [['outdoor'], ['temperature']]
    """
    if found := _OBIS.search(name):
        code = f"{_OBIS_QUANTITIES.get(found[1], '')} {_OBIS_WAYS.get(found[2], '')}".split()
        if found[1] in _OBIS_QUANTITIES:
            rest = name[: found.start()] + " " + name[found.end() :]
            return (Word(found[0], (frozenset(code),), ("OBIS",)), *read_name(rest, folder))
    words = _lexicon(folder)
    bare = _BRACKETS.sub(_without_unit, name)
    *before, last = _PATH.split(bare)
    outer = [replace(word, outer=True) for part in before for word in _read_part(part, words)]
    read = (*outer, *_read_part(last, words))
    whole = tuple(_read_part(bare, words)) if before else read
    return whole if len(whole) < len(read) else read  # an expression of several parts: `battery.percent`


def _without_unit(found: re.Match[str]) -> str:
    letter = len(found[1]) == 1 and found.start() > 0 and not found.string[found.start() - 1].isspace()
    return " " if known_unit(found[1].strip()) and not letter else f" {found[1]} "


def _read_part(text: str, words: _Lexicon) -> Iterator[Word]:
    return _read_pieces([part for piece in _PIECES.findall(text) for part in _split_piece(piece, words)], words)


def _split_piece(piece: str, words: _Lexicon) -> Iterator[str]:
    whole = fold(piece)
    if whole in words.single:
        yield whole
        return
    for chunk in _CAMEL.split(piece):
        folded = fold(chunk)
        if folded in words.single or folded in words.beginnings:
            yield folded
        else:
            yield from _LETTERS_OR_DIGITS.findall(folded)


def _read_pieces(pieces: Sequence[str], words: _Lexicon) -> Iterator[Word]:
    at = 0
    while at < len(pieces):
        for end in range(min(len(pieces), at + _LONGEST), at, -1):
            text = " ".join(pieces[at:end])
            known = words.all.get(text)
            if known is None and end - at > 1 and (len(pieces[at]) > 1 or pieces[at] == "l"):
                known = words.single.get("".join(pieces[at:end]))  # `feed in`, `e mail`, `time stamp`
            if known is not None:
                yield Word(text, *known)
                at = end
                break
        else:
            yield from _read_unknown(pieces[at], words)
            at += 1


def _read_unknown(text: str, words: _Lexicon) -> Iterator[Word]:
    if text.isdigit():
        yield Word(text, (frozenset({text}),), known=False)
        return
    if parts := _take_apart(text, words.single):
        for part in parts:
            yield Word(part, *words.single[part])
        return
    slip = words.slips.get(text) if len(text) > 6 else None
    if slip is None and len(text) > 6:
        slip = next((words.slips[short] for short in _shortened(text) if short in words.slips), None)
    if slip is not None:
        yield Word(text, *words.single[slip])
    else:
        yield Word(text, (frozenset({text}),), known=False)


def _take_apart(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Find the fewest known words that make up a compound; none where there are not two or more."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(text)
    for start in range(len(text)):
        so_far = best[start]
        if so_far is None:
            continue
        for end in range(start + 2, len(text) + 1):
            part = text[start:end]
            if part not in known or (len(part) < 3 and part not in _SHORT_PARTS):
                continue
            for link in _LINKS:
                after = end + len(link)
                if not text.startswith(link, end) or (after == len(text) and link):
                    continue
                longer = (*so_far, part)
                there = best[after]
                if there is None or _cost(longer) < _cost(there):
                    best[after] = longer
    found = best[len(text)] or ()
    return found if len(found) > 1 else ()


def _cost(parts: tuple[str, ...]) -> tuple[int, int]:
    return len(parts), -sum(len(part) for part in parts)


def _shortened(text: str) -> Iterator[str]:
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The words of `words/`, folded.

    Attributes:
        all: Words and expressions; `single` those of one word; `beginnings` the first words of the others.
        slips: A long word with one letter missing → the word. Two texts that are one slip apart share one.
    """

    all: Mapping[str, tuple[tuple[Meaning, ...], tuple[str, ...]]]
    single: Mapping[str, tuple[tuple[Meaning, ...], tuple[str, ...]]]
    beginnings: frozenset[str]
    slips: Mapping[str, str]


@cache
def _lexicon(folder: Path) -> _Lexicon:
    gathered: dict[str, tuple[list[Meaning], list[str]]] = {}
    for key, by_language in _entries(folder):
        meaning = frozenset(key.split())
        for language, texts in by_language.items():
            for text in str(texts).split(","):
                for spelling in _spellings(text.strip()):
                    meanings, languages = gathered.setdefault(spelling, ([], []))
                    if meaning not in meanings:
                        meanings.append(meaning)
                    if language not in languages:
                        languages.append(language)
    words = {text: (tuple(meanings), tuple(languages)) for text, (meanings, languages) in gathered.items()}
    single = {text: entry for text, entry in words.items() if " " not in text}
    beginnings = frozenset(part for text in words if " " in text for part in text.split())
    slips: dict[str, str] = {}
    for text in single:
        if len(text) > 6:
            for short in (text, *_shortened(text)):
                slips.setdefault(short, text)
    return _Lexicon(words, single, beginnings, slips)


def _entries(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for file in sorted(folder.glob("*.yaml")):
        yield from yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader).items()


def _spellings(text: str) -> set[str]:
    pieces = " ".join(_PIECES.findall(text))
    digraphs = pieces.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("å", "aa")
    return {fold(pieces), fold(digraphs)}
