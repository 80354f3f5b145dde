"""The parts that the databases are dumped in, each by the role that may read it, and PostgreSQL's programs for that."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from deploy.environment import AIRFLOW_DATABASE, DATABASE
from deploy.postgres import candidates, without_pg
from include.storage.schema import DATA, PLATFORM

INDEX: Final = f"{PLATFORM}.search_document"
"""Made from the rest again by one command."""


@dataclass(frozen=True, slots=True)
class Part:
    """One dump.

    Attributes:
        schemas: Whose tables it holds; None: every schema of the database but the platform's.
        options: Of `pg_dump`, `again`: of `pg_restore`.
        of: The part whose moment it is to be of; else a moment of its own.
    """

    name: str
    url: str
    schemas: tuple[str, ...] | None
    options: tuple[str, ...]
    again: tuple[str, ...] = ("--single-transaction",)
    of: str | None = None


def parts_of(values: Mapping[str, str]) -> Sequence[Part]:
    """Say what is dumped, in the order in which it is restored.

    The rows of datasets belong to the loader, and their walls hold for their owner too: it dumps them as it sees them.
    The names of roles are the same everywhere; who restores owns.
    """
    airflow = values[AIRFLOW_DATABASE].replace("+psycopg2", "", 1)
    walls = (f"--schema={PLATFORM}", f"--schema={DATA}", f"--exclude-table={DATA}.*", f"--exclude-table-data={INDEX}")
    return (
        Part("platform", values[DATABASE], (PLATFORM,), walls),
        Part(
            "rows",
            values["CDMP_LOADER_URL"],
            (DATA,),
            (f"--table={DATA}.*", "--enable-row-security"),
            (f"--jobs={min(4, os.cpu_count() or 1)}",),
            of="platform",
        ),
        Part("airflow", airflow, None, (f"--exclude-schema={PLATFORM}", f"--exclude-schema={DATA}")),
    )


def schemas_of(part: Part, connection: psycopg.Connection[tuple[str]]) -> Sequence[str]:
    """Name the schemas of a part."""
    if part.schemas is not None:
        return part.schemas
    query = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> ALL(%s) ORDER BY 1"
    return [name for (name,) in connection.execute(query, [["information_schema", PLATFORM, DATA]])]


def dump_file(folder: Path, part: Part) -> Path:
    """Where a part's dump lies."""
    return folder / f"{part.name}.dump"


def dump(programs: Path, part: Part, snapshot: str, folder: Path) -> None:
    """Dump one part as it was at a moment."""
    # one file and one connection: the workers of a parallel dump give up where a load waits for a table
    form = ("--format=custom", "--compress=1", f"--snapshot={snapshot}", f"--file={dump_file(folder, part)}")
    _run(programs / "pg_dump", part.url, *form, *part.options)


def restore_dump(programs: Path, part: Part, folder: Path) -> None:
    """Bring back one part into a database that has nothing of it."""
    _run(programs / "pg_restore", part.url, "--exit-on-error", "--no-owner", *part.again, dump_file(folder, part))


def find_programs(major: int, path: str = os.environ.get("PATH", "")) -> Path:
    """Choose the folder of `pg_dump` and `pg_restore` for a server: of its version, else the next newer.

    Raises:
        SystemExit: There is none.
    """
    folders = [*(each.folder for each in candidates(path)), *map(Path, filter(None, path.split(os.pathsep)))]
    found: dict[int, Path] = {}
    for folder in folders:
        if (folder / "pg_dump").exists() and (folder / "pg_restore").exists():
            said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False).stdout
            if version := re.search(r"\(PostgreSQL\) (\d+)", said):
                found.setdefault(int(version[1]), folder)
    fits = [one for one in sorted(found) if one >= major]
    if not fits:
        there = ", ".join(map(str, sorted(found))) or "none"
        raise SystemExit(
            f"The server is PostgreSQL {major}, and no pg_dump of {major} or newer was found (found: {there}). "
            "Install PostgreSQL's client programs of that version."
        )
    return found[fits[0]]


def _run(program: Path, url: str, *options: str | Path) -> None:
    """Run a program on a database; the password goes by the environment, which no other user can read."""
    words = conninfo_to_dict(url)
    password = str(words.pop("password", ""))
    done = subprocess.run(
        [program, "--no-password", f"--dbname={make_conninfo('', **words)}", *options],
        env={**without_pg(os.environ), "PGPASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # the detail of an error may quote a row
        said = [line for line in done.stderr.splitlines() if not line.startswith(("DETAIL", "CONTEXT", "COPY"))]
        raise SystemExit(f"{program.name} failed. It said:\n" + "\n".join(said[-10:]))
