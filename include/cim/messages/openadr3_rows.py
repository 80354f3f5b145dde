"""Objects of OpenADR 3 as rows of text, one for each payload of each interval."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from include.cim.messages.durations import add_duration, read_instant, write_instant
from include.cim.messages.openadr3 import Event, Interval, IntervalPeriod, Payload, PayloadDescriptor, Program, Report
from include.cim.messages.openadr3_values import (
    read_targets,
    read_unit,
    read_values,
    write_json,
)

Row = dict[str, str | None]

_ATTRIBUTES = {
    "PROGRAM_LONG_NAME": "long_name",
    "RETAILER_NAME": "retailer",
    "RETAILER_LONG_NAME": "retailer_long_name",
    "PROGRAM_TYPE": "program_type",
    "COUNTRY": "country",
    "PRINCIPAL_SUBDIVISION": "subdivision",
    "BINDING_EVENTS": "binding",
    "LOCAL": "local_price",
}
"""Attributes of a 3.1 program that have a column of their own."""


def message_rows(message: Program | Event | Report) -> Iterator[Row]:
    """Give the rows of an object; every row of a kind has the same columns.

    Raises:
        ValueError: A time or duration in it is none.
    """
    match message:
        case Program():
            yield _program(message)
        case Event():
            yield from _event(message)
        case Report():
            yield from _report(message)


def _program(program: Program) -> Row:
    named = {
        "long_name": program.program_long_name,
        "retailer": program.retailer_name,
        "retailer_long_name": program.retailer_long_name,
        "program_type": program.program_type,
        "country": program.country,
        "subdivision": program.principal_subdivision,
        "binding": _truth(program.binding_events),
        "local_price": _truth(program.local_price),
    }
    others: list[Payload] = []
    for attribute in program.attributes or ():
        column = _ATTRIBUTES.get(attribute.type)
        if column is None or len(attribute.values) != 1 or isinstance(attribute.values[0], dict):
            others.append(attribute)
        else:
            (value,) = attribute.values
            named[column] = _truth(value) if isinstance(value, bool) else str(value)
    period = program.interval_period or IntervalPeriod()
    start = _instant(period.start)
    addresses = [str(each.get("URL", "")) for each in program.program_descriptions or ()]
    return {
        "id": program.id or program.program_name,
        "name": program.program_name,
        **named,
        "start": _written(start),
        "end": _written(_end(start, period.duration)),
        "descriptions": " ".join(addresses) or None,
        "payload_descriptors": write_json(program.payload_descriptors),
        "attributes": write_json(others or None),
        "targets": read_targets(program.targets),
        **_kept(program),
    }


def _event(event: Event) -> Iterator[Row]:
    above = {
        "id": event.id or event.event_name or event.program_id,
        "program_id": event.program_id,
        "name": event.event_name,
        "priority": None if event.priority is None else str(event.priority),
        "targets": read_targets(event.targets),
        "duration": event.duration,
        "report_descriptors": write_json(event.report_descriptors),
        **_kept(event),
    }
    told = {each.payload_type: each for each in event.payload_descriptors or ()}
    for interval, times in _lay(event.interval_period, event.intervals):
        for payload in interval.payloads:
            descriptor = told.get(payload.type, PayloadDescriptor(payload_type=payload.type))
            yield {**above, **times, **_payload(payload, descriptor)}


def _report(report: Report) -> Iterator[Row]:
    above = {
        "id": report.id or report.report_name or report.event_id,
        "event_id": report.event_id,
        "program_id": report.program_id,
        "client_id": report.client_id,
        "client_name": report.client_name,
        "name": report.report_name,
        **_kept(report),
    }
    told = {each.payload_type: each for each in report.payload_descriptors or ()}
    for resource in report.resources:
        for interval, times in _lay(resource.interval_period, resource.intervals):
            for payload in interval.payloads:
                descriptor = told.get(payload.type, PayloadDescriptor(payload_type=payload.type))
                yield {
                    **above,
                    "resource": resource.resource_name,
                    **times,
                    **_payload(payload, descriptor),
                    "reading_type": descriptor.reading_type,
                    "accuracy": None if descriptor.accuracy is None else str(descriptor.accuracy),
                    "confidence": None if descriptor.confidence is None else str(descriptor.confidence),
                }


def _payload(payload: Payload, descriptor: PayloadDescriptor) -> Row:
    number, text = read_values(payload.values)
    return {
        "payload_type": payload.type,
        "value": number,
        "value_text": text,
        "unit": read_unit(descriptor.units, descriptor.currency),
        "currency": descriptor.currency,
    }


def _lay(whole: IntervalPeriod | None, intervals: Sequence[Interval]) -> Iterator[tuple[Interval, Row]]:
    """Give every interval with its times: its own, or following the one before from the whole's start on."""
    whole = whole or IntervalPeriod()
    follows = _instant(whole.start)
    for interval in intervals:
        own = interval.interval_period or IntervalPeriod()
        start = _instant(own.start) if own.start else follows
        follows = _end(start, own.duration or whole.duration)
        randomized = own.randomize_start or whole.randomize_start
        yield (
            interval,
            {
                "interval_id": str(interval.id),
                "start": _written(start),
                "end": _written(follows),
                "randomize_start_s": _seconds(randomized),
            },
        )


def _instant(text: str | None) -> datetime | None:
    """Read a time; the year 1 is how OpenADR writes "now", which is no time that can be kept."""
    if text is None or text.startswith(("0000", "0001")):
        return None
    instant = read_instant(text)
    if instant is None:
        raise ValueError("a start is no time with an offset, such as 2026-01-01T00:00:00Z")
    return instant


def _end(start: datetime | None, duration: str | None) -> datetime | None:
    """Give an end; None where there is none: for ever, or at once."""
    if start is None or duration is None:
        return None
    end = add_duration(start, duration)
    return end if end is None or end > start else None


def _seconds(duration: str | None) -> str | None:
    if duration is None:
        return None
    begun = datetime(2000, 1, 1, tzinfo=UTC)
    ended = add_duration(begun, duration)
    return str((ended - begun).total_seconds()) if ended else None


def _written(instant: datetime | None) -> str | None:
    return write_instant(instant) if instant else None


def _truth(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _kept(message: Program | Event | Report) -> Row:
    return {
        "created": _written(_instant(message.created_date_time)),
        "modified": _written(_instant(message.modification_date_time)),
    }
