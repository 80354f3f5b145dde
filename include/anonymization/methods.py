"""Presidio operators, carried out once per distinct value of a column."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import polars as pl
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from include.anonymization import config
from include.anonymization.config import Method
from include.anonymization.key import Key, derive
from include.anonymization.presidio import Hash, Mask, Operator, OperatorType, Redact, Replace

_DIGEST_BYTES: Final = 16
"""128 bits, written as 32 hexadecimal digits (base32 would be shorter, and doubles the cost of a call)."""
_NONCE_BYTES: Final = 16


class _Keyed(Operator):
    """An operator that works with a dataset's key, and writes the key's id in front of what it gives."""

    KEY = "key"
    KEY_ID = "key_id"
    METHOD: Method

    def validate(self, params: dict[str, Any] | None = None) -> None:
        """Raise ValueError for a key below 128 bits, or a key id that could not be told from a digest."""
        given = params or {}
        key, key_id = given.get(self.KEY), given.get(self.KEY_ID)
        if not isinstance(key, bytes) or len(key) < 16:
            raise ValueError(f"{self.METHOD.value} needs a key of at least 16 bytes")
        if not isinstance(key_id, str) or not re.fullmatch(r"[a-z0-9]{1,32}", key_id):
            raise ValueError("a key id is 1 to 32 lower-case letters and digits")

    def operator_name(self) -> str:
        """Name the operator, as in a plan."""
        return self.METHOD.value

    def operator_type(self) -> OperatorType:
        """Say which way the operator works."""
        return OperatorType.Anonymize


class Pseudonym(_Keyed):
    """Replace a text by a keyed hash: the same text under the same key gives the same pseudonym.

    The key's id stands in front (`p1_…`), so that pseudonyms of a later key can be told apart. Without the key nobody
    can compute the pseudonyms of guessed texts; who holds it can, so this is pseudonymisation and not anonymisation.

    Source: RFC 2104 (HMAC; section 5 on keeping half of the hash), with SHA-256; GDPR Art. 4(5).
    """

    METHOD = Method.PSEUDONYM

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        """Give the pseudonym of `text`; `params` were checked by `validate`."""
        assert params is not None  # noqa: S101 - presidio's signature allows what the operator cannot work without
        digest = hmac.digest(params[self.KEY], text.encode(), hashlib.sha256)[:_DIGEST_BYTES]
        return f"{params[self.KEY_ID]}_{digest.hex()}"


class Encrypt(_Keyed):
    """Encrypt a text so that the key opens it again, and notices where it was changed.

    Presidio's own operator (AES-CBC) notices no change, and cannot make equal values look equal. This one does so
    where it is asked to; else a random nonce makes every value look different.

    Source: RFC 5297 (AES-SIV; section 3 with a nonce, section 4 without).
    """

    METHOD = Method.ENCRYPT
    EQUAL = "equal_for_equal"

    def operate(self, text: str, params: dict[str, Any] | None = None) -> str:
        """Give key id, `_`, and nonce and ciphertext in base64."""
        assert params is not None  # noqa: S101 - as above
        nonce = b"" if params[self.EQUAL] else secrets.token_bytes(_NONCE_BYTES)
        sealed = _cipher(params[self.KEY]).encrypt(text.encode(), [nonce] if nonce else None)
        return f"{params[self.KEY_ID]}_{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def decrypt(text: str, key: Key) -> str | None:
    """Read what `Encrypt` gave, with or without `equal_for_equal`; None where this key did not make it.

    Args:
        text: With the key's id.
    """
    sealed = base64.urlsafe_b64decode(text.removeprefix(f"{key.id}_"))
    nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    for encrypted, data in ((rest, [nonce]), (sealed, None)):
        try:
            return _cipher(key.secret).decrypt(encrypted, data).decode()
        except (InvalidTag, ValueError):
            continue
    return None


def operate_on(column: pl.Series, operator: Operator, params: dict[str, Any]) -> pl.Series:
    """Apply an operator to each distinct value of a String column; nulls stay null.

    Calling the operator per row would cost 1–2 µs each; per distinct value and joined back, a column of a million
    readings of 5,000 meters costs as much as 5,000 calls.
    """
    operator.validate(params)
    return change_distinct(column, lambda text: operator.operate(text, params))


def change_distinct(column: pl.Series, change: Callable[[str], str]) -> pl.Series:
    """Change each distinct value of a String column; nulls stay null."""
    distinct = column.drop_nulls().unique()
    texts = pl.Series([change(text) for text in distinct], dtype=pl.String)
    return column.replace_strict(distinct, texts, default=None, return_dtype=pl.String)


def pseudonymise(column: pl.Series, key: Key) -> pl.Series:
    """Replace each value of a String column by its keyed pseudonym."""
    return operate_on(column, Pseudonym(), {Pseudonym.KEY: key.secret, Pseudonym.KEY_ID: key.id})


def hash_with_key(column: pl.Series, plan: config.Hash, key: Key) -> pl.Series:
    """Replace each value by Presidio's hash of it and a salt that only the dataset's key gives.

    Without a salt Presidio takes a random one per value, and nothing can be joined; with one that is known, every
    possible meter number is hashed in seconds.
    """
    salt = derive(key.secret, "hash")
    return operate_on(column, Hash(), {Hash.HASH_TYPE: plan.algorithm, Hash.SALT: salt})


def encrypt(column: pl.Series, plan: config.Encrypt, key: Key) -> pl.Series:
    """Encrypt each value: every one by itself, or equal ones alike where the plan says so."""
    params = {Encrypt.KEY: key.secret, Encrypt.KEY_ID: key.id, Encrypt.EQUAL: plan.equal_for_equal}
    operator = Encrypt()
    if plan.equal_for_equal:
        return operate_on(column, operator, params)
    operator.validate(params)
    sealed = [None if text is None else operator.operate(text, params) for text in column]
    return pl.Series(column.name, sealed, dtype=pl.String)


def mask(column: pl.Series, plan: config.Mask) -> pl.Series:
    """Hide all but the first and last characters of each value; of one that has no more than those, all."""
    operator = Mask()

    def hide_middle(text: str) -> str:
        hidden = len(text) - plan.keep_first - plan.keep_last
        first = plan.keep_first if hidden > 0 else 0
        count = hidden if hidden > 0 else len(text)
        params = {Mask.MASKING_CHAR: plan.sign, Mask.CHARS_TO_MASK: count, Mask.FROM_END: False}
        return text[:first] + operator.operate(text[first:], params)

    return change_distinct(column, hide_middle)


def replace(column: pl.Series, plan: config.Replace) -> pl.Series:
    """Replace each value by the plan's constant."""
    return operate_on(column, Replace(), {Replace.NEW_VALUE: plan.value})


def redact(column: pl.Series) -> pl.Series:
    """Replace each value of a String column by Presidio's constant, the empty text."""
    return operate_on(column, Redact(), {})


@lru_cache(maxsize=16)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(derive(key, "encrypt"))
