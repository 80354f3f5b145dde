"""`cdmp` applies, runs, shows and reads; what goes wrong is a sentence and exit code 2."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import yaml

from cli import commands
from cli.app import app, main
from cli.commands import Session
from include.cim.definition import load_definition
from include.collection.run import RunState, StageResult
from include.errors import ConfigurationInvalid
from include.settings import ROOT
from tests.factories import COLLECTION_ID, DATASET_ID, NOON, a_collection
from tests.interface import METERS, PEOPLE, RUN_ID, Interface

EXAMPLE = ROOT / "examples" / "14_battery_givenergy.yaml"
TITLE = "Home battery (GivEnergy)"


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch) -> Interface:
    interface = Interface()
    session = Session(interface.services, lambda: interface.engine, PEOPLE["owner"])
    monkeypatch.setattr(commands, "open_session", lambda _user: session)
    return interface


def cdmp(*arguments: str) -> None:
    app(list(arguments), standalone_mode=False)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    shutil.copy(ROOT / "examples" / "data" / "14_givenergy_inverter_battery.json", tmp_path / "data")
    return Path(shutil.copy(EXAMPLE, tmp_path))


def test_apply_uploads_the_file_beside_the_yaml_and_runs(interface, example, capsys):
    cdmp("apply", str(example))
    made = next(each[-1] for each in interface.services.collections.versions.values() if each[-1].config.title == TITLE)
    assert made.config.ingester.upload in interface.services.uploads.files
    assert capsys.readouterr().out == f"created  queued  {made.id}  {TITLE}\n"
    assert len(interface.engine.triggered) == 1


def test_a_file_that_is_not_there_is_told_with_where_it_was_looked_for(interface, example):
    shutil.rmtree(example.parent / "data")
    looked = f"ingester.name: there is no such file: {example.parent}/data/"
    with pytest.raises(ConfigurationInvalid, match=re.escape(looked)):
        cdmp("apply", str(example))


def test_apply_again_changes_nothing_and_a_changed_file_replaces(interface, example, capsys):
    cdmp("apply", "--no-start", str(example))
    cdmp("apply", str(example))
    example.write_text(example.read_text().replace("tags: [", "tags: [changed, "))
    cdmp("apply", str(example))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["created", "unchanged", "replaced"]
    assert len(interface.services.collections.versions) == 2
    assert len(interface.engine.triggered) == 1


def test_run_takes_a_title_or_an_id(interface, capsys):
    title = a_collection().config.title
    cdmp("run", title)
    run_id = interface.engine.triggered[0]
    assert capsys.readouterr().out == f"queued  {run_id}  {title}\n"
    interface.services.runs.finish(COLLECTION_ID, run_id, RunState.SUCCEEDED, NOON)
    cdmp("run", str(COLLECTION_ID))
    assert len(interface.engine.triggered) == 2


def test_status_shows_counts_and_the_failure_in_plain_words(interface, capsys):
    cdmp("status")
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split()[-5:] == ["failed", "5", "0", "0", str(COLLECTION_ID)]
    cdmp("status", str(COLLECTION_ID))
    text = capsys.readouterr().out
    assert f"run      {RUN_ID}, failed" in text
    assert "failed in load_postgres\nPostgreSQL: it was away\n  → Run it again.\n" in text


def test_status_says_where_a_run_has_loaded_nothing(interface, capsys):
    for number, loaded in enumerate((0, 3)):
        run_id, runs = f"manual__later{number}", interface.services.runs
        runs.queue(a_collection(), run_id, "olive", NOON + timedelta(hours=number + 1))
        counts = {"rows_loaded": loaded, "rows_already_there": 0}
        runs.add_stage(COLLECTION_ID, run_id, None, StageResult("load_postgres", NOON, 0.1, counts))
        runs.finish(COLLECTION_ID, run_id, RunState.SUCCEEDED, NOON)
        cdmp("status", str(COLLECTION_ID))
        assert f"run      {run_id}, succeeded{'' if loaded else ', no row loaded'}\n" in capsys.readouterr().out


@pytest.mark.parametrize("which", [str(DATASET_ID), str(COLLECTION_ID), "Meters of the test street"])
def test_records_takes_a_dataset_its_collection_or_the_title(interface, capsys, which):
    cdmp("records", which, "--fields", "energy", "--format", "json", "--limit", "2")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"energy": -0.5}, {"energy": 0.5}]


def test_records_of_many_pages_are_one_csv(interface, capsys, monkeypatch):
    monkeypatch.setattr(commands, "_PAGE", 2)
    cdmp("records", str(DATASET_ID), "--format", "csv", "--fields", "energy,interval_start")
    rows = list(csv.DictReader(StringIO(capsys.readouterr().out)))
    assert [row["energy"] for row in rows] == ["-0.5", "0.5", "1.5"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run", "No such title"], "there is none of this title"),
        (["records", str(DATASET_ID), "--fields", "power"], "is no field of this dataset"),
        (["apply", "no/such/file.yaml"], "there is no such file"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_exit_code_2(interface, capsys, monkeypatch, arguments, sentence):
    monkeypatch.setattr(sys, "argv", ["cdmp", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    text = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in text
    assert "  → " in text
    assert "Traceback" not in text


def test_a_yaml_with_mistakes_lists_them_all(interface, capsys, monkeypatch, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_text("title: ''\ncolour: red\n")
    monkeypatch.setattr(sys, "argv", ["cdmp", "apply", str(file)])
    with pytest.raises(SystemExit):
        main()
    text = capsys.readouterr().err
    assert "title: " in text
    assert "colour: " in text


def test_a_yaml_in_another_encoding_is_told_by_its_line(interface, capsys, monkeypatch, tmp_path):
    file = tmp_path / "c.yaml"
    file.write_bytes("title: Meters\ndescription: Zähler\n".encode("cp1252"))
    monkeypatch.setattr(sys, "argv", ["cdmp", "apply", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{file}, line 2: it is no UTF-8\n  → Save the file as UTF-8\n"


def test_a_document_with_mistakes_is_refused_before_its_file_is_handed_over(interface, example, capsys, monkeypatch):
    document = yaml.safe_load(example.read_text())
    document["schedule"] = {"cron": "99 6 * * *"}
    document["ingester"]["name"] = "data/not_there.json"
    example.write_text(yaml.safe_dump(document))
    there = set(interface.services.uploads.files)
    monkeypatch.setattr(sys, "argv", ["cdmp", "apply", str(example)])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith("schedule.cron: '99 6 * * *' is no cron expression")
    assert set(interface.services.uploads.files) == there


@pytest.mark.parametrize("verb", [["upload"], ["append", "Meters of the test street"]], ids=["upload", "append"])
def test_an_empty_file_is_not_handed_over(interface, tmp_path, capsys, monkeypatch, verb):
    file = tmp_path / "meters.csv"
    file.write_text("")
    monkeypatch.setattr(sys, "argv", ["cdmp", *verb, str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{file}: the file is empty\n  → Hand over a file with a header and rows\n"


def test_a_draft_is_told_what_it_lacks(interface, example, capsys):
    document = yaml.safe_load(example.read_text())
    del document["metadata"]
    example.write_text(yaml.safe_dump(document))
    cdmp("apply", str(example))
    said = capsys.readouterr()
    assert said.out.startswith("created  draft")
    assert said.err == "not run: it is a draft without metadata\n  → Add what is missing, then apply it again\n"


def test_help_loads_neither_airflow_nor_a_data_library():
    heavy = ("airflow", "polars", "pandas", "pyarrow", "sqlalchemy", "fastapi", "pydantic")
    script = f"import sys, cli.app; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_upload_prints_the_id_and_notices_a_repeat(interface, tmp_path, capsys):
    file = tmp_path / "meters.csv"
    file.write_text("a,b\n1,2\n")
    interface.services.clock.now -= timedelta(hours=1)
    cdmp("upload", str(file))
    first = capsys.readouterr()
    assert first.out.strip() in interface.services.uploads.files
    assert first.err == ""
    interface.services.clock.now += timedelta(hours=2)
    cdmp("upload", str(file))
    again = capsys.readouterr()
    assert again.out == first.out
    assert again.err == "handed over on 2026-11-20 at 12:00 UTC already, as 'meters.csv'\n"


def test_append_foresees_in_numbers_and_rules_and_then_runs(interface, capsys):
    title = a_collection().config.title
    cdmp("append", title, str(METERS), "--preview")
    text = capsys.readouterr().out
    lines = [line.rsplit(maxsplit=1) for line in text.splitlines()[:6]]
    assert ["read", "5"] in lines
    assert ["quarantined", "2"] in lines
    assert ["new", "3"] in lines
    assert "unreadable_number" in text
    assert "many" not in text, "rows and rules, no values"
    assert len(interface.services.collections.versions[COLLECTION_ID]) == 1
    cdmp("append", title, str(METERS))
    assert capsys.readouterr().out.startswith("queued  manual__")
    assert interface.services.collections.get(COLLECTION_ID).config.ingester.upload == interface.upload
    assert len(interface.engine.triggered) == 1


def test_append_says_why_a_file_would_not_be_loaded(interface, tmp_path, capsys):
    file = tmp_path / "other.csv"
    file.write_text("point,when\np1,2026-11-20T10:00:00Z\n")
    cdmp("append", str(COLLECTION_ID), str(file), "--preview")
    assert "Nothing would be loaded. other.csv: the mapping reads 'register', 'start'" in capsys.readouterr().out


def test_records_writes_messages_of_flexibility(interface, capsys):
    of = interface.services.datasets.rows
    of[DATASET_ID] = replace(of[DATASET_ID], concept="flexibility_program")
    row = dict.fromkeys(load_definition().concept("flexibility_program").fields)
    interface.services.records.rows[DATASET_ID] = [{**row, "program_id": "7", "name": "Evening"}]
    cdmp("records", str(DATASET_ID), "--format", "openadr3")
    assert json.loads(capsys.readouterr().out) == [{"objectType": "PROGRAM", "id": "7", "programName": "Evening"}]
    interface.services.records.rows[DATASET_ID].append({**row, "program_id": "8", "name": "Night"})
    cdmp("records", str(DATASET_ID), "--format", "openadr3", "--limit", "1")
    told = capsys.readouterr()
    assert len(json.loads(told.out)) == 1
    assert told.err == "More messages follow the first 1 rows: raise --limit.\n"
    with pytest.raises(ConfigurationInvalid, match="uftp writes no flexibility_program"):
        cdmp("records", str(DATASET_ID), "--format", "uftp")
