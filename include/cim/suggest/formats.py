"""Public formats that the platform knows by the names of their columns, and the field of each column.

`known_formats.jsonl` is made of the labelled header sets; `python -m tests.known_formats` writes it.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import fsum
from pathlib import Path
from typing import Any, Final, NamedTuple

from include.cim.suggest.fields import FieldRef
from include.cim.suggest.precedent import Precedent, normalise
from include.cim.units import known_unit

TABLE: Final = Path(__file__).parent / "known_formats.jsonl"
_BRACKETS: Final = re.compile(r"\s*[\[(]([^\[\]()]+)[\])]\s*$")
_PATH: Final = re.compile(r"[./]")
_LEAST: Final = 1.25
_LEAST_OF_LESS: Final = 2.5
"""So many names' worth that nobody else uses must be shared: more where that is less than half of a format."""
_MOST: Final = 0.5
"""So much of what a file's names are worth must be in the format."""
_TWIN: Final = 0.5
"""What a column that may as well be left out is, beside one that has its field for sure."""
_SURE: Final = 0.95
"""How sure it is what a format makes of a column: so often it was right for files that were in none of the known
formats, and were taken for one (`python -m tests.confidence`)."""
_AS_GOOD: Final = 0.8
"""A format that shares so much of what the best one does may be the right one as well."""


class Known(NamedTuple):
    """What a format's column is.

    Attributes:
        units: The field, and the source's unit, if there is one and it is known; several fields where each would be
            right; none where no field holds it.
        or_none: Whether it is as right to leave it out.
    """

    units: Mapping[FieldRef, str | None]
    or_none: bool

    def agrees(self, other: Known) -> bool:
        """Say whether the same is right for both, at least in part."""
        return (not self.units and not other.units) or bool(self.units.items() & other.units.items())


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        vendor: Who makes such files.
        size: How many columns it has.
        columns: By each key that tells a column among its neighbours.
    """

    name: str
    vendor: str
    size: int
    columns: Mapping[str, Known]

    def find(self, keys: tuple[str, str]) -> Known | None:
        """Find what a file's column is here."""
        return next((self.columns[key] for key in keys if key in self.columns), None)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A format that a file is in.

    Attributes:
        columns: By the file's names; without those on which a format that fits as well disagrees.
    """

    format: Format
    columns: Mapping[str, Known]

    @property
    def concepts(self) -> frozenset[str]:
        """Which concepts the rows may be of."""
        return frozenset(ref.concept for known in self.columns.values() for ref in known.units)

    def precedents(self) -> Mapping[str, tuple[Precedent, ...]]:
        """Say what the format makes of the file's columns."""
        return {name: tuple(self._made_there(known)) for name, known in self.columns.items()}

    def _made_there(self, known: Known) -> Iterator[Precedent]:
        where = f"the format {self.format.name!r}"
        if not known.units:
            yield Precedent(None, f"no field holds it in {where}", 1.0, _SURE, of_file=True)
        for ref, unit in known.units.items():
            reason = f"as in {where}{f', in {unit}' if unit else ''}"
            share, sure = (_TWIN, 0.0) if known.or_none else (1.0, _SURE)
            yield Precedent(ref, reason, share, sure, unit, of_file=True, together=not known.or_none)


class Formats:
    """Formats, and how much each name tells which one a file is in."""

    def __init__(self, formats: Iterable[Format]) -> None:
        """Count who uses each name: several formats of a vendor are one user."""
        self.formats = tuple(formats)
        self._having: defaultdict[str, list[int]] = defaultdict(list)
        users: defaultdict[str, set[str]] = defaultdict(set)
        for at, each in enumerate(self.formats):
            for key in each.columns:
                self._having[key].append(at)
                users[key].add(each.vendor)
        self._worth = {key: 1 / len(vendors) for key, vendors in users.items()}

    def without(self, vendor: str) -> Formats:
        """Give all formats but a vendor's."""
        return Formats(each for each in self.formats if each.vendor != vendor)

    def recognise(self, names: Sequence[str]) -> Recognised | None:
        """Find the format of a file with columns of these names; None where too little tells one.

        Each name is worth the less the more vendors use it: `timestamp` tells next to nothing.
        """
        keys = dict(zip(names, _keys(names), strict=True))
        worth = {name: min(self._worth.get(key, 1.0) for key in both) for name, both in keys.items()}
        shared: defaultdict[int, list[str]] = defaultdict(list)
        for name, both in keys.items():
            for at in {at for key in both for at in self._having.get(key, ())}:
                shared[at].append(name)
        told = {at: fsum(worth[name] for name in found) for at, found in shared.items()}
        ranked = sorted(told, key=lambda at: (-told[at], self.formats[at].size, at))
        if not ranked or told[best := ranked[0]] < _MOST * fsum(worth.values()):
            return None
        format_ = self.formats[best]
        columns = {name: known for name in shared[best] if (known := format_.find(keys[name])) is not None}
        # times, areas and senders alone are the frame of whatever else a vendor publishes
        framed = not _is_measured(columns) and _is_measured(format_.columns)
        if framed or told[best] < (_LEAST if 2 * len(columns) >= format_.size else _LEAST_OF_LESS):
            return None
        rivals = [self.formats[at] for at in ranked[1:] if told[at] >= _AS_GOOD * told[best]]
        for each in rivals:
            columns = {
                name: known
                for name, known in columns.items()
                if (other := each.find(keys[name])) is None or known.agrees(other)
            }
        return Recognised(format_, columns)


@cache
def known_formats() -> Formats:
    """Read the formats that come with the platform."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return Formats(read_format(document) for document in map(json.loads, lines) if "columns" in document)


def read_format(document: Mapping[str, Any]) -> Format:
    """Make a format of its line."""
    names: Mapping[str, Any] = document["columns"]
    columns: dict[str, Known] = {}
    for keys, label in zip(_keys(list(names)), names.values(), strict=True):
        columns |= dict.fromkeys(keys, _read_label(label))
    return Format(document["name"], document["vendor"], len(names), columns)


def _read_label(label: str | Sequence[str | None] | None) -> Known:
    labels = [label] if label is None or isinstance(label, str) else label
    told = [each.partition(" ") for each in labels if each is not None]
    return Known({FieldRef(*ref.split(".")): unit or None for ref, _, unit in told}, or_none=None in labels)


def _is_measured(columns: Mapping[str, Known]) -> bool:
    return any(any(known.units.values()) for known in columns.values())


def _keys(names: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Write names so that they compare: without the path that most begin with, and then without units, if they differ.

    Example:
        >>> _keys(["time", "data.PV_Power (kW)", "data.soc"])
        [('time', 'time'), ('pv power (kw)', 'pv power'), ('soc', 'soc')]
        >>> _keys(["P [kW]", "P [kvar]"])
        [('p [kw]', 'p [kw]'), ('p [kvar]', 'p [kvar]')]
    """
    paths = Counter(name[: found.end()] for name in names for found in _PATH.finditer(name, 0, len(name) - 1))
    path = max((each for each, count in paths.items() if 2 * count > len(names) > 1), key=len, default="")
    cut = [name.removeprefix(path) for name in names]
    plain = [normalise(_without_unit(name)) for name in cut]
    count = Counter(plain)
    return [
        (exact, each if count[each] == 1 else exact) for exact, each in zip(map(normalise, cut), plain, strict=True)
    ]


def _without_unit(name: str) -> str:
    found = _BRACKETS.search(name)
    return name[: found.start()] if found and found.start() and known_unit(found[1].strip()) else name
