"""How a collection's further batches meet the rows that its dataset has."""

from __future__ import annotations

from pydantic import Field

from include.batch import LoadMode, LoadPlan
from include.configuration import Configuration


class LoadConfig(Configuration):
    """What becomes of rows that are there already. Whatever is overwritten comes back when the batch is taken back."""

    mode: LoadMode = Field(
        LoadMode.APPEND,
        description="append: a row whose key is there stays as it is; upsert: it is replaced where anything differs; "
        "replace: as upsert, and what else is there of the time that the batch covers goes",
    )
    per: tuple[str, ...] | None = Field(
        None,
        description="of `replace`: fields that name a series; each series of the batch covers its own time, and others "
        "are left alone. Absent: the key's fields but its time; []: the whole dataset is one series",
    )

    def plan(self) -> LoadPlan:
        """Give what goes with a batch."""
        return LoadPlan(self.mode, self.per)
