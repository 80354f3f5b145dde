"""Brings a backup back: into an empty folder and empty databases, compared with what the backup says it holds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import psycopg

from deploy.backup import KEYS, PASSWORD, UPLOADS
from deploy.backup_folder import Manifest, name_keys, read_manifest, sha256_of, verify_files
from deploy.credentials import ensure_secrets
from deploy.dumps import INDEX, Part, dump_file, find_programs, parts_of, restore_dump, schemas_of
from deploy.environment import embedded_services, platform_environment, ports_of, process_environment
from deploy.layout import PRIVATE, Layout, write_private
from deploy.ports import find_taken
from deploy.postgres import start_postgres
from deploy.processes import running, stop
from deploy.progress import Progress
from include.settings import load_settings
from include.storage.inventory import at_one_moment, take_inventory
from include.storage.schema import LOADER
from include.wiring import build_platform


def restore(layout: Layout, outside: Mapping[str, str], folder: Path, keys: Path, progress: Progress) -> None:
    """Restore a backup; `make up` starts what was restored.

    Args:
        outside: The environment: with `CDMP_DATABASE_URL` and the like, the databases are there; else they are made.

    Raises:
        SystemExit: It cannot be restored, or what was restored is not what was backed up. The folder is empty again
            then; databases of your own may hold a part of it.
    """
    manifest = read_manifest(folder)
    verify_files(folder, manifest)
    progress.say(f"Backup of {manifest.made}: {len(manifest.files)} files, each as it was made")
    opened = _read_keys(keys)
    if layout.var.exists() and any(layout.var.iterdir()):
        raise SystemExit(
            f"{layout.var} is not empty, and a restore overwrites nothing. Move it away, "
            "or set CDMP_VAR to a folder that is not there yet."
        )
    layout.make()
    try:
        write_private(layout.secrets, json.dumps({"master_key": opened[KEYS[0]], "fernet_key": opened[KEYS[1]]}))
        if opened[PASSWORD]:
            write_private(layout.admin_password, opened[PASSWORD] + "\n")
        secrets = ensure_secrets(layout)
        values = platform_environment(layout, secrets, outside)
        for name, wanted in manifest.keys.items():
            if not set(wanted) <= set(name_keys(values[name])):
                raise SystemExit(
                    f"{name} does not hold the keys of this backup ({', '.join(wanted)}). Give its own file."
                )
        if "postgres" in embedded_services(values):
            ports = ports_of(values)
            if taken := find_taken(ports, ("postgres",), {}):
                raise SystemExit("\n".join(taken))
            start_postgres(layout, secrets, ports["postgres"], process_environment(values, outside), progress)
        _restore_databases(values, manifest, folder, progress)
        _restore_uploads(load_settings(values).uploads, folder / UPLOADS, progress)
        _compare(values, manifest, progress)
    except BaseException:  # Ctrl-C too: half a platform would be started by the next `make up`
        _stop(layout)
        far = layout.postgres.resolve()
        for path in (far, *layout.var.iterdir()):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        raise
    _stop(layout)
    progress.say("Restored. `make up` starts it; then `cdmp reindex` makes the search index, which no backup holds.")


def _read_keys(keys: Path) -> Mapping[str, str]:
    try:
        plain = json.loads(keys.read_text(encoding="utf-8"))
        return {name: str(plain[name]) for name in (*KEYS, PASSWORD)}
    except FileNotFoundError:
        raise SystemExit(f"{keys} is not there: name the file of the backup's keys with --keys.") from None
    except (ValueError, KeyError, TypeError):
        raise SystemExit(f"{keys} holds no keys of a backup: `cdmp backup` writes it beside the folder.") from None


def _restore_databases(values: Mapping[str, str], manifest: Manifest, folder: Path, progress: Progress) -> None:
    parts = parts_of(values)
    for part in parts:
        _refuse_filled(part)
    with psycopg.connect(values["CDMP_READER_URL"], connect_timeout=10) as connection:
        programs = find_programs(max(connection.info.server_version // 10_000, manifest.postgresql))
    for part in parts:
        if dump_file(folder, part).exists():
            restore_dump(programs, part, folder)
            progress.say(f"{part.name}: restored")
    with psycopg.connect(values["CDMP_DATABASE_URL"]) as connection:
        # what a database grants is no part of its dump
        grant = f"GRANT TEMPORARY ON DATABASE %I TO {LOADER}"
        connection.execute(f"DO $$ BEGIN EXECUTE format('{grant}', current_database()); END $$".encode())


def _refuse_filled(part: Part) -> None:
    """Raise SystemExit where a part's database has something of the platform already, or does not answer."""
    try:
        with psycopg.connect(part.url, connect_timeout=10) as connection:
            there = list(schemas_of(part, connection))
            if part.schemas is None:  # `public` is there, and empty
                there = list(take_inventory(connection, there))
            else:
                query = "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)"
                there = [name for (name,) in connection.execute(query, [there])]
            name = connection.info.dbname
    except psycopg.OperationalError as error:
        raise SystemExit(f"The database of the {part.name} does not answer: {error}") from None
    if there:
        raise SystemExit(
            f"The database {name} is not empty (it has {', '.join(there[:3])}), and a restore overwrites nothing. "
            f"Make a new one for the {part.name}, as README ('Configure for real') says, and point its variable there."
        )


def _restore_uploads(target: Path, source: Path, progress: Progress) -> None:
    target.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    files = sorted(source.iterdir())
    for file in files:
        if sha256_of(file, target / file.name) != file.name:
            raise SystemExit(f"{file} could not be copied: other bytes came out. Is the disk sound?")
        (target / file.name).chmod(0o600)
    progress.say(f"uploads: {len(files)} restored")


def _compare(values: Mapping[str, str], manifest: Manifest, progress: Progress) -> None:
    """Compare every table with what the manifest says, and what belongs together with one another."""
    wrong = []
    for part in parts_of(values):
        with at_one_moment(part.url) as (connection, _):
            there = take_inventory(connection, schemas_of(part, connection), {INDEX})
        found = {name: [one.rows, one.checksum] for name, one in there.items()}
        for name in sorted(found.keys() | manifest.tables[part.name].keys()):
            now, then = found.get(name), manifest.tables[part.name].get(name)
            if now != then:
                wrong.append(f"  {name}: had {then and then[0]} rows, has {now and now[0]}, or others")
    platform = build_platform(load_settings(values))
    lacking = {each.partition(":")[0] for each in manifest.lacking}
    wrong += [
        f"  {each}" for each in platform.disagreements(indexed=False) if not each.startswith(tuple(lacking) or "\0")
    ]
    platform.janitor.engine.dispose()
    if wrong:
        raise SystemExit("\n".join(["What was restored is not what was backed up:", *wrong]))
    rows = sum(int(rows) for tables in manifest.tables.values() for rows, _ in tables.values())
    progress.say(
        f"Compared: {sum(map(len, manifest.tables.values()))} tables, {rows} rows, equal by count and checksum"
    )


def _stop(layout: Layout) -> None:
    for started in running(layout).values():
        stop(layout, started, patience_s=60)
