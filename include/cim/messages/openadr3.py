"""Programs, events and reports of OpenADR 3, as a VTN gives them and takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

Name = Annotated[str, Field(min_length=1, max_length=128)]


class _Part(BaseModel):
    """A part of a message. Members that the standard does not have are left out, as it allows."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")


class IntervalPeriod(_Part):
    """When an interval begins, and how long it is; what an interval lacks is that of the whole it belongs to."""

    start: str | None = None
    duration: str | None = None
    randomize_start: str | None = None


class Payload(_Part):
    """Values of one type: numbers, texts, truths, or points; there may be none."""

    type: Name
    values: list[Any]


class Interval(_Part):
    """One interval, with a payload for each type of value."""

    id: int = 0
    interval_period: IntervalPeriod | None = None
    payloads: list[Payload] = []


class PayloadDescriptor(_Part):
    """What the values of a type are in: of an event with a currency, of a report with how they were read."""

    object_type: str = "EVENT_PAYLOAD_DESCRIPTOR"
    payload_type: Name
    units: str | None = None
    currency: str | None = None
    reading_type: str | None = None
    accuracy: float | None = None
    confidence: int | None = None


class _Object(_Part):
    """What a VTN gives an id and keeps; a client that makes one leaves id and times out."""

    id: Name | None = None
    created_date_time: str | None = None
    modification_date_time: str | None = None


class Program(_Object):
    """An agreement. Version 3.1 has attributes where 3.0 had the members below them."""

    object_type: Literal["PROGRAM"] = "PROGRAM"
    program_name: Name
    interval_period: IntervalPeriod | None = None
    program_descriptions: list[Mapping[str, Any]] | None = None
    payload_descriptors: list[Mapping[str, Any]] | None = None
    attributes: list[Payload] | None = None
    targets: list[Any] | None = None
    program_long_name: str | None = None
    retailer_name: str | None = None
    retailer_long_name: str | None = None
    program_type: str | None = None
    country: str | None = None
    principal_subdivision: str | None = None
    binding_events: bool | None = None
    local_price: bool | None = None


class Event(_Object):
    """What is asked; intervals without a start follow one another from the event's start on."""

    object_type: Literal["EVENT"] = "EVENT"
    program_id: Name = Field(alias="programID")
    event_name: str | None = None
    duration: str | None = None
    priority: int | None = Field(None, ge=0)
    targets: list[Any] | None = None
    report_descriptors: list[Mapping[str, Any]] | None = None
    payload_descriptors: list[PayloadDescriptor] | None = None
    interval_period: IntervalPeriod | None = None
    intervals: list[Interval] = []


class ReportResource(_Part):
    """What one resource reports."""

    resource_name: Name
    interval_period: IntervalPeriod | None = None
    intervals: list[Interval] = []


class Report(_Object):
    """What was done. Version 3.0 names the program as well."""

    object_type: Literal["REPORT"] = "REPORT"
    program_id: Name | None = Field(None, alias="programID")
    event_id: Name = Field(alias="eventID")
    client_id: Name | None = Field(None, alias="clientID")
    client_name: Name
    report_name: str | None = None
    payload_descriptors: list[PayloadDescriptor] | None = None
    resources: list[ReportResource] = []


Kind = Literal["program", "event", "report"]
_MODELS: dict[Kind, type[Program | Event | Report]] = {"program": Program, "event": Event, "report": Report}


def kind_of(plain: Any) -> Kind | None:
    """Say what an object is, by its `objectType` or, where a client left that out, by its members; None: no message.

    Example:
        >>> kind_of({"eventID": "7", "clientName": "ven", "resources": []})
        'report'
    """
    if not isinstance(plain, Mapping):
        return None
    told = str(plain.get("objectType", "")).lower()
    if told:
        return next((kind for kind in _MODELS if kind == told), None)
    if "resources" in plain and "clientName" in plain:
        return "report"
    if "intervals" in plain and "programID" in plain:
        return "event"
    return "program" if "programName" in plain else None


def unwrap(plain: Any) -> tuple[Any, bool]:
    """Give the object that a notification of a VTN is about, and whether it was deleted; anything else as it is."""
    if isinstance(plain, Mapping) and {"object", "operation"} <= set(plain):
        return plain["object"], plain["operation"] == "DELETE"
    return plain, False


def read_message(plain: Mapping[str, Any], kind: Kind) -> Program | Event | Report:
    """Read an object.

    Raises:
        ValueError: It is not as the standard has it; says where and what, never a value.
    """
    try:
        return _MODELS[kind].model_validate({**plain, "objectType": kind.upper()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"]) or kind
        raise ValueError(f"{where}: {first['msg'].lower()}") from None


def unknown_members(plain: Mapping[str, Any], kind: Kind) -> set[str]:
    """Give the names of members that the standard's object of this kind does not have, and that are left out."""
    return {name for name in plain if name not in {field.alias for field in _MODELS[kind].model_fields.values()}}


def write_message(message: Program | Event | Report) -> dict[str, Any]:
    """Write an object as JSON has it; what it lacks is left out."""
    return message.model_dump(by_alias=True, exclude_none=True)
