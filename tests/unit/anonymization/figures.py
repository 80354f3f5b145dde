"""Counts how much personal data is found, and how much of what is found is right.

`python -m tests.unit.anonymization.figures` prints the tables; with `--write`, docs/personal-data.md has them.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from include.anonymization.detect import SeenColumn, find_personal
from include.anonymization.scan import load_analyzer, scan_text
from include.cim.concept import Concept, Personal
from include.cim.definition import load_definition
from include.collection.personal import see_column, see_field
from tests.unit.anonymization.personal_tables import FOLDER, HALVES, judge
from tests.unit.cim import header_sets

PAGE = Path(__file__).parents[3] / "docs" / "personal-data.md"

TEXT_ENTITIES = {
    "PERSON": {"PERSON"},
    "EMAIL_ADDRESS": {"EMAIL_ADDRESS"},
    "PHONE_NUMBER": {"PHONE_NUMBER"},
    "CREDIT_CARD": {"CREDIT_CARD"},
    "IP_ADDRESS": {"IP_ADDRESS"},
    "ADDRESS": {"ADDRESS", "POSTAL_CODE"},
    "US_SSN": {"NATIONAL_ID"},
    "US_DRIVER_LICENSE": {"NATIONAL_ID"},
    "DATE_TIME": {"BIRTH_DATE"},
    "LOCATION": {"LOCATION", "ADDRESS"},
}
"""What the texts call it → what we do. Titles, organisations and web sites are no persons, and not sought."""


@dataclass
class Figures:
    """How many of an entity there are, how many of them were found; how many were found, and are right."""

    there: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def recall(self, entity: str | None = None) -> float:
        return _share(self.met, self.there, entity)

    def precision(self, entity: str | None = None) -> float:
        return _share(self.right, self.found, entity)

    def table(self) -> str:
        rows = ["| Entity | n | recall | found | precision |", "|---|---|---|---|---|"]
        for entity in [*sorted(set(self.there) | set(self.found)), None]:
            there, found = (self.there[entity], self.found[entity]) if entity else (
                self.there.total(), self.found.total()
            )  # fmt: skip
            recall = f"{self.recall(entity):.2f}" if there else "–"
            precision = f"{self.precision(entity):.2f}" if found else "–"
            rows.append(f"| {entity or '**all**'} | {there} | {recall} | {found} | {precision} |")
        return "\n".join(rows)


def _share(part: Counter[str], whole: Counter[str], entity: str | None) -> float:
    numbers = (part[entity], whole[entity]) if entity else (part.total(), whole.total())
    return numbers[0] / numbers[1] if numbers[1] else 1.0


@cache
def measure_tables(half: str) -> Figures:
    """Count columns: right is the very entity."""
    figures = Figures()
    for each in judge(half):
        if each.label:
            figures.there[each.label] += 1
            figures.met[each.label] += each.found == each.label
        if each.found:
            figures.found[each.found] += 1
            figures.right[each.found] += each.found == each.label
    return figures


@cache
def measure_texts(half: str | None = None) -> Figures:
    """Count spans: one that overlaps another of its entity meets it.

    Args:
        half: `tuning`, every second text from the first; `heldout`, the others; None: all.
    """
    analyzer = load_analyzer()
    figures = Figures()
    texts = json.loads((FOLDER / "presidio_generated_small.json").read_text(encoding="utf-8"))
    for text in texts[HALVES.index(half) :: 2] if half else texts:
        labelled = [each for each in text["spans"] if each["entity_type"] in TEXT_ENTITIES]
        spans = scan_text(text["full_text"], analyzer)
        for each in labelled:
            figures.there[each["entity_type"]] += 1
            figures.met[each["entity_type"]] += any(_meets(each, span) for span in spans)
        for span in spans:
            figures.found[span.entity] += 1
            figures.right[span.entity] += any(_meets(each, span) for each in labelled)
    return figures


def _meets(labelled: dict[str, Any], span: Any) -> bool:
    overlaps = span.start < labelled["end_position"] and labelled["start_position"] < span.end
    return overlaps and span.entity in TEXT_ENTITIES[labelled["entity_type"]]


@cache
def measure_headers(half: str) -> Figures:
    """Count columns of public formats by what their CIM field is: right is any finding where a person is named."""
    figures = Figures()
    for found, personal in _headers(half):
        if personal is None:
            continue
        figures.there["names a person or their device"] += personal
        figures.met["names a person or their device"] += personal and found
        figures.found["names a person or their device"] += found
        figures.right["names a person or their device"] += personal and found
    return figures


def _headers(half: str) -> Iterator[tuple[bool, bool | None]]:
    concepts = {concept.name: concept for concept in load_definition().concepts()}
    classes = {
        (concept.name, each.name): each.personal for concept in concepts.values() for each in concept.fields.values()
    }
    tables: dict[str, list[header_sets.Judged]] = {}
    for file in sorted(header_sets.FOLDER.glob(f"{half}*.yaml")):
        for each in header_sets.judge(file):
            tables.setdefault(each.set_name, []).append(each)
    for name, columns in tables.items():
        found = {each.column for each in find_personal(name, [_seen(each, concepts) for each in columns])}
        for each in columns:
            right = {classes.get((one["concept"], one["field"])) if one else None for one in each.right}
            unsure = None in right or Personal.QUASI in right or len(right) > 1
            yield each.column.name in found, None if unsure else right == {Personal.DIRECT}


def _seen(each: header_sets.Judged, concepts: Mapping[str, Concept]) -> SeenColumn:
    field, column = see_field(each.candidates, concepts), each.column
    return see_column(column.name, column.kind, column.examples, field, measured=column.unit is not None)


def page() -> str:
    """Give every table, as docs/personal-data.md has them."""
    parts = [f"### Made tables, {half} half\n\n{measure_tables(half).table()}" for half in HALVES]
    parts += [f"### Headers of public formats, {half} half\n\n{measure_headers(half).table()}" for half in HALVES]
    parts += [f"### Free text, blank pipeline, {half} half\n\n{measure_texts(half).table()}" for half in HALVES]
    return "\n\n".join(parts)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        before, start, rest = PAGE.read_text(encoding="utf-8").partition("<!-- figures -->\n")
        after = rest.partition("<!-- /figures -->")[2]
        PAGE.write_text(f"{before}{start}{page()}\n<!-- /figures -->{after}", encoding="utf-8")
    else:
        print(page())
