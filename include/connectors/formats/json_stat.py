"""Reads JSON-stat.

Source: json-stat.org/full, versions 2.0 and 1.x.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from math import prod
from typing import Any, Final

import polars as pl

from include.anonymization.telling import list_names
from include.batch import PART_ROWS
from include.collection.formats.statistics import JsonStatFormat
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.cube import Component, as_place, distinct, read_cells
from include.connectors.formats.json_cells import as_text
from include.connectors.formats.json_text import JsonText
from include.errors import SourceEmpty, SourceRefused

_HELD: Final = frozenset({"class", "id", "size", "dimension"})
_APART: Final = frozenset({"extension", "link", "note", "error", "role"})
"""Objects beside a dataset's own that are no dataset of a bundle."""

_MOST_PLACES: Final = 1 << 53


def read_json_stat(content: Content, form: JsonStatFormat) -> Iterator[pl.DataFrame]:
    """Read one dataset; see `read_frames`."""
    datasets = list(islice(_datasets(content, form.dataset), 2))
    if len(datasets) != 1:
        names = list_names([name for name, _ in datasets])
        what = f"it holds several datasets: {names}" if datasets else "the dataset that is asked for is not in it"
        raise SourceRefused(content.name, what, "Choose one by `dataset`.")
    yield from _rows(datasets[0][1], form, content)


def dataset_names(document: Mapping[str, Any]) -> list[str]:
    """Name the datasets of a bundle of JSON-stat 1.x, which may be cut off."""
    return [name for name, each in document.items() if name not in _APART and is_dataset(each)]


def is_dataset(each: Any) -> bool:
    """Say whether an object is a dataset, or the beginning of one."""
    if not isinstance(each, dict):
        return False
    dimension = each.get("dimension")
    sized = each if each.get("class") == "dataset" else dimension
    if not isinstance(dimension, dict) or not isinstance(sized, dict):
        return each.get("class") == "dataset" and isinstance(each.get("value"), dict | list)
    return isinstance(sized.get("id"), list) and isinstance(sized.get("size"), list)


def _datasets(content: Content, wanted: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    text = JsonText(content)
    if text.peek() != "{":
        raise SourceRefused(content.name, "it is no dataset of JSON-stat", "A dataset is an object.")
    parts: dict[str, Any] = {}
    for key in text.members():
        if not _take_part(text, key, parts, content.name):
            if text.peek() != "{" or key in _APART or wanted not in {None, key}:
                text.skip()
                continue
            inner: dict[str, Any] = {}
            for member in text.members():
                if not _take_part(text, member, inner, content.name):
                    text.skip()
            if "dimension" in inner:
                yield key, inner
    text.finish()
    if parts.get("class", "dataset") != "dataset":
        kind = parts["class"] if parts["class"] in {"collection", "dimension"} else "thing"
        raise SourceRefused(content.name, f"it is a {kind} of JSON-stat, and no dataset", "Get its datasets.")
    if "dimension" in parts:
        yield "dataset", parts


def _take_part(text: JsonText, key: str, parts: dict[str, Any], where: str) -> bool:
    if key in {"value", "status"} and text.peek() in {"[", "{"}:
        parts[key] = read_cells(text, key, where)
    elif key in _HELD or key == "status":
        parts[key] = text.value()
    else:
        return False
    return True


def _rows(parts: Mapping[str, Any], form: JsonStatFormat, content: Content) -> Iterator[pl.DataFrame]:
    where = content.name
    dimensions = _dimensions(parts, where)
    sizes = [len(each.codes) for each in dimensions]
    cells, status = parts.get("value"), parts.get("status")
    if not isinstance(cells, pl.DataFrame):
        raise SourceRefused(where, "its dataset has no values", "`value` is a list or an object.")
    if isinstance(status, pl.DataFrame):
        cells = cells.join(status, on="place", how="full", coalesce=True).sort("place")
    elif isinstance(status, str):
        cells = cells.with_columns(status=pl.lit(status))
    whole = prod(sizes)
    last = cells["place"].max()
    last = last if isinstance(last, int) else -1
    if whole > _MOST_PLACES or last >= whole:
        what = f"a value is of place {last}, and its dimensions have {whole} places"
        raise SourceRefused(where, what, "`size` says how many categories each dimension has.")
    if cells.is_empty():
        raise SourceEmpty(where, "the cube has no value", "Nothing can be loaded from it.")
    if cells.height < whole:
        what = f"{whole - cells.height:,} of the cube's {whole:,} cells have no value: they are no rows"
        content.issues.append(Issue(where, what))
    for part in cells.sort("place").iter_slices(PART_ROWS):
        columns: list[pl.Series] = []
        stride = whole
        for each, size in zip(dimensions, sizes, strict=True):
            stride //= size
            columns += each.columns(part["place"] // stride % size, form.labels, where)
        yield distinct([*columns, *part.drop("place")], where)


def _dimensions(parts: Mapping[str, Any], where: str) -> list[Component]:
    """Read the dimensions in their order; the last one's categories follow one another."""
    members = parts["dimension"]
    sized = parts if "id" in parts else members
    ids, sizes = (sized.get(name) if isinstance(sized, dict) else None for name in ("id", "size"))
    if not isinstance(members, dict) or not isinstance(ids, list) or not isinstance(sizes, list):
        raise SourceRefused(where, "its dataset has no `id` and `size`", "They name the dimensions and their lengths.")
    if len(ids) != len(sizes) or not ids:
        raise SourceRefused(where, f"it has {len(ids)} dimensions, and {len(sizes)} sizes", "Each has one.")
    return [_dimension(name, as_place(size, where), members, where) for name, size in zip(ids, sizes, strict=True)]


def _dimension(name: Any, size: int, members: Mapping[str, Any], where: str) -> Component:
    member = members.get(name) if isinstance(name, str) else None
    category = member.get("category") if isinstance(member, dict) else None
    if not isinstance(category, dict):
        raise SourceRefused(where, "a dimension of its `id` has no categories", "Each needs `category`.")
    labels, units = (found if isinstance(found := category.get(key), dict) else {} for key in ("label", "unit"))
    # where there is one category, its label alone may tell it
    index = category.get("index", list(labels))
    if isinstance(index, dict):
        order = {as_place(place, where): code for code, place in index.items()}
        index = [order[at] for at in sorted(order)] if len(order) == len(index) > max(order) else []
    if not isinstance(index, list) or len(index) != size or not size or len({str(code) for code in index}) < size:
        what = (
            f"dimension {list_names([str(name)])} has another number of categories than its size {size}, or one twice"
        )
        raise SourceRefused(where, what, "`index` puts each category in a place of its own, from 0.")
    codes = tuple(str(code) for code in index)
    return Component(
        str(name),
        codes,
        tuple(as_text(labels.get(code)) for code in codes),
        tuple(_unit(units.get(code)) for code in codes),
    )


def _unit(unit: Any) -> str | None:
    if not isinstance(unit, dict):
        return None
    return next((as_text(unit[key]) for key in ("label", "base", "symbol") if unit.get(key)), None)
