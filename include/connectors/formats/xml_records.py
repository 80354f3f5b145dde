"""Reads records in XML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

import polars as pl

from include.anonymization.telling import tell_name
from include.collection.formats.xml_records import XmlFormat
from include.connectors.content import Content
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.xml_stream import Path, flatten_element, local_name, read_elements, text_of
from include.errors import SourceRefused


def read_xml(content: Content, form: XmlFormat) -> Iterator[pl.DataFrame]:
    """Read records; see `read_frames`."""
    return tabulate(_rows(content, form), content.name)


def _rows(content: Content, form: XmlFormat) -> Iterator[Row]:
    records = tuple(form.records.strip("/").split("/"))
    leave_out = frozenset(form.leave_out)
    met: set[Path] = set()

    def wanted(path: Path) -> bool:
        if len(met) < 200:
            met.add(path)
        return path == records

    number = 0
    for _, around, element in read_elements(content, wanted):
        if form.namespace is not None and not str(element.tag).startswith(f"{{{form.namespace}}}"):
            continue
        number += 1
        row = flatten_element(element, leave_out=leave_out)
        own = text_of(element)
        if own is not None or not (row or len(element)):
            row[local_name(element)] = own
        if form.inherit:
            row = {**_inherited(around, records, content.name, number, row), **row}
        yield row
    if number == 0:
        there = ", ".join(sorted("/" + "/".join(path) for path in met)[:20])
        raise SourceRefused(content.name, f"there is no element at {form.records}", f"There are {there}.")


def _inherited(around: Sequence[Element], records: Path, where: str, number: int, own: Row) -> dict[str, str | None]:
    """Give what stands around a record; its column is called after the element that it belongs to."""
    row: dict[str, str | None] = {}
    for depth, element in enumerate(around):
        name = local_name(element)
        cells = flatten_element(element, f"{name}.", frozenset({f"{name}.{records[depth + 1]}"}))
        if twice := cells.keys() & (row.keys() | own.keys()):
            raise SourceRefused(
                where,
                f"record {number} has a value {tell_name(min(twice))} and inherits one",
                "Set `inherit` to false.",
            )
        row.update(cells)
    return row
