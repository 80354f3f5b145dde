"""What is known of a file that was handed over, or that is on its way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that an owner handed over.

    Attributes:
        id: The sha256 of its bytes.
        name: What its owner calls it: text, never a path.
        expires: When it goes, unless a collection reads it; None: it stays.
    """

    id: str
    owner_id: str
    name: str
    bytes: int
    stored: datetime
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file on its way in.

    Attributes:
        bytes: The length of the whole, as the client says.
        sha256: Of the whole, where the client says it.
        again: Content that the owner handed over before is welcome.
        finished: When all of it had arrived. `upload`: what it became.
    """

    id: UUID
    owner_id: str
    name: str
    media_type: str | None
    bytes: int
    sha256: str | None
    again: bool
    created: datetime
    expires: datetime
    finished: datetime | None = None
    upload: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A file that its owner wants to look at, and what was found out about it.

    Attributes:
        upload: The file.
        document: The inspection as plain data, with examples: they may name a person.
    """

    id: UUID
    owner_id: str
    name: str
    upload: str
    document: dict[str, Any]
    created: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request are to add up to.

    Attributes:
        algorithm: As `hashlib` calls it.
    """

    algorithm: str
    digest: bytes
