"""A dataset's key, and the further keys that are derived from it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Key:
    """What the keyed methods work with.

    Attributes:
        id: Stands in front of what was made with it: `p1`.
        secret: 256 random bits.
    """

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What people are told of a key: never the key.

    Attributes:
        shredded: When it was destroyed; None while it is there.
        current: Whether new batches are made with it.
    """

    id: str
    created: datetime
    shredded: datetime | None
    current: bool


def derive(secret: bytes, purpose: str) -> bytes:
    """Give 64 bytes for another use of a key, which tell nothing of it or of those for other uses.

    Source: RFC 5869 (HKDF), its expansion of one block with SHA-512; the key is random, and needs no extraction.
    """
    return hmac.digest(secret, f"cdmp {purpose}".encode() + b"\x01", hashlib.sha512)
