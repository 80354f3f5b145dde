"""A batch that a rule holds waits in a real Airflow; a replay is a run there; no value gets out of quarantine."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql
from werkzeug.security import generate_password_hash

from include.access.requestor import Requestor
from include.collection.model import Collection
from include.collection.quarantine import Replay, Selection
from include.collection.run import Review, Run, RunState
from include.operations.quarantine_keeping import edit_quarantined, list_departures, list_quarantine, replay_quarantined
from include.orchestration import review
from include.orchestration.description import dag_id_of
from include.orchestration.review import HOLDS
from include.orchestration.tasks import RunKey
from include.settings import load_settings
from include.wiring import Platform, build_platform
from tests.airflow_processes import AirflowProcesses, airflow_that_runs, wait_for
from tests.factories import a_collection, a_config
from tests.fakes_engine import FakeEngine
from tests.integration.test_secrets_in_runs import tables_with
from tests.ports import free_ports
from tests.postgres import Database

pytestmark = pytest.mark.timeout(900)  # each test is one or more whole runs of a real Airflow

[PORT] = free_ports(1)
CANARY = "maria-canary-0815"
EDITED = "maria-edited-0816"
PASSWORD = "a long one, for the test"
MASTER_KEY = Fernet.generate_key().decode()
HEADER = "point,register,start,energy_wh,status"
HOLD = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "energy", "max_value": 100},
    "on_violation": "hold",
}


@pytest.fixture(scope="module")
def airflow(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowProcesses]:
    folder = tmp_path_factory.mktemp("airflow")
    with airflow_that_runs(database, folder, PORT, CDMP_MASTER_KEYS=MASTER_KEY) as processes:
        add_people(processes)
        yield processes


@pytest.fixture(scope="module")
def platform(airflow: AirflowProcesses) -> Platform:
    return build_platform(load_settings(airflow.environment))


@pytest.fixture(scope="module")
def owner(airflow: AirflowProcesses) -> Requestor:
    return person(airflow, "olive")


@pytest.fixture
def collection(platform: Platform, owner: Requestor, tmp_path: Path) -> Collection:
    return make(platform, owner, tmp_path, 200_000)


def make(platform: Platform, owner: Requestor, folder: Path, last_wh: int, point: str = "p1") -> Collection:
    """Make a collection whose file ends with this reading; a rule holds a batch that has more than 100 kWh in one."""
    lines = [f"{point},r,2024-01-01T{hour:02}:00:00Z,{hour}000,ok" for hour in range(5)]
    lines += [f"{point},r,2024-01-01T05:00:00Z,{last_wh},ok", f"{point},r,2024-01-01T06:00:00Z,{CANARY},ok"]
    file = folder / f"{uuid4()}.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n")
    upload = platform.uploads.add(file, "meters.csv", owner.id)
    ingester = {"kind": "file", "name": "meters.csv", "format": {"kind": "csv"}, "upload": upload}
    config = a_config(ingester=ingester, curator={"rules": [HOLD]})
    made = a_collection(id=uuid4(), dataset_id=uuid4(), config=config, owner_id=owner.id, owner_name=owner.name)
    platform.collections.add(made)
    return made


def add_people(airflow: AirflowProcesses) -> None:
    """Make the owner and a stranger (as far as Airflow is concerned, both may change runs), and a steward."""
    there = "SELECT 1 FROM ab_permission_view_role pr JOIN ab_role r ON r.id = pr.role_id WHERE r.name = 'Op'"
    wait_for("Airflow's roles", lambda: airflow.ask(there), 60)
    airflow.ask("INSERT INTO ab_role (id, name) SELECT max(id) + 1, 'Steward' FROM ab_role")
    for name, role in (("olive", "Op"), ("sam", "Op"), ("stella", "Steward")):
        airflow.ask(
            "INSERT INTO ab_user (id, first_name, last_name, username, email, active, password)"
            " SELECT coalesce(max(id), 0) + 1, %s, 'x', %s, %s, true, %s FROM ab_user",
            [name, name, f"{name}@example.org", generate_password_hash(PASSWORD)],
        )
        airflow.ask(
            "INSERT INTO ab_user_role (id, user_id, role_id)"
            " SELECT (SELECT coalesce(max(id), 0) + 1 FROM ab_user_role), u.id, r.id"
            " FROM ab_user u, ab_role r WHERE u.username = %s AND r.name = %s",
            [name, role],
        )


def person(airflow: AirflowProcesses, name: str) -> Requestor:
    [(identity,)] = airflow.ask("SELECT id FROM ab_user WHERE username = %s", [name])
    return Requestor(str(identity), name)


def held(platform: Platform, airflow: AirflowProcesses, collection: Collection, run_id: str = "asked__1") -> Run:
    """Run a collection until its batch waits for a person."""
    platform.runs.queue(collection, run_id, None, datetime.now(UTC))
    waits = "SELECT 1 FROM task_instance WHERE dag_id = %s AND run_id = %s AND state = 'awaiting_input'"
    wait_for("the question", lambda: airflow.ask(waits, [dag_id_of(collection.id), run_id]), 180)
    return platform.runs.get(collection.id, run_id)


def ended(platform: Platform, airflow: AirflowProcesses, collection: Collection, run_id: str = "asked__1") -> Run:
    wait_for("the end of the run", lambda: not platform.runs.get(collection.id, run_id).state.active, 180)
    over = "SELECT 1 FROM dag_run WHERE dag_id = %s AND run_id = %s AND state NOT IN ('queued', 'running')"
    wait_for("its end in Airflow", lambda: airflow.ask(over, [dag_id_of(collection.id), run_id]), 60)
    return platform.runs.get(collection.id, run_id)


def answer(airflow: AirflowProcesses, collection: Collection, requestor: Requestor, approve: bool, note: str) -> str:
    """Answer as the platform does, in a process that may use Airflow's database; gives what it said."""
    code = (
        "import sys; from uuid import UUID; from include.access.requestor import Requestor;"
        "from include.orchestration.engine import AirflowEngine; from include.errors import CdmpError\n"
        f"try: AirflowEngine().answer(UUID({str(collection.id)!r}), 'asked__1',"
        f" Requestor({requestor.id!r}, {requestor.name!r}), {approve}, {note!r})\n"
        "except CdmpError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=airflow.environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def rows_of(database: Database, collection: Collection) -> int:
    with psycopg.connect(database.admin_url) as connection:
        name = f"d_{collection.dataset_id.hex}"
        if connection.execute("SELECT to_regclass(%s)", [f"data.{name}"]).fetchone() == (None,):
            return 0
        [count] = connection.execute(sql.SQL("SELECT count(*) FROM data.{}").format(sql.Identifier(name))).fetchone()
        return int(count)


def staged(airflow: AirflowProcesses, collection: Collection) -> list[Path]:
    return [file for file in (airflow.var / "staging" / str(collection.id)).rglob("*") if file.is_file()]


def mails(database: Database, collection: Collection, kind: str) -> list[dict[str, Any]]:
    with psycopg.connect(database.admin_url) as connection:
        found = connection.execute(
            "SELECT facts FROM cdmp.outbox WHERE kind = %s AND facts->>'collection_id' = %s", [kind, str(collection.id)]
        ).fetchall()
    return [facts for (facts,) in found]


def test_an_approved_batch_goes_on(
    platform: Platform, airflow: AirflowProcesses, database: Database, collection: Collection, owner: Requestor
) -> None:
    waits = held(platform, airflow, collection)
    assert waits.state is RunState.AWAITING_REVIEW
    assert waits.report is not None and len(waits.report.held) == 1
    assert rows_of(database, collection) == 0 and staged(airflow, collection)
    [facts] = mails(database, collection, "run.held")
    assert facts["held"] == list(waits.report.held)
    [(subject, options, assignees)] = airflow.ask(
        "SELECT h.subject, h.options::text, h.assignees::text FROM hitl_detail h JOIN task_instance t ON t.id = h.ti_id"
        " WHERE t.dag_id = %s AND t.task_id = %s",
        [dag_id_of(collection.id), HOLDS],
    )
    assert collection.config.title in subject and json.loads(options) == ["Approve", "Reject"]
    assert {each["name"] for each in json.loads(assignees)} == {"olive", "stella"}

    assert answer(airflow, collection, owner, True, "It was a cold night.") == ""
    done = ended(platform, airflow, collection)

    assert done.state is RunState.SUCCEEDED, done.failure
    assert done.review is not None
    assert (done.review.approved, done.review.by, done.review.note) == (True, "olive", "It was a cold night.")
    assert rows_of(database, collection) == 6
    assert not staged(airflow, collection)
    assert "does not wait" in answer(airflow, collection, owner, False, "")


def test_on_airflows_own_page_the_owner_answers_and_nobody_else(
    platform: Platform, airflow: AirflowProcesses, database: Database, collection: Collection
) -> None:
    held(platform, airflow, collection)
    page = f"/dags/{dag_id_of(collection.id)}/dagRuns/asked__1/taskInstances/{HOLDS}/-1/hitlDetails"
    says = {"chosen_options": ["Approve"], "params_input": {"note": "Seen."}}

    def patch(name: str) -> int:
        with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=60) as client:
            token = client.post("/auth/token", json={"username": name, "password": PASSWORD}).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            return client.patch(f"/api/v2{page}", json=says, headers=headers).status_code

    assert patch("sam") == 403
    assert platform.runs.get(collection.id, "asked__1").state is RunState.AWAITING_REVIEW
    assert patch("olive") == 200
    done = ended(platform, airflow, collection)

    assert done.state is RunState.SUCCEEDED, done.failure
    assert done.review and (done.review.by, done.review.note) == ("olive", "Seen.")
    assert rows_of(database, collection) == 6


def test_a_rejected_batch_is_not_loaded(
    platform: Platform, airflow: AirflowProcesses, database: Database, collection: Collection
) -> None:
    held(platform, airflow, collection)
    assert not platform.janitor.remove(datetime.now(UTC) + timedelta(days=9))

    answer(airflow, collection, person(airflow, "stella"), False, "Read the meter again.")
    done = ended(platform, airflow, collection)

    assert done.state is RunState.REJECTED
    assert done.note == "Rejected by stella: Read the meter again."
    assert rows_of(database, collection) == 0
    assert not staged(airflow, collection)
    assert mails(database, collection, "run.failed") == []


def test_a_task_that_is_tried_again_after_the_answer_asks_nobody(
    platform: Platform, airflow: AirflowProcesses, collection: Collection, owner: Requestor
) -> None:
    held(platform, airflow, collection)
    platform.runs.add_review(collection.id, "asked__1", Review(True, "olive", datetime.now(UTC)))
    assert review.ask(platform, RunKey(collection.id, "asked__1")) is None
    answer(airflow, collection, owner, True, "")
    assert ended(platform, airflow, collection).state is RunState.SUCCEEDED


def test_nobodys_answer_in_time_is_a_no(
    platform: Platform, airflow: AirflowProcesses, database: Database, collection: Collection
) -> None:
    held(platform, airflow, collection)
    airflow.ask(
        "UPDATE task_instance SET trigger_timeout = now() - interval '1 second' WHERE dag_id = %s AND task_id = %s",
        [dag_id_of(collection.id), HOLDS],
    )

    done = ended(platform, airflow, collection)

    assert done.state is RunState.REJECTED
    assert done.note == "Rejected: Nobody answered in time."
    assert rows_of(database, collection) == 0


def test_a_batch_that_no_rule_holds_waits_for_nobody_and_its_rows_are_replayed_by_airflow(
    platform: Platform, airflow: AirflowProcesses, database: Database, owner: Requestor, tmp_path: Path
) -> None:
    collection = make(platform, owner, tmp_path, 5000)
    platform.runs.queue(collection, "asked__1", None, datetime.now(UTC))
    assert ended(platform, airflow, collection).state is RunState.SUCCEEDED
    [row] = list_quarantine(platform, owner, collection.dataset_id).rows
    assert row.cells["energy_wh"] == CANARY
    edit_quarantined(platform, owner, collection.dataset_id, str(row.key), {"energy_wh": EDITED})
    for energy, rows in ((EDITED, 6), ("6000", 7)):
        edit_quarantined(platform, owner, collection.dataset_id, str(row.key), {"energy_wh": energy})
        # an engine that knows no DAG yet: the bundle's refresh hands the run over
        asked = Replay(Selection((row.key,)))
        blind = FakeEngine(blind_for=1)
        _, run = replay_quarantined(platform, blind, owner, collection.dataset_id, asked, patience_s=0)
        done = ended(platform, airflow, collection, run.run_id)
        assert done.state is RunState.SUCCEEDED, done.failure
        assert rows_of(database, collection) == rows
    conf = airflow.ask("SELECT conf::text FROM dag_run WHERE run_id = %s", [run.run_id])
    assert json.loads(conf[0][0]) == {"quarantine": {"rows": [str(row.key)]}, "release": False}
    assert not staged(airflow, collection)
    assert sum(each.rows_loaded for each in list_departures(platform, owner, collection.dataset_id).departures) == 1


def test_who_starts_a_run_in_airflow_does_not_get_at_quarantine(
    platform: Platform, airflow: AirflowProcesses, database: Database, owner: Requestor, tmp_path: Path
) -> None:
    collection = make(platform, owner, tmp_path, 5000)
    platform.runs.queue(collection, "asked__1", None, datetime.now(UTC))
    assert ended(platform, airflow, collection).state is RunState.SUCCEEDED
    airflow_command = str(Path(sys.executable).with_name("airflow"))
    conf = json.dumps({"quarantine": {"all": True}, "release": True})
    dag = dag_id_of(collection.id)
    started = subprocess.run(
        [airflow_command, "dags", "trigger", dag, "--run-id", "mine__1", "--conf", conf],
        env=airflow.environment,
        capture_output=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr.decode()
    wait_for("the run", lambda: airflow.ask("SELECT 1 FROM dag_run WHERE run_id = 'mine__1' AND state = 'failed'"), 120)

    done = platform.runs.get(collection.id, "mine__1")
    assert done.failure and "cannot be asked for here" in done.failure.what
    assert rows_of(database, collection) == 6


def test_no_value_of_a_row_in_quarantine_is_anywhere_else(airflow: AirflowProcesses, database: Database) -> None:
    """After runs that were held, rejected, replayed, and edited: files of every kind, and both databases."""
    uploads = airflow.var / "uploads"
    files = [file for file in airflow.var.rglob("*") if file.is_file() and not file.is_relative_to(uploads)]
    assert len(files) > 20
    for canary in (CANARY, EDITED):
        assert [file for file in files if canary.encode() in file.read_bytes()] == []
        for url in (database.admin_url, airflow.metadata_url):
            assert tables_with(url, canary) == []
