"""Numbers that cannot be read in their source's style, and could be if its two signs changed places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from include.batch import ROW_ID
from include.cim.concept import Concept
from include.cim.mapping_config import MappingRule
from include.cim.number_style import NumberStyle
from include.cim.texts import read_texts
from include.cim.values import UNREADABLE_NUMBER, read_values


def count_swapped(
    part: pl.DataFrame, issues: pl.DataFrame, rules: Sequence[MappingRule], concept: Concept, numbers: NumberStyle
) -> Mapping[str, int]:
    """Count by field the cells that are numbers only where the sign for thousands is the decimal one.

    Where there are some, other cells of the column may have that sign too, and were read a thousand times too large:
    `0.250` is no number of thousands, and `1.250` is.

    Args:
        part: The rows as they were read.
        issues: Cells of them that could not be read, with the columns of `ISSUES`.
    """
    if numbers.thousands not in (".", ","):
        return {}
    swapped = replace(numbers, decimal=numbers.thousands, thousands=numbers.decimal)
    counts = {}
    for rule in rules:
        wrong = issues.filter((pl.col("field") == rule.field) & (pl.col("rule") == UNREADABLE_NUMBER))
        if wrong.is_empty() or rule.formula is not None or rule.values is not None:
            continue
        rows = part.filter(pl.col(ROW_ID).is_in(wrong[ROW_ID].implode()))
        texts, _ = read_texts(rows, {rule.field: rule.columns}, {rule.field: rule})
        counts[rule.field] = read_values(texts[rule.field], rule, concept.fields[rule.field], swapped).count()
    return counts
