"""Finds out how a source writes its numbers: which sign is the decimal one, and which parts thousands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from include.cim.measured import read_measured
from include.cim.number_style import APOSTROPHES, BLANKS
from include.collection.inspection import Question
from include.connectors.detection.cells import Kind, classify

GROUPING: Final = re.compile(rf"(?<=\d)[_{APOSTROPHES}{BLANKS}](?=\d{{3}})")
"""A sign between groups of three digits that is neither a point nor a comma."""

_AROUND: Final = f"()+-−€$£{BLANKS}"
"""Signs of negative numbers and of money, which may stand before or behind."""


_SURE: Final = 0.995
"""From this share of the numbers on, those that are written the other way are strays, and nothing is asked."""


@dataclass(frozen=True, slots=True)
class DetectedNumbers:
    """How numbers are written."""

    decimal: str = "."
    thousands: str | None = None
    confidence: float = 1.0
    questions: tuple[Question, ...] = ()

    def beside(self, given: Mapping[str, Any]) -> tuple[dict[str, str], tuple[Question, ...]]:
        """Give the settings of a format that reads them, and what is not sure; nothing where the owner has told it."""
        if {"decimal", "thousands"} & set(given):
            return {}, ()
        return {"decimal": self.decimal} | ({"thousands": self.thousands} if self.thousands else {}), self.questions


def detect_numbers(cells: Iterable[str], likely: str = ".", parted_by: str = "") -> DetectedNumbers:
    """Find the style that reads all these numbers.

    Args:
        cells: Every cell of the columns of numbers.
        likely: The decimal sign where nothing else tells.
        parted_by: What parts the cells of a line: where that is a comma, it is no decimal sign beside it.
    """
    told: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    open_signs: Counter[str] = Counter()
    for cell in set(cells):
        _weigh(cell.strip(_AROUND), told, groups, open_signs)
    spaced = next((sign for sign, _ in groups.most_common() if sign not in ".,"), None)
    point, comma = told["."] + groups[","], told[","] + groups["."]
    if point or comma:
        decimal, other = (".", ",") if point >= comma else (",", ".")
        thousands = other if groups[other] or open_signs[other] else spaced
        if point and comma:
            sure = max(point, comma) / (point + comma)
            if sure >= _SURE:  # cells that stray are told one by one
                return DetectedNumbers(decimal, thousands, sure)
            return DetectedNumbers(decimal, thousands, sure * 0.5, (_ask(decimal, other),))
        return DetectedNumbers(decimal, thousands)
    if not open_signs or spaced:
        return DetectedNumbers(next(iter(open_signs), likely), spaced)
    if parted_by == "," and not open_signs[","]:
        return DetectedNumbers(".", None)
    other = "," if likely == "." else "."
    # every sign stands before exactly three digits: 1.234 and nothing else to tell
    thousands = other if open_signs[other] else None
    return DetectedNumbers(likely, thousands, 0.6 if thousands is None else 0.5, (_ask(likely, other),))


def detect_texts(cells: Iterable[tuple[str, Any]]) -> DetectedNumbers:
    """Find how the numbers among the texts of a document are written: of columns that hold little else.

    Args:
        cells: The column's name and the cell; only texts are looked at, and none that JSON itself calls a number.
    """
    columns: dict[str, set[str]] = {}
    for name, cell in cells:
        if type(cell) is str and cell.strip():
            columns.setdefault(name, set()).add(cell.strip())
    numbers: set[str] = set()
    for texts in columns.values():
        found = {text for text in texts if classify(text) is Kind.NUMBER}
        numbers |= found if 2 * len(found) > len(texts) else set()
    return detect_numbers(measured.number if (measured := read_measured(text)) else text for text in numbers)


def _weigh(text: str, told: Counter[str], groups: Counter[str], open_signs: Counter[str]) -> None:
    mark = GROUPING.search(text)
    if mark:
        groups["'" if mark.group() in APOSTROPHES else mark.group()] += 1
        text = GROUPING.sub("", text)
        grouped = True
    else:
        grouped = False
    text = re.split("[eE]", text)[0]
    points, commas = text.count("."), text.count(",")
    if points and commas:
        decimal, other = (".", ",") if text.rindex(".") > text.rindex(",") else (",", ".")
        told[decimal] += 1
        groups[other] += 1
    elif points > 1 or commas > 1:
        groups["." if points else ","] += 1
    elif points or commas:
        sign = "." if points else ","
        whole, part = text.split(sign)
        if grouped or len(part) != 3 or not 1 <= len(whole) <= 3 or whole.startswith("0"):
            told[sign] += 1
        else:
            open_signs[sign] += 1


def _ask(first: str, second: str) -> Question:
    return Question(
        "decimal", "Numbers such as 1.234 and 1,234 read both ways: which sign is the decimal one?", (first, second)
    )
