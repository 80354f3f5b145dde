"""Curation rules that cannot be meant are refused on saving: with the place, and with what would be right."""

from __future__ import annotations

import math
from typing import Any

import pytest

from include.cim.definition import Definition, load_definition
from include.collection.check import check_collection
from include.collection.document import read_plain
from include.errors import ConfigurationInvalid, Problem
from include.expectations.config import MOST_RULES
from tests.factories import a_plain_config

BETWEEN = "column_values_to_be_between"
IN_SET = "column_values_to_be_in_set"
REGEX = "column_values_to_match_regex"
GAP = "series_intervals_to_leave_no_gap"
STUCK = "series_values_to_not_be_stuck"
SPIKE = "series_values_to_not_spike"
PAIRS = "column_pair_values_to_be_in_set"
AFTER = "column_pair_values_a_to_be_greater_than_b"
COMPOUND = "compound_columns_to_be_unique"
ROWS = "table_row_count_to_be_between"
MEAN = "column_mean_to_be_between"
LENGTH = "column_value_lengths_to_equal"
SHARE = "column_proportion_of_non_null_values_to_be_between"
FILL = {"column": "energy", "min_value": 0}


@pytest.fixture(scope="module")
def definition() -> Definition:
    return load_definition()


def rule(kind: str, on: str = "quarantine", /, more: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs, "on_violation": on, **(more or {})}


def energy(**kwargs: Any) -> dict[str, Any]:
    return rule(BETWEEN, column="energy", **kwargs)


def quality(**kwargs: Any) -> dict[str, Any]:
    return rule(IN_SET, column="quality", **kwargs)


def gap(**kwargs: Any) -> dict[str, Any]:
    return rule(GAP, **kwargs)


def fill(**kwargs: Any) -> dict[str, Any]:
    return rule(BETWEEN, "fill", {"fill": kwargs}, **FILL)


def problems(definition: Definition, *rules: Any) -> list[Problem]:
    try:
        config = read_plain(a_plain_config(curator={"rules": list(rules)}))
    except ConfigurationInvalid as error:
        return list(error.problems)
    return check_collection(config, definition)


@pytest.mark.parametrize(
    ("wrong", "where", "right"),
    [
        pytest.param(
            rule(COMPOUND, column_list=[1, 2]), "kwargs.column_list[0]", "mapped fields", id="numbers as fields"
        ),
        pytest.param(
            rule(COMPOUND, column_list=[["energy"], ["x"]]), "kwargs.column_list[0]", "energy", id="lists as fields"
        ),
        pytest.param(energy(min_value=math.nan), "kwargs.min_value", "64 bits", id="NaN"),
        pytest.param(energy(min_value=-math.inf), "kwargs.min_value", "64 bits", id="Infinity"),
        pytest.param(energy(max_value=10**400), "kwargs.max_value", "smaller", id="more than 64 bits"),
        pytest.param(energy(min_value=5, max_value=5, strict_min=True), "kwargs.strict_min", "Leave", id="no room"),
        pytest.param(energy(min_value=0, strict_min="yes"), "kwargs.strict_min", "true", id="yes"),
        pytest.param(energy(min_value=1e12), "kwargs.min_value", "from", id="beyond what the concept allows"),
        pytest.param(
            rule(
                BETWEEN,
                column="interval_start",
                min_value="2024-02-01T00:00:00Z",
                max_value="2024-01-01T00:00:00+01:00",
            ),
            "kwargs.min_value",
            "Swap",
            id="times the wrong way round",
        ),
        pytest.param(rule(REGEX, column="register", regex=5), "kwargs.regex", '"5"', id="a number as pattern"),
        pytest.param(rule(REGEX, column="register", regex=""), "kwargs.regex", "meant", id="an empty pattern"),
        pytest.param(rule(REGEX, column="register"), "kwargs.regex", "pattern", id="no pattern"),
        pytest.param(
            rule(f"{REGEX}_list", column="register", regex_list=["a", 5]),
            "kwargs.regex_list",
            '"5"',
            id="a number among patterns",
        ),
        pytest.param(rule(LENGTH, column="register", value="2"), "kwargs.value", "whole", id="a length in quotes"),
        pytest.param(rule(LENGTH, column="register", value=2.5), "kwargs.value", "whole", id="half a letter"),
        pytest.param(quality(value_set=[]), "kwargs.value_set", "leave", id="an empty set"),
        pytest.param(quality(value_set={"a": 1}), "kwargs.value_set", "list", id="an object as set"),
        pytest.param(quality(value_set=["mesured"]), "kwargs.value_set", "measured", id="a word that is never there"),
        pytest.param(
            rule(PAIRS, column_A="register", column_B="quality", value_pairs_set=[["r", "gone"]]),
            "kwargs.value_pairs_set",
            "measured",
            id="a word in a pair that is never there",
        ),
        pytest.param(
            rule(PAIRS, column_A="register", column_B="interval_start", value_pairs_set=[[1, "x"]]),
            "kwargs.column_B",
            "fields of",
            id="pairs with a time",
        ),
        pytest.param(
            rule(PAIRS, column_A="register", column_B="quality", value_pairs_set=[[1, "measured"]]),
            "kwargs.value_pairs_set",
            "text",
            id="a number in a pair of words",
        ),
        pytest.param(rule(AFTER, column_A="energy", column_B="interval_start"), "kwargs", "one type", id="no pair"),
        pytest.param(
            rule(AFTER, column_A="interval_end", column_B="interval_start", or_equal="no"),
            "kwargs.or_equal",
            "false",
            id="no in quotes",
        ),
        pytest.param(gap(every="P1M"), "kwargs.every", "days", id="every month"),
        pytest.param(gap(every="PT0S"), "kwargs.every", "PT15M", id="every moment"),
        pytest.param(gap(every="P999999999D"), "kwargs.every", "PT15M", id="every three million years"),
        pytest.param(
            gap(every="PT15M", series=["energy"]), "kwargs.series[0]", "text", id="series told apart by a reading"
        ),
        pytest.param(rule(STUCK, column="energy", readings="4"), "kwargs.readings", "Write 4", id="a count in quotes"),
        pytest.param(rule(STUCK, column="energy", readings=2.5), "kwargs.readings", "Write 2", id="half a reading"),
        pytest.param(
            rule(STUCK, column="energy", readings=4, except_values=["0"]), "kwargs.except_values", "0.0", id="0 as text"
        ),
        pytest.param(rule(SPIKE, column="energy", window=7.9), "kwargs.window", "Write 7", id="a broken window"),
        pytest.param(rule(ROWS, "hold"), "kwargs", "min_value", id="rows without bounds"),
        pytest.param(rule(ROWS, "hold", min_value="1"), "kwargs.min_value", "whole", id="rows in quotes"),
        pytest.param(rule(ROWS, "hold", max_value=-1), "kwargs.max_value", "from 0", id="less than no rows"),
        pytest.param(rule(MEAN, "hold", column="energy"), "kwargs", "min_value", id="a mean without bounds"),
        pytest.param(rule(MEAN, "hold", column="energy", min_value=True), "kwargs.min_value", "number", id="true"),
        pytest.param(rule(SHARE, "hold", column="energy", min_value=90), "kwargs.min_value", "0.9", id="90 of 1"),
        pytest.param(
            rule("column_max_to_be_recent", "hold", column="interval_start", within="PT0S"),
            "kwargs.within",
            "PT15M",
            id="newer than now",
        ),
        pytest.param(rule(BETWEEN, "fail", **FILL, mostly="0.9"), "kwargs.mostly", "0.9", id="a share in quotes"),
        pytest.param(rule(BETWEEN, "fail", **FILL, mostly=True), "kwargs.mostly", "1.0", id="mostly true"),
        pytest.param(fill(method="constant", value=[1]), "fill.value", "", id="a list to fill with"),
        pytest.param(fill(method="linear", within="P1M"), "fill.within", "", id="within a month"),
        pytest.param(fill(method="linear", within=3600), "fill.within", "", id="within 3600 of what"),
        pytest.param(fill(method="linear", within="PT0S"), "fill.within", "", id="within no time"),
        pytest.param(fill(method="median", within="P999999D"), "fill.within", "", id="within 2,700 years"),
        pytest.param(energy(min_value=0) | {"threshold": 3}, "threshold", "", id="300 %"),
        pytest.param(energy(min_value=0) | {"on_violation": "delete"}, "on_violation", "", id="an unknown action"),
        pytest.param(energy(min_value=0) | {"kwargs": ["energy"]}, "kwargs", "", id="kwargs that are a list"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told(
    wrong: dict[str, Any], where: str, right: str, definition: Definition
) -> None:
    first, *_ = problems(definition, energy(min_value=0), wrong)
    assert first.where == f"curator.rules[1].{where}"
    assert right in first.remedy
    assert first.what
    assert "datetime." not in first.what


@pytest.mark.parametrize(
    "right",
    [
        pytest.param(energy(min_value=0), id="a whole number where a fraction may be"),
        pytest.param(energy(min_value=-1e7, max_value=10), id="wider than the concept on one side"),
        pytest.param(rule(BETWEEN, column="interval_start", min_value="2024-01-01T00:00:00Z"), id="a time"),
        pytest.param(quality(value_set=["measured", "estimated"]), id="words"),
        pytest.param(
            rule(AFTER, column_A="interval_end", column_B="interval_start", or_equal=True), id="an end and a start"
        ),
        pytest.param(
            rule(PAIRS, column_A="register", column_B="quality", value_pairs_set=[["r", "measured"]]), id="pairs"
        ),
        pytest.param(rule(BETWEEN, "fail", **FILL, mostly=1), id="all of them"),
        pytest.param(rule(SHARE, "hold", column="energy", min_value=1, strict_max=False), id="a whole share"),
        pytest.param(gap(every=None), id="every that is null, as if it were not there"),
        pytest.param(rule(STUCK, column="energy", duration="PT2H", except_values=[0, 0.5]), id="stuck for two hours"),
        pytest.param(fill(method="median", within="P7D"), id="the median of a week"),
    ],
)
def test_a_rule_that_can_be_meant_is_kept(right: dict[str, Any], definition: Definition) -> None:
    assert problems(definition, right) == []


def test_nobody_writes_so_many_rules(definition: Definition) -> None:
    (problem,) = problems(definition, *[energy(min_value=0)] * (MOST_RULES + 1))
    assert problem.where == "curator.rules"
    assert str(MOST_RULES) in problem.remedy
