"""What the values of a JSON document look like: records, series over keys, parallel lists, times."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

from include.connectors.formats.json_text import Number

TIME: Final = re.compile(
    r"\d{4}-?[01]\d-?[0-3]\d([T ]?[0-2]\d:?[0-5]\d.*)?|\d{4}-[01]\d|[12]\d{9}(\d{3})?|[0-2]?\d:[0-5]\d(:[0-5]\d)?"
)
_COUNT: Final = re.compile(r"\d+")
NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")
TELLS_TIME: Final = re.compile(r"(?i)time|date|^ts$|^t$|start|end|day|hour|unix|epoch")


def lengthen(document: Any) -> None:
    """Make the last of parallel lists, or of series over the same keys, as long as those before it."""
    above, last = None, document
    while isinstance(last, dict | list) and last:
        above, last = last, list(last.values())[-1] if isinstance(last, dict) else last[-1]
        if not isinstance(above, dict) or len(above) < 2:
            continue
        before = list(above.values())[-2]
        if isinstance(last, list) and isinstance(before, list) and len(last) < len(before):
            last += [None] * (len(before) - len(last))
        elif isinstance(last, dict) and isinstance(before, dict) and list(before)[: len(last)] == list(last):
            above[list(above)[-1]] = {**before, **last}


def tells_time(name: str, cell: Any) -> bool:
    return bool(TELLS_TIME.search(name)) or (isinstance(cell, str) and bool(TIME.fullmatch(cell)))


def weigh_cells(cells: Sequence[tuple[str, Any]]) -> int:
    """Count the numbers in some cells, twice where they tell time."""
    numbers = sum(
        isinstance(cell, Number) or (isinstance(cell, str) and bool(NUMBER.fullmatch(cell))) for _, cell in cells
    )
    tells = any(TELLS_TIME.search(name) or (type(cell) is str and TIME.fullmatch(cell)) for name, cell in cells[:2_000])
    return numbers * 2 if tells else numbers


def leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give the cells that a record has: not what is a table of its own."""
    for name, each in value.items():
        if isinstance(each, dict):
            if not are_keys_data([each]):
                yield from leaves(each, f"{prefix}{name}.")
        elif not isinstance(each, list):
            yield f"{prefix}{name}", each


def are_keys_data(objects: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether the names of an object's members are data: times, or counts from somewhere on."""
    keys = [key for each in islice(objects, 20) for key in islice(each, 200)]
    if not keys:
        return False
    if all(TIME.fullmatch(key) for key in keys):
        return True
    return len(keys) >= 4 * len(objects[:20]) and all(_COUNT.fullmatch(key) for key in keys)


def name_of_keys(keys: Mapping[str, Any]) -> str:
    return "time" if TIME.fullmatch(next(iter(keys))) else "key"


def parallel_lists(objects: list[dict[str, Any]]) -> list[str]:
    """Give the members that are lists of cells and equally long: the columns of a table."""
    lengths: dict[int, list[str]] = {}
    for name, value in objects[0].items():
        if isinstance(value, list) and len(value) > 1 and not any(isinstance(cell, dict | list) for cell in value):
            lengths.setdefault(len(value), []).append(name)
    columns = max(lengths.values(), key=len, default=[])
    if len(columns) < 2 or not all(
        len({len(each[name]) if isinstance(each.get(name), list) else -1 for name in columns}) == 1 for each in objects
    ):
        return []
    cells = [objects[0][name] for name in columns]
    tells = any(TELLS_TIME.search(name) for name in columns) or any(
        type(cell) is str and TIME.fullmatch(cell) for column in cells for cell in column[:1]
    )
    return columns if tells or len(cells[0]) > 4 else []


def same_keys(series: Mapping[str, list[Any]]) -> list[list[str]]:
    """Give the members, two or more together, that are series over the same keys."""
    by_keys: dict[tuple[str, ...], list[str]] = {}
    for name, values in series.items():
        first = values[0]
        if len(values) > 1 or not isinstance(first, dict) or not are_keys_data(values):
            continue
        if not any(isinstance(cell, dict | list) for cell in first.values()):
            by_keys.setdefault(tuple(first), []).append(name)
    return [names for names in by_keys.values() if len(names) > 1]


def same_records(members: Mapping[str, list[Any]]) -> bool:
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


def is_header(cells: list[Any]) -> bool:
    return all(type(cell) is str and cell and not NUMBER.fullmatch(cell) and not TIME.fullmatch(cell) for cell in cells)


def is_senml(names: Collection[str]) -> bool:
    """Say whether records have the members of SenML: a base value, and a value (RFC 8428)."""
    return bool({"bn", "bt", "bu", "bv", "bs"} & set(names) and {"v", "vs", "vb", "vd", "s"} & set(names))


def find_carried(lists: Sequence[list[Any]]) -> tuple[str, ...]:
    """Name the texts that of each list the first record says, and perhaps the last again: they hold for all of it."""
    found: list[str] | None = None
    for each in islice((each for each in lists if len(each) > 2), 200):
        if not all(isinstance(item, dict) for item in (*each[:201], each[-1])):
            return ()
        last = dict(leaves(each[-1]))
        between = {name for item in each[1:-1][:200] for name, _ in leaves(item)}
        said = [
            name
            for name, cell in leaves(each[0])
            if type(cell) is str and not TIME.fullmatch(cell) and name not in between and last.get(name, cell) == cell
        ]
        found = said if found is None else [name for name in found if name in said]
    return tuple(found or ())
