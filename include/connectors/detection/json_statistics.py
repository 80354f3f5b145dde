"""Tells cubes of statistics in JSON, whose numbers lie apart from the names of their rows and columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from include.errors import SourceRefused

_CSV: Final = (
    "Have the service send CSV: Eurostat by `format=SDMX-CSV`, PxWeb by `outputFormat=csv`, others of JSON-stat by a "
    "converter of json-stat.org; or point `records` at what is to be read."
)
_SDMX_CSV: Final = (
    "Have the service send CSV: header `Accept: application/vnd.sdmx.data+csv`, or `format=csv`; or point `records` at "
    "what is to be read."
)


def refuse_statistics(name: str, document: Any) -> None:
    """Refuse a document of JSON-stat or SDMX-JSON: read as records, its numbers would lose what they are of.

    Raises:
        SourceRefused: It is one; says what to ask the service for.

    Source: JSON-stat 2.0 and 1.x (json-stat.org/full); SDMX-JSON data message 1.0 and 2.0.
    """
    for each in _candidates(document):
        if _is_json_stat(each):
            raise SourceRefused(name, "it is JSON-stat, a cube whose numbers have no names beside them", _CSV)
        if _is_sdmx(each):
            raise SourceRefused(name, "it is SDMX-JSON, whose numbers have places in a structure for names", _SDMX_CSV)


def _candidates(document: Any) -> Iterator[dict[str, Any]]:
    """Give the document and what its members hold: a bundle's datasets, a message's `data`."""
    if isinstance(document, dict):
        yield document
        yield from (each for each in document.values() if isinstance(each, dict))


def _is_json_stat(each: dict[str, Any]) -> bool:
    if each.get("class") == "collection":
        items = each.get("link", {}).get("item") if isinstance(each.get("link"), dict) else None
        return isinstance(items, list) and any(isinstance(item, dict) and "class" in item for item in items)
    dimension = each.get("dimension")
    sized = each if each.get("class") == "dataset" else dimension
    if not isinstance(dimension, dict) or not isinstance(sized, dict):
        return each.get("class") == "dataset" and isinstance(each.get("value"), dict | list)
    return isinstance(sized.get("id"), list) and isinstance(sized.get("size"), list)


def _is_sdmx(each: dict[str, Any]) -> bool:
    sets = each.get("dataSets")
    return isinstance(sets, list) and any(
        isinstance(one, dict) and ("series" in one or "observations" in one) for one in sets
    )
