"""Rows whose units differ: the proposed rule names the column that tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.collection.inspection_document import inspection_document
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from tests.unit.collection.test_proposed_mapping import CIM, propose, rules_of, write


def readings(names: str, *units: str) -> str:
    """A minute for each row, and each row another unit."""
    rows = (f"2024-06-01T10:{at:02}:00Z,M{unit},{at * 3}.5,{unit}" for at in range(60) for unit in units)
    return "\n".join([f"time,meter,{names}", *rows])


@pytest.mark.parametrize("names", ["value,unit", "energy,uom", "energy,unit_of_measurement", "energy,energy_unit"])
def test_a_column_of_several_units_of_one_thing_tells_each_rows(names: str, tmp_path: Path) -> None:
    source, unit = names.split(",")
    proposal = propose(write(tmp_path, readings(names, "Wh", "kWh", "MJ")), concept="meter_reading")
    energy = rules_of(proposal)["energy"]
    assert (energy.source, energy.unit, energy.unit_column) == (source, None, unit)
    assert not [each for each in proposal.missing if each.where == "mapper.rules.energy.unit"]


def test_one_unit_in_two_spellings_is_looked_up_as_well(tmp_path: Path) -> None:
    proposal = propose(write(tmp_path, readings("value,unit", "Wh", "WHR")), concept="meter_reading")
    assert rules_of(proposal)["energy"].unit_column == "unit"


def test_powers_become_energy_over_the_interval_whatever_their_units(tmp_path: Path) -> None:
    proposal = propose(write(tmp_path, readings("value,unit", "W", "kW")), concept="meter_reading")
    energy = rules_of(proposal)["energy"]
    assert (energy.unit_column, str(energy.interval)) == ("unit", "0:01:00")


@pytest.mark.parametrize(
    ("units", "unit"),
    [
        pytest.param(("kWh",), "kWh", id="one"),
        pytest.param(("kWh", "°C"), None, id="of several things"),
        pytest.param(("kWh", "furlong"), None, id="one that is none"),
        pytest.param(("EUR/MWh", "EUR/kWh"), None, id="money"),
    ],
)
def test_other_columns_of_units_do_not(units: tuple[str, ...], unit: str | None, tmp_path: Path) -> None:
    rules = rules_of(propose(write(tmp_path, readings("energy,unit", *units)), concept="meter_reading"))
    assert [(each.unit_column, each.unit) for name, each in rules.items() if name == "energy"] == [(None, unit)]


def test_what_is_suggested_names_no_single_unit(tmp_path: Path) -> None:
    file = write(tmp_path, readings("energy,unit", "Wh", "kWh"))
    inspection, _ = suggest_fields(
        inspect_source(file, "sample.csv", {"concept": "meter_reading"}), "s", CIM.concepts()
    )
    columns = {each["name"]: each for each in inspection_document(inspection)["tables"][0]["columns"]}
    energy = columns["energy"]
    assert (energy["unit"], energy["suggestion"]["field"], energy["suggestion"]["unit"]) == (None, "energy", None)
    assert "'unit' tells units of it" in energy["suggestion"]["reason"]
