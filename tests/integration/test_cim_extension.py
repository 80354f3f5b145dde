"""A column without a home becomes a field: proposed, reviewed, mapped, loaded; what is there and what runs goes on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from include.collection.model import Collection
from include.operations.collection_life import create_collection, replace_collection
from include.operations.uploading import upload_file
from include.orchestration.description import dag_id_of
from include.orchestration.stages import STAGES
from include.wiring import Platform, build_platform
from tests.factories import a_config, a_plain_config
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE, sign_in
from tests.postgres import Database
from tests.whole_runs import a_platform

OWNER = PEOPLE["owner"]
PROPOSAL = {
    "concept": "meter_reading",
    "field": {"name": "reactive_energies", "description": "Reactive energy that the meter counted in the interval."},
    "reason": "Our meters tell it.",
}


@pytest.fixture
def platform(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Platform:
    """The platform, and an Airflow home that is nobody's."""
    if "AIRFLOW_HOME" not in os.environ:
        monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path / "airflow"))
    return a_platform(database, tmp_path)


@dataclass
class Run:
    """A run, task by task, as Airflow does them: what goes from one to the next goes as plain values."""

    platform: Platform
    collection: Collection
    run_id: str
    left: dict[str, dict[str, Any]] = field(default_factory=dict)

    def do(self, tasks: Sequence[str]) -> None:
        from include.orchestration.tasks import run_stage

        for task in tasks:
            pull = lambda task_ids, key=None: None if key else self.left[task_ids]  # noqa: E731
            instance = SimpleNamespace(try_number=3, max_tries=2, xcom_pull=pull)
            dag = SimpleNamespace(dag_id=dag_id_of(self.collection.id))
            context = cast(Any, {"dag": dag, "run_id": self.run_id, "ti": instance})
            self.left[task] = run_stage(self.platform, task, context)


def a_file(folder: Path, quarters: range) -> Path:
    lines = ["point,register,start,energy_wh,status,Reactive (kvarh)"]
    lines += [f"p1,import,2026-11-20T{n // 4:02}:{n % 4 * 15:02}:00Z,100,ok,{n / 10}" for n in quarters]
    file = folder / f"meters-{quarters.start}-{quarters.stop}.csv"
    file.write_text("\n".join(lines) + "\n")
    return file


def a_source(platform: Platform, file: Path) -> dict[str, Any]:
    upload = upload_file(platform, OWNER, file)
    return {"kind": "file", "upload": upload, "name": file.name, "format": {"kind": "csv"}}


def a_stored(platform: Platform, file: Path, title: str) -> Collection:
    config = a_config(title=title, ingester=a_source(platform, file))
    return create_collection(platform, FakeEngine(), OWNER, config, start=False)[0]


def client(platform: Platform, person: str) -> TestClient:
    app = create_app(lambda: platform, FakeEngine, sign_in)
    return TestClient(app, headers={"Authorization": f"Bearer {person}"})


def records(platform: Platform, dataset: UUID, *fields: str) -> list[dict[str, Any]]:
    answer = client(platform, "owner").get(f"/dataset/{dataset}/records?limit=1000&fields={','.join(fields)}")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["records"]
    return rows


def propose_from_sample(platform: Platform, file: Path) -> str:
    """Propose what the sample has and the CIM has not; gives the extension's id."""
    owner = client(platform, "owner")
    sample = owner.post(
        "/sample?filename=m.csv",
        content=file.read_bytes(),
        headers={"Content-Type": "application/octet-stream"},
    ).json()
    asked = {**PROPOSAL, "sample": {"id": sample["id"], "column": "Reactive (kvarh)"}}
    foreign = client(platform, "stranger").post("/cim/extension", json=asked)
    assert (foreign.status_code, foreign.json()["errors"][0]["where"]) == (422, "sample.id")
    proposed = owner.post("/cim/extension", json=asked)
    assert proposed.status_code == 201, proposed.text
    told = proposed.json()["proposal"]["field"]
    assert {name: told[name] for name in ("type", "unit", "minimum", "maximum")} == {
        "type": "float",
        "unit": "kvarh",
        "minimum": 0.0,
        "maximum": 10.0,
    }
    nearest = proposed.json()["matches"][0]
    assert (nearest["into"], nearest["likeness"]) == ("meter_reading.reactive_energy", "similar name")
    identity: str = proposed.json()["id"]
    return identity


def test_from_a_sample_to_rows_that_have_it(platform: Platform, database: Database, tmp_path: Path) -> None:
    stages = list(STAGES)
    older = a_stored(platform, a_file(tmp_path, range(4)), "Loaded before, and not again")
    Run(platform, older, "older").do(stages)
    growing = a_stored(platform, a_file(tmp_path, range(4, 8)), "Goes on")
    Run(platform, growing, "first").do(stages)
    stranger = create_collection(
        platform, FakeEngine(), PEOPLE["stranger"], a_config(title="A stranger's", ingester=None), start=False
    )[0]

    extension = propose_from_sample(platform, a_file(tmp_path, range(8)))

    # a run that began before the version rises
    running = Run(platform, _with_file(platform, growing, a_file(tmp_path, range(8, 12))), "running")
    running.do(stages[:2])

    owner, steward = client(platform, "owner"), client(platform, "steward")
    review = f"/cim/extension/{extension}/review"
    assert owner.post(review, json={"decision": "accept"}).status_code == 403
    before = steward.get(f"/cim/extension/{extension}").json()["usage"]
    assert {each["title"] for each in before["collections"]["visible"]} >= {older.config.title, growing.config.title}
    version = steward.get("/cim/").json()["version"]
    accepted = steward.post(review, json={"decision": "accept", "reason": "It is another quantity."})
    assert (accepted.status_code, accepted.json()["version"]) == (200, version + 1)
    assert steward.post(review, json={"decision": "accept"}).status_code == 409
    newest = owner.get("/cim/version").json()["versions"][0]
    assert (newest["version"], newest["changes"]) == (version + 1, ["meter_reading.reactive_energies: a new field"])
    assert newest["reason"] == "It is another quantity."
    with platform.outbox.pending() as events:
        told_owner = next(event for event in events if event.kind == "cim.reviewed")
    assert (told_owner.recipient_id, told_owner.facts["state"]) == (OWNER.id, "accepted")

    # a collection maps it at once, and its rows have it
    mapped = _with_file(platform, growing, a_file(tmp_path, range(12, 16)), reactive_energies="Reactive (kvarh)")
    newer = Run(platform, mapped, "newer")
    newer.do(stages)
    rows = records(platform, growing.dataset_id, "interval_start", "reactive_energies")
    assert [row["reactive_energies"] for row in rows] == [None] * 4 + [1.2, 1.3, 1.4, 1.5]

    # the run of before ends as it began, in the table that has the column by now
    running.do(stages[2:])
    rows = records(platform, growing.dataset_id, "interval_start", "reactive_energies")
    assert [row["reactive_energies"] for row in rows] == [None] * 8 + [1.2, 1.3, 1.4, 1.5]
    with psycopg.connect(database.admin_url) as connection:
        batches = connection.execute(
            "SELECT run_id, cim_version FROM cdmp.batch WHERE dataset_id = %s ORDER BY run_id", (growing.dataset_id,)
        ).fetchall()
    assert batches == [("first", version), ("newer", version + 1), ("running", version)]

    # a dataset that nothing was loaded into since has the field, and nothing in it
    assert [row["reactive_energies"] for row in records(platform, older.dataset_id)] == [None] * 4
    answer = owner.get(f"/dataset/{older.dataset_id}/records?format=csv&fields=energy,reactive_energies")
    assert answer.text.splitlines()[:2] == ["energy,reactive_energies", "0.1,"]

    # the wall is as it was: a reader that names no dataset sees nothing of the new column either
    with psycopg.connect(database.reader_url) as connection:
        seen = connection.execute(f'SELECT "reactive_energies" FROM data.d_{growing.dataset_id.hex}').fetchall()
    assert seen == []

    # another process, or this machine tomorrow, knows the version too; the version before is as it was
    other = build_platform(platform.settings)
    assert "reactive_energies" in other.definition.concept("meter_reading").fields
    assert "reactive_energies" not in owner.get(f"/cim/meter_reading?version={version}").text
    used = owner.get("/cim/meter_reading/usage").json()
    assert [each["title"] for each in used["fields"]["reactive_energies"]["collections"]["visible"]] == ["Goes on"]
    assert used["collections"]["others"] >= 1, "a stranger's is counted, and not named"
    assert stranger.config.title not in str(used)


def _with_file(platform: Platform, collection: Collection, file: Path, **fields: str) -> Collection:
    """Give a collection another file, and columns for more fields."""
    plain = a_plain_config()
    mapper = plain["mapper"]
    mapper["rules"] += [{"field": name, "source": column, "unit": "kvarh"} for name, column in fields.items()]
    config = a_config(title=collection.config.title, ingester=a_source(platform, file), mapper=mapper)
    return replace_collection(platform, FakeEngine(), OWNER, collection.id, config)


def test_an_absent_database_breaks_no_start_and_no_parse() -> None:
    """Wiring opens nothing; what asks the CIM of a database that is away is told so."""
    from include.errors import StoreUnavailable
    from include.storage.connection import open_engine
    from include.storage.stored_definition import StoredDefinition

    definition = StoredDefinition(open_engine("postgresql://cdmp_loader:secret-pw@127.0.0.1:1/none"))
    with pytest.raises(StoreUnavailable) as away:
        definition.concepts()
    assert "secret-pw" not in str(away.value)
