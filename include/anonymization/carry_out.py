"""Carries out one field's plan on its column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as attribute
from functools import partial
from typing import Final

import polars as pl

from include.anonymization.coarsen import add_noise, generalise, round_off
from include.anonymization.config import (
    Drop,
    Encrypt,
    FieldPlan,
    Generalise,
    Hash,
    Keep,
    Mask,
    Noise,
    Pseudonym,
    Redact,
    Replace,
    Round,
    Scan,
    Swap,
)
from include.anonymization.drawing import draw_places, draw_uniform
from include.anonymization.free_text import scan_texts
from include.anonymization.key import Key
from include.anonymization.methods import encrypt, hash_with_key, mask, pseudonymise, redact, replace

_MOST_KNOWN: Final = 100_000


@dataclass
class Known:
    """What became of the values of a column in the parts before; as many as are kept."""

    values: pl.Series = attribute(default_factory=lambda: pl.Series(dtype=pl.String))
    hidden: pl.Series = attribute(default_factory=lambda: pl.Series(dtype=pl.String))

    def change(self, column: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
        """Change each distinct value of a String column that is new; nulls stay null."""
        distinct = column.drop_nulls().unique()
        new = distinct.filter(~distinct.is_in(self.values.implode()))
        values, hidden = pl.concat([self.values, new]), pl.concat([self.hidden, change(new)])
        if values.len() <= _MOST_KNOWN:
            self.values, self.hidden = values, hidden
        return column.replace_strict(values, hidden, default=None, return_dtype=pl.String)


@dataclass(frozen=True)
class Task:
    """A field's plan, with what it takes to carry it out part by part.

    Attributes:
        minimum, maximum: Of the field; its values keep them.
        known: Of methods that make the same of equal values.
    """

    field: str
    plan: FieldPlan
    key: Key
    minimum: float | None
    maximum: float | None
    known: Known = attribute(default_factory=Known)


def hide(column: pl.Series, task: Task, records: pl.DataFrame) -> pl.Series:  # noqa: PLR0911 - one a method
    """Do to a column what its plan says; nulls stay null. `swap` is for whole batches, see `swap_values`.

    Args:
        records: The fields that name each row's record, as they were before the plan.
    """
    match task.plan:
        case Pseudonym():
            return task.known.change(column, partial(pseudonymise, key=task.key))
        case Hash() as plan:
            return task.known.change(column, partial(hash_with_key, plan=plan, key=task.key))
        case Encrypt() as plan:
            return encrypt(column, plan, task.key)
        case Mask() as plan:
            return task.known.change(column, partial(mask, plan=plan))
        case Replace() as plan:
            return replace(column, plan)
        case Redact():
            return redact(column)
        case Drop():
            return column.clear(column.len())
        case Scan() as plan:
            return task.known.change(column, partial(scan_texts, plan=plan))
        case Generalise() as plan:
            return generalise(column, plan, task.minimum, task.maximum)
        case Round() as plan:
            return round_off(column, plan, task.minimum, task.maximum)
        case Noise() as plan:
            uniform = draw_uniform(records, task.key, task.field)
            return add_noise(column, plan, uniform, task.minimum, task.maximum)
        case Keep() | Swap():
            return column


def swap_values(column: pl.Series, task: Task, batch: bytes) -> pl.Series:
    """Let the values of a whole batch's column change places; nulls stay where they are."""
    there = column.is_not_null()
    values = column.drop_nulls()
    places = there.cum_sum().cast(pl.Int64) - 1
    shuffled = values.gather(draw_places(task.key, batch, task.field, values.len()))
    return pl.select(pl.when(there).then(shuffled.gather(places.clip(0)) if values.len() else column)).to_series()
