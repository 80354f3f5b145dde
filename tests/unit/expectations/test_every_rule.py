"""Each rule about one row that is served finds the rows that break it, and passes over what is not there."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from include.batch import ROW_ID
from include.expectations.config import CurationRule
from include.expectations.run_suite import find_breaches
from include.expectations.suite import ROW_RULES

FRAME = pl.DataFrame(
    {
        ROW_ID: [1, 2, 3, 4],
        "a": [1.0, 2.0, None, 4.0],
        "b": [1.0, 3.0, 3.0, 1.0],
        "text": ["ab", "abc", None, "x"],
        "other": ["ab", "q", "q", "q"],
        "kind": ["up", "down", "up", None],
    }
)
PAIR = {"column_A": "a", "column_B": "b", "ignore_row_if": "either_value_is_missing"}

CASES: dict[str, list[tuple[dict[str, Any], list[int]]]] = {
    "expect_column_values_to_not_be_null": [({"column": "a"}, [3])],
    "expect_column_values_to_be_null": [({"column": "kind"}, [1, 2, 3])],
    "expect_column_values_to_be_between": [
        ({"column": "a", "min_value": 2}, [1]),
        ({"column": "a", "min_value": 1, "max_value": 4, "strict_min": True, "strict_max": True}, [1, 4]),
    ],
    "expect_column_values_to_be_in_set": [({"column": "kind", "value_set": ["up"]}, [2])],
    "expect_column_values_to_not_be_in_set": [({"column": "kind", "value_set": ["up"]}, [1, 3])],
    "expect_column_value_lengths_to_be_between": [({"column": "text", "min_value": 2, "max_value": 2}, [2, 4])],
    "expect_column_value_lengths_to_equal": [({"column": "text", "value": 3}, [1, 4])],
    "expect_column_values_to_match_regex": [({"column": "text", "regex": "^a"}, [4])],
    "expect_column_values_to_not_match_regex": [({"column": "text", "regex": "^a"}, [1, 2])],
    "expect_column_values_to_match_regex_list": [
        ({"column": "text", "regex_list": ["^a", "^x"]}, []),
        ({"column": "text", "regex_list": ["^a", "c$"], "match_on": "all"}, [1, 4]),
    ],
    "expect_column_values_to_not_match_regex_list": [({"column": "text", "regex_list": ["c$", "^x"]}, [2, 4])],
    "expect_column_pair_values_a_to_be_greater_than_b": [(PAIR, [1, 2]), ({**PAIR, "or_equal": True}, [2])],
    "expect_column_pair_values_a_to_be_at_least_b": [
        ({"column_A": "a", "column_B": "b"}, [2]),
        ({"column_A": "a", "column_B": "b", "tolerance": 1}, []),
    ],
    "expect_column_pair_values_to_be_equal": [(PAIR, [2, 4])],
    "expect_column_pair_values_to_be_in_set": [
        (
            {"column_A": "text", "column_B": "other", "value_pairs_set": [["ab", "ab"]]}
            | {"ignore_row_if": "either_value_is_missing"},
            [2, 4],
        )
    ],
    "expect_multicolumn_sum_to_equal": [
        ({"column_list": ["a", "b"], "sum_total": 5, "ignore_row_if": "any_value_is_missing"}, [1])
    ],
    "expect_multicolumn_values_to_be_equal": [
        ({"column_list": ["text", "other"], "ignore_row_if": "any_value_is_missing"}, [2, 4])
    ],
    "expect_select_column_values_to_be_unique_within_record": [
        ({"column_list": ["text", "other"], "ignore_row_if": "any_value_is_missing"}, [1])
    ],
}


def test_every_rule_is_tried() -> None:
    assert set(CASES) == set(ROW_RULES)


@pytest.mark.parametrize(("kind", "kwargs", "rows"), [(kind, *case) for kind, given in CASES.items() for case in given])
def test_a_rule_finds_the_rows_that_break_it(kind: str, kwargs: dict[str, Any], rows: list[int]) -> None:
    (found,) = find_breaches(FRAME, [CurationRule(type=kind, kwargs=kwargs)])
    assert found.row_ids.to_list() == rows
