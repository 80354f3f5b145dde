"""Which datasets the search index has yet to follow: the events `dataset.changed` of the outbox, in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Update,
    any_,
    func,
    insert,
    literal,
    select,
    update,
)

from include.errors import CdmpError, IndexAway, IndexRefuses, Locked
from include.storage.connection import begin
from include.storage.outbox import DATASET_CHANGED, wait_longer
from include.storage.schema import outbox as events

if TYPE_CHECKING:
    from adbc_driver_postgresql import dbapi

_WORKING: Final = func.hashtextextended("cdmp search index", 0)
"""The advisory lock that whoever indexes shares, and that a rebuild has for itself; `_REBUILDERS`: one at a time."""
_REBUILDERS: Final = func.hashtextextended("cdmp search index rebuild", 0)
_dataset: Final = events.c.facts["dataset_id"].as_string()


class PostgresIndexQueue:
    """The port `IndexQueue`. The locks are a transaction's: whoever dies lets go of them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def due(self, limit: int = 1000) -> Sequence[UUID]:
        """Give the datasets that have changed, longest ago first; see the port."""
        query = select(_dataset).where(_pending(), events.c.not_before <= func.now()).group_by(_dataset)
        with begin(self._engine) as connection:
            return [UUID(each) for each in connection.scalars(query.order_by(func.min(events.c.id)).limit(limit))]

    def due_again(self, dataset_id: UUID, owner_id: str) -> None:
        """Let a dataset be followed; see the port."""
        with begin(self._engine) as connection:
            note_change(connection, dataset_id, owner_id)

    @contextmanager
    def following(self, dataset_id: UUID, *, wait: bool = True) -> Iterator[Mapping[int, UUID | None]]:
        """Hold off whoever else indexes this dataset; see the port."""
        failure: Exception | None = None
        with begin(self._engine) as connection:
            if not connection.scalar(select(func.pg_try_advisory_xact_lock_shared(_WORKING))):
                raise IndexAway("the search index", "is being rebuilt", "It follows by itself when that is done")
            one = func.hashtextextended(f"cdmp search index {dataset_id}", 0)
            if wait:
                connection.execute(select(func.pg_advisory_xact_lock(one)))
            elif not connection.scalar(select(func.pg_try_advisory_xact_lock(one))):
                raise Locked(f"dataset {dataset_id}", "is being indexed already", "What has changed since stays due")
            # what is committed later is not seen by who indexes now, and stays due
            batch = events.c.facts["batch_id"].as_string()
            pending = select(events.c.id, batch).where(_pending(), _dataset == str(dataset_id)).order_by(events.c.id)
            found = {event: UUID(name) if name else None for event, name in connection.execute(pending)}
            changes = [*found]
            try:
                yield found
            except Exception as error:  # noqa: BLE001 - raised again below, after the commit
                failure = error
                reason = str(error) if isinstance(error, CdmpError) else type(error).__name__
                away = isinstance(error, IndexAway) and not isinstance(error, IndexRefuses)
                later = {} if away else {"not_before": wait_longer(func.now())}
                attempts = events.c.attempts + 1
                connection.execute(_mark(changes).values(reason=reason, attempts=attempts, **later))
            else:
                _deliver(connection, changes)
        if failure is not None:
            raise failure

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold off whoever indexes, once they are done; see the port."""
        with begin(self._engine) as connection:
            if not connection.scalar(select(func.pg_try_advisory_xact_lock(_REBUILDERS))):
                raise Locked("the search index", "is being rebuilt already", "Wait until that is done")
            connection.execute(select(func.pg_advisory_xact_lock(_WORKING)))
            changes = connection.scalars(select(events.c.id).where(_pending())).all()
            yield
            _deliver(connection, changes)


def note_change(connection: Connection, dataset_id: UUID, owner_id: str) -> None:
    """Let the index follow a dataset, if this transaction commits."""
    facts, now = {"dataset_id": str(dataset_id)}, func.now()
    event = {"kind": DATASET_CHANGED, "recipient_id": owner_id, "facts": facts, "created": now, "not_before": now}
    connection.execute(insert(events).values(event))


def note_load(
    cursor: dbapi.Cursor, dataset_id: UUID, owner_id: str, now: datetime, batch_id: UUID | None = None
) -> None:
    """Do the same in a transaction of ADBC's.

    Args:
        batch_id: Where all that has changed is that the dataset has rows of this batch.
    """
    facts = {"dataset_id": str(dataset_id)} | ({"batch_id": str(batch_id)} if batch_id else {})
    cursor.execute(
        "INSERT INTO cdmp.outbox (kind, recipient_id, facts, created, not_before) VALUES ($1, $2, $3::json, $4, $4)",
        (DATASET_CHANGED, owner_id, json.dumps(facts), now),
    )


def _pending() -> ColumnElement[bool]:
    return (events.c.kind == DATASET_CHANGED) & events.c.delivered.is_(None)


def _deliver(connection: Connection, changes: Sequence[int]) -> None:
    done = {"delivered": func.now(), "reason": None, "attempts": events.c.attempts + 1}
    connection.execute(_mark(changes).values(done))


def _mark(changes: Sequence[int]) -> Update:
    # one parameter, however many they are
    return update(events).where(events.c.id == any_(literal(list(changes), ARRAY(BigInteger))))
