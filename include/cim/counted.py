"""Over which spans of time each counter was counted by the batches before, so that the next one goes on from there."""

from __future__ import annotations

import json
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.mapping_config import MappingRule
from include.cim.timestamps import INSTANT

SPANS: Final = pl.Schema(
    {"field": pl.String(), "rule": pl.String(), "counter": pl.String(), "first": INSTANT, "last": INSTANT}
    | {"value": pl.Float64()}
)
"""What is kept of a dataset: for each field, and each of its counters, spans that do not meet. `value` is the reading
at the end of one; `rule` and `counter` are JSON."""

STRETCH: Final = "stretch"
"""A column that parts a counter's readings: 2 n for those after its n-th span, and 2 n + 1 for those within the next.
Readings of different stretches are not held against one another."""

_READS: Final = {
    *("source", "formula", "inputs", "join", "extract", "bracketed", "values", "otherwise", "where", "unit"),
    *("unit_column", "power_of_ten", "difference", "occurrence_per"),
}


def open_spans(kept: pl.DataFrame | None, rule: MappingRule, counter: pl.Schema) -> pl.DataFrame:
    """Give what is known of one rule's counters.

    A rule that reads something else than it did then begins anew.

    Args:
        kept: With the columns of `SPANS`; None before the first batch.
        counter: The columns that together tell the counters apart.

    Returns:
        The columns of `counter`, `STRETCH` (of the readings after the span), `first`, `last` and `value`.
    """
    kept = pl.DataFrame(schema=SPANS) if kept is None else kept
    mine = kept.filter(pl.col("field") == rule.field, pl.col("rule") == _sign(rule, counter)).sort("first")
    stretch = (pl.int_range(1, pl.len() + 1).over("counter") * 2).cast(pl.Int64).alias(STRETCH)
    counters = mine["counter"].str.json_decode(pl.Struct(counter)).struct.unnest()
    return counters.hstack(mine.select(stretch, "first", "last", "value"))


def part_readings(readings: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Add to readings the stretch that each is of.

    Args:
        readings: As `follow` takes them.
        spans: As `open_spans` gives them.
    """
    if spans.is_empty():
        return readings.with_columns(pl.lit(0, pl.Int64).alias(STRETCH))
    counter = [name for name in spans.columns if name not in (STRETCH, "first", "last", "value")]
    beside = readings.select(ROW_ID, "time", *counter).join(
        spans.select(*counter, "first", "last"), on=counter, how="left", nulls_equal=True
    )
    time, first, last = pl.col("time"), pl.col("first"), pl.col("last")
    stretch = (time > last).sum() * 2 + time.is_between(first, last).any()
    found = beside.group_by(ROW_ID).agg(stretch.cast(pl.Int64).alias(STRETCH))
    return readings.join(found, on=ROW_ID, how="left", maintain_order="left")


def are_within() -> pl.Expr:
    """Say of readings whether they lie within a span: what was counted until then holds them already."""
    return pl.col(STRETCH) % 2 == 1


def last_readings(spans: pl.DataFrame) -> pl.DataFrame:
    """Give the readings at the ends of spans as `follow` takes what the part before gave."""
    return spans.drop("first").rename({"last": "time"}).with_columns(pl.lit(None, pl.Int64).alias(ROW_ID))


def close_spans(started: pl.DataFrame, known: pl.DataFrame, rule: MappingRule, counter: pl.Schema) -> pl.DataFrame:
    """Give what the next batch has to know of one rule's counters, with the columns of `SPANS`.

    Args:
        started: The time of the first reading (`first`) of each counter and stretch.
        known: The last good one (`time`, `value`).
    """
    ends = known.join(started, on=[*counter, STRETCH], how="inner", nulls_equal=True).filter(~are_within())
    return ends.select(
        pl.lit(rule.field).alias("field"),
        pl.lit(_sign(rule, counter)).alias("rule"),
        pl.struct(*counter).struct.json_encode().alias("counter"),
        "first",
        pl.col("time").alias("last"),
        "value",
    )


def _sign(rule: MappingRule, counter: pl.Schema) -> str:
    """Write down what a rule's readings are: others are not to be held against them."""
    reads = rule.model_dump(mode="json", include=_READS, exclude_defaults=True)
    for changes_nothing in ("rollover", "reset"):
        reads.get("difference", {}).pop(changes_nothing, None)
    return json.dumps({**reads, "counter": {name: str(dtype) for name, dtype in counter.items()}}, sort_keys=True)
