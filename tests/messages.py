"""Messages of flexibility for tests, what they say as other libraries read them, and their way to rows of a concept."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from openadr3.entities import coerce
from shapeshifter_uftp import uftp
from xsdata.models.datatype import XmlDate, XmlDuration

from include.cim.definition import load_definition
from include.cim.messages.isp import count_isps
from include.collection.mapping_preset import load_mapping_presets
from include.connectors.content import Content
from include.connectors.formats.choose import read_frames
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from tests.factories import a_collection, a_config
from tests.fakes import FolderStaging
from tests.fakes_ingest import GivenFrames, KnownBatches

KEPT: dict[str, Any] = {"method": "keep", "reason": "Messages of a test."}

EVENT: dict[str, Any] = {
    "id": "event-4711",
    "createdDateTime": "2026-06-11T08:00:00Z",
    "modificationDateTime": "2026-06-11T09:30:00.250Z",
    "objectType": "EVENT",
    "programID": "program-7",
    "eventName": "Evening peak",
    "priority": 0,
    "targets": ["north", "feeder 12, left"],
    "reportDescriptors": [{"payloadType": "USAGE", "readingType": "DIRECT_READ", "units": "KWH", "historical": True}],
    "payloadDescriptors": [
        {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "PRICE", "units": "KWH", "currency": "EUR"},
        {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "IMPORT_CAPACITY_LIMIT", "units": "KW"},
    ],
    "intervalPeriod": {"start": "2026-06-12T16:00:00+02:00", "duration": "PT1H", "randomizeStart": "PT5M"},
    "intervals": [
        {
            "id": 0,
            "payloads": [
                {"type": "PRICE", "values": [0.17]},
                {"type": "IMPORT_CAPACITY_LIMIT", "values": [12.5]},
                {"type": "CURVE", "values": [{"x": 0.0, "y": 1.5}, {"x": 2.0, "y": 3.25}]},
            ],
        },
        {"id": 1, "payloads": [{"type": "PRICE", "values": [-0.02]}, {"type": "SIMPLE", "values": [2]}]},
    ],
}
"""An event of OpenADR 3.1: two hours, prices, a limit, a curve, and a report that is asked for."""

REPORT: dict[str, Any] = {
    "id": "report-1",
    "createdDateTime": "2026-06-12T17:00:00Z",
    "modificationDateTime": "2026-06-12T17:00:00Z",
    "objectType": "REPORT",
    "eventID": "event-4711",
    "clientID": "client-3",
    "clientName": "ven-3",
    "reportName": "Usage of the evening",
    "payloadDescriptors": [
        {
            "objectType": "REPORT_PAYLOAD_DESCRIPTOR",
            "payloadType": "USAGE",
            "readingType": "DIRECT_READ",
            "units": "KWH",
            "accuracy": 0.5,
            "confidence": 95,
        }
    ],
    "resources": [
        {
            "resourceName": "battery",
            "intervalPeriod": {"start": "2026-06-12T14:00:00Z", "duration": "PT15M"},
            "intervals": [
                {"id": 0, "payloads": [{"type": "USAGE", "values": [1.25]}]},
                {"id": 1, "payloads": [{"type": "USAGE", "values": [0]}]},
            ],
        },
        {
            "resourceName": "ev",
            "intervals": [
                {
                    "id": 5,
                    "intervalPeriod": {"start": "2026-06-12T14:00:00Z", "duration": "PT30M"},
                    "payloads": [
                        {"type": "USAGE", "values": [3.5]},
                        {"type": "OPERATING_STATE", "values": ["RUNNING_CURTAILED"]},
                    ],
                }
            ],
        },
    ],
}
"""A report of OpenADR 3.1: two resources, whose intervals are told in the two ways that there are."""

PROGRAM: dict[str, Any] = {
    "id": "program-7",
    "createdDateTime": "2026-01-01T00:00:00Z",
    "modificationDateTime": "2026-01-02T00:00:00Z",
    "objectType": "PROGRAM",
    "programName": "Evening",
    "intervalPeriod": {"start": "2026-01-01T00:00:00Z", "duration": "P1Y"},
    "programDescriptions": [{"URL": "https://example.org/evening"}, {"URL": "https://example.org/terms"}],
    "payloadDescriptors": [
        {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "PRICE", "units": "KWH", "currency": "EUR"}
    ],
    "attributes": [
        {"type": "PROGRAM_LONG_NAME", "values": ["Evening peaks of the north"]},
        {"type": "RETAILER_NAME", "values": ["ACME"]},
        {"type": "PROGRAM_TYPE", "values": ["PRICING_TARIFF"]},
        {"type": "COUNTRY", "values": ["NL"]},
        {"type": "PRINCIPAL_SUBDIVISION", "values": ["GR"]},
        {"type": "BINDING_EVENTS", "values": [True]},
        {"type": "VOLUNTARY", "values": [1, 2]},
    ],
    "targets": ["north"],
}
"""A program of OpenADR 3.1, with an attribute that only its operator knows."""


QUARTER = timedelta(minutes=15)
AMSTERDAM = "Europe/Amsterdam"
ABOVE: dict[str, Any] = {
    "sender_domain": "dso.example.org",
    "recipient_domain": "agr.example.org",
    "time_stamp": "2026-10-24T10:00:00+02:00",
    "message_id": "4e3d5b5c-7f2a-4a0e-9a53-0d5a7a4b1c11",
    "conversation_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "isp_duration": XmlDuration("PT15M"),
    "time_zone": AMSTERDAM,
    "congestion_point": "ean.123456789012",
}


def an_order(day: date = date(2026, 6, 1), **changes: Any) -> uftp.FlexOrder:
    return uftp.FlexOrder(
        **{
            **ABOVE,
            "period": XmlDate.from_date(day),
            "isps": [
                uftp.FlexOrderISP(power=-2500000, start=1),
                uftp.FlexOrderISP(power=1234567, start=30, duration=4),
                uftp.FlexOrderISP(power=0, start=count_isps(day, AMSTERDAM, QUARTER)),
            ],
            "flex_offer_message_id": "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
            "contract_id": "contract-5",
            "d_prognosis_message_id": "9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d",
            "baseline_reference": "baseline-9",
            "price": Decimal("12.3450"),
            "currency": "EUR",
            "order_reference": "order-77",
            "option_reference": "option-2",
            "activation_factor": Decimal("0.75"),
            "service_type": "redispatch",
            "unsolicited": False,
            **changes,
        }
    )


def order_meaning(order: uftp.FlexOrder) -> dict[str, Any]:
    """What an order says, as the other implementation reads it; the same instant may have another offset."""
    told = {name: getattr(order, name) for name in order.__dataclass_fields__}
    return told | {"time_stamp": datetime.fromisoformat(order.time_stamp)}


def meaning(message: dict[str, Any]) -> Any:
    """What an object says, however it is written: judged after another library has read it."""
    read = coerce(message)
    told = read.model_dump(exclude={"intervals", "resources", "interval_period", "payload_descriptors", "raw"})
    if message["objectType"] == "EVENT":
        told["intervals"] = laid(read.interval_period, read.intervals)
    elif message["objectType"] == "REPORT":
        told["resources"] = {each.resource_name: laid(each.interval_period, each.intervals) for each in read.resources}
    else:
        told["period"] = read.interval_period.period if read.interval_period else None
    told["descriptors"] = {each["payloadType"]: each for each in message.get("payloadDescriptors", [])}
    return told


def laid(whole: Any, intervals: Any) -> list[Any]:
    """The intervals with their own times, as the standard lays them."""
    laid, follows = [], whole.start if whole else None
    for interval in intervals:
        own = interval.interval_period
        start = own.start if own and own.start else follows
        duration = own.duration if own and own.duration else whole.duration
        randomized = (own and own.randomize_start) or (whole and whole.randomize_start)
        follows = start + duration
        values = {each.type: each.values for each in interval.payloads}
        laid.append((interval.id, start, follows, randomized, values))
    return laid


def a_message_config(preset: str, form: dict[str, Any]) -> dict[str, Any]:
    """Build the configuration of a collection that reads messages; what names a person is kept."""
    kept = {
        "openadr3_reports": ("resource_id", "client_id"),
        "uftp_settlements": ("resource_id",),
        "espi_readings": ("usage_point_id",),
        "espi_registers": ("usage_point_id",),
    }
    fields = dict.fromkeys(kept.get(preset, ()), KEPT)
    return {
        "ingester": {"kind": "file", "name": "messages", "format": form},
        "mapper": {"preset": preset},
        "anonymization": {"fields": fields},
    }


def rows_of(body: bytes | list[Any] | dict[str, Any], preset: str, folder: Path, **form: Any) -> list[dict[str, Any]]:
    """Read and map messages by a preset; gives the rows in the order of their concept's key, as a dataset has them."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = load_mapping_presets()[preset].format
    collection = a_collection(config=a_config(**a_message_config(preset, {"kind": kind, **form})))
    source, mapper = collection.config.ingester, collection.config.mapper
    assert source is not None
    assert mapper is not None
    concept = load_definition().concept(mapper.concept)
    staging = FolderStaging(folder)
    frames = read_frames(Content.of(text, "messages"), source.format)
    raw = ingest(collection, GivenFrames(frames), staging, KnownBatches())
    mapped = map_to_cim(raw.ref, mapper, concept, staging, numbers=source.numbers)
    assert mapped.counts["cells_unreadable"] == 0
    rows = [row for part in mapped.ref.parts for row in staging.read(part).sort(concept.key).to_dicts()]
    assert rows
    return rows
