"""Patterns that are found in a time that grows with the text alone: Great Expectations' metrics, searched by RE2.

Python's `re`, which pandas falls back to, tries every way to read a text: `^(\\w+\\s?)+$` takes for ever on forty
letters.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import (
    column_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import (
    ColumnMapMetricProvider,
)


class ColumnValuesMatchRegex(ColumnMapMetricProvider):
    """Whether each text has the pattern."""

    condition_metric_name = "column_values.match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, regex: str, **_: Any) -> pd.Series:
        return _has(column, regex)


class ColumnValuesNotMatchRegex(ColumnMapMetricProvider):
    """Whether each text is without the pattern."""

    condition_metric_name = "column_values.not_match_regex"
    condition_value_keys = ("regex",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, regex: str, **_: Any) -> pd.Series:
        return ~_has(column, regex)


class ColumnValuesMatchRegexList(ColumnMapMetricProvider):
    """Whether each text has any or all of the patterns."""

    condition_metric_name = "column_values.match_regex_list"
    condition_value_keys = ("regex_list", "match_on")
    default_kwarg_values = {"match_on": "any"}  # noqa: RUF012 - as the base class has it

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, regex_list: list[str], match_on: str | None, **_: Any) -> pd.Series:
        found = pd.concat([_has(column, regex) for regex in regex_list], axis=1)
        return found.all(axis="columns") if match_on == "all" else found.any(axis="columns")


class ColumnValuesNotMatchRegexList(ColumnMapMetricProvider):
    """Whether each text is without all of the patterns."""

    condition_metric_name = "column_values.not_match_regex_list"
    condition_value_keys = ("regex_list",)

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column: pd.Series, regex_list: list[str], **_: Any) -> pd.Series:
        return ~pd.concat([_has(column, regex) for regex in regex_list], axis=1).any(axis="columns")


def check_pattern(pattern: str) -> str | None:
    """Say what is wrong with a pattern; None where nothing is."""
    try:
        _has(pd.Series([""]), pattern)
    except pa.ArrowInvalid as error:
        return str(error).removeprefix("Invalid regular expression: ")
    return None


def _has(column: pd.Series, regex: str) -> pd.Series:
    return pd.Series(
        pc.match_substring_regex(pa.array(column, pa.string()), regex).to_numpy(zero_copy_only=False),
        index=column.index,
        dtype=bool,
    )
