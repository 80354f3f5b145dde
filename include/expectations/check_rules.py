"""Checks curation rules: everything that can be known to be wrong with them before a run."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from include.errors import ConfigurationInvalid, Problem, name_close
from include.expectations.config import Action, CurationRule, FillMethod
from include.expectations.library import load_library
from include.expectations.suite import (
    BATCH_RULES,
    CELL_RULES,
    KEY_RULES,
    NUMBER,
    ROW_RULES,
    SERIES_RULES,
    columns_of,
    compares_rows,
    fitting_types,
)

# Great Expectations' own machinery: where rows come from and how results look is ours to say, and `row_condition` is
# evaluated as code.
_NOT_OURS: Final = frozenset(
    {"batch_id", "catch_exceptions", "condition_parser", "description", "id", "library_metadata", "meta", "notes"}
    | {"rendered_content", "result_format", "row_condition", "severity", "windows"}
    # what a run fills in itself
    | {"edges", "now", "rows", "shares"}
)

_ON_CELLS: Final = frozenset({Action.SET_NULL, Action.FILL, Action.CLAMP})
_ON_BATCHES: Final = frozenset({Action.FLAG, Action.HOLD, Action.FAIL})
_DTYPES: Final = {"float": "Float64", "integer": "Int64", "boolean": "Boolean", "timestamp": "Datetime"}


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


def _check_rule(
    rule: CurationRule, fields: Mapping[str, str], required: Collection[str], where: str
) -> Iterator[Problem]:
    served = [*ROW_RULES, *KEY_RULES, *SERIES_RULES, *BATCH_RULES]
    if rule.type not in served:
        yield Problem(
            f"{where}.type",
            f"{rule.type} is not a rule that can be used here",
            name_close(rule.type, sorted(served), "The rules are"),
        )
        return
    columns, kinds = columns_of(rule), fitting_types(rule)
    if rule.type in SERIES_RULES and "column_list" not in rule.kwargs:
        remedy = "Write `column`, or of intervals `start` and `end`; beside it `time` and `series`, a list of fields"
        yield Problem(f"{where}.kwargs", "it does not name the fields that it looks at", remedy)
        return
    for column, fits in zip(columns, kinds, strict=True):
        if column not in fields:
            yield Problem(
                f"{where}.kwargs",
                f"field {column!r} is not mapped",
                name_close(column, sorted(fields), "The mapped fields are"),
            )
        elif fields[column] not in fits:
            fitting = " or ".join(sorted(fits))
            yield Problem(
                f"{where}.kwargs", f"field {column!r} holds {fields[column]}", f"{rule.type} is for fields of {fitting}"
            )
    if len(set(columns)) < len(columns):
        yield Problem(f"{where}.kwargs", "a field is named twice", "Compare different fields")
    types = [fields[column] for column, fits in zip(columns, kinds, strict=True) if fields.get(column) in fits]
    misfits = list(_check_values(rule, types[0], f"{where}.kwargs")) if len(types) == len(columns) == 1 else []
    yield from misfits or _check_arguments(rule, f"{where}.kwargs")
    yield from _check_action(rule, columns, fields, required, where)


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
    from include.expectations.patterns import check_pattern

    for name in ("regex", "regex_list"):
        given = rule.kwargs.get(name, [])
        for pattern in given if isinstance(given, list) else [given]:
            if wrong := check_pattern(pattern):
                yield Problem(
                    f"{where}.{name}",
                    f"is not a regular expression that is searched here: {wrong}",
                    "RE2's syntax, which never takes for ever: nothing looks ahead, behind or back, and nothing is "
                    "repeated more than 1000 times",
                )


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
            yield Problem(f"{where}.{name}", f"does not fit a field of {field_type}", _example(field_type))
            return


def _example(field_type: str) -> str:
    known = {
        "timestamp": "Write a time with its offset, such as 2024-01-31T00:00:00+00:00",
        "boolean": "Write true or false",
        "integer": "Write a whole number",
        "float": "Write a number",
    }
    return known.get(field_type, "Write text in quotes")


def _fits(value: Any, field_type: str) -> bool:
    if field_type == "timestamp":
        try:
            return datetime.fromisoformat(str(value)).tzinfo is not None
        except ValueError:
            return False
    if field_type == "boolean":
        return isinstance(value, bool)
    if field_type in NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _check_action(
    rule: CurationRule, columns: Sequence[str], fields: Mapping[str, str], required: Collection[str], where: str
) -> Iterator[Problem]:
    action = rule.on_violation
    if rule.type in BATCH_RULES:
        if action not in _ON_BATCHES:
            what = f"the rule is about the batch, and {action} is for rows"
            yield Problem(f"{where}.on_violation", what, "Use flag (it stands in the report), hold or fail")
        if rule.threshold is not None:
            yield Problem(f"{where}.threshold", "a batch has no share that breaks the rule", "Leave it out")
    elif action in _ON_CELLS:
        yield from _check_cell(rule, columns, fields, required, where)
    if rule.fill is not None and action is not Action.FILL:
        yield Problem(f"{where}.fill", f"nothing is filled by on_violation: {action}", "Write on_violation: fill")
    if "mostly" in rule.kwargs:
        if action is not Action.FAIL:
            yield Problem(
                f"{where}.kwargs.mostly",
                "a share of rows says something about the batch, not about one row",
                "Use it with on_violation: fail, or write `threshold` beside on_violation",
            )
        elif rule.threshold is not None:
            yield Problem(f"{where}.threshold", "`mostly` says so already", "Write one of them")


def _check_cell(
    rule: CurationRule, columns: Sequence[str], fields: Mapping[str, str], required: Collection[str], where: str
) -> Iterator[Problem]:
    action, place = rule.on_violation, f"{where}.on_violation"
    if not columns or (rule.type not in CELL_RULES and (len(columns) > 1 or compares_rows(rule))):
        yield Problem(place, f"{action} needs a rule about the cell of one field", "Use quarantine or drop")
    elif action is Action.SET_NULL and columns[0] in required:
        yield Problem(place, f"field {columns[0]!r} is required and cannot be null", "Use quarantine, drop or fill")
    elif action is Action.CLAMP:
        yield from _check_clamp(rule, fields.get(columns[0], "float"), where)
    elif action is Action.FILL:
        yield from _check_fill(rule, columns[0], fields.get(columns[0]), where)


def _check_clamp(rule: CurationRule, field_type: str, where: str) -> Iterator[Problem]:
    bounds = [rule.kwargs[name] for name in ("min_value", "max_value") if rule.kwargs.get(name) is not None]
    if rule.type != "expect_column_values_to_be_between":
        what, remedy = (
            f"{rule.type} has no bounds to bring a value to",
            "Use expect_column_values_to_be_between, or fill",
        )
    elif field_type not in NUMBER:
        what, remedy = "a time that is moved to a bound is another row's", "Use quarantine or drop"
    elif rule.kwargs.get("strict_min") or rule.kwargs.get("strict_max"):
        what, remedy = "a bound that is not allowed itself is nothing to bring a value to", "Leave strict_… out"
    elif field_type == "integer" and any(bound != int(bound) for bound in bounds if isinstance(bound, float)):
        what, remedy = "a whole number cannot be brought to a fraction", "Write whole bounds"
    else:
        return
    yield Problem(f"{where}.on_violation", what, remedy)


def _check_fill(rule: CurationRule, column: str, field_type: str | None, where: str) -> Iterator[Problem]:
    fill = rule.fill
    if fill is None:
        yield Problem(f"{where}.fill", "it is missing", "For example {method: previous, within: PT1H}")
    elif field_type is None:
        return
    elif fill.method is FillMethod.CONSTANT:
        if not _fits(fill.value, field_type) or (field_type == "integer" and not isinstance(fill.value, int)):
            yield Problem(f"{where}.fill.value", f"does not fit a field of {field_type}", _example(field_type))
        elif rule.type in ROW_RULES and _breaks(rule, column, fill.value, field_type):
            yield Problem(f"{where}.fill.value", "breaks the very rule that it is for", "Choose one that keeps it")
    elif fill.method is not FillMethod.PREVIOUS and field_type not in NUMBER:
        yield Problem(f"{where}.fill.method", f"{fill.method} is for numbers, and {column} holds {field_type}")


def _breaks(rule: CurationRule, column: str, value: Any, field_type: str) -> bool:
    import polars as pl

    from include.batch import ROW_ID
    from include.expectations.mend import as_cell
    from include.expectations.run_suite import find_breaches

    dtype = _DTYPES.get(field_type, "String")
    kind = pl.Datetime("us", "UTC") if dtype == "Datetime" else getattr(pl, dtype)()
    frame = pl.DataFrame({ROW_ID: [1], column: pl.Series([as_cell(value, kind)], dtype=kind)})
    try:
        (breach,) = find_breaches(frame, [rule])
    except ConfigurationInvalid:
        return False  # its arguments are wrong, which is said elsewhere
    return not breach.row_ids.is_empty()
