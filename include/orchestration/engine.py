"""Airflow as the rest of the platform sees it: announce a change, start a run, ask what is running."""

from __future__ import annotations

import logging
from collections.abc import Collection as Some
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from include.errors import StoreUnavailable
from include.orchestration.bundle_files import module_name
from include.orchestration.collection_bundle import BUNDLE
from include.orchestration.description import collection_id_of, dag_id_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

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
        self, collection: Collection, run_id: str, requested_by: str | None, window: Window | None = None
    ) -> bool:
        """Start a run; False while Airflow does not have the collection's DAG.

        A DAG of an older version will do, since tasks ask for the version themselves. The window goes along as the
        run's configuration, where people see it and a cleared task finds it again.
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
            with _database() as session:
                trigger_dag(
                    dag_id,
                    triggered_by=DagRunTriggeredByType.REST_API,
                    triggering_user_name=requested_by,
                    run_id=run_id,
                    conf={"window": window.to_json()} if window else None,
                    session=session,
                )
        except DagNotFound:
            return False
        except (DagRunAlreadyExists, IntegrityError):
            log.info("run %s of collection %s is there already", run_id, collection.id)
        return True


def look_again() -> None:
    """Ask the dag-processor for another look at the bundle, without parsing anything."""
    _ask_for("nothing")


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
