"""Real Airflow processes for the suite: a database of their own, the platform's settings, stopped by process id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from cryptography.fernet import Fernet
from psycopg import sql

from include.orchestration.airflow_settings import airflow_environment
from tests.ports import free_port
from tests.postgres import Database

COMPONENTS = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "-s"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "-s"],
}

_HOME = "<the home of Airflow>"
PRELOAD = "import sys\nfrom include.orchestration.preload import preload_in_scheduler\npreload_in_scheduler(sys.argv)\n"


@dataclass
class AirflowProcesses:
    """Running components, and a way to ask their database."""

    var: Path
    environment: dict[str, str]
    metadata_url: str
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def bundle(self) -> Path:
        return Path(self.environment["CDMP_BUNDLE"])

    def start(self, *components: str) -> None:
        for component in components:
            with (self.var / f"{component}.log").open("ab") as log:
                self.running[component] = subprocess.Popen(
                    [_airflow(), *COMPONENTS[component]],
                    env=self.environment,
                    cwd=self.var,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def stop(self, *components: str) -> None:
        chosen = [self.running.pop(component) for component in components or list(self.running)]
        for process in chosen:
            process.terminate()
        for process in chosen:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def ask(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run SQL in Airflow's database; gives the rows, where there are any."""
        with psycopg.connect(self.metadata_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def log(self, component: str) -> str:
        return (self.var / f"{component}.log").read_text(errors="replace")


@contextmanager
def airflow_processes(
    database: Database, folder: Path, port: int, *components: str, **settings: str
) -> Iterator[AirflowProcesses]:
    """Start components of Airflow beside the platform's database, on the same server; stop them at the end.

    Args:
        settings: More variables of the environment.
    """
    name = f"airflow_{uuid4().hex[:12]}"
    server = database.admin_url.rsplit("/", 1)[0]
    metadata_url = f"{server}/{name}"
    environment = {
        **_environment(folder, metadata_url, port),
        "CDMP_DATABASE_URL": database.owner_url,
        "CDMP_LOADER_URL": database.loader_url,
        "CDMP_READER_URL": database.reader_url,
        "CDMP_MASTER_KEYS": Fernet.generate_key().decode(),
        "CDMP_VAR": str(folder),
        **settings,
    }
    (folder / "airflow").mkdir(parents=True)
    migrated, configuration = _migrated(server)
    _create_database(server, name, migrated)
    # not left to the components: of several that start together, one would read what another has half written
    (folder / "airflow" / "airflow.cfg").write_text(configuration.replace(_HOME, str(folder / "airflow")))
    processes = AirflowProcesses(folder, environment, metadata_url)
    try:
        processes.start(*components)
        yield processes
    finally:
        processes.stop()
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _environment(folder: Path, metadata_url: str, port: int) -> dict[str, str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CDMP_"))},
        **airflow_environment(
            folder,
            metadata_url.replace("postgresql://", "postgresql+psycopg2://"),
            port,
            jwt_secret=uuid4().hex * 2,
            secret_key=uuid4().hex,
            fernet_key=Fernet.generate_key().decode(),
        ),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


@cache
def _migrated(server: str) -> tuple[str, str]:
    """Have Airflow make a database that nobody uses; copying it costs no start of Airflow.

    Returns:
        Its name, and the configuration file that Airflow wrote with it, for a home of any name.
    """
    name = "airflow_migrated"
    _create_database(server, name, "template1")
    with tempfile.TemporaryDirectory(prefix="cdmp-airflow-") as folder:
        environment = _environment(Path(folder), f"{server}/{name}", free_port())
        done = subprocess.run(
            [_airflow(), "db", "migrate"], env=environment, cwd=folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        home = environment["AIRFLOW_HOME"]
        return name, Path(home, "airflow.cfg").read_text().replace(home, _HOME)


def _create_database(server: str, name: str, template: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        connection.execute(made)


@contextmanager
def airflow_that_runs(database: Database, folder: Path, port: int, **settings: str) -> Iterator[AirflowProcesses]:
    """Start what runs collections, its tasks' imports ready in the scheduler; wait for the first look at the bundle."""
    plugins = folder / "plugins"
    plugins.mkdir()
    (plugins / "preload_plugin.py").write_text(PRELOAD)
    components = ("api-server", "scheduler", "dag-processor")
    settings = {"AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins), **settings}
    with airflow_processes(database, folder, port, *components, **settings) as processes:
        wait_for("the dag-processor's first look", processes.bundle.exists, 90)
        yield processes


def wait_for(what: str, condition: Callable[[], Any], seconds: float = 10.0) -> float:
    """Wait until `condition` gives something true; gives the seconds that it took."""
    started = time.monotonic()
    while True:
        if condition():
            return time.monotonic() - started
        if time.monotonic() - started > seconds:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


def _airflow() -> str:
    return str(Path(sys.executable).with_name("airflow"))
