"""Runs of a collection through real Airflow: what a person is told, and what a killed process leaves behind."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from include.collection.model import Collection
from include.collection.run import Run, RunState
from include.orchestration.description import dag_id_of
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine
from include.storage.run_store import PostgresRunStore
from tests.airflow_processes import AirflowProcesses, airflow_that_runs, wait_for
from tests.factories import a_collection, a_config
from tests.ports import free_ports
from tests.postgres import Database

PORT, SOURCE_PORT = free_ports(2)
ROWS = 96
CANARY = "canary-4711"
RECORDS = [
    {"at": (datetime(2024, 1, 1, tzinfo=UTC) + number * timedelta(minutes=15)).isoformat(), "mwh": number, "c": CANARY}
    for number in range(ROWS)
]


@dataclass
class Source:
    """An Open Data API on this machine; `silent` makes it keep its callers waiting."""

    answer: Any = field(default_factory=lambda: {"results": RECORDS})
    status: int = 200
    silent: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.silent.set()  # set: it answers


@pytest.fixture(scope="module")
def source() -> Iterator[Source]:
    source = Source()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.silent.wait(60)
            body = json.dumps(source.answer).encode()
            try:
                self.send_response(source.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except BrokenPipeError:
                pass  # who asked was killed

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", SOURCE_PORT), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield source
    source.silent.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def airflow(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowProcesses]:
    folder = tmp_path_factory.mktemp("airflow")
    allowed = f"127.0.0.1:{SOURCE_PORT}"
    with airflow_that_runs(database, folder, PORT, CDMP_EGRESS_ALLOW=allowed) as processes:
        yield processes


@pytest.fixture(scope="module")
def engine(database: Database) -> Iterator[Engine]:
    engine = open_engine(database.loader_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def runs(engine: Engine) -> PostgresRunStore:
    return PostgresRunStore(engine)


@pytest.fixture
def collection(engine: Engine) -> Collection:
    config = a_config(
        ingester={
            "kind": "rest",
            "url": f"http://127.0.0.1:{SOURCE_PORT}/load",
            "format": {"kind": "json", "records": "$.results"},
        },
        mapper={
            "concept": "grid_observation",
            "rules": [
                {"field": "area_id", "constant": "10YLU-CEGEDEL-NQ"},
                {"field": "quantity", "constant": "load"},
                {"field": "psr_type", "constant": "A05"},
                {"field": "interval_start", "source": "at", "format": "iso8601"},
                {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT15M"}},
                {"field": "energy", "source": "mwh", "unit": "MWh"},
                {"field": "process", "constant": "realised"},
            ],
        },
        anonymization={},
    )
    collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=config)
    PostgresCollectionStore(engine).add(collection)
    return collection


@pytest.fixture
def run(collection: Collection, runs: PostgresRunStore, airflow: AirflowProcesses) -> Callable[..., Run]:
    """Ask for a run and wait for its end."""

    def run(run_id: str = "asked__1", *, seconds: float = 180, meanwhile: Callable[[], None] = lambda: None) -> Run:
        runs.queue(collection, run_id, None, datetime.now(UTC))
        meanwhile()
        wait_for("the end of the run", lambda: not runs.get(collection.id, run_id).state.active, seconds)
        ended = "SELECT 1 FROM dag_run WHERE dag_id = %s AND run_id = %s AND state NOT IN ('queued', 'running')"
        wait_for("its end in Airflow", lambda: airflow.ask(ended, [dag_id_of(collection.id), run_id]), 30)
        return runs.get(collection.id, run_id)

    return run


def kill_ingest(airflow: AirflowProcesses, collection: Collection, times: int) -> None:
    """Kill the process of the running ingest, with -9, so many times."""
    where = "WHERE dag_id = %s AND task_id = 'ingest' AND state = 'running' AND try_number = %s AND pid IS NOT NULL"
    for number in range(1, times + 1):
        asked = f"SELECT pid FROM task_instance {where}"
        wait_for(
            "ingest", lambda number=number, asked=asked: airflow.ask(asked, [dag_id_of(collection.id), number]), 60
        )
        [(process,)] = airflow.ask(asked, [dag_id_of(collection.id), number])
        os.kill(process, signal.SIGKILL)


def rows_of(database: Database, collection: Collection) -> int:
    with psycopg.connect(database.admin_url) as connection:
        table = f"data.d_{collection.dataset_id.hex}"
        if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
            return 0
        [count] = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() or [0]
        return int(count)


def staged(airflow: AirflowProcesses, collection: Collection) -> list[str]:
    return [
        str(file) for file in (airflow.var / "staging").rglob("*") if str(collection.id) in str(file) and file.is_file()
    ]


def states(airflow: AirflowProcesses, collection: Collection, run_id: str = "asked__1") -> dict[str, str]:
    asked = "SELECT task_id, state FROM task_instance WHERE dag_id = %s AND run_id = %s"
    return dict(airflow.ask(asked, [dag_id_of(collection.id), run_id]))  # type: ignore[arg-type]


def test_a_run_loads_its_rows_and_leaves_nothing_staged(
    run: Callable[..., Run], collection: Collection, airflow: AirflowProcesses, database: Database, source: Source
) -> None:
    done = run()

    assert done.state is RunState.SUCCEEDED, done.failure
    assert [done.count(name) for name in ("rows_read", "rows_mapped", "rows_loaded")] == [ROWS, ROWS, ROWS]
    assert rows_of(database, collection) == ROWS
    assert not staged(airflow, collection)
    assert set(states(airflow, collection).values()) == {"success"}
    asset = f"dataset_{collection.dataset_id}"
    assert airflow.ask("SELECT 1 FROM asset_event e JOIN asset a ON a.id = e.asset_id WHERE a.name = %s", [asset])


def test_the_same_content_again_is_noticed(
    run: Callable[..., Run], collection: Collection, airflow: AirflowProcesses, database: Database, source: Source
) -> None:
    run()
    again = run("asked__2")

    assert again.state is RunState.UNCHANGED
    assert again.note and "was loaded" in again.note
    assert rows_of(database, collection) == ROWS
    assert states(airflow, collection, "asked__2")["publish"] == "skipped"
    assert airflow.ask("SELECT state FROM dag_run WHERE run_id = 'asked__2'") == [("success",)]


def test_a_task_that_was_killed_once_leaves_the_same_rows(
    run: Callable[..., Run], collection: Collection, airflow: AirflowProcesses, database: Database, source: Source
) -> None:
    source.silent.clear()

    def kill_once() -> None:
        kill_ingest(airflow, collection, 1)
        source.silent.set()

    done = run(meanwhile=kill_once)

    assert done.state is RunState.SUCCEEDED, done.failure
    assert rows_of(database, collection) == ROWS


def test_a_task_that_is_killed_every_time_ends_in_a_failure_that_says_so(
    run: Callable[..., Run], collection: Collection, airflow: AirflowProcesses, database: Database, source: Source
) -> None:
    source.silent.clear()
    try:
        done = run(meanwhile=lambda: kill_ingest(airflow, collection, 3))
    finally:
        source.silent.set()

    assert done.state is RunState.FAILED
    assert done.failure and "killed" in done.failure.what
    assert rows_of(database, collection) == 0


def test_a_source_that_refuses_fails_at_once_with_words_for_its_owner(
    run: Callable[..., Run],
    collection: Collection,
    airflow: AirflowProcesses,
    database: Database,
    source: Source,
    engine: Engine,
) -> None:
    source.answer = {"results": [{"when": "2024-01-01", "c": CANARY}]}
    try:
        done = run()
    finally:
        source.answer = {"results": RECORDS}

    assert done.state is RunState.FAILED
    assert done.failure and done.failure.task == "ingest" and "'at'" in done.failure.what
    tries = "SELECT max(try_number) FROM task_instance WHERE dag_id = %s AND task_id = 'ingest'"
    assert airflow.ask(tries, [dag_id_of(collection.id)]) == [(1,)]
    with psycopg.connect(database.admin_url) as connection:
        [(kind, recipient, facts)] = connection.execute(
            "SELECT kind, recipient_id, facts FROM cdmp.outbox "
            "WHERE kind = 'run.failed' AND facts->>'collection_id' = %s",
            [str(collection.id)],
        ).fetchall()
    assert (kind, recipient, facts["what"]) == ("run.failed", collection.owner_id, done.failure.what)
    assert not staged(airflow, collection)


def test_no_value_of_a_row_is_in_a_log_an_xcom_or_a_report(airflow: AirflowProcesses, database: Database) -> None:
    logs = [file for file in airflow.var.rglob("*.log") if CANARY in file.read_text(errors="replace")]
    assert not logs
    assert not airflow.ask("SELECT 1 FROM xcom WHERE value::text LIKE %s", [f"%{CANARY}%"])
    assert not airflow.ask(
        "SELECT 1 FROM rendered_task_instance_fields WHERE rendered_fields::text LIKE %s", [f"%{CANARY}%"]
    )
    with psycopg.connect(database.admin_url) as connection:
        found = connection.execute("SELECT 1 FROM cdmp.run WHERE row_to_json(run)::text LIKE %s", [f"%{CANARY}%"])
        assert not found.fetchall()


def test_housekeeping_runs_by_itself(airflow: AirflowProcesses) -> None:
    done = "SELECT 1 FROM dag_run WHERE dag_id = 'housekeeping_deliver_mail' AND state = 'success'"
    wait_for("the minute's delivery", lambda: airflow.ask(done), 75)
