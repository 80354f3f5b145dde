"""Delivers the events that wait in the outbox."""

from __future__ import annotations

import logging

from include.errors import CdmpError
from include.notification.messages import write_message
from include.notification_ports import Directory, Event, Mailer, Outbox
from include.ports import Clock

_log = logging.getLogger(__name__)


def deliver(outbox: Outbox, mailer: Mailer, directory: Directory, public_url: str, clock: Clock) -> int:
    """Send what is due, at least once each; gives the number of events that were delivered.

    What cannot be delivered now keeps its reason and is due again later.
    """
    delivered = 0
    with outbox.pending() as events:
        for event in events:
            try:
                _send(event, mailer, directory, public_url)
            except (CdmpError, KeyError, ValueError) as error:
                # a KeyError or ValueError: an event that this version cannot tell; it must not hold up the others
                reason = str(error) if isinstance(error, CdmpError) else f"it cannot be told: {type(error).__name__}"
                outbox.failed(event.id, reason, clock())
                _log.warning("event %s (%s) was not delivered: %s", event.id, event.kind, reason)
            else:
                outbox.delivered(event.id, clock())
                delivered += 1
    return delivered


def _send(event: Event, mailer: Mailer, directory: Directory, public_url: str) -> None:
    message = write_message(event.kind, event.facts, public_url)
    address = directory.mail_address(event.recipient_id)
    if address is None:
        raise CdmpError(f"user {event.recipient_id}", "has no mail address", "Enter one in the user's profile")
    mailer.send(address, message.subject, message.text)
