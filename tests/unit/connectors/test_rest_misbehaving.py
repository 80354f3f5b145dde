"""REST sources that answer 200 and mean something else, and pages that change while they are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from include.connectors.rest_patience import read_retry_after
from include.errors import SourceRefused, SourceUnavailable
from tests.source_server import Asked, Reply, SourceServer
from tests.unit.connectors.rest_fixtures import NOW, Naps, a_connector, column, records, rows_of

CURSOR = {"kind": "cursor", "parameter": "after", "path": "$.meta.next"}
LOGIN = b"<!DOCTYPE html>\n<html><head><title>Sign in, please</title></head>\n<body><form>\n<input>\n</form></body>\n"


@pytest.mark.parametrize("form", [{"kind": "csv"}, {"kind": "csv", "delimiter": ";"}])
@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(LOGIN, "a web page or XML", id="a page to log in"),
        pytest.param(b"<html><body>Please log in</body></html>", "a web page or XML", id="one in a line"),
        pytest.param(b'\xef\xbb\xbf<?xml version="1.0"?><error/>', "a web page or XML", id="XML"),
        pytest.param(b'{"error": "quota exceeded", "retry": 60}', "JSON", id="a message in JSON"),
        pytest.param(b' [ {"error": 7} ]', "JSON", id="a list of them"),
    ],
)
def test_what_holds_no_cells_becomes_none(body: bytes, says: str, form: Any, server: SourceServer) -> None:
    server.answer = lambda _: Reply(body)
    with pytest.raises(SourceRefused, match=f"it answers with {says} where lines of cells should be"):
        rows_of(a_connector(server, format=form).read(None))
    assert len(server.asked) == 2


def test_a_message_is_not_taken_for_nothing_new(server: SourceServer) -> None:
    server.answer = lambda _: Reply(b'{"error": "quota exceeded"}')
    new = {"parameter": "since", "field": "at", "start": "2024"}
    with pytest.raises(SourceRefused, match="JSON where lines of cells"):
        rows_of(a_connector(server, format={"kind": "csv"}, incremental=new).read(None))


def test_a_header_in_angle_brackets_is_one(server: SourceServer) -> None:
    server.answer = lambda _: Reply(b"<TICKER>,<DATE>\nDE,20240601\n")
    assert rows_of(a_connector(server, format={"kind": "csv"}).read(None)) == [{"<TICKER>": "DE", "<DATE>": "20240601"}]


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-16", "x-unknown"])
def test_a_charset_that_lies_is_not_believed(charset: str, server: SourceServer) -> None:
    body = json.dumps({"results": [{"n": "Zähler"}]}, ensure_ascii=False).encode()
    server.answer = lambda _: Reply(body, headers={"Content-Type": f"application/json; charset={charset}"})
    assert column(a_connector(server).read(None), "n") == ["Zähler"]


def test_another_encoding_than_utf_8_is_told_and_not_guessed(server: SourceServer) -> None:
    body = json.dumps({"results": [{"n": "Zähler"}]}, ensure_ascii=False).encode("latin-1")
    server.answer = lambda _: Reply(body, headers={"Content-Type": "application/json; charset=utf-8"})
    with pytest.raises(SourceRefused, match="is not UTF-8"):
        rows_of(a_connector(server).read(None))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b'{"results": [{"n": 1, "n": 2}]}', "names a member twice", id="a member twice"),
        pytest.param(b'{"results": [{"n": 1}], "results": [{"n": 2}]}', "names a member twice", id="its records twice"),
        pytest.param(b'{"results": [{"n": 1}]}{"results": []}', "no JSON from", id="two documents"),
    ],
)
def test_json_that_reads_in_several_ways_is_refused(body: bytes, says: str, server: SourceServer) -> None:
    server.answer = lambda _: Reply(body)
    with pytest.raises(SourceRefused, match=says):
        rows_of(a_connector(server).read(None))


def test_a_part_that_nobody_asked_for_is_not_taken_for_all(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": records(0, 3)}, status=206, headers={"Content-Range": "items 0-2/100"})
    with pytest.raises(SourceRefused, match="206: with a part"):
        rows_of(a_connector(server).read(None))


def test_parts_are_pages_where_pages_are_asked_for(server: SourceServer) -> None:
    server.answer = lambda asked: Reply({"results": records(0, 9)[int(asked.get("offset")) :][:3]}, status=206)
    assert len(rows_of(a_connector(server, pagination={"kind": "offset"}).read(None))) == 9


class Changing:
    """Thirty records, ten a page; before the second page one is taken out in front, or put there."""

    def __init__(self, **says: Any) -> None:
        self._says = says
        self._records = records(0, 30)
        self._pages = 0

    def __call__(self, asked: Asked) -> Reply:
        self._pages += 1
        if self._pages == 2 and self._says["less"]:
            del self._records[3]
        elif self._pages == 2:
            self._records.insert(0, {"n": 999, "at": "2024-01-01T00:00:00Z"})
        first = int(asked.get("offset"))
        return Reply({"results": self._records[first : first + 10], "total": len(self._records)})


def test_records_taken_out_while_pages_are_read_hide_none(server: SourceServer) -> None:
    server.answer = Changing(less=True)
    with pytest.raises(SourceUnavailable, match="it declared 30 records and then 29"):
        rows_of(a_connector(server, pagination={"kind": "offset"}, total="$.total").read(None))


def test_records_added_while_pages_are_read_are_told(server: SourceServer) -> None:
    server.answer = Changing(less=False)
    reading = a_connector(server, pagination={"kind": "offset"}, total="$.total").read(None)
    assert len(rows_of(reading)) == 31
    assert ["it declared 30 records and then 31" in issue.what for issue in reading.issues()] == [True]


def _by_cursor(last: dict[str, Any], asked: Asked) -> Reply:
    begun = int(asked.get("after", "0"))
    meta = {"next": str(begun + 10)} if begun < 20 else last
    return Reply({"results": records(begun, 10) if begun < 30 else [], "meta": meta})


@pytest.mark.parametrize(
    "last",
    [
        pytest.param({"next": None}, id="null"),
        pytest.param({}, id="absent"),
        pytest.param({"next": ""}, id="empty"),
        pytest.param({"next": False}, id="false"),
        pytest.param({"next": "30"}, id="the same for ever, with no more records"),
    ],
)
def test_a_cursor_ends_in_any_way(last: dict[str, Any], server: SourceServer) -> None:
    server.answer = lambda asked: _by_cursor(last, asked)
    reading = a_connector(server, pagination=CURSOR).read(None)
    assert len(set(column(reading, "n"))) == 30
    assert list(reading.issues()) == []


def test_a_cursor_that_stands_nowhere_is_told(server: SourceServer) -> None:
    server.answer = lambda asked: _by_cursor({}, asked)
    reading = a_connector(server, pagination={**CURSOR, "path": "$.meta.nxt"}).read(None)
    assert len(rows_of(reading)) == 10
    assert "Is `pagination.path` right?" in [issue.suggestion for issue in reading.issues()]


def test_a_cursor_that_is_no_value_is_refused(server: SourceServer) -> None:
    server.answer = lambda asked: _by_cursor({"next": {"id": 30}}, asked)
    with pytest.raises(SourceRefused, match="is no cursor"):
        rows_of(a_connector(server, pagination=CURSOR).read(None))


@pytest.mark.parametrize("header", ["Sat, 01 Jan 2000 00:00:00 GMT", "0", "Sun, 10 Mar 2024 11:00:00 GMT"])
def test_a_wait_that_is_over_is_no_leave_to_ask_at_once(header: str, server: SourceServer) -> None:
    assert read_retry_after(header, NOW) == 0.0
    server.answer = lambda _: Reply(status=429, headers={"Retry-After": header})
    naps = Naps()
    with pytest.raises(SourceUnavailable):
        rows_of(a_connector(server, patience=naps.patience()).read(None))
    assert len(naps.slept) == 3
    assert min(naps.slept) > 0
