"""What a search finds a dataset by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any


def build_search_document(
    *,
    owner_id: str,
    title: str,
    description: str,
    keywords: Sequence[str],
    publisher: str,
    concept: str,
    concept_title: str,
    fields: Sequence[str],
    units: Sequence[str],
    spatial: str | None,
    first: datetime | None,
    last: datetime | None,
) -> dict[str, Any]:
    """Build the document of one dataset, in the form that every index takes: words, and no value of a row.

    Names with underscores are written as the words that people type.
    """
    return {
        "owner_id": owner_id,
        "title": title,
        "description": description,
        "keywords": list(keywords),
        "publisher": publisher,
        "concept": [concept_title, _words(concept)],
        "fields": [_words(field) for field in fields],
        "units": list(dict.fromkeys(units)),
        "spatial": spatial,
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
    }


def _words(name: str) -> str:
    return name.replace("_", " ")
