"""What the platform asks of whoever keeps events, and of who tells people of them.

A page of `ports` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from include.access.requestor import Requestor


@dataclass(frozen=True, slots=True)
class Event:
    """Something that people want to hear of. `facts` holds names and counts, never values of rows."""

    id: int
    kind: str  # batch.loaded, run.failed
    recipient_id: str
    facts: Mapping[str, Any]
    created: datetime


class Outbox(Protocol):
    """Events that were committed and not yet delivered."""

    def add(self, kind: str, recipient_id: str, facts: Mapping[str, Any], now: datetime) -> None: ...

    def pending(self, limit: int = 100) -> AbstractContextManager[Sequence[Event]]:
        """Lease events for delivery: whoever else asks meanwhile gets others."""

    def delivered(self, event_id: int, now: datetime) -> None: ...

    def failed(self, event_id: int, reason: str, now: datetime) -> None: ...


class Mailer(Protocol):
    """Sends one plain mail."""

    def send(self, to: str, subject: str, text: str) -> None:
        """Raises StoreUnavailable when the server does not take it now."""


class Directory(Protocol):
    """The users, as Airflow's auth manager knows them."""

    def find(self, name: str) -> Requestor:
        """Raises NotFound."""

    def mail_address(self, requestor_id: str) -> str | None: ...
