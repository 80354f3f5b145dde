"""`cdmp keys`, `cdmp decrypt` and plans that are given at the terminal, over a real database."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from include.errors import CdmpError, ConfigurationInvalid, NotAllowed, NotFound
from include.wiring import Platform
from tests.factories import a_plain_config
from tests.postgres import Database
from tests.security.personal_places import everything_stored
from tests.terminal import cdmp, said
from tests.whole_runs import run_queued

pytestmark = pytest.mark.usefixtures("terminal")

PERSONS = ["Anna Peeters", "Jan Maes", "Anna Peeters"]
LINES = [f"p{at % 2},{person},2026-11-2{at}T00:00:00Z,100,ok" for at, person in enumerate(PERSONS)]
PLAN = {
    "fields": {"usage_point_id": {"method": "pseudonym"}, "register": {"method": "encrypt", "equal_for_equal": True}}
}


def apply(folder: Path, title: str, plan: dict[str, object], *lines: str) -> None:
    (folder / "meters.csv").write_text("\n".join(["point,register,start,energy_wh,status", *lines]) + "\n")
    path = folder / "meters.yaml"
    path.write_text(yaml.safe_dump(a_plain_config(title=title, anonymization=plan)))
    cdmp("apply", str(path))


def rows_said(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[list[str]]:
    return [line.split() for line in said(capsys, *arguments).splitlines()]


def test_a_plan_is_applied_and_its_keys_are_kept(
    platform: Platform, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "Kept"
    apply(tmp_path, title, PLAN, *LINES)
    run_queued(platform, title)
    (_, first) = rows_said(capsys, "keys", "list", title)
    assert first[0] == "p1"
    rows = rows_said(capsys, "decrypt", title, "register")
    assert rows[0] == ["USAGE_POINT_ID", "INTERVAL_START", "REGISTER"]
    assert sorted(" ".join(row[-2:]) for row in rows[1:]) == ["Anna Peeters", "Anna Peeters", "Jan Maes"]
    assert len(rows_said(capsys, "decrypt", title, "register", "--limit", "1")) == 2
    assert rows_said(capsys, "keys", "rotate", title) == [["new", "p2"]]
    assert rows_said(capsys, "keys", "shred", title, "p1") == [["shredded", "p1"]]
    rows = rows_said(capsys, "decrypt", title, "register")
    assert " ".join(rows[-1]).startswith("3 values cannot be read")
    assert not any("Anna" in cell for row in rows for cell in row)
    listed = rows_said(capsys, "keys", "list", title)
    assert [row[0] for row in listed[1:]] == ["p1", "p2"]
    assert len(listed[1]) == 5  # with the moment when it was shredded
    assert "Anna" not in everything_stored(database)


@pytest.mark.parametrize(
    ("user", "error"), [("stranger", NotFound), ("steward", NotAllowed)], ids=["a stranger", "a steward"]
)
def test_nobody_but_the_owner_has_keys(
    user: str, error: type[CdmpError], platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title = f"Meters that {user} asks for"
    apply(tmp_path, title, PLAN, *LINES)
    collection = run_queued(platform, title)
    dataset = str(collection.dataset_id)
    for verb in (["keys", "list", dataset], ["keys", "rotate", dataset], ["keys", "shred", dataset, "p1"]):
        with pytest.raises(error):
            cdmp(*verb, user=user)
    with pytest.raises(error):
        cdmp("decrypt", dataset, "register", user=user)
    assert "Anna" not in capsys.readouterr().out
    assert [key.id for key in platform.keys.list_keys(collection.dataset_id)] == ["p1"]


def test_a_key_that_is_not_there_and_a_field_that_is_not_are_told(platform: Platform, tmp_path: Path) -> None:
    title = "Asked wrongly"
    apply(tmp_path, title, PLAN, *LINES)
    run_queued(platform, title)
    with pytest.raises(NotFound, match="p9"):
        cdmp("keys", "shred", title, "p9")
    with pytest.raises(CdmpError, match="registre"):
        cdmp("decrypt", title, "registre")


def test_a_plan_that_cannot_be_is_refused_before_anything_is_kept(platform: Platform, tmp_path: Path) -> None:
    wrong = {"usage_point_id": {"method": "encrypt"}, "energy": {"method": "mask"}, "regster": {"method": "drop"}}
    with pytest.raises(ConfigurationInvalid) as refused:
        apply(tmp_path, "Refused", {"fields": wrong}, *LINES)
    assert {problem.where.removeprefix("anonymization.fields.") for problem in refused.value.problems} == {
        "regster", "usage_point_id.method", "energy.method",
    }  # fmt: skip
    assert all(problem.remedy for problem in refused.value.problems)
    assert "Refused" not in [each.config.title for each in platform.collections.find(owner_id="7")]


def test_a_preview_says_what_one_field_more_would_single_out(
    platform: Platform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "Previewed"
    gate = {"quasi_identifiers": ["energy"], "k": 2}
    apply(tmp_path, title, {**PLAN, "k_anonymity": gate}, *LINES)
    run_queued(platform, title)
    further = tmp_path / "further.csv"
    further.write_text((tmp_path / "meters.csv").read_text().replace("2026-11-2", "2026-11-1"))
    lines = [" ".join(row) for row in rows_said(capsys, "append", title, str(further), "--preview")]
    assert "interval_start 3" in lines
    assert "register 1" in lines  # Jan has one row, Anna two
    assert not any(line.startswith("quality") for line in lines)
    assert not any("Anna" in line for line in lines)
