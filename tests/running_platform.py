"""The platform in a folder and on ports of its own, stopped to the last process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from deploy.layout import ROOT, Layout
from deploy.ports import PORTS, refusal
from deploy.processes import recorded, session
from tests.airflow_processes import wait_for
from tests.ports import free_ports


@dataclass(frozen=True)
class RunningPlatform:
    """A platform that runs, and the two ways to talk to it: its commands, and HTTP as the admin."""

    layout: Layout
    environment: dict[str, str]
    client: httpx.Client

    def deploy(self, command: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return deploy(command, {**self.environment, **changed})

    def cdmp(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-m", "cli.app", *map(str, arguments)]
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False)

    @property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.layout.demo.read_text())
        return found

    def connect_as_superuser(self) -> psycopg.Connection[tuple[Any, ...]]:
        password = json.loads(self.layout.secrets.read_text())["superuser"]
        port = self.environment["CDMP_POSTGRES_PORT"]
        return psycopg.connect(f"postgresql://postgres:{password}@127.0.0.1:{port}/cdmp")

    def apply(self, file: Path) -> dict[str, Any]:
        """Apply a collection by the command; gives it as HTTP shows it."""
        applied = self.cdmp("apply", file)
        assert applied.returncode == 0, applied.stderr
        title = next(line.split(":", 1)[1].strip() for line in file.read_text().splitlines() if line[:6] == "title:")
        return self.find(title)

    def find(self, title: str) -> dict[str, Any]:
        listed = self.client.get("/data-collection/", params={"limit": 100}).raise_for_status().json()
        found: dict[str, Any] = next(each for each in listed["collections"] if each["title"] == title)
        return found

    def latest_run(self, collection: dict[str, Any]) -> dict[str, Any]:
        listed = self.client.get(f"/data-collection/{collection['id']}/run").raise_for_status().json()
        found: dict[str, Any] = listed["runs"][0]
        return found

    def await_end(self, collection: dict[str, Any], seconds: float = 120) -> dict[str, Any]:
        """Wait until the latest run has ended."""
        wait_for(
            f"the end of the run of {collection['title']}",
            lambda: self.latest_run(collection)["state"] not in ("queued", "running"),
            seconds,
        )
        return self.latest_run(collection)

    def records(self, dataset_id: str) -> list[dict[str, Any]]:
        """Read a whole dataset, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {"limit": 1000} | ({"cursor": cursor} if cursor else {})
            page = self.client.get(f"/dataset/{dataset_id}/records", params=asked).raise_for_status().json()
            found += page["records"]
            cursor = page["cursor"]
            if cursor is None:
                return found


def deploy(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "deploy", command]
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@contextmanager
def running_platform(command: str) -> Iterator[RunningPlatform]:
    """Start a platform by `make`'s `command` (demo, up); stop it, and see that no process and no port is left."""
    # not pytest's folder: as root, nobody but root can enter that, and PostgreSQL runs as somebody else
    folder = Path(tempfile.mkdtemp(prefix="cdmp-e2e-"))
    folder.chmod(0o711)
    layout = Layout(folder / "var")
    numbers = free_ports(len(PORTS))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("CDMP_", "AIRFLOW"))},
        **{port.variable: str(number) for port, number in zip(PORTS, numbers, strict=True)},
        "CDMP_VAR": str(layout.var),
        "PYTHONPATH": str(ROOT),
    }
    try:
        started = deploy(command, environment)
        assert started.returncode == 0, started.stdout + started.stderr
        url = f"http://127.0.0.1:{environment['CDMP_PORT']}"
        login = {"username": "admin", "password": layout.admin_password.read_text().strip()}
        token = httpx.post(f"{url}/auth/token", json=login, timeout=30).raise_for_status().json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{url}/twinergy-api", headers=headers, timeout=60) as client:
            yield RunningPlatform(layout, environment, client)
    finally:
        members = [process for started in recorded(layout) for process in session(started)]
        stopped = deploy("down", environment)
        shutil.rmtree(folder, ignore_errors=True)
    assert stopped.returncode == 0, stopped.stderr
    assert members
    assert [process for process in members if process.is_running() and process.status() != psutil.STATUS_ZOMBIE] == []
    assert [refusal(number) for number in numbers] == [None] * len(numbers)
