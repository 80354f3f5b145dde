"""The platform's configuration: what the environment says, and for the rest the embedded defaults."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.credentials import Secrets
from deploy.layout import ROOT, Layout, write_private
from deploy.ports import HOST, PORTS
from deploy.processes import Started
from include.orchestration.airflow_settings import airflow_environment

# with their own PostgreSQL, people give all three roles, and Airflow's database beside them
DATABASE = "CDMP_DATABASE_URL"
AIRFLOW_DATABASE = "CDMP_AIRFLOW_DATABASE_URL"
SMTP = "CDMP_SMTP_URL"
EMBEDDED = "CDMP_EMBEDDED"

ALLOCATORS = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "262144",
    "_RJEM_MALLOC_CONF": "narenas:1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""Of glibc, polars' jemalloc and Arrow: by default each of them, and each thread, keeps what others could use, 150 MB
in a task. glibc gives back at once only what is larger than its threshold, which it raises by itself, if not set."""


def ports_of(outside: Mapping[str, str]) -> dict[str, int]:
    """Give each service's port.

    Raises:
        SystemExit: A variable holds no number.
    """
    numbers = {}
    for port in PORTS:
        text = outside.get(port.variable) or str(port.default)
        if not text.isdecimal():
            raise SystemExit(f"{port.variable}={text} is no port: choose a number between 1024 and 65535.")
        numbers[port.service] = int(text)
    return numbers


def embedded_services(values: Mapping[str, str]) -> tuple[str, ...]:
    """Say which services the platform brings along itself."""
    return tuple(values[EMBEDDED].split(","))


def configure(
    layout: Layout, secrets: Secrets, outside: Mapping[str, str], alive: Mapping[str, Started]
) -> dict[str, str]:
    """Give the configuration to start with: that of the platform which runs already, or a new one.

    Raises:
        SystemExit: One runs, and the environment asks for something else: half of it would not know.
    """
    wanted, current = platform_environment(layout, secrets, outside), read_environment(layout)
    if not alive or not current:
        return wanted
    given = {name for name in outside if name.startswith(("CDMP_", "AIRFLOW__"))}
    if different := sorted(name for name in given if wanted.get(name) != current.get(name)):
        raise SystemExit(
            f"The platform is running with another {' and '.join(different)}. "
            "`make down` first, then start it with the new value."
        )
    return current


def platform_environment(layout: Layout, secrets: Secrets, outside: Mapping[str, str]) -> dict[str, str]:
    """Say everything that a process of the platform has to know; a value from outside always wins."""
    ports = ports_of(outside)
    values = {
        "CDMP_VAR": str(layout.var),
        "CDMP_MASTER_KEYS": secrets.master_key,
        "CDMP_JWT_SECRET": secrets.jwt,
        "CDMP_FERNET_KEY": secrets.fernet_key,
        "CDMP_FLASK_SECRET": secrets.flask,
        "CDMP_PUBLIC_URL": f"http://{HOST}:{ports['api-server']}",
        **{port.variable: str(ports[port.service]) for port in PORTS},
    }
    # what the environment points to elsewhere is not started
    replaced = {"postgres": DATABASE, "mail": SMTP}
    services = [port.service for port in PORTS if not outside.get(replaced.get(port.service, ""))]
    if "postgres" in services:
        address = f"{HOST}:{ports['postgres']}"
        values |= {
            DATABASE: f"postgresql://cdmp_owner:{secrets.owner}@{address}/cdmp",
            "CDMP_LOADER_URL": f"postgresql://cdmp_loader:{secrets.loader}@{address}/cdmp",
            "CDMP_READER_URL": f"postgresql://cdmp_reader:{secrets.reader}@{address}/cdmp",
            AIRFLOW_DATABASE: f"postgresql+psycopg2://airflow:{secrets.airflow}@{address}/airflow",
        }
    elif not outside.get(AIRFLOW_DATABASE):
        raise SystemExit(
            f"{DATABASE} points at a PostgreSQL of your own, so Airflow needs a database there too: set "
            f"{AIRFLOW_DATABASE}=postgresql+psycopg2://USER:PASSWORD@HOST:PORT/NAME. See README, 'Configure for real'."
        )
    if "mail" in services:
        values[SMTP] = f"smtp://{HOST}:{ports['mail']}"
    allowed = filter(None, (outside.get("CDMP_EGRESS_ALLOW"), f"{HOST}:{ports['replay']}"))
    given = {name: value for name, value in outside.items() if name.startswith("CDMP_") and value}
    fixed = {"CDMP_VAR": str(layout.var), "CDMP_EGRESS_ALLOW": ",".join(allowed), EMBEDDED: ",".join(services)}
    values |= given | fixed
    return values | airflow_values(layout, values, ports["api-server"]) | given_to_airflow(outside)


def airflow_values(layout: Layout, values: Mapping[str, str], port: int) -> dict[str, str]:
    """Say what Airflow's processes have to know, and whoever talks to Airflow's database."""
    return airflow_environment(
        layout.var,
        values[AIRFLOW_DATABASE],
        port,
        jwt_secret=values["CDMP_JWT_SECRET"],
        secret_key=values["CDMP_FLASK_SECRET"],
        fernet_key=values["CDMP_FERNET_KEY"],
        public_url=values["CDMP_PUBLIC_URL"],
        bundle=Path(values["CDMP_BUNDLE"]) if "CDMP_BUNDLE" in values else None,
    )


def given_to_airflow(outside: Mapping[str, str]) -> dict[str, str]:
    """Pick what a person sets of Airflow's own settings."""
    return {name: value for name, value in outside.items() if name.startswith("AIRFLOW__")}


def write_environment(layout: Layout, values: Mapping[str, str]) -> None:
    """Keep the configuration for the commands that come later (`cdmp`, `make status`): `NAME=value`, nothing quoted."""
    lines = (f"{name}={value}\n" for name, value in sorted(values.items()))
    write_private(layout.environment, "".join(lines))


def read_environment(layout: Layout) -> dict[str, str]:
    """Read what the last start was configured with; empty before the first."""
    if not layout.environment.exists():
        return {}
    lines = layout.environment.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def process_environment(values: Mapping[str, str], outside: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give the whole environment of a process of the platform.

    `PYTHONDONTWRITEBYTECODE` goes: without compiled files a cold start takes three times as long.
    """
    kept = {name: value for name, value in outside.items() if name != "PYTHONDONTWRITEBYTECODE"}
    commands = Path(sys.prefix) / "bin"
    return {
        **ALLOCATORS,
        **kept,
        **values,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{commands}:{kept.get('PATH', os.defpath)}",
    }
