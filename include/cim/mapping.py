"""From a source's columns to a concept's fields: column-wise steps without a clock, a file or a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from include.batch import ROW_ID
from include.cim.computing import compute
from include.cim.concept import Concept, Field, FieldType
from include.cim.conversion import convert_units
from include.cim.mapping_config import MapperConfig, MappingRule
from include.cim.number_style import NumberStyle
from include.cim.occurrence import Occurrences
from include.cim.raw_rows import raw_name, takes
from include.cim.texts import NOT_FOUND, read_texts
from include.cim.timestamps import read_timestamps
from include.cim.values import DTYPES, UNREADABLE, read_value

ISSUES: Final = pl.Schema({ROW_ID: pl.Int64(), "field": pl.String(), "rule": pl.String()})
"""The columns of a frame of `RowIssue`s."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one part of a batch became.

    Attributes:
        rows: `row_id` and every field of the concept, in its order; what is not mapped is null.
        issues: Cells that could not be read, with the columns of `ISSUES`.
        occurrences: What the next part of the same batch has to know.
    """

    rows: pl.DataFrame
    issues: pl.DataFrame
    occurrences: Occurrences = field(default_factory=Occurrences)


def map_columns(
    part: pl.DataFrame,
    config: MapperConfig,
    concept: Concept,
    numbers: NumberStyle,
    occurrences: Occurrences | None = None,
) -> Mapped:
    """Map one part of a batch.

    A cell that is null, or nothing but blanks, becomes null. A cell that cannot be read becomes null and an issue.

    Args:
        part: `row_id`, and the source's columns, all String, under the names that `raw_name` gives.
        numbers: How the source writes numbers.
        occurrences: What the part before gave; parts of a batch are mapped one after the other, because the second
            showing of a local hour may begin in another part than the first.
    """
    known = occurrences or Occurrences()
    fields = concept.fields
    sourced = {rule.field: rule for rule in config.rules if rule.source is not None}
    texts, missed = read_texts(part, {name: rule.columns for name, rule in sourced.items()}, sourced)
    issues = [missed.select(ROW_ID, "field", pl.lit(NOT_FOUND).alias("rule"))]
    columns: list[pl.Series] = []
    for rule in config.rules:
        if fields[rule.field].type is FieldType.TIMESTAMP and rule.field in sourced:
            read = read_timestamps(_with_registers(texts, part, rule), rule, known)
            known = read.occurrences
            columns.append(read.instants.alias(rule.field))
            issues.append(read.unreadable.select(ROW_ID, pl.lit(rule.field).alias("field"), "rule"))
        elif rule.formula is not None:
            computed, faults = compute(part, rule, fields[rule.field], numbers)
            columns.append(computed)
            issues.append(faults.select(ROW_ID, pl.lit(rule.field).alias("field"), "rule"))
    cells = texts.select(
        read_value(rule, fields[name], numbers).cast(DTYPES[fields[name].type]).alias(name)
        for name, rule in sourced.items()
        if fields[name].type is not FieldType.TIMESTAMP
    )
    issues += find_unreadable(texts, cells, concept)
    given = part.select(
        ROW_ID, *[_constant(rule, fields[rule.field]) for rule in config.rules if rule.constant is not None]
    )
    values = add_ends(given.with_columns(*columns, *cells.get_columns()), config.rules)
    converted, lost = convert_units(values, config.rules, concept)
    rows = converted.select(
        ROW_ID,
        *[
            pl.col(name) if name in converted.columns else pl.lit(None, DTYPES[each.type]).alias(name)
            for name, each in fields.items()
        ],
    )
    return Mapped(rows, pl.concat([*issues, lost]), known)


def add_ends(values: pl.DataFrame, rules: Sequence[MappingRule]) -> pl.DataFrame:
    """Add the ends of intervals that are given by their length."""
    return values.with_columns(
        (pl.col(rule.after.field) + rule.after.duration).alias(rule.field) for rule in rules if rule.after is not None
    )


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


def _with_registers(texts: pl.DataFrame, part: pl.DataFrame, rule: MappingRule) -> pl.DataFrame:
    registers = [part[raw_name(name)].alias(f"register {number}") for number, name in enumerate(rule.occurrence_per)]
    return texts.select(ROW_ID, pl.col(rule.field).alias("text"), *registers)
