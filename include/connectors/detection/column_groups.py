"""Finds columns that stand in groups, one for each time of a header: a value and its flag, several values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from include.connectors.detection.time_run import TimeRun, find_run, is_month

_NUMBER: Final = r"\d+(?:[:./-]\d+|h\d\d)*(?:\s*[-–]\s*\d+(?:[:.h]\d+)*)?"
_LABEL: Final = re.compile(rf"{_NUMBER}|[^\W\d_]+")
_AGAIN: Final = re.compile(r"(.+) \(\d+\)", re.DOTALL)
DAYS: Final = range(28, 32)
"""How many days a month has."""

_PERIODS: Final = frozenset({23, 24, 25, 46, 47, 48, 49, 50, 92, 94, 96, 98, 100})
"""How many numbered columns are the periods of a day: fewer may be phases, strings or meters."""

_MOST: Final = 6
"""Columns of a group."""

_TOKEN: Final = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+")
_THINGS: Final = re.compile(
    r"met(er|re)s?|z[aä]hler|teller|compteur|contador|contatore|zones?|inv(erters?)?|wr|strings?|str|mppt|phases?|panel"
    r"|modules?|rooms?|raum|sensors?|channels?|ch|kanal|units?|houses?|haus|flat|apt|wohnung|feeders?|trafo|turbines?"
    r"|wtg|wea|batter(y|ies)|batt|racks?|cells?|pumps?|sites?|plants?|lines?|nodes?|bus|users?|customers?|households?"
    r"|points?|stations?|devices?|groups?|buildings?|temp|rh|hum",
    re.IGNORECASE,
)
_TIMES: Final = re.compile(
    r"h|hr|he|hh|hours?|stunden?|std|uu?r|uhr|hora|ora|heure|godz\w*|periods?|periode|periodo|sp|pte?|ptu|mtu|isp|int"
    r"|intervals?|intervall|qh|quarters?|v|val|values?|valor|valore|valeur|wert|messwert|waarde|usage|read|reading|kwh"
    r"|kw|mwh|mw|wh|w|consumption|verbrauch|verbruik|consumo|consommation",
    re.IGNORECASE,
)
_WHOLE_DAYS: Final = 46
"""So many numbered groups are half hours or quarters; 24 may as well be things."""


@dataclass(frozen=True, slots=True)
class Family:
    """Columns that are called alike but for what they share with others.

    Attributes:
        written: As `Unpivot.columns` takes it: `{}Type`; without `{}` where all have one name.
        places: Label → place.
    """

    written: str
    places: Mapping[str, int]

    @property
    def word(self) -> str:
        """What it is called, without the label: `Type`; empty where nothing is left."""
        return " ".join(self.written.replace("{}", " ").strip(" _-.:").split())


@dataclass(frozen=True, slots=True)
class ColumnGroups:
    """Columns of a header that stand in groups.

    Attributes:
        families: In the order of their first columns.
        labels: What the columns of a group share, in the order of the groups.
        name: What the labels count, as `TimeRun.name`, or `day`; None where nothing tells, or other columns are
            between them.
        first, last: The places of the first and the last column.
    """

    families: tuple[Family, ...]
    labels: tuple[str, ...]
    name: str | None
    first: int
    last: int

    @property
    def doubtful(self) -> bool:
        """Whether its labels are numbers that may count things rather than hours or days: by nothing that is said."""
        if self.name not in {"hour", "period", "day"} or len(self.labels) >= _WHOLE_DAYS:
            return False
        words = [word for family in self.families for word in _TOKEN.findall(family.word)]
        return bool(words) and not any(map(_TIMES.fullmatch, words))


def find_groups(header: Sequence[str]) -> ColumnGroups | None:
    """Find the groups of a header's columns; None where there are none.

    Example:
        >>> found = find_groups(["Date", *(f"HH{at:02}{end}" for at in range(1, 49) for end in ("", "Type"))])
        >>> [family.written for family in found.families], found.name, (found.first, found.last)
        (['HH{}', 'HH{}Type'], 'period', (1, 96))
        >>> find_groups(["Date", "U1", "U2", "U3"])
    """
    cells = [cell.strip() for cell in header]
    every = frozenset(cells)
    names = [_plain(cell, every) for cell in cells]
    written = _families(names)
    lead = max(written.values(), key=len, default={})
    if len(lead) < 2 or any("{}" in name for name in names):
        return None
    begin, end = min(lead.values()), max(lead.values())
    families = [
        Family(way, places)
        for way, places in written.items()
        if (shared := 2 * len(places.keys() & lead.keys())) >= len(lead)
        or (shared >= len(places) and begin < min(places.values()) < end)
    ]
    families += _alike(names, families)
    places = {place for family in families for place in family.places.values()}
    first, last = min(places), max(places)
    whole = len(places) > last - first
    if len(families) > _MOST or (whole and len(families) < 2):
        return None
    families.sort(key=lambda family: min(family.places.values()))
    begins: dict[str, int] = {}
    for family in families:
        for label, place in family.places.items():
            begins[label] = min(place, begins.get(label, place))
    labels = tuple(sorted(begins, key=begins.__getitem__))
    return ColumnGroups(tuple(families), labels, _counted(labels, families) if whole else None, first, last)


def counts_time(header: Sequence[str]) -> TimeRun | None:
    """Find what cells of a header count, alone, above the columns that they are merged over, or in groups."""
    if (run := find_run(header)) or (run := find_run([cell for cell in header if cell.strip()])):
        return run
    groups = find_groups(header)
    return TimeRun(groups.first, groups.last, groups.name) if groups and groups.name else None


def _plain(name: str, header: frozenset[str]) -> str:
    """Take off what tells columns apart that the source calls alike."""
    again = _AGAIN.fullmatch(name)
    return again[1] if again and again[1] in header and not any(_readings(again[1])) else name


def _families(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Give the ways in which names are written, with the places of their labels; each name in the commonest way."""
    ways: dict[str, dict[str, int]] = {}
    for at, name in enumerate(names):
        for way, label in _readings(name):
            ways.setdefault(way, {}).setdefault(label, at)
    chosen: dict[str, dict[str, int]] = {}
    for at, name in enumerate(names):
        readings = [(way, label) for way, label in _readings(name) if ways[way][label] == at]
        if readings:
            way, label = max(readings, key=lambda reading: len(ways[reading[0]]))
            chosen.setdefault(way, {})[label] = at
    return chosen


def _readings(name: str) -> Iterator[tuple[str, str]]:
    for found in _LABEL.finditer(name):
        if found[0][0].isdigit() or is_month(found[0]):
            yield f"{name[: found.start()]}{{}}{name[found.end() :]}", found[0]


def _alike(names: Sequence[str], families: Sequence[Family]) -> list[Family]:
    """Find columns that all have one name, each of them behind another of its label."""
    labelled = {place: label for family in families for label, place in family.places.items()}
    found: dict[str, dict[str, int]] = {}
    twice: set[str] = set()
    label = None
    for at in range(min(labelled), len(names)):
        label = labelled.get(at, label)
        if at not in labelled and label is not None and found.setdefault(names[at], {}).setdefault(label, at) != at:
            twice.add(names[at])
    return [Family(name, places) for name, places in found.items() if len(places) > 1 and name not in {"", *twice}]


def _counted(labels: Sequence[str], families: Sequence[Family]) -> str | None:
    things = any(_THINGS.fullmatch(word) for family in families for word in _TOKEN.findall(family.word))
    tried = [labels, *(list(family.places) for family in families if "{}" in family.written)]
    for each in tried:
        run = find_run(each)
        if run is None or run.first > 0 or run.last < len(each) - 1:
            continue
        if run.name not in {"hour", "period"} or not each[0].isdigit():
            return run.name
        if things:
            return None
        if len(each) in _PERIODS:
            return run.name
        if len(each) in DAYS and int(each[0]) == 1:
            return "day"
    return None
