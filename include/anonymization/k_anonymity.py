"""How well rows hide among one another: k-anonymity, l-diversity, and what one attribute more would single out.

Source: Samarati and Sweeney 1998 (k-anonymity); Machanavajjhala et al. 2007 (distinct l-diversity).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from include.anonymization.config import KAnonymity
from include.batch import ROW_ID

_ROWS, _SIZE, _VALUES, _BAD = "group rows", "group size", "group values", "group too small"


@dataclass(frozen=True, slots=True)
class Groups:
    """What the groups of a dataset are: counts, no values.

    Attributes:
        smallest: The size of the smallest group: k. 0 where there are no rows.
        values: The fewest values of the sensitive field in a group: l. 0 where none is named.
        unique: Rows whose group has the size 1.
    """

    rows: int
    smallest: int
    values: int
    unique: int


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What a gate finds when a batch comes to a dataset.

    Attributes:
        before: The dataset with all rows of the batch; `after`: without those that are suppressed.
        suppressed: The rows of the batch that stand in groups that are too small (Int64, as `ROW_ID`).
    """

    before: Groups
    after: Groups
    suppressed: pl.Series


def assess_rows(rows: pl.DataFrame, gate: KAnonymity, key: Sequence[str]) -> Disclosure:
    """Measure rows that are a dataset by themselves; of rows with the same key the first counts.

    Args:
        rows: The output of a plan, with `ROW_ID` and the fields of the gate and of the key.
    """
    first = rows.unique(list(key), keep="first", maintain_order=True)
    quasi = list(gate.quasi_identifiers)
    size = pl.len() if gate.subject is None else pl.col(gate.subject).drop_nulls().n_unique()
    diversity = gate.l_diversity
    values = pl.lit(0) if diversity is None else pl.col(diversity.field).drop_nulls().n_unique()
    groups = (
        first.group_by(quasi)
        .agg(pl.len().alias(_ROWS), size.alias(_SIZE), values.alias(_VALUES))
        .with_columns(((pl.col(_SIZE) < gate.k) | (pl.col(_VALUES) < gate.least_values)).alias(_BAD))
    )
    small = first.join(groups.filter(_BAD), on=quasi, how="semi", nulls_equal=True)
    suppressed = rows.join(small, on=list(key), how="semi", nulls_equal=True)[ROW_ID]
    return Disclosure(_measure(groups), _measure(groups.filter(~pl.col(_BAD))), suppressed)


def count_singled_out(
    rows: pl.LazyFrame, known: Sequence[str], attributes: Sequence[str], subject: str | None = None
) -> Mapping[str, int]:
    """Count, for each attribute, the rows that would be alone for somebody who knows it beside what is `known`.

    One attribute after the other: no more than the groups of one are in memory.

    Args:
        subject: The field that tells persons apart: alone are then all rows of a person who is.
    """
    size = pl.len() if subject is None else pl.col(subject).drop_nulls().n_unique()

    def alone(name: str) -> int:
        groups = rows.group_by([*known, name]).agg(pl.len().alias(_ROWS), size.alias(_SIZE))
        return int(groups.filter(pl.col(_SIZE) == 1).select(pl.sum(_ROWS)).collect(engine="streaming").item())

    return {name: alone(name) for name in attributes}


def _measure(groups: pl.DataFrame) -> Groups:
    if groups.is_empty():
        return NO_ROWS
    found = groups.select(
        pl.sum(_ROWS), pl.min(_SIZE), pl.min(_VALUES), pl.col(_ROWS).filter(pl.col(_SIZE) == 1).sum().alias("unique")
    )
    return Groups(*found.row(0))


NO_ROWS: Final = Groups(0, 0, 0, 0)
