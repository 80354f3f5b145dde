"""An expectation that compares two columns with a tolerance, as Great Expectations has one write them."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnPairMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_pair_condition_partial import (
    column_pair_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.column_pair_map_metric_provider import (
    ColumnPairMapMetricProvider,
)


class ColumnPairValuesAtLeast(ColumnPairMapMetricProvider):
    """Whether A is B or more, or less by no more than the tolerance."""

    condition_metric_name = "column_pair_values.a_at_least_b"
    condition_value_keys = ("tolerance",)

    @column_pair_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_A: pd.Series, column_B: pd.Series, tolerance: float | None, **_: Any) -> pd.Series:
        return column_A >= column_B - (tolerance or 0.0)


class ExpectColumnPairValuesAToBeAtLeastB(ColumnPairMapExpectation):
    """Expect the numbers of column A to be no smaller than those of column B.

    Args:
        tolerance: By so much they may be.
    """

    tolerance: float = pydantic.Field(0.0, ge=0)
    ignore_row_if: Literal["both_values_are_missing", "either_value_is_missing", "neither"] = "either_value_is_missing"
    map_metric: ClassVar[str] = "column_pair_values.a_at_least_b"
    success_keys: ClassVar[tuple[str, ...]] = ("ignore_row_if", "tolerance", "mostly")
    args_keys: ClassVar[tuple[str, ...]] = ("column_A", "column_B")
