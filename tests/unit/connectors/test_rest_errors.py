"""REST sources that answer 200 with no record and an error beside it, and those that only look so."""

from __future__ import annotations

from typing import Any

import pytest

from include.connectors.rest import RestApi
from include.errors import SourceRefused
from tests.source_server import Reply, SourceServer
from tests.unit.connectors.rest_fixtures import a_connector, records, rows_of


def connect(server: SourceServer, **changes: Any) -> RestApi:
    """Read what is new, of which there may be none."""
    return a_connector(server, incremental={"parameter": "since", "field": "at", "start": "2024"}, **changes)


@pytest.mark.parametrize(
    ("around", "says"),
    [
        pytest.param({"error": "quota exceeded"}, "quota exceeded", id="a text"),
        pytest.param({"error": {"code": 401, "message": "no such key"}}, "no such key", id="an object"),
        pytest.param({"error": True, "reason": "no such zone"}, "no such zone", id="true, and a reason"),
        pytest.param({"errors": ["too many requests"]}, "too many requests", id="a list of texts"),
        pytest.param({"errors": [{"title": "Bad", "detail": "span too long"}]}, "span too long", id="JSON:API"),
        pytest.param({"errors": [{"message": "no field x"}], "data": None}, "no field x", id="GraphQL"),
        pytest.param({"status": "error", "message": "it is down"}, "it is down", id="a status and a message"),
        pytest.param({"status": "FAILED"}, "status: FAILED", id="a status alone"),
        pytest.param({"status": {"code": 500, "message": "overload"}}, "overload", id="a status within"),
        pytest.param({"success": False, "msg": "token expired"}, "token expired", id="no success"),
        pytest.param({"success": "false", "failCode": 305}, "failCode: 305", id="a code of failure"),
        pytest.param({"error_code": 10011, "error_msg": "no access"}, "no access", id="a code and a message"),
        pytest.param({"errno": "41808"}, "41808", id="a code alone"),
        pytest.param({"code": 403, "msg": "not allowed"}, "not allowed", id="a status of HTTP in the body"),
        pytest.param({"meta": {"status": "failed", "detail": "no quota"}}, "no quota", id="in what is said of it"),
        pytest.param({"hasError": True, "message": "bad day"}, "bad day", id="hasError"),
    ],
)
def test_an_error_beside_an_empty_list_ends_the_run_in_its_words(
    around: dict[str, Any], says: str, server: SourceServer
) -> None:
    server.answer = lambda _: Reply({"results": [], **around})
    with pytest.raises(
        SourceRefused, match=f"it answers 200 without any record, and tells of an error: .*{says}"
    ) as end:
        rows_of(connect(server).read(None))
    assert "ingester.nothing.text" in end.value.remedy
    assert len(server.asked) == 2  # it may have been a moment's


@pytest.mark.parametrize(
    "around",
    [
        pytest.param({"error": None}, id="null"),
        pytest.param({"error": ""}, id="an empty text"),
        pytest.param({"error": False}, id="false"),
        pytest.param({"error": "None"}, id="a word for nothing"),
        pytest.param({"errors": []}, id="an empty list"),
        pytest.param({"errors": {}, "warnings": ["slow"]}, id="an empty object"),
        pytest.param({"errors": 0}, id="a count of none"),
        pytest.param({"error": {"code": 0, "message": ""}}, id="an object that says nothing"),
        pytest.param({"error": {"code": 0, "message": "OK", "at": "2024-01-01"}}, id="an object that says OK"),
        pytest.param({"status": "ok"}, id="ok"),
        pytest.param({"status": "success", "message": "Success"}, id="success"),
        pytest.param({"status": 200, "code": 200, "msg": "操作成功"}, id="200"),
        pytest.param({"status": "OK", "error_code": 0, "error_msg": "success"}, id="no code"),
        pytest.param({"errorCode": "0000", "errorMessage": "No error"}, id="a code of noughts"),
        pytest.param({"success": True, "exception": None}, id="success is true"),
        pytest.param({"success": 0, "total": 0}, id="a count of successes"),
        pytest.param({"code": 404}, id="a code alone"),
        pytest.param({"type": "FeatureCollection", "title": "Errors of meters"}, id="a title"),
        pytest.param({"request": {"status": "failed", "error": "all"}}, id="what was asked for"),
        pytest.param({"error_rate": 0.5, "margin_of_error": 3}, id="errors of measurement"),
        pytest.param({"state": "Niederösterreich", "level": "national"}, id="a state of a country"),
    ],
)
def test_nothing_new_is_no_error(around: dict[str, Any], server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": [], **around})
    assert rows_of(connect(server).read(None)) == []
    assert len(server.asked) == 1


def test_an_error_instead_of_a_later_page_ends_the_run(server: SourceServer) -> None:
    def answer(asked: Any) -> Reply:
        first = int(asked.get("offset"))
        return Reply({"results": records(first, 10)} if first < 20 else {"results": [], "error": "rate limit"})

    server.answer = answer
    with pytest.raises(SourceRefused, match="rate limit"):
        rows_of(connect(server, pagination={"kind": "offset"}).read(None))


def test_an_error_that_is_gone_at_the_second_try_is_forgotten(server: SourceServer) -> None:
    server.answer = lambda _: Reply(
        {"results": [], "error": "busy"} if len(server.asked) < 2 else {"results": records(0, 3)}
    )
    assert len(rows_of(connect(server).read(None))) == 3


def test_what_is_well_beside_records_is_not_told(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": records(0, 3), "error": "none", "status": "ok", "warnings": []})
    reading = connect(server).read(None)
    assert len(rows_of(reading)) == 3
    assert list(reading.issues()) == []


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize(
    ("beside", "says"),
    [
        pytest.param({"errors": [{"message": "meter 7 timed out", "path": ["meters", 7]}]}, "meter 7", id="GraphQL"),
        pytest.param({"error": {"code": 11, "text": "3 of 5 sites"}}, "3 of 5 sites", id="an object"),
        pytest.param({"success": False, "msg": "only a part"}, "only a part", id="no success"),
        pytest.param({"status": "failed", "message": "quota reached"}, "quota reached", id="a state"),
        pytest.param({"meta": {"errors": ["shard down"]}}, "shard down", id="in what is said of it"),
    ],
)
def test_records_beside_an_error_are_a_part_and_end_the_run_unless_that_is_set(
    beside: dict[str, Any], says: str, place: str, server: SourceServer
) -> None:
    found = {"results": records(0, 3)}
    server.answer = lambda _: Reply({**beside, **found} if place == "before" else {**found, **beside})
    with pytest.raises(SourceRefused, match=f"it answers 200 with records, and tells of an error: .*{says}"):
        rows_of(connect(server).read(None))
    assert len(server.asked) == 2
    reading = connect(server, partial="note").read(None)
    assert len(rows_of(reading)) == 3
    assert [says in issue.what for issue in reading.issues()] == [True]


def test_an_error_around_the_way_to_the_records_is_seen(server: SourceServer) -> None:
    inner = {"results": {"rows": records(0, 3)}, "errors": ["not all shards"]}
    server.answer = lambda _: Reply({"response": inner})
    form = {"kind": "json", "records": "$.response.results.rows"}
    with pytest.raises(SourceRefused, match="not all shards"):
        rows_of(connect(server, format=form).read(None))


def test_what_it_warns_of_beside_records_is_told(server: SourceServer) -> None:
    warning = {"warning": "incomplete return", "description": "The API returns 5000 rows at most."}
    server.answer = lambda _: Reply({"results": records(0, 3), "response": {"warnings": [warning]}})
    reading = connect(server).read(None)
    assert len(rows_of(reading)) == 3
    assert [issue.what for issue in reading.issues()] == [
        "beside its records it warns: The API returns 5000 rows at most."
    ]


def test_a_member_that_is_read_as_a_column_says_nothing_of_the_answer(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"status": "error", "results": records(0, 3)})
    form = {"kind": "json", "records": "$.results", "inherit": ["$.status"]}
    assert {row["status"] for row in rows_of(connect(server, format=form).read(None))} == {"error"}


def test_the_owner_says_which_words_mean_that_there_is_nothing(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": [], "status": "error", "message": "No data for this day"})
    assert rows_of(connect(server, nothing={"text": "No data for"}).read(None)) == []


def test_a_message_without_an_error_is_told(server: SourceServer) -> None:
    server.answer = lambda _: Reply({"results": [], "message": "The API moves on 1 May"})
    reading = connect(server).read(None)
    assert rows_of(reading) == []
    assert [issue.what for issue in reading.issues()] == ["it gives no record, and says: The API moves on 1 May"]


@pytest.mark.parametrize("member", ["error", "message"])
def test_its_words_are_short_in_one_line_and_hold_no_secret_and_no_person(member: str, server: SourceServer) -> None:
    def said(words: str) -> str:
        server.answer = lambda _: Reply({"results": [], member: words})
        reading = connect(server, authentication={"kind": "bearer", "secret_ref": "plain"}).read(None)
        try:
            assert rows_of(reading) == []
        except SourceRefused as refused:
            return str(refused)
        return " ".join(issue.what for issue in reading.issues())

    sent = server.asked
    rows = said("x")
    token = sent[0].headers["Authorization"].removeprefix("Bearer ")
    assert rows.count("x") and token not in said(f"no right for {token} here")
    assert token[:6] not in said("x" * 195 + token)
    assert len(said("no " * 20_000)) < 500
    assert "first second third" in said("first\r\nsecond\x00\x1b third")
    assert "Peeters" not in said("No contract of Anna Peeters is known")
    assert "555" not in said("No meter 541448820000000555")


@pytest.mark.parametrize(
    ("reply", "nothing"),
    [
        pytest.param(Reply({"detail": "no events"}, 404), {"status": [404]}, id="a status"),
        pytest.param(Reply({"results": [], "note": "no events"}), {"text": "no events"}, id="words"),
    ],
)
def test_what_the_owner_takes_for_nothing_is_none_where_all_is_asked_for_too(
    reply: Reply, nothing: Any, server: SourceServer
) -> None:
    server.answer = lambda _: reply
    assert rows_of(a_connector(server, nothing=nothing).read(None)) == []
    server.answer = lambda _: Reply({"results": []})
    with pytest.raises(SourceRefused, match=r"it gives no records.*nothing.empty"):
        rows_of(a_connector(server, nothing=nothing).read(None))
    assert rows_of(a_connector(server, nothing={"empty": True}).read(None)) == []


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status_code": 2001, "status_message": "Invalid token hush-4711"}, "it says: Invalid token •••"),
        ({"error": {"code": 7, "message": "quota exceeded"}}, "it says: quota exceeded"),
        ({"status_code": 1000, "status_message": "Success", "rows": []}, "there is no member 'results' at $"),
    ],
)
def test_an_answer_without_a_place_for_records_is_told_in_its_words(
    answer: dict[str, Any], says: str, server: SourceServer
) -> None:
    """OCPI answers 200 to a token that it does not know."""
    server.answer = lambda _: Reply(answer)
    with pytest.raises(SourceRefused, match="there is no member 'results'") as end:
        rows_of(connect(server, authentication={"kind": "bearer", "secret_ref": "plain"}).read(None))
    assert end.value.what.endswith(says)


ACKNOWLEDGED = (
    b'<?xml version="1.0"?>\n<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1"><mRID>7</mRID>'
    b"<Reason><code>999</code><text>No matching data &amp; no area</text></Reason></Acknowledgement_MarketDocument>"
)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        pytest.param(Reply({"error": "no such area"}, 400), "answers 400: no such area", id="JSON"),
        pytest.param(Reply({"message": "out of range", "code": 7}, 416), "answers 416: out of range", id="a message"),
        pytest.param(Reply(ACKNOWLEDGED, 400), "answers 400: No matching data & no area", id="XML"),
        pytest.param(Reply(b"Unknown id\n", 404), "answers 404: Unknown id", id="a line"),
        pytest.param(Reply({"detail": "key hush-4711 has expired"}, 403), "who asks: key ••• has expired", id="a key"),
        pytest.param(
            Reply(b"<!DOCTYPE html><html><title>Oops</title><p>no</p></html>", 404), "answers 404", id="a page"
        ),
        pytest.param(Reply(b"x" * 5000, 404), "answers 404", id="more than words"),
        pytest.param(Reply(b"[1, 2]", 404), "answers 404", id="a list"),
    ],
)
def test_a_status_of_refusal_is_told_in_the_words_of_the_source(reply: Reply, says: str, server: SourceServer) -> None:
    server.answer = lambda _: reply
    with pytest.raises(SourceRefused) as end:
        rows_of(connect(server, authentication={"kind": "bearer", "secret_ref": "plain"}).read(None))
    assert end.value.what.endswith(says)
    assert ("ingester.nothing" in end.value.remedy) == (": " in says and reply.status != 403)
