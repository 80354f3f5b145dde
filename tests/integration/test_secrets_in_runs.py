"""A secret is used by real runs, good and bad, and found nowhere afterwards; a backfill reads the span asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql
from sqlalchemy import Engine

from include.batch import Window
from include.collection.model import Collection
from include.collection.run import Run, RunState
from include.orchestration.description import dag_id_of
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine
from include.storage.run_store import PostgresRunStore
from include.storage.secret_store import SealedSecretStore
from tests.airflow_processes import AirflowProcesses, airflow_that_runs, wait_for
from tests.factories import NOON, a_collection, a_config
from tests.ports import free_ports
from tests.postgres import Database
from tests.source_server import Asked, Reply, SourceServer, serve

[PORT] = free_ports(1)
CANARY = "canary-s3cr3t-4711"
MASTER_KEY = Fernet.generate_key().decode()
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def parrot(asked: Asked) -> Reply:
    """Give quarter hours to who knows the secret; repeat what was said in any case."""
    start, end = (datetime.fromisoformat(asked.get(name)) for name in ("from", "to"))
    heard = {"heard": asked.target, **dict(asked.headers)}
    if asked.get("key") != CANARY or end > BEGIN + timedelta(days=3650):
        return Reply({"error": heard, CANARY: CANARY}, 403, headers={"X-Heard": asked.target})
    quarters = range(int((min(end, start + timedelta(days=1)) - start) / timedelta(minutes=15)))
    times = [start + number * timedelta(minutes=15) for number in quarters]
    return Reply({"results": [{"at": time.isoformat(), "mwh": 1.5, **heard} for time in times], "asked": heard})


@pytest.fixture(scope="module")
def source() -> Iterator[SourceServer]:
    with serve(parrot) as server:
        yield server


@pytest.fixture(scope="module")
def airflow(
    database: Database, source: SourceServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AirflowProcesses]:
    folder = tmp_path_factory.mktemp("airflow")
    settings = {"CDMP_EGRESS_ALLOW": source.here, "CDMP_MASTER_KEYS": MASTER_KEY}
    with airflow_that_runs(database, folder, PORT, **settings) as processes:
        yield processes


@pytest.fixture(scope="module")
def engine(database: Database) -> Iterator[Engine]:
    engine = open_engine(database.loader_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def collection(engine: Engine, source: SourceServer) -> Collection:
    rules = [
        {"field": "area_id", "constant": "10YLU-CEGEDEL-NQ"},
        {"field": "quantity", "constant": "load"},
        {"field": "psr_type", "constant": "A05"},
        {"field": "interval_start", "source": "at", "format": "iso8601"},
        {"field": "interval_end", "after": {"field": "interval_start", "duration": "PT15M"}},
        {"field": "energy", "source": "mwh", "unit": "MWh"},
        {"field": "process", "constant": "realised"},
    ]
    ingester = {
        "kind": "rest",
        "url": source.url("/load"),
        "parameters": {"from": "{start}", "to": "{end}"},
        "format": {"kind": "json", "records": "$.results"},
        "window": {"begin": BEGIN.isoformat(), "step": "P1D"},
        "limits": {"requests": 5},
        "authentication": {"kind": "api_key", "place": "query", "name": "key", "secret_ref": "load"},
    }
    config = a_config(ingester=ingester, mapper={"concept": "grid_observation", "rules": rules}, anonymization={})
    collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=config)
    PostgresCollectionStore(engine).add(collection)
    SealedSecretStore(engine, [MASTER_KEY]).put(collection.owner_id, "load", CANARY, NOON)
    return collection


@pytest.fixture(scope="module")
def run(collection: Collection, engine: Engine, airflow: AirflowProcesses) -> Callable[..., Run]:
    """Ask for a run and wait for its end."""
    runs = PostgresRunStore(engine)

    def run(run_id: str, window: Window | None) -> Run:
        runs.queue(collection, run_id, None, datetime.now(UTC), window)
        wait_for("the end of the run", lambda: not runs.get(collection.id, run_id).state.active, 300)
        ended = "SELECT 1 FROM dag_run WHERE dag_id = %s AND run_id = %s AND state NOT IN ('queued', 'running')"
        wait_for("its end in Airflow", lambda: airflow.ask(ended, [dag_id_of(collection.id), run_id]), 30)
        return runs.get(collection.id, run_id)

    return run


def test_a_backfill_reads_its_span_through_airflow_and_loads_nothing_twice(
    run: Callable[..., Run], collection: Collection, airflow: AirflowProcesses, source: SourceServer
) -> None:
    window = Window(BEGIN, BEGIN + timedelta(days=2))
    done = run("window__1", window)

    assert done.state is RunState.SUCCEEDED, done.failure
    assert (done.window, done.count("rows_loaded")) == (window, 192)
    assert [asked.get("from") for asked in source.asked] == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]
    conf = airflow.ask("SELECT conf::text FROM dag_run WHERE run_id = 'window__1'")
    assert "2026-01-03T00:00:00+00:00" in str(conf)

    wider = run("window__2", Window(BEGIN + timedelta(days=1), BEGIN + timedelta(days=3)))
    assert (wider.count("rows_loaded"), wider.count("rows_already_there")) == (96, 96)


def test_a_run_whose_source_refuses_says_so_without_the_secret(run: Callable[..., Run], collection: Collection) -> None:
    late = BEGIN + timedelta(days=3660)
    done = run("window__3", Window(late, late + timedelta(days=1)))
    assert done.state is RunState.FAILED
    assert done.failure and "403" in done.failure.what
    assert CANARY not in str(done)


def test_a_secret_that_was_removed_fails_the_run_with_words_for_its_owner(
    run: Callable[..., Run], collection: Collection, engine: Engine
) -> None:
    store = SealedSecretStore(engine, [MASTER_KEY])
    store.remove(collection.owner_id, "load")
    done = run("window__4", Window(BEGIN, BEGIN + timedelta(days=1)))
    store.put(collection.owner_id, "load", CANARY, NOON)
    assert done.state is RunState.FAILED
    assert done.failure and "none of this name" in done.failure.what


def test_the_secret_is_nowhere(
    run: Callable[..., Run], collection: Collection, airflow: AirflowProcesses, database: Database, source: SourceServer
) -> None:
    assert any(CANARY in asked.target for asked in source.asked), "it was used"
    files = [file for file in airflow.var.rglob("*") if file.is_file()]
    assert any(file.name == f"{dag_id_of(collection.id)}.json" or str(collection.id) in str(file) for file in files)
    assert [file for file in files if CANARY.encode() in file.read_bytes()] == []
    for url in (database.admin_url, airflow.metadata_url):
        assert tables_with(url, CANARY) == []


def tables_with(url: str, text: str) -> list[str]:
    """Every table of a database that holds a text, in whatever column."""
    found = []
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        assert len(tables) > 5
        for schema, table in tables:
            query = sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text LIKE %s").format(sql.Identifier(schema, table))
            if connection.execute(query, [f"%{text}%"]).fetchone() != (0,):
                found.append(f"{schema}.{table}")
    return found


def test_the_search_finds_what_is_there(database: Database, collection: Collection, tmp_path: Path) -> None:
    """Otherwise its silence would say nothing."""
    assert "cdmp.collection" in tables_with(database.admin_url, str(collection.id))
