"""A personal value in a file of every kind is found nowhere after its run; quarantine has it, sealed."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
import xlsxwriter
from airflow.sdk.exceptions import AirflowFailException

from include.anonymization.telling import HIDDEN
from include.batch import BatchRef
from include.collection.model import Collection
from include.errors import ConfigurationInvalid
from include.operations.appending import append_file
from include.operations.collection_life import create_collection
from include.operations.key_keeping import rotate_key, shred_key
from include.operations.uploading import upload_file
from include.orchestration.description import dag_id_of
from include.orchestration.stages import STAGES
from include.orchestration.tasks import run_stage
from include.wiring import Platform
from tests.factories import a_config
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.postgres import Database
from tests.security.personal_files import CANARY, HEADER, KINDS, MARKS, ROWS, Kind
from tests.security.personal_places import (
    answers,
    client_of,
    everything_indexed,
    everything_stored,
    files_below,
    files_of_the_server,
    mails,
    marks_in,
)
from tests.unit.connectors.test_record_types import telegram
from tests.whole_runs import a_platform, run_stages

TOLD_OF_A_PREVIEW = ("anonymized", "counts", "issues", "report", "notes", "problems", "foreseen", "singled_out")
OCTETS = {"Content-Type": "application/octet-stream"}
OWNER = PEOPLE["owner"]
PLAN = {
    "fields": {"usage_point_id": {"method": "pseudonym"}, "register": {"method": "hash"}},
    "k_anonymity": {"quasi_identifiers": ["energy"], "k": 2},
}


@dataclass
class Run:
    """A run through Airflow's tasks, without Airflow.

    Attributes:
        left: What each task left for the next, as XCom has it.
        parts: What the rows were when the last stage before loading had them.
    """

    platform: Platform
    collection: Collection
    run_id: str
    left: dict[str, Any] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    error: str = ""

    def go(self) -> None:
        pushed: dict[str, Any] = {}
        ti = SimpleNamespace(
            try_number=3,
            max_tries=2,
            xcom_pull=lambda task_ids, key=None: pushed.get(key) if key else self.left[task_ids],
            xcom_push=pushed.__setitem__,
        )
        context: Any = {"dag": SimpleNamespace(dag_id=dag_id_of(self.collection.id)), "run_id": self.run_id, "ti": ti}
        for task in STAGES:
            self.left[task] = run_stage(self.platform, task, context)
            if task == "anonymize":
                staged = BatchRef.from_json(self.left[task]).parts
                self.parts = [self.platform.staging.read(part).write_csv() for part in staged]
        self.platform.staging.remove(self.collection.id)


@dataclass
class Heard:
    """What was logged and printed while something ran."""

    caplog: pytest.LogCaptureFixture
    capfd: pytest.CaptureFixture[str]

    def __str__(self) -> str:
        said = self.capfd.readouterr()
        records = [repr(record.__dict__) for record in self.caplog.records]
        return "\n".join([self.caplog.text, said.out, said.err, *records])


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Heard:
    caplog.set_level(logging.DEBUG)
    return Heard(caplog, capfd)


@pytest.fixture
def platform(database: Database, tmp_path: Path) -> Platform:
    return a_platform(database, tmp_path / "platform")


def prepare(platform: Platform, folder: Path, name: str, kind: Kind, **changes: Any) -> Run:
    """Hand over a file of a kind, and create the collection that reads it."""
    path = folder / name
    kind.write(path)
    source = {"kind": "file", "upload": upload_file(platform, OWNER, path), "name": "readings", "format": kind.form}
    source |= {"member": changes.pop("member")} if "member" in changes else {}
    mapper = {"concept": "meter_reading", "rules": list(kind.rules)}
    plain = {
        "title": f"Meters of {folder.name}",
        "ingester": source,
        "mapper": mapper,
        "anonymization": PLAN,
        "search": {"records": True},
        **changes,
    }
    collection, _ = create_collection(platform, FakeEngine(), OWNER, a_config(**plain))
    run = platform.runs.latest([collection.id])[collection.id]
    return Run(platform, collection, run.run_id)


def write_sheet(path: Path) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet(CANARY).write_row(0, 0, HEADER)
        book.add_worksheet("else").write_row(0, 0, HEADER)


def following(before: Run, path: Path) -> Run:
    """Give the run that reads a further file into the same dataset."""
    upload = upload_file(before.platform, OWNER, path)
    append_file(before.platform, FakeEngine(), OWNER, before.collection.id, upload)
    collection = before.platform.collections.get(before.collection.id)
    return Run(before.platform, collection, before.platform.runs.latest([collection.id])[collection.id].run_id)


def refuse(run: Run) -> None:
    with pytest.raises(AirflowFailException) as raised:
        run.go()
    run.error = "".join(traceback.format_exception(raised.value))


def places(run: Run, database: Database, heard: Heard, root: Path) -> dict[str, str]:
    """Give what every place says after a run: nothing of it may name anyone."""
    return {
        "the log": str(heard),
        "what Airflow logs of the error": run.error,
        "XCom": json.dumps(run.left),
        "the record of the run": repr(run.platform.runs.get(run.collection.id, run.run_id)),
        "mails": "\n".join(mails(run.platform)),
        "the database": everything_stored(database),
        "files": "\n".join(map(str, files_below(root / "platform"))),
        **{f"the answer of {path}": text for path, text in answers(run.platform, run.collection, run.run_id).items()},
    }


def telling(found: dict[str, str]) -> dict[str, list[str]]:
    return {place: marks for place, text in found.items() if (marks := marks_in(text))}


@pytest.mark.parametrize("kind", KINDS)
def test_a_canary_is_found_nowhere_after_its_run(
    kind: str, platform: Platform, database: Database, tmp_path: Path, heard: Heard
) -> None:
    run = prepare(platform, tmp_path, f"readings.{kind}", KINDS[kind])
    run.go()
    found = places(run, database, heard, tmp_path)
    dataset = platform.datasets.get(run.collection.dataset_id)
    assert dataset.rows == KINDS[kind].loaded
    aside = found.pop("the answer of /dataset/{dataset_id}/quarantine")  # where their owner finds them
    assert len(platform.quarantine.find(dataset.id)) == KINDS[kind].aside
    assert marks_in(aside) == list(MARKS)
    assert "no-store" in aside
    assert "batch.loaded" in found["the database"]  # the search looks where things are
    assert "anonymized" in found["the log"]
    assert "new row" in found["mails"]
    answered = {place: text[:3] for place, text in found.items() if place.startswith("the answer of")}
    assert {place: status for place, status in answered.items() if status != "200"} == {}
    assert telling({**found, "what was to be loaded": "".join(run.parts)}) == {}
    assert [path for path in (tmp_path / "platform" / "staging").rglob("*") if path.is_file()] == []
    assert list(files_of_the_server(database)) == []


def csv_of(*lines: str) -> Kind:
    return Kind(lambda path: path.write_text("\n".join(lines) + "\n") and None, {"kind": "csv"})


def other(write: Callable[[Path], object], form: dict[str, Any], **changes: Any) -> Kind:
    return Kind(lambda path: write(path) and None, form, **changes)


BODY = [",".join(row) for row in ROWS]
GOOD = [line.replace(f"not {CANARY}", "100") for line in BODY]
TOP = ",".join(HEADER)
DAMAGED = json.dumps({"a": CANARY})
NEM12 = "100,NEM12,202611210000,U,N\n200,N,E1,1,E1,N1,M,kWh,30,\n300,20261120,{},A,,,20261121000000,\n900\n"

REFUSED: dict[str, tuple[Kind, dict[str, Any]]] = {
    "a file without its header": (csv_of(*BODY), {}),
    "a file without its header, of one row that is short": (csv_of(*BODY[:1], CANARY), {}),
    "a row with a cell more": (csv_of(TOP, *GOOD, f"{GOOD[0]},{CANARY}"), {}),
    "a quote that is never closed": (csv_of(TOP, *GOOD, f'"{CANARY}'), {}),
    "a number in place of a name in JSON": (
        other(lambda path: path.write_text(f'[{DAMAGED}, {{"a": {CANARY}}}]'), {"kind": "json"}),
        {},
    ),
    "JSON that was cut off": (other(lambda path: path.write_text(f"[{DAMAGED}, {DAMAGED[:-3]}"), {"kind": "json"}), {}),
    "JSON whose records lie elsewhere": (
        other(
            lambda path: path.write_text(json.dumps({CANARY: [1], "b": CANARY})), {"kind": "json", "records": "$.data"}
        ),
        {},
    ),
    "JSON with a member twice": (
        other(lambda path: path.write_text(f'[{{"{CANARY}": 1, "{CANARY}": 2}}]'), {"kind": "json"}),
        {},
    ),
    "XML that is not well formed": (
        other(
            lambda path: path.write_text(f"<readings><reading>{CANARY}</readings>"),
            {"kind": "xml", "records": "/readings/reading"},
        ),
        {},
    ),
    "XML with an entity": (
        other(
            lambda path: path.write_text(f'<!DOCTYPE r [<!ENTITY e "{CANARY}">]><readings>&e;</readings>'),
            {"kind": "xml", "records": "/readings/reading"},
        ),
        {},
    ),
    "NEM12 with a name for a value": (
        other(lambda path: path.write_text(NEM12.format(",".join([CANARY, *["1"] * 47]))), {"kind": "nem12"}),
        {},
    ),
    "NEM12 with a name for a record": (
        other(lambda path: path.write_text(f"100,NEM12,202611210000,U,N\n{CANARY},1\n900\n"), {"kind": "nem12"}),
        {},
    ),
    "a telegram with a line of words": (
        other(lambda path: path.write_bytes(telegram("0-0:1.0.0(261120000000W)", CANARY)), {"kind": "dsmr"}),
        {},
    ),
    "a telegram with a name for its time": (
        other(lambda path: path.write_bytes(telegram(f"0-0:1.0.0({CANARY})", "1-0:1.8.1(1*kWh)")), {"kind": "dsmr"}),
        {},
    ),
    "no workbook": (other(lambda path: path.write_text(CANARY), {"kind": "excel"}), {}),
    "a sheet of another name": (
        other(write_sheet, {"kind": "excel", "sheet": "data"}),
        {},
    ),
    "no Parquet": (other(lambda path: path.write_text(f"PAR1{CANARY}PAR1"), {"kind": "parquet"}), {}),
    "a member that is not there": (KINDS["zip"], {"member": "meters.csv"}),
    "a curation rule that fails the batch": (
        csv_of(TOP, *GOOD),
        {
            "curator": {
                "rules": [
                    {
                        "type": "expect_column_values_to_not_match_regex",
                        "kwargs": {"column": "register", "regex": "[0-9]{6}"},
                        "on_violation": "fail",
                    }
                ]
            }
        },
    ),
    "a gate that fails the batch": (
        csv_of(TOP, *GOOD),
        {"anonymization": {**PLAN, "k_anonymity": {"quasi_identifiers": ["register"], "k": 9, "on_violation": "fail"}}},
    ),
    "a column that most cells of cannot be read": (
        csv_of(TOP, *(line.replace(",100,", f",{CANARY},") for line in GOOD)),
        {"contract": {"retype": "freeze"}},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_names_no_one(
    case: str, platform: Platform, database: Database, tmp_path: Path, heard: Heard
) -> None:
    kind, changes = REFUSED[case]
    run = prepare(platform, tmp_path, "readings", kind, **changes)
    refuse(run)
    found = places(run, database, heard, tmp_path)
    assert "a run has failed" in found["mails"]
    assert telling(found) == {}


def test_columns_that_are_called_after_persons_are_told_without_their_names(
    platform: Platform, database: Database, tmp_path: Path, heard: Heard
) -> None:
    """A further file brings a column for each of two persons; one that the mapping reads is not there any more."""
    first = prepare(platform, tmp_path, "first", csv_of(TOP, *GOOD))
    first.go()
    later = "\n".join([f"{TOP},{CANARY},Annelies Canary kWh", *(f"{line},1,2" for line in GOOD[1:])])
    (tmp_path / "later").write_text(later.replace("T0", "T1"))
    run = following(first, tmp_path / "later")
    run.go()
    found = places(run, database, heard, tmp_path)
    (stage,) = [each for each in platform.runs.get(run.collection.id, run.run_id).stages if each.task == "ingest"]
    assert stage.notes == (f"New in the source (evolve): {HIDDEN}.",)
    found.pop("the answer of /dataset/{dataset_id}/quarantine")
    assert telling(found) == {}


def test_the_name_of_the_file_is_told_to_nobody_but_its_owner(
    platform: Platform, database: Database, tmp_path: Path, heard: Heard
) -> None:
    run = prepare(platform, tmp_path, f"{CANARY}.csv", csv_of(TOP, *GOOD))
    run.go()
    found = places(run, database, heard, tmp_path)
    with psycopg.connect(database.admin_url) as connection:  # the owner's list of files has it, and nothing else
        connection.execute("DELETE FROM cdmp.upload")
    own = ["the database", "the answer of /dataset/{dataset_id}/quarantine", "the answer of /upload/"]
    assert set(telling(found)) <= set(own)
    assert telling({"the database": everything_stored(database)}) == {}


@pytest.mark.parametrize("rows", [None, 3], ids=["all rows", "the first rows"])
def test_only_the_owner_sees_a_preview_and_nothing_of_it_stays(
    rows: int | None, platform: Platform, database: Database, tmp_path: Path, heard: Heard
) -> None:
    path = tmp_path / "readings.csv"
    KINDS["csv"].write(path)
    client = client_of(platform)
    sample = client.post("/sample?filename=readings.csv", content=path.read_bytes(), headers=OCTETS).json()["id"]
    draft = {"mapper": {"concept": "meter_reading", "rules": list(KINDS["csv"].rules)}, "anonymization": PLAN}
    shown = client.post(f"/sample/{sample}/preview", json={**draft, **({"rows": rows} if rows else {})})
    assert marks_in(json.dumps(shown.json()["read"])) == list(MARKS)
    assert marks_in(json.dumps({name: told for name, told in shown.json().items() if name in TOLD_OF_A_PREVIEW})) == []
    assert client_of(platform, "steward").get(f"/sample/{sample}").status_code == 404
    assert telling({"the log": str(heard), "the database": everything_stored(database)}) == {}
    assert [each for each in (tmp_path / "platform" / "staging").rglob("*") if each.is_file()] == []


def test_a_search_index_of_elasticsearch_names_no_one(
    elasticsearch_url: str, database: Database, tmp_path: Path, heard: Heard
) -> None:
    platform = a_platform(database, tmp_path / "platform", elasticsearch_url=elasticsearch_url)
    run = prepare(platform, tmp_path, "readings", KINDS["csv"], title="A title to be found by")
    run.go()
    indexed = everything_indexed(elasticsearch_url)
    assert str(run.collection.dataset_id) in indexed
    assert "A title to be found by" in indexed
    assert marks_in(indexed) == []


def test_a_shredded_key_fails_a_run_before_it_loads_until_there_is_another(
    platform: Platform, database: Database, tmp_path: Path
) -> None:
    run = prepare(platform, tmp_path, "readings", KINDS["csv"])
    run.go()
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
