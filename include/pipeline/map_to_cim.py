"""The stage that turns a source's columns into a concept's fields."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace

from include.batch import BatchRef, Stage
from include.cim.concept import Concept
from include.cim.mapping import Mapped, map_columns, settle_times
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.collection.contract import OnDrift
from include.errors import SourceRefused
from include.pipeline.outcome import Outcome
from include.ports import Staging

logger = logging.getLogger(__name__)


def map_to_cim(
    raw: BatchRef,
    config: MapperConfig,
    concept: Concept,
    staging: Staging,
    *,
    numbers: NumberStyle,
    retype: OnDrift = OnDrift.QUARANTINE,
) -> Outcome:
    """Map a batch part by part, in order; part i of the result holds the rows of part i.

    Args:
        numbers: How the source writes numbers (`Source.numbers`).
        retype: What becomes of cells that cannot be read (`Contract.retype`).

    Returns:
        The mapped batch, and how many rows it has and how many cells could not be read (they are in its `issues`).

    Raises:
        SourceRefused: More than half of a column cannot be read, and the contract freezes types.
    """
    parts: list[str] = []
    issues = list(raw.issues)
    cells = _Cells()
    left_out = 0
    settled = settle_times(map(staging.read, raw.parts), config, concept)
    for number, path in enumerate(raw.parts):
        mapped = map_columns(staging.read(path), config, concept, numbers, settled)
        left_out += mapped.left_out
        cells.add(mapped)
        write = (raw.collection_id, raw.batch_id, Stage.MAPPED)
        parts.append(staging.write(*write, f"part-{number:05d}", mapped.rows))
        if retype is not OnDrift.EVOLVE and not mapped.issues.is_empty():
            issues.append(staging.write(*write, f"issues-{number:05d}", mapped.issues))
    if retype is OnDrift.FREEZE:
        cells.refuse_retyped(config)
    rows, counts = raw.rows - left_out, {"cells_unreadable": cells.unreadable.total()}
    if left_out:
        counts["rows_left_out"] = left_out
    logger.info("collection %s batch %s: %s rows mapped, %s", raw.collection_id, raw.batch_id, rows, counts)
    ref = replace(raw, stage=Stage.MAPPED, parts=tuple(parts), rows=rows, issues=tuple(issues))
    return Outcome(ref, {"rows_mapped": rows, **counts})


@dataclass
class _Cells:
    """How many cells of each field could be read, and how many that hold something could not."""

    read: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)

    def add(self, mapped: Mapped) -> None:
        self.read.update(mapped.rows.count().row(0, named=True))
        self.unreadable.update(mapped.issues["field"].to_list())

    def refuse_retyped(self, config: MapperConfig) -> None:
        for rule in config.rules:
            unreadable, read = self.unreadable[rule.field], self.read[rule.field]
            if unreadable > read:
                raise SourceRefused(
                    " and ".join(map(repr, rule.columns)),
                    f"{unreadable} of {unreadable + read} cells cannot be read as {rule.field}",
                    "Nothing was loaded. Correct the mapping, or set `contract.retype` to quarantine or evolve.",
                )
