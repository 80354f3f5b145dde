"""A run that waits for a person: its owner, or a steward, lets the batch go on or not."""

from __future__ import annotations

import logging
from uuid import UUID

from include.access.requestor import Requestor
from include.collection.run import Run, RunState
from include.errors import Conflict
from include.operations.collection_running import read_run
from include.operations.services import Services
from include.quarantine_ports import ReviewEngine

logger = logging.getLogger(__name__)


def review_run(
    services: Services,
    engine: ReviewEngine,
    requestor: Requestor,
    collection_id: UUID,
    run_id: str,
    *,
    approve: bool,
    note: str = "",
) -> Run:
    """Answer for a batch that a rule holds; the run goes on, or ends, a moment later.

    Raises:
        NotFound: As `read_run`.
        Conflict: It does not wait, or somebody has answered.
        StoreUnavailable: Airflow cannot be asked now.
    """
    run = read_run(services, requestor, collection_id, run_id)
    if run.state is not RunState.AWAITING_REVIEW:
        raise Conflict(f"run {run_id}", f"it is {run.state} and does not wait for a review", "Look at its state")
    engine.answer(collection_id, run_id, requestor, approve, note)
    logger.info("collection %s run %s: reviewed by user %s", collection_id, run_id, requestor.id)
    return services.runs.get(collection_id, run_id)
