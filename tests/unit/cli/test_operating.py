"""`cdmp clean` and `cdmp check`, and that the operator's verbs are there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from cli import operating
from deploy.terminal import app
from include.storage.leftovers import Kind, Leftover

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Janitor:
    """Finds one table, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, datetime]] = []

    def find(self, before: datetime) -> list[Leftover]:
        self.asked.append(("find", before))
        return [Leftover(Kind.TABLE, "d_0", 0, 8192)]

    def remove(self, before: datetime) -> list[Leftover]:
        self.asked.append(("remove", before))
        return []


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = SimpleNamespace(janitor=Janitor(), clock=lambda: NOW, said=[], disagreements=lambda: made.said)
    monkeypatch.setattr(operating, "platform", lambda: made)
    monkeypatch.setattr(operating, "load_environment", lambda: None)
    return made


def test_a_dry_run_removes_nothing(platform: Any) -> None:
    done = CliRunner().invoke(app, ["clean", "--dry-run", "--idle", "5"])
    assert platform.janitor.asked == [("find", NOW - timedelta(minutes=5))]
    assert "d_0" in done.output
    assert "1 things that nobody needs would be removed." in done.output


def test_cleaning_leaves_alone_what_was_written_to_within_the_hour(platform: Any) -> None:
    done = CliRunner().invoke(app, ["clean"])
    assert platform.janitor.asked == [("remove", NOW - timedelta(hours=1))]
    assert done.output == "Nothing was left behind.\n"


def test_what_does_not_agree_is_said_and_is_the_exit_code(platform: Any) -> None:
    assert CliRunner().invoke(app, ["check"]).exit_code == 0
    platform.said.append("dataset 1 has 2 rows, and its record says 3")
    done = CliRunner().invoke(app, ["check"])
    assert (done.exit_code, done.output) == (1, "dataset 1 has 2 rows, and its record says 3\n")


def test_the_operators_verbs_are_among_the_others() -> None:
    said = CliRunner().invoke(app, ["--help"]).output
    for verb in ("backup", "restore", "clean", "check", "apply", "quarantine"):
        assert verb in said
