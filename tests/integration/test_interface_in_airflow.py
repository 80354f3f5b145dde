"""The interface and the tab in a real Airflow: its tokens and cookie, its scheduler, and Chromium."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.airflow import SEES_PLUGINS
from include.settings import ROOT
from tests.airflow_processes import AirflowProcesses, airflow_processes, wait_for
from tests.chromium import open_chromium
from tests.factories import a_plain_config
from tests.ports import free_port
from tests.postgres import Database

pytestmark = pytest.mark.timeout(900)  # Airflow comes up within the first test
PORT = free_port()
URL = f"http://127.0.0.1:{PORT}"
API = f"{URL}/twinergy-api"
NOBODY = httpx.Client(timeout=120)  # the first answers of a cold server on a busy machine take their time
PEOPLE = {"olive": "User", "sam": "User", "stella": "Steward", "anna": "Admin"}
EXAMPLE = ROOT / "examples" / "14_battery_givenergy.yaml"
TITLE = "Home battery (GivEnergy)"

MAKE_PEOPLE = f"""
import sys
from airflow.__main__ import main
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
with get_application_builder() as builder:
    manager = builder.sm
    manager.add_role("Steward")
    for name, role in {PEOPLE!r}.items():
        roles = [manager.find_role(role), manager.find_role("Viewer")]
        assert manager.add_user(name, name, name, f"{{name}}@example.org", roles, password=f"secret of {{name}}")
sys.argv = ["airflow", *{SEES_PLUGINS!r}]
main()
"""


@dataclass(frozen=True)
class Platform:
    """Airflow with the platform in it, and the owner's example in its database."""

    airflow: AirflowProcesses
    tokens: dict[str, str]

    def client(self, person: str | None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.tokens[person]}"} if person else {}
        return httpx.Client(base_url=API, headers=headers, timeout=30)

    def cdmp(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli.app", *arguments]
        return subprocess.run(
            command, env={**self.airflow.environment, "CDMP_USER": "olive"}, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def platform(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("interface")
    with airflow_processes(database, folder, PORT, CDMP_PUBLIC_URL=URL) as airflow:
        script = [sys.executable, "-c", MAKE_PEOPLE]
        made = subprocess.run(script, env=airflow.environment, capture_output=True, check=False)
        assert made.returncode == 0, made.stderr.decode()
        airflow.start("api-server", "scheduler", "dag-processor")
        wait_for("the api-server", is_up, 300)  # as long as `make up` waits
        yield Platform(airflow, {person: sign_in(person) for person in PEOPLE})
    NOBODY.close()


def is_up() -> bool:
    try:
        return NOBODY.get(f"{API}/health").status_code == 200
    except httpx.TransportError:
        return False


def sign_in(person: str) -> str:
    answer = NOBODY.post(f"{URL}/auth/token", json={"username": person, "password": f"secret of {person}"})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["access_token"]
    return token


@pytest.fixture(scope="module")
def collection(platform: Platform) -> dict[str, Any]:
    """The example, applied at the terminal and run to its end."""
    done = platform.cdmp("apply", str(EXAMPLE))
    assert done.returncode == 0, done.stderr
    with platform.client("olive") as client:
        (made,) = client.get("/data-collection/").json()["collections"]

        def ended() -> bool:
            status = client.get(made["links"]["self"].removeprefix("/twinergy-api")).json()["status"]
            assert status != "failed", client.get(f"/data-collection/{made['id']}/run").json()
            return bool(status == "succeeded")

        wait_for("the run", ended, 120)
        result: dict[str, Any] = client.get(f"/data-collection/{made['id']}").json()
        return result


def test_the_plugin_serves_the_document_and_its_page(platform: Platform):
    document = NOBODY.get(f"{API}/openapi.json").json()
    assert "/data-collection/" in document["paths"]
    assert "swagger-ui-bundle.js" in NOBODY.get(f"{API}/docs").text
    assert NOBODY.get(f"{API}/ui/batch.js").status_code == 200


@pytest.mark.parametrize("alias", ["twenergy-api", "twinegy-api"])
def test_the_other_spellings_lead_to_the_same(platform: Platform, alias: str):
    answer = NOBODY.get(f"{URL}/{alias}/health?x=%2F")
    assert (answer.status_code, answer.headers["location"]) == (308, "/twinergy-api/health?x=%2F")
    assert NOBODY.get(f"{URL}/{alias}/health", follow_redirects=True).json() == {"status": "ok"}


def test_a_token_signs_in_and_a_forged_or_absent_one_does_not(platform: Platform):
    with platform.client(None) as nobody:
        assert nobody.get("/data-collection/").status_code == 401
        header, payload, signature = platform.tokens["olive"].split(".")
        unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"  # {"alg":"none","typ":"JWT"}
        for token in ("x", f"{header}.{payload}.{signature[:-4]}AAAA", f"{unsigned}.{payload}."):
            answer = nobody.get("/data-collection/", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    with platform.client("olive") as olive:
        assert olive.get("/data-collection/").status_code == 200


def test_the_cookie_signs_in_and_a_foreign_page_changes_nothing_with_it(platform: Platform, collection: dict[str, Any]):
    path = f"/data-collection/{collection['id']}"
    with httpx.Client(base_url=API, cookies={"_token": platform.tokens["olive"]}) as browser:
        assert browser.get(path).json()["id"] == collection["id"]
        refused = browser.post(f"{path}/run", headers={"Origin": "https://evil.example"})
        assert refused.status_code == 403


def test_only_owner_and_steward_see_it_and_an_administrator_is_neither(platform: Platform, collection: dict[str, Any]):
    paths = [f"/data-collection/{collection['id']}", f"/dataset/{collection['dataset']}/records"]
    for person, status in {"olive": 200, "stella": 200, "sam": 404, "anna": 404}.items():
        with platform.client(person) as client:
            assert [client.get(path).status_code for path in paths] == [status, status], person


def test_the_run_tells_every_stage_and_the_records_come_back(platform: Platform, collection: dict[str, Any]):
    with platform.client("olive") as client:
        (run,) = client.get(f"/data-collection/{collection['id']}/run").json()["runs"]
        assert run["state"] == "succeeded"
        assert [stage["task"] for stage in run["stages"]] == [
            *("ingest", "map_to_cim", "validate", "anonymize"),
            *("load_postgres", "index_elasticsearch", "publish"),
        ]
        rows, path = 0, f"/dataset/{collection['dataset']}/records?limit=200&format=ndjson"
        while path:
            answer = client.get(path.removeprefix("/twinergy-api"))
            rows += len(answer.text.splitlines())
            path = answer.links.get("next", {}).get("url", "")
        assert rows == client.get(f"/dataset/{collection['dataset']}").json()["rows"] > 400
        turtle = client.get(f"/dataset/{collection['dataset']}/dcat", headers={"Accept": "text/turtle"})
        assert "dcat:Dataset" in turtle.text


def test_the_same_file_again_is_noticed(platform: Platform, collection: dict[str, Any]):
    with platform.client("olive") as client:
        answer = client.post(f"/data-collection/{collection['id']}/run")
    assert answer.status_code == 409
    assert "was loaded by run" in answer.json()["detail"]


def test_the_terminal_reads_what_the_interface_made(platform: Platform, collection: dict[str, Any]):
    assert f"{TITLE}  succeeded" in platform.cdmp("status").stdout
    done = platform.cdmp("records", TITLE, "--fields", "observed_at,power", "--format", "json", "--limit", "1")
    assert json.loads(done.stdout)["observed_at"] == "2025-06-05T23:02:07Z"
    failed = platform.cdmp("records", TITLE, "--fields", "nonsense")
    assert (failed.returncode, "no field of this dataset" in failed.stderr) == (2, True)


def test_a_deleted_collections_dag_goes_and_its_dataset_stays(platform: Platform):
    with platform.client("sam") as client:
        config = {"title": "Short", "start": False, **rest_collection()}
        made = client.post("/data-collection/", json=config)
        assert made.status_code == 201, made.text
        dag = f"collection_{made.json()['id']}"
        wait_for("the DAG", lambda: platform.airflow.ask("SELECT 1 FROM dag WHERE dag_id = %s", [dag]), 20)
        assert client.delete(f"/data-collection/{made.json()['id']}").status_code == 200
        gone = "SELECT 1 FROM dag WHERE dag_id = %s AND is_stale"
        wait_for("the DAG to go", lambda: platform.airflow.ask(gone, [dag]), 20)


def rest_collection() -> dict[str, Any]:
    rules = [
        {"field": "device_id", "constant": "d"},
        {"field": "observed_at", "source": "time", "format": "iso8601", "zone": "UTC"},
    ]
    return {
        "ingester": {"kind": "rest", "url": "https://data.example/readings"},
        "mapper": {"concept": "battery_status", "rules": rules},
        "anonymization": {"fields": {"device_id": {"method": "pseudonym"}}},
        "metadata": {"description": "d", "publisher": "p", "licence": "https://creativecommons.org/licenses/by/4.0/"},
    }


@pytest.fixture(scope="module")
def browser(platform: Platform) -> Iterator[Any]:
    """Chromium, signed in by the owner's cookie."""
    with open_chromium("the tab was not looked at") as chromium:
        context = chromium.new_context(viewport={"width": 1500, "height": 1100})
        context.add_cookies([{"name": "_token", "value": platform.tokens["olive"], "url": URL}])
        yield context


def take_picture(page: Any, name: str, folder: Path) -> None:
    page.screenshot(path=Path(os.environ.get("CDMP_TEST_PICTURES", str(folder))) / f"batch_{name}.png")


def tab(dag: str, run: str) -> str:
    return f"{URL}/dags/{dag}/runs/{run}/plugin/batch"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_tab_shows_the_batch(
    platform: Platform, collection: dict[str, Any], browser: Any, theme: str, tmp_path: Path
):
    from playwright.sync_api import expect

    with platform.client("olive") as client:
        (run,) = client.get(f"/data-collection/{collection['id']}/run").json()["runs"]
    page = browser.new_page()
    mistakes: list[str] = []
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    page.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    page.goto(tab(f"collection_{collection['id']}", run["id"]))
    expect(page.get_by_test_id("cdmp-state")).to_have_text("loaded", timeout=30_000)
    expect(page.get_by_test_id("cdmp-batch")).to_contain_text("rows read 464")
    expect(page.get_by_test_id("cdmp-report")).to_contain_text("2 set aside for their owner")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    take_picture(page, theme, tmp_path)
    assert mistakes == []


def rule(kind: str, action: str, threshold: float | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs, "on_violation": action, "threshold": threshold}


CURATED = [
    rule("column_values_to_be_between", "clamp", column="energy", max_value=5),
    rule("column_values_to_be_between", "set_null", column="energy", min_value=0),
    rule("column_values_to_not_be_null", "fill", column="energy") | {"fill": {"method": "constant", "value": 0.5}},
    rule("column_values_to_be_in_set", "drop", column="register", value_set=["r"]),
    rule("series_intervals_to_leave_no_gap", "flag"),
    rule("column_values_to_be_in_set", "quarantine", 0.9, column="quality", value_set=["measured"]),
    rule("table_row_count_to_be_between", "hold", min_value=100),
]
METERED = """point,register,start,energy_wh,status
p1,r,2026-11-20T00:00:00Z,100,ok
p1,r,2026-11-20T00:15:00Z,9000,ok
p1,r,2026-11-20T00:30:00Z,7000,ok
p1,r,2026-11-20T00:45:00Z,-1,ok
p1,x,2026-11-20T00:45:00Z,100,ok
p1,r,2026-11-20T02:00:00Z,,bad
"""


def test_the_tab_tells_what_curation_did_and_why_a_batch_is_held(platform: Platform, browser: Any, tmp_path: Path):
    from playwright.sync_api import expect

    (tmp_path / "meters.csv").write_text(METERED)
    document = a_plain_config(title="Curated", curator={"rules": CURATED})
    (tmp_path / "curated.yaml").write_text(yaml.safe_dump(document))
    applied = platform.cdmp("apply", str(tmp_path / "curated.yaml"))
    assert applied.returncode == 0, applied.stderr
    with platform.client("olive") as client:
        (made,) = client.get("/data-collection/", params={"title": "Curated"}).json()["collections"]
        (run,) = client.get(f"/data-collection/{made['id']}/run").json()["runs"]
        page = browser.new_page()
        page.goto(tab(f"collection_{made['id']}", run["id"]))
        expect(page.get_by_test_id("cdmp-state")).to_have_text("waits for review", timeout=120_000)
        expect(page.get_by_test_id("cdmp-held")).to_contain_text("expect_table_row_count_to_be_between")
        expect(page.get_by_text("running …")).to_have_count(0)  # nothing runs while a person is asked
        decided = client.post(
            f"/data-collection/{made['id']}/run/{run['id']}/review",
            json={"decision": "approve", "note": "So few it is"},
        )
        assert decided.status_code < 300, decided.text
    # the page follows by itself
    expect(page.get_by_test_id("cdmp-state")).to_have_text("loaded", timeout=120_000)
    expect(page.get_by_test_id("cdmp-held")).to_contain_text("Approved by olive. So few it is.")
    report = page.get_by_test_id("cdmp-report")
    expect(report).to_have_text(
        "6 rows in, 5 went on, 1 of them flagged, 1 left out, 1 values emptied, 1 values filled,"
        " 2 values brought to their limits"
    )
    expect(page.get_by_role("row").filter(has_text="below the rule's threshold")).to_contain_text("quality")
    expect(page.get_by_text("below the rule's threshold")).to_have_count(1)
    take_picture(page, "curated", tmp_path)
    with platform.client("olive") as client:
        loaded = client.get(f"/data-collection/{made['id']}/run/{run['id']}").json()["batch"]
        taken_back = client.post(f"/dataset/{made['dataset']}/batch/{loaded}/rollback", json={"note": "So few"})
        assert taken_back.status_code == 200, taken_back.text
    page.reload()
    expect(page.get_by_test_id("cdmp-state")).to_have_text("taken back", timeout=30_000)
    with platform.client("olive") as client:
        again = client.post(f"/data-collection/{made['id']}/run").json()
        second = browser.new_page()
        second.goto(tab(f"collection_{made['id']}", again["id"]))
        expect(second.get_by_test_id("cdmp-state")).to_have_text("waits for review", timeout=120_000)
        client.post(
            f"/data-collection/{made['id']}/run/{again['id']}/review", json={"decision": "approve", "note": "-"}
        )
    expect(second.get_by_test_id("cdmp-state")).to_have_text("loaded", timeout=120_000)
    page.reload()  # the same content is the same batch; it is not what this run loaded
    expect(page.get_by_test_id("cdmp-state")).to_have_text("taken back", timeout=30_000)


def test_the_tab_tells_that_no_row_was_loaded_and_that_rows_come_out_of_quarantine(
    platform: Platform, browser: Any, tmp_path: Path
):
    from playwright.sync_api import expect

    document = a_plain_config(title="All set aside")
    document["mapper"]["rules"][2]["format"] = "%d.%m.%Y"
    (tmp_path / "meters.csv").write_text(METERED)
    (tmp_path / "aside.yaml").write_text(yaml.safe_dump(document))
    applied = platform.cdmp("apply", str(tmp_path / "aside.yaml"))
    assert applied.returncode == 0, applied.stderr
    page = browser.new_page()
    with platform.client("olive") as client:
        (made,) = client.get("/data-collection/", params={"title": "All set aside"}).json()["collections"]
        (run,) = client.get(f"/data-collection/{made['id']}/run").json()["runs"]
        page.goto(tab(f"collection_{made['id']}", run["id"]))
        expect(page.get_by_test_id("cdmp-state")).to_have_text("no row loaded", timeout=120_000)
        replay = client.post(f"/dataset/{made['dataset']}/quarantine/replay", json={"all": True})
        assert replay.status_code == 201, replay.text
    page.goto(tab(f"collection_{made['id']}", replay.json()["id"]))
    expect(page.get_by_test_id("cdmp-batch")).to_contain_text("rows out of quarantine again", timeout=30_000)
    expect(page.get_by_test_id("cdmp-batch")).to_contain_text("Read quarantine")


def test_the_tab_follows_a_run_to_its_failure_in_plain_words(platform: Platform, browser: Any, tmp_path: Path):
    from playwright.sync_api import expect

    text = EXAMPLE.read_text().replace("records: $.data", "records: $.dada").replace(TITLE, "Wrong place")
    (tmp_path / "data").symlink_to(EXAMPLE.parent / "data")
    (tmp_path / "wrong.yaml").write_text(text)
    applied = platform.cdmp("apply", str(tmp_path / "wrong.yaml"))
    assert applied.returncode == 0, applied.stderr
    with platform.client("olive") as client:
        (made,) = client.get("/data-collection/", params={"title": "Wrong place"}).json()["collections"]
        (run,) = client.get(f"/data-collection/{made['id']}/run").json()["runs"]
    page = browser.new_page()
    page.goto(tab(f"collection_{made['id']}", run["id"]))
    # the page is not loaded again: it follows the run by itself
    expect(page.get_by_test_id("cdmp-failure")).to_contain_text("None of its rows was loaded", timeout=60_000)
    expect(page.get_by_test_id("cdmp-failure")).to_contain_text("there is no member 'dada' at $.")
    expect(page.get_by_test_id("cdmp-state")).to_have_text("failed")
    take_picture(page, "failed", tmp_path)


def test_the_tab_says_of_another_dag_that_it_is_no_collection(platform: Platform, browser: Any, tmp_path: Path):
    from playwright.sync_api import expect

    api = f"{URL}/api/v2/dags/housekeeping_remove_leftovers"
    headers = {"Authorization": f"Bearer {platform.tokens['anna']}"}
    wait_for("the hand-written DAG", lambda: NOBODY.get(api, headers=headers).status_code == 200, 60)
    started = NOBODY.post(f"{api}/dagRuns", headers=headers, json={"logical_date": None})
    assert started.status_code == 200, started.text
    page = browser.new_page()
    page.goto(tab("housekeeping_remove_leftovers", started.json()["dag_run_id"]))
    expect(page.get_by_text("This DAG is no data collection")).to_be_visible(timeout=30_000)
    take_picture(page, "other", tmp_path)
