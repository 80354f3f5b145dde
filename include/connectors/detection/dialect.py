"""Finds out what parts the cells of delimited text, and what quotes them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from include.connectors.detection.cells import TYPED, Kind, classify

_LIKELY: Final = {",": 1.0, ";": 1.0, "\t": 1.0, "|": 0.97, " ": 0.85, "~": 0.8, "^": 0.8, "\x1f": 0.8, ":": 0.6}
_LINES: Final = 400
_NOTHING: Final = (Kind.EMPTY, Kind.WORD)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How lines are parted into cells.

    Attributes:
        score: From 0 to 1: how regular the lines are, and how many cells are numbers and times.
        rival: The score of the second best delimiter.
    """

    delimiter: str
    quote: str | None
    score: float
    rival: float = 0.0


def detect_dialect(lines: Sequence[str], delimiter: str | None, quote: str | None) -> Dialect:
    """Find the delimiter that parts the lines into the most regular table; one that is given is right.

    Args:
        quote: The quote that is given, "" for none; None where it is to be found.
    """
    filled = [line for line in lines if line.strip()]
    # the beginning may be all preamble, and the middle is all rows
    seen = filled[:_LINES] + filled[len(filled) // 2 : len(filled) // 2 + _LINES if len(filled) > _LINES else 0]
    scored = []
    for sign, likely in _LIKELY.items() if delimiter is None else [(delimiter, 1.0)]:
        mark = _find_quote(seen, sign) if quote is None else quote or None
        scored.append(Dialect(sign, mark, likely * score_rows(split_lines(seen, sign, mark))))
    scored.sort(key=lambda dialect: -dialect.score)
    best = scored[0]
    return Dialect(best.delimiter, best.quote, best.score, scored[1].score if len(scored) > 1 else 0.0)


def split_lines(lines: Sequence[str], delimiter: str, quote: str | None) -> list[list[str]]:
    """Part lines into cells; a space stands for any run of blanks."""
    if delimiter == " ":
        pattern = re.compile(rf"{re.escape(quote)}[^{re.escape(quote)}]*{re.escape(quote)}|\S+" if quote else r"\S+")
        return [[cell.strip(quote) if quote else cell for cell in pattern.findall(line)] for line in lines]
    if quote is None or not any(quote in line for line in lines):
        return [line.split(delimiter) for line in lines]
    csv.field_size_limit(1 << 24)
    return list(csv.reader((line + "\n" for line in lines), delimiter=delimiter, quotechar=quote))


def score_rows(rows: Sequence[Sequence[str]]) -> float:
    """Say how much rows are a table: of one width, of numbers and times, without another delimiter in their cells."""
    sizes = Counter(len(row) for row in rows if len(row) > 1)
    if not sizes:
        return 0.0
    width = max(sizes, key=lambda size: sizes[size] * (size - 1) ** 0.5)
    fitting = [row for row in rows if len(row) == width]
    regular = len(fitting) / max(len(rows), 1)
    cells = Counter(cell for row in fitting for cell in row)
    kinds = {cell: classify(cell) for cell in cells}
    full = max(sum(count for cell, count in cells.items() if kinds[cell] not in _NOTHING), 1)
    typed = sum(count for cell, count in cells.items() if kinds[cell] in TYPED) / full
    other = sum(count for cell, count in cells.items() if kinds[cell] is Kind.TEXT and _is_unparted(cell)) / full
    return float(regular**0.7) * (0.3 + 0.7 * typed) * (1 - 0.8 * other)


def _is_unparted(cell: str) -> bool:
    """Say whether a cell looks like several that another delimiter parts."""
    for sign in (";", "\t", "|", ","):
        if sign in cell:
            parts = cell.split(sign)
            if sign != "," and any(classify(part) in TYPED for part in parts):
                return True
            if sign == ",":
                typed = [classify(part) in TYPED for part in parts]
                several = len(parts) > 2 and any(typed) and not any(part.startswith(" ") for part in parts)
                return several or all(classify(part) in (*TYPED, Kind.EMPTY) for part in parts)
    return False


def _find_quote(lines: Sequence[str], delimiter: str) -> str | None:
    """Find the sign that encloses cells; `"` where none does, so that a later one is read."""
    part = re.escape(delimiter) if delimiter != " " else r"\s"
    counts = {
        sign: sum(len(re.findall(rf"(?:^|{part}) *{sign}[^{sign}]*{sign} *(?={part}|$)", line)) for line in lines)
        for sign in ('"', "'")
    }
    if counts["'"] > counts['"']:
        return "'"
    # 5" pipe: a sign for inches encloses nothing; one that begins a cell does, and may be missing its end
    begins = any(re.search(rf'(?:^|{part}) *"', line) for line in lines)
    return '"' if begins or not any(line.count('"') % 2 for line in lines) else None
