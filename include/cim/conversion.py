"""Brings numbers from the source's unit and direction to the field's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.concept import Concept, Field, FieldType
from include.cim.lineage import conversion_of
from include.cim.mapping_config import MappingRule
from include.cim.raw_rows import ISSUES
from include.cim.row_units import RowUnits
from include.cim.units import Conversion, becomes_over_time, find_unit, needs_interval

NO_INTERVAL: Final = "no_interval"
NOT_A_NUMBER: Final = "not_a_number"
START: Final = "interval_start"
END: Final = "interval_end"


def convert_unit(number: pl.Expr, rule: MappingRule, target: Field, seconds: pl.Expr | None = None) -> pl.Expr:
    """Bring numbers to the field's unit and direction: a few operations per column, however many rows.

    Args:
        seconds: The length of each row's interval, where the rule does not know it.
    """
    if rule.negate:
        number = -number
    conversion = conversion_of(rule, target)
    if conversion is None:
        return number
    divisor = pl.lit(float(conversion.divisor))
    if conversion.multiplier != 1:
        number = number * float(conversion.multiplier)
    if seconds is not None:
        if becomes_over_time(find_unit(rule.unit or ""), find_unit(target.unit or "")):
            number = number * seconds
        else:
            divisor = divisor * seconds
    if conversion.summand != 0:
        number = number + float(conversion.summand)
    if conversion.divisor != 1 or seconds is not None:
        # by a column that holds the divisor, computed from the numbers so that nothing folds it into a scalar: polars
        # divides by a scalar as by its reciprocal, and 99630 Pa would be 996.3000000000001 hPa
        number = number / (number * 0.0 + divisor)
    return number


def convert_units(
    values: pl.DataFrame, rules: Sequence[MappingRule], concept: Concept, units: Mapping[str, RowUnits]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Convert every column whose rule asks for it.

    Args:
        values: `row_id` and the fields that are mapped, numbers as they were read; ends of intervals are there.
        units: By field, the units of its rows where a column tells them.

    Returns:
        The same columns; and `row_id`, `field` and `rule` of numbers that have no interval, no unit that converts to
        the field's, or are beyond a double.
    """
    seconds = (pl.col(END) - pl.col(START)).dt.total_microseconds() / 1e6
    changes: dict[str, pl.Expr] = {}
    reasons: dict[str, pl.Expr] = {}
    for rule in rules:
        target, number = concept.fields[rule.field], pl.col(rule.field)
        reasons[rule.field] = pl.lit(NOT_A_NUMBER)
        if rule.interval == "row" and target.type is FieldType.FLOAT:
            reasons[rule.field] = pl.when(seconds > 0).then(pl.lit(NOT_A_NUMBER)).otherwise(pl.lit(NO_INTERVAL))
        if (told := units.get(rule.field)) is not None:
            reasons[rule.field] = pl.coalesce(pl.lit(told.reasons), reasons[rule.field])
            changes[rule.field] = _convert_rows(number, rule, target, seconds, told)
        elif rule.interval == "row" and target.type is FieldType.FLOAT:
            changes[rule.field] = convert_unit(pl.when(seconds > 0).then(number), rule, target, seconds)
        elif rule.negate or conversion_of(rule, target) not in (None, Conversion(1, 0, 1)):
            changes[rule.field] = convert_unit(number, rule, target)
    converted = values.with_columns(
        pl.when(change.is_finite()).then(change).alias(name) for name, change in changes.items()
    )
    lost = [pl.DataFrame(schema=ISSUES)]
    for name in changes:
        if converted[name].null_count() > values[name].null_count():
            gone = values[name].is_not_null() & converted[name].is_null()
            all_rows = values.select(ROW_ID, pl.lit(name).alias("field"), reasons[name].alias("rule"))
            lost.append(all_rows.filter(gone))
    return converted, pl.concat(lost)


def _convert_rows(number: pl.Expr, rule: MappingRule, target: Field, seconds: pl.Expr, told: RowUnits) -> pl.Expr:
    """Convert the rows of each unit as a rule of that `unit` would."""
    converted = [pl.lit(None, pl.Float64)]
    for name in told.names.unique().drop_nulls().to_list():
        change = convert_unit(number, rule.with_unit(name), target)
        if rule.interval == "row" and needs_interval(find_unit(name), find_unit(target.unit or "")):
            change = convert_unit(pl.when(seconds > 0).then(number), rule.with_unit(name), target, seconds)
        converted.append(pl.when(pl.lit(told.names) == name).then(change))
    return pl.coalesce(converted)
