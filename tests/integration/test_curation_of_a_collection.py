"""Curation rules proposed, applied and shown at the terminal, and changed over HTTP, over a real database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from api.app import create_app
from include.errors import ConfigurationInvalid, NotFound
from include.expectations.library import load_library
from include.settings import ROOT
from include.wiring import Platform
from tests.factories import a_plain_config
from tests.fakes_engine import FakeEngine
from tests.interface import sign_in
from tests.terminal import said
from tests.whole_runs import find_titled, run_queued

pytestmark = pytest.mark.usefixtures("terminal")

FILE = ROOT / "examples" / "data" / "01_fluvius_elec_15min_nl.csv"
DOCUMENT = ROOT / "examples" / "01_smart_meter_fluvius.yaml"
TITLE = "Meters of the test street"
AT_MOST_FIVE = {
    "type": "expect_column_values_to_be_between",
    "kwargs": {"column": "energy", "max_value": 5},
    "meta": {"on_violation": "clamp"},
}


@pytest.fixture
def owner(platform: Platform, terminal: FakeEngine) -> TestClient:
    interface = create_app(lambda: platform, lambda: terminal, sign_in)
    return TestClient(interface, headers={"Authorization": "Bearer owner"})


def apply(capsys: pytest.CaptureFixture[str], folder: Path, document: dict[str, Any]) -> None:
    path = folder / "collection.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    said(capsys, "apply", str(path))


def test_rules_that_are_proposed_can_be_applied_and_stand_in_the_suite_with_what_is_demanded(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str], owner: TestClient
) -> None:
    load_library()
    from great_expectations.core.expectation_suite import ExpectationSuite

    proposed = yaml.safe_load(said(capsys, "inspect", str(FILE), "--rules", user=None))
    assert len(proposed["curator"]["rules"]) == 4
    asked = owner.post("/sample?filename=meters.csv", content=FILE.read_bytes(), headers={"Content-Type": "text/csv"})
    assert asked.json()["inspection"]["proposal"]["curator"] == proposed["curator"]

    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8")) | proposed
    (tmp_path / "data").symlink_to(FILE.parent)
    apply(capsys, tmp_path, document)
    written = json.loads(said(capsys, "status", document["title"], "--suite"))
    assert len(ExpectationSuite(**written).expectations) == len(written["expectations"])
    own = [each for each in written["expectations"] if "demanded_by" not in each["meta"]]
    assert [each["type"] for each in own] == [rule["type"] for rule in proposed["curator"]["rules"]]
    assert {each["meta"]["on_violation"] for each in own} == {"flag"}
    demanded = [each for each in written["expectations"] if each not in own]
    assert {each["meta"]["demanded_by"] for each in demanded} == {"meter_reading"}

    collection = run_queued(platform, document["title"])
    report = platform.runs.latest([collection.id])[collection.id].report
    assert report is not None
    assert [outcome.rule for outcome in report.outcomes] == [each["type"] for each in written["expectations"]]
    flagged = [outcome.failed for outcome in report.outcomes if outcome.action == "flag"]
    assert flagged == [0, 0, 0, 0]  # what was proposed of a file flags nothing in it


def test_the_suite_that_the_terminal_writes_is_changed_over_http_and_the_next_run_follows_it(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str], owner: TestClient
) -> None:
    header, *rows = ["point,register,start,energy_wh,status", "p1,r,2026-11-20T00:00:00Z,9000,ok"]
    (tmp_path / "meters.csv").write_text("\n".join([header, *rows]) + "\n")
    apply(capsys, tmp_path, a_plain_config(title=TITLE))
    collection = run_queued(platform, TITLE)
    path = f"/data-collection/data-curator-config/{collection.id}"
    suite = json.loads(said(capsys, "status", TITLE, "--suite"))
    assert owner.get(path).json()["configuration"] == suite

    suite["expectations"].append(AT_MOST_FIVE)
    answer = owner.post(path, json=suite)
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    assert json.loads(said(capsys, "status", TITLE, "--suite")) == answer.json()["configuration"] == suite
    again = owner.post(path.replace(str(collection.id), answer.json()["step-id"]), json=suite)
    assert (again.status_code, again.json()["version"]) == (200, 3)

    further = tmp_path / "further.csv"
    further.write_text("\n".join([header, rows[0].replace("00:00:00", "01:00:00")]) + "\n")
    said(capsys, "append", TITLE, str(further))
    run_queued(platform, TITLE)
    told = owner.get(f"/data-collection/{collection.id}/run").json()["runs"]
    assert [each["report"]["cells_clamped"] for each in told] == [1, 0]
    read = owner.get(f"/dataset/{collection.dataset_id}/records?fields=energy").json()["records"]
    assert [row["energy"] for row in read] == [9, 5]


def test_a_suite_that_cannot_be_kept_changes_nothing(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str], owner: TestClient
) -> None:
    (tmp_path / "meters.csv").write_text("point,register,start,energy_wh,status\n")
    apply(capsys, tmp_path, a_plain_config(title="Refused"))
    collection = find_titled(platform, "Refused")
    wrong = {**AT_MOST_FIVE, "kwargs": {"column": "engery", "max_value": 5}}
    path = f"/data-collection/data-curator-config/{collection.id}"
    answer = owner.post(path, json={"expectations": [AT_MOST_FIVE, wrong]})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "where": "expectations[1].kwargs.column",
            "what": "field 'engery' is not mapped",
            "expected": "Did you mean energy or register?",
        }
    ]
    assert platform.collections.get(collection.id) == collection


def test_what_no_suite_can_be_told_of_is_said(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(capsys, tmp_path, {"title": "Begun"})
    assert json.loads(said(capsys, "status", "Begun", "--suite"))["expectations"] == []
    with pytest.raises(NotFound, match="none of this title"):
        said(capsys, "status", "Begun", "--suite", user="stranger")
    with pytest.raises(ConfigurationInvalid, match="--suite"):
        said(capsys, "status", "--suite")
    with pytest.raises(ConfigurationInvalid, match="--json"):
        said(capsys, "inspect", str(FILE), "--rules", "--json", user=None)
    short = tmp_path / "short.csv"
    short.write_text("Zeit;Verbrauch (kWh)\n2024-01-01 00:00;1,5\n2024-01-01 00:15;2,5\n")
    assert yaml.safe_load(said(capsys, "inspect", str(short), "--rules", user=None)) == {"curator": {"rules": []}}
    short.write_text("foo;bar\n1;2\n3;4\n")
    assert said(capsys, "inspect", str(short), "--rules", user=None).startswith("# no rules: ")
