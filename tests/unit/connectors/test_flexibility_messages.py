"""Messages of flexibility are told from other JSON and XML, and read in bounded steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from include.collection.formats.openadr3 import OpenAdr3Format
from include.collection.formats.uftp import UftpFormat
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.inspect import inspect_source
from include.connectors.detection.sample import take_sample
from include.connectors.formats.choose import read_frames
from include.connectors.formats.openadr3 import read_objects
from include.errors import SourceEmpty, SourceRefused
from tests.messages import EVENT, PROGRAM, REPORT

ORDER = """<?xml version="1.0"?>
<FlexOrder Version="3.1.0" SenderDomain="dso.example.org" RecipientDomain="agr.example.org"
  TimeStamp="2026-05-31T10:00:00Z" MessageID="4e3d5b5c-7f2a-4a0e-9a53-0d5a7a4b1c11"
  ConversationID="0f8fad5b-d9cb-469f-a165-70867728950e" ISP-Duration="PT15M" TimeZone="Europe/Amsterdam"
  Period="2026-06-01" CongestionPoint="ean.123456789012" Price="1.5" Currency="EUR" OrderReference="o"
  Unsolicited="true">
  <ISP Power="1000" Start="1" Duration="2"/>
</FlexOrder>"""


def detected(body: str | bytes, **given: Any) -> list[Any]:
    content = body.encode() if isinstance(body, str) else body
    return [table.form for table in detect(take_sample("m", lambda: Content.of(content, "m")), given).tables]


def kinds(body: str) -> list[str]:
    return [form.kind for form in detected(body)]


@pytest.mark.parametrize(
    ("body", "forms"),
    [
        pytest.param(json.dumps(EVENT), [OpenAdr3Format(object="event")], id="one event"),
        pytest.param(json.dumps([REPORT, REPORT]), [OpenAdr3Format(object="report")], id="a list of reports"),
        pytest.param(
            "\n".join(map(json.dumps, [PROGRAM, EVENT])),
            [OpenAdr3Format(object="program"), OpenAdr3Format(object="event")],
            id="a program and an event, one after the other",
        ),
        pytest.param(
            json.dumps({"objectType": "EVENT", "operation": "CREATE", "object": EVENT}),
            [OpenAdr3Format(object="event")],
            id="what a VTN notifies of",
        ),
        pytest.param(
            json.dumps({key: value for key, value in EVENT.items() if key not in {"id", "objectType"}}),
            [OpenAdr3Format(object="event")],
            id="an event as a client sends it",
        ),
        pytest.param(ORDER, [UftpFormat(message="flex_order")], id="an order"),
        pytest.param(
            f"<All>{ORDER.partition('?>')[2]}{ORDER.partition('?>')[2].replace('FlexOrder', 'FlexRequest')}</All>",
            [UftpFormat(message="flex_order"), UftpFormat(message="flex_request")],
            id="an order and a request in one document",
        ),
    ],
)
def test_messages_are_told_with_their_kinds(body: str, forms: list[Any]) -> None:
    assert detected(body) == forms


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('[{"programID": "7", "load": 1.5}, {"programID": "7", "load": 2}]', id="rows that name a program"),
        pytest.param('[{"objectType": "EVENT", "at": "2026-01-01", "v": 1}]', id="events of another kind"),
        pytest.param(json.dumps([EVENT, {"load": 1}]), id="a list that goes on with something else"),
    ],
)
def test_other_json_stays_json(body: str) -> None:
    assert set(kinds(body)) == {"json"}


def test_other_xml_stays_xml() -> None:
    assert kinds("<Orders><FlexOrder nr='1' kw='2'/><FlexOrder nr='2' kw='3'/></Orders>") == ["xml"]


def test_an_event_that_was_deleted_is_none_that_is_asked() -> None:
    told = [{"objectType": "EVENT", "operation": each, "object": {**EVENT, "id": each}} for each in ("POST", "DELETE")]
    content = Content.of(json.dumps(told).encode(), "m")
    assert {each for frame in read_frames(content, OpenAdr3Format()) for each in frame["id"]} == {"POST"}
    assert [issue.what for issue in content.issues if "deleted" in issue.what] == [
        "1 notifications say that an object was deleted: they are left out"
    ]
    with pytest.raises(SourceRefused, match="no object in it"):
        list(read_frames(Content.of(json.dumps(told[1]).encode(), "m"), OpenAdr3Format()))


def test_a_file_of_events_is_inspected_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text(json.dumps([EVENT]))
    inspection = inspect_source(tmp_path / "events.json", "events.json", {})
    assert inspection.tables[0].name == "events"
    assert inspection.tables[0].rows == 5
    assert {column.name: column.nulls for column in inspection.tables[0].columns}["value"] == 1
    assert inspection.time is not None
    assert inspection.time.first == "2026-06-12T14:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "form", "says"),
    [
        pytest.param(json.dumps([PROGRAM, EVENT]), OpenAdr3Format(), "object 2.*Set `object`", id="two kinds"),
        pytest.param(json.dumps([{"a": 1}]), OpenAdr3Format(), "object 1.*no program, event or report", id="no object"),
        pytest.param(
            json.dumps({**EVENT, "intervals": [{"id": 0, "payloads": [{"type": "PRICE"}]}]}),
            OpenAdr3Format(),
            r"intervals.0.payloads.0.values",
            id="a payload without values",
        ),
        pytest.param(
            json.dumps({**EVENT, "intervalPeriod": {"start": "2026-06-12T14:00:00", "duration": "PT1H"}}),
            OpenAdr3Format(),
            "no time with an offset",
            id="a time without an offset",
        ),
        pytest.param(
            json.dumps({**EVENT, "intervalPeriod": {"start": "2026-06-12T14:00:00Z", "duration": "1 hour"}}),
            OpenAdr3Format(),
            "a duration is none",
            id="a duration in words",
        ),
        pytest.param("[", OpenAdr3Format(), "ends too early", id="cut off"),
    ],
)
def test_what_is_no_message_is_refused_with_its_place(body: str, form: Any, says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        list(read_frames(Content.of(body.encode(), "m"), form))


@pytest.mark.parametrize(
    ("body", "form"),
    [("[]", OpenAdr3Format()), (json.dumps(EVENT), OpenAdr3Format(object="report")), ("<All/>", UftpFormat())],
)
def test_nothing_to_read_is_told_as_such(body: str, form: Any) -> None:
    with pytest.raises(SourceEmpty):
        list(read_frames(Content.of(body.encode(), "m"), form))


def test_an_event_that_repeats_is_told_and_given_as_written() -> None:
    content = Content.of(json.dumps({**EVENT, "duration": "P1Y"}).encode(), "m")
    frames = list(read_frames(content, OpenAdr3Format()))
    assert frames[0].height == 5
    assert [issue.what for issue in content.issues] == [
        "1 events have a `duration`, which repeats their intervals or cuts them off"
    ]


def test_members_that_the_standard_does_not_have_are_told() -> None:
    content = Content.of(json.dumps([{**EVENT, "vendorNote": "x"}, EVENT]).encode(), "m")
    assert sum(frame.height for frame in read_frames(content, OpenAdr3Format())) == 10
    assert [issue.what for issue in content.issues] == ["members that OpenADR 3 does not have are left out: vendorNote"]


def test_an_event_without_intervals_gives_no_row_and_is_told() -> None:
    bare = {key: value for key, value in EVENT.items() if key != "intervals"}
    content = Content.of(json.dumps([bare, {**EVENT, "intervals": [{"id": 0, "payloads": []}]}, EVENT]).encode(), "m")
    assert sum(frame.height for frame in read_frames(content, OpenAdr3Format())) == 5
    assert [issue.what for issue in content.issues] == ["2 events have no interval with a payload, and give no row"]


def test_two_objects_without_an_id_and_of_one_name_are_not_taken_for_one() -> None:
    sent = {key: value for key, value in EVENT.items() if key != "id"}
    with pytest.raises(SourceRefused, match="object 2: it has no id"):
        list(read_frames(Content.of(json.dumps([sent, sent]).encode(), "m"), OpenAdr3Format()))


def test_numbers_stay_as_they_are_written() -> None:
    body = json.dumps(EVENT).replace("0.17", "0.170000000000000001")
    (frame,) = read_frames(Content.of(body.encode(), "m"), OpenAdr3Format())
    assert "0.170000000000000001" in frame["value"].to_list()


def test_a_long_list_is_read_event_by_event() -> None:
    """The first event is given long before the document has ended."""
    body = json.dumps([{**EVENT, "id": str(number)} for number in range(4000)]).encode()
    content = Content.of(body, "m")
    objects = read_objects(content)
    assert next(objects)["id"] == "0"
    assert content.count < len(body) / 2
    assert sum(1 for _ in objects) == 3999
    assert content.count == len(body)
