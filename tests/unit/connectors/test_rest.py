"""REST sources, against a real server on this machine."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl
import pytest

from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.connectors.rest_cursor import greatest_text
from include.errors import CdmpError, ConfigurationInvalid, NotFound, SourceRefused, SourceUnavailable
from tests.factories import a_config
from tests.source_server import Asked, Reply, SourceServer
from tests.unit.connectors.rest_fixtures import NOW, SECRETS, a_connector, column, records, reveal, rows_of

RECORDING = json.loads(
    (Path(__file__).parents[3] / "examples" / "data" / "smard_load_2024_01.json").read_text(encoding="utf-8")
)["results"]
SINCE = {"parameter": "since", "field": "datetime", "start": "2023-12-31T23:45:00+01:00"}


def replay(asked: Asked) -> Reply:
    """An Open Data API: at most 96 records later than `since`."""
    results = [record for record in RECORDING if record["datetime"] > asked.get("since")][:96]
    return Reply({"total_count": len(RECORDING), "results": results, "asked": asked.target})


def test_a_source_is_followed_until_there_is_nothing_new(server: SourceServer) -> None:
    server.answer = replay
    cursor, frames, runs = None, [], 0
    while True:
        reading = a_connector(server, incremental=SINCE).read(cursor)
        got = list(reading.frames)
        if not got:
            break
        frames, runs = frames + got, runs + 1
        assert reading.cursor() != cursor
        cursor = reading.cursor()
    assert runs == 31
    assert reading.cursor() == cursor == RECORDING[-1]["datetime"]
    rows = pl.concat(frames)
    assert rows["datetime"].to_list() == [record["datetime"] for record in RECORDING]
    assert rows["load_mwh"].cast(pl.Float64).to_list() == [record["load_mwh"] for record in RECORDING]


def test_an_incremental_source_that_gives_pages_is_read_to_its_end_in_one_run(server: SourceServer) -> None:
    def answer(asked: Asked) -> Reply:
        found = [record for record in RECORDING if record["datetime"] > asked.get("since")]
        first = int(asked.get("offset"))
        return Reply({"results": found[first : first + 500], "total": len(found)})

    server.answer = answer
    source = {"incremental": SINCE, "pagination": {"kind": "offset"}, "total": "$.total"}
    reading = a_connector(server, **source).read(None)
    assert len(rows_of(reading)) == len(RECORDING)
    assert reading.cursor() == RECORDING[-1]["datetime"]
    again = a_connector(server, **source).read(reading.cursor())
    assert (rows_of(again), again.cursor()) == ([], reading.cursor())


@pytest.mark.parametrize(
    ("nothing", "form"),
    [
        pytest.param(None, {}, id="a list that is null, as Go writes it"),
        pytest.param(None, {"records": "$.results[*].points"}, id="a list around lists that is null"),
        pytest.param(None, {"shape": "columns"}, id="columns that are null"),
        pytest.param([], {"shape": "columns"}, id="columns as an empty list, as PHP writes it"),
        pytest.param([], {"shape": "keys"}, id="keys as an empty list"),
    ],
)
def test_null_and_an_empty_list_in_the_place_of_records_are_nothing_new(
    nothing: Any, form: Any, server: SourceServer
) -> None:
    server.answer = lambda _: Reply({"results": nothing})
    source = {"incremental": SINCE, "format": {"kind": "json", "records": "$.results", **form}}
    assert rows_of(a_connector(server, **source).read(RECORDING[-1]["datetime"])) == []


def test_a_look_back_reads_what_came_late(server: SourceServer) -> None:
    server.answer = replay
    incremental = {**SINCE, "look_back": "PT2H"}
    reading = a_connector(server, incremental=incremental).read("2024-01-02T00:00:00+01:00")
    assert rows_of(reading)[0]["datetime"] > "2024-01-01T22:00:00+01:00"
    assert server.asked[0].get("since") == "2024-01-01T22:00:00+01:00"
    server.answer = lambda _: Reply({"results": [{"datetime": "2024-01-01T23:00:00+01:00"}]})
    reading = a_connector(server, incremental=incremental).read("2024-01-02T00:00:00+01:00")
    assert len(rows_of(reading)) == 1
    assert reading.cursor() == "2024-01-02T00:00:00+01:00", "what is read again does not move it back"


def test_a_look_back_on_what_is_no_time_is_a_mistake_of_the_configuration(server: SourceServer) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"incremental\.look_back"):
        rows_of(a_connector(server, incremental={**SINCE, "look_back": "PT2H"}).read("4711"))


def test_the_same_records_are_the_same_content_whatever_stands_around_them(server: SourceServer) -> None:
    server.answer = replay
    readings = [
        (a_connector(server, incremental=SINCE), None),
        (a_connector(server), None),
        (a_connector(server, incremental=SINCE), RECORDING[0]["datetime"]),
    ]
    digests = []
    for connector, cursor in readings:
        reading = connector.read(cursor)
        rows_of(reading)
        digests.append(reading.digest())
    # the second asks without `since`, and gets the same first day
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("body", "incremental", "says"),
    [
        pytest.param(b"<html></html>", SINCE, "it is no JSON", id="a web page"),
        pytest.param(json.dumps({"results": RECORDING})[:-9].encode(), SINCE, "the JSON ends too early", id="cut"),
        pytest.param({"results": [{"time": "x"}]}, SINCE, "no member 'datetime'", id="without what says what is new"),
        pytest.param({"results": []}, None, "it gives no records", id="nothing where all was asked for"),
        pytest.param({"rows": []}, None, "there is no member 'results'", id="elsewhere"),
    ],
)
def test_an_answer_that_cannot_be_used_says_what_is_wrong_and_no_key(
    body: Any, incremental: Any, says: str, server: SourceServer
) -> None:
    server.answer = lambda _: Reply(body)
    with pytest.raises(SourceRefused) as raised:
        rows_of(a_connector(server, "/data?k=hush", incremental=incremental).read(None))
    assert says in str(raised.value)
    assert "hush" not in str(raised.value)


# --- who asks --------------------------------------------------------------------------------------------------------

KEY = SECRETS["key"]
LOGINS: list[Any] = [
    pytest.param(
        {"kind": "api_key", "name": "X-Key", "secret_ref": "plain", "prefix": "Token "},
        lambda asked: asked.headers.get("X-Key") == "Token hush-4711",
        id="key in a header",
    ),
    pytest.param(
        {"kind": "api_key", "place": "query", "name": "api_key", "secret_ref": "key"},
        lambda asked: asked.get("api_key") == KEY,
        id="key in the query",
    ),
    pytest.param(
        {"kind": "basic", "username": "pilot", "secret_ref": "key"},
        lambda asked: asked.headers["Authorization"] == "Basic " + base64.b64encode(f"pilot:{KEY}".encode()).decode(),
        id="basic",
    ),
    pytest.param(
        {"kind": "bearer", "secret_ref": "plain"},
        lambda asked: asked.headers["Authorization"] == "Bearer hush-4711",
        id="bearer",
    ),
]


@pytest.mark.parametrize(("authentication", "is_right"), LOGINS)
def test_a_source_is_told_who_asks(
    authentication: Any, is_right: Callable[[Asked], bool], server: SourceServer
) -> None:
    server.answer = lambda asked: Reply({"results": records(0, 3)}) if is_right(asked) else Reply(status=401)
    assert len(rows_of(a_connector(server, authentication=authentication).read(None))) == 3


@pytest.mark.parametrize(("authentication", "is_right"), LOGINS)
@pytest.mark.parametrize("status", [200, 401, 404, 429, 500])
def test_a_source_that_repeats_what_it_was_told_finds_no_way_into_an_error(
    status: int, authentication: Any, is_right: Any, server: SourceServer, caplog: pytest.LogCaptureFixture
) -> None:
    def parrot(asked: Asked) -> Reply:
        heard = [asked.get("api_key"), *asked.headers.values()]
        return Reply(dict.fromkeys(heard, 1), status, headers={"Retry-After": KEY.encode().hex()})

    server.answer = parrot
    caplog.set_level(0)
    with pytest.raises(CdmpError) as raised:
        rows_of(a_connector(server, authentication=authentication).read(None))
    seen = repr(raised.value) + str(raised.value) + caplog.text + repr(raised.value.__cause__)
    for secret in (KEY, "s3cr3t", "hush-4711", base64.b64encode(f"pilot:{KEY}".encode()).decode()):
        assert secret not in seen


def test_what_a_source_repeats_of_a_secret_in_its_rows_goes_no_further(server: SourceServer) -> None:
    server.answer = lambda asked: Reply({"results": [{"n": 1, "at": asked.target, **asked.headers, asked.get("k"): 2}]})
    authentication = {"kind": "api_key", "place": "query", "name": "k", "secret_ref": "key"}
    (row,) = rows_of(a_connector(server, authentication=authentication).read(None))
    assert (row["n"], row["at"]) == ("1", "/data?k=•••")
    assert "s3cr3t" not in str(row)


def test_a_secret_that_is_not_there_ends_the_run_before_anything_is_asked(server: SourceServer) -> None:
    with pytest.raises(NotFound, match="'absent'"):
        rows_of(a_connector(server, authentication={"kind": "bearer", "secret_ref": "absent"}).read(None))
    assert server.asked == []


def oauth(server: SourceServer, **changes: Any) -> dict[str, Any]:
    plain = {"kind": "oauth2_client_credentials", "client_id": "cdmp app", "secret_ref": "key", "scope": "read"}
    return {**plain, "token_url": server.url("/token"), **changes}


def token_server(valid: list[str], send_as: str = "basic") -> Callable[[Asked], Reply]:
    """A token is good as long as it is the last of `valid`."""

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            form = dict(pair.split("=") for pair in asked.body.decode().split("&"))
            login = base64.b64encode(b"cdmp+app:canary-s3cr3t%2F%2B%C3%BC").decode()
            in_header = asked.headers.get("Authorization") == f"Basic {login}"
            in_body = (form.get("client_id"), form.get("client_secret")) == ("cdmp+app", "canary-s3cr3t%2F%2B%C3%BC")
            if (in_header if send_as == "basic" else in_body) and form["scope"] == "read":
                valid.append(f"token-{len(valid)}")
                return Reply({"access_token": valid[-1], "token_type": "Bearer", "expires_in": 60})
            return Reply({"error": "invalid_client"}, 401)
        number = int(asked.get("page", "1"))
        if asked.headers.get("Authorization") != f"Bearer {valid[-1]}":
            return Reply({"error": "expired"}, 401)
        if number == 2 and len(valid) == 1:
            valid.append("expired by now")
            return Reply({"error": "expired"}, 401)
        return Reply({"results": records(number * 10, 10) if number < 4 else []})

    return answer


@pytest.mark.parametrize("send_as", ["basic", "body"])
def test_a_token_serves_a_whole_run_and_is_renewed_once_it_is_refused(send_as: str, server: SourceServer) -> None:
    server.answer = token_server([], send_as)
    authentication = oauth(server, send_as=send_as)
    rows = rows_of(a_connector(server, pagination={"kind": "page"}, authentication=authentication).read(None))
    assert len(rows) == 30
    assert [asked.path for asked in server.asked].count("/token") == 2


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (Reply({"error": "invalid_client"}, 401), SourceRefused, "answers 401"),
        (Reply({"error": "x"}, 503), SourceUnavailable, "answers 503"),
        (Reply({"token": "x"}), SourceRefused, "no access token"),
        (Reply({"access_token": "a\r\nX: y"}), SourceRefused, "no access token"),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}), SourceRefused, "redirects"),
    ],
)
def test_a_token_that_is_not_given_says_why(
    reply: Reply, error: type[Exception], says: str, server: SourceServer
) -> None:
    server.answer = lambda _: reply
    with pytest.raises(error, match=says) as raised:
        rows_of(a_connector(server, authentication=oauth(server)).read(None))
    assert "s3cr3t" not in str(raised.value)
    assert {asked.path for asked in server.asked} == {"/token"}


def test_a_token_that_is_refused_at_once_is_no_endless_loop(server: SourceServer) -> None:
    server.answer = lambda asked: Reply({"access_token": "token"}) if asked.path == "/token" else Reply(status=401)
    with pytest.raises(SourceRefused, match="does not accept who asks"):
        rows_of(a_connector(server, authentication=oauth(server)).read(None))
    assert len(server.asked) == 4


# --- the rest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("texts", "greatest"),
    [
        pytest.param(["9", "10", "-1"], "10", id="numbers"),
        pytest.param(["2024-01-01T00:30:00+01:00", "2024-01-01T00:00:00Z"], "2024-01-01T00:00:00Z", id="instants"),
        pytest.param(["2024-01-01", "2023-12-31"], "2024-01-01", id="dates, as text"),
        pytest.param(["a", "b", "10"], "b", id="text"),
    ],
)
def test_the_greatest_value_is_that_of_what_the_values_are(texts: list[str], greatest: str) -> None:
    assert greatest_text(texts) == greatest
    assert greatest_text(texts[::-1]) == greatest


def test_a_file_that_was_not_handed_over_is_asked_for() -> None:
    with pytest.raises(ConfigurationInvalid, match=r"ingester\.upload"):
        choose_connector(a_config().ingester, None, Egress(), reveal, lambda: NOW)


@pytest.mark.parametrize(
    ("form", "name", "body"),
    [
        pytest.param({"kind": "csv"}, "load_2024.csv", b"n\n1\n2\n", id="lines"),
        pytest.param({"kind": "json", "records": "$"}, "load_2024.json", b'[{"n": 1}, {"n": 2}]', id="JSON"),
    ],
)
def test_a_file_of_an_archive_is_read_that_a_pattern_names(
    form: dict[str, str], name: str, body: bytes, server: SourceServer
) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("readme.txt", "what the columns mean " * 100)
        archive.writestr(name, body)
    server.answer = lambda _: Reply(packed.getvalue(), headers={"Content-Type": "application/zip"})
    assert column(a_connector(server, format=form, member="load_*").read(None), "n") == ["1", "2"]
    with pytest.raises(SourceRefused, match=r"holds 2 files: .* Set `member` to one of them"):
        rows_of(a_connector(server, format=form).read(None))
    with pytest.raises(SourceRefused, match="no file of the ZIP archive is called 'prices_"):
        rows_of(a_connector(server, format=form, member="prices_*").read(None))


def test_a_message_where_an_archive_should_be_is_told_in_its_words(server: SourceServer) -> None:
    server.answer = lambda _: Reply(b'{"error": "quota exceeded"}')
    with pytest.raises(SourceRefused, match=r"answers with no ZIP archive.*; it says: quota exceeded"):
        rows_of(a_connector(server, format={"kind": "csv"}, member="load_*").read(None))
    assert len(server.asked) == 2
