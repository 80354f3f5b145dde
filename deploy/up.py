"""Starts the platform: what does not run yet, in the order in which one needs the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial

from deploy.airflow import await_airflow, prepare_airflow, start_airflow
from deploy.credentials import ensure_secrets
from deploy.environment import (
    AIRFLOW_DATABASE,
    configure,
    embedded_services,
    ports_of,
    process_environment,
    write_environment,
)
from deploy.layout import ROOT, Layout
from deploy.lock import only_one
from deploy.ports import HOST, PORTS, find_taken, is_listening
from deploy.postgres import start_postgres
from deploy.processes import Started, is_alive, last_lines, running, start
from deploy.progress import Progress
from include.settings import load_settings
from include.storage.migrate import migrate

RECORDED_ANSWER = ROOT / "examples" / "data" / "smard_load_2024_01.json"


def up(layout: Layout, progress: Progress, outside: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Start the platform and wait until it is healthy; gives its configuration. What runs already is left alone.

    Raises:
        SystemExit: It cannot start; with a sentence that says why.
    """
    layout.make()
    with only_one(layout):
        secrets = ensure_secrets(layout)
        alive = running(layout)
        values = configure(layout, secrets, outside, alive)
        ports, services = ports_of(values), embedded_services(values)
        if taken := find_taken(ports, services, alive):
            raise SystemExit("\n".join(taken))
        write_environment(layout, values)
        environment = process_environment(values, outside)
        if "postgres" in services and "postgres" not in alive:
            start_postgres(layout, secrets, ports["postgres"], environment, progress)
        migrate(load_settings(values).owner_url)
        progress.say("Database: up to date")
        prepare_airflow(layout, values[AIRFLOW_DATABASE], environment, progress)
        start_small_servers(layout, ports, services, alive, environment, progress)
        start_airflow(layout, ports["api-server"], environment, progress)
        await_airflow(layout, ports["api-server"], progress)
    return values


def start_small_servers(
    layout: Layout,
    ports: Mapping[str, int],
    services: tuple[str, ...],
    alive: Mapping[str, Started],
    environment: Mapping[str, str],
    progress: Progress,
) -> None:
    """Start the mail sink and the recorded Open Data source."""
    commands = {
        "mail": ("deploy.mail_sink", str(layout.mail)),
        "replay": ("deploy.replay_server", str(RECORDED_ANSWER)),
    }
    for name, command in commands.items():
        if name in services and name not in alive:
            port = ports[name]
            started = start(layout, name, [sys.executable, "-m", *command, str(port)], environment, port=port)
            what = next(each.what for each in PORTS if each.service == name)
            progress.wait(what, partial(not_listening, layout, started, port), limit_s=60)
            progress.say(f"{what[0].upper()}{what[1:]}: ready on {HOST}:{port}")


def not_listening(layout: Layout, started: Started, port: int) -> str | None:
    """Say what is missing before a small server answers."""
    if not is_alive(started):
        raise SystemExit(f"{started.name} ended at once. It said:\n{last_lines(layout, started.name)}")
    return None if is_listening(port) else "starting"
