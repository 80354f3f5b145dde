"""The words of a text as searches compare them, and what people write into a search box."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_PART: Final = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))')
_LONGEST: Final = 64
"""Of a word: what is longer is cut, in documents and in searches."""
_LETTERS: Final = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th", "ŧ": "t"}
)
"""Letters that Unicode does not take apart, as people without them type them."""


@dataclass(frozen=True, slots=True)
class Clause:
    """What a text must hold: these words, one after the other.

    Attributes:
        excluded: What it must not hold.
        begins: The last word may be the beginning of one.
    """

    words: tuple[str, ...]
    excluded: bool = False
    begins: bool = False


def split_words(text: str) -> tuple[str, ...]:
    """Give the words of a text: small letters without accents, and digits; every other sign parts them.

    Example:
        >>> split_words("Zähler der Straße, kWh/m² in Łódź (meter_reading)")
        ('zahler', 'der', 'strasse', 'kwh', 'm2', 'in', 'lodz', 'meter', 'reading')
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    folded = "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_LETTERS)
    return tuple(word[:_LONGEST] for word in _WORD.findall(folded))


def read_clauses(text: str) -> tuple[Clause, ...]:
    """Read a search: words that all have to be there, "phrases", -words that must not; the last may be a beginning.

    Example:
        >>> read_clauses('day-ahead -"spot market" pric')  # doctest: +NORMALIZE_WHITESPACE
        (Clause(words=('day', 'ahead'), excluded=False, begins=False),
         Clause(words=('spot', 'market'), excluded=True, begins=False),
         Clause(words=('pric',), excluded=False, begins=True))
    """
    clauses = []
    for part in _PART.finditer(text):
        minus, phrase, bare = part.groups()
        if words := split_words(phrase if bare is None else bare):
            typing = bare is not None and part.end() == len(text) and text[-1].isalnum()
            clauses.append(Clause(words, bool(minus), typing))
    return tuple(clauses)


def fits(clauses: Sequence[Clause], text: str) -> bool:
    """Whether a text holds what the clauses say."""
    words = split_words(text)
    return all(_holds(words, clause) is not clause.excluded for clause in clauses)


def _holds(words: Sequence[str], clause: Clause) -> bool:
    length = len(clause.words)
    *whole, last = clause.words
    return any(
        list(words[at : at + length - 1]) == whole
        and (words[at + length - 1] == last or (clause.begins and words[at + length - 1].startswith(last)))
        for at in range(len(words) - length + 1)
    )
