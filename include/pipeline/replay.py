"""What the stages do otherwise for rows that come out of quarantine: they have left their batch, and come alone."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final
from uuid import uuid5

import polars as pl

from include.anonymization.telling import list_names
from include.batch import ROW_ID, BatchRef, Stage
from include.cim.alone import columns_read, refuse_neighbours
from include.cim.concept import Concept
from include.cim.mapping_config import MapperConfig
from include.cim.raw_rows import ISSUES
from include.collection.contract import OnDrift
from include.collection.model import Collection
from include.collection.quarantine import Replay
from include.expectations.config import Action, CurationRule, FillMethod
from include.expectations.suite import ROW_RULES
from include.pipeline.outcome import Outcome
from include.pipeline.source_columns import MISSING
from include.ports import Staging
from include.quarantine_ports import QuarantinedRow, QuarantineStore

NOT_NULL: Final = "expect_column_values_to_not_be_null"
_PART: Final = "part-{:05d}"

logger = logging.getLogger(__name__)


def ingest_quarantine(
    collection: Collection,
    mapper: MapperConfig,
    replay: Replay,
    rules: Sequence[CurationRule],
    run_id: str,
    quarantine: QuarantineStore,
    staging: Staging,
) -> Outcome:
    """Stage rows of quarantine as a batch that was just read; `rows` is 0 where none is to be tried.

    Rows of one batch keep their numbers; those of several are numbered anew, and `origins` tells where each belongs.

    Args:
        rules: The whole suite of the collection. A row that a rule set aside by comparing it with others cannot be
            judged by that rule alone: unless it was edited, it stays, and is counted.

    A row without a column that the mapping reads, by now or because the contract had set it aside for that, has an
    issue, unless the contract lets columns vanish or the row is released.

    Raises:
        ConfigurationInvalid: The mapping needs the other rows of the batch.
    """
    refuse_neighbours(mapper)
    comparing = set() if replay.release else {rule.type for rule in rules if rule.type not in ROW_RULES}
    batches = quarantine.count(collection.dataset_id, replay.selection)
    one_batch = len(batches) == 1
    batch_id = next(iter(batches)) if one_batch else uuid5(collection.dataset_id, run_id)
    staging.remove(collection.id, batch_id)  # an earlier try may have had more parts
    parts: list[str] = []
    origins: list[str] = []
    issues: list[str] = []
    seen = stay = 0
    lacking: dict[str, None] = {}
    read = columns_read(mapper)
    empty = replay.release or collection.config.contract.vanish is OnDrift.EVOLVE
    for page in quarantine.read(collection.dataset_id, replay.selection):
        rows = [row for row in page if row.revision or not comparing.intersection(rule for _, rule in row.reasons)]
        stay += len(page) - len(rows)
        if not rows:
            continue
        ids = [row.key.row_id for row in rows] if one_batch else list(range(seen + 1, seen + 1 + len(rows)))
        seen += len(rows)
        place = collection.id, batch_id, Stage.RAW
        missing = _missing(rows, ids, read)
        lacking |= dict.fromkeys(missing["field"])
        if not empty and not missing.is_empty():
            issues.append(staging.write(*place, f"issues-{len(parts):05d}", missing))
        origins.append(staging.write(*place, f"origin-{len(parts):05d}", _origin(rows, ids)))
        parts.append(staging.write(*place, _PART.format(len(parts)), _as_read(rows, ids, read)))
    counts = {"rows_read": seen}
    if stay:
        counts["rows_not_judged_alone"] = stay
    logger.info("collection %s run %s: %s rows out of quarantine", collection.id, run_id, seen)
    ref = BatchRef(
        collection_id=collection.id,
        dataset_id=collection.dataset_id,
        version=collection.version,
        batch_id=batch_id,
        stage=Stage.RAW,
        parts=tuple(parts),
        rows=seen,
        source_digest="",
        issues=tuple(issues),
        origins=tuple(origins),
    )
    return Outcome(ref, counts, _notes(stay, lacking, empty))


def judge_alone(rules: Iterable[CurationRule], replay: Replay, concept: Concept) -> tuple[CurationRule, ...]:
    """Give the rules for rows that come alone: those that judge one row; what would stop a batch, or fill a
    cell from the rows around it, keeps the row back.

    Of a release only what a record cannot do without is left.
    """
    alone = [rule for rule in rules if rule.type in ROW_RULES]
    if replay.release:
        required = [name for name, field in concept.fields.items() if field.required]
        return tuple(rule for rule in alone if rule.type == NOT_NULL and rule.kwargs.get("column") in required)
    return tuple(_keep_back(rule) for rule in alone)


def only_required(mapped: BatchRef, concept: Concept, staging: Staging) -> BatchRef:
    """Forgive cells that cannot be read, which are null, but for those that a record cannot do without."""
    required = [name for name, field in concept.fields.items() if field.required]
    kept = [
        staging.write(
            mapped.collection_id,
            mapped.folder,
            Stage.MAPPED,
            f"issues-required-{number:05d}",
            staging.read(path).filter(pl.col("field").is_in(required)),
        )
        for number, path in enumerate(mapped.issues)
    ]
    return replace(mapped, issues=tuple(kept))


def _keep_back(rule: CurationRule) -> CurationRule:
    """Let a rule act on a row whatever the share of such rows, and in no way that needs the others."""
    rule = rule.model_copy(update={"threshold": None})
    from_neighbours = rule.fill is not None and rule.fill.method is not FillMethod.CONSTANT
    if rule.on_violation not in (Action.FAIL, Action.HOLD) and not from_neighbours:
        return rule
    kwargs = {name: value for name, value in rule.kwargs.items() if name != "mostly"}
    return rule.model_copy(update={"on_violation": Action.QUARANTINE, "fill": None, "kwargs": kwargs})


def _as_read(rows: Sequence[QuarantinedRow], ids: Sequence[int], read: Sequence[str]) -> pl.DataFrame:
    """Put rows into columns; those that the mapping reads and no row has are there as well, and empty."""
    names = dict.fromkeys([*(name for row in rows for name in row.cells), *read])
    columns = {name: [row.cells.get(name) for row in rows] for name in names}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String()))
    return frame.insert_column(0, pl.Series(ROW_ID, ids, pl.Int64()))


def _missing(rows: Sequence[QuarantinedRow], ids: Sequence[int], read: Sequence[str]) -> pl.DataFrame:
    """Give an issue for each column that is read and that a row does not have, or was set aside for not having."""
    found = [
        (number, name, MISSING)
        for number, row in zip(ids, rows, strict=True)
        for name in read
        if name not in row.cells or (row.cells[name] is None and (name, MISSING) in row.reasons)
    ]
    return pl.DataFrame(found, schema=ISSUES, orient="row")


def _origin(rows: Sequence[QuarantinedRow], ids: Sequence[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            ROW_ID: ids,
            "batch_id": [str(row.key.batch_id) for row in rows],
            "batch_row": [row.key.row_id for row in rows],
            "revision": [row.revision for row in rows],
        },
        schema={ROW_ID: pl.Int64(), "batch_id": pl.String(), "batch_row": pl.Int64(), "revision": pl.Int64()},
    )


def _notes(stay: int, lacking: Iterable[str], empty: bool) -> tuple[str, ...]:
    notes = []
    if stay:
        notes.append(
            f"{stay} rows stay as they are: a rule set them aside that compares rows of a batch, and cannot judge a row"
            " alone. Edit them, or release them."
        )
    if names := list_names(tuple(lacking)):
        told = "empty there." if empty else "they stay. Write it into them (edit), or release them without it."
        notes.append(f"The mapping reads {names}, which some of these rows do not have: {told}")
    return tuple(notes)
