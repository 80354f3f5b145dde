"""Spans of time: how they are cut, written and asked for, and where the next run goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from include.batch import Window
from include.collection.time_window import END, START, TimeWindow
from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.connectors.rest_request import split_window, window_of
from include.errors import ConfigurationInvalid, SourceUnavailable
from tests.factories import a_config
from tests.source_server import Asked, Reply, SourceServer
from tests.unit.connectors.rest_fixtures import NOW, a_connector, column, reveal, rows_of

BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def server(server: SourceServer) -> SourceServer:
    server.answer = archive
    return server


def archive(asked: Asked) -> Reply:
    """A quarter-hourly archive that begins with 2024 and knows what was before noon of 10 March."""
    start, end = (datetime.fromisoformat(asked.get(name)) for name in ("from", "to"))
    first = max(start, datetime(2024, 1, 1, tzinfo=UTC))
    number = max(0, -(-int((min(end, NOW) - first).total_seconds()) // 900))
    moments = [first + each * QUARTER for each in range(number)]
    return Reply({"results": [{"at": moment.isoformat(), "n": "1"} for moment in moments]})


def asking(**window: Any) -> dict[str, Any]:
    plain = {"begin": BEGIN.isoformat(), "look_back": "PT0S", **window}
    return {"window": plain, "parameters": {"from": START, "to": END}}


def spans(window: Window, **asked: Any) -> list[tuple[str, str]]:
    plain = TimeWindow.model_validate({"begin": BEGIN, **asked})
    return [(times[START], times[END]) for _, times in split_window(window, plain)]


def test_the_first_run_reads_from_the_beginning_until_now_step_by_step(server: SourceServer) -> None:
    reading = a_connector(server, **asking(step="P1D")).read(None)
    moments = column(reading, "at")
    assert len(moments) == len(set(moments)) == int((NOW - BEGIN) / QUARTER)
    assert len(server.asked) == 10
    assert server.asked[1].get("from") == server.asked[0].get("to") == "2024-03-02T00:00:00Z"
    assert reading.cursor() == NOW.isoformat()


def test_the_next_run_goes_on_less_the_look_back_and_may_find_nothing(server: SourceServer) -> None:
    later = NOW + timedelta(hours=6)
    reading = a_connector(server, now=later, **asking(look_back="PT2H")).read(NOW.isoformat())
    assert len(rows_of(reading)) == 8, "what was loaded is read again; the load counts it as there already"
    assert server.asked[0].get("from") == "2024-03-10T10:00:00Z"
    assert reading.cursor() == later.isoformat()
    server.answer = lambda _: Reply({"results": []})
    assert rows_of(a_connector(server, now=later, **asking()).read(NOW.isoformat())) == []


def test_what_is_asked_for_beyond_now_is_asked_for_again(server: SourceServer) -> None:
    reading = a_connector(server, **asking(ahead="P2D")).read("2024-03-10T00:00:00+00:00")
    rows_of(reading)
    assert server.asked[0].get("to") == "2024-03-12T12:00:00Z"
    assert reading.cursor() == NOW.isoformat()


def test_a_window_that_somebody_asked_for_moves_nothing(server: SourceServer) -> None:
    window = Window(datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 3, tzinfo=UTC))
    reading = a_connector(server, span=window, **asking(step="P1D")).read(NOW.isoformat())
    assert len(rows_of(reading)) == 192
    assert [asked.get("from") for asked in server.asked] == ["2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z"]
    assert reading.cursor() is None


def test_each_step_has_its_pages_and_its_total(server: SourceServer) -> None:
    def answer(asked: Asked) -> Reply:
        everything = archive(asked).body["results"]
        first = int(asked.get("offset"))
        return Reply({"results": everything[first : first + 50], "total": len(everything)})

    server.answer = answer
    source = {**asking(step="P1D"), "pagination": {"kind": "offset"}, "total": "$.total"}
    moments = column(a_connector(server, **source).read("2024-03-08T00:00:00+00:00"), "at")
    assert len(moments) == len(set(moments)) == 240
    server.answer = lambda asked: Reply({"results": archive(asked).body["results"][1:], "total": 96})
    with pytest.raises(SourceUnavailable, match="declares 96 records and delivered 95"):
        rows_of(a_connector(server, **{**source, "pagination": None}).read("2024-03-08T00:00:00+00:00"))


def test_times_go_into_the_path_and_the_posted_body_as_well(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": [{"n": 1}]})
    window = Window(datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC))
    changes = {
        "method": "POST",
        "body": {"form": [{"from": START, "to": END, "ids": [1, 2], "text": f"from {START}"}]},
        "window": {"format": "epoch_ms", "zone": "Europe/Berlin", "begin": "2024-01-01"},
    }
    rows_of(a_connector(server, f"/{START}/{END}", span=window, **changes).read(None))
    (asked,) = server.asked
    first, last = 1711839600000, 1711922400000
    assert asked.path == f"/{first}/{last}"
    assert asked.json() == {"form": [{"from": first, "to": last, "ids": [1, 2], "text": f"from {first}"}]}


DAYS = Window(datetime(2024, 3, 29, 23, tzinfo=UTC), datetime(2024, 4, 1, 22, tzinfo=UTC))  # three days of Berlin


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(
            {"format": "%Y-%m-%d", "zone": "Europe/Berlin", "step": "P1D", "end_included": True},
            [(f"2024-{day}", f"2024-{day}") for day in ("03-30", "03-31", "04-01")],
            id="days of the zone, the end counted in: the clock change loses and doubles none",
        ),
        pytest.param(
            {"format": "%Y-%m-%d", "zone": "Europe/Berlin", "step": "P2D"},
            [("2024-03-30", "2024-04-01"), ("2024-04-01", "2024-04-02")],
            id="days, the end not counted in",
        ),
        pytest.param(
            {"format": "%d.%m.%Y %H:%M", "zone": "Europe/Berlin"},
            [("30.03.2024 00:00", "02.04.2024 00:00")],
            id="as people write it",
        ),
        pytest.param({"format": "epoch_s"}, [("1711753200", "1712008800")], id="seconds"),
        pytest.param({"format": "%Y%m%d%H%M"}, [("202403292300", "202404012200")], id="ENTSO-E's"),
    ],
)
def test_spans_are_written_as_the_source_wants_them(asked: Any, expected: list[tuple[str, str]]) -> None:
    assert spans(DAYS, **asked) == expected


MOMENTS = st.integers(1_672_531_200, 1_735_689_600).map(lambda second: datetime.fromtimestamp(second, UTC))
STEPS = st.sampled_from([None, "PT7M", "PT1H", "PT6H", "P1D", "P10D"])
FORMATS = st.sampled_from(["iso8601", "epoch_s", "epoch_ms", "%Y-%m-%d", "%Y-%m-%dT%H", "%Y%m%d%H%M"])
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"])


@given(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=4)), STEPS, FORMATS, ZONES, st.booleans())
def test_spans_cover_a_window_without_a_gap_and_without_an_overlap(
    start: datetime, length: timedelta, step: str | None, form: str, zone: str, included: bool
) -> None:
    window = Window(start, start + length)
    asked = TimeWindow.model_validate(
        {"begin": BEGIN, "format": form, "zone": zone, "step": step, "end_included": included}
    )
    cut = [span for span, _ in split_window(window, asked)]
    if not cut:  # shorter than what the format can write
        assert asked.round_down(window.end) == asked.round_down(window.start)
        return
    assert cut[0].start == asked.round_down(window.start) <= window.start
    assert all(one.end == two.start for one, two in pairwise(cut))
    assert all(asked.round_down(span.start) == span.start for span in cut)
    assert cut[-1].end == window.end or asked.round_down(window.end) == cut[-1].end


def test_a_window_never_begins_before_the_beginning() -> None:
    asked = TimeWindow(begin=BEGIN, look_back=timedelta(days=30))
    assert window_of(asked, "2024-03-02T00:00:00+00:00", NOW) == Window(BEGIN, NOW)
    assert window_of(asked, None, BEGIN) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"window": {"begin": "2024-01-01"}}, "no parameter holds {start}"),
        ({"parameters": {"from": START}}, "need `window`"),
        ({"window": {"begin": "2024-01-01", "format": "%H:%M"}, "parameters": {"a": START}}, "writes no time"),
        ({"window": {"begin": "2024-01-01", "format": "yesterday"}, "parameters": {"a": START}}, "writes no time"),
        ({"window": {"begin": "2024-01-01", "zone": "Mars"}, "parameters": {"a": START}}, "no time zone is called"),
        ({"window": {"begin": "0001-01-01"}, "parameters": {"a": START}}, "lies outside of 1900 to 2200"),
        (
            {
                "window": {"begin": "2024-01-01"},
                "parameters": {"a": START},
                "incremental": {"parameter": "a", "field": "b", "start": "c"},
            },
            "not by both",
        ),
        ({"body": {"a": 1}}, "method: POST"),
    ],
)
def test_a_window_that_cannot_work_is_told_at_once(changes: Any, says: str, server: SourceServer) -> None:
    with pytest.raises(ValidationError, match=says):
        a_connector(server, **changes)


def test_what_has_no_window_is_asked_for_none(server: SourceServer) -> None:
    window = Window(BEGIN, NOW)
    with pytest.raises(ConfigurationInvalid, match=r"ingester\.window"):
        a_connector(server, span=window)
    file = a_config(ingester={"kind": "file", "upload": "0" * 64, "format": {"kind": "csv"}}).ingester
    with pytest.raises(ConfigurationInvalid, match="a file cannot be asked for a span of time"):
        choose_connector(file, None, Egress(), reveal, lambda: NOW, window)
