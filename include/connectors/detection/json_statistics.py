"""Tells cubes of statistics in JSON: JSON-stat and SDMX-JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from include.collection.formats.statistics import JsonStatFormat, SdmxJsonFormat
from include.collection.inspection import DetectedTable, Detection
from include.connectors.detection.settings import settle
from include.connectors.formats.json_stat import dataset_names, is_dataset
from include.errors import SourceRefused

_MOST_TOLD: Final = 5
KINDS: Final = ("json_stat", "sdmx_json")


def detect_statistics(name: str, document: Any, given: Mapping[str, Any]) -> Detection | None:
    """Tell a document of JSON-stat or SDMX-JSON, which may be cut off: as records its numbers lose what they are of.

    Raises:
        SourceRefused: It is a collection of JSON-stat, or is to be read as plain JSON.

    Source: JSON-stat 2.0 and 1.x (json-stat.org/full); SDMX-JSON data message 1.0 and 2.0.
    """
    kind, settings = given.get("kind"), {key: value for key, value in given.items() if key != "kind"}
    if (lists := next(filter(_is_collection, _candidates(document)), None)) is not None:
        raise SourceRefused(name, "it is a collection of JSON-stat, which lists datasets", _tell_listed(lists))
    bundled = dataset_names(document) if isinstance(document, dict) and not is_dataset(document) else []
    tables: list[DetectedTable] = []
    if kind == "sdmx_json" or (kind != "json_stat" and any(_is_sdmx(each) for each in _candidates(document))):
        title = "SDMX-JSON"
        tables.append(DetectedTable("observations", settle(SdmxJsonFormat, {}, settings)))
    elif kind == "json_stat" or bundled or is_dataset(document):
        title = "JSON-stat"
        for each in bundled or ["dataset"]:
            chosen = {"dataset": each} if len(bundled) > 1 else {}
            tables.append(DetectedTable(each, settle(JsonStatFormat, chosen, settings)))
    else:
        return None
    if kind == "json":
        what = f"it is {title}, a cube whose numbers have no names beside them"
        raise SourceRefused(name, what, "Leave `kind` out; or point `records` at what is to be read.")
    return Detection(tuple(tables), 0.95, "utf-8")


def _candidates(document: Any) -> Iterator[dict[str, Any]]:
    """Give the document and what its members hold: a message's `data`."""
    if isinstance(document, dict):
        yield document
        yield from (each for each in document.values() if isinstance(each, dict))


def _is_collection(each: dict[str, Any]) -> bool:
    if each.get("class") != "collection":
        return False
    items = each.get("link", {}).get("item") if isinstance(each.get("link"), dict) else None
    return isinstance(items, list) and any(isinstance(item, dict) and "class" in item for item in items)


def _tell_listed(collection: Mapping[str, Any]) -> str:
    """Say which addresses a collection lists: a dataset of it is what can be read."""
    items = [item for item in collection["link"]["item"] if isinstance(item, dict)]
    listed = [item["href"] for item in items if isinstance(item.get("href"), str)]
    if not listed:
        return "Get the datasets that it lists; or point `records` at what is to be read."
    more = f" and {len(listed) - _MOST_TOLD} more" if len(listed) > _MOST_TOLD else ""
    return f"Get one of the {len(listed)} that it lists: {', '.join(listed[:_MOST_TOLD])}{more}."


def _is_sdmx(each: dict[str, Any]) -> bool:
    sets = each.get("dataSets")
    return isinstance(sets, list) and any(
        isinstance(one, dict) and ("series" in one or "observations" in one) for one in sets
    )
