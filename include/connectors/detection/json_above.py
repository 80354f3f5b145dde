"""What stands above some records in a JSON document and belongs to them: a header, times, units, names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from include.collection.formats.json_records import Step, path_text
from include.connectors.detection.json_shapes import TELLS_TIME, tells_time

_HEADER: Final = re.compile(r"(?i)columns?|headers?|fields|labels|names|keys|components")
_MEANS: Final = re.compile(r"(?i)(?<!time)(?<!time_)(units?|currency|uom|unit_?code)$")
_KNOWN_BY: Final = re.compile(
    r"(?i)(^|[_.])(id|name|serial|no|number|index|nr|key|code)$|Id$|ID$|Number$|^(array|channel|phase|year|month)$"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the document, and what stands above it.

    Attributes:
        above: For every object on the way its path, and some objects there.
    """

    steps: tuple[Step, ...] = ()
    above: tuple[tuple[tuple[Step, ...], Sequence[Any]], ...] = field(default=())

    def step(self, step: Step, values: Sequence[Any]) -> Place:
        return Place((*self.steps, step), (*self.above, (self.steps, values)))


def find_axis(place: Place, length: int) -> str | None:
    """Look above for a list of as many times."""
    for steps, values in reversed(place.above):
        for value in (each for each in values if isinstance(each, dict)):
            for name, below in value.items():
                inner = below.items() if isinstance(below, dict) else ()
                for path, cells in (((name,), below), *(((name, each), cells) for each, cells in inner)):
                    if isinstance(cells, list) and len(cells) == length and tells_time(path[-1], cells[0]):
                        return path_text((*steps, *path))
    return None


def find_header(place: Place, width: int) -> str | None:
    """Look above for a list of as many names."""
    for steps, values in reversed(place.above):
        some = next((value for value in values if isinstance(value, dict)), {})
        for name, value in some.items():
            if not isinstance(value, list) or len(value) != width or not _HEADER.search(name):
                continue
            if all(type(cell) is str for cell in value):
                return path_text((*steps, name))
            if all(isinstance(cell, dict) and type(cell.get("name")) is str for cell in value):
                return path_text((*steps, name, None, "name"))
    return None


def find_units(place: Place, columns: Sequence[str]) -> str | None:
    """Look beside for an object that has a text for each column."""
    if not place.above:
        return None
    steps, values = place.above[-1]
    if None in steps:
        return None
    for name, value in next((value for value in values if isinstance(value, dict)), {}).items():
        if isinstance(value, dict) and "unit" in name.lower() and any(column in value for column in columns):
            return path_text((*steps, name))
    return None


def worth_inheriting(place: Place, names: set[str]) -> Iterator[str]:
    """Give the paths of what stands above the records and tells one parent's from another's, or their unit."""
    last = len(place.above) - 1
    for depth, (steps, values) in enumerate(place.above):
        chosen = bool(steps) and steps[-1] is None
        seen: dict[tuple[str, ...], Any] = {}
        for value in islice((each for each in values if isinstance(each, dict)), 50):
            for path, cell in _values_of(value, with_labels=chosen):
                if seen.get(path) is None:
                    seen[path] = cell
        taken = 0
        for path, cell in seen.items():
            column = ".".join((*filter(None, steps), *path))
            tells = bool(_MEANS.search(path[-1])) and (bool(steps) or depth == last)
            tells = tells or (chosen and (type(cell) is str or _tells_one(path[-1])))
            if cell is not None and tells and column not in names and taken < 12:
                taken += 1
                yield path_text((*steps, *path))


def _tells_one(name: str) -> bool:
    return bool(_KNOWN_BY.search(name) or TELLS_TIME.search(name))


def _values_of(value: Mapping[str, Any], *, with_labels: bool) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give an object's own values, and those of a member that holds nothing but texts: labels."""
    for name, each in value.items():
        if not isinstance(each, dict | list):
            yield (name,), each
        elif with_labels and isinstance(each, dict) and all(type(cell) is str for cell in each.values()):
            yield from (((name, inner), cell) for inner, cell in each.items())
