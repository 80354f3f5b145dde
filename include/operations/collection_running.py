"""Running a collection, and reading what its runs did.

A run that is asked for is a row before it is anything else. Airflow gets it at once when it knows the DAG; else the
refresh of the DAG bundle hands it over later. So neither an absent Airflow nor a restart loses it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from include.access.requestor import Requestor
from include.batch import Window
from include.cim.concept import FieldType
from include.collection.check import missing_steps
from include.collection.model import Collection, CollectionState
from include.collection.quarantine import Replay
from include.collection.rest_source import RestSource
from include.collection.run import Run
from include.collection.source import FileSource
from include.collection.time_window import YEARS, TimeWindow
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem, StoreUnavailable
from include.operations.collection_reading import read_collection, read_own
from include.operations.cursor import read_cursor, write_cursor
from include.operations.services import Services, refuse_unknown
from include.ports import Engine

logger = logging.getLogger(__name__)

_PAUSE_S = 0.1


@dataclass(frozen=True, slots=True)
class RunPage:
    """Some runs of a collection, newest first; `cursor` is None on the last page."""

    runs: Sequence[Run]
    cursor: str | None


def run_collection(
    services: Services, engine: Engine, requestor: Requestor, collection_id: UUID, *, patience_s: float | None = 3.0
) -> Run:
    """Ask for a run now.

    Args:
        patience_s: How long to wait for a DAG that Airflow does not have yet; 0 tries once, and None leaves
            `trigger_run` to the caller.

    Raises:
        NotFound, NotAllowed: As `read_own`.
        Conflict: It is a draft or paused, a run is active, or its file is loaded already.
    """
    return start_run(services, engine, read_own(services, requestor, collection_id), requestor, None, patience_s)


def backfill_collection(
    services: Services,
    engine: Engine,
    requestor: Requestor,
    collection_id: UUID,
    start: datetime,
    end: datetime,
    *,
    patience_s: float | None = 3.0,
) -> Run:
    """Ask for a run that reads a span of time again; what is loaded already stays, and is counted.

    Where the next ordinary run begins does not change by it.

    Args:
        start, end: What is not zoned is in the zone of the source's window; the end is out.
        patience_s: As `run_collection`.

    Raises:
        NotFound, NotAllowed: As `read_own`.
        Conflict: It is a draft or paused, or a run is active.
        ConfigurationInvalid: Its source cannot be asked for a span of time, or this is none.
    """
    collection = read_own(services, requestor, collection_id)
    source = collection.config.ingester
    if not isinstance(source, RestSource) or source.window is None:
        remedy = "Set `ingester.window`, and put {start} and {end} where the source takes them"
        raise ConfigurationInvalid([Problem("ingester", "it cannot be asked for a span of time", remedy)])
    return start_run(services, engine, collection, requestor, read_window(source.window, start, end), patience_s)


def read_window(asked: TimeWindow, start: datetime, end: datetime) -> Window:
    """Read a span of time, in the zone of the source's window where it says none of its own.

    Raises:
        ConfigurationInvalid: It ends before it starts.
    """
    zone = ZoneInfo(asked.zone)
    if not all(each.year in YEARS for each in (start, end)):
        what = f"the span lies outside of {YEARS[0]} to {YEARS[-1]}"
        raise ConfigurationInvalid([Problem("start", what, "Write it like 2024-01-01")])
    first, last = ((each if each.tzinfo else each.replace(tzinfo=zone)).astimezone(UTC) for each in (start, end))
    if first >= last:
        raise ConfigurationInvalid([Problem("end", "it is not later than the start", "The end is not in the span")])
    return Window(first, last)


def start_run(
    services: Services,
    engine: Engine,
    collection: Collection,
    requestor: Requestor,
    part: Window | Replay | None,
    patience_s: float | None,
) -> Run:
    """Ask for a run of a collection that the requestor owns; see `run_collection`."""
    run_id = queue_run(services, requestor, collection, part)
    if patience_s is not None:
        trigger_run(services, engine, collection, run_id, requestor.name, patience_s=patience_s)
    return services.runs.get(collection.id, run_id)


def queue_run(
    services: Services, requestor: Requestor, collection: Collection, part: Window | Replay | None = None
) -> str:
    """Record that a run was asked for, and give its id.

    Raises:
        Conflict: As `run_collection`.
    """
    where = f"collection {collection.id}"
    match collection.state:
        case CollectionState.DRAFT:
            lacking = ", ".join(missing_steps(collection.config))
            raise Conflict(where, f"it is a draft without {lacking}", "Add what is missing, then run it")
        case CollectionState.PAUSED:
            raise Conflict(where, "it is paused", "Resume it, then run it")
    source = collection.config.ingester
    if isinstance(source, FileSource) and source.upload and not isinstance(part, Replay):
        loaded = services.datasets.find_batch(collection.dataset_id, source.upload)
        if loaded is not None:
            raise Conflict(
                source.name or where,
                f"this very content was loaded by run {loaded.run_id}, {loaded.rows_loaded} rows",
                f"Upload a file with new content; to load this by a corrected mapping, roll batch {loaded.number} back",
            )
    now = services.clock()
    # Airflow keeps `backfill__` and `scheduled__` for runs of its own
    run_id = f"{_kind(part)}__{now:%Y%m%dT%H%M%S}_{uuid4().hex[:8]}"
    services.runs.queue(collection, run_id, requestor.name, now, part)
    logger.info("collection %s: run %s was asked for", collection.id, run_id)
    return run_id


def _kind(part: Window | Replay | None) -> str:
    if isinstance(part, Replay):
        return "release" if part.release else "replay"
    return "manual" if part is None else "window"


def trigger_run(
    services: Services, engine: Engine, collection: Collection, run_id: str, requested_by: str, *, patience_s: float
) -> bool:
    """Hand a queued run to Airflow, waiting for a DAG that is new; False where it is still to be handed over."""
    give_up = time.monotonic() + patience_s
    asked = services.runs.get(collection.id, run_id)
    while True:
        try:
            if engine.trigger(collection, run_id, requested_by, asked.part):
                services.runs.mark_triggered(collection.id, run_id)
                return True
        except StoreUnavailable as error:
            logger.warning("collection %s: run %s waits: %s", collection.id, run_id, error)
            return False
        if time.monotonic() >= give_up:
            return False
        time.sleep(_PAUSE_S)


def announce(engine: Engine, collection_id: UUID) -> None:
    """Ask Airflow to look at a collection; where it cannot be asked, the bundle's own poll finds the change."""
    try:
        engine.announce(collection_id)
    except StoreUnavailable as error:
        logger.warning("collection %s: its DAG follows later: %s", collection_id, error)


def list_runs(
    services: Services, requestor: Requestor, collection_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> RunPage:
    """List the runs of a collection that the requestor may see, newest first."""
    collection = read_collection(services, requestor, collection_id)
    before = read_cursor(cursor, (FieldType.TIMESTAMP,))[0] if cursor else None
    runs = services.runs.find(collection.id, before=before, limit=limit + 1)
    page = runs[:limit]
    return RunPage(page, write_cursor([page[-1].queued]) if len(runs) > limit else None)


def read_run(services: Services, requestor: Requestor, collection_id: UUID, run_id: str) -> Run:
    """Read one run of a collection that the requestor may see.

    Raises:
        NotFound: The collection is not theirs to know of, or has no such run.
    """
    collection = read_collection(services, requestor, collection_id)
    try:
        return services.runs.get(collection.id, run_id)
    except NotFound:
        refuse_unknown("run", run_id)
