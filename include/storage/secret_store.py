"""Keys at rest, sealed with the platform's master keys (Fernet: AES-128-CBC and HMAC-SHA256)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert

from include.errors import ConfigurationInvalid, Problem
from include.storage.connection import begin
from include.storage.schema import secret as secret_table

_PSEUDONYM: Final = "pseudonym"
_FIRST_KEY: Final = "p1"
_KEY_BYTES: Final = 32


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

    def dataset_key(self, dataset_id: UUID) -> tuple[str, bytes]:
        """The dataset's pseudonym key with its key id; made (256 random bits) when first asked for."""
        of_dataset = select(secret_table.c.key_id, secret_table.c.sealed).where(
            secret_table.c.purpose == _PSEUDONYM, secret_table.c.subject == dataset_id
        )
        with begin(self._engine) as connection:
            found = connection.execute(of_dataset).first()
            if found is None:
                # two workers at once: one row wins, and both read it
                connection.execute(
                    insert(secret_table)
                    .values(
                        purpose=_PSEUDONYM,
                        subject=dataset_id,
                        key_id=_FIRST_KEY,
                        sealed=self.seal(secrets.token_bytes(_KEY_BYTES)),
                    )
                    .on_conflict_do_nothing()
                )
                found = connection.execute(of_dataset).one()
        return found.key_id, self.unseal(found.sealed)

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
