"""The mapping that is proposed for real files: what it fills by itself, and what it leaves to the owner."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.cim.concept import Field, FieldType
from include.cim.definition import load_definition
from include.cim.suggest.cell_values import find_value
from include.cim.suggest.families import unpivot
from include.cim.suggest.propose import Proposal
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from include.errors import Problem

ROOT = Path(__file__).parents[3]
CIM = load_definition()
PHASES = CIM.concept("electrical_measurement")


def propose(file: Path) -> Proposal:
    return suggest_fields(inspect_source(file, file.name, {}), file.name, CIM.concepts())[1]


def write(folder: Path, text: str) -> Path:
    file = folder / "sample.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_field_of_a_meters_file_is_filled_and_its_words_are_looked_up() -> None:
    proposal = propose(ROOT / "examples/data/01_fluvius_elec_15min_nl.csv")
    assert proposal.missing == ()
    assert proposal.mapper is not None
    rules = {rule.field: rule for rule in proposal.mapper.rules}
    assert set(rules) >= {"usage_point_id", "meter_id", "register", "interval_start", "interval_end", "energy"}
    assert rules["quality"].values == {"Gevalideerd": "measured", "Geschat": "estimated", "Geen verbruik": "missing"}


def test_kinds_of_generation_side_by_side_become_rows() -> None:
    proposal = propose(ROOT / "examples/data/32_smard_lu_2024_15min_de.csv")
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    (rule,) = [rule for rule in proposal.mapper.rules if rule.field == "psr_type"]
    assert rule.values is not None
    said = {"Biomasse": "B01", "Erdgas": "B04", "Wind Onshore": "B19", "Photovoltaik": "B16", "Gesamtverbrauch": "A05"}
    assert said.items() <= rule.values.items()
    # what no code is for is told, and not made up
    assert [each.where for each in proposal.missing] == [
        "mapper.rules.psr_type.values",
        "mapper.rules.area_id",
        "mapper.rules.quantity",
    ]


def test_prices_of_two_areas_become_rows_and_a_nameless_hour_is_their_time() -> None:
    proposal = propose(ROOT / "tests/data/samples/16_omie_pmd_dst25_latin1.txt")
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    assert {column for group in proposal.mapper.unpivot.groups.values() for column in group} == {"price"}
    assert {"Precio de ajuste en el sistema español (EUR/MWh)"} < set(proposal.mapper.unpivot.columns)
    assert {rule.field for rule in proposal.mapper.rules} >= {"market_area", "interval_start", "price"}
    assert [each.where for each in proposal.missing] == ["mapper.rules.product", "mapper.rules.volume"]
    assert proposal.missing[1].what.endswith("is likely the right column, and not surely (82%)")


def test_what_stands_beside_phases_belongs_to_their_total(tmp_path: Path) -> None:
    header = "meter_id,time,power_w,power_l1_w,power_l2_w,current_l1_a,current_l2_a,frequency_hz\n"
    rows = "".join(f"M1,2024-03-01T0{hour}:00:00Z,600,200,400,1.1,1.9,50.01\n" for hour in range(6))
    proposal = propose(write(tmp_path, header + rows))
    assert proposal.mapper is not None
    assert proposal.mapper.unpivot is not None
    groups = proposal.mapper.unpivot.groups
    assert groups["total"] == {"active_power": "power_w", "frequency": "frequency_hz"}
    assert groups["l1"] == {"active_power": "power_l1_w", "current": "current_l1_a"}


def test_without_a_field_to_tell_them_apart_nothing_is_unpivoted() -> None:
    missing: list[Problem] = []
    assert unpivot({"energy": ["a kWh", "b kWh"]}, CIM.concept("meter_reading"), {"register"}, missing) is None
    assert [(each.where, each.what) for each in missing] == [
        ("mapper.unpivot", "2 columns fill energy: a kWh, b kWh"),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("L2", "L2", id="the value itself"),
        pytest.param("Phase B", "L2", id="one of its words"),
        pytest.param("Gesamt [kW]", "total", id="one of its words as a part"),
        pytest.param("phase 1 and phase 2", None, id="two values' words: nothing is said"),
        pytest.param("?", None, id="no word"),
        pytest.param("", None, id="empty"),
    ],
)
def test_cells_say_values(text: str, value: str | None) -> None:
    assert find_value(PHASES.fields["phase"], text) == value


def test_words_say_only_what_the_field_has() -> None:
    field = Field("quality", FieldType.ENUM, "How it came about", values=("measured",))
    assert find_value(field, "estimated") is None
