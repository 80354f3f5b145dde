"""Finds cells of a header that count time up: hours, quarters of an hour, months, years or days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from include.cim.strptime import MONTH, month_number
from include.connectors.detection.cells import Kind, classify

_HOUR: Final = re.compile(
    r"(?:h|hr|he|hour|stunde|std|uur|hora|ora|heure|godzina|period|periode|sp|hh|p|t|ptu|mtu|val|value|interval|int|q|qh)?"
    r"[ ._-]?"
    r"(\d{1,3})(?:[a-z*]{1,2})?(?:[: ]?00)?\.?(?: ?(?:h|uhr|hrs))?(?:\s*\(.*\))?",
    re.IGNORECASE,
)
_QUARTER: Final = re.compile(r"(?:h|hour|stunde)[ ._-]?(\d{1,2})[a-b*]?[ ._-]?q([1-4])", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"([^\W\d_]{1,2}) ?(\d{1,3})")
"""What numbers the periods of a day may be called by any letter; two, because more are the name of a meter."""

_SPAN: Final = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?(?:\s*[-–]\s*\d{1,2}(?:[:.h]\d{2})?)?", re.IGNORECASE)
_CLOCK: Final = re.compile(
    r"\D{0,6}(\d{1,2})[:.h](\d{2})(?::\d{2})?(?: ?([AB]))?(?:\s*[-–]\s*\d{1,2}[:.h]\d{2}(?::\d{2})?)?"
)
_YEAR: Final = re.compile(r"((?:19|20)\d\d)")
_MONTH_OF_YEAR: Final = re.compile(
    rf"({MONTH})[-/ ](\d{{4}}|\d{{2}})|(\d{{1,2}})[-/.](\d{{4}})|(\d{{4}})[-/](\d{{1,2}})", re.IGNORECASE
)
_MONTHS: Final = (
    *("jan|ene|gen|sty", "f[eé]|lut", "m[aäâ]?[a-z]?r", "a[pbv][rv]|kwi", "ma[iygj]", "ju[nií]|giu|cze"),
    *("ju[líi]|lug|lip", "a[uogû]|sie", "se|wrz", "o[kct]|pa[zź]", "no|lis", "d[eéiz]|gru"),
)
_COUNTS: Final = frozenset({12, 23, 24, 25, 46, 47, 48, 49, 50, 92, 94, 96, 98, 100})
_LEAST: Final = 3
_HOURS: Final = 25


@dataclass(frozen=True, slots=True)
class TimeRun:
    """Neighbouring cells of a header that count time up.

    Attributes:
        first, last: Their places, from 0; both belong to it.
        name: What they count: `hour`, `time`, `month`, `year`, `date`, `period`.
    """

    first: int
    last: int
    name: str


def find_run(header: Sequence[str]) -> TimeRun | None:
    """Find the run of a header's cells that counts time up; None where there is none.

    Example:
        >>> find_run(["Date", "1", "2", "3", "3B", "4", "Total"])
        TimeRun(first=1, last=5, name='hour')
        >>> find_run(["Date", "MT_001", "MT_002", "MT_003"])
    """
    found: list[TimeRun] = []
    for read, name in (
        (_clock, "time"),
        (_hour, "hour"),
        (_quarter, "period"),
        (_numbered, "period"),
        (_year, "year"),
        (_month, "month"),
        (_date, "date"),
        (_month_of_year, "date"),
    ):
        places = [read(cell.strip()) for cell in header]
        first = 0
        while first < len(places):
            last = first
            while last + 1 < len(places) and _goes_on(places[first], places[last], places[last + 1], name):
                last += 1
            # some hours may come twice (3, 3B), and all of them are two families of columns (P1, Q1, P2, Q2)
            different = len(set(places[first : last + 1]))
            repeats = name == "hour" and 3 * different < 2 * (last - first + 1)
            if not repeats and _is_enough(header, first, last, name):
                found.append(TimeRun(first, last, "period" if name == "hour" and last - first > 30 else name))
            first = last + 1
    return max(found, key=lambda run: run.last - run.first, default=None)


def _goes_on(first: int | None, here: int | None, after: int | None, name: str) -> bool:
    if first is None or here is None or after is None:
        return False
    if name in {"hour", "year"}:
        return after - here == 1 or (name == "hour" and after == here)
    if name == "period":
        return after - here in {1, -3}  # 3A Q4, 3B Q1
    if name == "month":
        return (after - here) % 12 == 1
    if name == "date":
        return after - here in {0, 1}  # months go on by one
    return after >= here or (name == "time" and after == 0)


def _is_enough(header: Sequence[str], first: int, last: int, name: str) -> bool:
    count = last - first + 1
    if name == "hour":
        begun = _hour(header[first].strip())
        named = any(sign.isalpha() for sign in header[first])
        return begun in {0, 1} and (count in _COUNTS if named else count >= _LEAST)
    if name == "period":
        return count in _COUNTS and count > _HOURS
    if name == "date":
        return count >= _LEAST and len(set(header[first : last + 1])) == count
    return count >= {"month": 12, "year": 2}.get(name, _LEAST)


def _clock(cell: str) -> int | None:
    """Give the minute of the day; all of a second showing (02:00B) are behind the first one, in its last minute."""
    found = _CLOCK.fullmatch(cell)
    if found is None:
        return None
    return int(found[1]) * 60 + (59 if found[3] == "B" else int(found[2]))


def _hour(cell: str) -> int | None:
    found = _HOUR.fullmatch(cell) or _SPAN.fullmatch(cell)
    return int(found[1]) if found else None


def _quarter(cell: str) -> int | None:
    found = _QUARTER.fullmatch(cell)
    return int(found[1]) * 4 + int(found[2]) if found else None


def _numbered(cell: str) -> int | None:
    found = _NUMBERED.fullmatch(cell)
    return int(found[2]) if found else None


def _year(cell: str) -> int | None:
    found = _YEAR.fullmatch(cell)
    return int(found[1]) if found else None


def _month(cell: str) -> int | None:
    text = cell.lower()
    return next((at for at, month in enumerate(_MONTHS) if text.isalpha() and re.match(month, text)), None)


def is_month(word: str) -> bool:
    """Say whether a word may be a month's name: by how it begins."""
    return _month(word) is not None


def _month_of_year(cell: str) -> int | None:
    """Number the months of all years: Jan 2024, März-24, 01/2024, 2024-01."""
    if found := _MONTH_OF_YEAR.fullmatch(cell):
        month = month_number(found[1].lower()) if found[1] else int(found[3] or found[6])
        return int(found[2] or found[4] or found[5]) * 12 + month
    return None


def _date(cell: str) -> int | None:
    return 0 if classify(cell) is Kind.TIME and len(cell) >= len("01.01.24") else None
