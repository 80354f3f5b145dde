"""What the platform does for itself now and then; each a task that takes a moment."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

IDLE_FOR: Final = timedelta(hours=1)
"""What no run needs, and nobody has written to for so long, was left by something that died."""

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


def remove_leftovers() -> dict[str, int]:
    """Remove what crashes left: staged batches, unfinished files, tables of no dataset; gives how many of each kind.

    What a run needs that has not ended, or that waits for a person, is not among it.
    """
    from include.storage.leftovers import Kind
    from include.wiring import platform

    at_hand = platform()
    gone = at_hand.janitor.remove(at_hand.clock() - IDLE_FOR)
    counts = {kind.value: sum(each.kind is kind for each in gone) for kind in Kind}
    log.info("left by crashes and removed: %s", counts)
    return counts


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
