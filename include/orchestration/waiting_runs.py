"""Starts the runs that were asked for before Airflow had their DAG, or while it was away."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from include.collection.model import CollectionState
from include.errors import NotFound
from include.orchestration.engine import look_again

if TYPE_CHECKING:
    from include.ports import Engine
    from include.wiring import Platform

# A new DAG is parsed within a second or two: look again at once for so long, and then with every poll.
IMPATIENT: Final = timedelta(seconds=20)

log = logging.getLogger(__name__)


def trigger_waiting(platform: Platform, engine: Engine) -> None:
    """Start every run that waits and whose DAG is there."""
    impatient = False
    for run in platform.runs.untriggered():
        try:
            collection = platform.collections.get(run.collection_id)
        except NotFound:
            continue
        if collection.state in (CollectionState.DRAFT, CollectionState.DELETING):
            continue
        if engine.trigger(collection, run.run_id, run.requested_by):
            platform.runs.mark_triggered(run.collection_id, run.run_id)
            log.info("run %s of collection %s is started", run.run_id, run.collection_id)
        elif platform.clock() - run.queued < IMPATIENT:
            impatient = True
    if impatient:
        look_again()
