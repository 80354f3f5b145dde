"""The rules once more, row by row in plain Python: what curation finds in whole columns is held against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from statistics import median
from typing import Any

from pydantic import TypeAdapter

from include.batch import ROW_ID
from include.cim.concept import Concept
from include.expectations.config import CurationRule
from include.expectations.suite import SERIES_RULES, count_heads

Row = Mapping[str, Any]

_SIGMA = 1.4826
_length = TypeAdapter(timedelta).validate_python


def find_all(rows: Sequence[Row], concept: Concept, rules: Sequence[CurationRule]) -> dict[str, set[int]]:
    """Find the rows that break what the concept demands, then those that break rules that flag.

    Args:
        rules: With their `column_list` written out.

    Returns:
        Type of rule → row ids.
    """
    found: dict[str, set[int]] = {}
    out: set[int] = set()
    for row in rows:
        for kind in _demands_broken(row, concept):
            found.setdefault(kind, set()).add(row[ROW_ID])
            out.add(row[ROW_ID])
        for rule in rules:
            if rule.type in _ALONE and not _ALONE[rule.type](row, **rule.kwargs):
                found.setdefault(rule.type, set()).add(row[ROW_ID])
    seen: set[tuple[Any, ...]] = set()
    left = []
    for row in rows:
        key = tuple(row[name] for name in concept.key)
        if row[ROW_ID] in out:
            continue
        if key in seen:
            found.setdefault("unique", set()).add(row[ROW_ID])
            continue
        seen.add(key)
        left.append(row)
    for rule in rules:
        if rule.type in SERIES_RULES:
            kwargs, heads = dict(rule.kwargs), count_heads(rule)
            columns = kwargs.pop("column_list")
            for one in _series(left, columns[:heads], columns[heads:], rule.type in _ABOUT_VALUES):
                for row_id in _BESIDE[rule.type](one, columns, **kwargs):
                    found.setdefault(rule.type, set()).add(row_id)
    return found


def _demands_broken(row: Row, concept: Concept) -> Iterator[str]:
    for name, field in concept.fields.items():
        value = row.get(name)
        if value is None:
            if field.required and name in row:
                yield "expect_column_values_to_not_be_null"
            continue
        below = field.minimum is not None and value < field.minimum
        if below or (field.maximum is not None and value > field.maximum):
            yield "expect_column_values_to_be_between"
        if field.values and value not in field.values:
            yield "expect_column_values_to_be_in_set"
        if field.after and row.get(field.after) is not None and value <= row[field.after]:
            yield "expect_column_pair_values_a_to_be_greater_than_b"


def _between(row: Row, column: str, min_value: float, max_value: float) -> bool:
    return row[column] is None or min_value <= row[column] <= max_value


def _at_least(row: Row, column_A: str, column_B: str, tolerance: float) -> bool:
    return row[column_A] is None or row[column_B] is None or row[column_A] >= row[column_B] - tolerance


_ALONE = {
    "expect_column_values_to_not_be_null": lambda row, column: row[column] is not None,
    "expect_column_values_to_be_between": _between,
    "expect_column_values_to_be_in_set": lambda row, column, value_set: row[column] is None or row[column] in value_set,
    "expect_column_values_to_match_regex": lambda row, column, regex: (
        row[column] is None or re.search(regex, row[column]) is not None
    ),
    "expect_column_pair_values_a_to_be_at_least_b": _at_least,
}


def _series(rows: Sequence[Row], heads: Sequence[str], names: Sequence[str], values: bool) -> Iterator[list[Row]]:
    time = heads[1] if values else heads[0]
    series: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if all(row[head] is not None for head in heads):
            series.setdefault(tuple(row[name] for name in names), []).append(row)
    for one in series.values():
        yield sorted(one, key=lambda row: row[time])


def _beyond(one: Sequence[Row], columns: Sequence[str], every: str | None) -> Iterator[tuple[Row, timedelta]]:
    """Give each row but the first, and how long after the end of all before it it begins."""
    reached = None
    for row in one:
        start = row[columns[0]]
        if reached is not None:
            yield row, start - reached
        end = start + _length(every) if every else row[columns[1]]
        reached = end if reached is None else max(reached, end)


def _gaps(
    one: Sequence[Row], columns: Sequence[str], every: str | None = None, tolerance: str = "PT0S"
) -> Iterator[int]:
    yield from (row[ROW_ID] for row, late in _beyond(one, columns, every) if late > _length(tolerance))


def _overlaps(
    one: Sequence[Row], columns: Sequence[str], every: str | None = None, tolerance: str = "PT0S"
) -> Iterator[int]:
    yield from (row[ROW_ID] for row, late in _beyond(one, columns, every) if -late > _length(tolerance))


def _stuck(
    one: Sequence[Row], columns: Sequence[str], readings: int, except_values: Sequence[float] = ()
) -> Iterator[int]:
    run: list[Row] = []
    for row in [*one, None]:
        if row is not None and run and row[columns[0]] == run[0][columns[0]]:
            run.append(row)
            continue
        if len(run) >= readings and run[0][columns[0]] not in except_values:
            yield from (each[ROW_ID] for each in run[1:])
        run = [row] if row is not None else []


def _spikes(one: Sequence[Row], columns: Sequence[str], window: int, factor: float, at_least: float) -> Iterator[int]:
    values = [row[columns[0]] for row in one]
    for place, row in enumerate(one if len(one) >= window else ()):
        begin = min(max(place - window // 2, 0), len(one) - window)
        around = values[begin : begin + window]
        middle = median(around)
        spread = _SIGMA * median(abs(each - middle) for each in around)
        if (away := abs(values[place] - middle)) > factor * spread and away > at_least:
            yield row[ROW_ID]


def _back(one: Sequence[Row], columns: Sequence[str]) -> Iterator[int]:
    values = [row[columns[0]] for row in one]
    for place in range(1, len(one)):
        before = values[place - 1]
        if values[place] < before:
            second = values[place - 2] if place > 1 else before
            peak = place + 1 < len(one) and second < before and second <= values[place] and values[place + 1] < before
            yield one[place - peak][ROW_ID]


_ABOUT_VALUES = {rule for rule in SERIES_RULES if "_values_" in rule}
_BESIDE = {
    "expect_series_values_to_never_step_back": _back,
    "expect_series_values_to_not_be_stuck": _stuck,
    "expect_series_values_to_not_spike": _spikes,
    "expect_series_intervals_to_leave_no_gap": _gaps,
    "expect_series_intervals_to_not_overlap": _overlaps,
}
