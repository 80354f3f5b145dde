"""1, 100 and 1,000 collections as DAGs: how soon a change is in Airflow, and what it costs when nothing happens.

The peer is what one would write first: one file that builds every DAG, parsed every 30 s. One sample a case; the
platform's DAG bundle is sampled three times.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psutil
from sqlalchemy import Engine

from benchmarks.table import Case, Table
from include.collection.model import Collection, CollectionState
from include.orchestration.bundle_files import module_name
from include.orchestration.collection_bundle import BUNDLE
from include.orchestration.description import dag_id_of
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine
from include.storage.migrate import migrate
from include.storage.run_store import PostgresRunStore
from tests.airflow_processes import AirflowProcesses, airflow_processes, wait_for
from tests.factories import a_collection, a_config
from tests.ports import free_port
from tests.postgres import Database, fresh_database, running_server

SAMPLES = 3
IDLE_S = 30.0
PATIENCE_S = 240.0

ONE_FILE = """
from include.orchestration.description import DagDescription, dag_id_of
from include.orchestration.factory import build_dag
from include.storage.collection_store import PostgresCollectionStore
from include.storage.connection import open_engine
from airflow.sdk import get_parsing_context

engine = open_engine({url!r})
collections, only = PostgresCollectionStore(engine), get_parsing_context().dag_id
for collection_id in collections.fingerprints():
    if only in (None, dag_id_of(collection_id)):
        dag = build_dag(DagDescription.of(collections.get(collection_id)))
        globals()[dag.dag_id] = dag
engine.dispose()
"""


@dataclass
class Platform:
    """Airflow with so many collections."""

    airflow: AirflowProcesses
    engine: Engine
    announces: bool

    def announce(self, collection: Collection) -> None:
        if self.announces:
            self.airflow.ask(
                "INSERT INTO dag_priority_parsing_request (id, bundle_name, relative_fileloc) "
                "VALUES (md5(%s), %s, %s) ON CONFLICT DO NOTHING",
                [str(collection.id), BUNDLE, module_name(collection.id)],
            )

    def shown(self, collection: Collection) -> str | None:
        rows = self.airflow.ask(
            "SELECT s.data->'dag'->>'dag_display_name' FROM dag d JOIN serialized_dag s USING (dag_id) "
            "WHERE d.dag_id = %s AND NOT d.is_stale ORDER BY s.created_at DESC LIMIT 1",
            [dag_id_of(collection.id)],
        )
        return rows[0][0] if rows else None

    def first_task_began(self, dag_id: str) -> bool:
        asked = "SELECT 1 FROM task_instance WHERE dag_id = %s AND task_id = 'ingest' AND start_date IS NOT NULL"
        return bool(self.airflow.ask(asked, [dag_id]))

    def known(self) -> int:
        [(number,)] = self.airflow.ask("SELECT count(*) FROM dag WHERE dag_id LIKE 'collection%%' AND NOT is_stale")
        return int(number)


def run() -> Table:
    """Measure each number of collections, and the peer at 100 and 1,000."""
    cases: list[Case] = []
    with running_server() as server:
        for number in (1, 100, 1000):
            cases.append(_measure(server, number, one_file=False))
            print(cases[-1], flush=True)
            if number > 1:
                cases.append(_measure(server, number, one_file=True))
                print(cases[-1], flush=True)
    return Table("Collections as DAGs: seconds from a commit to the change in Airflow", tuple(cases), cases[-1].name)


def _measure(server: str, number: int, *, one_file: bool) -> Case:
    with _platform(server, number, one_file=one_file) as platform:
        idle = {component: _idle_pct(platform.airflow, component) for component in ("dag-processor", "scheduler")}
        samples = [_sample(platform) for _ in range(1 if one_file else 1 + SAMPLES)]
        samples = samples[-SAMPLES:]  # the first run of all finds the workers cold
    median = {name: round(statistics.median(each[name] for each in samples), 2) for name in samples[0]}
    changed = median.pop("changed_to_visible_s")
    way = "one file, parsed every 30 s" if one_file else "a DAG bundle with a file each"
    return Case(
        f"{number} collections, {way}",
        changed,
        {
            "collections": number,
            **median,
            "idle_dag_processor_core_pct": idle["dag-processor"],
            "idle_scheduler_core_pct": idle["scheduler"],
        },
    )


def _sample(platform: Platform) -> dict[str, float]:
    """Make a collection, run it, change it and delete it; the peer knows nothing of runs that wait for their DAG."""
    collections = PostgresCollectionStore(platform.engine)
    collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=a_config(title="New"))
    dag_id, seconds = dag_id_of(collection.id), {}

    began = time.monotonic()
    collections.add(collection)
    if platform.announces:
        PostgresRunStore(platform.engine).queue(collection, "asked", None, datetime.now(UTC))
    platform.announce(collection)
    seconds["new_to_visible_s"] = wait_for("new", lambda: platform.shown(collection) == "New", PATIENCE_S)
    if platform.announces:
        wait_for("its first task", lambda: platform.first_task_began(dag_id), PATIENCE_S)
        seconds["new_to_first_task_s"] = time.monotonic() - began
        platform.airflow.ask("UPDATE dag_run SET state = 'failed' WHERE dag_id = %s", [dag_id])

    collections.replace(replace(collection, version=2, config=a_config(title="Changed")), 1)
    platform.announce(collection)
    seconds["changed_to_visible_s"] = wait_for("changed", lambda: platform.shown(collection) == "Changed", PATIENCE_S)

    # A file that goes while it is being parsed may hold up the dag-processor for 5 s; here the two are measured apart.
    time.sleep(5)
    collections.set_state(collection.id, CollectionState.DELETING)
    if platform.announces:
        platform.announce(collection)
    else:
        collections.erase(collection.id)
    seconds["deleted_to_gone_s"] = wait_for("deleted", lambda: platform.shown(collection) is None, PATIENCE_S)
    return seconds


@contextmanager
def _platform(server: str, number: int, *, one_file: bool) -> Iterator[Platform]:
    with fresh_database(server) as database, tempfile.TemporaryDirectory(prefix="cdmp-bench-") as name:
        migrate(database.owner_url)
        engine = open_engine(database.loader_url)
        collections = PostgresCollectionStore(engine)
        for each in range(number):
            collections.add(a_collection(id=uuid4(), dataset_id=uuid4(), config=a_config(title=f"Collection {each}")))
        folder = Path(name)
        with airflow_processes(
            database, folder, free_port(), **_settings(folder, database, one_file=one_file)
        ) as airflow:
            airflow.start("dag-processor", "scheduler", *([] if one_file else ["api-server"]))
            platform = Platform(airflow, engine, announces=not one_file)
            wait_for("every collection", lambda: platform.known() >= number, 900)
            time.sleep(10)
            yield platform
        engine.dispose()


def _settings(folder: Path, database: Database, *, one_file: bool) -> dict[str, str]:
    if not one_file:
        return {}
    (folder / "dags").mkdir(parents=True)
    (folder / "dags" / "every_collection.py").write_text(ONE_FILE.format(url=database.loader_url))
    bundle = (
        '[{"name": "dags", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", '
        f'"kwargs": {{"path": "{folder}/dags", "refresh_interval": 5}}}}]'
    )
    return {
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle,
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "300",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
    }


def _idle_pct(airflow: AirflowProcesses, component: str) -> float:
    """Measure the share of a core that a component and its children use while nothing happens."""
    began, before = time.monotonic(), _cpu_seconds(airflow, component)
    time.sleep(IDLE_S)
    return round(100 * (_cpu_seconds(airflow, component) - before) / (time.monotonic() - began), 1)


def _cpu_seconds(airflow: AirflowProcesses, component: str) -> float:
    parent = psutil.Process(airflow.running[component].pid)
    own = parent.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in parent.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
