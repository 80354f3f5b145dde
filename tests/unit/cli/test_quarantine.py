"""`cdmp quarantine` and `cdmp review` do what the interface does."""

from __future__ import annotations

import pytest

from cli import commands
from cli.app import app
from cli.commands import Session
from include.batch import ValidationReport
from include.errors import CdmpError
from tests.factories import COLLECTION_ID, DATASET_ID, a_collection
from tests.interface import PEOPLE, ROW, Interface


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch) -> Interface:
    interface = Interface()
    session = Session(interface.services, lambda: interface.engine, PEOPLE["owner"])
    monkeypatch.setattr(commands, "open_session", lambda _user: session)
    return interface


def cdmp(*arguments: str) -> None:
    app(list(arguments), standalone_mode=False)


def test_rows_are_listed_shown_and_edited(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    cdmp("quarantine", "list", str(DATASET_ID))
    cdmp("quarantine", "edit", str(DATASET_ID), str(ROW), "energy_wh=6000")
    capsys_out = capsys.readouterr().out
    assert str(ROW) in capsys_out and "energy: unreadable_number" in capsys_out and "6ooo" not in capsys_out
    cdmp("quarantine", "show", str(DATASET_ID), str(ROW))
    [line] = [each for each in capsys.readouterr().out.splitlines() if each.startswith("energy_wh")]
    assert line.split() == ["energy_wh", '"6ooo"', '"6000"']


def test_rows_are_replayed_released_and_discarded(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    cdmp("quarantine", "replay", a_collection().config.title, str(ROW))
    [run_id] = interface.engine.triggered
    assert capsys.readouterr().out.startswith(f"queued  {run_id}")
    with pytest.raises(CdmpError):
        cdmp("quarantine", "discard", str(DATASET_ID))
    cdmp("quarantine", "discard", str(DATASET_ID), "--all", "--note", "Not ours.")
    cdmp("quarantine", "list", str(DATASET_ID), "--left")
    out = capsys.readouterr().out
    assert "discarded  1" in out and "Not ours." in out


def test_a_held_batch_is_shown_and_reviewed(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    runs, title = interface.services.runs, a_collection().config.title
    runs.queue(a_collection(), "manual__2", "olive", interface.services.clock())
    runs.add_report(COLLECTION_ID, "manual__2", ValidationReport(5, 5, 0, 0, 0, held=("3 of 5 rows break it.",)))
    runs.hold(COLLECTION_ID, "manual__2")
    for arguments in (["status", title], ["review", title]):
        cdmp(*arguments)
        assert "3 of 5 rows break it." in capsys.readouterr().out
    cdmp("review", title, "--approve", "--note", "Seen.")
    assert interface.engine.answers == [("manual__2", "olive", True, "Seen.")]
    with pytest.raises(CdmpError):
        cdmp("review", title, "--approve", "--reject")
