"""Curation rules as a Great Expectations suite: which there are, what they look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from include.expectations.config import CurationRule
from include.expectations.library import load_library

# Type names of `include.cim.concept.FieldType`; domain rooms do not import one another.
_TEXT: Final = frozenset({"id", "text", "enum"})
NUMBER: Final = frozenset({"float", "integer"})
_ORDERED: Final = NUMBER | {"timestamp"}
_ANY: Final = _TEXT | _ORDERED | {"boolean"}

ROW_RULES: Final[Mapping[str, frozenset[str]]] = {
    "expect_column_values_to_not_be_null": _ANY,
    "expect_column_values_to_be_null": _ANY,
    "expect_column_values_to_be_between": _ORDERED,
    "expect_column_values_to_be_in_set": _ANY - {"timestamp"},
    "expect_column_values_to_not_be_in_set": _ANY - {"timestamp"},
    "expect_column_value_lengths_to_be_between": _TEXT,
    "expect_column_value_lengths_to_equal": _TEXT,
    "expect_column_values_to_match_regex": _TEXT,
    "expect_column_values_to_not_match_regex": _TEXT,
    "expect_column_values_to_match_regex_list": _TEXT,
    "expect_column_values_to_not_match_regex_list": _TEXT,
    "expect_column_pair_values_a_to_be_greater_than_b": _ORDERED,
    "expect_column_pair_values_to_be_equal": _ANY,
    "expect_column_pair_values_to_be_in_set": _ANY - {"timestamp"},
    "expect_multicolumn_sum_to_equal": NUMBER,
    "expect_multicolumn_values_to_be_equal": _ANY,
    "expect_select_column_values_to_be_unique_within_record": _ANY,
}
"""Expectations that judge one row by itself, with the types of field that they make sense for."""

KEY_RULES: Final[Mapping[str, frozenset[str]]] = {
    "expect_column_values_to_be_unique": _ANY,
    "expect_compound_columns_to_be_unique": _ANY,
}
"""Expectations that compare the rows of a batch with one another."""


CELL_RULES: Final[frozenset[str]] = frozenset()
"""Expectations that compare rows, and judge the cell of the first field that they name."""


def columns_of(rule: CurationRule) -> tuple[str, ...]:
    """Name the fields that a rule looks at."""
    named = [rule.kwargs.get(name) for name in ("column", "column_A", "column_B")]
    listed = rule.kwargs.get("column_list")
    return tuple(str(name) for name in named if name is not None) + tuple(listed if isinstance(listed, list) else ())


def compares_rows(rule: CurationRule) -> bool:
    """Whether a rule's answer for one row depends on other rows."""
    return rule.type in KEY_RULES


def build_suite(rules: Sequence[CurationRule]) -> Any:
    """Make the ExpectationSuite; each expectation's `meta` tells which rule it is, as results come in any order.

    `mostly` stays out: a batch is judged in parts, and its share is counted over all of them.
    """
    load_library()
    from great_expectations.core.expectation_suite import ExpectationSuite

    return ExpectationSuite(
        name="curation",
        expectations=[
            {
                "type": rule.type,
                "kwargs": {name: value for name, value in rule.kwargs.items() if name != "mostly"},
                "meta": {"rule": number},
            }
            for number, rule in enumerate(rules)
        ],
    )
