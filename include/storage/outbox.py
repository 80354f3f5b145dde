"""Events that were committed and wait for delivery, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Engine, Integer, cast, func, insert, literal, select, update

from include.notification_ports import Event
from include.storage.connection import begin
from include.storage.schema import outbox as events

DATASET_CHANGED: Final = "dataset.changed"
"""The kind of event that nobody is told of: the search index follows it, see `index_queue`."""

_DOUBLINGS: Final = 8  # at most 4 h 16 min between two tries


class PostgresOutbox:
    """The port `Outbox`. A lease is a row lock: a sender that dies gives its events back at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lease: ContextVar[Connection | None] = ContextVar("lease", default=None)

    def add(self, kind: str, recipient_id: str, facts: Mapping[str, Any], now: datetime) -> None:
        """Add an event in a transaction of its own."""
        with begin(self._engine) as connection:
            connection.execute(
                insert(events).values(
                    kind=kind, recipient_id=recipient_id, facts=dict(facts), created=now, not_before=now
                )
            )

    @contextmanager
    def pending(self, limit: int = 100) -> Iterator[Sequence[Event]]:
        """Lease events for delivery until the block ends; what it marked counts even when it fails half-way."""
        due = (
            select(events.c.id, events.c.kind, events.c.recipient_id, events.c.facts, events.c.created)
            .where(events.c.kind != DATASET_CHANGED, events.c.delivered.is_(None), events.c.not_before <= func.now())
            .order_by(events.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        failure: Exception | None = None
        with begin(self._engine) as connection:
            token = self._lease.set(connection)
            try:
                yield [Event(**row._mapping) for row in connection.execute(due)]
            except Exception as error:  # noqa: BLE001 - raised again below, after the commit
                failure = error
            finally:
                self._lease.reset(token)
        if failure is not None:
            raise failure

    def delivered(self, event_id: int, now: datetime) -> None:
        """The event reached its recipient."""
        self._mark(event_id, delivered=now, reason=None, attempts=events.c.attempts + 1)

    def failed(self, event_id: int, reason: str, now: datetime) -> None:
        """It did not, for `reason`; it is due again after a minute, then two, then four …"""
        due = wait_longer(literal(now))
        self._mark(event_id, reason=reason, attempts=events.c.attempts + 1, not_before=due)

    def _mark(self, event_id: int, **values: Any) -> None:
        change = update(events).where(events.c.id == event_id).values(**values)
        leased = self._lease.get()
        if leased is not None:
            leased.execute(change)
            return
        with begin(self._engine) as connection:
            connection.execute(change)


def wait_longer(now: ColumnElement[datetime]) -> ColumnElement[datetime]:
    """Say when an event is due that was tried in vain: in a minute, then two, then four …"""
    minutes = cast(func.power(2, func.least(events.c.attempts, _DOUBLINGS)), Integer)
    return now + func.make_interval(0, 0, 0, 0, 0, minutes)
