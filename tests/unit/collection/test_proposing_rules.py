"""Rules that are proposed from a sample are rules, and the sample itself keeps them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from include.cim.definition import load_definition
from include.cim.mapping_config import MappingRule
from include.collection.check_curator import check_curator
from include.collection.proposing_rules import propose_rules, rules_document
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from include.expectations.config import Action, CuratorConfig
from tests.samples import EXAMPLES, FILES, SampleFile, inspect_sample


@pytest.mark.parametrize("sample", FILES, ids=lambda sample: sample.file.name)
def test_what_is_proposed_is_accepted_on_saving_and_flags(sample: SampleFile) -> None:
    definition = load_definition()
    inspection, proposal = suggest_fields(inspect_sample(sample), sample.file.name, definition.concepts())
    if proposal.mapper is None:
        return
    concept = definition.concept(proposal.mapper.concept)
    rules = propose_rules(inspection, proposal.mapper, concept)
    problems = list(check_curator(CuratorConfig(rules=rules), proposal.mapper, concept))
    assert problems == []
    assert all(rule.on_violation is Action.FLAG for rule in rules)
    assert CuratorConfig.model_validate(rules_document(rules)).rules == rules


def test_a_meters_rules_are_its_range_and_its_registers() -> None:
    definition = load_definition()
    sample = next(one for one in FILES if one.file.parent == EXAMPLES and "fluvius" in one.file.name)
    inspection, proposal = suggest_fields(inspect_sample(sample), sample.file.name, definition.concepts())
    assert proposal.mapper is not None
    rules = propose_rules(inspection, proposal.mapper, definition.concept(proposal.mapper.concept))
    told = {(rule.type, rule.kwargs.get("column")): rule.kwargs for rule in rules}
    # a register of the day has nothing to say at night: that is no gap
    assert ("expect_series_intervals_to_leave_no_gap", None) not in told
    energy = told["expect_column_values_to_be_between", "energy"]
    assert (energy["min_value"], energy["max_value"]) == (0.0, 0.38)
    registers = told["expect_column_values_to_be_in_set", "register"]["value_set"]
    assert registers == ["Afname Dag", "Afname Nacht", "Injectie Dag", "Injectie Nacht"]
    # a meter's number names a household: it is written into no rule
    assert ("expect_column_values_to_be_in_set", "meter_id") not in told


@pytest.mark.parametrize(
    ("left_out", "proposed"),
    [pytest.param([], [{"every": "PT1H"}], id="whole"), pytest.param([50], [], id="with a gap of its own")],
)
def test_intervals_follow_one_another_where_they_do_in_the_sample(
    left_out: list[int], proposed: list[dict[str, str]], tmp_path: Path
) -> None:
    hours = [
        f"{meter};{begin + timedelta(hours=at):%Y-%m-%dT%H:%M:%SZ};{at / 7:.2f}"
        for begin in [datetime(2026, 3, 28, tzinfo=UTC)]
        for at in range(100)
        if at not in left_out
        for meter in (541448820000000016, 541448820000000023)
    ]
    file = tmp_path / "meters.csv"
    file.write_text("\n".join(["EAN;Beginn;Verbrauch (kWh)", *hours]) + "\n")
    definition = load_definition()
    inspection, proposal = suggest_fields(inspect_source(file, file.name, {}), file.name, definition.concepts())
    assert proposal.mapper is not None
    mapper = proposal.mapper.model_copy(
        update={"rules": (*proposal.mapper.rules, MappingRule(field="register", constant="r"))}
    )
    rules = propose_rules(inspection, mapper, definition.concept(mapper.concept))
    assert [rule.kwargs for rule in rules if rule.type == "expect_series_intervals_to_leave_no_gap"] == proposed


@pytest.mark.parametrize("own", [{}, {"unit_column": "X"}, {"power_of_ten": "X"}], ids=["one", "units", "powers"])
def test_no_range_is_proposed_where_each_row_has_a_scale_of_its_own(own: dict[str, str], tmp_path: Path) -> None:
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [f"541448820000000016;{begin + timedelta(hours=at):%Y-%m-%dT%H:%M:%SZ};{at / 7:.2f};2" for at in range(60)]
    file = tmp_path / "meters.csv"
    file.write_text("\n".join(["EAN;Beginn;Verbrauch (kWh);X", *rows]) + "\n")
    definition = load_definition()
    inspection, proposal = suggest_fields(inspect_source(file, file.name, {}), file.name, definition.concepts())
    assert proposal.mapper is not None
    scaled = [rule.model_copy(update=own) if rule.field == "energy" else rule for rule in proposal.mapper.rules]
    mapper = proposal.mapper.model_copy(update={"rules": tuple(scaled)})
    found = propose_rules(inspection, mapper, definition.concept(mapper.concept))
    ranges = [rule for rule in found if rule.kwargs.get("column") == "energy" and "between" in rule.type]
    assert bool(ranges) == (own == {})
