"""Expectations about rows beside the others of their series, as Great Expectations has one write them.

Their `column_list` names what is judged, the time, and then what tells the series apart, in this order. The order of
rows is that of time. A row without a value or time is passed over.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from great_expectations.compatibility import pydantic
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import (
    multicolumn_condition_partial,
)
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import (
    MulticolumnMapMetricProvider,
)
from pydantic import TypeAdapter, ValidationError

from include.configuration import Length
from include.expectations import series_metrics

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Length)


class SeriesStepsForward(MulticolumnMapMetricProvider):
    """Whether each reading of a counter is no smaller than the one before."""

    condition_metric_name = "series_values.step_forward"
    condition_value_keys = ("rollover", "reset")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, rollover: float | None, reset: bool | None, **_: Any) -> pd.Series:
        return _sound(column_list, series_metrics.steps_back(column_list, rollover, bool(reset)))


class SeriesIntervalsFollow(MulticolumnMapMetricProvider):
    """Whether each interval begins where those before it end, or earlier."""

    condition_metric_name = "series_intervals.follow"
    condition_value_keys = ("every", "tolerance")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, every: str | None, tolerance: str | None, **_: Any) -> pd.Series:
        gaps = series_metrics.leaves_gap(column_list, microseconds(every), microseconds(tolerance) or 0)
        return _sound(column_list, gaps)


class SeriesIntervalsApart(MulticolumnMapMetricProvider):
    """Whether each interval begins where those before it end, or later."""

    condition_metric_name = "series_intervals.apart"
    condition_value_keys = ("every", "tolerance")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(cls, column_list: pd.DataFrame, every: str | None, tolerance: str | None, **_: Any) -> pd.Series:
        overlapping = series_metrics.overlaps(column_list, microseconds(every), microseconds(tolerance) or 0)
        return _sound(column_list, overlapping)


class SeriesValuesMove(MulticolumnMapMetricProvider):
    """Whether each reading is another than those before it, unless they are few or short."""

    condition_metric_name = "series_values.move"
    condition_value_keys = ("readings", "duration", "except_values")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,
        column_list: pd.DataFrame,
        readings: int | None,
        duration: str | None,
        except_values: list[float] | None,
        **_: Any,
    ) -> pd.Series:
        stuck = series_metrics.is_stuck(column_list, readings, microseconds(duration), except_values or [])
        return _sound(column_list, stuck)


class SeriesValuesNearNeighbours(MulticolumnMapMetricProvider):
    """Whether each reading is near the median of those around it."""

    condition_metric_name = "series_values.near_neighbours"
    condition_value_keys = ("window", "factor", "at_least")

    @multicolumn_condition_partial(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls, column_list: pd.DataFrame, window: int, factor: float, at_least: float | None, **_: Any
    ) -> pd.Series:
        return _sound(column_list, series_metrics.spikes(column_list, window, factor, at_least or 0.0))


class _SeriesExpectation(MulticolumnMapExpectation):
    """What the expectations about series share."""

    ignore_row_if: Literal["all_values_are_missing", "any_value_is_missing", "never"] = "any_value_is_missing"

    @pydantic.validator("column_list")
    def _validate_column_list(cls, names: list[str]) -> list[str]:
        if not names:
            raise ValueError("names no column")
        return names

    @pydantic.validator("every", "tolerance", "duration", check_fields=False)
    def _validate_duration(cls, text: str | None) -> str | None:
        microseconds(text)
        return text


class ExpectSeriesValuesToNeverStepBack(_SeriesExpectation):
    """Expect the readings of a counter never to be smaller than the one before (column_list: value, time, series …).

    Args:
        rollover: Where the counter begins again.
        reset: It may begin again at any time, at less than half of what it had.
    """

    rollover: float | None = pydantic.Field(None, gt=0)
    reset: bool = False
    map_metric: ClassVar[str] = "series_values.step_forward"
    success_keys: ClassVar[tuple[str, ...]] = ("rollover", "reset", "mostly")


class ExpectSeriesIntervalsToLeaveNoGap(_SeriesExpectation):
    """Expect intervals to follow one another (column_list: start, end, series …; with `every`: start, series …).

    Args:
        every: How long each is, in ISO 8601, where no column tells the end.
        tolerance: How long a gap is none.
    """

    every: str | None = None
    tolerance: str | None = None
    map_metric: ClassVar[str] = "series_intervals.follow"
    success_keys: ClassVar[tuple[str, ...]] = ("every", "tolerance", "mostly")


class ExpectSeriesIntervalsToNotOverlap(_SeriesExpectation):
    """Expect no interval to begin before one before it ends; the arguments are those of the rule about gaps."""

    every: str | None = None
    tolerance: str | None = None
    map_metric: ClassVar[str] = "series_intervals.apart"
    success_keys: ClassVar[tuple[str, ...]] = ("every", "tolerance", "mostly")


class ExpectSeriesValuesToNotBeStuck(_SeriesExpectation):
    """Expect readings not to stay the same (column_list: value, time, series …).

    Args:
        readings: So many equal ones in a row are too many.
        duration: For so long, in ISO 8601, is too long; with `readings`, both have to be reached.
        except_values: Values that may last, such as 0 at night.
    """

    readings: int | None = pydantic.Field(None, ge=2)
    duration: str | None = None
    except_values: list[float] = pydantic.Field(default_factory=list)
    map_metric: ClassVar[str] = "series_values.move"
    success_keys: ClassVar[tuple[str, ...]] = ("readings", "duration", "except_values", "mostly")

    @pydantic.root_validator(skip_on_failure=True)
    def _validate_either(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("readings") is None and values.get("duration") is None:
            raise ValueError("says neither how many readings nor how long a duration is too much")
        return values


class ExpectSeriesValuesToNotSpike(_SeriesExpectation):
    """Expect readings to be near the median of those around them (column_list: value, time, series …).

    Args:
        window: How many readings are around one, itself among them.
        factor: How many standard deviations, told by the median absolute deviation, are too many.
        at_least: How far a reading must be away, in the field's unit, whatever the deviation.
    """

    window: int = pydantic.Field(7, ge=3, le=1001)
    factor: float = pydantic.Field(6.0, gt=0)
    at_least: float = pydantic.Field(0.0, ge=0)
    map_metric: ClassVar[str] = "series_values.near_neighbours"
    success_keys: ClassVar[tuple[str, ...]] = ("window", "factor", "at_least", "mostly")


def microseconds(text: str | None) -> int | None:
    """Read a duration; raises ValueError where it is none."""
    if text is None:
        return None
    try:
        duration = _DURATION.validate_python(text)
    except ValidationError:
        raise ValueError("is no duration in ISO 8601") from None
    return duration // timedelta(microseconds=1)


def _sound(table: pd.DataFrame, broken: np.ndarray[Any, np.dtype[np.bool_]]) -> pd.Series:
    return pd.Series(~broken, index=table.index)
