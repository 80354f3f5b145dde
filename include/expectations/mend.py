"""Mends broken cells: a constant, or the nearest bound; what neighbours are to fill is emptied, and noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from include.batch import ROW_ID
from include.expectations.config import Action, CurationRule, FillMethod
from include.expectations.run_suite import Breach

MENDING: Final = frozenset({Action.FILL, Action.CLAMP})


@dataclass(frozen=True, slots=True)
class Mended:
    """A frame with its cells mended.

    Attributes:
        breaches: What the rules found, but for what they found about cells that are mended.
        filled, clamped: Field → the rows whose cell was.
        wanted: Place of a rule → `row_id` of each cell that its neighbours are to fill, and whether it `held` a value.
    """

    frame: pl.DataFrame
    breaches: list[Breach]
    filled: dict[str, pl.Series] = field(default_factory=dict)
    clamped: dict[str, pl.Series] = field(default_factory=dict)
    wanted: dict[int, pl.DataFrame] = field(default_factory=dict)


def mend(frame: pl.DataFrame, breaches: Sequence[Breach], rules: Mapping[int, CurationRule]) -> Mended:
    """Mend the cells that rules with an action of `MENDING` name; where several do, the first of the suite.

    Whatever else was found about such a cell was about a value that is there no more: the mended rows have to be
    judged again.
    """
    menders = [one for one in breaches if one.action in MENDING and one.acted and not one.row_ids.is_empty()]
    if not menders:
        return Mended(frame, list(breaches))
    done: dict[str, pl.Series] = {}
    mended = Mended(frame, [])
    for breach in menders:
        rule, name = rules[breach.place], breach.cell
        row_ids = _without(breach.row_ids, done.get(name))
        here = pl.col(ROW_ID).is_in(row_ids.implode())
        if rule.on_violation is Action.CLAMP:
            value = _clamped(rule, name)
            _add(mended.clamped, name, row_ids)
        elif rule.fill is not None and rule.fill.method is FillMethod.CONSTANT:
            value = pl.lit(as_cell(rule.fill.value, frame.schema[name]), frame.schema[name])
            _add(mended.filled, name, row_ids)
        else:
            value = pl.lit(None, frame.schema[name])
            cells = frame.filter(here).select(ROW_ID, held=pl.col(name).is_not_null())
            mended.wanted[breach.place] = cells
        frame = frame.with_columns(pl.when(here).then(value).otherwise(pl.col(name)).alias(name))
        _add(done, name, row_ids)
    left = [one if one.action in MENDING and one.acted else _about_others(one, done) for one in breaches]
    return replace(mended, frame=frame, breaches=left)


def as_cell(value: Any, dtype: pl.DataType) -> Any:
    """Give a constant as a column of this type holds it."""
    return datetime.fromisoformat(value) if isinstance(dtype, pl.Datetime) else value


def _clamped(rule: CurationRule, name: str) -> pl.Expr:
    return pl.col(name).clip(rule.kwargs.get("min_value"), rule.kwargs.get("max_value"))


def _about_others(breach: Breach, done: Mapping[str, pl.Series]) -> Breach:
    row_ids = breach.row_ids
    for name in set(breach.fields) & set(done):
        row_ids = _without(row_ids, done[name])
    return replace(breach, row_ids=row_ids)


def _without(row_ids: pl.Series, others: pl.Series | None) -> pl.Series:
    return row_ids if others is None or row_ids.is_empty() else row_ids.filter(~row_ids.is_in(others.implode()))


def _add(to: dict[str, pl.Series], name: str, row_ids: pl.Series) -> None:
    to[name] = pl.concat([to[name], row_ids]) if name in to else row_ids
