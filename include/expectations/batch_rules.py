"""Expectations about a batch as a whole, as Great Expectations has one write them: how new it is, how it is spread."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnAggregateExpectation
from great_expectations.expectations.metrics.column_aggregate_metric_provider import (
    ColumnAggregateMetricProvider,
    column_aggregate_value,
)

from include.expectations.drift import Reference, instability
from include.expectations.series_rules import microseconds


class ExpectColumnMaxToBeRecent(ColumnAggregateExpectation):
    """Expect the newest time of a column not to be long ago.

    Args:
        within: How long ago it may be, in ISO 8601.
        now: What is now, in RFC 3339; left out: the clock's time.
    """

    within: str
    now: str | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("column.max",)
    success_keys: ClassVar[tuple[str, ...]] = ("within", "now")

    @pydantic.validator("within")
    def _validate_within(cls, text: str) -> str:
        microseconds(text)
        return text

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        newest = metrics["column.max"]
        now = datetime.fromisoformat(self.now) if self.now else datetime.now(UTC)
        allowed = timedelta(microseconds=microseconds(self.within) or 0)
        return {"success": bool(not pd.isna(newest) and now - newest <= allowed), "result": {}}


class ColumnInstability(ColumnAggregateMetricProvider):
    """How differently a column is spread from a reference."""

    metric_name = "column.instability"
    value_keys = ("edges", "shares", "rows")

    @column_aggregate_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,
        column: pd.Series,
        edges: list[float] | None,
        shares: list[float] | None,
        rows: int | None,
        **_: Any,
    ) -> float:
        if not edges or not shares or not rows:
            return 0.0
        return instability(column.dropna().to_numpy(dtype=float), Reference(tuple(edges), tuple(shares), rows))


class ExpectColumnDistributionToBeStable(ColumnAggregateExpectation):
    """Expect numbers to be spread as in earlier batches.

    Args:
        most: How large the population stability index may be; 0.1 is a small change, 0.25 a large one.
        batches: How many earlier ones there have to be; with fewer nothing is judged.
        edges, shares, rows: How the earlier batches are spread; a run fills them in.
    """

    most: float = pydantic.Field(0.25, gt=0)
    batches: int = pydantic.Field(5, ge=1, le=20)
    edges: list[float] | None = None
    shares: list[float] | None = None
    rows: int | None = None
    metric_dependencies: ClassVar[tuple[str, ...]] = ("column.instability",)
    success_keys: ClassVar[tuple[str, ...]] = ("most", "batches", "edges", "shares", "rows")

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        return {"success": bool(metrics["column.instability"] <= self.most), "result": {}}
