"""Labelled tables: what is found in their columns, and how much of it is right.

`tests/data/pii/README.md` says how they are labelled. The held-out half is only counted, never shown.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from include.cim.definition import load_definition
from include.collection.inspection import Inspection
from include.collection.personal import detect_personal
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from tests.unit.anonymization.personal_cells import Cells

FOLDER = Path(__file__).parents[2] / "data" / "pii"
HALVES = ("tuning", "heldout")
ROWS = 24


@dataclass(frozen=True)
class Judged:
    """A column, what it is, and what was found; None is harmless."""

    table: str
    column: str
    recipe: str
    label: str | None
    found: str | None
    reason: str = ""


@dataclass
class Figures:
    """How many columns of an entity there are, how many were found, and how many of those found are right."""

    right: Counter[str] = field(default_factory=Counter)
    labelled: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    columns: int = 0

    def add(self, label: str | None, found: str | None) -> None:
        self.columns += 1
        if label:
            self.labelled[label] += 1
        if found:
            self.found[found] += 1
        if label and label == found:
            self.right[label] += 1

    def precision(self, entity: str | None = None) -> float:
        right, found = (self.right[entity], self.found[entity]) if entity else (self.right.total(), self.found.total())
        return right / found if found else 1.0

    def recall(self, entity: str | None = None) -> float:
        right, there = (
            (self.right[entity], self.labelled[entity]) if entity else (self.right.total(), self.labelled.total())
        )
        return right / there if there else 1.0


def tables(half: str) -> dict[str, list[tuple[str, str, str | None]]]:
    loaded = yaml.safe_load((FOLDER / f"tables_{half}.yaml").read_text(encoding="utf-8"))
    return {name: [tuple(column) for column in columns] for name, columns in loaded.items()}


def inspect_table(name: str, half: str, columns: list[tuple[str, str, str | None]]) -> Inspection:
    """Write a table to a file, and find out about it what `cdmp inspect` would."""
    cells = Cells(f"{half}/{name}", HALVES.index(half))
    made = [[cells.make(recipe, row) for row in range(ROWS)] for _, recipe, _ in columns]
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=";")
            writer.writerow([column for column, _, _ in columns])
            writer.writerows(zip(*made, strict=True))
        inspection = inspect_source(file, file.name, {})
    concepts = load_definition().concepts()
    inspection, _ = suggest_fields(inspection, file.name, concepts)
    return detect_personal(inspection, file.name, concepts)


@cache
def judge(half: str) -> tuple[Judged, ...]:
    return tuple(_judge(half))


def _judge(half: str) -> Iterator[Judged]:
    for name, columns in tables(half).items():
        found = {each.column: each for each in inspect_table(name, half, columns).personal}
        for column, recipe, label in columns:
            each = found.get(column)
            yield Judged(name, column, recipe, label, each.entity if each else None, each.reason if each else "")


def measure(half: str) -> Figures:
    figures = Figures()
    for each in judge(half):
        figures.add(each.label, each.found)
    return figures
