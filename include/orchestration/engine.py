"""Airflow as the rest of the platform sees it: announce a change, start a run, ask what is running."""

from __future__ import annotations

import logging
from collections.abc import Collection as Some
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from include.collection.quarantine import Replay
from include.errors import Conflict, StoreUnavailable
from include.orchestration.bundle_files import module_name
from include.orchestration.collection_bundle import BUNDLE
from include.orchestration.description import collection_id_of, dag_id_of
from include.orchestration.review import APPROVE, HOLDS, REJECT

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from include.access.requestor import Requestor
    from include.batch import Window
    from include.collection.model import Collection

log = logging.getLogger(__name__)


class AirflowEngine:
    """The port `Engine`, by Airflow's own database: for the api-server, the dag-processor and the command line.

    Not for tasks: Airflow keeps its database from them.
    """

    def announce(self, collection_id: UUID) -> None:
        """Ask the dag-processor to look at the collection now; asking twice is asking once."""
        _ask_for(module_name(collection_id))

    def trigger(
        self, collection: Collection, run_id: str, requested_by: str | None, part: Window | Replay | None = None
    ) -> bool:
        """Start a run; False while Airflow does not have the collection's DAG.

        A DAG of an older version will do, since tasks ask for the version themselves. What was asked for goes along
        as the run's configuration, where people see it, and where a cleared task finds the window again.
        """
        from airflow.api.common.trigger_dag import trigger_dag
        from airflow.exceptions import DagNotFound, DagRunAlreadyExists
        from airflow.models.dag import DagModel
        from airflow.utils.types import DagRunTriggeredByType
        from sqlalchemy.exc import IntegrityError

        dag_id = dag_id_of(collection.id)
        try:
            with _database() as session:
                known = session.get(DagModel, dag_id)
                if known is None or known.is_stale:
                    return False
                # as Airflow's own page does: a run of a DAG that is switched off there would wait for ever
                known.is_paused = False
            with _database() as session:
                trigger_dag(
                    dag_id,
                    triggered_by=DagRunTriggeredByType.REST_API,
                    triggering_user_name=requested_by,
                    run_id=run_id,
                    conf=_configuration(part),
                    session=session,
                )
        except DagNotFound:
            return False
        except (DagRunAlreadyExists, IntegrityError):
            log.info("run %s of collection %s is there already", run_id, collection.id)
        return True

    def answer(self, collection_id: UUID, run_id: str, requestor: Requestor, approve: bool, note: str) -> None:
        """Answer for a run that waits, as Airflow's own page does; see the port."""
        from airflow.models.hitl import HITLDetail, HITLUser
        from airflow.models.taskinstance import TaskInstance
        from airflow.models.trigger import handle_event_submit
        from airflow.triggers.base import TriggerEvent
        from airflow.utils.state import TaskInstanceState
        from sqlalchemy import select

        where = f"run {run_id}"
        with _database() as session:
            # the task before the question: the order in which Airflow locks them
            task = session.scalar(
                select(TaskInstance)
                .where(
                    TaskInstance.dag_id == dag_id_of(collection_id),
                    TaskInstance.run_id == run_id,
                    TaskInstance.task_id == HOLDS,
                )
                .with_for_update(of=TaskInstance)
            )
            asked = None
            if task is not None and task.state in (TaskInstanceState.AWAITING_INPUT, TaskInstanceState.RUNNING):
                asked = session.scalar(
                    select(HITLDetail).where(HITLDetail.ti_id == task.id).with_for_update(of=HITLDetail)
                )
            if task is None or asked is None or asked.response_received:
                raise Conflict(where, "it does not wait for a review", "Look at its state; somebody may have answered")
            asked.responded_by = HITLUser(id=requestor.id, name=requestor.name)
            asked.responded_at = datetime.now(UTC)
            asked.chosen_options = [APPROVE if approve else REJECT]
            asked.params_input = {"note": note}
            if task.state == TaskInstanceState.AWAITING_INPUT:  # a task that is about to wait sees the answer itself
                event: Any = TriggerEvent(asked.as_resume_event_payload())  # type: ignore[no-untyped-call]
                handle_event_submit(event, task_instance=task, session=session)


def _configuration(part: Window | Replay | None) -> dict[str, Any] | None:
    if part is None:
        return None
    if isinstance(part, Replay):
        return {"quarantine": part.selection.to_json(), "release": part.release}
    return {"window": part.to_json()}


def look_again() -> None:
    """Ask the dag-processor for another look at the bundle, without parsing anything."""
    _ask_for("nothing")


def shown() -> set[UUID]:
    """Find the collections that have a DAG in Airflow."""
    from airflow.models.dag import DagModel
    from sqlalchemy import select

    with _database() as session:
        dag_ids = session.scalars(select(DagModel.dag_id).where(DagModel.bundle_name == BUNDLE))
        return {collection_id_of(dag_id) for dag_id in dag_ids}


def running(collection_ids: Some[UUID]) -> set[UUID]:
    """Find those of the collections that have a run which has not ended."""
    if not collection_ids:
        return set()
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import State
    from sqlalchemy import select

    with _database() as session:
        active = session.scalars(
            select(DagRun.dag_id)
            .where(DagRun.dag_id.in_([dag_id_of(each) for each in collection_ids]))
            .where(DagRun.state.in_(State.unfinished_dr_states))
            .distinct()
        )
        return {collection_id_of(dag_id) for dag_id in active}


def still_active(runs: Some[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Find those of the runs (collection, run id) that Airflow has not ended."""
    if not runs:
        return set()
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import State
    from sqlalchemy import select, tuple_

    wanted = [(dag_id_of(collection_id), run_id) for collection_id, run_id in runs]
    with _database() as session:
        active = session.execute(
            select(DagRun.dag_id, DagRun.run_id)
            .where(tuple_(DagRun.dag_id, DagRun.run_id).in_(wanted))
            .where(DagRun.state.in_(State.unfinished_dr_states))
        )
        return {(collection_id_of(dag_id), run_id) for dag_id, run_id in active}


def _ask_for(relative_file: str) -> None:
    from airflow.models.dagbag import DagPriorityParsingRequest
    from sqlalchemy.exc import IntegrityError

    try:
        with _database() as session:
            session.add(DagPriorityParsingRequest(BUNDLE, relative_file))
    except IntegrityError:
        log.debug("%s is asked for already", relative_file)


@contextmanager
def _database() -> Iterator[Session]:
    """Open a session on Airflow's database, committed at the end."""
    from airflow.utils.session import create_session
    from sqlalchemy.exc import InterfaceError, OperationalError

    try:
        with create_session() as session:
            yield session
    except (OperationalError, InterfaceError):
        raise StoreUnavailable("Airflow's database", "does not answer", "Try again in a minute.") from None
