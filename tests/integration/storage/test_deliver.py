"""What the outbox holds is sent; what cannot be is kept with its reason, and does not hold up the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Engine

from include.access.requestor import Requestor
from include.errors import NotFound, StoreUnavailable
from include.notification.deliver import deliver
from include.storage.outbox import PostgresOutbox
from tests.postgres import Database

PAST = datetime(2026, 1, 1, tzinfo=UTC)
LOADED = {"title": "Meters", "dataset_id": "d1", "rows_loaded": 2}


class Post:
    """A mailer and directory in memory; `away` makes the server refuse."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.away = False

    def send(self, to: str, subject: str, text: str) -> None:
        if self.away:
            raise StoreUnavailable("the mail server", "does not answer")
        self.sent.append((to, subject))

    def find(self, name: str) -> Requestor:
        raise NotFound(name, "nobody")

    def mail_address(self, requestor_id: str) -> str | None:
        return None if requestor_id == "0" else f"{requestor_id}@example.org"


@pytest.fixture
def outbox(loader: Engine, database: Database) -> Iterator[PostgresOutbox]:
    yield PostgresOutbox(loader)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("TRUNCATE cdmp.outbox")


def test_pending_events_are_sent_once(outbox: PostgresOutbox) -> None:
    post = Post()
    outbox.add("batch.loaded", "7", LOADED, PAST)
    assert deliver(outbox, post, post, "", lambda: PAST) == 1
    assert deliver(outbox, post, post, "", lambda: PAST) == 0
    assert post.sent == [("7@example.org", "Meters: 2 new rows")]


def test_what_fails_is_sent_later(outbox: PostgresOutbox) -> None:
    post = Post()
    post.away = True
    outbox.add("batch.loaded", "7", LOADED, PAST)
    assert deliver(outbox, post, post, "", lambda: PAST) == 0
    post.away = False
    assert deliver(outbox, post, post, "", lambda: PAST) == 1


def test_one_that_cannot_be_delivered_does_not_hold_up_the_rest(outbox: PostgresOutbox, database: Database) -> None:
    post = Post()
    outbox.add("batch.loaded", "0", LOADED, PAST)  # has no address
    outbox.add("moon.rose", "7", {}, PAST)
    outbox.add("run.failed", "7", {"title": "Meters"}, PAST)  # lacks its facts
    outbox.add("batch.loaded", "8", LOADED, PAST)
    assert deliver(outbox, post, post, "", lambda: PAST) == 1
    assert [to for to, _ in post.sent] == ["8@example.org"]
    with psycopg.connect(database.admin_url) as connection:
        reasons = connection.execute("SELECT reason FROM cdmp.outbox WHERE delivered IS NULL ORDER BY id").fetchall()
    assert [reason for (reason,) in reasons] == [
        "user 0: has no mail address. Enter one in the user's profile",
        "it cannot be told: ValueError",
        "it cannot be told: KeyError",
    ]
