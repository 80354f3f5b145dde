"""Labelled header sets of public formats: how many suggestions on them are right.

`tests/data/headers/README.md` says how the sets are labelled. The held-out half is only counted, never shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from include.cim.definition import load_definition
from include.cim.number_style import NumberStyle
from include.cim.suggest.advise import SURE, advise
from include.cim.suggest.column import Candidate, Column
from include.cim.suggest.formats import known_formats
from include.collection.suggesting import plain_columns
from include.connectors.detection.profile import profile_table

FOLDER = Path(__file__).parents[2] / "data" / "headers"
Right = Sequence[Mapping[str, Any] | None]
NEWER = frozenset(("weather_observation", name) for name in ("apparent_temperature", "uv_index", "evapotranspiration"))
"""Fields that the CIM has had since after the held-out labels were written: that one is null says nothing of them."""


@dataclass(frozen=True)
class Judged:
    """A column of a set, what is right for it, and what was suggested, the likeliest first."""

    set_name: str
    held_out: bool
    column: Column
    right: Right
    candidates: Sequence[Candidate]

    @property
    def labelled(self) -> bool:
        return None not in self.right

    @property
    def suggested(self) -> bool:
        return bool(self.candidates) and self.candidates[0].confidence >= SURE

    def is_right(self, candidate: Candidate) -> bool:
        return any(
            each and (each["concept"], each["field"]) == (candidate.concept, candidate.field) for each in self.right
        )

    @property
    def wrong(self) -> bool:
        """Whether what is suggested is wrong, as far as the label can tell."""
        newer = self.held_out and self.right == [None] and bool(self.candidates) and _ref(self.candidates[0]) in NEWER
        return self.suggested and not self.first_right and not newer

    @property
    def first_right(self) -> bool:
        return bool(self.candidates) and self.is_right(self.candidates[0])


@dataclass(frozen=True)
class Figures:
    """Accuracy over a half.

    Attributes:
        top_1: Of the labelled columns, those whose first candidate is right.
        silent: Of all columns, those with a suggestion that is wrong; a column that nobody could know counts too.
        suggested: Of the labelled columns, those with a suggestion.
        right: Of all suggestions, those that are not wrong.
    """

    sets: int
    columns: int
    top_1: float
    silent: float
    suggested: float
    right: float

    def __str__(self) -> str:
        return (
            f"{self.sets} sets, {self.columns} columns: top-1 {self.top_1:.1%}, silent errors {self.silent:.1%}, "
            f"suggested {self.suggested:.1%} of the labelled, {self.right:.1%} of the suggestions right"
        )


@cache
def judge(path: Path, *, answered: bool = False) -> tuple[Judged, ...]:
    """Suggest fields for every set of a half, as if no format of its vendor were known.

    Args:
        answered: Whether the owner says what the rows are, where that is asked.
    """
    return tuple(_judge(path, answered))


def _judge(path: Path, answered: bool) -> Iterator[Judged]:
    concepts = load_definition().concepts()
    for each, columns in zip(read_sets(path), columns_in(path), strict=True):
        formats = known_formats().without(each["vendor"])
        advice = advise(columns, concepts, each["file"] or "", formats=formats)
        if answered and advice.rivals:
            advice = advise(columns, concepts, each["file"] or "", formats=formats, concept=_rows_of(each))
        for column, entry in zip(columns, each["columns"], strict=True):
            right = labels_of(entry["truth"])
            yield Judged(each["name"], path.stem == "heldout", column, right, advice.columns[column.name])


def _rows_of(header_set: Mapping[str, Any]) -> str | None:
    """Name the concept that most columns of a set are labelled with."""
    right = [{label["concept"] for label in labels_of(each["truth"]) if label} for each in header_set["columns"]]
    counts = Counter(concept for concepts in right for concept in concepts)
    return min(counts, key=lambda concept: (-counts[concept], concept), default=None)


@cache
def read_sets(path: Path) -> Sequence[Mapping[str, Any]]:
    """Read the sets of a file."""
    sets: Sequence[Mapping[str, Any]] = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return sets


@cache
def columns_in(path: Path) -> Sequence[Sequence[Column]]:
    """Profile the cells of every set of a file."""
    return [columns_of(each) for each in read_sets(path)]


def labels_of(truth: Mapping[str, Any] | None) -> Right:
    """Give all labels of a column that are right."""
    return truth["any_of"] if truth and "any_of" in truth else [truth]


def measure(judged: Sequence[Judged]) -> Figures:
    """Count what was right."""
    labelled = [each for each in judged if each.labelled]
    wrong = [each for each in judged if each.wrong]
    return Figures(
        sets=len({each.set_name for each in judged}),
        columns=len(judged),
        top_1=sum(each.first_right for each in labelled) / len(labelled),
        silent=len(wrong) / len(judged),
        suggested=sum(each.suggested for each in labelled) / len(labelled),
        right=1 - len(wrong) / sum(each.suggested for each in judged),
    )


def _ref(candidate: Candidate) -> tuple[str, str]:
    return candidate.concept, candidate.field


def columns_of(header_set: Mapping[str, Any]) -> list[Column]:
    """Profile a set's cells as the cells of a file are."""
    entries = header_set["columns"]
    height = max(len(each["examples"]) for each in entries)
    cells = {
        each["name"]: [_cell(text) for text in each["examples"]] + [None] * (height - len(each["examples"]))
        for each in entries
    }
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    numbers = [text for column in cells.values() for text in column if text]
    commas = sum(text.replace("-", "").replace(",", "", 1).isdigit() and "," in text for text in numbers)
    points = sum(text.replace("-", "").replace(".", "", 1).isdigit() and "." in text for text in numbers)
    style = NumberStyle(decimal=",", thousands=".") if commas > points else NumberStyle()
    units = {each["name"]: each["unit"] for each in entries if each["unit"]}
    profiled = profile_table("set", iter([frame]), style, units)
    return plain_columns(profiled.table.columns, None)


def _cell(text: Any) -> str | None:
    if text is None or text == "":
        return None
    return str(text).removeprefix('="').removesuffix('"') if str(text).startswith('="') else str(text)
