"""Rules that are proposed from a sample are rules, and the sample itself keeps them."""

from __future__ import annotations

import pytest

from include.cim.definition import load_definition
from include.collection.check_curator import check_curator
from include.collection.proposing_rules import propose_rules, rules_document
from include.collection.suggesting import suggest_fields
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


def test_a_meters_rules_are_its_range_its_registers_and_its_quarter_hours() -> None:
    definition = load_definition()
    sample = next(one for one in FILES if one.file.parent == EXAMPLES and "fluvius" in one.file.name)
    inspection, proposal = suggest_fields(inspect_sample(sample), sample.file.name, definition.concepts())
    assert proposal.mapper is not None
    rules = propose_rules(inspection, proposal.mapper, definition.concept(proposal.mapper.concept))
    told = {(rule.type, rule.kwargs.get("column")): rule.kwargs for rule in rules}
    assert told["expect_series_intervals_to_leave_no_gap", None] == {"every": "PT15M"}
    energy = told["expect_column_values_to_be_between", "energy"]
    assert (energy["min_value"], energy["max_value"]) == (0.0, 0.38)
    registers = told["expect_column_values_to_be_in_set", "register"]["value_set"]
    assert registers == ["Afname Dag", "Afname Nacht", "Injectie Dag", "Injectie Nacht"]
    # a meter's number names a household: it is written into no rule
    assert ("expect_column_values_to_be_in_set", "meter_id") not in told
