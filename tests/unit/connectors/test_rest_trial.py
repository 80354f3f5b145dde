"""A dry run: one request, shown without its secrets, and the first rows of what came."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from include.batch import Window
from include.collection.trial import Trial
from include.connectors.egress import Egress
from include.connectors.rest_trial import try_source
from include.errors import NotFound
from tests.source_server import Reply, SourceServer
from tests.unit.connectors.rest_fixtures import NOW, SECRETS, a_source, records, reveal


@pytest.fixture
def server(server: SourceServer) -> SourceServer:
    server.answer = lambda _: Reply({"results": records(0, 30), "total": 90})
    return server


def probe(server: SourceServer, span: Window | None = None, **changes: Any) -> Trial:
    return try_source(a_source(server, **changes), Egress(frozenset({server.here})), reveal, lambda: NOW, span)


def test_the_first_rows_of_the_first_page_are_shown(server: SourceServer) -> None:
    trial = probe(server, parameters={"a": "1"}, pagination={"kind": "offset"}, total="$.total")
    assert len(server.asked) == 1
    assert trial.rows is not None
    assert (trial.rows.height, trial.rows.columns) == (20, ["n", "at"])
    assert (trial.status, trial.content_type, trial.more, trial.total) == (200, "application/json", True, 90)
    assert trial.request is not None
    assert (trial.request.method, trial.request.url) == ("GET", server.url("/data?a=1&offset=0"))
    assert trial.problem is None


@pytest.mark.parametrize(
    "authentication",
    [
        {"kind": "api_key", "place": "query", "name": "token", "secret_ref": "key"},
        {"kind": "api_key", "place": "header", "name": "X-Key", "secret_ref": "key"},
        {"kind": "basic", "username": "pilot", "secret_ref": "key"},
        {"kind": "bearer", "secret_ref": "plain"},
    ],
    ids=["query", "header", "basic", "bearer"],
)
@pytest.mark.parametrize("status", [200, 404])
def test_no_secret_is_shown_even_where_the_source_repeats_it(
    status: int, authentication: Any, server: SourceServer
) -> None:
    server.answer = lambda asked: Reply(
        {"results": [{"heard": asked.target, **asked.headers, asked.headers.get("X-Key", "none"): 1}]}, status
    )
    trial = probe(server, authentication=authentication, url=server.url("/data?a=b"))
    shown = repr(trial) + (str(trial.rows.to_dicts()) if trial.rows is not None else "")
    assert "•••" in shown
    assert not [secret for secret in (*SECRETS.values(), "s3cr3t", "cGlsb3Q6") if secret in shown]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(status=503), "it answers 503"),
        (Reply(status=404), "it answers 404"),
        (Reply(b"<html>"), "it is no JSON"),
        (Reply(hang_up=True), "the connection broke off"),
    ],
)
def test_what_went_wrong_is_shown_beside_the_request(reply: Reply, says: str, server: SourceServer) -> None:
    server.answer = lambda _: reply
    trial = probe(server)
    assert trial.problem is not None
    assert says in trial.problem.what
    assert trial.request is not None
    assert trial.status == (None if reply.hang_up else reply.status)
    assert len(server.asked) == 1


def test_an_address_that_is_refused_is_shown_as_such(server: SourceServer) -> None:
    trial = try_source(a_source(server), Egress(), reveal, lambda: NOW)
    assert trial.problem is not None
    assert "private network" in trial.problem.what
    assert server.asked == []


def test_nothing_that_came_is_no_problem(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": []})
    trial = probe(server)
    assert (trial.problem, trial.more) == (None, False)
    assert trial.rows is not None
    assert trial.rows.is_empty()


def test_the_first_step_of_a_window_is_asked_for_or_the_one_that_is_wanted(server: SourceServer) -> None:
    source = {"parameters": {"from": "{start}", "to": "{end}"}, "window": {"begin": "2024-01-01", "step": "P7D"}}
    probe(server, **source)
    probe(server, Window(datetime(2024, 2, 1, tzinfo=UTC), datetime(2024, 2, 2, tzinfo=UTC)), **source)
    probe(server, incremental={"parameter": "since", "field": "n", "start": "7"})
    assert [(asked.get("from"), asked.get("to"), asked.get("since")) for asked in server.asked] == [
        ("2024-01-01T00:00:00Z", "2024-01-08T00:00:00Z", ""),
        ("2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z", ""),
        ("", "", "7"),
    ]


def test_a_secret_that_is_not_there_is_told(server: SourceServer) -> None:
    with pytest.raises(NotFound):
        probe(server, authentication={"kind": "bearer", "secret_ref": "absent"})


def test_what_a_run_would_note_is_noted(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": records(0, 3), "errors": ["meter 7 is off"], "warnings": ["slow"]})
    trial = probe(server, partial="note", pagination={"kind": "cursor", "path": "$.next"})
    assert [note.partition(": ")[2] for note in trial.notes] == [
        "it answers 200 with records, and tells of an error: meter 7 is off.",
        "beside its records it warns: slow.",
        "its first answer has nothing where the way to the next page should stand: it is taken for the only one.",
    ]
    assert trial.problem is None
    server.answer = lambda _: Reply({"results": records(0, 3), "next": None})
    assert not probe(server, pagination={"kind": "cursor", "path": "$.next"}).notes  # null: there is no next page
    server.answer = lambda _: Reply({"results": records(0, 3), "errors": ["meter 7 is off"]})
    refused = probe(server)
    assert refused.problem is not None
    assert "meter 7 is off" in refused.problem.what
