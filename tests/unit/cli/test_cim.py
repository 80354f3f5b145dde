"""`cdmp cim` shows the CIM, proposes to it and decides, in words that a terminal can show."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from rdflib import Graph

from cli import cim
from cli.app import app, main
from cli.commands import Session
from tests.interface import EXTENSION_ID, PEOPLE, Interface, a_plain_proposal


@pytest.fixture
def interface(monkeypatch: pytest.MonkeyPatch) -> Interface:
    interface = Interface()

    def open_session(user: str) -> Session:
        return Session(interface.services, lambda: interface.engine, PEOPLE["owner" if user == "admin" else user])

    monkeypatch.setattr(cim, "open_session", open_session)
    return interface


def cdmp(*arguments: str) -> None:
    app(["cim", *arguments], standalone_mode=False)


def a_file(folder: Path, text: str) -> str:
    (folder / "proposal.yaml").write_text(text)
    return str(folder / "proposal.yaml")


def test_the_list_shows_concepts_and_words_find_some(interface, capsys):
    cdmp("list")
    every = capsys.readouterr().out.splitlines()
    cdmp("list", "state of charge")
    some = capsys.readouterr().out.splitlines()
    assert every[0].split() == ["CONCEPT", "FIELDS", "WHAT"]
    assert every[-1] == some[-1] == "version 1"
    assert some[1].startswith("battery_status")
    assert len(some) < len(every)


def test_a_concept_is_shown_as_a_table_as_turtle_and_as_json_schema(interface, capsys):
    cdmp("show", "battery_status")
    text = capsys.readouterr().out
    line = next(line for line in text.splitlines() if line.startswith("state_of_charge"))
    assert line.split()[1:6] == ["float", "%", "0", "…", "100"]
    assert "key      device_id, observed_at" in text
    cdmp("show", "battery_status", "--format", "turtle")
    assert len(Graph().parse(data=capsys.readouterr().out, format="turtle")) > 50
    cdmp("show", "battery_status", "--format", "jsonschema")
    assert json.loads(capsys.readouterr().out)["title"] == "Battery status"


def test_a_file_is_proposed_and_what_it_may_double_is_shown(interface, capsys, tmp_path):
    proposal = a_plain_proposal(name="reactive_energies", unit="kvarh")
    cdmp("propose", a_file(tmp_path, yaml.safe_dump(proposal)))
    text = capsys.readouterr().out
    assert text.startswith("proposed  ")
    assert "meter_reading.reactive_energies" in text.splitlines()[0]
    assert "meter_reading.reactive_energy  similar name" in text
    assert "used by 0 collections and 0 datasets" in text
    cdmp("extensions", "--state", "proposed")
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("decision", "line"),
    [
        (["--accept"], "accepted  {id}  meter_reading.standing_losses, version 2\n"),
        (["--reject", "It is not measured."], "rejected  {id}  meter_reading.standing_losses\n"),
        (["--merge", "meter_reading.energy"], "merged  {id}  meter_reading.standing_losses, version 2\n"),
    ],
)
def test_a_steward_decides(interface, capsys, decision, line):
    cdmp("review", str(EXTENSION_ID), *decision, "--as", "steward")
    assert capsys.readouterr().out == line.format(id=EXTENSION_ID)


def test_without_a_decision_a_review_shows_what_one_needs(interface, capsys):
    cdmp("review", str(EXTENSION_ID)[:20], "--as", "steward")
    assert capsys.readouterr().out.startswith(f"proposed  {EXTENSION_ID}  meter_reading.standing_losses\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "batteries"], "the CIM has no concept 'batteries'"),
        (["review", str(EXTENSION_ID), "--accept"], "stewards decide on proposals"),
        (["review", str(EXTENSION_ID), "--accept", "--reject", "x"], "these are several"),
        (["review", "ffff", "--accept"], "there is none that begins so"),
        (["extensions", "--state", "lost"], "there is no state 'lost'"),
        (["propose", "no/such.yaml"], "there is no such file"),
    ],
)
def test_what_goes_wrong_is_a_sentence(interface, capsys, monkeypatch, arguments, sentence):
    monkeypatch.setattr(sys, "argv", ["cdmp", "cim", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    text = capsys.readouterr().err
    assert ended.value.code == 2
    assert sentence in text
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            "concept: meter_reading\nfield: {name: x, type: float, descripton: y}\n",
            "field.descripton: there is no such key",
        ),
        ("- a\n", "document: "),
        ("field: [\n", "line "),
        ('concept: meter_reading\nreason: "\\uD800"\nfield: {name: x}\n', ""),
    ],
)
def test_a_file_with_mistakes_tells_their_places(interface, capsys, monkeypatch, tmp_path, text, place):
    monkeypatch.setattr(sys, "argv", ["cdmp", "cim", "propose", a_file(tmp_path, text)])
    with pytest.raises(SystemExit):
        main()
    assert place in capsys.readouterr().err
