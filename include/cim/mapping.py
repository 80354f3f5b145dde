"""From a source's columns to a concept's fields: column-wise steps without a clock, a file or a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig, MappingRule
from include.cim.number_style import NumberStyle
from include.cim.numbers import plain_number, read_number
from include.cim.timestamps import INSTANT, around_changes, asks_batch, read_timestamps, settle
from include.cim.units import find_conversion, find_unit

DTYPES: Final = {
    FieldType.ID: pl.String(),
    FieldType.TEXT: pl.String(),
    FieldType.ENUM: pl.String(),
    FieldType.TIMESTAMP: INSTANT,
    FieldType.FLOAT: pl.Float64(),
    FieldType.INTEGER: pl.Int64(),
    FieldType.BOOLEAN: pl.Boolean(),
}
"""How the values of a field are held in a frame."""

ISSUES: Final = pl.Schema({ROW_ID: pl.Int64(), "field": pl.String(), "rule": pl.String()})
"""The columns of a frame of `RowIssue`s."""

_RULES: Final = {
    FieldType.ID: "unknown_value",
    FieldType.TEXT: "unknown_value",
    FieldType.ENUM: "unknown_value",
    FieldType.FLOAT: "unreadable_number",
    FieldType.INTEGER: "unreadable_number",
    FieldType.BOOLEAN: "unknown_value",
}
"""Why a cell could not be read, by the type of its field; timestamps have reasons of their own."""

_TRUTHS: Final = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one part of a batch became.

    Attributes:
        rows: `row_id` and every field of the concept, in its order; what is not mapped is null.
        issues: Cells that could not be read, with the columns of `ISSUES`.
        left_out: How many rows are in neither, because their rule says so (`missing_hour: skip`).
    """

    rows: pl.DataFrame
    issues: pl.DataFrame
    left_out: int = 0


Settled = Mapping[str, pl.DataFrame]
"""By field, what the rows of a whole batch tell of its times around the changes of a clock, see `settle`."""


def raw_name(column: str) -> str:
    """Give the name under which a source's column is staged: its own, but for one called like our row number."""
    return f"{ROW_ID} (source)" if column == ROW_ID else column


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
    settled = settle_times([part], config, concept) if settled is None else settled
    sourced = [rule for rule in config.rules if rule.source is not None]
    texts = part.select(ROW_ID, *[_text(rule).alias(rule.field) for rule in sourced])
    instants: list[pl.Series] = []
    issues = [pl.DataFrame(schema=ISSUES)]
    left_out = [pl.Series(ROW_ID, dtype=pl.Int64)]
    for rule in sourced:
        if concept.fields[rule.field].type is FieldType.TIMESTAMP:
            read = read_timestamps(_times(part, rule), rule, settled.get(rule.field))
            left_out.append(read.left_out)
            instants.append(read.instants.alias(rule.field))
            issues.append(read.unreadable.select(ROW_ID, pl.lit(rule.field).alias("field"), "rule"))
    values = texts.select(
        ROW_ID,
        *instants,
        *[
            _value(rule, concept.fields[rule.field], numbers)
            .cast(DTYPES[concept.fields[rule.field].type])
            .alias(rule.field)
            for rule in config.rules
            if rule.after is None and rule.field not in {series.name for series in instants}
        ],
    )
    complete = add_ends(values, config.rules)
    rows = complete.select(
        ROW_ID,
        *[
            pl.col(name) if name in complete.columns else pl.lit(None, DTYPES[each.type]).alias(name)
            for name, each in concept.fields.items()
        ],
    )
    found = pl.concat([*issues, *find_unreadable(texts, values, concept)])
    if (gone := pl.concat(left_out).unique()).is_empty():
        return Mapped(rows, found)
    stays = ~pl.col(ROW_ID).is_in(gone.implode())
    return Mapped(rows.filter(stays), found.filter(stays), len(gone))


def settle_times(parts: Iterable[pl.DataFrame], config: MapperConfig, concept: Concept) -> Settled:
    """Look through a batch for the times around the changes of a clock whose meaning other rows tell.

    The second showing of a local hour may lie in another part than the first. Once this is known, parts may be mapped
    in any order.
    """
    asking = [
        rule
        for rule in config.rules
        if rule.source is not None and concept.fields[rule.field].type is FieldType.TIMESTAMP and asks_batch(rule)
    ]
    if not asking:
        return {}
    found: dict[str, list[pl.DataFrame]] = {rule.field: [] for rule in asking}
    for part in parts:
        for rule in asking:
            found[rule.field].append(around_changes(_times(part, rule), rule))
    return {rule.field: settle(pl.concat(found[rule.field]), rule) for rule in asking}


def add_ends(values: pl.DataFrame, rules: Sequence[MappingRule]) -> pl.DataFrame:
    """Add the ends of intervals that are given by their length."""
    return values.with_columns(
        (pl.col(rule.after.field) + rule.after.duration).alias(rule.field) for rule in rules if rule.after is not None
    )


def find_unreadable(texts: pl.DataFrame, values: pl.DataFrame, concept: Concept) -> list[pl.DataFrame]:
    """List the cells, but for timestamps, that hold something and gave nothing."""
    found = []
    for name in texts.columns:
        kind = concept.fields[name].type if name != ROW_ID else FieldType.TIMESTAMP
        if kind is not FieldType.TIMESTAMP and values[name].null_count() > texts[name].null_count():
            bad = texts.filter(texts[name].is_not_null() & (texts[name] != "") & values[name].is_null())
            found.append(bad.select(ROW_ID, pl.lit(name).alias("field"), pl.lit(_RULES[kind]).alias("rule")))
    return found


def _text(rule: MappingRule) -> pl.Expr:
    columns = [pl.col(raw_name(column)) for column in rule.columns]
    joined = columns[0] if len(columns) == 1 else pl.concat_str(columns, separator=" ", ignore_nulls=True)
    return joined.str.strip_chars()


def _times(part: pl.DataFrame, rule: MappingRule) -> pl.DataFrame:
    """Give what `read_timestamps` reads."""
    per = [raw_name(name) for name in rule.occurrence_per]
    later = pl.lit(False)
    if rule.repeated_flag is not None:
        flag = pl.col(raw_name(rule.repeated_flag.column)).str.strip_chars()
        later = pl.any_horizontal(flag.str.ends_with(sign) for sign in rule.repeated_flag.later).fill_null(False)
    return part.select(
        ROW_ID,
        _text(rule).alias("text"),
        (pl.struct(per).hash(seed=0) if per else pl.lit(0, pl.UInt64)).alias("register"),
        later.alias("later"),
    )


def _value(rule: MappingRule, target: Field, numbers: NumberStyle) -> pl.Expr:
    if rule.constant is not None:
        return pl.lit(rule.constant)
    text = pl.col(rule.field)
    if rule.values is not None:
        return _look_up(text, rule, DTYPES[target.type])
    match target.type:
        case FieldType.FLOAT:
            value = convert_unit(read_number(text, numbers), rule, target)
        case FieldType.INTEGER:
            value = plain_number(text, numbers).cast(pl.Int64, strict=False)
        case FieldType.BOOLEAN:
            value = text.str.to_lowercase().replace_strict(_TRUTHS, default=None, return_dtype=pl.Boolean)
        case FieldType.ENUM:
            value = pl.when(text.is_in(list(target.values))).then(text)
        case _:
            # PostgreSQL holds no NUL in text: such a cell is an issue of its row, and not the end of the batch
            value = pl.when((text != "") & ~text.str.contains("\0", literal=True)).then(text)
    return value


def _look_up(text: pl.Expr, rule: MappingRule, dtype: pl.DataType) -> pl.Expr:
    table = rule.values or {}
    found = text.replace_strict(
        list(table),
        pl.Series(list(table.values()), dtype=dtype),
        default=pl.lit(rule.otherwise, dtype),
        return_dtype=dtype,
    )
    return pl.when(text.is_not_null() & ((text != "") | pl.lit("" in table))).then(found)


def convert_unit(number: pl.Expr, rule: MappingRule, target: Field) -> pl.Expr:
    """Bring numbers to the field's unit and direction: at most three operations per column, however many rows."""
    if rule.negate:
        number = -number
    if rule.unit is None or target.unit is None:
        return number
    conversion = find_conversion(find_unit(rule.unit), find_unit(target.unit))
    if conversion.multiplier != 1:
        number = number * float(conversion.multiplier)
    if conversion.summand != 0:
        number = number + float(conversion.summand)
    if conversion.divisor != 1:
        # by a column that holds the divisor, computed from the numbers so that nothing folds it into a scalar: polars
        # divides by a scalar as by its reciprocal, and 99630 Pa would be 996.3000000000001 hPa
        number = number / (number * 0.0 + float(conversion.divisor))
    return number
