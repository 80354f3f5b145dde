"""Mails go out by SMTP, in plain words, and a server that is away is a reason to try again."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from include.errors import ConfigurationInvalid, StoreUnavailable
from include.notification.mail import NoMailer, SmtpMailer
from include.notification.messages import write_message


class Sink:
    """Keeps what it is sent; refuses one recipient."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("full@"):
            return "452 the mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.kept.append(envelope)
        return "250 OK"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Sink()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_a_mail_arrives(sink: tuple[Sink, str]) -> None:
    handler, url = sink
    SmtpMailer(url, "cdmp@example.org").send("olive@example.org", "Zähler:\r\nBcc: x@y.z", "Grüße\n")
    (mail,) = handler.kept
    assert (mail.mail_from, mail.rcpt_tos) == ("cdmp@example.org", ["olive@example.org"])
    assert b"\nBcc:" not in mail.content


@pytest.mark.parametrize(
    ("url", "to"),
    [
        pytest.param("smtp://127.0.0.1:1", "olive@example.org", id="nobody answers"),
        pytest.param(None, "full@example.org", id="the mailbox is full"),
        pytest.param("smtp://olive:secret-pw@{}", "olive@example.org", id="a password, and no encryption"),
    ],
)
def test_what_cannot_be_sent_now_is_a_store_unavailable(sink: tuple[Sink, str], url: str | None, to: str) -> None:
    handler, here = sink
    mailer = SmtpMailer((url or here).format(here.removeprefix("smtp://")), "cdmp@example.org")
    with pytest.raises(StoreUnavailable) as away:
        mailer.send(to, "Meters", "text")
    assert handler.kept == []
    assert to not in str(away.value)
    assert "secret-pw" not in str(away.value)


@pytest.mark.parametrize("url", ["http://host", "smtp://", "host:25", "smtp://host:port"])
def test_a_wrong_address_is_told(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="CDMP_SMTP_URL"):
        SmtpMailer(url, "cdmp@example.org")


def test_without_a_server_the_log_says_so_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        NoMailer().send("olive@example.org", "Meters: 3 new rows", "the text")
    assert "mail is not configured" in caplog.text
    assert "olive" not in caplog.text
    assert "the text" not in caplog.text


def test_a_loaded_batch_in_plain_words() -> None:
    facts = {"title": "Meters", "dataset_id": "d1", "rows_loaded": 2, "rows_already_there": 1, "rows_quarantined": 3}
    message = write_message("batch.loaded", facts, "https://cdmp.example/")
    assert message.subject == "Meters: 2 new rows"
    assert message.text == (
        'The data collection "Meters" has loaded 2 new rows.\n'
        "1 row had been loaded before and stays as before.\n"
        "3 rows broke a rule and wait in quarantine for you.\n"
        "\nThe records: https://cdmp.example/twinergy-api/dataset/d1/records\n"
    )


def test_what_a_batch_overwrote_is_told_apart_from_what_is_new() -> None:
    facts = {"title": "Meters", "dataset_id": "d1", "rows_loaded": 5, "rows_already_there": 0, "rows_quarantined": 0}
    message = write_message("batch.loaded", facts | {"rows_replaced": 4, "rows_removed": 1}, "https://cdmp.example/")
    assert message.subject == "Meters: 1 new row"
    assert "4 rows of earlier batches were replaced.\n1 row of earlier batches was taken away.\n" in message.text


def test_a_batch_that_was_taken_back_in_plain_words() -> None:
    facts = {"title": "Meters", "dataset_id": "d1", "number": 3, "by": "olive", "rows_removed": 2, "rows_restored": 1}
    message = write_message("batch.rolled_back", facts, "https://cdmp.example/")
    assert message.subject == "Meters: a batch was taken back"
    assert message.text == (
        'olive has taken back batch 3 of the dataset "Meters".\n'
        "2 rows of it were removed; 1 row that it had overwritten is there again.\n"
        "Its content can be loaded again.\n"
        "\nThe records: https://cdmp.example/twinergy-api/dataset/d1/records\n"
    )


def test_a_failed_run_in_plain_words() -> None:
    facts = {"title": "Meters", "collection_id": "c1", "run_id": "m+1", "task": "ingest", "where": "meters.csv"}
    facts |= {"what": "the file is empty", "remedy": "Export it again"}
    text = write_message("run.failed", facts, "https://cdmp.example").text
    assert "Where: meters.csv\nWhat: the file is empty\nWhat to do: Export it again\n" in text
    assert "https://cdmp.example/dags/collection_c1/runs/m%2B1" in text


def test_an_unknown_kind_of_event_is_refused() -> None:
    with pytest.raises(ValueError, match="no mail"):
        write_message("moon.rose", {}, "")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"state": "accepted", "version": 7}, "It is in version 7 of the CIM"),
        ({"state": "merged", "into": "meter_reading.energy", "version": 7}, "Map to meter_reading.energy"),
        ({"state": "rejected", "reason": "It is not measured."}, "The reason: It is not measured."),
    ],
)
def test_a_proposer_reads_what_was_decided_and_why(facts: dict[str, Any], says: str) -> None:
    known = {"about": "meter_reading.losses", "extension_id": "e1", **facts}
    message = write_message("cim.reviewed", known, "https://data.example.org/")
    assert message.subject == f"Your proposal meter_reading.losses is {facts['state']}"
    assert says in message.text
    assert "https://data.example.org/twinergy-api/cim/extension/e1" in message.text


def test_a_held_batch_says_why_and_how_to_answer() -> None:
    held = ["expect_x of energy: 3 of 5 rows break it."]
    facts = {"title": "Meters", "collection_id": "c", "run_id": "manual__1", "held": held, "days": 7}
    message = write_message("run.held", facts, "https://cdmp.example/")
    assert message.subject == "Meters: a batch waits for your review"
    assert held[0] in message.text and "within 7 days" in message.text
    assert "https://cdmp.example/dags/collection_c/runs/manual__1/tasks/validate/required_actions" in message.text
