"""Curation rules are checked without data, and every mistake is answered with what would be right."""

from __future__ import annotations

import time
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from include.batch import ROW_ID
from include.errors import Problem
from include.expectations.check_rules import check_rules
from include.expectations.config import Action, CurationRule
from include.expectations.run_suite import find_breaches
from include.expectations.suite import KEY_RULES, ROW_RULES, build_suite, columns_of, compares_rows

FIELDS = {"meter_id": "id", "start": "timestamp", "end": "timestamp", "energy": "float", "count": "integer"} | {
    "direction": "enum",
    "valid": "boolean",
    "note": "text",
}
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"


def check(kind: str, action: Action = Action.QUARANTINE, /, **kwargs: Any) -> list[Problem]:
    rule = CurationRule(type=kind, kwargs=kwargs, on_violation=action)
    return check_rules([rule], FIELDS, required=["meter_id", "energy"])


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        (BETWEEN, {"column": "energy", "min_value": 0, "max_value": 9.5}),
        (BETWEEN, {"column": "start", "min_value": "2020-01-01T00:00:00+00:00"}),
        (BETWEEN, {"column": "count", "max_value": 7, "strict_max": True}),
        (IN_SET, {"column": "direction", "value_set": ["import"]}),
        (IN_SET, {"column": "valid", "value_set": [True]}),
        ("expect_column_values_to_match_regex", {"column": "meter_id", "regex": "^54[0-9]{16}$"}),
        ("expect_column_value_lengths_to_equal", {"column": "meter_id", "value": 18}),
        ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "end", "column_B": "start"}),
        ("expect_compound_columns_to_be_unique", {"column_list": ["meter_id", "start"]}),
    ],
)
def test_a_rule_that_works_has_no_problem(kind: str, kwargs: dict[str, Any]) -> None:
    assert check(kind, **kwargs) == []


@pytest.mark.parametrize(
    ("kind", "kwargs", "where", "what", "remedy"),
    [
        pytest.param("expect_column_values_to_be_betwen", {}, "type", "not a rule", BETWEEN, id="misspelt rule"),
        pytest.param(
            "expect_column_mean_to_be_between",
            {"column": "energy", "min_value": 0},
            "on_violation",
            "about the batch",
            "hold",
            id="rows quarantined for what the batch is",
        ),
        pytest.param(
            BETWEEN, {"column": "enrgy", "min_value": 0}, "kwargs.column", "'enrgy' is not mapped", "energy", id="field"
        ),
        pytest.param(
            BETWEEN, {"column": "energy", "minvalue": 0}, "kwargs.minvalue", "no argument", "min_value", id="argument"
        ),
        pytest.param(BETWEEN, {"column": "energy"}, "kwargs", "no bound", "min_value", id="no limit"),
        pytest.param(BETWEEN, {"min_value": 0}, "kwargs.column", "missing", "Add", id="no column"),
        pytest.param(
            BETWEEN,
            {"column": "energy", "min_value": 5, "max_value": 1},
            "kwargs.min_value",
            "greater than max_value",
            "Swap",
            id="limits the wrong way round",
        ),
        pytest.param(
            BETWEEN,
            {"column": "energy", "min_value": "zero"},
            "kwargs.min_value",
            "does not fit a field of float",
            "a number",
            id="a word as a limit",
        ),
        pytest.param(
            BETWEEN,
            {"column": "start", "min_value": "2020-01-01"},
            "kwargs.min_value",
            "does not fit a field of timestamp",
            "offset",
            id="a time without its offset",
        ),
        pytest.param(
            BETWEEN,
            {"column": "note", "min_value": 1},
            "kwargs.column",
            "'note' holds text",
            "float or integer",
            id="type",
        ),
        pytest.param(
            IN_SET,
            {"column": "energy", "value_set": ["1.0"]},
            "kwargs.value_set",
            "float",
            "a number",
            id="set of text",
        ),
        pytest.param(
            "expect_compound_columns_to_be_unique",
            {"column_list": ["start", "start"]},
            "kwargs.column_list[1]",
            "named twice",
            "different fields",
            id="one field twice",
        ),
        pytest.param(IN_SET, {"column": "direction"}, "kwargs.value_set", "missing", "Add", id="no set"),
        pytest.param(
            IN_SET, {"column": "valid", "value_set": ["yes"]}, "kwargs.value_set", "boolean", "true or false", id="yes"
        ),
        pytest.param(
            "expect_column_values_to_match_regex",
            {"column": "meter_id", "regex": "^[0-9"},
            "kwargs.regex",
            "not a regular expression",
            "",
            id="broken pattern",
        ),
        pytest.param(
            BETWEEN,
            {"column": "energy", "min_value": {"$PARAMETER": "now()"}},
            "kwargs.min_value",
            "does not fit",
            "",
            id="an expression to evaluate",
        ),
        pytest.param(
            "expect_column_values_to_match_regex",
            {"column": "note", "regex": {"$PARAMETER": "now()"}},
            "kwargs",
            "$PARAMETER",
            "",
            id="an expression in the place of a pattern",
        ),
        pytest.param(
            BETWEEN,
            {"column": "energy", "min_value": 0, "row_condition": "__import__('os')"},
            "kwargs.row_condition",
            "no argument",
            "",
            id="a condition that would run as code",
        ),
        pytest.param(
            BETWEEN,
            {"column": "energy", "min_value": 0, "mostly": 0.9},
            "kwargs.mostly",
            "share",
            "fail",
            id="a share of rows, with an action on rows",
        ),
    ],
)
def test_a_mistake_is_answered_with_the_place_and_what_would_be_right(
    kind: str, kwargs: dict[str, Any], where: str, what: str, remedy: str
) -> None:
    problem = check(kind, **kwargs)[0]
    assert problem.where == f"curator.rules[0].{where}"
    assert what in problem.what
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("rule", "where", "what"),
    [
        pytest.param({"on_violation": "fill"}, "fill", "missing", id="nothing to fill with"),
        pytest.param(
            {"on_violation": "fill", "fill": {"method": "constant", "value": "none"}},
            "fill.value",
            "float",
            id="a word",
        ),
        pytest.param(
            {"on_violation": "fill", "fill": {"method": "constant", "value": -1}},
            "fill.value",
            "very rule",
            id="no cure",
        ),
        pytest.param({"fill": {"method": "constant", "value": 1}}, "fill", "nothing is filled", id="another action"),
        pytest.param({"on_violation": "clamp", "type": IN_SET}, "on_violation", "no bounds", id="no bounds"),
        pytest.param(
            {"on_violation": "clamp", "kwargs": {"column": "start", "min_value": "2020-01-01T00:00:00+00:00"}},
            "on_violation",
            "another row's",
            id="a time brought to a bound",
        ),
        pytest.param(
            {"on_violation": "clamp", "kwargs": {"column": "energy", "min_value": 0, "strict_min": True}},
            "on_violation",
            "not allowed itself",
            id="a bound that is out of bounds",
        ),
        pytest.param(
            {"on_violation": "clamp", "kwargs": {"column": "count", "min_value": 0.5}},
            "on_violation",
            "fraction",
            id="½",
        ),
        pytest.param(
            {
                "on_violation": "fill",
                "type": "expect_column_values_to_be_in_set",
                "kwargs": {"column": "direction", "value_set": ["import"]},
                "fill": {"method": "linear", "within": "PT1H"},
            },
            "fill.method",
            "for numbers",
            id="a line between words",
        ),
        pytest.param(
            {"on_violation": "fail", "threshold": 0.1, "kwargs": {"column": "energy", "min_value": 0, "mostly": 0.9}},
            "threshold",
            "mostly",
            id="two shares",
        ),
        pytest.param(
            {"type": "expect_series_values_to_not_spike", "kwargs": {"column": "energy"}},
            "kwargs",
            "name",
            id="no time",
        ),
        pytest.param(
            {"type": "expect_series_intervals_to_leave_no_gap", "kwargs": {"column_list": ["start", "meter_id"]}},
            "kwargs.column_list[1]",
            "holds id",
            id="an end that is no time",
        ),
        pytest.param(
            {
                "type": "expect_series_intervals_to_leave_no_gap",
                "kwargs": {"column_list": ["start", "meter_id"], "every": "a while"},
            },
            "kwargs.every",
            "no length of time",
            id="no duration",
        ),
        pytest.param(
            {"type": "expect_series_values_to_not_be_stuck", "kwargs": {"column_list": ["energy", "start"]}},
            "kwargs",
            "neither",
            id="stuck for how long",
        ),
        pytest.param(
            {"type": "expect_column_max_to_be_recent", "kwargs": {"column": "energy", "within": "P1D"}},
            "kwargs.column",
            "holds float",
            id="how new a number is",
        ),
    ],
)
def test_an_action_that_cannot_be_carried_out_is_refused(rule: dict[str, Any], where: str, what: str) -> None:
    plain = {"type": BETWEEN, "kwargs": {"column": "energy", "min_value": 0}} | rule
    if plain["type"] == IN_SET and "kwargs" not in rule:
        plain["kwargs"] = {"column": "energy", "value_set": [1]}
    problem = check_rules([CurationRule.model_validate(plain)], FIELDS, required=["meter_id"])[0]
    assert problem.where == f"curator.rules[0].{where}"
    assert what in problem.what


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"threshold": 1.0}, id="all rows are the most"),
        pytest.param({"threshold": "0.1"}, id="a word"),
        pytest.param({"fill": {"method": "linear"}}, id="no gap limit"),
        pytest.param({"fill": {"method": "constant"}}, id="no constant"),
        pytest.param({"fill": {"method": "mean", "within": "PT1H"}}, id="no such method"),
        pytest.param({"fill": {"method": "linear", "within": "P-1D"}}, id="less than nothing"),
    ],
)
def test_what_has_the_wrong_form_is_no_rule(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CurationRule.model_validate({"type": BETWEEN, "kwargs": {"column": "energy", "min_value": 0}} | wrong)


@pytest.mark.parametrize("pattern", [r"^(\w+\s?)+$", r"^(a+)+$", "(x|y|xy)*z"])
def test_a_pattern_that_would_backtrack_for_ever_is_searched_in_no_time(pattern: str) -> None:
    match = CurationRule(type="expect_column_values_to_match_regex", kwargs={"column": "note", "regex": pattern})
    assert check_rules([match], FIELDS) == []
    frame = pl.DataFrame({ROW_ID: [1], "note": ["a" * 5000 + "é!"]})
    started = time.process_time()
    (breach,) = find_breaches(frame, [match])
    assert breach.row_ids.to_list() == [1]
    assert time.process_time() - started < 5


@pytest.mark.parametrize("pattern", [r"(?=a)b", r"(a)\1", "(?:.{1,100}){1,100}"])
def test_a_pattern_that_cannot_be_searched_so_is_refused(pattern: str) -> None:
    (problem,) = check("expect_column_values_to_match_regex", column="note", regex=pattern)
    assert problem.where == "curator.rules[0].kwargs.regex"
    assert "RE2" in problem.remedy


def test_a_share_of_rows_may_decide_over_the_batch() -> None:
    assert check(BETWEEN, Action.FAIL, column="energy", min_value=0, mostly=0.9) == []


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        pytest.param(BETWEEN, {"column": "energy", "min_value": 0}, id="a required field"),
        pytest.param(
            "expect_column_pair_values_to_be_equal", {"column_A": "end", "column_B": "start"}, id="two fields"
        ),
        pytest.param("expect_column_values_to_be_unique", {"column": "note"}, id="a rule about several rows"),
    ],
)
def test_set_null_is_refused_where_there_is_no_cell_to_empty(kind: str, kwargs: dict[str, Any]) -> None:
    (problem,) = check(kind, Action.SET_NULL, **kwargs)
    assert problem.where == "curator.rules[0].on_violation"


def test_every_mistake_is_listed_not_only_the_first() -> None:
    rules = [CurationRule(type=BETWEEN, kwargs={"column": name, "min_value": 0}) for name in ("x", "energy", "y")]
    places = ["curator.rules[0].kwargs.column", "curator.rules[2].kwargs.column"]
    assert [one.where for one in check_rules(rules, FIELDS)] == places


@pytest.mark.parametrize("kind", sorted({**ROW_RULES, **KEY_RULES}))
def test_every_rule_that_is_served_exists_in_great_expectations(kind: str) -> None:
    from great_expectations.expectations.registry import get_expectation_impl

    assert get_expectation_impl(kind).__fields__


def test_the_suite_is_a_real_one_and_remembers_which_rule_is_which() -> None:
    rules = [
        CurationRule(type=BETWEEN, kwargs={"column": "energy", "min_value": low}, on_violation=Action.FAIL)
        for low in (0, 1)
    ]
    suite = build_suite(rules)
    assert type(suite).__name__ == "ExpectationSuite"
    assert [(one.meta["rule"], one.min_value) for one in suite.expectations] == [(0, 0), (1, 1)]


def test_fields_are_named_in_the_order_of_the_rule() -> None:
    pair = CurationRule(
        type="expect_column_pair_values_a_to_be_greater_than_b", kwargs={"column_B": "start", "column_A": "end"}
    )
    key = CurationRule(type="expect_compound_columns_to_be_unique", kwargs={"column_list": ["b", "a"]})
    assert columns_of(pair) == ("end", "start")
    assert columns_of(key) == ("b", "a")
    assert (compares_rows(pair), compares_rows(key)) == (False, True)
