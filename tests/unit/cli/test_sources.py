"""`cdmp` about sources: dry runs, presets, secrets, backfill, pause."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
import yaml

from cli import sources
from cli.app import app
from cli.commands import Session
from include.collection.trial import Trial, TriedRequest
from include.errors import ConfigurationInvalid, Problem
from tests.factories import COLLECTION_ID, a_collection, a_config, a_plain_config
from tests.interface import PEOPLE, Interface

SOURCE = {
    "kind": "rest",
    "url": "https://data.example.org/load",
    "parameters": {"from": "{start}", "to": "{end}"},
    "window": {"begin": "2024-01-01", "zone": "Europe/Brussels"},
}


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch) -> Interface:
    interface = Interface()
    interface.services.collections.versions[COLLECTION_ID].append(a_collection(config=a_config(ingester=SOURCE)))
    interface.services.runs.rows.clear()
    session = Session(interface.services, lambda: interface.engine, PEOPLE["owner"])
    monkeypatch.setattr(sources, "open_session", lambda _user: session)
    return interface


def cdmp(*arguments: str) -> None:
    app(list(arguments), standalone_mode=False)


def test_a_secret_comes_by_standard_input_and_is_never_shown(interface, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("canary-hush\n"))
    cdmp("secret", "set", "eia")
    cdmp("secret", "list")
    said = capsys.readouterr().out
    assert interface.services.secrets.reveal("7", "eia") == "canary-hush"
    assert said.startswith("stored  eia\n")
    assert "canary" not in said
    cdmp("secret", "remove", "eia")
    assert interface.services.secrets.find("7") == []


def test_rotation_says_what_it_sealed(interface, capsys, monkeypatch):
    counts: Mapping[str, int] = {"owner_secret": 3, "quarantine_row": 2500}
    monkeypatch.setattr(interface.services.secrets, "seal_again", lambda: counts, raising=False)
    cdmp("secret", "rotate")
    assert "quarantine_row          2500" in capsys.readouterr().out


def test_a_backfill_is_asked_for_by_days_of_the_sources_zone(interface, capsys):
    cdmp("backfill", str(COLLECTION_ID), "2024-01-01", "2024-02-01T06:00")
    (window,) = interface.engine.parts.values()
    assert (window.start.isoformat(), window.end.isoformat()) == (
        "2023-12-31T23:00:00+00:00",
        "2024-02-01T05:00:00+00:00",
    )
    assert capsys.readouterr().out.startswith("queued  window__")


def test_pause_and_resume(interface, capsys):
    cdmp("pause", str(COLLECTION_ID))
    cdmp("resume", str(COLLECTION_ID))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["paused", "ready"]


def a_file(tmp_path: Path) -> str:
    plain = {**a_plain_config(), "ingester": SOURCE}
    file = tmp_path / "collection.yaml"
    file.write_text(yaml.dump(plain))
    return str(file)


def test_a_dry_run_shows_request_answer_rows_and_what_the_mapping_made_of_them(interface, tmp_path, capsys):
    columns = {"point": ["a"], "register": ["r"], "start": ["soon"], "energy_wh": ["1500"], "status": ["ok"]}
    request = TriedRequest("GET", "https://data.example.org/load?key=•••", {"Authorization": "•••"})
    trial = Trial(request, 200, "application/json", 1234, pl.DataFrame(columns), more=True, total=7)
    interface.services.prober = lambda *_: trial
    cdmp("dry-run", a_file(tmp_path))
    said = capsys.readouterr().out
    for part in (
        "GET https://data.example.org/load?key=•••", "Authorization: •••", "200  application/json  1,234 bytes",
        "1 rows of 7, and another page", "1.5", "row 1: interval_start could not be read",
    ):  # fmt: skip
        assert part in said
    assert len(interface.services.datasets.loaded) == 1  # the one of before


def test_a_dry_run_that_fails_shows_the_request_and_why(interface, tmp_path, capsys):
    request = TriedRequest("GET", "https://data.example.org/load", {})
    interface.services.prober = lambda *_: Trial(request, 404, problem=Problem("here", "it answers 404", "Check."))
    cdmp("dry-run", a_file(tmp_path))
    assert "here: it answers 404\n  → Check." in capsys.readouterr().out


def test_a_dry_run_without_a_file_says_so(interface):
    with pytest.raises(ConfigurationInvalid, match="there is no such file"):
        cdmp("dry-run", "nowhere.yaml")


def test_presets_are_shown_with_what_they_need(capsys):
    cdmp("presets")
    said = capsys.readouterr().out
    assert "open_meteo\n" in said
    assert "latitude  degrees north" in said
    assert "mapper: {preset: openadr3_events}\n" in said
