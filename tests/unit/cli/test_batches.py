"""`cdmp batches` shows what was loaded, and how each field of a batch came about."""

from __future__ import annotations

import pytest

from cli import commands
from cli.app import app
from cli.commands import Session
from include.batch import AsOf
from include.errors import NotFound
from tests.factories import DATASET_ID
from tests.interface import BATCH_ID, PEOPLE, Interface


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch) -> Interface:
    interface = Interface()
    session = Session(interface.services, lambda: interface.engine, PEOPLE["owner"])  # type: ignore[arg-type,return-value]
    monkeypatch.setattr(commands, "open_session", lambda _user: session)
    return interface


def test_batches_are_listed_by_the_collections_title(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    app(["batches", "Meters of the test street"], standalone_mode=False)
    header, line = capsys.readouterr().out.splitlines()
    assert header.split()[:2] == ["NUMBER", "BATCH"]
    assert line.split() == ["1", str(BATCH_ID), "2026-11-20", "12:00:00", "3", "0", "0", "0", "2"]


def test_one_batch_shows_how_its_values_came_about(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    app(["batches", str(DATASET_ID), str(BATCH_ID)], standalone_mode=False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "rows 3 loaded, 0 there already, 2 in quarantine" in lines
    assert "energy energy_wh number with '.' Wh → kWh ÷ 1000" in lines
    assert "usage_point_id point id pseudonym" in lines
    assert "quality status table of 1 otherwise: estimated" in lines


def test_rows_that_were_read_otherwise_out_of_quarantine_are_shown_beside(
    interface: Interface, capsys: pytest.CaptureFixture[str]
) -> None:
    lineage = interface.services.datasets.lineages[BATCH_ID]
    fields = [{**each, "from_unit": "MWh"} if each["field"] == "energy" else each for each in lineage["fields"]]
    replayed = {**lineage, "fields": fields, "collection_version": 2, "load": 3}
    interface.services.datasets.lineages[BATCH_ID] = {**lineage, "replayed": [replayed]}
    app(["batches", str(DATASET_ID), str(BATCH_ID)], standalone_mode=False)
    before, _, beside = capsys.readouterr().out.partition("out of quarantine by load 3 (_since), version 2")
    assert "Wh → kWh" in before and "MWh → kWh" not in before
    assert "MWh → kWh" in beside
    body = interface.client().get(f"/dataset/{DATASET_ID}/batch/{BATCH_ID}").json()["lineage"]
    assert [each["load"] for each in body["replayed"]] == [3]


def test_units_that_rows_told_are_shown_with_their_conversions(
    interface: Interface, capsys: pytest.CaptureFixture[str]
) -> None:
    lineage = interface.services.datasets.lineages[BATCH_ID]
    units = [
        {"text": "KWH", "from_unit": "kWh", "multiplier": 1, "summand": 0, "divisor": 1},
        {"text": "MJ", "from_unit": "MJ", "multiplier": 5, "summand": 0, "divisor": 18},
    ]
    told = {"from_unit": None, "multiplier": 1, "divisor": 1, "units": units}
    fields = [{**each, **told} if each["field"] == "energy" else each for each in lineage["fields"]]
    interface.services.datasets.lineages[BATCH_ID] = {**lineage, "fields": fields}
    app(["batches", str(DATASET_ID), str(BATCH_ID)], standalone_mode=False)
    assert "kWh → kWh; MJ → kWh × 5 ÷ 18" in capsys.readouterr().out
    body = interface.client().get(f"/dataset/{DATASET_ID}/batch/{BATCH_ID}").json()["lineage"]
    assert [each["units"] for each in body["fields"] if each["field"] == "energy"] == [units]


def test_what_was_not_recorded_is_said(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    interface.services.datasets.lineages.clear()
    app(["batches", str(DATASET_ID), str(BATCH_ID)], standalone_mode=False)
    assert "was not recorded" in capsys.readouterr().out
    with pytest.raises(NotFound, match="no batch's id"):
        app(["batches", str(DATASET_ID), "latest"], standalone_mode=False)


def test_a_batch_is_taken_back_by_its_number(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    app(["rollback", str(DATASET_ID), "1", "--note", "the wrong unit"], standalone_mode=False)
    assert capsys.readouterr().out == "batch 1 taken back: 3 rows removed, 0 restored; the dataset has 0\n"
    app(["batches", str(DATASET_ID)], standalone_mode=False)
    header, line = capsys.readouterr().out.splitlines()[-2:]
    assert header.split("  ")[0] == "TAKEN BACK"
    assert line.split()[0] == "1" and line.endswith("the wrong unit")
    with pytest.raises(NotFound, match="no batch's id or number"):
        app(["rollback", str(DATASET_ID), "1"], standalone_mode=False)


def test_records_are_shown_as_a_batch_left_them(interface: Interface, capsys: pytest.CaptureFixture[str]) -> None:
    asked = []
    page = interface.services.records.page
    interface.services.records.page = lambda dataset, concept, query: (  # type: ignore[method-assign]
        asked.append(query.as_of) or page(dataset, concept, query)
    )
    app(["records", str(DATASET_ID), "--as-of", "1", "--format", "json"], standalone_mode=False)
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert asked == [AsOf(1, ())]
