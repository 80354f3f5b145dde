"""Carries out one field's plan on its column."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Task:
    """A field's plan, with what it takes to carry it out part by part.

    Attributes:
        minimum, maximum: Of the field; its values keep them.
    """

    field: str
    plan: FieldPlan
    key: Key
    minimum: float | None
    maximum: float | None


def hide(column: pl.Series, task: Task, records: pl.DataFrame) -> pl.Series:  # noqa: PLR0911 - one a method
    """Do to a column what its plan says; nulls stay null. `swap` is for whole batches, see `swap_values`.

    Args:
        records: The fields that name each row's record, as they were before the plan.
    """
    match task.plan:
        case Pseudonym():
            return pseudonymise(column, task.key)
        case Hash() as plan:
            return hash_with_key(column, plan, task.key)
        case Encrypt() as plan:
            return encrypt(column, plan, task.key)
        case Mask() as plan:
            return mask(column, plan)
        case Replace() as plan:
            return replace(column, plan)
        case Redact():
            return redact(column)
        case Drop():
            return column.clear(column.len())
        case Scan() as plan:
            return scan_texts(column, plan)
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
