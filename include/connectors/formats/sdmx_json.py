"""Reads data messages of SDMX-JSON.

Source: github.com/sdmx-twg/sdmx-json, data message 1.0 and 2.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from include.batch import PART_ROWS
from include.collection.formats.statistics import SdmxJsonFormat
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.cube import Cells, Component, as_place, distinct
from include.connectors.formats.json_cells import as_text
from include.connectors.formats.json_text import JsonText
from include.errors import SourceEmpty, SourceRefused

_CELLS: Final = pl.Schema({"series": pl.Int64(), "key": pl.String(), "cells": pl.List(pl.String)})
_MOST_SERIES: Final = 200_000
_REMEDY: Final = "Get it as CSV: `Accept: application/vnd.sdmx.data+csv`."


@dataclass(slots=True)
class _Message:
    """What a message holds.

    Attributes:
        observations: The number of their series among `keys`, their own key, value and attributes.
        keys, attributes: Of each series; a data set without series has one, whose key is empty.
        whole: Attributes of the data set.
        structure: Which structure the data sets name.
    """

    observations: Cells
    keys: list[str] = field(default_factory=list)
    attributes: list[Sequence[str | None]] = field(default_factory=list)
    whole: list[Sequence[str | None]] = field(default_factory=list)
    structures: list[Any] = field(default_factory=list)
    structure: set[int] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)


def read_sdmx_json(content: Content, form: SdmxJsonFormat) -> Iterator[pl.DataFrame]:
    """Read the observations of a message; see `read_frames`."""
    text = JsonText(content)
    message = _Message(Cells(_CELLS, content.name))
    _read_message(text, message, content.name)
    text.finish()
    frame = message.observations.frame()
    if frame.is_empty():
        raise SourceEmpty(content.name, "the message has no observation", "Nothing can be loaded from it.")
    for member in sorted(message.left_out):
        content.issues.append(Issue(content.name, f"its {member} are left out", "Get it as CSV where they matter."))
    yield from _rows(frame, message, form, content.name)


def _read_message(text: JsonText, message: _Message, where: str) -> None:
    if text.peek() != "{":
        raise SourceRefused(where, "it is no data message of SDMX-JSON", _REMEDY)
    for key in text.members():
        if key == "data" and text.peek() == "{":
            _read_message(text, message, where)
        elif key == "dataSets" and text.peek() == "[":
            for _ in text.places():
                _read_set(text, message, where)
        elif key == "structure":
            message.structures.append(text.value())
        elif key == "structures" and text.peek() == "[":
            message.structures += text.value()
        else:
            text.skip()


def _read_set(text: JsonText, message: _Message, where: str) -> None:
    whole: list[str | None] = []
    structure, begun = 0, len(message.keys)
    for key in text.members():
        match key:
            case "series":
                for series in text.members():
                    _read_series(text, message, series, where)
            case "observations":
                message.keys.append("")
                message.attributes.append([])
                _read_observations(text, message)
            case "attributes":
                whole = _texts(text.value())
            case "structure":
                structure = as_place(text.value(), where)
            case "action" if text.value() == "Delete":
                raise SourceRefused(where, "it says what is to be deleted", "Rows are added or replaced, see `load`.")
            case "action":
                pass
            case "dimensionGroupAttributes" | "groups" | "annotations":
                message.left_out.add(key)
                text.skip()
            case _:
                text.skip()
    message.structure.add(structure)
    message.whole += [whole] * (len(message.keys) - begun)


def _read_series(text: JsonText, message: _Message, key: str, where: str) -> None:
    if len(message.keys) >= _MOST_SERIES:
        raise SourceRefused(
            where, f"the cube has more than {_MOST_SERIES:,} series", "Ask for a part of it, or for CSV."
        )
    message.keys.append(key)
    attributes: list[str | None] = []
    for member in text.members():
        if member == "observations":
            _read_observations(text, message)
        elif member == "attributes":
            attributes = _texts(text.value())
        else:
            text.skip()
    message.attributes.append(attributes)


def _read_observations(text: JsonText, message: _Message) -> None:
    for key in text.members():
        message.observations.add(len(message.keys) - 1, key, _texts(text.value()))


def _texts(value: Any) -> list[str | None]:
    return [as_text(each) for each in (value if isinstance(value, list) else [value])]


def _rows(frame: pl.DataFrame, message: _Message, form: SdmxJsonFormat, where: str) -> Iterator[pl.DataFrame]:
    structures = [each for each in message.structures if isinstance(each, dict)]
    if len(message.structure) != 1 or not max(message.structure) < len(structures):
        raise SourceRefused(where, "its data sets have no structure, or not the same", _REMEDY)
    structure = structures[max(message.structure)]
    dimensions = _components(structure, "dimensions", where)
    attributes = _components(structure, "attributes", where)
    measures = _components(structure, "measures", where).get("observation", [])
    values = [each.name for each in measures] if len(measures) > 1 else ["value"]
    noted = attributes.get("observation", [])
    longest = frame["cells"].list.len().max()
    if isinstance(longest, int) and longest > len(values) + len(noted):
        what = f"an observation has {longest} items, and {len(values) + len(noted)} are named in its structure"
        raise SourceRefused(where, what, _REMEDY)
    # what is said of a series is looked up once
    of_series = _by_key(message.keys, dimensions.get("series", []), form, where)
    of_whole = [
        *_by_place(message.attributes, attributes.get("series", []), form, where),
        *_by_place(message.whole, attributes.get("dataSet", []), form, where),
    ]
    for part in frame.iter_slices(PART_ROWS):
        first = pl.Series([0], dtype=pl.Int64).new_from_index(0, part.height)
        alike = [each.columns(first, form.labels, where) for each in dimensions.get("dataSet", [])]
        yield distinct(
            [
                *(column for columns in alike for column in columns),
                *(column.gather(part["series"]) for column in of_series),
                *_by_key(part["key"].to_list(), dimensions.get("observation", []), form, where),
                *(part["cells"].list.get(at, null_on_oob=True).alias(name) for at, name in enumerate(values)),
                *_by_place(part["cells"].to_list(), noted, form, where, len(values)),
                *(column.gather(part["series"]) for column in of_whole),
            ],
            where,
        )


def _by_key(
    keys: Sequence[str], dimensions: Sequence[Component], form: SdmxJsonFormat, where: str
) -> Iterator[pl.Series]:
    """Give the columns of dimensions whose places keys write one behind the other: `0:3:1`."""
    parts = pl.Series(keys, dtype=pl.String).str.split(":")
    if not dimensions:
        return
    if not (parts.list.len() == len(dimensions)).all():
        what = f"a key has not the {len(dimensions)} places that its structure names"
        raise SourceRefused(where, what, _REMEDY)
    for at, each in enumerate(dimensions):
        yield from each.columns(_places(parts.list.get(at), where), form.labels, where)


def _by_place(
    rows: Sequence[Sequence[str | None]],
    attributes: Sequence[Component],
    form: SdmxJsonFormat,
    where: str,
    skip: int = 0,
) -> Iterator[pl.Series]:
    """Give the columns of attributes, whose places or values stand in lists."""
    for at, each in enumerate(attributes, start=skip):
        cells = pl.Series(each.name, [row[at] if at < len(row) else None for row in rows], pl.String)
        if each.codes:
            yield from each.columns(_places(cells, where), form.labels, where)
        else:
            yield cells


def _places(texts: pl.Series, where: str) -> pl.Series:
    places = texts.cast(pl.Int64, strict=False)
    if places.null_count() > texts.null_count():
        raise SourceRefused(where, "a place in the cube is no whole number", "Places count from 0.")
    return places


def _components(structure: Mapping[str, Any], kind: str, where: str) -> dict[str, list[Component]]:
    """Read dimensions, attributes or measures by what they belong to: `dataSet`, `series`, `observation`."""
    levels = structure.get(kind, {})
    if not isinstance(levels, dict):
        raise SourceRefused(where, f"the {kind} of its structure are no object", _REMEDY)
    return {
        level: [_component(each, where) for each in components]
        for level, components in levels.items()
        if isinstance(components, list)
    }


def _component(each: Any, where: str) -> Component:
    if not isinstance(each, dict) or not isinstance(each.get("id"), str):
        raise SourceRefused(where, "a part of its structure has no id", _REMEDY)
    values = [value if isinstance(value, dict) else {"value": value} for value in each.get("values") or []]
    told = [[value[key] for key in ("id", "value", "name") if value.get(key) is not None] for value in values]
    return Component(
        each["id"],
        tuple((as_text(found[0]) if found else None) or "" for found in told),
        tuple(name if isinstance(name := value.get("name"), str) else None for value in values),
    )
