"""Checks the arguments of curation rules: their names, their kinds, and whether anything can keep the rule at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from include.errors import Problem, name_close
from include.expectations.config import CurationRule
from include.expectations.library import load_library
from include.expectations.suite import NUMBER

# Great Expectations' own machinery: where rows come from and how results look is ours to say, and `row_condition` is
# evaluated as code.
_NOT_OURS: Final = frozenset(
    {"batch_id", "catch_exceptions", "condition_parser", "description", "id", "library_metadata", "meta", "notes"}
    | {"rendered_content", "result_format", "row_condition", "severity", "windows"}
    # what a run fills in itself
    | {"edges", "now", "rows", "shares"}
)

_SAYS: Final = (
    (r"field required", "it is missing", "Add it"),
    (r"none is not an allowed value", "it is null", "Write its value, or leave it out"),
    (r"str type expected", "it is no text", "Write text in quotes"),
    (r"value is not a valid (?:float|integer)", "it is no number", "Write a number"),
    (r"value is not a valid (?:list|sequence|tuple)", "it is no list", "Write a list"),
    (r"wrong tuple length .*", "it is no list of pairs", "Write two values in each"),
    (r"value could not be parsed to a boolean", "it is neither true nor false", "Write true or false"),
    (r"unexpected value; permitted: (.*)", "it is no word that is known here", r"Write one of \1"),
    (r"ensure this value is greater than or equal to (.*)", "it is too small", r"Write \1 or more"),
    (r"ensure this value is less than or equal to (.*)", "it is too large", r"Write \1 or less"),
    (r"ensure this value is greater than (.*)", "it is too small", r"Write more than \1"),
    (r"is no duration.*", "it is no length of time", "Write weeks, days, hours or less in ISO 8601, such as PT15M"),
    (r"column_list must contain at least two columns.*", "it names too few fields", "Name two or more"),
)
"""What the library says of an argument, in our words."""

_EXAMPLES: Final = {
    "timestamp": "Write a time with its offset, such as 2024-01-31T00:00:00+00:00",
    "boolean": "Write true or false",
    "integer": "Write a whole number",
    "float": "Write a number",
}


def check_arguments(rule: CurationRule, types: Sequence[str], where: str) -> Iterator[Problem]:
    """Find what is wrong in a rule's arguments.

    Args:
        types: The types of the fields that it names; empty where one is not known, or does not fit the rule.
        where: The path of `kwargs` in the document.
    """
    load_library()
    from great_expectations.compatibility.pydantic import ValidationError
    from great_expectations.expectations.registry import get_expectation_impl

    expectation = get_expectation_impl(rule.type)
    known = sorted(set(expectation.__fields__) - _NOT_OURS)
    unknown = [name for name in rule.kwargs if name not in known]
    for name in unknown:
        what = f"{rule.type} has no argument {name!r}"
        yield Problem(f"{where}.{name}", what, name_close(name, known, "The arguments are"))
    if unknown:
        return
    wrong = [*_check_bounds(rule, types, where), *_check_lists(rule, types, where), *_check_patterns(rule, where)]
    if "$PARAMETER" in json.dumps(rule.kwargs, default=str):
        wrong.append(Problem(where, "$PARAMETER has no meaning here", "Write the value itself"))
    if wrong:
        yield from wrong
        return
    try:
        made = expectation(**rule.kwargs)
    except ValidationError as error:
        # a value may be of one of several types, and each of them complains: the first says enough
        first = {str(one["loc"][0]): one["msg"] for one in reversed(error.errors())}
        for name, message in sorted(first.items()):
            yield _say(where if name == "__root__" else f"{where}.{name}", message, known)
        return
    for name, given in rule.kwargs.items():
        if not _is_taken(given, taken := getattr(made, name)):
            remedy = f"Write {json.dumps(taken, default=str)}, if that is meant"
            yield Problem(f"{where}.{name}", "it would be taken for something else", remedy)


def fits(value: Any, field_type: str) -> bool:
    """Whether a cell of a field of this type can hold a value, as JSON has it."""
    if field_type == "timestamp":
        return _moment(value) is not None
    if field_type == "boolean":
        return isinstance(value, bool)
    if field_type in NUMBER:
        return _is_number(value)
    return isinstance(value, str)


def misfit(where: str, field_type: str) -> Problem:
    """Say of a value that does not fit what would."""
    return Problem(where, f"does not fit a field of {field_type}", _EXAMPLES.get(field_type, "Write text in quotes"))


def _say(where: str, message: str, known: Sequence[str]) -> Problem:
    for pattern, what, remedy in _SAYS:
        if found := re.fullmatch(pattern, message):
            return Problem(where, what, found.expand(remedy))
    return Problem(where, message.rstrip("."), f"The arguments are {', '.join(known)}.")


def _is_taken(given: Any, taken: Any) -> bool:
    """Whether the library took a value for what it is: it would make 7 of 7.9, and true of "yes"."""
    if isinstance(given, list) and isinstance(taken, list | tuple):
        return len(given) == len(taken) and all(map(_is_taken, given, taken))
    if isinstance(given, str):
        return isinstance(taken, datetime) or given == taken
    return isinstance(given, bool) == isinstance(taken, bool) and bool(given == taken)


# --- bounds ----------------------------------------------------------------------------------------------------------


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


_Kind = tuple[Callable[[Any], bool], str, str]
_NUMBER: Final[_Kind] = (_is_number, "it is no number", "Write a number")
_COUNT: Final[_Kind] = (_is_count, "it is no number of things", "Write a whole number from 0 up")
_SHARE: Final[_Kind] = (_is_share, "it is no share", "Write a number from 0 to 1: 0.9 for nine of ten")
_BOUNDS: Final[Mapping[str, _Kind]] = {
    "expect_column_value_lengths_to_be_between": _COUNT,
    "expect_column_value_lengths_to_equal": _COUNT,
    "expect_multicolumn_sum_to_equal": _NUMBER,
    "expect_table_row_count_to_be_between": _COUNT,
    "expect_column_unique_value_count_to_be_between": _COUNT,
    "expect_column_proportion_of_non_null_values_to_be_between": _SHARE,
    "expect_column_proportion_of_unique_values_to_be_between": _SHARE,
}
"""What bounds are, where they are not values of the field or its statistics."""


def _check_bounds(rule: CurationRule, types: Sequence[str], where: str) -> Iterator[Problem]:
    kwargs = rule.kwargs
    names = ("min_value", "max_value", "value", "sum_total")
    given = {name: kwargs[name] for name in names if kwargs.get(name) is not None}
    if rule.type.endswith("_between") and not given:
        yield Problem(where, "it has no bound", "Write min_value, max_value or both")
    if rule.type == "expect_column_values_to_be_between":
        wrong = [misfit(f"{where}.{name}", types[0]) for name in given if types and not fits(given[name], types[0])]
    else:
        is_one, what, remedy = _BOUNDS.get(rule.type, _NUMBER)
        wrong = [Problem(f"{where}.{name}", what, remedy) for name in given if not is_one(given[name])]
    yield from wrong or _check_order(kwargs, where)


def _check_order(kwargs: Mapping[str, Any], where: str) -> Iterator[Problem]:
    low, high = (kwargs.get(name) for name in ("min_value", "max_value"))
    if not (_is_number(low) and _is_number(high)):
        low, high = _moment(low), _moment(high)
    if low is None or high is None:
        return
    if low > high:
        yield Problem(f"{where}.min_value", "is greater than max_value", "Swap the two")
    elif low == high:
        for name in ("strict_min", "strict_max"):
            if kwargs.get(name):
                yield Problem(f"{where}.{name}", "nothing lies between a bound and itself", "Leave it out")


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


# --- lists and patterns ----------------------------------------------------------------------------------------------


def _check_lists(rule: CurationRule, types: Sequence[str], where: str) -> Iterator[Problem]:
    """Refuse values that no cell of the field can equal: they would send every row to quarantine."""
    for name in ("value_set", "value_pairs_set", "regex_list"):
        listed = rule.kwargs.get(name)
        if listed is None:
            continue
        if not isinstance(listed, list):
            yield Problem(f"{where}.{name}", "it is no list", "Write a list")
        elif not listed:
            yield Problem(f"{where}.{name}", "it is empty", "Write what is meant, or leave the rule out")
        elif name == "value_set" and types:
            if not all(fits(value, types[0]) for value in listed):
                yield misfit(f"{where}.{name}", types[0])
        elif name == "value_pairs_set" and not all(_is_pair(pair) for pair in listed):
            yield Problem(f"{where}.{name}", "it is no list of pairs", "Write two values in each")
        elif name == "value_pairs_set" and len(types) == 2:
            for place, field_type in enumerate(types):
                if not all(fits(pair[place], field_type) for pair in listed):
                    yield misfit(f"{where}.{name}", field_type)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2


def _check_patterns(rule: CurationRule, where: str) -> Iterator[Problem]:
    from include.expectations.patterns import check_pattern

    if rule.type.endswith("_match_regex") and "regex" not in rule.kwargs:
        yield Problem(f"{where}.regex", "it is missing", "Write the pattern")
    for name in ("regex", "regex_list"):
        given = rule.kwargs.get(name)
        for pattern in given if isinstance(given, list) and name == "regex_list" else [given]:
            if pattern == "":
                yield Problem(f"{where}.{name}", "it is empty, and every text has it", "Write what is meant")
            elif isinstance(pattern, str) and (wrong := check_pattern(pattern)):
                yield Problem(
                    f"{where}.{name}",
                    f"is not a regular expression that is searched here: {wrong}",
                    "RE2's syntax, which never takes for ever: nothing looks ahead, behind or back, and nothing is "
                    "repeated more than 1000 times",
                )
