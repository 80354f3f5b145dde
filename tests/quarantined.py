"""What tests ask of quarantine, and of the datasets beside it."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import sql

from include.access.requestor import Requestor
from include.collection.model import Collection
from include.collection.quarantine import Replay, Selection
from include.collection.run import RunState
from include.operations.quarantine_keeping import list_quarantine, replay_quarantined
from include.orchestration.stages import Unchanged
from include.quarantine_ports import QuarantinedRow
from include.wiring import Platform
from tests.factories import NOON
from tests.fakes_engine import FakeEngine
from tests.postgres import Database
from tests.whole_runs import run_stages

OWNER: Final = Requestor("7", "olive")


def waiting(platform: Platform, collection: Collection) -> dict[int, QuarantinedRow]:
    rows = list_quarantine(platform, OWNER, collection.dataset_id, limit=1000).rows
    return {row.key.row_id: row for row in rows}


def replay(platform: Platform, collection: Collection, selection: Selection | None = None, **options: Any) -> str:
    """Ask for a replay and do what Airflow would; gives the run's id."""
    asked = Replay(selection or Selection(), **options)
    now, run = replay_quarantined(platform, FakeEngine(), OWNER, collection.dataset_id, asked)
    try:
        run_stages(platform, now, run.run_id)
    except Unchanged as end:
        platform.runs.finish(now.id, run.run_id, RunState.UNCHANGED, NOON, note=str(end))
    return run.run_id


def records(database: Database, collection: Collection) -> list[tuple[Any, ...]]:
    """The dataset's rows: the hour, the energy in kWh, the row's number, its batch."""
    query = sql.SQL("SELECT extract(hour FROM interval_start)::int, energy, _row_id, _batch_id FROM data.{} ORDER BY 1")
    with psycopg.connect(database.admin_url) as connection:
        return connection.execute(query.format(sql.Identifier(f"d_{collection.dataset_id.hex}"))).fetchall()


def counts(database: Database, collection: Collection) -> tuple[int, list[tuple[int, int]]]:
    """What the dataset counts, and each batch: loaded, in quarantine."""
    with psycopg.connect(database.admin_url) as connection:
        [(rows,)] = connection.execute(
            "SELECT rows FROM cdmp.dataset WHERE id = %s", [collection.dataset_id]
        ).fetchall()
        batches = connection.execute(
            "SELECT rows_loaded, rows_quarantined FROM cdmp.batch WHERE dataset_id = %s ORDER BY committed, id",
            [collection.dataset_id],
        ).fetchall()
    return rows, [(loaded, held) for loaded, held in batches]
