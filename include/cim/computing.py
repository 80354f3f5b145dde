"""Values that a formula computes from several columns."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from include.batch import ROW_ID
from include.cim.concept import Field, FieldType
from include.cim.formula import ARITHMETIC, read_formula
from include.cim.mapping_config import MappingRule
from include.cim.number_style import NumberStyle
from include.cim.numbers import are_whole, read_numbers
from include.cim.texts import NOT_FOUND, read_texts


def compute(
    part: pl.DataFrame, rule: MappingRule, target: Field, numbers: NumberStyle
) -> tuple[pl.Series, pl.DataFrame]:
    """Compute one field of one part.

    A row that lacks an input has no value and no issue. Division by zero, and what no double holds, give none either,
    and an issue.

    Returns:
        As many values as the part has rows, and `row_id` and `rule` of each issue.
    """
    columns = {unicodedata.normalize("NFKC", name): [column] for name, column in rule.inputs.items()}
    texts, missed = read_texts(part, columns, dict.fromkeys(columns, rule))
    style = replace(numbers, bracketed=rule.bracketed is not None)
    inputs = {name: read_numbers(texts[name], style) for name in columns}
    written = [texts[name].is_not_null() & (texts[name] != "") for name in columns]
    faults = _Faults(part[ROW_ID])
    faults.add(
        "unreadable_number",
        _any(part, [there & inputs[name].is_null() for there, name in zip(written, columns, strict=True)]),
    )
    complete = ~_any(part, [inputs[name].is_null() for name in columns])
    sum_up = _Computation(inputs, part.height)
    values = sum_up.value(read_formula(rule.formula or ""))
    faults.add("division_by_zero", sum_up.by_zero & complete)
    faults.add("not_a_number", ~values.is_finite().fill_null(True) & complete)
    values = values.set(faults.any | ~complete, None)
    if target.type is FieldType.INTEGER:
        faults.add("not_a_whole_number", ~are_whole(values).fill_null(True))
        values = values.set(faults.any, None).cast(pl.Int64)
    issues = pl.concat([missed.select(ROW_ID, pl.lit(NOT_FOUND).alias("rule")), faults.issues()])
    return values.alias(rule.field), issues.unique(ROW_ID, keep="first", maintain_order=True)


class _Computation:
    """Columns as the formula's operations, one after the other, and where one of them divides by zero."""

    def __init__(self, inputs: Mapping[str, pl.Series], height: int) -> None:
        self._inputs = inputs
        self._height = height
        self.by_zero = pl.repeat(False, height, dtype=pl.Boolean, eager=True)

    def value(self, node: ast.expr) -> pl.Series:
        match node:
            case ast.Name():
                return self._inputs[node.id]
            case ast.Constant(value=int() | float() as number):
                # a column, because polars divides by a scalar as by its reciprocal, which may miss the nearest double
                return pl.repeat(float(number), self._height, dtype=pl.Float64, eager=True)
            case ast.UnaryOp():
                operand = self.value(node.operand)
                return operand * -1 if isinstance(node.op, ast.USub) else operand
            case ast.BinOp():
                left, right = self.value(node.left), self.value(node.right)
                if isinstance(node.op, ast.Div):
                    self.by_zero |= (right == 0).fill_null(False)
                result: pl.Series = ARITHMETIC[type(node.op)](left, right)
                return result
        raise ValueError(f"a formula cannot hold {type(node).__name__}")  # the check on saving has refused it


@dataclass
class _Faults:
    """The rows without a value, each with its first reason."""

    row_ids: pl.Series

    def __post_init__(self) -> None:
        self.any = pl.repeat(False, len(self.row_ids), dtype=pl.Boolean, eager=True)
        self._found: list[pl.DataFrame] = [pl.DataFrame(schema={ROW_ID: pl.Int64(), "rule": pl.String()})]

    def add(self, rule: str, rows: pl.Series) -> None:
        new = rows & ~self.any
        if new.any():
            self._found.append(self.row_ids.filter(new).to_frame(ROW_ID).select(ROW_ID, pl.lit(rule).alias("rule")))
            self.any |= new

    def issues(self) -> pl.DataFrame:
        return pl.concat(self._found)


def _any(part: pl.DataFrame, masks: list[pl.Series]) -> pl.Series:
    found = pl.repeat(False, part.height, dtype=pl.Boolean, eager=True)
    for mask in masks:
        found |= mask
    return found
