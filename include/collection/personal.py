"""Adds to an inspection which columns hold personal data,."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import include.anonymization
from include.anonymization.detect import SeenColumn, find_personal
from include.anonymization.finding import Finding
from include.cim.concept import Concept, Personal, SourceKind
from include.cim.suggest.words import read_name
from include.collection.inspection import ColumnProfile, Inspection, TableProfile

WORDS: Final = Path(include.anonymization.__file__).parent / "words"

_PUBLIC: Final = frozenset({SourceKind.WEATHER, SourceKind.MARKETS, SourceKind.GRID})


def detect_personal(inspection: Inspection, name: str, concepts: Iterable[Concept]) -> Inspection:
    """Say which columns hold personal data.

    Args:
        inspection: With the fields that are suggested.
        name: What the file is called.
    """
    by_name = {concept.name: concept for concept in concepts}
    direct = {
        (concept.name, field.name)
        for concept in by_name.values()
        for field in concept.fields.values()
        if field.personal is Personal.DIRECT
    }
    found: list[Finding] = []
    for table in inspection.tables:
        about = _meanings(name) | _meanings(table.name) | _kind_of_data(table, by_name)
        columns = [_seen(column, direct) for column in table.columns]
        found += find_personal(table.name, columns, about)
    return replace(inspection, personal=tuple(found))


def _seen(column: ColumnProfile, direct: set[tuple[str, str]]) -> SeenColumn:
    hint = column.suggestion
    names = hint is not None and (hint.concept, hint.field) in direct
    return SeenColumn(
        name=column.name,
        meanings=_meanings(column.name),
        kind=column.type.value,
        values=column.sample,
        field=f"{hint.concept}.{hint.field}" if hint is not None and names else None,
        field_sure=hint.confidence if hint is not None and names else 0.0,
        understood=all(word.known or word.is_number for word in read_name(column.name, WORDS)),
        measured=column.unit is not None,
    )


def _kind_of_data(table: TableProfile, concepts: Mapping[str, Concept]) -> frozenset[str]:
    """Give `public` where the columns are the weather's, the markets' or the grid's."""
    named = Counter(column.suggestion.concept for column in table.columns if column.suggestion)
    if not named:
        return frozenset()
    sources = set(concepts[named.most_common(1)[0][0]].sources)
    return frozenset({"public"} if sources and sources <= _PUBLIC else ())


def _meanings(name: str) -> frozenset[str]:
    return frozenset(part for word in read_name(name, WORDS) for each in word.meanings for part in each)
