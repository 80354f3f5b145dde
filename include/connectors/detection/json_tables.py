"""Finds the tables in a JSON document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from include.collection.formats.json_records import Step, path_text
from include.connectors.formats.json_cells import is_table
from include.connectors.formats.json_text import Number

_MOST_LOOKED_AT: Final = 2_000
"""Items of a list; the rest is like them, and counted."""

_TIME: Final = re.compile(
    r"\d{4}-?[01]\d-?[0-3]\d([T ]?[0-2]\d:?[0-5]\d.*)?|\d{4}-[01]\d|[12]\d{9}(\d{3})?|[0-2]?\d:[0-5]\d(:[0-5]\d)?"
)
_COUNT: Final = re.compile(r"\d+")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
_TELLS_TIME: Final = re.compile(r"(?i)time|date|^ts$|^t$|start|end|day|hour")
_HEADER: Final = re.compile(r"(?i)columns?|headers?|fields|labels|names|keys|components")
_MEANS: Final = re.compile(r"(?i)(unit|units|currency|uom|unit_?code)$")
_KNOWN_BY: Final = re.compile(
    r"(?i)(^|[_.])(id|name|serial|no|number|index|nr|key|code)$|Id$|ID$|Number$|^(array|channel|phase|year|month)$"
)


@dataclass(frozen=True, slots=True)
class FoundTable:
    """Some records, and how they lie.

    Attributes:
        settings: The format's settings that read them.
        weight: Numbers in them, twice where they tell time.
    """

    settings: Mapping[str, Any]
    weight: int
    rows: int

    @property
    def name(self) -> str:
        """What the table is called: its path without the signs."""
        return ".".join(re.findall(r"[^$.\[\]'*]+(?:\.[^$.\[\]'*]+)*", self.settings["records"])) or "records"


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the document, and what stands above it.

    Attributes:
        above: For every object on the way its path, and some objects there.
    """

    steps: tuple[Step, ...] = ()
    above: tuple[tuple[tuple[Step, ...], Sequence[Any]], ...] = field(default=())

    def step(self, step: Step, values: Sequence[Any]) -> _Place:
        return _Place((*self.steps, step), (*self.above, (self.steps, values)))


def find_tables(document: Any) -> list[FoundTable]:
    """Give all tables, the main one first."""
    found = list(_visit([document], _Place()))
    if isinstance(document, dict):
        single = FoundTable({"records": "$", "shape": "object"}, _weigh_cells(list(_leaves(document))), 1)
        if single.weight > max((each.weight for each in found), default=0) or not found:
            found.append(single)
    return sorted(found, key=lambda each: (-each.weight, -each.rows, len(each.settings["records"])))


def _visit(values: list[Any], place: _Place) -> Iterator[FoundTable]:
    lists = [value for value in values if isinstance(value, list)]
    objects = [value for value in values if isinstance(value, dict)]
    if lists and len(lists) * 2 > len(values):
        yield from _visit_lists(lists, place)
    elif objects:
        yield from _visit_objects(objects, place)


def _visit_lists(lists: list[list[Any]], place: _Place) -> Iterator[FoundTable]:
    rows = sum(map(len, lists))
    items = list(islice((item for each in lists for item in each), _MOST_LOOKED_AT))
    if not items:
        return
    kinds = Counter(type(item) if isinstance(item, dict | list) else str for item in items)
    if kinds[dict] == len(items):
        cells = [cell for item in items for cell in _leaves(item)]
        names = {name for item in items[:50] for name, _ in _leaves(item)}
        if names:
            yield _table(place, {}, cells, rows, len(items), names)
        below = place.step(None, items)
        yield from _visit_members(items, below)
    elif kinds[list] == len(items):
        if all(not isinstance(cell, dict | list) for item in items for cell in item):
            yield from _visit_pairs(items, rows, place)
        else:
            yield from _visit_lists(items, place.step(None, items))
    elif kinds[str] == len(items) and not place.steps:
        yield _table(place, {}, [("value", item) for item in items], rows, len(items), {"value"})


def _visit_pairs(items: list[list[Any]], rows: int, place: _Place) -> Iterator[FoundTable]:
    """See whether lists in a list are records."""
    width = Counter(map(len, items)).most_common(1)[0][0]
    if width < 2 or any(len(item) != width for item in items):
        return
    settings: dict[str, Any] = {}
    header = _find_header(place, width)
    names = {f"column_{number}" for number in range(1, width + 1)}
    if header is not None:
        settings["header"] = header
    elif len(items) > 1 and _is_header(items[0]) and not _is_header(items[1]):
        settings["header"] = "first"
        items, rows = items[1:], rows - 1
    cells = [(f"column_{number}", cell) for item in items for number, cell in enumerate(item, 1)]
    yield _table(place, settings, cells, rows, len(items), names)


def _visit_objects(objects: list[dict[str, Any]], place: _Place) -> Iterator[FoundTable]:
    if _are_keys_data(objects):
        values = [value for each in objects for value in each.values()]
        rows = len(values)
        key = _name_of_keys(objects[0])
        if any(isinstance(value, dict) for value in values):
            cells = [cell for value in values for cell in (_leaves(value) if isinstance(value, dict) else ())]
        elif all(is_table(value) for value in values):
            yield from _visit_lists([value for value in values if value], place.step(None, objects))
            return
        else:
            cells = [("value", value) for value in values]
        yield _table(
            place, {"shape": "keys", "key": key}, [("time", next(iter(objects[0]))), *cells], rows, rows, {key}
        )
        return
    columns = _parallel_lists(objects)
    if columns:
        some = objects[0]
        cells = [(name, cell) for name in columns for cell in some[name]]
        settings: dict[str, Any] = {"shape": "columns"}
        if columns != [name for name, value in some.items() if isinstance(value, list)]:
            settings["members"] = tuple(columns)
        if (units := _find_units(place, columns)) is not None:
            settings["units"] = units
        rows = sum(len(each[columns[0]]) for each in objects)
        yield _table(place, settings, cells, rows, len(some[columns[0]]), set(columns))
        objects = [{name: value for name, value in each.items() if name not in columns} for each in objects]
    yield from _visit_members(objects, place)


def _visit_members(objects: list[dict[str, Any]], place: _Place) -> Iterator[FoundTable]:
    names = dict.fromkeys(name for each in objects for name, value in each.items() if isinstance(value, dict | list))
    left = {name: [each[name] for each in objects if name in each] for name in names}
    for together in _same_keys(left):
        series = {name: left.pop(name) for name in together}
        cells = [(name, cell) for name, values in series.items() for each in values for cell in each.values()]
        first = series[together[0]][0]
        rows = sum(len(each) for each in series[together[0]])
        key = _name_of_keys(first)
        settings = {"shape": "keys", "members": tuple(together), "key": key}
        yield _table(place, settings, [("time", next(iter(first))), *cells], rows, rows, {key, *together})
    alike = _same_records(left)
    if alike:
        yield from _visit_lists([each for values in left.values() for each in values], place.step(None, objects))
        return
    for name, values in left.items():
        yield from _visit(values[:_MOST_LOOKED_AT], place.step(name, objects))


def _table(
    place: _Place,
    settings: Mapping[str, Any],
    cells: Sequence[tuple[str, Any]],
    rows: int,
    looked_at: int,
    names: set[str],
) -> FoundTable:
    inherit = tuple(_worth_inheriting(place, names))
    weight = _weigh_cells(cells) * max(1, rows) // max(1, looked_at)
    return FoundTable(
        {"records": path_text(place.steps), **settings, **({"inherit": inherit} if inherit else {})}, weight, rows
    )


def _weigh_cells(cells: Sequence[tuple[str, Any]]) -> int:
    numbers = sum(
        isinstance(cell, Number) or (isinstance(cell, str) and bool(_NUMBER.fullmatch(cell))) for _, cell in cells
    )
    tells = any(
        _TELLS_TIME.search(name) or (type(cell) is str and _TIME.fullmatch(cell)) for name, cell in cells[:2_000]
    )
    return numbers * 2 if tells else numbers


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give the cells that a record has: not what is a table of its own."""
    for name, each in value.items():
        if isinstance(each, dict):
            if not _are_keys_data([each]):
                yield from _leaves(each, f"{prefix}{name}.")
        elif not isinstance(each, list):
            yield f"{prefix}{name}", each


def _are_keys_data(objects: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether the names of an object's members are data: times, or counts from somewhere on."""
    keys = [key for each in islice(objects, 20) for key in islice(each, 200)]
    if not keys:
        return False
    if all(_TIME.fullmatch(key) for key in keys):
        return True
    return len(keys) >= 4 * len(objects[:20]) and all(_COUNT.fullmatch(key) for key in keys)


def _name_of_keys(keys: Mapping[str, Any]) -> str:
    return "time" if _TIME.fullmatch(next(iter(keys))) else "key"


def _parallel_lists(objects: list[dict[str, Any]]) -> list[str]:
    """Give the members that are lists of cells and equally long: the columns of a table."""
    lengths: dict[int, list[str]] = {}
    for name, value in objects[0].items():
        if isinstance(value, list) and len(value) > 1 and not any(isinstance(cell, dict | list) for cell in value):
            lengths.setdefault(len(value), []).append(name)
    # cut in the middle, the last list is shorter: it belongs to the longest
    columns = max(lengths.values(), key=len, default=[])
    if len(columns) < 2 or not all(
        len({len(each[name]) if isinstance(each.get(name), list) else -1 for name in columns}) == 1 for each in objects
    ):
        return []
    cells = [objects[0][name] for name in columns]
    tells = any(_TELLS_TIME.search(name) for name in columns) or any(
        type(cell) is str and _TIME.fullmatch(cell) for column in cells for cell in column[:1]
    )
    return columns if tells or len(cells[0]) > 4 else []


def _same_keys(series: Mapping[str, list[Any]]) -> list[list[str]]:
    """Give the members, two or more together, that are series over the same keys."""
    by_keys: dict[tuple[str, ...], list[str]] = {}
    for name, values in series.items():
        first = values[0]
        if len(values) > 1 or not isinstance(first, dict) or not _are_keys_data(values):
            continue
        if not any(isinstance(cell, dict | list) for cell in first.values()):
            by_keys.setdefault(tuple(first), []).append(name)
    return [names for names in by_keys.values() if len(names) > 1]


def _same_records(members: Mapping[str, list[Any]]) -> bool:
    """Say whether all members are lists of records with the same members: one table in pieces."""
    if len(members) < 2:
        return False
    fields = []
    for values in members.values():
        items = [item for each in values[:20] if isinstance(each, list) for item in each[:20]]
        if not items and all(each == [] for each in values):
            continue
        if not items or not all(isinstance(item, dict) for item in items):
            return False
        fields.append({name for item in items for name in item})
    return len(fields) > 1 and all(len(each & fields[0]) * 2 > len(each | fields[0]) for each in fields)


def _is_header(cells: list[Any]) -> bool:
    return all(
        type(cell) is str and cell and not _NUMBER.fullmatch(cell) and not _TIME.fullmatch(cell) for cell in cells
    )


def _find_header(place: _Place, width: int) -> str | None:
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


def _find_units(place: _Place, columns: Sequence[str]) -> str | None:
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


def _worth_inheriting(place: _Place, names: set[str]) -> Iterator[str]:
    """Give the paths of what stands above the records and tells one parent's from another's, or their unit."""
    last = len(place.above) - 1
    for depth, (steps, values) in enumerate(place.above):
        some = [value for value in values if isinstance(value, dict)][:50]
        if not some or (not steps and depth < last):
            continue
        chosen = bool(steps) and steps[-1] is None
        seen: dict[str, Any] = {}
        for value in some:
            for name, cell in _members_of(value):
                if seen.get(name) is None:
                    seen[name] = cell
        taken = 0
        for name, cell in seen.items():
            column = ".".join((*filter(None, steps), name))
            tells = bool(_MEANS.search(name)) or (chosen and (type(cell) is str or bool(_KNOWN_BY.search(name))))
            if cell is not None and tells and column not in names and taken < 12:
                taken += 1
                yield path_text((*steps, *name.split(".")))


def _members_of(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, each in value.items():
        if isinstance(each, dict) and not _are_keys_data([each]):
            yield from ((f"{name}.{inner}", cell) for inner, cell in each.items() if not isinstance(cell, dict | list))
        elif not isinstance(each, dict | list):
            yield name, each
