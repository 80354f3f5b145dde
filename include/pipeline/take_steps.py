"""Gives mapped parts the values that need the reading before: a counter's difference, an interval's begin, energy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from include.batch import ROW_ID
from include.cim.concept import Concept
from include.cim.counted import (
    SPANS,
    STRETCH,
    are_within,
    close_spans,
    last_readings,
    open_spans,
    part_readings,
)
from include.cim.counters import Followed, count_turns, follow
from include.cim.mapping import add_ends
from include.cim.mapping_config import Difference, MapperConfig, MappingRule
from include.cim.previous import counter_columns, counter_fields, finish, needs_previous, time_field
from include.cim.raw_rows import ISSUES, raw_name, takes
from include.cim.timestamps import INSTANT
from include.cim.values import DTYPES
from include.ports import Staging


@dataclass
class Steps:
    """What became of a batch.

    Attributes:
        issues: By the number of the part, readings that are out of order or went back; columns of `ISSUES`.
        without_previous: Values that there are none of: the first of their counter, or after a reset.
        counted_before: Values that there are none of because batches before counted over that time already.
        spans: What the next batch has to know, with the columns of `SPANS`.
    """

    issues: dict[int, pl.DataFrame] = field(default_factory=dict)
    without_previous: int = 0
    counted_before: int = 0
    spans: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SPANS))


def take_steps(
    parts: Sequence[str],
    raw: Sequence[str],
    mapper: MapperConfig,
    concept: Concept,
    staging: Staging,
    write: Callable[[int, pl.DataFrame], object],
    counted: pl.DataFrame | None = None,
) -> Steps:
    """Complete every part, and write it again.

    What is known of the part before goes with the reading: forwards, or from the last part to the first where the
    source writes the newest row first.

    Args:
        parts: Mapped without what needs the reading before (`without_previous`).
        raw: Part i has the rows of part i.
        write: Takes a part's number and its rows.
        counted: What the batches before left, with the columns of `SPANS`.
    """
    rules = [rule for rule in mapper.rules if needs_previous(rule)]
    batch = _Batch(parts, raw, mapper, concept, staging)
    backwards = _are_backwards(batch, rules)
    steps = Steps()
    counters: dict[str, _Counters] = {}
    for number in reversed(range(len(parts))) if backwards else range(len(parts)):
        rows, source = batch.part(number, rules)
        finished, faults = [], [pl.DataFrame(schema=ISSUES)]
        for rule in rules:
            readings = batch.readings(rows, source, rule)
            if rule.field not in counters:
                counters[rule.field] = _Counters(rule, readings.schema, counted)
            found = counters[rule.field].follow(readings.reverse() if backwards else readings)
            good = found.rows.filter(pl.col("fault").is_null())
            steps.without_previous += good["step"].null_count()
            finished.append(_finish(rows, good, rule, batch))
            fault = found.rows.filter(pl.col("fault").is_not_null())
            faults.append(fault.select(ROW_ID, pl.lit(rule.field).alias("field"), pl.col("fault").alias("rule")))
        moved = {rule.field for rule in rules}
        write(number, add_ends(rows.with_columns(finished), mapper.rules, moved))
        if any(not each.is_empty() for each in faults):
            steps.issues[number] = pl.concat(faults).sort(ROW_ID, maintain_order=True)
    steps.counted_before = sum(each.within for each in counters.values())
    steps.spans = pl.concat([steps.spans, *(each.close() for each in counters.values())])
    return steps


class _Counters:
    """One rule's counters on the way through a batch.

    Attributes:
        within: Readings so far that lie where batches before have counted.
    """

    def __init__(self, rule: MappingRule, readings: pl.Schema, counted: pl.DataFrame | None) -> None:
        self._rule = rule
        self._counter = pl.Schema(
            {name: dtype for name, dtype in readings.items() if name not in (ROW_ID, "time", "value")}
        )
        self._spans = open_spans(counted, rule, self._counter)
        self._known = last_readings(self._spans)
        self._started = self._spans.select(*self._counter, STRETCH, "first")
        self.within = 0

    def follow(self, readings: pl.DataFrame) -> Followed:
        """Follow the readings of the next part, forward in time."""
        readings = part_readings(readings, self._spans)
        if self._rule.difference is not None:
            outside = readings.filter(~are_within())
            self.within += readings.height - outside.height
            readings = outside
        begun = readings.group_by(*self._counter, STRETCH, maintain_order=True).agg(
            pl.col("time").first().alias("first")
        )
        both = pl.concat([self._started, begun.select(self._started.columns)])
        self._started = both.unique([*self._counter, STRETCH], keep="first", maintain_order=True)
        found = follow(readings, self._known, self._rule.difference or Difference())
        self._known = found.known
        return found

    def close(self) -> pl.DataFrame:
        """Give what the next batch has to know."""
        return close_spans(self._started, self._known, self._rule, self._counter)


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch's parts, and beside each the cells of the source that tell its counters apart."""

    parts: Sequence[str]
    raw: Sequence[str]
    mapper: MapperConfig
    concept: Concept
    staging: Staging

    @property
    def time(self) -> pl.Expr:
        name = time_field(self.mapper, self.concept)
        return (pl.lit(None, INSTANT) if name is None else pl.col(name)).alias("time")

    def part(self, number: int, rules: Sequence[MappingRule]) -> tuple[pl.DataFrame, pl.DataFrame]:
        rows = self.staging.read(self.parts[number])
        names = {raw_name(name) for rule in rules for name in (*counter_columns(rule), *rule.where)}
        source = self.staging.scan(self.raw[number]).select(ROW_ID, *sorted(names)).collect()
        return rows, rows.select(ROW_ID).join(source, on=ROW_ID, how="left", maintain_order="left")

    def readings(self, rows: pl.DataFrame, source: pl.DataFrame, rule: MappingRule) -> pl.DataFrame:
        """Give the readings of one rule as `follow` takes them, in the order of the source."""
        value = pl.col(rule.field) if rule.difference is not None else pl.lit(0.0)
        fields = counter_fields(self.mapper, self.concept)
        columns = [pl.col(raw_name(name)).alias(f"source {name}") for name in counter_columns(rule)]
        beside = source.with_columns(takes(rule.where).alias("taken")).select("taken", *columns)
        return (
            rows.select(ROW_ID, self.time, value.alias("value"), pl.lit(0, pl.Int8).alias("all"), *fields)
            .hstack(beside)
            .filter("taken", pl.col("time").is_not_null(), pl.col("value").is_not_null())
            .drop("taken")
        )


def _are_backwards(batch: _Batch, rules: Sequence[MappingRule]) -> bool:
    later = 0
    known: dict[str, pl.DataFrame] = {}
    for number in range(len(batch.parts)):
        rows, source = batch.part(number, rules)
        for rule in rules:
            turns, known[rule.field] = count_turns(batch.readings(rows, source, rule), known.get(rule.field))
            later += turns
    return later < 0


def _finish(rows: pl.DataFrame, good: pl.DataFrame, rule: MappingRule, batch: _Batch) -> pl.Series:
    target = batch.concept.fields[rule.field]
    read = rows.select(ROW_ID, batch.time, pl.col(rule.field).alias("value"))
    held = read.join(good, on=ROW_ID, how="left", maintain_order="left")
    return held.select(finish(rule, target).cast(DTYPES[target.type]).alias(rule.field)).to_series()
