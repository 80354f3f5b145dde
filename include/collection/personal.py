"""Adds to an inspection which columns hold personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import include.anonymization
from include.anonymization.detect import SeenColumn, SeenField, find_personal
from include.anonymization.finding import Finding
from include.cim.concept import Concept, Personal
from include.cim.suggest.advise import SURE
from include.cim.suggest.column import Candidate
from include.cim.suggest.words import Word, read_name
from include.collection.inspection import Inspection, Suggestion

_LIKELY: Final = 0.55
WORDS: Final = Path(include.anonymization.__file__).parent / "words"


def detect_personal(inspection: Inspection, name: str, concepts: Iterable[Concept]) -> Inspection:
    """Say which columns hold personal data.

    Args:
        inspection: With the fields that are suggested.
        name: What the file is called.
    """
    by_name = {concept.name: concept for concept in concepts}
    found: list[Finding] = []
    for table in inspection.tables:
        about = _meanings(read_name(f"{name} {table.name}", WORDS))
        columns = [
            see_column(
                column.name,
                column.type.value,
                column.sample,
                see_field(column.candidates, by_name),
                measured=column.unit is not None,
            )
            for column in table.columns
        ]
        found += find_personal(table.name, columns, about)
    return replace(inspection, personal=tuple(found))


def see_column(
    name: str, kind: str, values: Sequence[str], field: SeenField | None = None, *, measured: bool = False
) -> SeenColumn:
    """Read a column's name, and give it as detection takes it."""
    words = read_name(name, WORDS)
    return SeenColumn(
        name=name,
        meanings=_meanings(words),
        kind=kind,
        values=tuple(values),
        field=field,
        understood=all(word.known or word.is_number or word.outer for word in words),
        measured=measured,
    )


def see_field(
    candidates: Sequence[Suggestion] | Sequence[Candidate], concepts: Mapping[str, Concept]
) -> SeenField | None:
    """Give the field that a column may fill as detection takes it: the first, where it is sure.

    One that names a person counts when it is likely: to ask needlessly costs less than to publish a person.
    """
    for first in candidates[:1]:
        personal = concepts[first.concept].fields[first.field].personal
        if first.confidence >= (_LIKELY if personal is Personal.DIRECT else SURE):
            return SeenField(first.concept, first.field, personal.value, first.confidence)
    return None


def _meanings(words: Iterable[Word]) -> frozenset[str]:
    """Give what words mean; of what a path leads through, nothing that would take persons away: `product.owner`."""
    found = {part for word in words if not word.outer for each in word.meanings for part in each}
    through = {part for word in words if word.outer for each in word.meanings for part in each}
    return frozenset(found | (through - {"thing", "public"}))
