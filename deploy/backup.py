"""Makes a backup of a platform that may be running: both databases, the uploads, and the keys apart."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psycopg

from deploy.backup_folder import Manifest, list_files, name_keys, sha256_of, write_manifest
from deploy.dumps import INDEX, Part, dump, find_programs, parts_of, schemas_of
from deploy.environment import AIRFLOW_DATABASE
from deploy.layout import PRIVATE, Layout, write_private
from deploy.progress import Progress
from include.settings import load_settings
from include.storage.inventory import at_one_moment, take_inventory

KEYS: Final = ("CDMP_MASTER_KEYS", "CDMP_FERNET_KEY")
"""What opens the platform's sealed rows, and Airflow's connections and variables."""
PASSWORD: Final = "admin_password"  # noqa: S105 - the name of its place
UPLOADS: Final = "uploads"


def keys_file(folder: Path) -> Path:
    """Where a backup's keys lie unless somebody says otherwise: beside it, so that a copy of it has none."""
    return folder.with_name(f"{folder.name}.keys.json")


def back_up(layout: Layout, values: Mapping[str, str], folder: Path, keys: Path, progress: Progress) -> Manifest:
    """Write a backup into a new folder, and the keys into a file of their own.

    Each database is taken as it was at one moment, while others go on reading and writing.

    Args:
        values: The configuration of the platform.

    Raises:
        SystemExit: It cannot be made; nothing of it is left then.
    """
    if lacking := [name for name in (AIRFLOW_DATABASE, *KEYS) if not values.get(name)]:
        raise SystemExit(
            f"{', '.join(lacking)}: not set. `make up` writes the settings; see README, 'Configure for real'."
        )
    uploads = load_settings(values).uploads
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SystemExit(
            f"{folder} is there already and not empty. A backup wants a folder of its own: name a new one."
        )
    if keys.exists():
        raise SystemExit(f"{keys} is there already, and may be the only copy of other keys: name another with --keys.")
    if keys.resolve().is_relative_to(folder.resolve()):
        raise SystemExit(f"{keys} lies in the backup, which then would open itself: keep the keys elsewhere.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(PRIVATE)
    try:
        manifest = _write(values, uploads, folder, progress)
        write_private(keys, json.dumps(_keys(layout, values), indent=1))
        write_manifest(folder, manifest)
    except BaseException:  # Ctrl-C too: half a backup looks like a whole one
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return manifest


def _write(values: Mapping[str, str], uploads: Path, folder: Path, progress: Progress) -> Manifest:
    tables: dict[str, dict[str, list[int | str]]] = {}
    moments: dict[str, str] = {}
    with ExitStack() as stack:
        for part in parts_of(values):
            connection = _connect(stack, part, moments)
            there = take_inventory(connection, schemas_of(part, connection), {INDEX})
            tables[part.name] = {name: [one.rows, one.checksum] for name, one in there.items()}
            major = connection.info.server_version // 10_000
            if there:
                dump(find_programs(major), part, moments[part.name], folder)
            progress.say(f"{part.name}: {len(there)} tables, {sum(one.rows for one in there.values())} rows")
            if part.name == "platform":
                [(revision,)] = connection.execute("SELECT version_num FROM cdmp.alembic_version").fetchall()
                lacking = _copy_uploads(connection, uploads, folder / UPLOADS)
    files = list_files(folder)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    sizes = [int(size) for name, (size, _) in files.items() if name.startswith(f"{UPLOADS}/")]
    progress.say(f"uploads: {len(sizes)} files, {sum(sizes)} bytes")
    for each in lacking:
        progress.say(f"  lacking: {each}")
    return Manifest(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        platform=version("cdmp"),
        revision=revision,
        airflow=version("apache-airflow"),
        postgresql=major,
        keys={name: name_keys(values[name]) for name in KEYS},
        tables=tables,
        files=files,
        lacking=lacking,
    )


def _connect(stack: ExitStack, part: Part, moments: dict[str, str]) -> psycopg.Connection[Any]:
    """Connect as a part's role, at its moment."""
    try:
        connection, moment = stack.enter_context(at_one_moment(part.url, moments.get(part.of or "")))
    except psycopg.OperationalError as error:
        raise SystemExit(f"The database of the {part.name} does not answer: {error}\nIs the platform up?") from None
    moments[part.name] = moment
    return connection


def _copy_uploads(connection: psycopg.Connection[Any], uploads: Path, target: Path) -> Sequence[str]:
    """Copy every upload that the database knows; gives what is not there as it was handed over."""
    target.mkdir()
    lacking = []
    for (upload,) in connection.execute("SELECT DISTINCT id FROM cdmp.upload ORDER BY 1").fetchall():
        try:
            if sha256_of(uploads / upload, target / upload) == upload:
                continue
            lacking.append(f"upload {upload[:12]}: its bytes are others than were handed over")
        except FileNotFoundError:
            lacking.append(f"upload {upload[:12]}: its file is not there")
        (target / upload).unlink(missing_ok=True)
    return lacking


def _keys(layout: Layout, values: Mapping[str, str]) -> Mapping[str, str]:
    """Give what opens a backup, and the password that its first user signs in with."""
    password = layout.admin_password.read_text().strip() if layout.admin_password.exists() else ""
    return {**{name: values[name] for name in KEYS}, PASSWORD: password}
