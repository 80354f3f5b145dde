"""The stage that turns a source's columns into a concept's fields."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace

import polars as pl

from include.batch import ROW_ID, BatchRef, Stage
from include.cim.concept import Concept
from include.cim.mapping import Mapped, map_columns, settle_times
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.cim.previous import without_previous
from include.collection.contract import OnDrift
from include.errors import SourceRefused
from include.pipeline.merge_parts import merge_parts
from include.pipeline.outcome import Outcome
from include.pipeline.take_steps import take_steps
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
    counted: pl.DataFrame | None = None,
) -> Outcome:
    """Map a batch part by part, in order; the rows of part i of the result have ids of part i.

    Where a value needs the reading before, or several rows are one, that comes after, over all parts.

    Args:
        numbers: How the source writes numbers (`Source.numbers`).
        retype: What becomes of cells that cannot be read (`Contract.retype`).
        counted: What counters have counted by the batches before (`DatasetStore.counted`).

    Returns:
        The mapped batch, and how many rows it has and how many cells could not be read (they are in its `issues`).

    Raises:
        SourceRefused: More than half of a column cannot be read, and the contract freezes types; or millions of rows
            that are to be merged have one key.
    """
    parts: list[str] = []
    issues = list(raw.issues)
    cells = _Cells()
    left_out = 0
    plain = without_previous(config)
    spans: str | None = None
    came_of: tuple[str, ...] = ()
    settled = settle_times(map(staging.read, raw.parts), plain, concept)

    def write(name: str, rows: pl.DataFrame) -> str:
        return staging.write(raw.collection_id, raw.batch_id, Stage.MAPPED, name, rows)

    def write_part(number: int, rows: pl.DataFrame) -> str:
        return write(f"part-{number:05d}", rows)

    def write_merged(number: int, rows: pl.DataFrame) -> str:
        return write(f"merged-{number:05d}", rows)

    for number, path in enumerate(raw.parts):
        mapped = map_columns(staging.read(path), plain, concept, numbers, settled)
        left_out += mapped.left_out
        cells.add(mapped)
        parts.append(write_part(number, mapped.rows))
        if retype is not OnDrift.EVOLVE and not mapped.issues.is_empty():
            issues.append(write(f"issues-{number:05d}", mapped.issues))
    if retype is OnDrift.FREEZE:
        cells.refuse_retyped(config)
    rows, counts = raw.rows - left_out, {"cells_unreadable": cells.unreadable.total()}
    if left_out:
        counts["rows_left_out"] = left_out
    if plain != config:
        steps = take_steps(parts, raw.parts, config, concept, staging, write_part, counted)
        counts["cells_without_previous"] = steps.without_previous
        if steps.counted_before:
            counts["cells_counted_before"] = steps.counted_before
        spans = write("counted", steps.spans)
        issues += [write(f"issues-steps-{number:05d}", found) for number, found in steps.issues.items()]
    if config.merge_rows:
        apart = pl.concat([pl.Series(dtype=pl.Int64), *[staging.read(path)[ROW_ID] for path in issues]]).unique()
        merged = merge_parts(parts, apart, raw.collection_id, concept, staging, write_part, write_merged)
        came_of = tuple(merged.origins)
        counts["rows_merged"], rows = rows - merged.rows, merged.rows
        issues += [write(f"issues-merging-{number:05d}", found) for number, found in enumerate(merged.issues)]
    logger.info("collection %s batch %s: %s rows mapped, %s", raw.collection_id, raw.batch_id, rows, counts)
    mapped_ref = replace(raw, stage=Stage.MAPPED, parts=tuple(parts), rows=rows, issues=tuple(issues))
    ref = replace(mapped_ref, counted=spans, merged=came_of)
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
