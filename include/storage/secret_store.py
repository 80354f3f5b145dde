"""Keys and secrets at rest, sealed with the platform's master keys (Fernet: AES-128-CBC and HMAC-SHA256)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Engine, LargeBinary, Table, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from include.collection.authentication import SecretEntry
from include.errors import ConfigurationInvalid, NotFound, Problem
from include.storage.connection import begin
from include.storage.key_ring import current_key
from include.storage.schema import counted, owner_secret, quarantine_row
from include.storage.schema import secret as secret_table

_ROWS_AT_ONCE: Final = 1000


class SealedSecretStore:
    """The port `SecretStore`.

    Args:
        master_keys: Fernet keys, newest first: the first seals, all unseal.

    Raises:
        ConfigurationInvalid: A master key is not a Fernet key.
    """

    def __init__(self, engine: Engine, master_keys: Sequence[str]) -> None:
        self._engine = engine
        try:
            self._fernet = MultiFernet([Fernet(key) for key in master_keys])
        except ValueError:
            problem = Problem("CDMP_MASTER_KEYS", "a key is not 32 bytes in URL-safe base64", "`make up` makes one")
            raise ConfigurationInvalid([problem]) from None  # the original is about the key's text
        # of 256 random bits: tells keys apart, and nothing about them
        self._key_id = hashlib.sha256(master_keys[0].encode()).hexdigest()[:12]

    def put(self, owner_id: str, name: str, value: str, now: datetime) -> bool:
        """Store a secret, or replace it; True where it is new."""
        there = (owner_secret.c.owner_id == owner_id) & (owner_secret.c.name == name)
        sealed = {"sealed": self.seal(value.encode()), "key_id": self._key_id, "updated": now}
        with begin(self._engine) as connection:
            made = connection.execute(
                insert(owner_secret)
                .values(owner_id=owner_id, name=name, created=now, **sealed)
                .on_conflict_do_nothing()
                .returning(owner_secret.c.name)
            ).first()
            if made is None:
                connection.execute(update(owner_secret).where(there).values(**sealed))
        return made is not None

    def find(self, owner_id: str) -> Sequence[SecretEntry]:
        """List an owner's secrets by name."""
        columns = (owner_secret.c.name, owner_secret.c.created, owner_secret.c.updated)
        query = select(*columns).where(owner_secret.c.owner_id == owner_id).order_by(owner_secret.c.name)
        with begin(self._engine) as connection:
            return [SecretEntry(*row) for row in connection.execute(query)]

    def remove(self, owner_id: str, name: str) -> None:
        """Forget a secret. Raises NotFound."""
        there = (owner_secret.c.owner_id == owner_id) & (owner_secret.c.name == name)
        with begin(self._engine) as connection:
            if connection.execute(delete(owner_secret).where(there)).rowcount == 0:
                raise _absent(name)

    def reveal(self, owner_id: str, name: str) -> str:
        """Give a secret to the task that needs it. Raises NotFound."""
        query = select(owner_secret.c.sealed).where(owner_secret.c.owner_id == owner_id, owner_secret.c.name == name)
        with begin(self._engine) as connection:
            sealed = connection.scalar(query)
        if sealed is None:
            raise _absent(name)
        return self.unseal(sealed).decode()

    def seal_again(self) -> Mapping[str, int]:
        """Seal everything with the newest master key, some rows a transaction; a second run does no harm.

        Raises:
            ConfigurationInvalid: Something was sealed with a key that is not there any more; it stays as it is.
        """
        tables = owner_secret, secret_table, quarantine_row, counted
        return {table.name: self._seal_table_again(table) for table in tables}

    def _seal_table_again(self, table: Table) -> int:
        at_once = 1 if table is counted else _ROWS_AT_ONCE  # one may be as large as a file
        key, rows, last = list(table.primary_key), 0, None
        named = {"key_id": self._key_id} if table is owner_secret else {}
        sealed = [column for column in table.columns if isinstance(column.type, LargeBinary)]
        places = [f"is_{column.name}" for column in key]
        here = [column == bindparam(place) for column, place in zip(key, places, strict=True)]
        again: dict[str, Any] = {column.name: bindparam(f"again_{column.name}") for column in sealed}
        statement = update(table).where(*here).values(**again, **named)
        while True:
            query = select(*key, *sealed).order_by(*key).limit(at_once).with_for_update()
            if last is not None:
                query = query.where(tuple_(*key) > tuple_(*last))
            with begin(self._engine) as connection:
                found = connection.execute(query).all()
                changes = [
                    dict(zip(places, row, strict=False))
                    | {f"again_{column.name}": self._seal_again(row._mapping[column]) for column in sealed}
                    for row in found
                ]
                if changes:
                    connection.execute(statement, changes)
            rows += len(found)
            if len(found) < at_once:
                return rows
            last = found[-1][: len(key)]

    def _seal_again(self, sealed: bytes | None) -> bytes | None:
        return None if sealed is None else self.seal(self.unseal(sealed))

    def dataset_key(self, dataset_id: UUID) -> tuple[str, bytes]:
        """Give the dataset's current key with its id; see `current_key`."""
        return current_key(self._engine, self, dataset_id)

    def seal(self, plain: bytes) -> bytes:
        """Encrypt with the newest master key."""
        return self._fernet.encrypt(plain)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt with whichever master key fits.

        Raises:
            ConfigurationInvalid: None fits.
        """
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            problem = Problem("CDMP_MASTER_KEYS", "no key opens what was sealed", "Add the key that was used then")
            raise ConfigurationInvalid([problem]) from None


def _absent(name: str) -> NotFound:
    return NotFound(f"secret {name!r}", "you have none of this name", "`cdmp secret set` stores one")
