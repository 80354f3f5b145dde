"""The stage that carries out the anonymisation plan, after which a store may have the rows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from include.anonymization.carry_out import Task, hide, swap_values
from include.anonymization.config import AnonymizationConfig, KAnonymity, Method, OnViolation
from include.anonymization.k_anonymity import Disclosure, assess_rows
from include.anonymization.key import Key
from include.anonymization_ports import Assess
from include.batch import FLAGS, ROW_ID, AnonymizedBatch, BatchRef, LoadMode, Stage
from include.cim.concept import Concept
from include.collection.check_plan import check_plan
from include.errors import BatchRefused, ConfigurationInvalid
from include.ports import SecretStore, Staging

_COUNTS: Final = {
    Method.PSEUDONYM: "cells_pseudonymised",
    Method.HASH: "cells_hashed",
    Method.ENCRYPT: "cells_encrypted",
    Method.MASK: "cells_masked",
    Method.REPLACE: "cells_replaced",
    Method.REDACT: "cells_redacted",
    Method.DROP: "cells_dropped",
    Method.SCAN: "cells_scanned",
    Method.GENERALISE: "cells_generalised",
    Method.ROUND: "cells_rounded",
    Method.NOISE: "cells_noised",
    Method.SWAP: "cells_swapped",
}
_NO_KEY: Final = Key("", b"")

logger = logging.getLogger(__name__)


def anonymize(
    curated: BatchRef,
    plan: AnonymizationConfig,
    concept: Concept,
    secrets: SecretStore,
    staging: Staging,
    assess: Assess | None = None,
) -> tuple[AnonymizedBatch, dict[str, int]]:
    """Carry out the plan, part by part, then see that the rows pass the gate.

    Rows set aside stay as they were read: only their owner sees them, and a store seals them.

    Args:
        assess: Knows what the dataset has; None: as if it held nothing.

    Returns:
        The batch that a store accepts, and how many cells each method took; nulls do not count. With a gate, what it
        found before and after as well.

    Raises:
        ConfigurationInvalid: A field that names a person has no method, a method cannot work on its field, or the
            dataset's key was shredded. Nothing was written.
        BatchRefused: The gate fails the batch.
    """
    filled = _filled(curated, staging)
    problems = list(check_plan(plan, filled, concept))
    if problems:
        raise ConfigurationInvalid(problems)
    key = Key(*secrets.dataset_key(curated.dataset_id)) if plan.needs_key else _NO_KEY
    tasks = {
        name: Task(name, one, key, *_bounds(concept, name))
        for name, one in plan.fields.items()
        if name in filled and one.method in _COUNTS
    }
    swapped = dict(_swap(curated, tasks, staging))
    counts: Counter[str] = Counter(_COUNTS[one.method] for one in plan.fields.values() if one.method in _COUNTS)
    counts = Counter(dict.fromkeys(counts, 0))
    parts, begin = [], 0
    for number, path in enumerate(curated.parts):
        frame = staging.read(path)
        records = frame.select(concept.key)
        for name, task in tasks.items():
            column = frame[name]
            counts[_COUNTS[task.plan.method]] += column.len() - column.null_count()
            done = swapped[name].slice(begin, frame.height) if name in swapped else hide(column, task, records)
            frame = frame.with_columns(done.alias(name))
        parts.append(_write(curated, number, frame, staging))
        begin += frame.height
    done_with = replace(curated, stage=Stage.ANONYMIZED, parts=tuple(parts))
    if plan.k_anonymity is not None and parts:
        found = (
            assess(done_with, concept, plan.k_anonymity)
            if assess
            else _assess_alone(done_with, concept, plan.k_anonymity, staging)
        )
        done_with = _pass_gate(done_with, plan.k_anonymity, found, staging)
        counts.update(_told(plan.k_anonymity, found))
    logger.info("collection %s batch %s: anonymized, %s", curated.collection_id, curated.batch_id, dict(counts))
    return AnonymizedBatch(done_with), dict(counts)


def _filled(batch: BatchRef, staging: Staging) -> set[str]:
    """Name the fields that hold something: those that no rule fills are there as well, and empty."""
    found: set[str] = set()
    for path in batch.parts:
        counts = staging.scan(path).select(pl.all().count()).collect().row(0, named=True)
        found |= {name for name, count in counts.items() if count}
    return found - {ROW_ID, FLAGS}


def _swap(batch: BatchRef, tasks: Mapping[str, Task], staging: Staging) -> Iterator[tuple[str, pl.Series]]:
    """Swap the values of the fields that are to be; a field of the whole batch is in memory for it."""
    for name, task in tasks.items():
        if task.plan.method is Method.SWAP:
            whole = pl.concat([staging.scan(path).select(name).collect() for path in batch.parts])[name]
            yield name, swap_values(whole, task, batch.batch_id.bytes)


def _assess_alone(batch: BatchRef, concept: Concept, gate: KAnonymity, staging: Staging) -> Disclosure:
    names = dict.fromkeys([ROW_ID, *concept.key, *(name for _, name in gate.named)])
    rows = pl.concat([staging.scan(path).select(list(names)) for path in batch.parts])
    return assess_rows(rows.collect(), gate, concept.key)


def _pass_gate(batch: BatchRef, gate: KAnonymity, found: Disclosure, staging: Staging) -> BatchRef:
    small = found.suppressed.len()
    left = found.after
    too_few = 0 < left.smallest < gate.k or (left.rows and left.values < gate.least_values)
    if too_few and batch.load.mode is not LoadMode.APPEND:
        raise BatchRefused(
            "anonymization.k_anonymity",
            "it overwrites rows, and would leave others in groups that are too small; the smallest would have"
            f" {left.smallest}",
            "Generalise the quasi-identifiers more; or let `load.mode: append` leave what is there",
        )
    if small == 0:
        return batch
    if gate.on_violation is OnViolation.FAIL:
        least = f", or with fewer than {gate.least_values} values" if gate.l_diversity is not None else ""
        raise BatchRefused(
            "anonymization.k_anonymity",
            f"{small} rows are in groups of fewer than {gate.k}{least}; the smallest has {found.before.smallest}",
            "Generalise the quasi-identifiers more, or let `on_violation: suppress` leave the rows out",
        )
    rows = 0
    parts = []
    for number, path in enumerate(batch.parts):
        frame = staging.read(path)
        kept = frame.filter(~pl.col(ROW_ID).is_in(found.suppressed.implode()))
        parts.append(_write(batch, number, kept, staging))
        rows += kept.height
    return replace(batch, parts=tuple(parts), rows=rows)


def _told(gate: KAnonymity, found: Disclosure) -> dict[str, int]:
    told = {
        "rows_suppressed": found.suppressed.len(),
        "k_before": found.before.smallest,
        "k_after": found.after.smallest,
        "unique_rows_before": found.before.unique,
        "unique_rows_after": found.after.unique,
    }
    if gate.l_diversity is not None:
        told |= {"l_before": found.before.values, "l_after": found.after.values}
    return told


def _write(batch: BatchRef, number: int, frame: pl.DataFrame, staging: Staging) -> str:
    return staging.write(batch.collection_id, batch.batch_id, Stage.ANONYMIZED, f"part-{number:05d}", frame)


def _bounds(concept: Concept, name: str) -> tuple[float | None, float | None]:
    field = concept.fields[name]
    return field.minimum, field.maximum
