"""Events are leased to one sender at a time, and wait longer after each failure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Engine

from include.storage.outbox import PostgresOutbox
from tests.postgres import Database

PAST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def outbox(loader: Engine, database: Database) -> Iterator[PostgresOutbox]:
    yield PostgresOutbox(loader)
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("TRUNCATE cdmp.outbox")


def test_an_event_is_delivered_once(outbox: PostgresOutbox) -> None:
    outbox.add("batch.loaded", "7", {"rows_loaded": 3}, PAST)
    with outbox.pending() as events:
        (event,) = events
        assert (event.kind, event.recipient_id, event.facts, event.created) == (
            "batch.loaded",
            "7",
            {"rows_loaded": 3},
            PAST,
        )
        outbox.delivered(event.id, PAST)
    with outbox.pending() as events:
        assert events == []


def test_whoever_else_asks_meanwhile_gets_others(outbox: PostgresOutbox, database: Database) -> None:
    for number in range(3):
        outbox.add("batch.loaded", str(number), {}, PAST)
    with outbox.pending(limit=2) as mine, outbox.pending() as theirs:
        assert [event.recipient_id for event in mine] == ["0", "1"]
        assert [event.recipient_id for event in theirs] == ["2"]


def test_a_failure_keeps_its_reason_and_waits_longer_each_time(outbox: PostgresOutbox, database: Database) -> None:
    outbox.add("run.failed", "7", {}, PAST)
    waits = []
    for _ in range(11):
        with outbox.pending() as events:
            outbox.failed(events[0].id, "the mail server does not answer", PAST)
        with psycopg.connect(database.admin_url) as connection:
            row = connection.execute("SELECT not_before, reason FROM cdmp.outbox").fetchone()
        assert row is not None
        assert row[1] == "the mail server does not answer"
        waits.append((row[0] - PAST) / timedelta(minutes=1))
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256]


def test_what_is_not_due_is_not_leased(outbox: PostgresOutbox) -> None:
    outbox.add("run.failed", "7", {}, PAST)
    with outbox.pending() as events:
        outbox.failed(events[0].id, "away", datetime.now(UTC))
    with outbox.pending() as events:
        assert events == []


def test_what_was_sent_before_a_crash_of_the_sender_is_not_sent_again(outbox: PostgresOutbox) -> None:
    for number in range(2):
        outbox.add("batch.loaded", str(number), {}, PAST)
    with pytest.raises(ZeroDivisionError), outbox.pending() as events:
        outbox.delivered(events[0].id, PAST)
        raise ZeroDivisionError
    with outbox.pending() as events:
        assert [event.recipient_id for event in events] == ["1"]


def test_a_mark_works_outside_a_lease_too(outbox: PostgresOutbox) -> None:
    outbox.add("batch.loaded", "7", {}, PAST)
    with outbox.pending() as events:
        (event,) = events
    outbox.delivered(event.id, PAST)
    with outbox.pending() as events:
        assert events == []
