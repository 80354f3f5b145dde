"""Labelled tables: what is found in their columns, and how much of it is right.

`tests/data/pii/README.md` says how they are labelled. The held-out half is only counted, never shown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
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
