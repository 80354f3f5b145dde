"""Units that a source tells row by row, in a column of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from include.cim.concept import Field
from include.cim.lineage import conversion_of
from include.cim.mapping_config import MappingRule
from include.cim.raw_rows import raw_name
from include.cim.unit_codes import named_unit

MISSING_UNIT: Final = "missing_unit"
UNKNOWN_UNIT: Final = "unknown_unit"
MISFIT: Final = "unit_does_not_fit"


@dataclass(frozen=True, slots=True)
class RowUnits:
    """The units of one rule's rows.

    Attributes:
        texts: What the column says, `""` where nothing.
        names: The unit as `units.yaml` spells it; null where there is none that converts to the field's.
        reasons: Why there is none; else null.
    """

    texts: pl.Series
    names: pl.Series
    reasons: pl.Series

    def found(self, numbers: pl.Series) -> frozenset[str]:
        """Give the texts that told the unit of a number."""
        return frozenset(self.texts.filter(numbers.is_not_null() & self.names.is_not_null()).unique().to_list())


def read_units(part: pl.DataFrame, rule: MappingRule, target: Field) -> RowUnits:
    """Look up every text of a rule's `unit_column`, each once.

    Args:
        part: `row_id`, and the source's columns.
    """
    texts = part[raw_name(rule.unit_column or "")].str.strip_chars().fill_null("")
    names: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for text in texts.unique().to_list():
        unit = named_unit(text or rule.unit or "")
        if unit is None:
            reasons[text] = UNKNOWN_UNIT if text else MISSING_UNIT
            continue
        try:
            conversion_of(rule.with_unit(unit.name), target)
        except ValueError:
            reasons[text] = MISFIT
        else:
            names[text] = unit.name
    return RowUnits(texts, _look_up(texts, names), _look_up(texts, reasons))


def _look_up(texts: pl.Series, table: dict[str, str]) -> pl.Series:
    keys, values = (pl.Series(list(each), dtype=pl.String) for each in (table, table.values()))
    return texts.replace_strict(keys, values, default=None, return_dtype=pl.String)
