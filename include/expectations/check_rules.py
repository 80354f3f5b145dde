"""Checks curation rules: everything that can be known to be wrong with them before a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from include.errors import ConfigurationInvalid, Problem, name_close
from include.expectations.check_arguments import check_arguments, fits, misfit
from include.expectations.config import Action, CurationRule, FillMethod
from include.expectations.suite import (
    BATCH_RULES,
    CELL_RULES,
    COMPARING,
    KEY_RULES,
    LIKE,
    NUMBER,
    ROW_RULES,
    SERIES_RULES,
    columns_of,
    compares_rows,
    fitting_types,
    places_of,
)

ON_CELLS: Final = frozenset({Action.SET_NULL, Action.FILL, Action.CLAMP})
_ON_BATCHES: Final = frozenset({Action.FLAG, Action.HOLD, Action.FAIL})
_DTYPES: Final = {"float": "Float64", "integer": "Int64", "boolean": "Boolean", "timestamp": "Datetime"}


def check_rules(
    rules: Sequence[CurationRule],
    fields: Mapping[str, str] | None,
    *,
    required: Collection[str] = (),
    written: Sequence[CurationRule] | None = None,
    where: str = "curator.rules",
) -> list[Problem]:
    """List everything that is wrong with rules, without looking at data.

    Args:
        fields: The fields that will be there, with their types (`FieldType`'s values); None: nobody knows yet.
        required: Fields that may not become null.
        written: The rules as their owner wrote them, where `rules` say more.
        where: The path of `rules` in the document.
    """
    problems: list[Problem] = []
    for number, (rule, own) in enumerate(zip(rules, written or rules, strict=True)):
        problems += _check_rule(rule, own, fields, required, f"{where}[{number}]")
    return problems


def _check_rule(
    rule: CurationRule, written: CurationRule, fields: Mapping[str, str] | None, required: Collection[str], where: str
) -> Iterator[Problem]:
    served = [*ROW_RULES, *KEY_RULES, *SERIES_RULES, *BATCH_RULES]
    if rule.type not in served:
        yield Problem(
            f"{where}.type",
            f"{rule.type} is not a rule that can be used here",
            name_close(rule.type, sorted(served), "The rules are"),
        )
        return
    columns = columns_of(rule)
    if rule.type in SERIES_RULES and "column_list" not in rule.kwargs:
        if fields is None:  # what the rule leaves out, the concept tells
            return
        remedy = "Write `column`, or of intervals `start` and `end`; beside it `time` and `series`, a list of fields"
        yield Problem(f"{where}.kwargs", "it does not name the fields that it looks at", remedy)
        return
    wrong = [] if fields is None else list(_check_fields(rule, written, fields, f"{where}.kwargs"))
    types = [] if wrong or fields is None else [fields[column] for column in columns]
    yield from wrong
    for problem in check_arguments(rule, types, f"{where}.kwargs"):
        if not (wrong and problem.where.startswith(f"{where}.kwargs.column")):  # of which enough is said
            yield problem
    yield from _check_action(rule, columns, fields or {}, required, where)


def _check_fields(
    rule: CurationRule, written: CurationRule, fields: Mapping[str, str], where: str
) -> Iterator[Problem]:
    """See that the fields are there, hold what the rule is for, and can be compared."""
    columns, places = columns_of(rule), places_of(rule, written)
    for number, (column, fitting, place) in enumerate(zip(columns, fitting_types(rule), places, strict=True)):
        here = f"{where}.{place}" if place else where
        if column not in fields:
            remedy = name_close(column, sorted(fields), "The mapped fields are")
            yield Problem(here, f"field {column!r} is not mapped", remedy)
        elif fields[column] not in fitting:
            remedy = f"{rule.type} is for fields of {' or '.join(sorted(fitting))}"
            yield Problem(here, f"field {column!r} holds {fields[column]}", remedy)
        if column in columns[:number]:
            yield Problem(here, "a field is named twice", "Compare different fields")
    if rule.type in COMPARING:
        held = {fields[column]: column for column in columns if column in fields}
        alike = [one for one in LIKE if one & held.keys()]
        if len(alike) > 1:
            told = ", ".join(f"{column} holds {kind}" for kind, column in held.items())
            yield Problem(where, f"these are never alike: {told}", "Compare fields of one type")


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
    elif action in ON_CELLS:
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
        if not fits(fill.value, field_type) or (field_type == "integer" and not isinstance(fill.value, int)):
            yield misfit(f"{where}.fill.value", field_type)
        elif rule.type in ROW_RULES and _breaks(rule, column, fill.value, field_type):
            yield Problem(f"{where}.fill.value", "breaks the very rule that it is for", "Choose one that keeps it")
    elif fill.method is not FillMethod.PREVIOUS and field_type not in NUMBER:
        what = f"{fill.method} is for numbers, and {column} holds {field_type}"
        yield Problem(f"{where}.fill.method", what, "Use previous or constant")


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
