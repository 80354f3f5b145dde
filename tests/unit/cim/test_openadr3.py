"""Objects of OpenADR 3 become rows, and the rows objects that say the same, as another library reads them."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from include.cim.messages.write_openadr3 import write_openadr3
from tests.messages import EVENT, PROGRAM, REPORT, meaning, rows_of


@pytest.mark.parametrize(
    ("message", "preset", "concept"),
    [
        pytest.param(EVENT, "openadr3_events", "flexibility_event", id="an event"),
        pytest.param(REPORT, "openadr3_reports", "flexibility_report", id="a report"),
        pytest.param(PROGRAM, "openadr3_programs", "flexibility_program", id="a program"),
    ],
)
def test_a_message_says_the_same_after_its_way_through_rows(
    message: dict[str, Any], preset: str, concept: str, tmp_path: Path
) -> None:
    (written,) = write_openadr3(concept, rows_of(message, preset, tmp_path))
    assert meaning(written) == meaning(message)


def test_an_event_is_a_row_for_each_payload_of_each_interval(tmp_path: Path) -> None:
    rows = rows_of(EVENT, "openadr3_events", tmp_path)
    told = [(row["value_type"], row["interval_start"].hour, row["value"], row["value_unit"]) for row in rows]
    assert told == [
        ("CURVE", 14, None, None),
        ("IMPORT_CAPACITY_LIMIT", 14, 12.5, "kW"),
        ("PRICE", 14, 0.17, "EUR/kWh"),
        ("PRICE", 15, -0.02, "EUR/kWh"),
        ("SIMPLE", 15, 2.0, None),
    ]
    assert [row["power"] for row in rows] == [None, 12.5, None, None, None]
    assert rows[0]["interval_end"] == datetime(2026, 6, 12, 15, tzinfo=UTC)
    assert rows[0]["randomize_start"] == 300.0


def test_many_messages_come_back_one_by_one(tmp_path: Path) -> None:
    events = [{**EVENT, "id": f"event-{number}"} for number in range(20)]
    written = write_openadr3("flexibility_event", rows_of(events, "openadr3_events", tmp_path))
    expected = {event["id"]: meaning(event) for event in events}
    assert {event["id"]: meaning(event) for event in written} == expected


TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=20)
NUMBER = st.integers(-(2**50), 2**50) | st.floats(-1e12, 1e12, allow_nan=False)
VALUES = (
    st.lists(NUMBER, min_size=1, max_size=1)
    | st.lists(TEXT, min_size=1, max_size=1)
    | st.lists(NUMBER | TEXT | st.booleans(), max_size=3)
)
PAYLOADS = st.dictionaries(st.sampled_from(["OURS", "THEIRS", "OTHERS"]), VALUES, min_size=1)
LENGTHS = st.sampled_from(["PT5M", "PT1H", "P1D", "PT0.5S"])


@st.composite
def an_event(draw: st.DrawFn) -> dict[str, Any]:
    """Build an event whose intervals follow one another, or begin when they say."""
    count = draw(st.integers(1, 4))
    intervals: list[dict[str, Any]] = [
        {"id": number, "payloads": [{"type": kind, "values": values} for kind, values in draw(PAYLOADS).items()]}
        for number in range(count)
    ]
    event = {**EVENT, "intervals": intervals, "targets": draw(st.lists(TEXT.map(str.strip).filter(bool), min_size=1))}
    event["intervalPeriod"] = {"start": "2026-03-28T23:00:00+01:00", "duration": draw(LENGTHS)}
    if draw(st.booleans()):
        for number, interval in enumerate(intervals):
            start = datetime(2026, 3, 28, tzinfo=UTC) + timedelta(days=2 * number, minutes=draw(st.integers(0, 1439)))
            interval["intervalPeriod"] = {"start": start.isoformat(), "duration": draw(LENGTHS)}
    return event


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=an_event())
def test_any_event_says_the_same_after_its_way_through_rows(event: dict[str, Any], tmp_path: Path) -> None:
    (written,) = write_openadr3("flexibility_event", rows_of(event, "openadr3_events", tmp_path))
    kinds = {payload["type"] for interval in event["intervals"] for payload in interval["payloads"]}
    described = [each for each in event["payloadDescriptors"] if each["payloadType"] in kinds]
    assert meaning(written) == meaning({**event, "payloadDescriptors": described})


@pytest.mark.parametrize(
    ("message", "preset", "concept"),
    [(EVENT, "openadr3_events", "flexibility_event"), (REPORT, "openadr3_reports", "flexibility_report")],
)
def test_a_payload_without_values_is_a_row_and_comes_back(
    message: dict[str, Any], preset: str, concept: str, tmp_path: Path
) -> None:
    bare = deepcopy(message)
    (bare["resources"][0] if "resources" in bare else bare)["intervals"][0]["payloads"][0]["values"] = []
    rows = rows_of(bare, preset, tmp_path)
    assert [row["value"] for row in rows if row["value_text"] == "[]"] == [None]
    (written,) = write_openadr3(concept, rows)
    assert meaning(written) == meaning(bare)


def test_what_a_client_sends_has_no_id_and_gets_none(tmp_path: Path) -> None:
    sent = {key: value for key, value in REPORT.items() if key not in {"id", "createdDateTime", "modificationDateTime"}}
    (written,) = write_openadr3("flexibility_report", rows_of(sent, "openadr3_reports", tmp_path))
    assert "id" not in written
    assert meaning(written) == meaning(sent)


def test_a_program_of_3_0_becomes_one_of_3_1(tmp_path: Path) -> None:
    old = {
        "id": "44",
        "objectType": "PROGRAM",
        "programName": "ResTOU",
        "programLongName": "Residential Time of Use-A",
        "retailerName": "ACME",
        "programType": "PRICING_TARIFF",
        "country": "US",
        "principalSubdivision": "CO",
        "bindingEvents": False,
        "localPrice": False,
        "targets": [{"type": "GROUP", "values": ["home", "shop"]}],
    }
    (written,) = write_openadr3("flexibility_program", rows_of(old, "openadr3_programs", tmp_path))
    assert {each["type"]: each["values"] for each in written["attributes"]} == {
        "PROGRAM_LONG_NAME": ["Residential Time of Use-A"],
        "RETAILER_NAME": ["ACME"],
        "PROGRAM_TYPE": ["PRICING_TARIFF"],
        "COUNTRY": ["US"],
        "PRINCIPAL_SUBDIVISION": ["CO"],
        "BINDING_EVENTS": [False],
        "LOCAL": [False],
    }
    assert written["targets"] == ["GROUP=home", "GROUP=shop"]


def test_intervals_that_do_not_follow_one_another_have_their_own_times(tmp_path: Path) -> None:
    gap = deepcopy(EVENT)
    gap["intervals"][1]["intervalPeriod"] = {"start": "2026-06-12T20:00:00Z", "duration": "PT15M"}
    (written,) = write_openadr3("flexibility_event", rows_of(gap, "openadr3_events", tmp_path))
    assert "intervalPeriod" not in written
    gap["intervals"][1]["intervalPeriod"]["randomizeStart"] = "PT5M"
    assert meaning(written) == meaning(gap)


@pytest.mark.parametrize("duration", ["PT0S", "P9999Y"])
def test_an_interval_without_an_end_has_none(duration: str, tmp_path: Path) -> None:
    endless = deepcopy(EVENT)
    endless["intervals"] = endless["intervals"][:1]
    endless["intervalPeriod"]["duration"] = duration
    rows = rows_of(endless, "openadr3_events", tmp_path)
    assert {row["interval_end"] for row in rows} == {None}
    (written,) = write_openadr3("flexibility_event", rows)
    assert written["intervalPeriod"]["duration"] == "PT0S"


def test_an_order_of_power_becomes_an_event_in_kilowatts() -> None:
    row = dict.fromkeys(rows_fields())
    row |= {
        "event_id": "o-1",
        "program_id": "c-1",
        "value_type": "DISPATCH_SETPOINT",
        "interval_start": datetime(2026, 1, 1, tzinfo=UTC),
        "interval_end": datetime(2026, 1, 1, 1, tzinfo=UTC),
        "power": -3.5,
    }
    (written,) = write_openadr3("flexibility_event", [row])
    assert written["payloadDescriptors"] == [
        {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "DISPATCH_SETPOINT", "units": "KW"}
    ]
    assert written["intervals"][0]["payloads"] == [{"type": "DISPATCH_SETPOINT", "values": [-3.5]}]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param([{"program_id": None}], "program_id", id="an event of no program"),
        pytest.param([{"value": None, "value_text": None}], "neither a number nor a text", id="a row without a value"),
        pytest.param([{}, {"value_unit": "MW"}], "described in two ways", id="two units of one type"),
    ],
)
def test_rows_that_make_no_message_are_told_by_their_event(changes: list[dict[str, Any]], says: str) -> None:
    whole = dict.fromkeys(rows_fields())
    whole |= {
        "event_id": "e-1",
        "program_id": "p-1",
        "value_type": "DISPATCH_SETPOINT",
        "interval_start": datetime(2026, 1, 1, tzinfo=UTC),
        "value": 1.0,
        "value_unit": "kW",
    }
    with pytest.raises(ValueError, match=rf"event_id e-1: .*{says}"):
        write_openadr3("flexibility_event", [{**whole, **change} for change in changes])


def rows_fields() -> list[str]:
    from include.cim.definition import load_definition

    return list(load_definition().concept("flexibility_event").fields)
