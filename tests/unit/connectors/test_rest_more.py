"""Answers that are a part, not ready, or no answer at all: told, asked for again, or refused; never taken for all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from include.errors import SourceRefused, SourceUnavailable
from tests.source_server import Asked, Reply, SourceServer
from tests.unit.connectors.rest_fixtures import Naps, a_connector, records, rows_of

MORE = "there may be more records than the 5 that were read"


@pytest.mark.parametrize(
    "beside",
    [
        pytest.param({"hasMore": True}, id="hasMore"),
        pytest.param({"nextPageToken": "abc"}, id="a token"),
        pytest.param({"@odata.nextLink": "https://example.org/p2"}, id="OData"),
        pytest.param({"links": {"next": {"href": "/data?page=2"}}}, id="HAL"),
        pytest.param({"meta": {"pagination": {"total": 90}}}, id="a total within"),
        pytest.param({"page": {"number": 0, "totalPages": 7}}, id="pages"),
        pytest.param({"truncated": "true"}, id="truncated"),
    ],
)
@pytest.mark.parametrize("place", ["before", "behind"])
def test_a_page_that_is_not_the_last_is_told_where_none_is_asked_for(
    beside: dict[str, Any], place: str, server: SourceServer
) -> None:
    found = {"results": records(0, 5)}
    server.answer = lambda _: Reply({**beside, **found} if place == "before" else {**found, **beside})
    reading = a_connector(server).read(None)
    assert len(rows_of(reading)) == 5
    (issue,) = reading.issues()
    assert issue.what.startswith(MORE)


@pytest.mark.parametrize(
    "headers",
    [
        {"Link": '</data?page=2>; rel="next"'},
        {"Content-Range": "items 0-4/50"},
        {"X-Total-Count": "50"},
        {"X-Next-Page-Token": "abc"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_headers_tell_of_more_as_well(headers: dict[str, str], server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": records(0, 5)}, headers=headers)
    reading = a_connector(server).read(None)
    assert len(rows_of(reading)) == 5
    (issue,) = reading.issues()
    assert issue.what.startswith(MORE)


@pytest.mark.parametrize(
    "beside",
    [
        {"hasMore": False, "next": None, "total": 5, "totalPages": 1},
        {"nextPageToken": "", "links": {"next": None, "self": "/data"}},
        {"page": 1, "pages": 1, "count": 5, "more": "none"},
    ],
)
def test_all_that_there_is_is_told_of_no_more(beside: dict[str, Any], server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": records(0, 5), **beside}, headers={"Content-Range": "items 0-4/5"})
    reading = a_connector(server).read(None)
    assert (len(rows_of(reading)), list(reading.issues())) == (5, [])


def test_pages_that_were_followed_to_their_end_are_told_of_no_more(server: SourceServer) -> None:
    def answer(asked: Asked) -> Reply:
        at = int(asked.get("pageToken") or 0)
        beside = {"nextPageToken": str(at + 1)} if at < 2 else {}
        return Reply({"results": records(5 * at, 5), "total": 15, "totalPages": 3, **beside})

    server.answer = answer
    pagination = {"kind": "cursor", "parameter": "pageToken", "path": "$.nextPageToken"}
    reading = a_connector(server, pagination=pagination).read(None)
    assert (len(rows_of(reading)), list(reading.issues())) == (15, [])


def test_what_is_not_ready_is_asked_for_until_it_is(server: SourceServer) -> None:
    naps = Naps()
    server.answer = lambda _: (
        Reply({"status": "processing"}, 202, {"Retry-After": "7"})
        if len(server.asked) < 3
        else Reply({"results": records(0, 5)})
    )
    assert len(rows_of(a_connector(server, patience=naps.patience()).read(None))) == 5
    assert naps.slept == [7, 7]


def test_what_is_never_ready_is_not_nothing_new(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": []}, 202)
    reading = a_connector(server, incremental={"parameter": "since", "field": "at", "start": "2024"}).read(None)
    with pytest.raises(SourceUnavailable, match="202: what was asked for is not ready"):
        rows_of(reading)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b"Error: quota exceeded\n", "tells of an error: Error: quota exceeded", id="a text"),
        pytest.param(b"<!-- v2 --><html><body>Login</body></html>", "a web page", id="a page behind a comment"),
    ],
)
def test_a_text_without_rows_is_not_nothing_new(body: bytes, says: str, server: SourceServer) -> None:
    server.answer = lambda _: Reply(body, headers={"Content-Type": "text/plain"})
    incremental = {"parameter": "since", "field": "at", "start": "2024"}
    with pytest.raises(SourceRefused, match=says):
        rows_of(a_connector(server, format={"kind": "csv"}, incremental=incremental).read(None))


def test_a_header_alone_is_nothing_new(server: SourceServer) -> None:
    server.answer = lambda _: Reply(b"at,error_code,kWh\n", headers={"Content-Type": "text/csv"})
    incremental = {"parameter": "since", "field": "at", "start": "2024"}
    assert rows_of(a_connector(server, format={"kind": "csv"}, incremental=incremental).read(None)) == []


def _csv(first: int, header: bytes = b"n,at\n") -> bytes:
    return header + b"".join(b"%d,x\n" % at for at in range(first, first + 5))


@pytest.mark.parametrize("end", [b"", b"n,at\n"], ids=["nothing", "a header"])
def test_pages_of_lines_end_with_one_without_rows(end: bytes, server: SourceServer) -> None:
    server.answer = lambda asked: Reply(_csv(5 * int(asked.get("page"))) if int(asked.get("page")) < 4 else end)
    reading = a_connector(server, format={"kind": "csv"}, pagination={"kind": "page"}).read(None)
    assert [row["n"] for row in rows_of(reading)] == [str(at) for at in range(5, 20)]


def test_a_page_without_its_header_is_refused(server: SourceServer) -> None:
    server.answer = lambda asked: Reply(
        _csv(5 * int(asked.get("page")), b"n,at\n" if asked.get("page") == "1" else b"")
    )
    with pytest.raises(SourceRefused, match="page 2 has none of the columns of those before"):
        rows_of(a_connector(server, format={"kind": "csv"}, pagination={"kind": "page"}).read(None))


def test_what_stands_beside_many_records_is_found_in_bounded_memory(server: SourceServer) -> None:
    body = json.dumps({"results": records(0, 30_000, more="x" * 60), "hasMore": True}).encode()
    server.answer = lambda _: Reply(body)
    reading = a_connector(server, timeout_s=30).read(None)
    assert len(rows_of(reading)) == 30_000
    assert ["hasMore" in issue.what for issue in reading.issues()] == [True]
