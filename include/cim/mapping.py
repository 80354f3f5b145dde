"""From a source's columns to a concept's fields: column-wise steps without a clock, a file or a network."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.computing import compute
from include.cim.concept import Concept, Field, FieldType
from include.cim.conversion import convert_units
from include.cim.mapping_config import MapperConfig, MappingRule
from include.cim.number_style import NumberStyle
from include.cim.raw_rows import raw_name, takes
from include.cim.row_units import read_units
from include.cim.showings import are_later, put_behind
from include.cim.texts import NOT_FOUND, read_texts
from include.cim.timestamps import INSTANT, around_changes, asks_batch, find_beyond, read_timestamps, settle
from include.cim.values import DTYPES, UNREADABLE, read_values
from include.cim.zone import read_zone

_DAY: Final = timedelta(days=1)
_HALF: Final = " …"
"""Behind a time of which a part is missing: it is read as none."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one part of a batch became.

    Attributes:
        rows: `row_id` and every field of the concept, in its order; what is not mapped is null.
        issues: Cells that could not be read, with the columns of `ISSUES`.
        left_out: How many rows are in neither, because their rule says so (`missing_hour: skip`).
        asks_others: Whether rows of other parts may tell what some of its times mean, see `settle_times`.
        units: By field whose units a column tells, the texts of that column that numbers were converted by.
    """

    rows: pl.DataFrame
    issues: pl.DataFrame
    left_out: int = 0
    asks_others: bool = False
    units: Mapping[str, frozenset[str]] = field(default_factory=dict)


Settled = Mapping[str, pl.DataFrame]
"""By field, what the rows of a whole batch tell of its times around the changes of a clock, see `settle`."""


def map_columns(
    part: pl.DataFrame,
    config: MapperConfig,
    concept: Concept,
    numbers: NumberStyle,
    settled: Settled | None = None,
) -> Mapped:
    """Map one part of a batch.

    A cell that is null, or nothing but blanks, becomes null. A cell that cannot be read becomes null and an issue.

    Args:
        part: `row_id`, and the source's columns, all String, under the names that `raw_name` gives.
        numbers: How the source writes numbers.
        settled: What `settle_times` gave for the batch; None where the part is all of it.
    """
    settled = settled or {}
    fields = concept.fields
    sourced = {rule.field: rule for rule in config.rules if rule.source is not None}
    texts, missed = read_texts(part, {name: rule.columns for name, rule in sourced.items()}, sourced)
    issues = [missed.select(ROW_ID, "field", pl.lit(NOT_FOUND).alias("rule"))]
    left_out = [pl.Series(ROW_ID, dtype=pl.Int64)]
    columns: list[pl.Series] = []
    asks_others = False
    for rule in config.rules:
        if fields[rule.field].type is FieldType.TIMESTAMP and rule.field in sourced:
            read = read_timestamps(_times(texts[rule.field], part, rule), rule, settled.get(rule.field))
            left_out.append(read.left_out)
            asks_others |= read.asks_others
            columns.append(read.instants.alias(rule.field))
            issues.append(read.unreadable.select(ROW_ID, pl.lit(rule.field).alias("field"), "rule"))
        elif rule.formula is not None:
            computed, faults = compute(part, rule, fields[rule.field], numbers)
            columns.append(computed)
            issues.append(faults.select(ROW_ID, pl.lit(rule.field).alias("field"), "rule"))
    cells = pl.DataFrame(
        [
            read_values(texts[name], rule, fields[name], numbers).cast(DTYPES[fields[name].type]).alias(name)
            for name, rule in sourced.items()
            if fields[name].type is not FieldType.TIMESTAMP
        ]
    )
    issues += find_unreadable(texts, cells, concept)
    given = part.select(
        ROW_ID, *[_constant(rule, fields[rule.field]) for rule in config.rules if rule.constant is not None]
    )
    values = add_ends(given.with_columns(*columns, *cells.get_columns()), config.rules)
    for name in values.columns:
        if values[name].dtype == INSTANT and (beyond := find_beyond(values[name])).any():
            why = pl.lit("unreadable_timestamp").alias("rule")
            issues.append(values.filter(beyond).select(ROW_ID, pl.lit(name).alias("field"), why))
            values = values.with_columns(pl.when(~beyond).then(name).alias(name))
    told = {rule.field: read_units(part, rule, fields[rule.field]) for rule in config.rules if rule.unit_column}
    converted, lost = convert_units(values, config.rules, concept, told)
    units = {name: each.found(values[name]) for name, each in told.items()}
    rows = converted.select(
        ROW_ID,
        *[
            pl.col(name) if name in converted.columns else pl.lit(None, DTYPES[each.type]).alias(name)
            for name, each in fields.items()
        ],
    )
    found = pl.concat([*issues, lost])
    if (gone := pl.concat(left_out).unique()).is_empty():
        return Mapped(rows, found, asks_others=asks_others, units=units)
    stays = ~pl.col(ROW_ID).is_in(gone.implode())
    return Mapped(rows.filter(stays), found.filter(stays), len(gone), asks_others, units)


def settle_times(parts: Iterable[pl.DataFrame | pl.LazyFrame], config: MapperConfig, concept: Concept) -> Settled:
    """Look through a batch for the times around the changes of a clock whose meaning other rows tell.

    The second showing of a local hour may lie in another part than the first. Once this is known, parts may be mapped
    in any order.

    Args:
        parts: As `map_columns` takes them, in the order of the source; of a lazy one only what times need is read.
    """
    asking = [
        rule
        for rule in config.rules
        if rule.source is not None and concept.fields[rule.field].type is FieldType.TIMESTAMP and asks_batch(rule)
    ]
    found: dict[str, list[pl.DataFrame]] = {rule.field: [] for rule in asking}
    needed = {ROW_ID, *(raw_name(name) for rule in asking for name in rule.reads)}
    for part in parts:
        rows = part.lazy().select(needed).collect()
        for rule in asking:
            texts, _ = read_texts(rows, {rule.field: rule.columns}, {rule.field: rule})
            found[rule.field].append(around_changes(_times(texts[rule.field], rows, rule), rule))
    return {rule.field: settle(pl.concat(found[rule.field]), rule) for rule in asking}


def add_ends(values: pl.DataFrame, rules: Sequence[MappingRule], starts: Collection[str] | None = None) -> pl.DataFrame:
    """Add the ends of intervals that are given by their length.

    Args:
        rules: All of the mapping.
        starts: Fields whose ends are added; None: of all.
    """
    zones = {rule.field: read_zone(rule.zone) for rule in rules if rule.zone is not None}
    return values.with_columns(
        _end(values[rule.after.field], rule.after.duration, zones.get(rule.after.field)).alias(rule.field)
        for rule in rules
        if rule.after is not None and (starts is None or rule.after.field in starts)
    )


def _end(starts: pl.Series, length: timedelta, zone: tzinfo | None) -> pl.Series:
    """Add a length; whole days are the clock's: the day on which it is changed has 23 hours or 25."""
    ends = starts + length
    if zone is None or length % _DAY:
        return ends
    begun = starts.unique().drop_nulls()
    ended = pl.Series([_move(start, length, zone) for start in begun], dtype=starts.dtype)
    return starts.replace_strict(begun, ended, default=None, return_dtype=starts.dtype).fill_null(ends)


def _move(instant: datetime, length: timedelta, zone: tzinfo) -> datetime | None:
    try:
        return (instant.astimezone(zone) + length).astimezone(UTC)
    except OverflowError:  # at the end of the year 9999: no clock tells it
        return None


def find_unreadable(texts: pl.DataFrame, values: pl.DataFrame, concept: Concept) -> list[pl.DataFrame]:
    """List the cells that hold something and gave nothing."""
    found = []
    for name in values.columns:
        if values[name].null_count() > texts[name].null_count():
            bad = texts.filter(texts[name].is_not_null() & (texts[name] != "") & values[name].is_null())
            rule = UNREADABLE[concept.fields[name].type]
            found.append(bad.select(ROW_ID, pl.lit(name).alias("field"), pl.lit(rule).alias("rule")))
    return found


def _constant(rule: MappingRule, target: Field) -> pl.Expr:
    value = pl.lit(rule.constant).cast(DTYPES[target.type])
    return (pl.when(takes(rule.where)).then(value) if rule.where else value).alias(rule.field)


def _times(texts: pl.Series, part: pl.DataFrame, rule: MappingRule) -> pl.DataFrame:
    """Give what `read_timestamps` reads."""
    per = [raw_name(name) for name in rule.occurrence_per]
    later = pl.lit(False)
    if rule.repeated_flag is not None:
        flag = part[raw_name(rule.repeated_flag.column)].str.strip_chars()
        if rule.repeated_flag.column in rule.columns:
            flag = put_behind(flag)
        later = are_later(pl.lit(flag), rule.repeated_flag.later)
    text = pl.lit(texts).alias("text")
    if len(rule.columns) > 1:
        # a day whose clock is missing in a column of its own is no time; one that is written alone is its midnight
        filled = [(pl.col(raw_name(name)).str.strip_chars() != "").fill_null(False) for name in rule.columns]
        text = pl.when(pl.sum_horizontal(filled) == 1).then(text + _HALF).otherwise(text).alias("text")
    return part.select(
        ROW_ID,
        text,
        pl.struct(per or pl.lit(0)).alias("register"),
        later.alias("later"),
    )
