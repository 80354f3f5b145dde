"""What an Airflow task does around a stage; the one place where the class of an error decides what happens.

    SourceUnavailable, StoreUnavailable   tried again with back-off; after the last try the run has failed
    any other CdmpError                   the run has failed, and its owner reads why
    Unchanged                             the run has ended well, and the rest is skipped
    anything else                         a fault of the platform: traceback, tried again, then failed

What a task cannot say because its process was killed, `run_watch` says.

Messages go on without the errors that caused them: those may quote a row.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from include.batch import BatchRef, Window
from include.collection.run import RunFailure, RunState, StageResult
from include.errors import (
    CdmpError,
    ConfigurationInvalid,
    NotFound,
    Problem,
    SourceUnavailable,
    StoreUnavailable,
)
from include.orchestration.description import collection_id_of
from include.orchestration.stages import STAGES, Unchanged, Work, refuse_deleted, remove_staged
from include.pipeline.outcome import Outcome

if TYPE_CHECKING:
    from airflow.sdk import Context

    from include.collection.model import Collection
    from include.wiring import Platform

FIRST: Final = "ingest"
LOADS: Final = "load_postgres"
LAST: Final = "publish"
AHEAD: Final = "ahead"
"""What the first task hands to those that find their work done."""
REJECTED: Final = "The batch was rejected; nothing was loaded."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunKey:
    """Which run of which collection."""

    collection_id: UUID
    run_id: str


def run_stage(platform: Platform, task: str, context: Context) -> dict[str, Any]:
    """Run one stage of a batch and give the plain `BatchRef` that it leaves.

    Raises:
        AirflowSkipException: There is nothing to do in this run.
        AirflowFailException: Trying again would not help.
    """
    run = run_of(context)
    with judged(platform, task, run, context):
        return _run_stage(platform, task, run, context)


@contextmanager
def judged(platform: Platform, task: str, run: RunKey, context: Context) -> Iterator[None]:
    """Decide what becomes of an error inside the block; raises as `run_stage`."""
    try:
        yield
    except Unchanged as end:
        # who clears a run that has loaded its rows finds them there, and it is still the run that loaded them
        loaded = any(each.task == LOADS for each in platform.runs.get(run.collection_id, run.run_id).stages)
        state = RunState.SUCCEEDED if loaded else RunState.UNCHANGED
        platform.runs.finish(run.collection_id, run.run_id, state, platform.clock(), note=str(end))
        remove_staged(platform, platform.collections.get(run.collection_id))
        raise AirflowSkipException(str(end)) from None
    except (SourceUnavailable, StoreUnavailable) as error:
        if _is_last_try(context):
            fail(platform, run, RunFailure(task, error.where, error.what, error.remedy))
        raise error from None
    except CdmpError as error:
        fail(platform, run, _failure(task, error))
        raise AirflowFailException(str(error)) from None
    except AirflowException:  # said so already
        raise
    except Exception:  # a fault of ours, of whatever kind: the run must not stay without an end
        if _is_last_try(context):
            what = "failed because of a fault in the platform, not in your data or configuration"
            fail(platform, run, RunFailure(task, task, what, "The operator finds the cause in the task's log."))
        raise


def remove_staging(platform: Platform, context: Context) -> None:
    """Remove what the run staged. One run of a collection is active at a time, so all of it is this run's."""
    run = run_of(context)
    removed = remove_staged(platform, platform.collections.get(run.collection_id))
    log.info("collection %s run %s: %s staged files removed", run.collection_id, run.run_id, removed)


def fail(platform: Platform, run: RunKey, failure: RunFailure) -> None:
    """Record that a run has failed, tell the owner, and leave nothing staged.

    Never raises because a store is away: the error that the run failed with is the one to show.
    """
    try:
        collection = platform.collections.get(run.collection_id)
        platform.runs.finish(run.collection_id, run.run_id, RunState.FAILED, platform.clock(), failure=failure)
        platform.outbox.add("run.failed", collection.owner_id, _facts(collection, run, failure), platform.clock())
        remove_staged(platform, collection)
    except (StoreUnavailable, NotFound) as error:
        log.warning("run %s of collection %s: its failure is not recorded: %s", run.run_id, run.collection_id, error)


def _run_stage(platform: Platform, task: str, run: RunKey, context: Context) -> dict[str, Any]:
    def left_by(earlier: str) -> BatchRef:
        return BatchRef.from_json(context["ti"].xcom_pull(task_ids=earlier))

    started, clock = platform.clock(), perf_counter()
    window = None
    if task == FIRST:
        collection = platform.collections.get(run.collection_id)
        platform.runs.start(collection, run.run_id, started, _started_by(context))
        refuse_deleted(collection)
        _refuse_foreign_replay(platform, run, context)
        window, definition = _window_of(context), platform.definition.current()
    else:
        if platform.runs.get(run.collection_id, run.run_id).state is RunState.REJECTED:
            # Airflow can take the end of the wait for that of the task, and then tries it again
            raise AirflowFailException(REJECTED)
        # whatever was saved or accepted meanwhile, the run stays with the versions that it began with
        first = left_by(FIRST)
        collection = platform.collections.get(run.collection_id, first.version)
        at = first.cim_version
        definition = platform.definition.current() if at is None else platform.definition.at(at)

    outcome = None if task == FIRST else _done_ahead(task, context)
    if outcome is None:
        outcome = STAGES[task](Work(platform, collection, run.run_id, left_by, definition, window))
    if outcome.ahead:
        context["ti"].xcom_push(AHEAD, {name: each.to_json() for name, each in outcome.ahead.items()})

    seconds = outcome.seconds_of(perf_counter() - clock)
    result = StageResult(task, started, seconds, dict(outcome.counts), outcome.notes)
    platform.runs.add_stage(collection.id, run.run_id, outcome.ref.batch_id, result)
    log.info("collection %s batch %s: %s in %.2f s", collection.id, outcome.ref.batch_id, result.counts, seconds)
    if task == LAST:
        platform.runs.finish(collection.id, run.run_id, RunState.SUCCEEDED, platform.clock())
    return outcome.ref.to_json()


def _done_ahead(task: str, context: Context) -> Outcome | None:
    """Find what a stage came to while the first was still at work."""
    done = context["ti"].xcom_pull(task_ids=FIRST, key=AHEAD) or {}
    return Outcome.from_json(done[task]) if task in done else None


def run_of(context: Context) -> RunKey:
    """Say which run a task is of."""
    return RunKey(collection_id_of(context["dag"].dag_id), context["run_id"])


def _started_by(context: Context) -> str | None:
    """Name who started the run in Airflow, or None: its schedule did."""
    dag_run = context.get("dag_run")
    return dag_run.triggering_user_name if dag_run else None


def _window_of(context: Context) -> Window | None:
    """Read what `AirflowEngine.trigger` wrote, or somebody who started the run in Airflow with a configuration."""
    dag_run = context.get("dag_run")
    plain = ((dag_run.conf if dag_run else None) or {}).get("window")
    if plain is None:
        return None
    try:
        return Window.from_json(plain)
    except (KeyError, TypeError, ValueError):
        remedy = 'It looks like {"window": {"start": "2024-01-01T00:00:00Z", "end": "2024-02-01T00:00:00Z"}}.'
        raise ConfigurationInvalid([Problem("the run's configuration", "its window is none", remedy)]) from None


def _refuse_foreign_replay(platform: Platform, run: RunKey, context: Context) -> None:
    """Who may start a run in Airflow is not for that the owner of what is in quarantine: our record says who asked."""
    dag_run = context.get("dag_run")
    asked = "quarantine" in ((dag_run.conf if dag_run else None) or {})
    if asked and platform.runs.get(run.collection_id, run.run_id).replay is None:
        remedy = "Their owner replays or releases them through the platform."
        problem = Problem("the run's configuration", "rows in quarantine cannot be asked for here", remedy)
        raise ConfigurationInvalid([problem])


def _is_last_try(context: Context) -> bool:
    task_instance = context["ti"]
    return bool(task_instance.try_number > task_instance.max_tries)


def _failure(task: str, error: CdmpError) -> RunFailure:
    problems = getattr(error, "problems", ())
    if len(problems) > 1:  # everything that is wrong, not only the first
        return RunFailure(task, "the configuration", str(error), "")
    return RunFailure(task, error.where, error.what, error.remedy)


def _facts(collection: Collection, run: RunKey, failure: RunFailure) -> dict[str, Any]:
    return {
        "collection_id": str(collection.id),
        "title": collection.config.title,
        "run_id": run.run_id,
        "task": failure.task,
        "where": failure.where,
        "what": failure.what,
        "remedy": failure.remedy,
    }
