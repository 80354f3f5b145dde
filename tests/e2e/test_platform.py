"""The platform as a newcomer meets it: the demo, its data over HTTP, and what becomes of mishaps."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import yaml

from deploy.layout import ROOT
from tests.airflow_processes import wait_for
from tests.running_platform import RunningPlatform

pytestmark = [pytest.mark.platform, pytest.mark.timeout(1200)]
EXAMPLES = ROOT / "examples"
METER = "01_smart_meter_fluvius.yaml"
LOADED = {
    "Smart meter, quarter hours (Fluvius)": (3848, 0),
    "Home battery (GivEnergy)": (462, 2),
    "Household power (GivEnergy)": (462, 2),
    "Typical meteorological year (PVGIS)": (8760, 0),
    "Grid load of Luxembourg, 2024 (SMARD)": (35616, 0),
    "EV charging sessions (Caltech)": (3163, 14),
    "Grid load, retrieved as Open Data": (96, 0),
    "Two heat pumps (made up)": (586, 0),
}


def variant(folder: Path, example: str, title: str, content: bytes, name: str = "data.csv") -> Path:
    """Write an example's collection under another title, over another file."""
    document = yaml.safe_load((EXAMPLES / example).read_text(encoding="utf-8"))
    document["title"] = title
    document["ingester"]["name"] = name
    (folder / name).write_bytes(content)
    file = folder / "collection.yaml"
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def meter_file() -> bytes:
    return (EXAMPLES / "data" / "01_fluvius_elec_15min_nl.csv").read_bytes()


def test_the_demo_reports_what_it_loaded(platform: RunningPlatform) -> None:
    report = platform.report
    found = {each["title"]: (each["rows_loaded"], each["rows_quarantined"]) for each in report["collections"]}
    assert found == LOADED
    assert {each["state"] for each in report["collections"]} == {"succeeded"}
    assert set(report) == {"url", "username", "password_file", "collections"}
    assert set(report["collections"][0]) == {
        "id",
        "title",
        "dataset_id",
        "source",
        "rows_read",
        "rows_quarantined",
        "rows_loaded",
        "seconds",
        "run_id",
        "state",
    }
    assert Path(report["password_file"]).stat().st_mode & 0o777 == 0o600
    [scheduled] = [each for each in report["collections"] if each["source"].startswith("http")]
    assert scheduled["run_id"].startswith("scheduled__")


def test_every_loaded_row_is_readable_over_http_and_by_nobody_without_a_token(platform: RunningPlatform) -> None:
    for each in platform.report["collections"][:2]:
        rows = platform.records(each["dataset_id"])
        assert len(rows) == each["rows_loaded"]
        address = f"{platform.client.base_url}dataset/{each['dataset_id']}/records"
        assert httpx.get(address, timeout=30).status_code == 401


def test_a_second_demo_changes_nothing(platform: RunningPlatform) -> None:
    before = platform.report
    again = platform.deploy("demo")
    assert again.returncode == 0, again.stdout + again.stderr
    after = platform.report
    files = [each for each in before["collections"] if not each["source"].startswith("http")]
    assert files == [each for each in after["collections"] if not each["source"].startswith("http")]
    assert again.stdout.count("loaded by an earlier demo") == len(LOADED)
    password = platform.layout.admin_password.read_text().strip()
    assert password not in again.stdout + json.dumps(after)


def test_status_says_that_everything_is_healthy(platform: RunningPlatform) -> None:
    said = platform.deploy("status")
    assert said.returncode == 0, said.stdout
    assert len(re.findall(r"\bhealthy", said.stdout)) == 4


def test_a_second_platform_on_the_same_ports_names_the_variables_and_starts_nothing(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    refused = platform.deploy("up", CDMP_VAR=str(tmp_path / "var"))
    assert refused.returncode == 1
    for variable in ("CDMP_PORT", "CDMP_POSTGRES_PORT", "CDMP_SMTP_PORT", "CDMP_REPLAY_PORT"):
        assert variable in refused.stderr
    assert not (tmp_path / "var" / "postgres").exists()
    assert not list((tmp_path / "var" / "run").glob("*.json"))


def test_the_same_file_again_is_a_conflict(platform: RunningPlatform) -> None:
    collection = platform.find("Smart meter, quarter hours (Fluvius)")
    answer = platform.client.post(f"/data-collection/{collection['id']}/run")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert "loaded" in answer.text


def test_a_load_that_is_killed_before_its_commit_leaves_the_same_rows_after_its_retry(
    platform: RunningPlatform, tmp_path: Path
) -> None:
    # the advisory lock tells this dataset's load from that of the scheduled example, which may come to the same point
    waits = (
        "SELECT 1 FROM pg_stat_activity JOIN pg_locks USING (pid) "
        "WHERE wait_event_type = 'Lock' AND query ILIKE 'INSERT INTO cdmp.outbox%%' AND locktype = 'advisory' "
        "AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)"
    )
    with platform.connect_as_superuser() as holder, platform.connect_as_superuser() as observer:
        observer.autocommit = True
        # the event is the last that a load writes: its rows are copied by then, and nothing is committed
        holder.execute("LOCK TABLE cdmp.outbox IN SHARE MODE")
        collection = platform.apply(variant(tmp_path, METER, "A load that is killed", meter_file()))
        wait_for("the load at its last step", lambda: observer.execute(waits, [collection["dataset"]]).fetchone(), 120)
        task = load_task(platform, collection, platform.latest_run(collection))["pid"]
        os.kill(task, signal.SIGKILL)
        wait_for("its end", lambda: not psutil.pid_exists(task) or psutil.Process(task).status() == "zombie", 10)
        table = f"data.d_{collection['dataset'].replace('-', '')}"
        assert observer.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,)
    run = platform.await_end(collection)
    assert run["state"] == "succeeded", run["failure"]
    assert load_task(platform, collection, run)["try_number"] == 2
    undisturbed = platform.find("Smart meter, quarter hours (Fluvius)")
    assert comparable(platform, collection["dataset"]) == comparable(platform, undisturbed["dataset"])


def load_task(platform: RunningPlatform, collection: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """What Airflow knows of a run's load."""
    address = f"{platform.report['url']}/api/v2/dags/collection_{collection['id']}/dagRuns/{run['id']}"
    found: dict[str, Any] = platform.client.get(f"{address}/taskInstances/load_postgres").raise_for_status().json()
    return found


def comparable(platform: RunningPlatform, dataset_id: str) -> list[str]:
    """A dataset's rows without what is pseudonymised, whose keys are the dataset's own."""
    hidden = {"usage_point_id", "meter_id"}
    rows = platform.records(dataset_id)
    return sorted(json.dumps({name: row[name] for name in sorted(row.keys() - hidden)}) for row in rows)


@pytest.mark.parametrize(
    ("title", "content", "told"),
    [
        pytest.param("An empty file", gzip.compress(b""), "empty", id="an empty file, packed"),
        pytest.param(
            "A truncated file", gzip.compress(meter_file())[:-1000], "ends|cut|truncated", id="a truncated gzip"
        ),
        pytest.param(
            "A file of another kind", b"Date;Value\n2024-01-01;1,5\n", "column|EAN", id="a file with the wrong columns"
        ),
    ],
)
def test_a_file_that_cannot_be_used_fails_in_words_for_its_owner_and_loads_nothing(
    platform: RunningPlatform, tmp_path: Path, title: str, content: bytes, told: str
) -> None:
    collection = platform.apply(variant(tmp_path, METER, title, content))
    run = platform.await_end(collection)
    assert run["state"] == "failed"
    failure = run["failure"]
    assert failure["task"] == "ingest"
    assert re.search(told, failure["what"]), failure
    assert failure["where"] and failure["remedy"], failure
    assert "Traceback" not in json.dumps(failure)
    assert platform.client.get(f"/dataset/{collection['dataset']}/records").status_code == 404
