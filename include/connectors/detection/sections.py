"""Finds rows that hold nothing but the day of the rows below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from include.connectors.detection.cells import Cells, Kind, classify
from include.connectors.detection.day_words import BEFORE_DAY

_CLOCK: Final = re.compile(r"(?:[01]?\d|2[0-4])[:.][0-5]\d(?:[:.][0-5]\d)?(?:\s?[AaPp][Mm])?(?:\s*[-–].*)?")
_LEAST: Final = 2
"""One day alone stands above the table, and is a note."""


def find_sections(rows: Sequence[Cells]) -> tuple[int, ...]:
    """Find the places of rows whose first cell alone is filled, with a day, above rows that begin with a clock.

    Example:
        >>> find_sections([["Time", "kWh"], ["1.6.2024"], ["00:00", "1"], ["01:00", "2"], ["2.6.2024"], ["00:00", "3"]])
        (1, 4)
    """
    filled = [at for at, row in enumerate(rows) if any(cell.strip() for cell in row)]
    found = [
        at
        for at, after in pairwise(filled)
        if _is_day(rows[at])
        and sum(bool(cell.strip()) for cell in rows[after]) > 1
        and _CLOCK.fullmatch(rows[after][0].strip())
    ]
    return tuple(found) if len(found) >= _LEAST else ()


def _is_day(row: Cells) -> bool:
    day = row[0].strip()
    before = BEFORE_DAY.fullmatch(day)
    day = before["day"] if before else day
    alone = bool(day) and not any(cell.strip() for cell in row[1:])
    return alone and ":" not in day and _CLOCK.fullmatch(day) is None and classify(day) is Kind.TIME
