"""Finds the tables in a JSON document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from include.collection.formats.json_records import path_steps, path_text
from include.connectors.detection.json_above import Place, find_axis, find_header, find_units, worth_inheriting
from include.connectors.detection.json_shapes import (
    are_keys_data,
    find_carried,
    is_header,
    is_senml,
    leaves,
    lengthen,
    name_of_keys,
    parallel_lists,
    same_keys,
    same_records,
    weigh_cells,
)
from include.connectors.detection.numbers import DetectedNumbers, detect_texts
from include.connectors.formats.json_cells import is_table
from include.connectors.formats.ngsi import are_entities, simplify

_MOST_LOOKED_AT: Final = 2_000
"""Items of a list; the rest is like them, and counted."""
_SAYS_OF_PAGES: Final = re.compile(
    r"(?i)(^|\.)(meta\w*|links?|request|pag(e|es|ing|ination)|per_?page|(total_?)?count|offset|limit|\w*version)(\.|$)"
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
    numbers: DetectedNumbers = field(default_factory=DetectedNumbers)

    @property
    def name(self) -> str:
        """What the table is called: its path without the signs."""
        return ".".join(step for step in path_steps(self.settings["records"]) if step) or "records"

    def is_around(self, other: FoundTable) -> bool:
        """Say whether another table is below this one."""
        mine, others = path_steps(self.settings["records"]), path_steps(other.settings["records"])
        return len(others) > len(mine) and others[: len(mine)] == mine


def find_tables(document: Any, *, cut: bool = False) -> list[FoundTable]:
    """Give all tables, the main one first.

    Args:
        cut: Whether the document is only the beginning of one, its last list or object without its end.
    """
    if cut:
        lengthen(document)
    found = list(_visit([document], Place()))
    # what holds nothing but the names of what is below it is no table
    found = [each for each in found if each.weight or not any(map(each.is_around, found))]
    if isinstance(document, dict):
        kind = {"ngsi": True} if are_entities([document]) else {}
        read = simplify(document) if kind else document
        cells = [(name, cell) for name, cell in leaves(read) if not found or not _SAYS_OF_PAGES.search(name)]
        single = FoundTable({"records": "$", "shape": "object", **kind}, weigh_cells(cells), 1, detect_texts(cells))
        if cells and (not found or single.weight > max(each.weight for each in found)):
            found.append(single)
    return sorted(found, key=lambda each: (-each.weight, -each.rows, len(each.settings["records"])))


def _visit(values: list[Any], place: Place) -> Iterator[FoundTable]:
    lists = [value for value in values if isinstance(value, list)]
    objects = [value for value in values if isinstance(value, dict)]
    if lists and len(lists) * 2 > len(values):
        yield from _visit_lists(lists, place)
    elif objects:
        yield from _visit_objects(objects, place)


def _visit_lists(lists: list[list[Any]], place: Place) -> Iterator[FoundTable]:
    rows = sum(map(len, lists))
    items = list(islice((item for each in lists for item in each), _MOST_LOOKED_AT))
    if not items:
        return
    kinds = Counter(type(item) if isinstance(item, dict | list) else str for item in items)
    if kinds[dict] == len(items):
        ngsi = are_entities(items)
        plain = [simplify(item) for item in items] if ngsi else items
        cells = [cell for item in plain for cell in leaves(item)]
        names = {name for item in plain[:50] for name, _ in leaves(item)}
        if names:
            kind: dict[str, Any] = {"ngsi": True} if ngsi else {"senml": True} if is_senml(names) else {}
            if place.steps[-1:] == (None,) and not kind and (carried := find_carried(lists)):
                kind = {"carry": carried}
            yield _table(place, kind, cells, rows, len(items), names)
        below = place.step(None, ())
        yield from _visit_along(items, below)
        yield from _visit_members(items, below)
    elif kinds[list] == len(items):
        if all(not isinstance(cell, dict | list) for item in items for cell in item):
            yield from _visit_pairs(items, rows, place)
        else:
            yield from _visit_lists(items, place.step(None, ()))
    elif kinds[str] == len(items) and not place.steps:
        yield _table(place, {}, [("value", item) for item in items], rows, len(items), {"value"})


def _visit_pairs(items: list[list[Any]], rows: int, place: Place) -> Iterator[FoundTable]:
    """See whether lists in a list are records."""
    width = Counter(map(len, items)).most_common(1)[0][0]
    fitting = [item for item in items if len(item) == width]
    if width < 2 or 2 * len(fitting) <= len(items):
        return
    items = fitting  # the reader says where one does not fit
    settings: dict[str, Any] = {}
    header = find_header(place, width)
    names = {f"column_{number}" for number in range(1, width + 1)}
    if header is not None:
        settings["header"] = header
    elif len(items) > 1 and is_header(items[0]) and not is_header(items[1]):
        settings["header"] = "first"
        items, rows = items[1:], rows - 1
    cells = [(f"column_{number}", cell) for item in items for number, cell in enumerate(item, 1)]
    yield _table(place, settings, cells, rows, len(items), names)


def _visit_objects(objects: list[dict[str, Any]], place: Place) -> Iterator[FoundTable]:
    if are_keys_data(objects):
        values = [value for each in objects for value in each.values()]
        rows = len(values)
        key = name_of_keys(objects[0])
        if any(isinstance(value, dict) for value in values):
            cells = [cell for value in values for cell in (leaves(value) if isinstance(value, dict) else ())]
        elif all(is_table(value) for value in values):
            yield from _visit_lists([value for value in values if value], place.step(None, objects))
            return
        else:
            cells = [("value", value) for value in values]
        yield _table(
            place, {"shape": "keys", "key": key}, [("time", next(iter(objects[0]))), *cells], rows, rows, {key}
        )
        return
    columns = parallel_lists(objects)
    if columns:
        some = objects[0]
        cells = [(name, cell) for name in columns for cell in some[name][:_MOST_LOOKED_AT]]
        settings: dict[str, Any] = {"shape": "columns"}
        if columns != [name for name, value in some.items() if isinstance(value, list)]:
            settings["members"] = tuple(columns)
        if (units := find_units(place, columns)) is not None:
            settings["units"] = units
        rows = sum(len(each[columns[0]]) for each in objects)
        beside = Place(place.steps, (*place.above, (place.steps, objects)))
        yield _table(beside, settings, cells, rows, len(some[columns[0]][:_MOST_LOOKED_AT]), set(columns))
        objects = [{name: value for name, value in each.items() if name not in columns} for each in objects]
    yield from _visit_members(objects, place)


def _visit_along(items: list[dict[str, Any]], place: Place) -> Iterator[FoundTable]:
    """See whether records hold a list of cells each, over the times that stand above them: series in a chart."""
    lengths = {
        name: len(value)
        for name, value in items[0].items()
        if isinstance(value, list) and value and not any(isinstance(cell, dict | list) for cell in value)
    }
    for name, length in lengths.items():
        axis = find_axis(place, length) if length > 1 and len(lengths) == 1 else None
        if axis is not None and all(isinstance(each.get(name), list) and len(each[name]) == length for each in items):
            cells = [("time", None), *((name, cell) for each in items for cell in each[name])]
            beside = Place(place.steps, (*place.above, (place.steps, items)))
            found = _table(beside, {"shape": "columns"}, cells, length * len(items), length * len(items), {name})
            inherit = (axis, *found.settings.get("inherit", ()))
            yield replace(found, settings={**found.settings, "inherit": inherit})


def _visit_members(objects: list[dict[str, Any]], place: Place) -> Iterator[FoundTable]:
    names = dict.fromkeys(name for each in objects for name, value in each.items() if isinstance(value, dict | list))
    left = {name: [each[name] for each in objects if name in each] for name in names}
    for together in same_keys(left):
        series = {name: left.pop(name) for name in together}
        cells = [(name, cell) for name, values in series.items() for each in values for cell in each.values()]
        first = series[together[0]][0]
        rows = sum(len(each) for each in series[together[0]])
        key = name_of_keys(first)
        settings = {"shape": "keys", "members": tuple(together), "key": key}
        yield _table(place, settings, [("time", next(iter(first))), *cells], rows, rows, {key, *together})
    alike = same_records(left)
    if alike:
        yield from _visit_lists([each for values in left.values() for each in values], place.step(None, objects))
        return
    for name, values in left.items():
        yield from _visit(values[:_MOST_LOOKED_AT], place.step(name, objects))


def _table(
    place: Place,
    settings: Mapping[str, Any],
    cells: Sequence[tuple[str, Any]],
    rows: int,
    looked_at: int,
    names: set[str],
) -> FoundTable:
    inherit = tuple(worth_inheriting(place, names))
    weight = weigh_cells(cells) * max(1, rows) // max(1, looked_at)
    settings = {"records": path_text(place.steps), **settings, **({"inherit": inherit} if inherit else {})}
    return FoundTable(settings, weight, rows, detect_texts(cells))
