"""Rows of flexibility concepts as objects of OpenADR 3.1."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Final

from include.cim.messages.durations import write_duration, write_instant
from include.cim.messages.openadr3 import (
    Event,
    Interval,
    IntervalPeriod,
    Payload,
    PayloadDescriptor,
    Program,
    Report,
    ReportResource,
    write_message,
)
from include.cim.messages.openadr3_values import write_targets, write_unit, write_values

Row = Mapping[str, Any]

_ATTRIBUTES: Final = {
    "long_name": "PROGRAM_LONG_NAME",
    "operator": "RETAILER_NAME",
    "operator_long_name": "RETAILER_LONG_NAME",
    "program_type": "PROGRAM_TYPE",
    "country": "COUNTRY",
    "subdivision": "PRINCIPAL_SUBDIVISION",
    "binding": "BINDING_EVENTS",
    "local_price": "LOCAL",
}
"""Field of `flexibility_program` → attribute of a 3.1 program."""


def write_openadr3(concept: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Write rows of a concept, in the order of its key, as the objects that they came from.

    Args:
        concept: One of `OPENADR3_CONCEPTS`.

    Raises:
        ValueError: An object lacks what the standard asks for; names it.
    """
    key, write = _WRITERS[concept]
    written = []
    for identity, group in groupby(rows, key=lambda row: row[key]):
        try:
            written.append(write_message(write(list(group))))
        except ValueError as error:
            raise ValueError(f"{key} {identity}: {error}") from None
    return written


def _program(rows: Sequence[Row]) -> Program:
    (row,) = rows
    attributes = [
        Payload(type=name, values=[row[field]]) for field, name in _ATTRIBUTES.items() if row[field] is not None
    ]
    attributes += [Payload.model_validate(each) for each in json.loads(row["attributes"] or "[]")]
    addresses = (row["page_addresses"] or "").split()
    return Program(
        **_kept(row, "program_id", named=row["name"]),
        program_name=row["name"],
        interval_period=_period(row["interval_start"], row["interval_end"]) if row["interval_start"] else None,
        program_descriptions=[{"URL": address} for address in addresses] or None,
        payload_descriptors=json.loads(row["payload_descriptors"]) if row["payload_descriptors"] else None,
        attributes=attributes or None,
        targets=write_targets(row["targets"]),
    )


def _event(rows: Sequence[Row]) -> Event:
    row = rows[0]
    if row["program_id"] is None:
        raise ValueError("an event of OpenADR belongs to a program, and no `program_id` is there")
    period, intervals = _intervals(rows)
    return Event(
        **_kept(row, "event_id", named=row["name"] or row["program_id"]),
        programID=row["program_id"],
        event_name=row["name"],
        duration=row["repeat_duration"],
        priority=row["priority"],
        targets=write_targets(row["targets"]),
        report_descriptors=json.loads(row["report_requests"]) if row["report_requests"] else None,
        payload_descriptors=_descriptors(rows, "EVENT_PAYLOAD_DESCRIPTOR"),
        interval_period=period,
        intervals=intervals,
    )


def _report(rows: Sequence[Row]) -> Report:
    row = rows[0]
    missing = [name for name in ("event_id", "client_name") if row[name] is None]
    if missing:
        raise ValueError(f"a report of OpenADR names its event and its client, and there is no `{missing[0]}`")
    resources = []
    for resource, group in groupby(rows, key=lambda each: each["resource_id"]):
        period, intervals = _intervals(list(group))
        resources.append(ReportResource(resource_name=resource, interval_period=period, intervals=intervals))
    return Report(
        **_kept(row, "report_id", named=row["name"] or row["event_id"]),
        programID=row["program_id"],
        eventID=row["event_id"],
        clientID=row["client_id"],
        client_name=row["client_name"],
        report_name=row["name"],
        payload_descriptors=_descriptors(rows, "REPORT_PAYLOAD_DESCRIPTOR"),
        resources=resources,
    )


_WRITERS: Final[Mapping[str, tuple[str, Callable[[Sequence[Row]], Program | Event | Report]]]] = {
    "flexibility_program": ("program_id", _program),
    "flexibility_event": ("event_id", _event),
    "flexibility_report": ("report_id", _report),
}
OPENADR3_CONCEPTS: Final = tuple(_WRITERS)


def _kept(row: Row, key: str, *, named: str | None) -> dict[str, Any]:
    """Give what a VTN keeps of an object; one that never had an id goes by its name, and gets none."""
    return {
        "id": None if row[key] == named and row["created_at"] is None else row[key],
        "created_date_time": write_instant(row["created_at"]) if row["created_at"] else None,
        "modification_date_time": write_instant(row["modified_at"]) if row["modified_at"] else None,
    }


def _intervals(rows: Sequence[Row]) -> tuple[IntervalPeriod | None, list[Interval]]:
    """Give the intervals in the order of time; where they follow one another, one period says when."""
    groups = [
        (times, list(group))
        for times, group in groupby(
            sorted(rows, key=lambda row: (row["interval_start"], row["interval_id"] or 0)),
            key=lambda row: (
                row["interval_start"],
                row["interval_end"],
                row["interval_id"],
                row.get("randomize_start"),
            ),
        )
    ]
    spans = [(start, end, randomized) for (start, end, _, randomized), _ in groups]
    even = all(
        one[1] is not None and one[1] == other[0] and one[2] == other[2] and one[1] - one[0] == _length(other)
        for one, other in pairwise(spans)
    )
    period = _period(*spans[0])
    intervals = [
        Interval(
            id=number if identity is None else identity,
            interval_period=None if even else _period(start, end, randomized),
            payloads=[Payload(type=row["value_type"], values=_values(row)) for row in group],
        )
        for number, ((start, end, identity, randomized), group) in enumerate(groups)
    ]
    return period if even else None, intervals


def _length(span: tuple[datetime, datetime | None, float | None]) -> timedelta | None:
    start, end, _ = span
    return end - start if end is not None else None


def _period(start: datetime, end: datetime | None, randomized: float | None = None) -> IntervalPeriod:
    return IntervalPeriod(
        start=write_instant(start),
        duration=write_duration(end - start if end else timedelta(0)),
        randomize_start=write_duration(timedelta(seconds=randomized)) if randomized is not None else None,
    )


def _values(row: Row) -> list[Any]:
    if row["value"] is None and row["value_text"] is None:
        return write_values(row["power"], None)
    return write_values(row["value"], row["value_text"])


def _descriptors(rows: Sequence[Row], object_type: str) -> list[PayloadDescriptor] | None:
    told: dict[str, PayloadDescriptor] = {}
    for row in rows:
        in_power = row["value"] is None and row["value_text"] is None
        descriptor = PayloadDescriptor(
            object_type=object_type,
            payload_type=row["value_type"],
            units="KW" if in_power else write_unit(row["value_unit"], row["currency"]),
            currency=None if in_power else row["currency"],
            reading_type=row.get("reading_type"),
            accuracy=row.get("accuracy"),
            confidence=row.get("confidence"),
        )
        if told.setdefault(descriptor.payload_type, descriptor) != descriptor:
            raise ValueError(f"its values of {descriptor.payload_type} are described in two ways; a message has one")
    bare = {"object_type", "payload_type"}
    return [each for each in told.values() if each.model_dump(exclude=bare, exclude_none=True)] or None
