"""What a search finds a dataset by: words and figures about it, and no value of a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from include.catalog.search_text import split_words

WEIGHTS: Final = {
    "title": "A",
    "keywords": "B",
    "concept_names": "B",
    "fields": "C",
    "units": "C",
    "publisher": "C",
    "owner": "C",
    "description": "C",
    "concept_description": "D",
    "field_descriptions": "D",
    "spatial": "D",
}
"""The parts of a document that hold words, each with its weight, A the most."""

MOST_WORDS: Final = 10_000
"""Of a document; what comes after them is not found."""


@dataclass(frozen=True, slots=True)
class FieldWords:
    """What is written about a field of a dataset."""

    name: str
    description: str
    unit: str | None = None
    synonyms: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What of a dataset is searched.

    Attributes:
        fields: Those that it fills.
        spatial: Its place, as IRI or name.
        box: West, south, east and north, in degrees.
        first, last: Span of its rows.
        quarantined_share: Of the rows of its last batch, those that broke a rule: 0 to 1.
    """

    owner_id: str
    owner: str
    title: str
    concept: str
    concept_title: str
    updated: datetime
    rows: int
    description: str = ""
    keywords: Sequence[str] = ()
    publisher: str | None = None
    concept_description: str = ""
    fields: Sequence[FieldWords] = ()
    spatial: str | None = None
    box: tuple[float, float, float, float] | None = None
    first: datetime | None = None
    last: datetime | None = None
    quarantined_share: float | None = None


def build_search_document(found: Found) -> dict[str, Any]:
    """Build the document of one dataset, in the form that every index takes; what is not known is left out."""
    west, south, east, north = found.box or (None, None, None, None)
    document = {
        "owner_id": found.owner_id,
        "owner": found.owner,
        "title": found.title,
        "description": found.description,
        "keywords": list(found.keywords),
        "publisher": found.publisher,
        "concept": found.concept,
        "concept_names": [found.concept_title, found.concept],
        "concept_description": found.concept_description,
        "fields": [name for field in found.fields for name in (field.name, *field.synonyms)],
        "field_descriptions": [field.description for field in found.fields],
        "units": list(dict.fromkeys(field.unit for field in found.fields if field.unit)),
        "spatial": found.spatial,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "first": _moment(found.first),
        "last": _moment(found.last),
        "updated": _moment(found.updated),
        "rows": found.rows,
        "quarantined_share": found.quarantined_share,
    }
    return {name: value for name, value in document.items() if value not in (None, "", [])}


def words_of(document: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the words of a document, text by text, each with its weight; words of two texts make no phrase."""
    left = MOST_WORDS
    for part, weight in WEIGHTS.items():
        value = document.get(part, ())
        for text in (value,) if isinstance(value, str) else value:
            if words := split_words(text)[:left]:
                left -= len(words)
                yield weight, words


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
