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

LIKE: Final = (_TEXT, NUMBER, frozenset({"timestamp"}), frozenset({"boolean"}))
"""Types whose values can be compared with one another."""

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
    "expect_column_pair_values_a_to_be_at_least_b": NUMBER,
    "expect_column_pair_values_to_be_equal": _ANY,
    "expect_column_pair_values_to_be_in_set": _ANY - {"timestamp"},
    "expect_multicolumn_sum_to_equal": NUMBER,
    "expect_multicolumn_values_to_be_equal": _ANY,
    "expect_select_column_values_to_be_unique_within_record": _ANY,
}
"""Expectations that judge one row by itself, with the types of field that they make sense for."""

COMPARING: Final = frozenset(
    {
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        "expect_multicolumn_values_to_be_equal",
        "expect_select_column_values_to_be_unique_within_record",
    }
)
"""Expectations that compare the fields of a row."""

KEY_RULES: Final[Mapping[str, frozenset[str]]] = {
    "expect_column_values_to_be_unique": _ANY,
    "expect_compound_columns_to_be_unique": _ANY,
}
"""Expectations that compare the rows of a batch with one another."""


_TIME: Final = frozenset({"timestamp"})
SERIES_RULES: Final[Mapping[str, tuple[frozenset[str], ...]]] = {
    "expect_series_values_to_never_step_back": (NUMBER, _TIME),
    "expect_series_values_to_not_be_stuck": (NUMBER, _TIME),
    "expect_series_values_to_not_spike": (NUMBER, _TIME),
    "expect_series_intervals_to_leave_no_gap": (_TIME, _TIME),
    "expect_series_intervals_to_not_overlap": (_TIME, _TIME),
}
"""Our own, that judge a row beside its neighbours: with the types of the first fields, before those of the series."""

CELL_RULES: Final = frozenset(rule for rule, types in SERIES_RULES.items() if types[0] is NUMBER)
"""Expectations that compare rows, and judge the cell of the first field that they name."""


BATCH_RULES: Final[Mapping[str, frozenset[str]]] = {
    "expect_table_row_count_to_be_between": _ANY,
    "expect_column_min_to_be_between": NUMBER,
    "expect_column_max_to_be_between": NUMBER,
    "expect_column_mean_to_be_between": NUMBER,
    "expect_column_median_to_be_between": NUMBER,
    "expect_column_sum_to_be_between": NUMBER,
    "expect_column_stdev_to_be_between": NUMBER,
    "expect_column_proportion_of_non_null_values_to_be_between": _ANY,
    "expect_column_proportion_of_unique_values_to_be_between": _ANY,
    "expect_column_unique_value_count_to_be_between": _ANY,
    "expect_column_distinct_values_to_be_in_set": _ANY - {"timestamp"},
    "expect_column_distinct_values_to_contain_set": _ANY - {"timestamp"},
    "expect_column_max_to_be_recent": _TIME,
    "expect_column_distribution_to_be_stable": NUMBER,
}
"""Expectations that judge a batch as a whole, after curation."""


def columns_of(rule: CurationRule) -> tuple[str, ...]:
    """Name the fields that a rule looks at."""
    named = [rule.kwargs.get(name) for name in ("column", "column_A", "column_B")]
    listed = rule.kwargs.get("column_list")
    names = [name for name in named if name is not None] + (listed if isinstance(listed, list) else [])
    return tuple(map(str, names))


def places_of(rule: CurationRule, written: CurationRule) -> tuple[str, ...]:
    """Say where in `kwargs` each of the fields of `columns_of` stands; empty of one that is not written there.

    Args:
        written: The rule as its owner wrote it, who of a rule about series may leave fields to the concept.
    """
    listed = rule.kwargs.get("column_list")
    length = len(listed) if isinstance(listed, list) else 0
    if "column_list" in written.kwargs or rule.type not in SERIES_RULES:
        single = [name for name in ("column", "column_A", "column_B") if rule.kwargs.get(name) is not None]
        return (*single, *(f"column_list[{number}]" for number in range(length)))
    heads = ("column", "time") if rule.type in CELL_RULES else ("start", "end")[: count_heads(rule)]
    names = [*((name, name) for name in heads), *(("series", f"series[{n}]") for n in range(length - len(heads)))]
    return tuple(place if name in written.kwargs else "" for name, place in names)


def compares_rows(rule: CurationRule) -> bool:
    """Whether a rule's answer for one row depends on other rows."""
    return rule.type in KEY_RULES or rule.type in SERIES_RULES


def count_heads(rule: CurationRule) -> int:
    """Count the fields of a rule about series that come before those that tell the series apart."""
    return 1 if rule.kwargs.get("every") is not None else len(SERIES_RULES[rule.type])


def fitting_types(rule: CurationRule) -> list[frozenset[str]]:
    """Give the types of field that a rule is for, for each field that it names."""
    columns = columns_of(rule)
    if rule.type in SERIES_RULES:
        heads = SERIES_RULES[rule.type][: count_heads(rule)]
        return [*heads, *[_ANY - {"float"}] * (len(columns) - len(heads))][: len(columns)]
    return [{**ROW_RULES, **KEY_RULES, **BATCH_RULES}[rule.type]] * len(columns)


def build_suite(rules: Sequence[CurationRule]) -> Any:
    """Make the ExpectationSuite; each expectation's `meta` tells which rule it is, as results come in any order.

    `mostly` stays out: a batch is judged in parts, and its share is counted over all of them.
    """
    load_library()
    from great_expectations.core.expectation_suite import ExpectationSuite

    kwargs = [{name: value for name, value in rule.kwargs.items() if name != "mostly"} for rule in rules]
    return ExpectationSuite(
        name="curation",
        expectations=[
            {"type": rule.type, "kwargs": given, "meta": {"rule": number}}
            for number, (rule, given) in enumerate(zip(rules, kwargs, strict=True))
        ],
    )
