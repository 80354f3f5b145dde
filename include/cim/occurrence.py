"""Which showing of a local time a row means that the clock showed twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from include.batch import ROW_ID


@dataclass(frozen=True, slots=True)
class Occurrences:
    """How often each ambiguous label of each register has come so far in a batch, by field.

    Attributes:
        seen: Per field one row per label and register, with the column `times`.
    """

    seen: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def count(self, name: str, ambiguous: pl.DataFrame) -> tuple[pl.Series, Occurrences]:
        """Number the rows of each label from 1, over the whole batch.

        Args:
            ambiguous: `row_id`, in the source's order, and the columns that together are the label.

        Returns:
            The number of each row, and what is known after them.
        """
        label = [column for column in ambiguous.columns if column != ROW_ID]
        within = ambiguous.with_columns(pl.col(ROW_ID).cum_count().over(label).alias("times"))
        before = self.seen.get(name)
        if before is not None:
            within = within.join(
                before, on=label, how="left", suffix="_before", nulls_equal=True, maintain_order="left"
            ).with_columns(pl.col("times") + pl.col("times_before").fill_null(0))
        after = within.select(*label, "times")
        if before is not None:
            after = pl.concat([before, after])
        after = after.group_by(label).agg(pl.col("times").max())
        return within["times"], Occurrences({**self.seen, name: after})
