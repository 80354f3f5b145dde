"""Curation rules as a Great Expectations suite, and everything about them that can be checked without data."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from include.errors import Problem, name_close
from include.expectations.config import Action, CurationRule
from include.expectations.library import load_library

# Type names of `include.cim.concept.FieldType`; domain rooms do not import one another.
_TEXT: Final = frozenset({"id", "text", "enum"})
_NUMBER: Final = frozenset({"float", "integer"})
_ORDERED: Final = _NUMBER | {"timestamp"}
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
    "expect_multicolumn_sum_to_equal": _NUMBER,
    "expect_multicolumn_values_to_be_equal": _ANY,
    "expect_select_column_values_to_be_unique_within_record": _ANY,
}
"""Expectations that judge one row by itself, with the types of field that they make sense for."""

KEY_RULES: Final[Mapping[str, frozenset[str]]] = {
    "expect_column_values_to_be_unique": _ANY,
    "expect_compound_columns_to_be_unique": _ANY,
}
"""Expectations that compare the rows of a batch with one another."""

# Great Expectations' own machinery: where rows come from and how results look is ours to say, and `row_condition` is
# evaluated as code.
_NOT_OURS: Final = frozenset(
    {"batch_id", "catch_exceptions", "condition_parser", "description", "id", "library_metadata", "meta", "notes"}
    | {"rendered_content", "result_format", "row_condition", "severity", "windows"}
)


def columns_of(rule: CurationRule) -> tuple[str, ...]:
    """Name the fields that a rule looks at."""
    named = [rule.kwargs.get(name) for name in ("column", "column_A", "column_B")]
    listed = rule.kwargs.get("column_list")
    return tuple(str(name) for name in named if name is not None) + tuple(listed if isinstance(listed, list) else ())


def compares_rows(rule: CurationRule) -> bool:
    """Whether a rule's answer for one row depends on other rows."""
    return rule.type in KEY_RULES


def check_rules(
    rules: Sequence[CurationRule],
    fields: Mapping[str, str],
    *,
    required: Collection[str] = (),
    where: str = "curator.rules",
) -> list[Problem]:
    """List everything that is wrong with rules, without looking at data.

    Args:
        fields: The fields that will be there, with their types (`FieldType`'s values).
        required: Fields that may not become null.
        where: The path of `rules` in the document.
    """
    problems: list[Problem] = []
    for number, rule in enumerate(rules):
        problems += _check_rule(rule, fields, required, f"{where}[{number}]")
    return problems


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


def _check_rule(
    rule: CurationRule, fields: Mapping[str, str], required: Collection[str], where: str
) -> Iterator[Problem]:
    served = {**ROW_RULES, **KEY_RULES}
    if rule.type not in served:
        yield Problem(
            f"{where}.type",
            f"{rule.type} is not a rule that can be used here",
            name_close(rule.type, sorted(served), "The rules are"),
        )
        return
    columns = columns_of(rule)
    for column in columns:
        if column not in fields:
            yield Problem(
                f"{where}.kwargs",
                f"field {column!r} is not mapped",
                name_close(column, sorted(fields), "The mapped fields are"),
            )
        elif fields[column] not in served[rule.type]:
            fitting = " or ".join(sorted(served[rule.type]))
            yield Problem(
                f"{where}.kwargs", f"field {column!r} holds {fields[column]}", f"{rule.type} is for fields of {fitting}"
            )
    if len(set(columns)) < len(columns):
        yield Problem(f"{where}.kwargs", "a field is named twice", "Compare different fields")
    types = [fields[column] for column in columns if fields.get(column) in served[rule.type]]
    misfits = list(_check_values(rule, types[0], f"{where}.kwargs")) if len(types) == len(columns) == 1 else []
    yield from misfits or _check_arguments(rule, f"{where}.kwargs")
    yield from _check_action(rule, columns, required, where)


def _check_arguments(rule: CurationRule, where: str) -> Iterator[Problem]:
    load_library()
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.expectations.registry import get_expectation_impl

    expectation = get_expectation_impl(rule.type)
    known = sorted(set(expectation.__fields__) - _NOT_OURS)
    unknown = [name for name in rule.kwargs if name not in known]
    for name in unknown:
        yield Problem(
            f"{where}.{name}",
            f"{rule.type} has no argument {name!r}",
            name_close(name, known, "The arguments are"),
        )
    if "$PARAMETER" in json.dumps(rule.kwargs, default=str):
        yield Problem(where, "$PARAMETER has no meaning here", "Write the value itself")
    elif not unknown:
        try:
            expectation(**rule.kwargs)
        except ValidationError as error:
            # a value may be of one of several types, and each of them complains: the first says enough
            first = {str(one["loc"][0]): one["msg"] for one in reversed(error.errors())}
            for name, message in sorted(first.items()):
                yield Problem(where if name == "__root__" else f"{where}.{name}", message)
            return
        yield from _check_patterns(rule, where)
        yield from _check_order(rule, where)


def _check_patterns(rule: CurationRule, where: str) -> Iterator[Problem]:
    for name in ("regex", "regex_list"):
        given = rule.kwargs.get(name, [])
        for pattern in given if isinstance(given, list) else [given]:
            try:
                re.compile(pattern)
            except re.error as error:
                yield Problem(f"{where}.{name}", f"is not a regular expression: {error}")


def _check_order(rule: CurationRule, where: str) -> Iterator[Problem]:
    low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        yield Problem(f"{where}.min_value", "is greater than max_value", "Swap the two")


def _check_values(rule: CurationRule, field_type: str, where: str) -> Iterator[Problem]:
    """Refuse values that no cell of the field can equal: they would send every row to quarantine."""
    given: list[tuple[str, Any]] = []
    if rule.type == "expect_column_values_to_be_between":
        given = [(name, rule.kwargs[name]) for name in ("min_value", "max_value") if rule.kwargs.get(name) is not None]
    elif isinstance(rule.kwargs.get("value_set"), list):
        given = [("value_set", value) for value in rule.kwargs["value_set"]]
    for name, value in given:
        if not _fits(value, field_type):
            example = {
                "timestamp": "a time with its offset, such as 2024-01-31T00:00:00+00:00",
                "boolean": "true or false",
            }.get(field_type, "a number" if field_type in _NUMBER else "text in quotes")
            yield Problem(f"{where}.{name}", f"does not fit a field of {field_type}", f"Write {example}")
            return


def _fits(value: Any, field_type: str) -> bool:
    if field_type == "timestamp":
        try:
            return datetime.fromisoformat(str(value)).tzinfo is not None
        except ValueError:
            return False
    if field_type == "boolean":
        return isinstance(value, bool)
    if field_type in _NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _check_action(
    rule: CurationRule, columns: Sequence[str], required: Collection[str], where: str
) -> Iterator[Problem]:
    if rule.on_violation is Action.SET_NULL:
        if len(columns) > 1 or compares_rows(rule):
            yield Problem(
                f"{where}.on_violation", "set_null needs a rule about the cell of one field", "Use quarantine or drop"
            )
        elif set(columns) & set(required):
            yield Problem(
                f"{where}.on_violation",
                f"field {columns[0]!r} is required and cannot be null",
                "Use quarantine or drop",
            )
    if "mostly" in rule.kwargs and rule.on_violation is not Action.FAIL:
        yield Problem(
            f"{where}.kwargs.mostly",
            "a share of rows says something about the batch, not about one row",
            "Use it with on_violation: fail, or leave it out",
        )
