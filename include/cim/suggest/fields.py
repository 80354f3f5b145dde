"""Which words name which field: `fields.yaml`, laid out for looking up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from include.cim.concept import Concept, Field
from include.cim.suggest.words import read_name
from include.cim.tables import read_table

TABLE: Final = Path(__file__).parent / "fields.yaml"


_LITTLE: Final = frozenset({"noise", "value", "now"})
"""Words that are too little to name a field alone."""


class FieldRef(NamedTuple):
    """A field of the CIM."""

    concept: str
    field: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which words name a field.

    Attributes:
        vague: It says little by itself.
    """

    ref: FieldRef
    words: frozenset[str]
    vague: bool


@dataclass(frozen=True, slots=True)
class About:
    """A concept as names tell of it.

    Attributes:
        words: Its own.
        hints: Others that speak for it in the name of a file.
        series: Words that tell the columns of one field apart; `any` where all do.
        needs: Without one of these fields a file is rarely of it.
        marks: Fields that hardly stand in files of others.
        silent: Fields that do not speak for it.
        usual: How common files of it are.
        main: The fields of columns whose names tell no more than which one of a series they are.
        kinds: Words of a series each of which speaks for it anew: wind, water and coal together are no household's.
    """

    words: frozenset[str]
    hints: frozenset[str]
    series: frozenset[str]
    needs: frozenset[str]
    marks: frozenset[str]
    silent: frozenset[str]
    usual: float
    main: tuple[str, ...]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All ways, by a word that each needs; what the concepts are about; the fields."""

    ways: Mapping[str, tuple[Way, ...]]
    about: Mapping[str, About]
    fields: Mapping[FieldRef, Field]


@cache
def _table() -> Mapping[str, Any]:
    plain: Mapping[str, Any] = read_table(TABLE)
    return plain


def build_vocabulary(concepts: Iterable[Concept]) -> Vocabulary:
    """Lay out the ways of these concepts; a field that the table lacks is named by the words of its own name.

    Synonyms name their field too. A field that another replaces is left out: nothing new is mapped onto it.
    """
    about: dict[str, About] = {}
    fields: dict[FieldRef, Field] = {}
    ways: list[Way] = []
    for concept in concepts:
        entry = _table().get(concept.name, {})
        current = {field.name: field for field in concept.fields.values() if field.replaced_by is None}
        about[concept.name] = About(
            words=frozenset(entry.get("about", "").split()),
            hints=frozenset(entry.get("hints", "").split()),
            series=frozenset(entry.get("series", "").split()),
            needs=frozenset(entry.get("needs", "").split()),
            marks=frozenset(entry.get("marks", "").split()),
            silent=frozenset(entry.get("silent", "").split()),
            usual=float(entry.get("usual", 0.5)),
            main=tuple(name for name in entry.get("main", "").split() if name in current),
            kinds=frozenset(entry.get("kinds", "").split()),
        )
        for field in current.values():
            ref = FieldRef(concept.name, field.name)
            fields[ref] = field
            text = entry.get("fields", {}).get(field.name)
            names = (field.name, *field.synonyms) if text is None else field.synonyms
            ways += [Way(ref, words, vague=False) for words in map(_words_of, names) if words - _LITTLE]
            if text is not None:
                ways += [Way(ref, frozenset(way.replace("~", "").split()), "~" in way) for way in text.split("|")]
    common: dict[str, int] = {}
    for way in ways:
        for word in way.words:
            common[word] = common.get(word, 0) + 1
    by_word: dict[str, list[Way]] = {}
    for way in ways:
        by_word.setdefault(min(way.words, key=lambda word: (common[word], word)), []).append(way)
    return Vocabulary({word: tuple(each) for word, each in by_word.items()}, about, fields)


def _words_of(name: str) -> frozenset[str]:
    """Give what the words of a name mean, together; nothing where it has no letter or digit."""
    return frozenset().union(*(min(word.meanings, key=sorted) for word in read_name(name) if word.meanings))
