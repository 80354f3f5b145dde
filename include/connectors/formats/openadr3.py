"""Reads objects of OpenADR 3."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl

from include.cim.messages.openadr3 import Event, Kind, kind_of, read_message, unknown_members, unwrap
from include.cim.messages.openadr3_rows import message_rows
from include.collection.formats.openadr3 import OpenAdr3Format
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.json_text import JsonText, Number
from include.connectors.formats.records import Row, tabulate
from include.errors import SourceEmpty, SourceRefused


def read_openadr3(content: Content, form: OpenAdr3Format) -> Iterator[pl.DataFrame]:
    """Read programs, events or reports; see `read_frames`. Every frame of a kind has the same columns."""
    return tabulate(_rows(content, form), content.name)


def read_objects(content: Content) -> Iterator[Any]:
    """Give one object after the other, of a list or not; numbers as exact decimals. What was deleted is left out."""
    text, deleted = JsonText(content), 0
    while text.peek():
        for each in text.items() if text.peek() == "[" else iter([text.value()]):
            plain, gone = unwrap(_exact(each))
            deleted += gone
            if not gone:
                yield plain
    if deleted:
        what = f"{deleted} notifications say that an object was deleted: they are left out"
        content.issues.append(Issue(content.name, what, "What was loaded of it before is still there."))


def _rows(content: Content, form: OpenAdr3Format) -> Iterator[Row]:
    wanted: Kind | None = form.object
    number = given = rowless = lasting = 0
    left_out: set[str] = set()
    named: set[str] = set()
    for number, plain in enumerate(content.count_records(read_objects(content)), start=1):
        where = f"{content.name}, object {number}"
        kind = kind_of(plain)
        if kind is None:
            raise SourceRefused(where, "it is no program, event or report of OpenADR 3", "Its objectType says which.")
        wanted = wanted or kind
        if kind != wanted:
            if form.object is None:
                raise SourceRefused(
                    where, f"it is a {kind}, and those before are {wanted}s", "Set `object` to the kind to be read."
                )
            continue
        try:
            message = read_message(plain, kind)
            rows = list(message_rows(message))
        except ValueError as error:
            raise SourceRefused(where, str(error), f"It is read as a {kind} of OpenADR 3.") from None
        if message.id is None and rows:
            if rows[0]["id"] in named:
                raise SourceRefused(where, "it has no id, and the name of one before it", "Give each an id.")
            named.add(rows[0]["id"] or "")
        left_out |= unknown_members(plain, kind)
        lasting += isinstance(message, Event) and message.duration is not None
        rowless += not rows
        given += len(rows)
        yield from rows
    if left_out:
        what = f"members that OpenADR 3 does not have are left out: {', '.join(sorted(left_out)[:20])}"
        content.issues.append(Issue(content.name, what, "Read it as `kind: json` where they matter."))
    if lasting:
        what = f"{lasting} events have a `duration`, which repeats their intervals or cuts them off"
        content.issues.append(Issue(content.name, what, "The intervals are given as written; see `duration`."))
    if rowless and given:
        what = f"{rowless} {wanted}s have no interval with a payload, and give no row"
        content.issues.append(Issue(content.name, what))
    if not given:
        what = f"there is no {wanted} with a value among its {number} objects" if number else "there is no object in it"
        raise SourceEmpty(content.name, what, "Nothing can be loaded from it.")


def _exact(value: Any) -> Any:
    if isinstance(value, Number):
        return Decimal(value)
    if isinstance(value, list):
        return [_exact(each) for each in value]
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in value.items()}
    return value
