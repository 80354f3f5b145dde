"""Keeps our record of runs and Airflow's together: starts those that wait for their DAG, ends those that died."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from include.collection.model import CollectionState
from include.collection.run import Run, RunFailure
from include.errors import NotFound, StoreUnavailable
from include.orchestration.engine import look_again, still_active
from include.orchestration.tasks import RunKey, fail

if TYPE_CHECKING:
    from include.ports import Engine
    from include.wiring import Platform

# A new DAG is parsed within a second or two: look again at once for so long, and then with every poll.
IMPATIENT: Final = timedelta(seconds=20)

log = logging.getLogger(__name__)


def trigger_waiting(platform: Platform, engine: Engine) -> None:
    """Start every run that waits and whose DAG is there; one that cannot be started holds up no other.

    Raises:
        StoreUnavailable: No run can be started now.
    """
    impatient = False
    for run in platform.runs.untriggered():
        try:
            if not _trigger(platform, engine, run):
                impatient = impatient or platform.clock() - run.queued < IMPATIENT
        except StoreUnavailable:
            raise
        except Exception:  # a fault of the platform in one run is logged whole, and the run tried again next time
            log.exception("run %s of collection %s could not be started", run.run_id, run.collection_id)
    if impatient:
        look_again()


def _trigger(platform: Platform, engine: Engine, run: Run) -> bool:
    """Start a run, unless its collection is gone or going; answer no where its DAG is not there yet."""
    try:
        collection = platform.collections.get(run.collection_id)
    except NotFound:
        return True
    if collection.state in (CollectionState.DRAFT, CollectionState.DELETING):
        return True
    if not engine.trigger(collection, run.run_id, run.requested_by, run.part):
        return False
    platform.runs.mark_triggered(run.collection_id, run.run_id)
    log.info("run %s of collection %s is started", run.run_id, run.collection_id)
    return True


def end_dead(platform: Platform) -> None:
    """Record the end of every run that Airflow has ended and that could not record it itself.

    Its process was killed, or PostgreSQL was away just then, or somebody ended or removed the run in Airflow.
    """
    unfinished = platform.runs.unfinished()
    alive = still_active([(run.collection_id, run.run_id) for run in unfinished])
    for run in unfinished:
        if (run.collection_id, run.run_id) not in alive:
            what = "it ended without a word: a process was killed, or somebody ended it in Airflow"
            failure = RunFailure("", "the run", what, "Run the collection again; nothing is loaded twice.")
            fail(platform, RunKey(run.collection_id, run.run_id), failure)
            log.warning("run %s of collection %s has died", run.run_id, run.collection_id)
