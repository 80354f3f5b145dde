"""A concept's demands become expectations; nothing is demanded of fields that are not mapped."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

from include.cim.concept import FieldType
from include.cim.definition import load_definition
from include.collection.suite import demands_of, suite_of
from include.expectations.check_rules import check_rules
from include.expectations.config import Action, CurationRule, CuratorConfig
from include.expectations.library import load_library
from include.expectations.suite import KEY_RULES, ROW_RULES
from include.expectations.suite_document import Suite, read_suite, write_suite
from tests.staged import READING

ALL = list(READING.fields)
OWN = CurationRule(type="expect_column_values_to_be_null", kwargs={"column": "note"}, on_violation=Action.DROP)


def test_every_demand_of_the_concept_is_written_and_the_owners_rules_follow() -> None:
    suite = suite_of(READING, CuratorConfig(rules=(OWN,)), ALL)
    assert [(rule.type.removeprefix("expect_"), rule.kwargs) for rule in suite] == [
        ("column_values_to_not_be_null", {"column": "meter_id"}),
        ("column_values_to_not_be_null", {"column": "start"}),
        (
            "column_pair_values_a_to_be_greater_than_b",
            {"column_A": "end", "column_B": "start", "ignore_row_if": "either_value_is_missing"},
        ),
        ("column_values_to_not_be_null", {"column": "energy"}),
        ("column_values_to_be_between", {"column": "energy", "min_value": 0, "max_value": 100}),
        ("column_values_to_be_in_set", {"column": "direction", "value_set": ["import", "export"]}),
        ("compound_columns_to_be_unique", {"column_list": ["meter_id", "start"]}),
        ("column_values_to_be_null", {"column": "note"}),
    ]
    assert {rule.on_violation for rule in suite[:-1]} == {Action.QUARANTINE}
    assert suite[-1] == OWN


def test_great_expectations_accepts_the_whole_suite() -> None:
    fields = {name: str(field.type) for name, field in READING.fields.items()}
    assert check_rules(suite_of(READING, CuratorConfig(), ALL), fields, required=["meter_id", "start", "energy"]) == []


def test_every_concepts_demands_are_known_again_after_great_expectations_wrote_them() -> None:
    load_library()
    from great_expectations.core.expectation_suite import ExpectationSuite

    for concept in load_definition().concepts():
        demands = demands_of(concept, list(concept.fields))
        written = ExpectationSuite(**write_suite(demands, [OWN], concept.name)).to_json_dict()
        assert read_suite(Suite.model_validate(written), demands) == {len(demands): OWN}


def test_the_rules_know_every_type_of_field() -> None:
    known = set().union(*ROW_RULES.values(), *KEY_RULES.values())
    assert known == {str(one) for one in FieldType}


def test_writing_a_suite_needs_no_heavy_library() -> None:
    code = (
        "import sys, include.collection.suite, include.expectations.suite;"
        "heavy = {'great_expectations', 'pandas', 'polars', 'pyarrow', 'presidio_anonymizer'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_not_mapped_is_not_demanded() -> None:
    suite = suite_of(READING, CuratorConfig(), ["meter_id", "end"])
    assert [rule.kwargs for rule in suite] == [{"column": "meter_id"}]


def test_every_field_that_takes_codes_demands_one_of_them() -> None:
    for concept in load_definition().concepts():
        assert ("currency" in concept.fields) == any(field.codes for field in concept.fields.values()), concept.name
    rules = demands_of(load_definition().concept("market_price"), ["currency"])
    assert [(rule.type, rule.kwargs["column"]) for rule in rules] == [("expect_column_values_to_be_in_set", "currency")]
    assert {"EUR", "DEM"} < set(rules[0].kwargs["value_set"])


def test_one_limit_is_enough_and_a_key_of_one_field_is_unique_by_itself() -> None:
    energy = replace(READING.fields["energy"], required=False, maximum=None)
    concept = replace(READING, key=("meter_id",), fields={**READING.fields, "energy": energy})
    suite = suite_of(concept, CuratorConfig(), ["energy", "meter_id"])
    assert [(rule.type, rule.kwargs) for rule in suite[1:]] == [
        ("expect_column_values_to_be_between", {"column": "energy", "min_value": 0}),
        ("expect_column_values_to_be_unique", {"column": "meter_id"}),
    ]
