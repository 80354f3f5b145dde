"""The keys of datasets in PostgreSQL, each sealed with the platform's master key."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.dialects.postgresql import insert

from include.anonymization.key import Key, KeyEntry
from include.errors import ConfigurationInvalid, NotFound, Problem
from include.ports import Dataset, SecretStore
from include.storage.connection import begin
from include.storage.schema import outbox
from include.storage.schema import secret as keys

PURPOSE: Final = "pseudonym"
_KEY_BYTES: Final = 32
_OLDEST_FIRST: Final = (func.length(keys.c.key_id), keys.c.key_id)  # p2 comes before p10
_log = logging.getLogger(__name__)


class SealedKeyRing:
    """The port `KeyRing`. Key ids are p1, p2, …; the last one is current."""

    def __init__(self, engine: Engine, store: SecretStore) -> None:
        self._engine = engine
        self._store = store

    def list_keys(self, dataset_id: UUID) -> Sequence[KeyEntry]:
        """List in the order in which they were made."""
        with begin(self._engine) as connection:
            return _entries(connection, dataset_id)

    def read_key(self, dataset_id: UUID, key_id: str) -> Key:
        """Give a key; raises NotFound where there is none of this id, or it was shredded."""
        with begin(self._engine) as connection:
            sealed = connection.scalar(select(keys.c.sealed).where(*_of(dataset_id), keys.c.key_id == key_id))
        if sealed is None:
            raise _absent(key_id)
        return Key(key_id, self._store.unseal(sealed))

    def rotate_key(self, dataset: Dataset, now: datetime) -> KeyEntry:
        """Make a new key; whoever does so at the same moment gets the same one."""
        with begin(self._engine) as connection:
            last = connection.scalar(_last(dataset.id).with_only_columns(keys.c.key_id).with_for_update())
            made = make_key(connection, self._store, dataset.id, next_id(last), now)
            if made:
                _tell(connection, "key.rotated", dataset, {"key_id": next_id(last)}, now)
            return _entries(connection, dataset.id)[-1]

    def shred_key(self, dataset: Dataset, key_id: str, now: datetime) -> KeyEntry:
        """Destroy a key, and remember that it was; the second time does nothing. Raises NotFound."""
        with begin(self._engine) as connection:
            there = (*_of(dataset.id), keys.c.key_id == key_id)
            gone = connection.execute(
                update(keys).where(*there, keys.c.sealed.is_not(None)).values(sealed=None, shredded=now)
            )
            if gone.rowcount:
                _tell(connection, "key.shredded", dataset, {"key_id": key_id}, now)
            entry = next((each for each in _entries(connection, dataset.id) if each.id == key_id), None)
        if entry is None:
            raise _absent(key_id)
        return entry


def current_key(engine: Engine, store: SecretStore, dataset_id: UUID) -> tuple[str, bytes]:
    """Give the dataset's current key with its id; made (256 random bits) when first asked for.

    Raises:
        ConfigurationInvalid: It was shredded, and no other has been made since.
    """
    with begin(engine) as connection:
        found = connection.execute(_last(dataset_id)).first()
        if found is None:
            # two workers at once: one row wins, and both read it
            make_key(connection, store, dataset_id, next_id(None), None)
            found = connection.execute(_last(dataset_id)).one()
    if found.sealed is None:
        raise ConfigurationInvalid(
            [
                Problem(
                    "anonymization.fields",
                    f"the dataset's key {found.key_id} was shredded on {found.shredded:%Y-%m-%d}, and no other made",
                    "Make a new one (`cdmp keys rotate`, or POST /dataset/{id}/key), then run the collection again",
                )
            ]
        )
    return found.key_id, store.unseal(found.sealed)


def next_id(last: str | None) -> str:
    """Name the key that comes after.

    Example:
        >>> next_id(None), next_id("p9")
        ('p1', 'p10')
    """
    return "p1" if last is None else f"p{int(last.removeprefix('p')) + 1}"


def make_key(connection: Connection, store: SecretStore, dataset_id: UUID, key_id: str, now: datetime | None) -> bool:
    """Add a key of 256 random bits, unless there is one of this id; says whether it did. `now` None: the server's."""
    sealed = store.seal(secrets.token_bytes(_KEY_BYTES))
    values: Mapping[str, Any] = {"purpose": PURPOSE, "subject": dataset_id, "key_id": key_id, "sealed": sealed}
    created = {} if now is None else {"created": now}
    return bool(connection.execute(insert(keys).values(**values, **created).on_conflict_do_nothing()).rowcount)


def _of(dataset_id: UUID) -> tuple[Any, ...]:
    return (keys.c.purpose == PURPOSE, keys.c.subject == dataset_id)


def _last(dataset_id: UUID) -> Any:
    newest_first = [column.desc() for column in _OLDEST_FIRST]
    columns = (keys.c.key_id, keys.c.sealed, keys.c.shredded)
    return select(*columns).where(*_of(dataset_id)).order_by(*newest_first).limit(1)


def _entries(connection: Connection, dataset_id: UUID) -> list[KeyEntry]:
    columns = (keys.c.key_id, keys.c.created, keys.c.shredded)
    found = connection.execute(select(*columns).where(*_of(dataset_id)).order_by(*_OLDEST_FIRST)).all()
    last = len(found) - 1
    return [KeyEntry(*row, current=number == last and row.shredded is None) for number, row in enumerate(found)]


def _tell(connection: Connection, kind: str, dataset: Dataset, facts: Mapping[str, Any], now: datetime) -> None:
    """Leave a line in the log, and tell the owner."""
    _log.info("dataset %s: %s %s", dataset.id, kind, facts["key_id"])
    told = {"dataset_id": str(dataset.id), "title": dataset.title, **facts}
    event = {"kind": kind, "recipient_id": dataset.owner_id, "facts": told, "created": now, "not_before": now}
    connection.execute(insert(outbox).values(**event))


def _absent(key_id: str) -> NotFound:
    return NotFound(f"key {key_id!r}", "the dataset has none of this id, or it was shredded", "`cdmp keys list`")
