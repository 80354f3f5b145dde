"""Adds to an inspection which columns hold personal data,."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import include.anonymization
from include.anonymization.detect import SeenColumn, find_personal
from include.anonymization.finding import Finding
from include.cim.concept import Concept, Personal, SourceKind
from include.cim.suggest.words import Word, read_name
from include.collection.inspection import ColumnProfile, Inspection

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
        suggested = [column.suggestion.concept for column in table.columns if column.suggestion]
        about = _meanings(read_name(f"{name} {table.name}", WORDS)) | kind_of_data(suggested, by_name)
        columns = [_seen(column, direct) for column in table.columns]
        found += find_personal(table.name, columns, about)
    return replace(inspection, personal=tuple(found))


def seen_column(
    name: str, kind: str, values: Sequence[str], *, measured: bool, field: str | None = None, sure: float = 0.0
) -> SeenColumn:
    """Read a column's name, and give it as detection takes it."""
    words = read_name(name, WORDS)
    return SeenColumn(
        name=name,
        meanings=_meanings(words),
        kind=kind,
        values=tuple(values),
        field=field,
        field_sure=sure,
        understood=all(word.known or word.is_number for word in words),
        measured=measured,
    )


def _seen(column: ColumnProfile, direct: Collection[tuple[str, str]]) -> SeenColumn:
    hint = column.suggestion
    if hint is not None and (hint.concept, hint.field) not in direct:
        hint = None
    return seen_column(
        column.name,
        column.type.value,
        column.sample,
        measured=column.unit is not None,
        field=f"{hint.concept}.{hint.field}" if hint else None,
        sure=hint.confidence if hint else 0.0,
    )


def kind_of_data(suggested: Iterable[str], concepts: Mapping[str, Concept]) -> frozenset[str]:
    """Give `public` where most columns are of a concept of the weather, the markets or the grid."""
    commonest = Counter(suggested).most_common(1)
    sources = set(concepts[commonest[0][0]].sources) if commonest else set()
    return frozenset({"public"} if sources and sources <= _PUBLIC else ())


def _meanings(words: Iterable[Word]) -> frozenset[str]:
    return frozenset(part for word in words for each in word.meanings for part in each)
