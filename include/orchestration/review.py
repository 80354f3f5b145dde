"""A batch that a rule holds: its owner is asked, and what was answered is carried out.

The question is Airflow's own (`HITLOperator`): the task that validated the batch waits without a process, and whoever
answers, on Airflow's page or through the platform, wakes it up. Nobody's answer in time is a no.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from airflow.sdk.exceptions import AirflowFailException

from include.access.requestor import STEWARD
from include.collection.run import Review, RunState
from include.errors import StoreUnavailable
from include.orchestration.directory import AirflowDirectory
from include.orchestration.tasks import REJECTED, RunKey

if TYPE_CHECKING:
    from airflow.sdk.execution_time.hitl import HITLUser

    from include.wiring import Platform

HOLDS: Final = "validate"
"""The task that may ask."""
APPROVE: Final = "Approve"
REJECT: Final = "Reject"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: sentences about rules and counts, never a value."""

    title: str
    sentences: tuple[str, ...]
    asked: tuple[HITLUser, ...]


def ask(platform: Platform, key: RunKey) -> Question | None:
    """Give what a person is to be asked about the batch that was just validated, having told the owner; else None.

    Who tries the task again after somebody has approved asks nobody.
    """
    run = platform.runs.get(key.collection_id, key.run_id)
    if run.report is None or not run.report.held or (run.review is not None and run.review.approved):
        return None
    collection = platform.collections.get(key.collection_id, run.version)
    if platform.runs.hold(key.collection_id, key.run_id):
        facts = {
            "collection_id": str(collection.id),
            "title": collection.config.title,
            "run_id": key.run_id,
            "held": list(run.report.held),
            "days": platform.settings.review_for.days,
        }
        platform.outbox.add("run.held", collection.owner_id, facts, platform.clock())
        log.info("collection %s run %s waits for a review", key.collection_id, key.run_id)
    owner: HITLUser = {"id": collection.owner_id, "name": collection.owner_name}
    return Question(collection.config.title, run.report.held, (owner, *_stewards(collection.owner_id)))


def read_answer(event: Mapping[str, Any]) -> Review:
    """Read what Airflow tells of an answer, or of a time that has passed without one."""
    by = event.get("responded_by_user")
    at = event.get("responded_at")
    note = str((event.get("params_input") or {}).get("note") or "")
    if by is None:
        note = "Nobody answered in time."
    name = None if by is None else str(by["name"])
    assert isinstance(at, datetime)  # noqa: S101 - Airflow's contract
    return Review(APPROVE in event["chosen_options"], name, at, note)


def carry_out(platform: Platform, key: RunKey, review: Review) -> None:
    """Keep the answer, and end the run where it is a no.

    Raises:
        AirflowFailException: The batch is rejected.
    """
    platform.runs.add_review(key.collection_id, key.run_id, review)
    if review.approved:
        log.info("collection %s run %s: approved by %s", key.collection_id, key.run_id, review.by)
        return
    who = f"Rejected by {review.by}" if review.by else "Rejected"
    note = f"{who}: {review.note}" if review.note else f"{who}."
    platform.runs.finish(key.collection_id, key.run_id, RunState.REJECTED, platform.clock(), note=note)
    platform.staging.remove(key.collection_id)
    log.info("collection %s run %s: rejected by %s", key.collection_id, key.run_id, review.by)
    raise AirflowFailException(REJECTED)


def _stewards(owner_id: str) -> list[HITLUser]:
    try:
        found = AirflowDirectory().holders(STEWARD)
    except StoreUnavailable:
        log.warning("the stewards are not known now: the owner alone is asked")
        return []
    return [{"id": each.id, "name": each.name} for each in found if each.id != owner_id]
