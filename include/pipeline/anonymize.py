"""The stage that carries out the anonymisation plan, after which a store may have the rows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection
from dataclasses import replace

import polars as pl

from include.anonymization.config import AnonymizationConfig, Method
from include.anonymization.methods import pseudonymise, redact
from include.batch import AnonymizedBatch, BatchRef, Stage
from include.cim.concept import Concept, FieldType, Personal
from include.errors import ConfigurationInvalid, Problem
from include.ports import SecretStore, Staging

_COUNTS = {
    Method.PSEUDONYM: "cells_pseudonymised",
    Method.REDACT: "cells_redacted",
    Method.DROP: "cells_dropped",
}
_TEXT = frozenset({FieldType.ID, FieldType.TEXT})

logger = logging.getLogger(__name__)


def anonymize(
    curated: BatchRef, plan: AnonymizationConfig, concept: Concept, secrets: SecretStore, staging: Staging
) -> tuple[AnonymizedBatch, dict[str, int]]:
    """Carry out the plan, part by part.

    Rows set aside stay as they were read: only their owner sees them, and a store seals them.

    Returns:
        The batch that a store accepts, and how many cells each method changed; nulls do not count.

    Raises:
        ConfigurationInvalid: A field that names a person has no method, or a method cannot work on its field. Nothing
            was written.
    """
    columns = _filled(curated, staging)
    problems = _check_plan(plan, concept, columns)
    if problems:
        raise ConfigurationInvalid(problems)
    methods = {name: one.method for name, one in plan.fields.items() if name in columns and one.method in _COUNTS}
    key_id, key = secrets.dataset_key(curated.dataset_id) if Method.PSEUDONYM in methods.values() else ("", b"")
    counts: Counter[str] = Counter(dict.fromkeys(_COUNTS.values(), 0))
    parts = []
    for number, path in enumerate(curated.parts):
        frame = staging.read(path)
        for name, method in methods.items():
            column = frame[name]
            counts[_COUNTS[method]] += column.len() - column.null_count()
            frame = frame.with_columns(_hide(column, method, key_id, key))
        parts.append(
            staging.write(curated.collection_id, curated.batch_id, Stage.ANONYMIZED, f"part-{number:05d}", frame)
        )
    logger.info("collection %s batch %s: anonymized, %s", curated.collection_id, curated.batch_id, dict(counts))
    return AnonymizedBatch(replace(curated, stage=Stage.ANONYMIZED, parts=tuple(parts))), dict(counts)


def _filled(batch: BatchRef, staging: Staging) -> set[str]:
    """Name the columns that hold something: those that no rule fills are there as well, and empty."""
    found: set[str] = set()
    for path in batch.parts:
        counts = staging.scan(path).select(pl.all().count()).collect().row(0, named=True)
        found |= {name for name, count in counts.items() if count}
    return found


def _hide(column: pl.Series, method: Method, key_id: str, key: bytes) -> pl.Series:
    match method:
        case Method.PSEUDONYM:
            return pseudonymise(column, key_id, key)
        case Method.REDACT:
            return redact(column)
        case Method.DROP:
            return column.clear(column.len())
        case Method.KEEP:
            return column


def _check_plan(plan: AnonymizationConfig, concept: Concept, columns: Collection[str]) -> list[Problem]:
    problems = []
    for name, field in concept.fields.items():
        if name in columns and field.personal is Personal.DIRECT and name not in plan.fields:
            problems.append(
                Problem(
                    f"anonymization.fields.{name}",
                    "names a person or their device, and the plan has no method for it",
                    "Choose pseudonym, drop or redact; or keep, with a reason",
                )
            )
    for name, one in plan.fields.items():
        where = f"anonymization.fields.{name}"
        if name not in concept.fields:
            problems.append(Problem(where, f"{concept.title} has no such field", "Take the line out of the plan"))
            continue
        field = concept.fields[name]
        if one.method in (Method.PSEUDONYM, Method.REDACT) and field.type not in _TEXT:
            problems.append(
                Problem(where, f"{one.method} works on text, and this field holds {field.type}", "Use drop, or keep")
            )
        elif one.method is Method.DROP and field.required:
            problems.append(
                Problem(where, f"{concept.title} requires this field, so it cannot be dropped", "Use pseudonym")
            )
        elif one.method is Method.REDACT and name in concept.key:
            problems.append(
                Problem(where, "is part of the key: redacted, all rows would look like one", "Use pseudonym")
            )
    return problems
