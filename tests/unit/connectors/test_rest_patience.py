"""Patience with a source: what is asked for again, how long is waited, and what is not."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pytest

from include.errors import SourceRefused, SourceUnavailable
from tests.source_server import Asked, Reply, SourceServer
from tests.unit.connectors.rest_fixtures import Naps, a_connector, column, records, rows_of

SINCE = {"parameter": "since", "field": "datetime", "start": "2023-12-31T23:45:00+01:00"}


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    turns = iter(replies)
    return lambda _: next(turns)


FINE = Reply({"results": records(0, 3)})


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(Reply(status=429), id="429"),
        pytest.param(Reply(status=500), id="500"),
        pytest.param(Reply(status=503, headers={"Retry-After": "soon"}), id="503 that cannot say when"),
        pytest.param(Reply(hang_up=True), id="hangs up"),
        pytest.param(Reply(FINE.body, declared=9999), id="declares more than it sends"),
        pytest.param(Reply(b'{"results": [{"n": 1'), id="truncated JSON"),
        pytest.param(Reply(b"x" * 50, drip_s=2), id="stalls"),
        pytest.param(Reply(gzip.compress(b"{}" * 99)[:-8], headers={"Content-Encoding": "gzip"}), id="cut gzip"),
    ],
)
def test_what_may_pass_is_asked_for_again(bad: Reply, server: SourceServer) -> None:
    naps = Naps()
    server.answer = in_turn(bad, FINE)
    assert len(rows_of(a_connector(server, patience=naps.patience()).read(None))) == 3
    assert len(naps.slept) == 1
    assert 0 <= naps.slept[0] <= 1


def test_a_server_error_in_the_middle_of_the_pages_loses_and_doubles_nothing(server: SourceServer) -> None:
    failed: set[str] = set()

    def answer(asked: Asked) -> Reply:
        offset = asked.get("offset")
        if offset not in failed:
            failed.add(offset)
            return Reply(status=500)
        return Reply({"results": records(int(offset), 10) if int(offset) < 50 else []})

    server.answer = answer
    reading = a_connector(server, pagination={"kind": "offset"}).read(None)
    assert column(reading, "n") == [str(number) for number in range(50)]


def test_a_source_that_stays_away_is_for_the_engine_to_try_again(server: SourceServer) -> None:
    naps = Naps()
    server.answer = lambda _: Reply(status=503)
    with pytest.raises(SourceUnavailable, match="it answers 503"):
        rows_of(a_connector(server, patience=naps.patience(tries=4)).read(None))
    assert (len(server.asked), len(naps.slept)) == (4, 3)


@pytest.mark.parametrize(("retry_after", "slept"), [("7", 7.0), ("Sun, 10 Mar 2024 12:00:30 GMT", 30.0)])
def test_retry_after_is_kept(retry_after: str, slept: float, server: SourceServer) -> None:
    naps = Naps()
    server.answer = in_turn(Reply(status=429, headers={"Retry-After": retry_after}), FINE)
    rows_of(a_connector(server, patience=naps.patience()).read(None))
    assert naps.slept == [slept]


@pytest.mark.parametrize("retry_after", ["86400", "Mon, 11 Mar 2024 12:00:00 GMT", "9" * 40])
def test_a_source_that_wants_to_be_left_alone_for_long_is(retry_after: str, server: SourceServer) -> None:
    naps = Naps()
    server.answer = lambda _: Reply(status=429, headers={"Retry-After": retry_after})
    with pytest.raises(SourceUnavailable, match=r"asks to wait \d+ s"):
        rows_of(a_connector(server, patience=naps.patience()).read(None))
    assert (len(server.asked), naps.slept) == (1, [])


def test_what_stays_unreadable_is_refused_after_a_second_look(server: SourceServer) -> None:
    server.answer = lambda _: Reply(b"<html>maintenance</html>")
    with pytest.raises(SourceRefused, match="it is no JSON"):
        rows_of(a_connector(server).read(None))
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 301])
def test_a_refusal_is_not_asked_for_again(status: int, server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": records(0, 3)}, status)
    with pytest.raises(SourceRefused, match=f"answers {status}"):
        rows_of(a_connector(server).read(None))
    assert len(server.asked) == 1


def test_requests_keep_the_pace_that_a_source_allows(server: SourceServer) -> None:
    naps = Naps()
    server.answer = lambda asked: Reply(
        {"results": records(int(asked.get("page")), 1) if asked.get("page") < "5" else []}
    )
    patience = naps.patience(least_gap_s=60 / 20)
    rows_of(a_connector(server, pagination={"kind": "page"}, most_per_minute=20, patience=patience).read(None))
    assert naps.slept == [3.0] * 4


@pytest.mark.parametrize(
    ("nothing", "reply"),
    [
        ({}, Reply(status=204)),
        ({"status": [404]}, Reply({"error": "no data"}, 404)),
        ({"text": "No matching data found"}, Reply(b"<Ack><text>No matching data found</text></Ack>")),
        ({}, Reply({"results": []})),
    ],
)
def test_a_source_may_say_in_its_own_way_that_there_is_nothing(
    nothing: Any, reply: Reply, server: SourceServer
) -> None:
    server.answer = lambda _: reply
    reading = a_connector(server, nothing=nothing, incremental=SINCE).read("2024-01-05T00:00:00Z")
    assert (rows_of(reading), reading.cursor()) == ([], "2024-01-05T00:00:00Z")
