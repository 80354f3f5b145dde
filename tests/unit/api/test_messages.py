"""Datasets of flexibility over HTTP as messages: whole ones, page after page, and refusals that say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from include.cim.definition import load_definition
from tests.factories import DATASET_ID
from tests.interface import Interface

RECORDS = f"/dataset/{DATASET_ID}/records"
START = datetime(2026, 6, 1, tzinfo=UTC)


def an_event_row(event: int, hour: int, **changes: Any) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(load_definition().concept("flexibility_event").fields)
    return row | {
        "event_id": f"event-{event}",
        "program_id": "program",
        "value_type": "PRICE",
        "interval_start": START + timedelta(hours=hour),
        "interval_end": START + timedelta(hours=hour + 1),
        "value": float(hour),
        **changes,
    }


@pytest.fixture
def interface() -> Interface:
    """Five events of three hours each."""
    interface = Interface()
    of = interface.services.datasets.rows
    of[DATASET_ID] = replace(of[DATASET_ID], concept="flexibility_event")
    rows = [an_event_row(event, hour) for event in range(5) for hour in range(3)]
    interface.services.records.rows[DATASET_ID] = rows
    return interface


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 15, 100])
def test_every_page_is_of_whole_events_and_the_links_lead_through_all(interface: Interface, limit: int) -> None:
    client, path, events = interface.client(), f"{RECORDS}?format=openadr3&limit={limit}", []
    while path:
        answer = client.get(path)
        events += answer.json()
        path = answer.links.get("next", {}).get("url")
    assert [event["eventName" if "eventName" in event else "id"] for event in events] == [
        f"event-{number}" for number in range(5)
    ]
    assert all([each["payloads"][0]["values"] for each in event["intervals"]] == [[0], [1], [2]] for event in events)


def test_orders_are_xml(interface: Interface) -> None:
    order = {
        "message_type": "flex_order",
        "value_type": "POWER",
        "power": 1.5,
        "price": 2.0,
        "currency": "EUR",
        "sender": "dso.example.org",
        "recipient": "agr.example.org",
        "created_at": START,
        "conversation_id": "0f8fad5b-d9cb-469f-a165-70867728950e",
        "isp_duration": 60.0,
        "timezone": "Europe/Amsterdam",
        "congestion_point": "ean.123456789012",
        "order_reference": "o",
        "unsolicited": True,
    }
    rows = [an_event_row(0, hour, **order) for hour in range(3)]
    interface.services.records.rows[DATASET_ID] = rows
    answer = interface.client().get(RECORDS, params={"format": "uftp"})
    assert answer.headers["content-type"].startswith("application/xml")
    assert [isp.get("Start") for isp in fromstring(answer.text)] == ["3", "4", "5"]


@pytest.mark.parametrize(
    ("concept", "parameters", "says"),
    [
        pytest.param("meter_reading", {"format": "openadr3"}, "openadr3 writes no meter_reading", id="no flexibility"),
        pytest.param("flexibility_report", {"format": "uftp"}, "uftp writes no flexibility_report", id="no orders"),
        pytest.param("flexibility_event", {"format": "uftp"}, "it is no order", id="events that are no orders"),
        pytest.param("flexibility_event", {"format": "openadr3", "fields": "value"}, "all fields", id="some fields"),
    ],
)
def test_what_makes_no_message_is_refused_with_the_reason(
    interface: Interface, concept: str, parameters: dict[str, str], says: str
) -> None:
    of = interface.services.datasets.rows
    of[DATASET_ID] = replace(of[DATASET_ID], concept=concept)
    answer = interface.client().get(RECORDS, params=parameters)
    assert answer.status_code == 422
    assert says in answer.text


def test_accept_alone_gives_rows(interface: Interface) -> None:
    answer = interface.client().get(RECORDS, headers={"Accept": "application/xml"})
    assert "records" in answer.json()
