"""Airflow's four processes: prepared, started, and asked for their health."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import httpx
import psycopg

from deploy.layout import Layout, write_private
from deploy.ports import HOST
from deploy.processes import Started, last_lines, running, start
from deploy.progress import Progress

ADMIN = "admin"
STEWARD = "Steward"
# without it Airflow's pages show a role no plugin at all, and so not the tab of a run
SEES_PLUGINS = ("roles", "add-perms", "Viewer", "User", STEWARD, "-a", "can_read", "-r", "Plugins")
# `-s`: without it scheduler and triggerer serve their logs on every interface
COMMANDS: Mapping[str, Sequence[str]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "-s"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "-s"),
}
# how `/api/v2/monitor/health` calls them
HEALTH = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}


def airflow_command() -> Path:
    """Find the `airflow` of the environment that we run in."""
    return Path(sys.prefix) / "bin" / "airflow"


def prepare_airflow(layout: Layout, database_url: str, environment: Mapping[str, str], progress: Progress) -> None:
    """Bring Airflow's database up to date, and make the role and the user that it starts with.

    What was done is noted together with the database's own revision, so that a start with nothing to do asks one query
    instead of importing Airflow three times.
    """
    stamp = layout.airflow / "prepared"
    wanted = [f"{name}=={version(name)}" for name in ("apache-airflow", "apache-airflow-providers-fab")]
    wanted.append(" ".join(SEES_PLUGINS))
    if stamp.exists() and stamp.read_text().splitlines() == [*wanted, revision(database_url)]:
        return
    progress.say("Airflow: preparing its database")
    person = ("--firstname", "CDMP", "--lastname", "Admin", "--email", "admin@localhost")
    commands = [("db", "migrate"), ("roles", "create", STEWARD), SEES_PLUGINS]
    commands.append(("users", "create", "-u", ADMIN, "-r", "Admin", *person))
    # asked for on its standard input: on the command line, every user of the machine could read it
    password = layout.admin_password.read_text().strip()
    run_airflow(commands, environment, answers=f"{password}\n" * 2)
    write_private(stamp, "\n".join([*wanted, revision(database_url)]))


def revision(database_url: str) -> str:
    """Ask Airflow's database for its schema's revision."""
    with psycopg.connect(database_url.replace("+psycopg2", "", 1), connect_timeout=5) as connection:
        table = connection.execute("SELECT to_regclass('alembic_version')").fetchone()
        if table is None or table[0] is None:
            return "none"
        return ",".join(str(row[0]) for row in connection.execute("SELECT version_num FROM alembic_version ORDER BY 1"))


RUN_EACH = """
import json, sys
from airflow.__main__ import main
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["airflow", *arguments]
    main()
"""


def run_airflow(commands: Sequence[Sequence[str]], environment: Mapping[str, str], answers: str = "") -> None:
    """Run Airflow's commands one after the other, in one process: its import is most of what each of them takes.

    Raises:
        SystemExit: One of them failed; with what it said last.
    """
    done = subprocess.run(
        [sys.executable, "-c", RUN_EACH, json.dumps(commands)],
        env=dict(environment),
        input=answers,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # without a terminal, the password is read from the standard input
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        asked = ", ".join(f"`airflow {' '.join(each[:2])}`" for each in commands)
        raise SystemExit(f"Airflow was asked for {asked}, and failed. It said:\n{said}")


def start_airflow(layout: Layout, port: int, environment: Mapping[str, str], progress: Progress) -> None:
    """Start those of the four processes that do not run."""
    alive = running(layout)
    for name, arguments in COMMANDS.items():
        if name in alive:
            continue
        listens = port if name == "api-server" else None
        start(layout, name, [airflow_command(), *arguments], environment, port=listens)
        progress.say(f"Airflow's {name}: started")


def await_airflow(layout: Layout, port: int, progress: Progress) -> None:
    """Wait until each of the four is healthy.

    Raises:
        SystemExit: One of them ended.
    """
    seen: set[str] = set()

    def missing() -> str | None:
        alive = running(layout)
        for name in COMMANDS:
            if name not in alive:
                raise SystemExit(f"Airflow's {name} ended. It said:\n{last_lines(layout, name)}")
        healthy = healthy_processes(port, alive)
        for name in [name for name in COMMANDS if name in healthy and name not in seen]:
            seen.add(name)
            progress.say(f"Airflow's {name}: healthy")
        ill = [name for name in COMMANDS if name not in healthy]
        return f"{' and '.join(ill)} not yet healthy" if ill else None

    progress.wait("Airflow", missing, limit_s=300, every_s=0.5)


def healthy_processes(port: int, alive: Mapping[str, Started]) -> set[str]:
    """Ask the api-server which of the four are well; empty while it does not answer.

    Airflow calls a process healthy for half a minute after its last sign of life; one from before the start is of the
    process before.
    """
    try:
        heard = heartbeats(f"http://{HOST}:{port}")
    except httpx.HTTPError:
        return set()
    return {"api-server"} | {name for name, at in heard.items() if name in alive and at > alive[name].created}


def heartbeats(address: str) -> dict[str, float]:
    """Ask an api-server for the last sign of life of each process that it calls healthy.

    Raises:
        httpx.HTTPError: It does not answer.
    """
    answer = httpx.get(f"{address}/api/v2/monitor/health", timeout=5, trust_env=False)
    report = answer.raise_for_status().json()
    return {
        name: datetime.fromisoformat(report[key][f"latest_{key}_heartbeat"]).timestamp()
        for name, key in HEALTH.items()
        if report["metadatabase"]["status"] == "healthy" and (report.get(key) or {}).get("status") == "healthy"
    }
