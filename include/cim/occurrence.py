"""Which showing of a local time a row means that the clock showed twice: what the order of a batch's rows tells."""

from __future__ import annotations

import polars as pl


def number_showings(rows: pl.DataFrame) -> pl.Series:
    """Number the showings of ambiguous labels, per change of the clock and register.

    The rows around the change tell whether time runs forwards or backwards. Where the labels start anew once, the
    second run is the second showing, whichever labels either run lacks. Where they do not, the showings of a label
    follow one another: the k-th row is the k-th showing, if there are no more than two, and a label that comes once
    while others come twice is not told.

    Args:
        rows: In the order of the source: `label`, `at` (when the clock was changed), `register`, and `ambiguous`.
            Those that are not ambiguous tell the direction.

    Returns:
        1 or 2; null where a label is not ambiguous, or its showing cannot be told.
    """
    key = ["at", "register"]
    step = pl.col("label").diff().over(key).dt.total_microseconds().sign()
    ordered = rows.select("label", *key, "ambiguous", backwards=step.sum().over(key) < 0).with_row_index("place")
    place = pl.col("place").cast(pl.Int64)
    inside = ordered.filter("ambiguous").sort(pl.when("backwards").then(-place).otherwise(place))
    inside = inside.with_columns(
        run=1 + (pl.col("label").diff() < pl.duration(microseconds=0)).fill_null(False).cum_sum().over(key),
        count=pl.len().over(*key, "label"),
        time=pl.col("label").cum_count().over(*key, "label"),
    )
    runs, most = pl.col("run").max().over(key), pl.col("count").max().over(key)
    told = (pl.col("count") == 2) | ((pl.col("count") == 1) & (most == 1))
    showing = pl.when(runs == 2).then("run").when(told).then("time")
    numbered = inside.select("place", showing.cast(pl.Int64).alias("showing"))
    return ordered.select("place").join(numbered, on="place", how="left", maintain_order="left")["showing"]
