"""The words of a row, for the indices of records."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from include.catalog.search_document import MOST_WORDS
from include.catalog.search_text import split_words
from include.cim.concept import Concept, FieldType
from include.search_ports import Row

_WORDY: Final = (FieldType.ID, FieldType.TEXT, FieldType.ENUM)


def words_of_row(concept: Concept, row: Row) -> Iterator[tuple[str, ...]]:
    """Give the words of a row, text by text; numbers and times are no words."""
    for name, value in row.items():
        if value is not None and concept.fields[name].type in _WORDY and (words := _words_of(value)):
            yield words


@lru_cache(10_000)
def _words_of(text: str) -> tuple[str, ...]:
    # terms, and the ids of a dataset's meters, come again row by row
    return split_words(text)[:MOST_WORDS]
