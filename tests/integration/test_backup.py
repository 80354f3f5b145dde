"""Backup and restore of real data: what comes back is what was there, and a backup alone opens nothing."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from deploy.backup import KEYS, back_up, keys_file
from deploy.backup_folder import MANIFEST
from deploy.credentials import ensure_secrets
from deploy.dumps import find_programs
from deploy.environment import platform_environment
from deploy.layout import Layout
from deploy.postgres import start_postgres
from deploy.processes import running, stop
from deploy.progress import Progress
from deploy.restore import restore
from include.collection.document import read_yaml
from include.collection.model import Collection
from include.collection.quarantine import Selection
from include.errors import ConfigurationInvalid
from include.operations.collection_life import create_collection
from include.operations.uploading import upload_file
from include.ports import RecordQuery
from include.settings import load_settings
from include.wiring import Platform, build_platform
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.ports import free_port
from tests.postgres import Database, fresh_database
from tests.whole_runs import a_platform, run_stages

OWNER = PEOPLE["owner"]
EXAMPLES = Path(__file__).parents[2] / "examples"
LOADED = {"01_smart_meter_fluvius.yaml": 3848, "33_ev_sessions_caltech.yaml": 3163}
QUARANTINED = 14
SECRET, CONNECTION = "token-4711-canary", "an Airflow connection"


@dataclass(frozen=True)
class Source:
    """A platform with data, and its backup."""

    platform: Platform
    collections: list[Collection]
    values: dict[str, str]
    backup: Path


@pytest.fixture(scope="module")
def airflow_database(postgres_server: str) -> Iterator[str]:
    """A database as Airflow's: what is in it is Airflow's own matter, so a table that looks like its own will do."""
    with an_empty_airflow_database(postgres_server) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE connection (id serial PRIMARY KEY, conn_id text, password text)")
            connection.execute("INSERT INTO connection (conn_id, password) VALUES (%s, %s)", [CONNECTION, "sealed"])
        yield url


@contextmanager
def an_empty_airflow_database(server: str) -> Iterator[str]:
    """A database of the role `airflow`, on the suite's server."""
    name = f"airflow_{uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'airflow'").fetchall():
            connection.execute("CREATE ROLE airflow LOGIN")
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER airflow").format(sql.Identifier(name)))
    yield f"postgresql://airflow@{server.split('@')[1]}/{name}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def source(database: Database, airflow_database: str, tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Two examples in full, one with rows in quarantine, a secret, and a backup of all that."""
    folder = tmp_path_factory.mktemp("source")
    platform = a_platform(database, folder)
    collections = []
    for name, rows in LOADED.items():
        config = read_yaml((EXAMPLES / name).read_text(encoding="utf-8"))
        assert config.ingester is not None
        upload = upload_file(platform, OWNER, EXAMPLES / config.ingester.name)  # type: ignore[union-attr]
        config = config.model_copy(update={"ingester": config.ingester.model_copy(update={"upload": upload})})
        made, _ = create_collection(platform, FakeEngine(), OWNER, config)
        counts = run_stages(platform, made, platform.runs.latest([made.id])[made.id].run_id)
        assert counts["rows_loaded"] == rows
        collections.append(made)
    platform.secrets.put(OWNER.id, "example", SECRET, platform.clock())
    values = {
        "CDMP_DATABASE_URL": database.owner_url,
        "CDMP_LOADER_URL": database.loader_url,
        "CDMP_READER_URL": database.reader_url,
        "CDMP_AIRFLOW_DATABASE_URL": airflow_database.replace("postgresql:", "postgresql+psycopg2:"),
        "CDMP_MASTER_KEYS": platform.settings.master_keys[0],
        "CDMP_FERNET_KEY": Fernet.generate_key().decode(),
        "CDMP_VAR": str(folder),
    }
    (folder / "admin_password").write_text("secret-of-the-admin\n")
    backup = folder / "backup"
    back_up(Layout(folder), values, backup, keys_file(backup), Progress())
    return Source(platform, collections, values, backup)


@pytest.fixture
def layout(tmp_path: Path) -> Iterator[Layout]:
    """A folder that is not there yet; what was started there is stopped."""
    made = Layout(tmp_path / "private" / "var")
    made.var.parent.mkdir()
    yield made
    for started in running(made).values():
        stop(made, started)
    if made.postgres.is_symlink():
        shutil.rmtree(made.postgres.resolve(), ignore_errors=True)


def records(platform: Platform, collection: Collection) -> list[dict[str, Any]]:
    assert collection.config.mapper is not None
    concept = platform.definition.concept(collection.config.mapper.concept)
    return platform.records.page(collection.dataset_id, concept, RecordQuery(limit=10_000)).to_pylist()


def quarantine(platform: Platform, collection: Collection) -> list[tuple[Any, ...]]:
    read = platform.quarantine.read(collection.dataset_id, Selection())
    return [(row.key, row.reasons, dict(row.cells)) for rows in read for row in rows]


def everything(platform: Platform, collections: list[Collection]) -> dict[str, Any]:
    """All that people see of a platform, through its ports."""
    with platform.outbox.pending(1000) as events:
        told = [(event.id, event.kind, event.recipient_id, dict(event.facts)) for event in events]
    found: dict[str, Any] = {"outbox": told, "secret": platform.secrets.reveal(OWNER.id, "example")}
    for each in collections:
        found |= {
            f"{each.id} collection": platform.collections.get(each.id),
            f"{each.id} runs": platform.runs.find(each.id),
            f"{each.id} dataset": platform.datasets.get(each.dataset_id),
            f"{each.id} batches": platform.datasets.batches(each.dataset_id),
            f"{each.id} records": records(platform, each),
            f"{each.id} quarantine": quarantine(platform, each),
            f"{each.id} key": platform.secrets.dataset_key(each.dataset_id),
            f"{each.id} upload": platform.uploads.path(each.config.ingester.upload).read_bytes(),  # type: ignore[union-attr]
        }
    return found


def test_it_comes_back_into_an_empty_folder_with_a_server_of_its_own(source: Source, layout: Layout) -> None:
    outside = {"CDMP_POSTGRES_PORT": str(free_port()), "CDMP_VAR": str(layout.var)}
    restore(layout, outside, source.backup, keys_file(source.backup), Progress())
    assert not running(layout), "`make up` starts it"

    secrets = ensure_secrets(layout)
    values = platform_environment(layout, secrets, outside)
    start_postgres(layout, secrets, int(outside["CDMP_POSTGRES_PORT"]), outside, Progress())
    restored = build_platform(load_settings(values))
    expected = everything(source.platform, source.collections)
    assert everything(restored, source.collections) == expected
    assert sum(len(rows) for name, rows in expected.items() if name.endswith("records")) == sum(LOADED.values())
    assert sum(len(rows) for name, rows in expected.items() if name.endswith("quarantine")) == QUARANTINED
    assert restored.disagreements(indexed=False) == []
    assert restored.secrets.reveal(OWNER.id, "example") == SECRET
    assert layout.admin_password.read_text() == "secret-of-the-admin\n"
    with psycopg.connect(values["CDMP_AIRFLOW_DATABASE_URL"].replace("+psycopg2", "")) as connection:
        assert connection.execute("SELECT conn_id FROM connection").fetchall() == [(CONNECTION,)]

    # it is a platform that works: what is there is noticed, a further file is loaded, the reader stays behind its wall
    with psycopg.connect(values["CDMP_READER_URL"]) as connection:
        table = sql.Identifier("data", f"d_{source.collections[0].dataset_id.hex}")
        assert connection.execute(sql.SQL("SELECT count(*) FROM {}").format(table)).fetchone() == (0,)
    again = replace(source.collections[0], id=uuid4(), dataset_id=uuid4())
    restored.collections.add(again)
    assert run_stages(restored, again, "manual__again")["rows_loaded"] == LOADED["01_smart_meter_fluvius.yaml"]
    assert restored.disagreements(indexed=False) == []
    restored.janitor.engine.dispose()


def test_it_comes_back_into_databases_of_ones_own(source: Source, layout: Layout, postgres_server: str) -> None:
    with fresh_database(postgres_server) as target, an_empty_airflow_database(postgres_server) as airflow:
        outside = {
            "CDMP_DATABASE_URL": target.owner_url,
            "CDMP_LOADER_URL": target.loader_url,
            "CDMP_READER_URL": target.reader_url,
            "CDMP_AIRFLOW_DATABASE_URL": airflow.replace("postgresql:", "postgresql+psycopg2:"),
            "CDMP_VAR": str(layout.var),
        }
        restore(layout, outside, source.backup, keys_file(source.backup), Progress())
        values = platform_environment(layout, ensure_secrets(layout), outside)
        restored = build_platform(load_settings(values))
        assert everything(restored, source.collections) == everything(source.platform, source.collections)
        restored.janitor.engine.dispose()

        shutil.rmtree(layout.var)
        with pytest.raises(SystemExit, match=r"is not empty \(it has .*cdmp.*Make a new one"):
            restore(layout, outside, source.backup, keys_file(source.backup), Progress())
        assert not list(layout.var.iterdir())


def test_a_backup_alone_opens_nothing(source: Source, tmp_path: Path) -> None:
    plain = b""
    programs = find_programs(json.loads((source.backup / MANIFEST).read_text())["postgresql"])
    for part in ("platform", "rows", "airflow"):
        dump = source.backup / f"{part}.dump"
        plain += subprocess.run([programs / "pg_restore", "-f", "-", dump], capture_output=True, check=True).stdout
    plain += (source.backup / MANIFEST).read_bytes()
    assert source.collections[1].dataset_id.hex.encode() in plain, "the dumps were read"
    cells = quarantine(source.platform, source.collections[1])[0][2]
    hidden = [SECRET, cells["session_id"], "secret-of-the-admin", *(source.values[name] for name in KEYS)]
    assert [value for value in hidden if value.encode() in plain] == []

    keys = keys_file(source.backup)
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert not keys.is_relative_to(source.backup)
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in [source.backup, *source.backup.rglob("*")]} == {0}
    with pytest.raises(ConfigurationInvalid):
        quarantine(a_platform_without_the_keys(source, tmp_path), source.collections[1])


def a_platform_without_the_keys(source: Source, folder: Path) -> Platform:
    settings = replace(source.platform.settings, master_keys=(Fernet.generate_key().decode(),), staging=folder)
    return build_platform(settings)


@pytest.fixture
def copy(source: Source, tmp_path: Path) -> Path:
    """The backup, to be damaged."""
    return Path(shutil.copytree(source.backup, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        pytest.param(
            lambda folder: (folder / MANIFEST).unlink(),
            "it is no backup, or one that was not finished",
            id="no manifest",
        ),
        pytest.param(lambda folder: (folder / "rows.dump").unlink(), "rows.dump: is gone", id="a file is gone"),
        pytest.param(lambda folder: (folder / "x").write_text("x"), "x: is none of it", id="a file more"),
        pytest.param(
            lambda folder: (folder / "rows.dump").write_bytes((folder / "rows.dump").read_bytes()[:-1] + b"x"),
            "rows.dump: is another",
            id="one byte",
        ),
    ],
)
def test_a_damaged_backup_is_refused_before_anything_happens(
    copy: Path, source: Source, layout: Layout, damage: Any, says: str
) -> None:
    damage(copy)
    with pytest.raises(SystemExit, match=says):
        restore(layout, {}, copy, keys_file(source.backup), Progress())
    assert not layout.var.exists()


def test_counts_that_differ_are_told_and_nothing_is_left(copy: Path, source: Source, layout: Layout) -> None:
    plain = json.loads((copy / MANIFEST).read_text())
    table = f"data.p_{source.collections[0].dataset_id.hex}_rest"
    plain["tables"]["rows"][table][1] = "0" * 16
    (copy / MANIFEST).write_text(json.dumps(plain))
    outside = {"CDMP_POSTGRES_PORT": str(free_port()), "CDMP_VAR": str(layout.var)}
    with pytest.raises(SystemExit, match=f"is not what was backed up:\n  {table}: had 3848 rows, has 3848, or others"):
        restore(layout, outside, copy, keys_file(source.backup), Progress())
    assert not list(layout.var.iterdir())


def test_other_keys_and_a_folder_in_use_are_refused(source: Source, layout: Layout, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    with pytest.raises(SystemExit, match="name the file of the backup's keys with --keys"):
        restore(layout, {}, source.backup, keys, Progress())
    keys.write_text(json.dumps({name: Fernet.generate_key().decode() for name in KEYS} | {"admin_password": ""}))
    with pytest.raises(SystemExit, match="CDMP_MASTER_KEYS does not hold the keys of this backup"):
        restore(layout, {}, source.backup, keys, Progress())
    (layout.var / "something").touch()
    with pytest.raises(SystemExit, match="is not empty, and a restore overwrites nothing"):
        restore(layout, {}, source.backup, keys_file(source.backup), Progress())


def test_a_backup_overwrites_nothing_and_keeps_its_keys_out(source: Source, tmp_path: Path) -> None:
    place = Layout(Path(source.values["CDMP_VAR"]))
    with pytest.raises(SystemExit, match="is there already and not empty"):
        back_up(place, source.values, source.backup, tmp_path / "keys", Progress())
    with pytest.raises(SystemExit, match="may be the only copy of other keys"):
        back_up(place, source.values, tmp_path / "new", keys_file(source.backup), Progress())
    with pytest.raises(SystemExit, match="which then would open itself"):
        back_up(place, source.values, tmp_path / "new", tmp_path / "new" / "keys", Progress())
    away = {**source.values, "CDMP_DATABASE_URL": f"postgresql://x@127.0.0.1:{free_port()}/x"}
    with pytest.raises(SystemExit, match="Is the platform up"):
        back_up(place, away, tmp_path / "new", tmp_path / "keys", Progress())
    assert not (tmp_path / "new").exists()


def test_an_upload_that_is_not_what_it_was_is_told_and_holds_up_nothing(source: Source, tmp_path: Path) -> None:
    damaged = source.platform.uploads.path(source.collections[0].config.ingester.upload)  # type: ignore[union-attr]
    whole = damaged.read_bytes()
    try:
        damaged.write_bytes(b"x")
        manifest = back_up(Layout(tmp_path), source.values, tmp_path / "new", tmp_path / "keys", Progress())
    finally:
        damaged.write_bytes(whole)
    assert manifest.lacking == [f"upload {damaged.name[:12]}: its bytes are others than were handed over"]
