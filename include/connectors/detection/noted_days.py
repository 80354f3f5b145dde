"""The days that a source writes outside of its rows: above the table, or in the file's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from include.cim.strptime import MONTH, month_number

_ISSUED: Final = re.compile(
    r"emisi[oó]n|emitted|issued|generat|creat|publi|erstell|export|updat|modif|print|download|version|gener[ée]|g[ée]n[ée]r"
    r"|abgerufen|stand\b|as of|run|report(ed)? (at|on)|request|retriev",
    re.IGNORECASE,
)
"""What stands beside the day on which a file was written, and not the one that it is about."""

_YEAR_FIRST: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/._]?)(\d\d)\2(\d\d)(?!\d)")
_YEAR_LAST: Final = re.compile(r"(?<!\d)(\d{1,2})([-/._ ])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")
_COMPACT: Final = re.compile(r"(?<!\d)(\d\d)(\d\d)((?:19|20)\d\d)(?!\d)")
_NAMED: Final = re.compile(rf"(?<!\d)(\d{{1,2}})\.?[-/ ](?:de )?({MONTH})[-/, ]{{1,2}}(?:de )?(\d{{4}})", re.IGNORECASE)
_AMERICAN: Final = re.compile(rf"({MONTH}) (\d{{1,2}}), ?(\d{{4}})", re.IGNORECASE)
_CLOCK_BEHIND: Final = re.compile(r"[T ,_-]{0,3}\d{1,2}:\d\d")


@dataclass(frozen=True, slots=True)
class NotedDay:
    """A day as it is written somewhere.

    Attributes:
        readings: What it may be: 05/07/2026 reads both ways.
        where: The place, in words.
    """

    readings: tuple[date, ...]
    where: str


@dataclass(frozen=True, slots=True)
class NotedDays:
    """What the days outside of the rows come to.

    Attributes:
        options: The days that the rows may be of, each once; exactly one where it is certain.
        where: Where the first of them stands.
        certain: Every day that is written in one way only, of whatever it is the day.
    """

    options: tuple[date, ...]
    where: str
    certain: frozenset[date]


def find_noted_days(name: str, notes: Sequence[str]) -> NotedDays:
    """Find the days in a file's name and in what stands above its table; not those on which it was written.

    Example:
        >>> find_noted_days("PMD_20221030.txt", ["Fecha Emisión :31/10/2022 - 05:55", "30/10/2022"]).options
        (datetime.date(2022, 10, 30),)
        >>> [str(day) for day in find_noted_days("prices.csv", ["Market day 05/07/2026"]).options]
        ['2026-07-05', '2026-05-07']
    """
    cells = [cell for line in notes for cell in line.split("\t")]
    above = [NotedDay(each, "above the table") for cell in cells if not _ISSUED.search(cell) for each in _days(cell)]
    named = [NotedDay(each, "in the file's name") for each in (*_days(name), *_compact(name))]
    found = [*above, *named]
    certain = frozenset(each.readings[0] for each in found if len(each.readings) == 1)
    options: dict[date, str] = {}
    for each in found:
        known = [day for day in each.readings if day in certain]
        for day in known or each.readings:
            options.setdefault(day, each.where)
    everywhere = certain | {each[0] for cell in cells for each in _days(cell, stamps=True) if len(each) == 1}
    return NotedDays(tuple(options), next(iter(options.values()), ""), everywhere)


def _days(text: str, *, stamps: bool = False) -> Iterator[tuple[date, ...]]:
    """Give the days in a text, each with its readings; with `stamps` also those that a time of day follows."""
    for found in _YEAR_FIRST.finditer(text):
        year, _, month, day = found.groups()
        yield from _those(text, found, stamps, [(year, month, day)])
    for found in _YEAR_LAST.finditer(text):
        first, sign, second, year = found.groups()
        orders = [(year, second, first)] + ([] if sign == "." else [(year, first, second)])
        yield from _those(text, found, stamps, orders)
    for found in _NAMED.finditer(text):
        yield from _those(text, found, stamps, [(found[3], str(month_number(found[2].casefold())), found[1])])
    for found in _AMERICAN.finditer(text):
        yield from _those(text, found, stamps, [(found[3], str(month_number(found[1].casefold())), found[2])])


def _compact(text: str) -> Iterator[tuple[date, ...]]:
    """Give the days that a file's name writes as 30102022; 20221030 is found otherwise."""
    for found in _COMPACT.finditer(text):
        yield from _valid([(found[3], found[2], found[1]), (found[3], found[1], found[2])])


def _those(
    text: str, found: re.Match[str], stamps: bool, orders: Iterable[tuple[str, str, str]]
) -> Iterator[tuple[date, ...]]:
    if stamps or not _CLOCK_BEHIND.match(text, found.end()):
        yield from _valid(orders)


def _valid(orders: Iterable[tuple[str, str, str]]) -> Iterator[tuple[date, ...]]:
    days: dict[date, None] = {}
    for year, month, day in orders:
        try:
            days[date(int(year), int(month), int(day))] = None
        except ValueError:
            continue
    if days:
        yield tuple(days)
