"""The words of `words/`, and what a word that is not there may be: a compound, a slip, an inflection, a beginning."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from include.cim.tables import read_tables

FOLDER: Final = Path(__file__).parent / "words"
PIECES: Final = re.compile(r"[^\W_]+|%")

Meaning = frozenset[str]
Languages = frozenset[str]

ABBREVIATION: Final = "abbr"
"""What `words/` calls what belongs to no language."""
_LINKS: Final = ("", "s", "es", "n", "en", "e")
_SHORT_PARTS: Final = frozenset({"pv", "ac", "dc", "ev", "hp", "wp", "ww", "id", "nr"})
_DIGRAPHS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
_SYLLABLES: Final = "\u3040"
"""From here on a sign is a syllable or a word: Japanese, Chinese, Korean."""
_QUANTITIES: Final = frozenset({"temperature", "power", "energy", "voltage", "current", "pressure", "humidity"})
_LONG: Final = 7
"""Longer words are read though they have a slip of the finger."""
_STEM: Final = 4
_BEGINNING: Final = 5
_AGREED: Final = 0.7
"""So many of the words that begin so have to mean the same."""

_SYMBOLS: Final = {
    "u": "voltage", "v": "voltage", "i": "current", "p": "power", "e": "energy", "t": "temperature", "f": "frequency",
}  # fmt: skip
"""Letters of the field that stand before what they are of: `Uac`, `Pgrid`, `Tmax`."""
_UNITS: Final = {
    "w": "power", "v": "voltage", "a": "current", "kw": "power", "wh": "energy", "kwh": "energy", "t": "temperature",
}  # fmt: skip
"""Those that stand after it: `DCW`."""
_INDEXES: Final = frozenset(
    {
        *("ac", "dc", "battery", "pv", "grid", "phase_n", "maximum", "minimum", "total", "input", "output", "module"),
        *("outdoor", "indoor", "consumption", "inverter", "flow", "return", "dhw", "production", "string", "room"),
        *("import", "export", "charge", "discharge", "setpoint", "heat_pump", "ev", "phase_to_phase", "brine"),
    }
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a text may mean, and the languages in which it means each of that."""

    meanings: tuple[Meaning, ...]
    languages: tuple[Languages, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of `words/`, folded.

    Attributes:
        all: Words and expressions; `single` those of one word; `beginnings` the first words of the others.
        ordered: The single ones by the alphabet.
        slips: A long word with one letter missing → the word. Two texts that are one slip apart share one.
    """

    all: Mapping[str, Entry]
    single: Mapping[str, Entry]
    beginnings: frozenset[str]
    ordered: tuple[str, ...]
    slips: Mapping[str, str]


@cache
def lexicon(folder: Path = FOLDER) -> Lexicon:
    """Read the words of a folder, in files as `words/README.md` describes them."""
    gathered: dict[str, dict[Meaning, Languages]] = {}
    for key, by_language in _entries(folder):
        meaning = frozenset(key.split())
        for language, texts in by_language.items():
            for text in str(texts).split(","):
                for spelling in _spellings(text.strip()):
                    known = gathered.setdefault(spelling, {})
                    known[meaning] = _with(known.get(meaning), language)
    words = {text: Entry(tuple(by), tuple(by.values())) for text, by in gathered.items()}
    single = {text: entry for text, entry in words.items() if " " not in text}
    beginnings = frozenset(part for text in words if " " in text for part in text.split())
    slips: dict[str, str] = {}
    for text in single:
        if len(text) > _LONG:
            for short in (text, *_shortened(text)):
                slips.setdefault(short, text)
    return Lexicon(words, single, beginnings, tuple(sorted(single)), slips)


@cache
def _with(languages: Languages | None, language: str) -> Languages:
    """Add a language: words of the same ones share a set."""
    return (languages or frozenset()) | {language}


def _entries(folder: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for plain in read_tables(folder).values():
        yield from plain.items()


def fold(text: str) -> str:
    """Write a text in small letters without accents.

    Example:
        >>> fold("Außentemperatur"), fold("Énergie")
        ('aussentemperatur', 'energie')
    """
    if text.isascii():
        return text.casefold()
    plain = text.casefold().replace("ø", "o").replace("æ", "ae").replace("ł", "l").replace("đ", "d")
    return "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))


def _spellings(text: str) -> set[str]:
    pieces = " ".join(PIECES.findall(text.casefold()))
    if pieces.isascii():
        return {pieces}
    return {fold(pieces), fold(pieces.translate(_DIGRAPHS))}


@lru_cache(maxsize=20_000)
def explain(text: str, folder: Path = FOLDER) -> tuple[tuple[str, Entry], ...]:
    """Say what a folded word that is not in the lexicon is made of; nothing where nothing is likely.

    Example:
        >>> [part for part, _ in explain("wohnzimmerfenster")]
        ['wohnzimmer', 'fenster']
    """
    words = lexicon(folder)
    if parts := _take_apart(text, words.single):
        return tuple((part, words.single[part]) for part in parts)
    if pair := _take_symbol(text, words.single):
        return pair
    if len(text) > _LONG:
        slip = words.slips.get(text)
        if slip is None:
            slip = next((words.slips[short] for short in _shortened(text) if short in words.slips), None)
        if slip is not None:
            return ((text, words.single[slip]),)
    entry = _inflected(text, words.single) or _begun(text, words)
    return ((text, entry),) if entry else ()


def _take_apart(text: str, known: Mapping[str, Entry]) -> tuple[str, ...]:
    """Find the fewest known words that make up a compound; none where there are not two or more."""
    best: list[tuple[str, ...] | None] = [()] + [None] * len(text)
    for start in range(len(text)):
        so_far = best[start]
        if so_far is None:
            continue
        for end in range(start + 2, len(text) + 1):
            part = text[start:end]
            if part not in known or (len(part) < 3 and part not in _SHORT_PARTS and part < _SYLLABLES):
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
    if len(found) < 2:
        return ()
    measured = any(meaning & _QUANTITIES for part in found for meaning in known[part].meanings)
    return found if measured or all(len(part) != 3 or _is_word(known[part]) for part in found) else ()


def _is_word(entry: Entry) -> bool:
    """Say whether a text is more than an abbreviation or a little word: these seldom make a compound."""
    return any(
        languages - {ABBREVIATION} and meaning != {"noise"}
        for meaning, languages in zip(entry.meanings, entry.languages, strict=True)
    )


def _cost(parts: tuple[str, ...]) -> tuple[int, int]:
    return len(parts), -sum(len(part) for part in parts)


def _take_symbol(text: str, known: Mapping[str, Entry]) -> tuple[tuple[str, Entry], ...]:
    """Read a symbol and what it is of: `uac`, `dcw`."""
    for letter, rest in ((text[:1], text[1:]), (text[:1], text[1:].removeprefix("v"))):
        if letter in _SYMBOLS and rest in known and _is_index(known[rest]):
            return (letter, _just(_SYMBOLS[letter])), (rest, known[rest])
    for unit, quantity in _UNITS.items():
        rest = text.removesuffix(unit)
        if rest != text and rest in known and _is_index(known[rest]):
            return (rest, known[rest]), (unit, _just(quantity))
    return ()


def _is_index(entry: Entry) -> bool:
    return any(meaning <= _INDEXES for meaning in entry.meanings)


def _just(meaning: str) -> Entry:
    return Entry((frozenset({meaning}),), (frozenset({ABBREVIATION}),))


def _inflected(text: str, words: Mapping[str, Entry]) -> Entry | None:
    """Read a word as one that is known, with an ending: `values`."""
    for length in range(len(text) - 1, max(_STEM, len(text) - 3) - 1, -1):
        least = _STEM if text[length:] == "s" else _LONG - 1 if len(text) - length < 3 else _LONG + 1
        if length >= least and text[:length] in words:
            return words[text[:length]]
    return None


def _begun(text: str, words: Lexicon) -> Entry | None:
    """Read a word as the beginning of those that begin so, where these mean the same: `irrad`."""
    if len(text) < _BEGINNING:
        return None
    weights: dict[Meaning, int] = {}
    whole = 0
    at = bisect_left(words.ordered, text)
    while at < len(words.ordered) and words.ordered[at].startswith(text):
        entry = words.single[words.ordered[at]]
        whole += 1
        for meaning in entry.meanings:
            weights[meaning] = weights.get(meaning, 0) + 1
        at += 1
    if not whole:
        return None
    meaning = max(weights, key=lambda each: (weights[each], sorted(each)))
    return Entry((meaning,), (frozenset({ABBREVIATION}),)) if weights[meaning] >= _AGREED * whole else None


def _shortened(text: str) -> Iterator[str]:
    for at in range(len(text)):
        yield text[:at] + text[at + 1 :]
