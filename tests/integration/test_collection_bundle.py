"""The bundle against a real dag-processor: what FACTS call races, and what an absent database does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import Engine

from include.collection.model import Collection, CollectionState
from include.collection.run import RunState
from include.orchestration.bundle_files import module_name
from include.orchestration.collection_bundle import BUNDLE
from include.orchestration.description import dag_id_of
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine
from include.storage.run_store import PostgresRunStore
from tests.airflow_processes import AirflowProcesses, airflow_processes, wait_for
from tests.factories import a_collection, a_config
from tests.ports import free_port
from tests.postgres import Database

SOON_S = 2.0
"""How soon a change is in Airflow, from its commit."""
PATIENCE_S = 8.0
"""What a machine that has much else to do is allowed."""


@pytest.fixture(scope="module")
def airflow(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowProcesses]:
    with airflow_processes(database, tmp_path_factory.mktemp("airflow"), free_port(), "dag-processor") as processes:
        wait_for("the dag-processor's first look", processes.bundle.exists, 60)
        yield processes


@pytest.fixture(scope="module")
def engine(database: Database) -> Iterator[Engine]:
    engine = open_engine(database.loader_url)
    yield engine
    engine.dispose()


@pytest.fixture
def collections(engine: Engine) -> PostgresCollectionStore:
    return PostgresCollectionStore(engine)


@pytest.fixture
def runs(engine: Engine) -> PostgresRunStore:
    return PostgresRunStore(engine)


def make(collections: PostgresCollectionStore, airflow: AirflowProcesses, title: str = "New") -> Collection:
    collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=a_config(title=title))
    collections.add(collection)
    announce(airflow, collection.id)
    return collection


def change(
    collections: PostgresCollectionStore, airflow: AirflowProcesses, collection: Collection, title: str
) -> Collection:
    changed = replace(collection, version=collection.version + 1, config=a_config(title=title))
    collections.replace(changed, collection.version)
    announce(airflow, collection.id)
    return changed


def announce(airflow: AirflowProcesses, collection_id: UUID) -> None:
    """Ask as `AirflowEngine.announce` does; this process is not one of Airflow's."""
    airflow.ask(
        "INSERT INTO dag_priority_parsing_request (id, bundle_name, relative_fileloc) "
        "VALUES (md5(%s), %s, %s) ON CONFLICT DO NOTHING",
        [str(collection_id), BUNDLE, module_name(collection_id)],
    )


def shown(airflow: AirflowProcesses, collection_id: UUID) -> str | None:
    """The title in Airflow's list, from the serialised DAG; None where it has none that is current."""
    rows = airflow.ask(
        "SELECT s.data->'dag'->>'dag_display_name', s.data->'dag'->>'dag_id' FROM dag d "
        "JOIN serialized_dag s USING (dag_id) WHERE d.dag_id = %s AND NOT d.is_stale "
        "ORDER BY s.created_at DESC LIMIT 1",
        [dag_id_of(collection_id)],
    )
    return (rows[0][0] or rows[0][1]) if rows else None


def test_a_new_collection_is_in_airflow_soon(collections: PostgresCollectionStore, airflow: AirflowProcesses) -> None:
    collection = make(collections, airflow, "Brand new")

    seconds = wait_for("the new DAG", lambda: shown(airflow, collection.id) == "Brand new", PATIENCE_S)

    print(f"new after {seconds:.1f} s")


def test_a_change_is_in_airflow_soon(collections: PostgresCollectionStore, airflow: AirflowProcesses) -> None:
    collection = make(collections, airflow)
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)

    change(collections, airflow, collection, "Changed")

    seconds = wait_for("the change", lambda: shown(airflow, collection.id) == "Changed", PATIENCE_S)
    print(f"changed after {seconds:.1f} s")


def test_a_change_while_the_old_text_is_being_parsed_is_not_lost(
    collections: PostgresCollectionStore, airflow: AirflowProcesses
) -> None:
    collection = make(collections, airflow)
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)
    module = airflow.bundle / module_name(collection.id)
    marker = airflow.var / "parsing"
    old = module.read_text() + f"open({str(marker)!r}, 'w').close()\nimport time\ntime.sleep(1.5)\n"
    module.write_text(old)  # its definition is read, and then it takes its time
    wait_for("its parse", marker.exists, PATIENCE_S)

    change(collections, airflow, collection, "Changed meanwhile")

    wait_for("the change", lambda: module.read_text() != old, 1.4)
    wait_for("the change", lambda: shown(airflow, collection.id) == "Changed meanwhile", PATIENCE_S)


def test_of_many_changes_at_once_the_last_one_stays(
    collections: PostgresCollectionStore, airflow: AirflowProcesses
) -> None:
    collection = make(collections, airflow)
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)

    for number in range(12):  # every refresh writes while the parse of the one before is under way
        collection = change(collections, airflow, collection, f"Change {number}")
        time.sleep(0.15)

    wait_for("the last change", lambda: shown(airflow, collection.id) == "Change 11", PATIENCE_S)


def test_nobody_needs_to_announce(collections: PostgresCollectionStore, airflow: AirflowProcesses) -> None:
    collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=a_config(title="Silent"))
    collections.add(collection)

    wait_for("the poll", lambda: shown(airflow, collection.id) == "Silent", 15)


def test_a_run_that_was_asked_for_before_its_dag_was_there_is_started(
    collections: PostgresCollectionStore, runs: PostgresRunStore, airflow: AirflowProcesses
) -> None:
    collection = a_collection(id=uuid4(), dataset_id=uuid4())
    collections.add(collection)
    runs.queue(collection, "asked__1", "olive", datetime.now(UTC))
    announce(airflow, collection.id)

    def started() -> bool:
        found = airflow.ask(
            "SELECT triggering_user_name FROM dag_run WHERE dag_id = %s AND run_id = %s",
            [dag_id_of(collection.id), "asked__1"],
        )
        return found == [("olive",)]

    seconds = wait_for("the run", started, PATIENCE_S)
    wait_for("its record", lambda: not runs.untriggered(), PATIENCE_S)
    print(f"started after {seconds:.1f} s")


def test_a_run_that_is_asked_for_switches_on_a_dag_that_somebody_switched_off_in_airflow(
    collections: PostgresCollectionStore, runs: PostgresRunStore, airflow: AirflowProcesses
) -> None:
    collection = make(collections, airflow)
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)
    airflow.ask("UPDATE dag SET is_paused = true WHERE dag_id = %s", [dag_id_of(collection.id)])
    runs.queue(collection, "asked__1", "olive", datetime.now(UTC))

    started = "SELECT 1 FROM dag_run WHERE dag_id = %s"
    wait_for("the run", lambda: airflow.ask(started, [dag_id_of(collection.id)]), 15)
    assert airflow.ask("SELECT is_paused FROM dag WHERE dag_id = %s", [dag_id_of(collection.id)]) == [(False,)]


def test_a_dag_that_somebody_deleted_in_airflow_comes_back(
    collections: PostgresCollectionStore, airflow: AirflowProcesses
) -> None:
    collection = make(collections, airflow, "Deleted by mistake")
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)
    time.sleep(6)  # a poll has seen it
    delete = [sys.executable, "-m", "airflow", "dags", "delete", "--yes", dag_id_of(collection.id)]
    done = subprocess.run(delete, env=airflow.environment, capture_output=True, check=False)
    assert done.returncode == 0 and b"Removed" in done.stdout, done.stderr.decode()

    wait_for("it to come back", lambda: shown(airflow, collection.id) == "Deleted by mistake", 15)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("UPDATE dag_run SET state = 'failed' WHERE dag_id = %s", id="its process was killed"),
        pytest.param("DELETE FROM dag_run WHERE dag_id = %s", id="somebody removed it"),
    ],
)
def test_a_run_that_could_not_record_its_end_has_failed(
    collections: PostgresCollectionStore, runs: PostgresRunStore, airflow: AirflowProcesses, end: str
) -> None:
    collection = make(collections, airflow)
    runs.queue(collection, "asked__1", None, datetime.now(UTC))
    under_way = [(collection.id, "asked__1")]
    wait_for("its start", lambda: [(r.collection_id, r.run_id) for r in runs.unfinished()][-1:] == under_way, 15)

    airflow.ask(end, [dag_id_of(collection.id)])

    wait_for("its end", lambda: runs.get(collection.id, "asked__1").state is RunState.FAILED, 15)
    assert "without a word" in str(runs.get(collection.id, "asked__1").failure)


def test_a_deleted_collection_waits_for_its_active_run(
    collections: PostgresCollectionStore, runs: PostgresRunStore, airflow: AirflowProcesses
) -> None:
    collection = make(collections, airflow)
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)
    runs.queue(collection, "asked__1", None, datetime.now(UTC))
    wait_for("the run", lambda: airflow.ask("SELECT 1 FROM dag_run WHERE dag_id = %s", [dag_id_of(collection.id)]), 15)

    collections.set_state(collection.id, CollectionState.DELETING)
    announce(airflow, collection.id)
    time.sleep(7)  # a poll and a request have passed
    assert (airflow.bundle / module_name(collection.id)).exists()
    assert shown(airflow, collection.id)

    airflow.ask("UPDATE dag_run SET state = 'success' WHERE dag_id = %s", [dag_id_of(collection.id)])
    announce(airflow, collection.id)
    wait_for("its end", lambda: shown(airflow, collection.id) is None, PATIENCE_S)
    wait_for("its record's end", lambda: collection.id not in collections.fingerprints(), PATIENCE_S)


def test_a_deleted_collection_without_a_run_goes_at_once(
    collections: PostgresCollectionStore, airflow: AirflowProcesses
) -> None:
    collection = make(collections, airflow)
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)

    collections.set_state(collection.id, CollectionState.DELETING)
    announce(airflow, collection.id)

    seconds = wait_for("its end", lambda: shown(airflow, collection.id) is None, PATIENCE_S)
    assert not list(airflow.bundle.rglob(f"*{collection.id}*"))
    print(f"gone after {seconds:.1f} s")


def test_a_broken_collection_hurts_only_itself(collections: PostgresCollectionStore, airflow: AirflowProcesses) -> None:
    other = make(collections, airflow, "Unhurt")
    broken = make(collections, airflow)
    wait_for("both", lambda: shown(airflow, other.id) and shown(airflow, broken.id), PATIENCE_S)

    (airflow.bundle / f"{broken.id}.json").write_text('{"title": "half')
    (airflow.bundle / module_name(broken.id)).touch()

    def error() -> list[tuple[str]]:
        return airflow.ask(  # type: ignore[return-value]
            "SELECT stacktrace FROM import_error WHERE filename = %s", [module_name(broken.id)]
        )

    wait_for("its import error", error, PATIENCE_S)
    assert "cannot be read" in error()[0][0]
    assert [file for (file,) in airflow.ask("SELECT filename FROM import_error")] == [module_name(broken.id)]
    assert shown(airflow, other.id) == "Unhurt"

    change(collections, airflow, broken, "Mended")
    wait_for("its cure", lambda: shown(airflow, broken.id) == "Mended" and not error(), PATIENCE_S)


def test_an_absent_database_leaves_every_dag_as_it_was(
    collections: PostgresCollectionStore, airflow: AirflowProcesses, database: Database
) -> None:
    collection = make(collections, airflow, "Stays")
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)
    before = sorted(file.name for file in airflow.bundle.glob("*.py"))

    name = database.loader_url.rsplit("/", 1)[1]
    with psycopg.connect(database.admin_url.rsplit("/", 1)[0] + "/postgres", autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'.encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            time.sleep(7)
            assert sorted(file.name for file in airflow.bundle.glob("*.py")) == before
            assert shown(airflow, collection.id) == "Stays"
        finally:
            connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'.encode())

    change(collections, airflow, collection, "Goes on")
    wait_for("the next change", lambda: shown(airflow, collection.id) == "Goes on", 15)


def test_the_definition_beside_a_dag_file_is_whole(
    collections: PostgresCollectionStore, airflow: AirflowProcesses
) -> None:
    collection = make(collections, airflow, "Whole")
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)

    module: Path = airflow.bundle / module_name(collection.id)
    assert json.loads(module.with_suffix(".json").read_text())["title"] == "Whole"
    assert "Whole" not in module.read_text()


def test_another_process_announces_and_starts_runs(
    collections: PostgresCollectionStore, airflow: AirflowProcesses, database: Database
) -> None:
    collection = make(collections, airflow)
    wait_for("the new DAG", lambda: shown(airflow, collection.id), PATIENCE_S)
    airflow.ask(
        "INSERT INTO ab_user (id, first_name, last_name, username, email, active) "
        "VALUES (7, 'O', 'O', 'olive', 'olive@example.org', true), (8, 'X', 'X', 'gone', 'gone@example.org', false)"
    )
    airflow.ask("INSERT INTO ab_role (id, name) VALUES (99, 'Steward')")
    airflow.ask("INSERT INTO ab_user_role (id, user_id, role_id) VALUES (1, 7, 99)")
    script = f"""
from dataclasses import replace
from uuid import UUID, uuid4
from include.errors import NotFound
from include.orchestration.directory import AirflowDirectory
from include.orchestration.engine import AirflowEngine, running
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine

collection = PostgresCollectionStore(open_engine({database.loader_url!r})).get(UUID({str(collection.id)!r}))
engine = AirflowEngine()
engine.announce(collection.id)
engine.announce(collection.id)
assert engine.trigger(collection, "by_hand", "olive")
assert engine.trigger(collection, "by_hand", "olive"), "the second time does nothing"
assert not engine.trigger(replace(collection, id=uuid4()), "by_hand", "olive"), "it has no DAG"
assert running([collection.id, uuid4()]) == {{collection.id}}

directory = AirflowDirectory()
olive = directory.find("olive")
assert (olive.id, olive.name, olive.roles) == ("7", "olive", {{"Steward"}})
assert directory.mail_address("7") == "olive@example.org"
assert directory.mail_address("8") is None and directory.mail_address("'; --") is None
for name in ("gone", "nobody"):
    try:
        directory.find(name)
    except NotFound:
        continue
    raise AssertionError(name)
"""
    done = subprocess.run([sys.executable, "-c", script], env=airflow.environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()

    runs = airflow.ask("SELECT run_id, triggering_user_name FROM dag_run WHERE dag_id = %s", [dag_id_of(collection.id)])
    assert runs == [("by_hand", "olive")]
