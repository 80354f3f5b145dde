"""Finds the table in rows of cells: header, units, footer, comments, and how its numbers are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.collection.inspection import Issue, Question


@dataclass(frozen=True, slots=True)
class DetectedLayout:
    """Where one table lies in rows of cells.

    Attributes:
        fields: What differs from `TableLayout`'s defaults, by field.
        confidence: From 0 to 1.
    """

    fields: Mapping[str, Any]
    confidence: float
    issues: tuple[Issue, ...] = ()
    questions: tuple[Question, ...] = ()


def detect_layout(rows: Sequence[Sequence[str]], given: Mapping[str, Any]) -> tuple[DetectedLayout, ...]:
    """Find the tables in rows of cells, the main one first; none where there is no row with a cell.

    Args:
        rows: The first rows of the source, empty ones too; "" where a cell holds nothing.
        given: Fields of `TableLayout` that the owner has set.
    """
    raise NotImplementedError
