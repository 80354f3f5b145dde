"""REST sources, against a real server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pytest

from include.collection.rest_source import RestSource
from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.connectors.rest import greatest_text
from include.errors import ConfigurationInvalid, SourceRefused
from tests.factories import a_config

RECORDING = json.loads(
    (Path(__file__).parents[3] / "examples" / "data" / "smard_load_2024_01.json").read_text(encoding="utf-8")
)["results"]


class Replay(BaseHTTPRequestHandler):
    """An Open Data API: at most 96 records later than `since`."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        since = parse_qs(parts.query).get("since", [""])[0]
        results = [record for record in RECORDING if record["datetime"] > since][:96]
        bodies = {
            "/load": json.dumps({"total_count": len(RECORDING), "results": results, "asked": self.path}),
            "/web": "<html></html>",
            "/cut": json.dumps({"results": results})[:-9],
            "/other": json.dumps({"results": [{"time": "x"}]}),
            "/none": json.dumps({"results": []}),
        }
        body = bodies[parts.path].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


LISTENER = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
PORT = LISTENER.server_port
HERE = f"127.0.0.1:{PORT}"


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    thread = threading.Thread(target=LISTENER.serve_forever, args=(0.05,))
    thread.start()
    yield
    LISTENER.shutdown()
    thread.join()
    LISTENER.server_close()


def a_connector(path: str = "/load", *, incremental: bool = True) -> Any:
    source = RestSource.model_validate(
        {
            "kind": "rest",
            "url": f"http://{HERE}{path}?key=hush",
            "format": {"records": "$.results"},
            "incremental": {"parameter": "since", "field": "datetime", "start": "2023-12-31T23:45:00+01:00"}
            if incremental
            else None,
        }
    )
    return choose_connector(source, None, Egress(frozenset({HERE})))


def test_a_source_is_followed_until_there_is_nothing_new() -> None:
    cursor, frames, runs = None, [], 0
    while True:
        reading = a_connector().read(cursor)
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


def test_the_same_records_are_the_same_content_whatever_stands_around_them() -> None:
    first, again = a_connector().read(None), a_connector(incremental=False).read(None)
    other = a_connector().read(RECORDING[0]["datetime"])
    assert first.digest() == again.digest() != other.digest()
    assert again.cursor() is None


@pytest.mark.parametrize(
    ("path", "incremental", "says"),
    [
        pytest.param("/web", True, "it is no JSON", id="a web page"),
        pytest.param("/cut", True, "the JSON ends too early", id="truncated"),
        pytest.param("/other", True, "no member 'datetime'", id="without what says what is new"),
        pytest.param("/none", False, "the list at $.results is empty", id="nothing where all was asked for"),
    ],
)
def test_an_answer_that_cannot_be_used_says_what_is_wrong_and_no_key(path: str, incremental: bool, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        list(a_connector(path, incremental=incremental).read(None).frames)
    assert says in str(raised.value)
    assert "hush" not in str(raised.value)


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
        choose_connector(a_config().ingester, None, Egress())
