"""A personal value in a file of every kind is found nowhere after its run; quarantine has it, sealed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import xlsxwriter

from include.batch import Stage
from include.errors import ConfigurationInvalid
from include.operations.collection_life import create_collection
from include.operations.key_keeping import rotate_key, shred_key
from include.operations.uploading import upload_file
from include.orchestration.stages import STAGES, Work
from include.wiring import Platform
from tests.factories import a_config
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.postgres import Database
from tests.whole_runs import a_platform, run_stages

OWNER = PEOPLE["owner"]
CANARY = "Annelies-Canary-0470123456"
MARKS = ("Canary", "0470123456")
HEADER = ["point", "register", "start", "energy_wh", "status"]
ROWS = [
    [CANARY, f"asked by {CANARY}", f"2026-11-20T{hour:02}:00:00Z", "100" if hour else f"not {CANARY}", "ok"]
    for hour in range(6)
]


def write_csv(path: Path) -> None:
    path.write_text("\n".join(",".join(row) for row in [HEADER, *ROWS]) + "\n")


def write_json(path: Path) -> None:
    path.write_text(json.dumps([dict(zip(HEADER, row, strict=True)) for row in ROWS]))


def write_xlsx(path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("data")
        for number, row in enumerate([HEADER, *ROWS]):
            sheet.write_row(number, 0, row)


def write_xml(path: Path) -> None:
    cells = ["".join(f"<{name}>{cell}</{name}>" for name, cell in zip(HEADER, row, strict=True)) for row in ROWS]
    path.write_text(f"<readings>{''.join(f'<reading>{each}</reading>' for each in cells)}</readings>")


KINDS: dict[str, tuple[Callable[[Path], None], dict[str, Any]]] = {
    "csv": (write_csv, {"kind": "csv"}),
    "json": (write_json, {"kind": "json", "records": "$"}),
    "xlsx": (write_xlsx, {"kind": "excel"}),
    "xml": (write_xml, {"kind": "xml", "records": "/readings/reading"}),
}
PLAN = {
    "fields": {"usage_point_id": {"method": "pseudonym"}, "register": {"method": "hash"}},
    "k_anonymity": {"quasi_identifiers": ["energy"], "k": 2},
}


def work(platform: Platform, folder: Path, kind: str, **changes: Any) -> Work:
    """Give what the stages of a run over a file of a kind take."""
    write, form = KINDS[kind]
    path = folder / f"readings.{kind}"
    write(path)
    source = {"kind": "file", "upload": upload_file(platform, OWNER, path), "name": path.name, "format": form}
    config = a_config(title=f"Meters of {folder.name}", ingester=source, **{"anonymization": PLAN, **changes})
    collection, _ = create_collection(platform, FakeEngine(), OWNER, config)
    run = platform.runs.latest([collection.id])[collection.id]
    return Work(platform, collection, run.run_id, {}.__getitem__, platform.definition.current())


def everything_stored(database: Database) -> str:
    """Write every row of every table as text; bytes as the text that they may be."""
    with psycopg.connect(database.admin_url) as connection:
        tables = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname IN ('cdmp', 'data')"
        ).fetchall()
        rows = [row for (table,) in tables for row in connection.execute(f"SELECT * FROM {table}").fetchall()]
    return "\n".join(
        str([cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in row]) for row in rows
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_canary_is_found_nowhere_after_its_run(
    kind: str,
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG, logger="include")
    platform = a_platform(database, tmp_path)
    run = work(platform, tmp_path, kind)
    counts = run_stages(platform, run.collection, run.run_id)
    assert (counts["rows_loaded"], counts["cells_pseudonymised"], counts["k_after"]) == (5, 5, 5)
    said = capfd.readouterr()
    heard = [caplog.text, said.out, said.err, repr(platform.runs.get(run.collection.id, run.run_id)), repr(counts)]
    stored = everything_stored(database)
    assert "batch.loaded" in stored  # the search looks where things are
    assert "anonymized" in caplog.text
    for mark in MARKS:
        assert not [text for text in heard if mark in text]
        assert mark not in stored
    assert [path for path in (tmp_path / "staging").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_goes_from_task_to_task_names_no_one(kind: str, database: Database, tmp_path: Path) -> None:
    platform = a_platform(database, tmp_path)
    run = work(platform, tmp_path, kind)
    left: dict[str, Any] = {}
    for task, stage in STAGES.items():
        if task == "load_postgres":
            break
        left[task] = stage(
            Work(platform, run.collection, run.run_id, left.__getitem__, platform.definition.current())
        ).ref
        assert not [mark for mark in MARKS if mark in json.dumps(left[task].to_json())]
    assert left["anonymize"].stage is Stage.ANONYMIZED
    for part in left["anonymize"].parts:
        text = platform.staging.read(part).write_csv()
        assert not [mark for mark in MARKS if mark in text]
    platform.staging.remove(run.collection.id)


def test_a_shredded_key_fails_a_run_before_it_loads_until_there_is_another(database: Database, tmp_path: Path) -> None:
    platform = a_platform(database, tmp_path)
    run = work(platform, tmp_path, "csv")
    run_stages(platform, run.collection, run.run_id)
    dataset_id = run.collection.dataset_id
    with psycopg.connect(database.admin_url) as connection:
        query = f"SELECT DISTINCT usage_point_id FROM data.d_{dataset_id.hex}"
        before = connection.execute(query).fetchall()
    shred_key(platform, OWNER, dataset_id, "p1")
    again = tmp_path / "again"
    again.mkdir()
    more = [f"x,import,2026-12-0{day}T00:00:00Z,5,ok" for day in (1, 2)]
    (again / "more.csv").write_text("\n".join([",".join(HEADER), *more]) + "\n")
    upload = upload_file(platform, OWNER, again / "more.csv")
    config = run.collection.config
    assert config.ingester is not None
    changed = config.model_copy(update={"ingester": config.ingester.model_copy(update={"upload": upload})})
    later = replace(run.collection, config=changed)
    with pytest.raises(ConfigurationInvalid, match="p1 was shredded"):
        run_stages(platform, later, "manual__shredded")
    assert platform.datasets.get(dataset_id).rows == 5
    rotate_key(platform, OWNER, dataset_id)
    assert run_stages(platform, later, "manual__rotated")["rows_loaded"] == 2
    with psycopg.connect(database.admin_url) as connection:
        after = connection.execute(query).fetchall()
    assert {name[:3] for (name,) in after} == {"p1_", "p2_"}
    assert set(before) < set(after)
