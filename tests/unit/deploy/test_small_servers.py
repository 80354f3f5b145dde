"""The mail sink keeps what it receives; the recorded source answers a page at a time, and only what is new."""

from __future__ import annotations

import json
import os
import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from deploy.layout import ROOT, Layout
from deploy.ports import is_listening
from deploy.processes import start, stop
from deploy.replay_server import PAGE
from tests.ports import free_port
from tests.unit.deploy.test_processes import wait_until


def test_the_mail_sink_keeps_each_mail_as_a_file_that_nobody_else_may_read(tmp_path: Path) -> None:
    layout, port = Layout(tmp_path / "var"), free_port()
    layout.make()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    sink = start(layout, "mail", [sys.executable, "-m", "deploy.mail_sink", layout.mail, str(port)], environment)
    try:
        wait_until(lambda: is_listening(port), 30)
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "cdmp@localhost", "owner@example.org", "Zählerstände"
        message.set_content("100 rows were loaded.\n")
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.send_message(message)
            client.send_message(message)
    finally:
        stop(layout, sink)
    kept = sorted(layout.mail.glob("*.eml"))
    assert len(kept) == 2
    assert "100 rows were loaded." in kept[0].read_text()
    assert kept[0].stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    layout, port = Layout(tmp_path_factory.mktemp("replay") / "var"), free_port()
    layout.make()
    records = [{"datetime": f"2024-01-{day:02}T{hour:02}:00:00+00:00"} for day in range(1, 8) for hour in range(24)]
    file = layout.var / "recorded.json"
    file.write_text(json.dumps({"total_count": len(records), "results": records}))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = start(layout, "replay", [sys.executable, "-m", "deploy.replay_server", file, str(port)], environment)
    try:
        wait_until(lambda: is_listening(port), 30)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        stop(layout, server)


def test_the_recorded_source_gives_everything_page_by_page(source: httpx.Client) -> None:
    since, seen = "2023-12-31T00:00:00Z", list[str]()
    while page := source.get("/open-data/smard-load", params={"since": since}).json()["results"]:
        assert len(page) <= PAGE
        seen += [record["datetime"] for record in page]
        since = seen[-1]
    assert len(seen) == len(set(seen)) == 7 * 24


@pytest.mark.parametrize(
    "since",
    [
        pytest.param("2024-01-07T22:00:00Z", id="in UTC"),
        pytest.param("2024-01-07T23:00:00+01:00", id="in another zone"),
        pytest.param("2024-01-07T22:00:00", id="without a zone"),
    ],
)
def test_only_what_is_later_is_answered(source: httpx.Client, since: str) -> None:
    answer = source.get("/open-data/smard-load", params={"since": since}).json()
    assert answer == {"total_count": 1, "results": [{"datetime": "2024-01-07T23:00:00+00:00"}]}


def test_a_time_stamp_that_is_none_is_refused(source: httpx.Client) -> None:
    assert source.get("/open-data/smard-load", params={"since": "yesterday"}).status_code == 400
