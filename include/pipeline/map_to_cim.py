"""The stage that turns a source's columns into a concept's fields."""

from __future__ import annotations

import logging
from dataclasses import replace

from include.batch import BatchRef, Stage
from include.cim.concept import Concept
from include.cim.mapping import map_columns
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.cim.occurrence import Occurrences
from include.pipeline.outcome import Outcome
from include.ports import Staging

logger = logging.getLogger(__name__)


def map_to_cim(
    raw: BatchRef, config: MapperConfig, concept: Concept, staging: Staging, *, numbers: NumberStyle
) -> Outcome:
    """Map a batch part by part, in order; part i of the result holds the rows of part i.

    Args:
        numbers: How the source writes numbers (`Source.numbers`).

    Returns:
        The mapped batch, and how many rows it has and how many cells could not be read (they are in its `issues`).
    """
    parts: list[str] = []
    issues: list[str] = []
    unreadable = 0
    occurrences = Occurrences()
    for number, path in enumerate(raw.parts):
        mapped = map_columns(staging.read(path), config, concept, numbers, occurrences)
        occurrences = mapped.occurrences
        write = (raw.collection_id, raw.batch_id, Stage.MAPPED)
        parts.append(staging.write(*write, f"part-{number:05d}", mapped.rows))
        if not mapped.issues.is_empty():
            issues.append(staging.write(*write, f"issues-{number:05d}", mapped.issues))
            unreadable += mapped.issues.height
    logger.info(
        "collection %s batch %s: %s rows mapped, %s cells unreadable",
        raw.collection_id,
        raw.batch_id,
        raw.rows,
        unreadable,
    )
    ref = replace(raw, stage=Stage.MAPPED, parts=tuple(parts), issues=tuple(issues))
    return Outcome(ref, {"rows_mapped": raw.rows, "cells_unreadable": unreadable})
