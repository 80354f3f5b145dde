"""The stage that carries out the anonymisation plan, after which a store may have the rows."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from uuid import UUID

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
from include.pipeline.outcome import Outcome
from include.pipeline.step import Part, Place, carry_out
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
    """Carry out the plan on a staged batch; gives what a store accepts, and the counts. See `HideStep`."""
    step = HideStep(Place.of(curated, staging), curated.dataset_id, plan, concept, secrets, assess)
    outcome = carry_out(step, curated, curated)
    return AnonymizedBatch(outcome.ref), outcome.counts


@dataclass
class HideStep:
    """Carries out a plan, part by part, then sees that the rows pass the gate.

    Rows set aside stay as they were read: only their owner sees them, and a store seals them.

    The counts say how many cells each method took; nulls do not count. With a gate, what it found before and after as
    well.

    Attributes:
        assess: Knows what the dataset has; None: as if it held nothing.

    Raises:
        ConfigurationInvalid: A field that names a person has no method, a method cannot work on its field, or the
            dataset's key was shredded.
        BatchRefused: The gate fails the batch.
    """

    place: Place
    dataset_id: UUID
    plan: AnonymizationConfig
    concept: Concept
    secrets: SecretStore
    assess: Assess | None = None
    _filled: set[str] = field(default_factory=set)
    _parts: dict[int, str] = field(default_factory=dict)
    _counts: dict[int, Counter[str]] = field(default_factory=dict)
    _waiting: list[Part] = field(default_factory=list)
    _tasks: dict[str, Task] = field(default_factory=dict)

    def add(self, part: Part) -> Part | None:
        """Hide what one part holds, where that takes no other rows; see `Step`. Of a number, the last time counts."""
        frame = self.place.staging.read(part.path)
        self._check(frame)
        if self._swapped:
            self._waiting.append(part)
            return None
        self._hide(part.number, part.path, frame, {})
        return None if self.plan.k_anonymity is not None else replace(part, path=self._parts[part.number])

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        """Do what takes the whole batch; see `Step`."""
        if self._waiting:
            self._swap(batch)
        done = replace(batch, stage=Stage.ANONYMIZED, parts=tuple(self._parts[at] for at in range(len(batch.parts))))
        counts = Counter({_COUNTS[one.method]: 0 for one in self.plan.fields.values() if one.method in _COUNTS})
        for each in self._counts.values():
            counts.update(each)
        gate = self.plan.k_anonymity
        if gate is not None and done.parts:
            found = self._assess(done, gate)
            done = self._pass_gate(done, gate, found)
            counts.update(_told(gate, found))
        logger.info("collection %s batch %s: anonymized, %s", batch.collection_id, batch.batch_id, dict(counts))
        return Outcome(done, dict(counts)), range(len(done.parts)) if gate is not None or self._waiting else ()

    @cached_property
    def _swapped(self) -> list[str]:
        return [name for name, one in self.plan.fields.items() if one.method is Method.SWAP]

    @cached_property
    def _key(self) -> Key:
        return Key(*self.secrets.dataset_key(self.dataset_id)) if self.plan.needs_key else _NO_KEY

    def _task(self, name: str) -> Task:
        if name not in self._tasks:
            target = self.concept.fields[name]
            self._tasks[name] = Task(name, self.plan.fields[name], self._key, target.minimum, target.maximum)
        return self._tasks[name]

    def _check(self, frame: pl.DataFrame) -> None:
        """See that the plan can be carried out on the fields that hold something: those no rule fills are empty."""
        held = {column.name for column in frame if column.null_count() < frame.height}
        filled = self._filled | held - {ROW_ID, FLAGS}
        if filled != self._filled:
            self._filled = filled
            problems = list(check_plan(self.plan, filled, self.concept))
            if problems:
                raise ConfigurationInvalid(problems)

    def _hide(self, number: int, path: str, frame: pl.DataFrame, swapped: Mapping[str, pl.Series]) -> None:
        changes = frame.select(ROW_ID)
        records = frame.select(self.concept.key)
        counts: Counter[str] = Counter()
        for name, one in self.plan.fields.items():
            if name in self._filled and one.method in _COUNTS:
                column = frame[name]
                counts[_COUNTS[one.method]] += column.len() - column.null_count()
                hidden = swapped[name] if name in swapped else hide(column, self._task(name), records)
                changes = changes.with_columns(hidden.alias(name))
        self._counts[number] = counts
        self._parts[number] = self.place.write_over(Stage.ANONYMIZED, _name(number), path, changes)

    def _swap(self, batch: BatchRef) -> None:
        """Hide the parts of a batch whose values change places; such a field of the whole batch is in memory for it."""
        staging, begin = self.place.staging, 0
        swapped = {}
        for name in self._filled.intersection(self._swapped):
            whole = pl.concat([staging.scan(path).select(name).collect() for path in batch.parts])[name]
            swapped[name] = swap_values(whole, self._task(name), batch.batch_id.bytes)
        for number, path in enumerate(batch.parts):
            frame = staging.read(path)
            self._hide(number, path, frame, {name: one.slice(begin, frame.height) for name, one in swapped.items()})
            begin += frame.height

    def _assess(self, batch: BatchRef, gate: KAnonymity) -> Disclosure:
        if self.assess:
            return self.assess(batch, self.concept, gate)
        names = dict.fromkeys([ROW_ID, *self.concept.key, *(name for _, name in gate.named)])
        rows = pl.concat([self.place.staging.scan(path).select(list(names)) for path in batch.parts])
        return assess_rows(rows.collect(), gate, self.concept.key)

    def _pass_gate(self, batch: BatchRef, gate: KAnonymity, found: Disclosure) -> BatchRef:
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
            frame = self.place.staging.read(path)
            kept = frame.filter(~pl.col(ROW_ID).is_in(found.suppressed.implode()))
            parts.append(self.place.write(Stage.ANONYMIZED, _name(number), kept))
            rows += kept.height
        return replace(batch, parts=tuple(parts), rows=rows)


def _name(number: int) -> str:
    return f"part-{number:05d}"


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
