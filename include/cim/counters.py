"""What has passed since the reading before: of each counter, over the parts of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.mapping_config import Difference

OUT_OF_ORDER: Final = "out_of_order"
WENT_BACK: Final = "counter_went_back"

_FOUND: Final = pl.Schema(
    {ROW_ID: pl.Int64(), "time_before": pl.Datetime("us", "UTC"), "step": pl.Float64(), "fault": pl.String()}
)


@dataclass(frozen=True, slots=True)
class Followed:
    """What the readings of one part came to.

    Attributes:
        rows: `row_id` of each reading, and either `fault`, or `time_before` and `step`, what the counter has counted
            since then; none of them for the first reading of a counter, and no `step` after a reset.
        known: The last good reading of each counter, for the part that follows.
    """

    rows: pl.DataFrame
    known: pl.DataFrame


def follow(readings: pl.DataFrame, known: pl.DataFrame | None, counting: Difference) -> Followed:
    """Hold each reading against the one before of the same counter.

    A reading is a fault, and no later one is held against it, where it is not later than the one before, or smaller
    without an explanation. That a counter began again at its `rollover` explains a reading if it has counted less than
    half of the way since: a reading that goes back a little is no rollover.

    Args:
        readings: `row_id`, `time` and `value`, neither of them null, forward in time, and the columns that together
            tell the counters apart, at least one.
        known: What the part before gave.
    """
    counter = [name for name in readings.columns if name not in (ROW_ID, "time", "value")]
    whole = readings if known is None else pl.concat([known.select(readings.columns), readings])
    before = {name: pl.col(name).shift(1).over(counter) for name in ("time", "value")}
    rise = pl.col("value") - pl.col("value_before")
    rolled = rise + counting.rollover if counting.rollover is not None else pl.lit(None, pl.Float64)
    step = pl.when(rise >= 0).then(rise).when((rolled >= 0) & (rolled * 2 < (counting.rollover or 0))).then(rolled)
    smaller = pl.col("step").is_null() & pl.col("value_before").is_not_null() & pl.lit(not counting.reset)
    whole = (
        whole.with_columns(each.alias(f"{name}_before") for name, each in before.items())
        .with_columns(step.alias("step"))
        .with_columns(((pl.col("time") <= pl.col("time_before")) | smaller).fill_null(False).alias("faulty"))
    )
    faulty = whole.filter("faulty").select(counter).unique()
    good = whole.join(faulty, on=counter, how="anti", nulls_equal=True, maintain_order="left")
    found = [good.select(ROW_ID, "time_before", "step", pl.lit(None, pl.String).alias("fault"))]
    last = [good.group_by(counter).last().select(readings.columns)]
    doubtful = whole.join(faulty, on=counter, how="semi", nulls_equal=True, maintain_order="left")
    for _, one in doubtful.group_by(counter, maintain_order=True):
        rows, accepted = _follow_one(one, counting)
        found.append(rows)
        last.append(one[accepted : accepted + 1].select(readings.columns))
    rows = pl.concat(found).filter(pl.col(ROW_ID).is_not_null())
    return Followed(rows, pl.concat(last).with_columns(pl.lit(None, pl.Int64).alias(ROW_ID)))


def count_turns(readings: pl.DataFrame, known: pl.DataFrame | None) -> tuple[int, pl.DataFrame]:
    """Count the readings that are later than the row before of the same counter, less those that are earlier.

    Returns:
        The count, and the last reading of each counter, for the part that follows.
    """
    counter = [name for name in readings.columns if name not in (ROW_ID, "time", "value")]
    whole = readings if known is None else pl.concat([known.select(readings.columns), readings])
    passed = whole.select(pl.col("time") - pl.col("time").shift(1).over(counter)).to_series()
    later = passed.dt.total_microseconds().sign().sum()
    return int(later), whole.group_by(counter).last().select(readings.columns)


def _follow_one(readings: pl.DataFrame, counting: Difference) -> tuple[pl.DataFrame, int]:
    """Follow a counter that has a fault, reading by reading: which one counts depends on all before it."""
    found: list[tuple[int | None, datetime | None, float | None, str | None]] = []
    accepted = -1
    times: Sequence[datetime] = readings["time"].to_list()
    values: Sequence[float] = readings["value"].to_list()
    for place, row_id in enumerate(readings[ROW_ID]):
        if accepted < 0:
            found.append((row_id, None, None, None))
            accepted = place
            continue
        step = _step(values[accepted], values[place], counting)
        if times[place] <= times[accepted]:
            found.append((row_id, None, None, OUT_OF_ORDER))
        elif step is None and not counting.reset:
            found.append((row_id, None, None, WENT_BACK))
        else:
            found.append((row_id, times[accepted], step, None))
            accepted = place
    return pl.DataFrame(found, schema=_FOUND, orient="row"), accepted


def _step(before: float, value: float, counting: Difference) -> float | None:
    if value >= before:
        return value - before
    if counting.rollover is not None:
        rolled = value - before + counting.rollover
        if rolled >= 0 and rolled * 2 < counting.rollover:
            return rolled
    return None
