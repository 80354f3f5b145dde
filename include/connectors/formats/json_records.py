"""Reads JSON records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import polars as pl

from include.anonymization.telling import list_names, tell_name
from include.collection.formats.json_records import JsonFormat, Step, path_steps, path_text, wildcards_shared
from include.connectors.content import Content
from include.connectors.formats.json_cells import as_text, flatten, put
from include.connectors.formats.json_text import JsonText, close_brackets, json_decoder
from include.connectors.formats.ngsi import simplify, simplify_entities
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.senml import resolve_records
from include.errors import SourceEmpty, SourceRefused

_NOTHING: Final = "Nothing can be loaded from it."


def read_json(content: Content, form: JsonFormat) -> Iterator[pl.DataFrame]:
    """Read records; see `read_frames`."""
    empty = True
    for frame in json_frames(content, form):
        empty = False
        yield frame
    if empty:
        raise SourceEmpty(content.name, f"the list at {form.records} is empty", _NOTHING)


def json_frames(content: Content, form: JsonFormat) -> Iterator[pl.DataFrame]:
    """Read records, of which there may be none: an API that has nothing new."""
    return tabulate(_Reading(content, form).rows(), content.name)


def find_all(value: Any, steps: Sequence[Step]) -> Iterator[Any]:
    """Give everything that stands at a path below a value."""
    if not steps:
        yield value
    elif steps[0] is not None:
        if isinstance(value, dict) and steps[0] in value:
            yield from find_all(value[steps[0]], steps[1:])
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from find_all(item, steps[1:])


def read_units(text: str, form: JsonFormat, name: str) -> dict[str, str]:
    """Give the columns' units, where the format says that they stand in the document; `text` may be its beginning."""
    if form.units is None:
        return {}
    document = json_decoder(name).decode(close_brackets(text))
    found = next(find_all(document, path_steps(form.units)), None)
    if not isinstance(found, dict):
        return {}
    return {column: unit for column, unit in flatten(found, name).items() if unit}


def column_of(path: str) -> str:
    """Give the name of the column that takes what stands at a path.

    Example:
        >>> column_of("$.series[*].unit")
        'series.unit'
    """
    return ".".join(step for step in path_steps(path) if step)


@dataclass(frozen=True, slots=True)
class _Above:
    """What stands above some records.

    Attributes:
        keys: Those of the objects that `[*]` went through.
        items: What each `[*]` chose.
    """

    keys: tuple[str, ...] = ()
    items: tuple[Any, ...] = ()


class _Reading:
    """One reading of one text."""

    def __init__(self, content: Content, form: JsonFormat) -> None:
        self._form = form
        self._content, self._name = content, content.name
        self._text = JsonText(content, form.encoding, form.decimal)
        self._steps = path_steps(form.records)
        first = self._steps.index(None) if None in self._steps else len(self._steps)
        self._lead, self._rest = self._steps[:first], self._steps[first:]
        self._beside: dict[str, Any] = {}
        self._width: int | None = None
        self._open: list[Iterator[str]] = []  # the members of the objects around the records

    def rows(self) -> Iterator[Row]:
        form = self._form
        if form.lines:
            yield from self._rows_of_lines()
            return
        self._look_beside()
        self._descend()
        sign = self._text.peek()
        if self._rest:
            for key, item in self._choose(sign):
                above = _Above((key,) if key is not None else (), (item,))
                for found_above, container in self._walk(item, self._rest[1:], above):
                    yield from self._rows_of(container, found_above)
        elif form.shape == "list" and sign == "[":
            yield from self._complete(self._list_rows(self._text.items(), _Above()), _Above())
        elif form.shape == "keys" and not form.members and sign == "{":
            members = ((key, self._text.value()) for key in self._text.members())
            yield from self._complete(self._keyed_rows(members), _Above())
        else:
            yield from self._rows_of(self._text.value(), _Above())
        for around in reversed(self._open):
            for _ in around:  # another list of the same name would be lost
                self._text.skip()
        self._text.finish()

    def _rows_of_lines(self) -> Iterator[Row]:
        documents = self._text.documents(self._form.lead)
        if not self._rest and not self._lead:
            yield from self._complete(self._list_rows(documents, _Above()), _Above())
            return
        if self._lead:
            raise SourceRefused(
                self._name, "the lines are a list", f"Begin the path with $[*], not {self._form.records}."
            )
        for document in self._content.count_records(documents):
            for above, container in self._walk(document, self._rest[1:], _Above((), (document,))):
                yield from self._rows_of(container, above)

    def _look_beside(self) -> None:
        """Read what stands outside of the records, before or behind them."""
        form = self._form
        outside = [path for path in (*form.inherit, form.header) if path and path != "first"]
        outside = [path for path in outside if not wildcards_shared(self._steps, path_steps(path))]
        if not outside:
            return
        document = json_decoder(self._name, form.decimal).decode(close_brackets(self._text.head()))
        for path in outside:
            found = list(find_all(document, path_steps(path)))
            if not found:
                raise SourceRefused(
                    self._name,
                    f"there is nothing at {path}",
                    "It has to stand within the first 8 MiB, or not be asked for.",
                )
            self._beside[path] = found if None in path_steps(path) else found[0]

    def _descend(self) -> None:
        """Go to the records, or to where the first `[*]` chooses."""
        for depth, name in enumerate(self._lead):
            at = path_text(self._lead[:depth])
            if self._text.peek() != "{":
                raise SourceRefused(
                    self._name, f"what stands at {at} is no object", self._there(at, self._text.value())
                )
            seen = {}
            self._open.append(self._text.members())
            for key in self._open[-1]:
                if key == name:
                    break
                seen[key] = self._text.peek()
                self._text.skip()
            else:
                there = _tell_members((key, sign == "[") for key, sign in seen.items())
                raise SourceRefused(self._name, f"there is no member {name!r} at {at}", f"At {at} there are: {there}.")

    def _choose(self, sign: str) -> Iterator[tuple[str | None, Any]]:
        """Give what the first `[*]` chooses, one after the other."""
        if sign == "[":
            yield from ((None, item) for item in self._content.count_records(self._text.items()))
        elif sign == "{":
            yield from ((key, self._text.value()) for key in self._text.members())
        elif (value := self._text.value()) is not None:
            at = path_text(self._lead)
            raise SourceRefused(self._name, f"what stands at {at} is no list of records", self._there(at, value))

    def _walk(self, value: Any, steps: Sequence[Step], above: _Above) -> Iterator[tuple[_Above, Any]]:
        if not steps:
            if isinstance(value, list | dict):
                yield above, value
        elif steps[0] is not None:
            if isinstance(value, dict) and steps[0] in value:
                yield from self._walk(value[steps[0]], steps[1:], above)
        elif isinstance(value, list):
            for item in value:
                yield from self._walk(item, steps[1:], _Above(above.keys, (*above.items, item)))
        elif isinstance(value, dict):
            for key, item in value.items():
                yield from self._walk(item, steps[1:], _Above((*above.keys, key), (*above.items, item)))

    def _rows_of(self, container: Any, above: _Above) -> Iterator[Row]:
        form, at = self._form, self._form.records
        # how Go writes a list of nothing, and PHP an object
        if container is None or (container == [] and form.shape != "list"):
            return
        if form.shape == "list":
            if not isinstance(container, list):
                raise SourceRefused(
                    self._name, f"what stands at {at} is no list of records", self._there(at, container)
                )
            rows = self._list_rows(container, above)
        elif not isinstance(container, dict):
            raise SourceRefused(self._name, f"what stands at {at} is no object", self._there(at, container))
        elif form.shape == "object":
            rows = iter([flatten(simplify(container) if form.ngsi else container, self._name)])
        elif form.shape == "columns":
            rows = self._rows_of_columns(container, above)
        else:
            rows = self._joined_rows(container) if form.members else self._keyed_rows(container.items())
        yield from self._complete(rows, above)

    def _list_rows(self, items: Iterable[Any], above: _Above) -> Iterator[dict[str, str | None]]:
        form = self._form
        names: Sequence[str] = form.names or self._names(above)
        kind: type | None = None
        held: dict[str, str | None] = {}
        if form.senml:
            items = resolve_records(items, self._content)
        if form.ngsi:
            items = simplify_entities(items)
        for number, item in enumerate(items, start=1):
            where = f"{self._name}, record {number}"
            this = type(item) if isinstance(item, dict | list) else str
            if kind not in {None, this} or item is None:
                raise SourceRefused(
                    self._name,
                    f"record {number} at {form.records} is no {_KINDS[kind or dict]}",
                    "Every record has to be of the kind of the first.",
                )
            kind = this
            if isinstance(item, dict):
                row = flatten(item, where)
                for name in form.carry:
                    row[name] = held[name] = row.get(name, held.get(name))
                yield row
            elif not isinstance(item, list):
                yield {"value": as_text(item)}
            elif form.header == "first" and number == 1:
                names = _distinct(
                    [as_text(cell) or f"column_{place}" for place, cell in enumerate(item, 1)], self._name
                )
            else:
                names = names or [f"column_{place}" for place in range(1, len(item) + 1)]
                if len(item) != len(names):
                    raise SourceRefused(
                        self._name,
                        f"record {number} at {form.records} has {len(item)} items, and {len(names)} are named",
                        "Every record needs an item for each name.",
                    )
                yield self._named(names, item, where)

    def _named(self, names: Sequence[str], item: list[Any], where: str) -> dict[str, str | None]:
        row: dict[str, str | None] = {}
        for name, cell in zip(names, item, strict=True):
            put(row, name, cell, where)
        return row

    def _names(self, above: _Above) -> list[str]:
        """Find the header of records that are lists."""
        path = self._form.header
        if path in {None, "first"}:
            return []
        found = self._value(path or "", above)
        cells = found if isinstance(found, list) else [found]
        if len(cells) == 1 and isinstance(cells[0], list):
            cells = cells[0]
        named = [_name_of(cell) for cell in cells]
        if None in named:
            raise SourceRefused(self._name, f"what stands at {path} is no list of names", "Set `names` instead.")
        return _distinct([name or "" for name in named], self._name)

    def _keyed_rows(self, members: Iterable[tuple[str, Any]]) -> Iterator[dict[str, str | None]]:
        for number, (key, value) in enumerate(members, start=1):
            row: dict[str, str | None] = {self._form.key: key}
            if isinstance(value, dict):
                for name, cell in flatten(value, f"{self._name}, record {number}").items():
                    put(row, name, cell, self._name)
            elif isinstance(value, list):
                for place, cell in enumerate(value, start=1):
                    put(row, self._form.names[place - 1] if self._form.names else f"column_{place}", cell, self._name)
            else:
                put(row, "value", value, self._name)
            yield row

    def _joined_rows(self, container: Mapping[str, Any]) -> Iterator[dict[str, str | None]]:
        form = self._form
        rows: dict[str, dict[str, str | None]] = {}
        for member in form.members:
            series = container.get(member)
            if not isinstance(series, dict):
                raise SourceRefused(
                    self._name, f"{member} at {form.records} is no object", self._there(form.records, container)
                )
            for key, value in series.items():
                put(rows.setdefault(key, {form.key: key}), member, value, self._name)
        yield from rows.values()

    def _rows_of_columns(self, container: Mapping[str, Any], above: _Above) -> Iterator[dict[str, str | None]]:
        form = self._form
        names = form.members or tuple(name for name, value in container.items() if isinstance(value, list))
        lists = {name: container.get(name) for name in names}
        lists |= {
            column_of(path): value for path in form.inherit if isinstance(value := self._value(path, above), list)
        }
        lengths = {name: len(cells) if isinstance(cells, list) else 0 for name, cells in lists.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} {length}" for name, length in list(lengths.items())[:20])
            raise SourceRefused(
                self._name,
                f"the lists at {form.records} are not equally long: {told}",
                "Name those that belong together in `members`.",
            )
        for cells in zip(*(cells or [] for cells in lists.values()), strict=True):
            yield self._named(tuple(lists), list(cells), self._name)

    def _complete(self, rows: Iterable[dict[str, str | None]], above: _Above) -> Iterator[Row]:
        """Add to each record what stands above it."""
        more: dict[str, str | None] = {}
        for number, key in enumerate(above.keys, start=1):
            put(more, self._form.key if len(above.keys) == 1 else f"{self._form.key}_{number}", key, self._name)
        for path in self._form.inherit:
            value, name = self._value(path, above), column_of(path)
            if isinstance(value, list) and self._form.shape == "columns":
                continue
            if isinstance(value, dict):
                for each, cell in flatten(value, self._name, f"{name}.").items():
                    put(more, each, cell, self._name)
            else:
                put(more, name, value, self._name)
        for row in rows:
            twice = more.keys() & row.keys()
            if twice:
                raise SourceRefused(
                    self._name,
                    f"the records have a member {min(twice)!r} of their own",
                    "Take the one above them out of `inherit`, or give `key` another name.",
                )
            yield {**more, **row}

    def _value(self, path: str, above: _Above) -> Any:
        """Give what stands at a path above the records."""
        if path in self._beside:
            return self._beside[path]
        steps = path_steps(path)
        shared = wildcards_shared(self._steps, steps)
        chosen = above.items[steps[:shared].count(None) - 1]
        found = list(find_all(chosen, steps[shared:]))
        return found if None in steps[shared:] else (found[0] if found else None)

    def _there(self, at: str, value: Any) -> str:
        if not isinstance(value, dict):
            return f"At {at} there is a {_KINDS.get(type(value), 'single value')}."
        there = _tell_members((name, isinstance(item, list)) for name, item in value.items())
        return f"At {at} there are: {there}."


_KINDS: Final[dict[type, str]] = {dict: "object", list: "list", str: "single value"}


def _tell_members(members: Iterable[tuple[str, bool]]) -> str:
    """List members for a message, each with whether it is a list."""
    told = [f"{tell_name(name)} (a list)" if is_list else tell_name(name) for name, is_list in islice(members, 20)]
    return ", ".join(told) or "no members"


def _name_of(cell: Any) -> str | None:
    """Give the name of a column: a text, or an object that has one."""
    if isinstance(cell, dict):
        cell = next((cell[each] for each in ("name", "id", "label", "title", "field") if each in cell), None)
    return cell if isinstance(cell, str) else None


def _distinct(names: list[str], where: str) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceRefused(where, f"the header names {list_names(twice, most=5)} more than once", "Set `names`.")
    return names
