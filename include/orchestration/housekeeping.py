"""What the platform does for itself now and then; each a task that takes a moment."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

STAGED_FOR: Final = timedelta(days=1)
"""A run takes minutes. What is staged for longer was left by one that died."""

log = logging.getLogger(__name__)


def deliver_mail() -> None:
    """Send what the outbox holds."""
    from include.notification.deliver import deliver
    from include.orchestration.directory import AirflowDirectory
    from include.wiring import platform

    at_hand = platform()
    deliver(at_hand.outbox, at_hand.mailer, AirflowDirectory(), at_hand.settings.public_url, at_hand.clock)


def update_index() -> None:
    """Bring the search index up to what has changed while it was away."""
    from include.errors import IndexAway
    from include.pipeline.index import catch_up
    from include.wiring import platform

    try:
        log.info("%s datasets indexed", catch_up(platform()))
    except IndexAway as away:
        log.warning("%s", away)


def remove_old_staging() -> None:
    """Remove what dead runs left staged; a batch that waits for a person is alive."""
    from include.wiring import platform

    at_hand = platform()
    removed = at_hand.staging.remove_older(at_hand.clock() - STAGED_FOR, keep=at_hand.runs.held())
    log.info("%s staged files removed", removed)


def remove_old_uploads() -> None:
    """Remove uploads that never ended, and samples after their day."""
    from include.wiring import platform

    at_hand = platform()
    now = at_hand.clock()
    log.info("%s unfinished uploads and notes of finished ones removed", at_hand.incoming.remove_expired(now))
    log.info("%s samples removed", at_hand.samples.remove_expired(now))
    log.info("%s uploads that were kept for a time removed", at_hand.uploads.remove_expired(now))


def remove_old_quarantine() -> None:
    """Remove rows that have been in quarantine for as long as they may, and count them."""
    from include.wiring import platform

    at_hand = platform()
    now = at_hand.clock()
    log.info("%s quarantined rows removed", at_hand.quarantine.expire(now - at_hand.settings.quarantine_for, now))
