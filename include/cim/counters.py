"""What has passed since the reading before: of each counter, over the parts of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.mapping_config import Difference

OUT_OF_ORDER: Final = "out_of_order"
WENT_BACK: Final = "counter_went_back"


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
    good = good.with_columns(pl.lit(None, pl.String).alias("fault"), pl.lit(True).alias("counts"))
    doubtful = whole.join(faulty, on=counter, how="semi", nulls_equal=True, maintain_order="left")
    rows = pl.concat(
        [good.drop("faulty"), _follow_one_by_one(doubtful, counter, counting).select(good.columns).drop("faulty")]
    )
    last = rows.filter("counts").group_by(counter).last().select(readings.columns)
    return Followed(
        rows.filter(pl.col(ROW_ID).is_not_null()).select(ROW_ID, "time_before", "step", "fault"),
        last.with_columns(pl.lit(None, pl.Int64).alias(ROW_ID)),
    )


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


def _follow_one_by_one(readings: pl.DataFrame, counter: Sequence[str], counting: Difference) -> pl.DataFrame:
    """Follow counters that have a fault reading by reading: which one counts depends on all before it."""
    before: list[int | None] = [None] * readings.height
    steps: list[float | None] = [None] * readings.height
    faults: list[str | None] = [None] * readings.height
    by_counter = readings.with_row_index("place").group_by(counter, maintain_order=True)
    for places, times, values in (
        by_counter.agg("place", pl.col("time").to_physical(), "value").select("place", "time", "value").iter_rows()
    ):
        last, last_time, last_value = places[0], times[0], values[0]
        for place, time, value in islice(zip(places, times, values, strict=True), 1, None):
            step = _step(last_value, value, counting)
            if time <= last_time:
                faults[place] = OUT_OF_ORDER
            elif step is None and not counting.reset:
                faults[place] = WENT_BACK
            else:
                before[place], steps[place] = last, step
                last, last_time, last_value = place, time, value
    fault = pl.Series("fault", faults, pl.String)
    return readings.with_columns(
        readings["time"].gather(pl.Series(before, dtype=pl.UInt32)).alias("time_before"),
        pl.Series("step", steps, pl.Float64),
        fault,
        fault.is_null().alias("counts"),
    )


def _step(before: float, value: float, counting: Difference) -> float | None:
    if value >= before:
        return value - before
    if counting.rollover is not None:
        rolled = value - before + counting.rollover
        if rolled >= 0 and rolled * 2 < counting.rollover:
            return rolled
    return None
