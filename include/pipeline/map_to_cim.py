"""The stage that turns a source's columns into a concept's fields."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import cached_property
from typing import Final

import polars as pl

from include.anonymization.telling import list_names
from include.batch import ROW_ID, BatchRef, Stage
from include.cim.concept import Concept, FieldType
from include.cim.mapping import Mapped, Settled, map_columns, settle_times
from include.cim.mapping_config import MapperConfig, MappingRule
from include.cim.number_style import NumberStyle
from include.cim.previous import without_previous
from include.cim.row_units import MISFIT, MISSING_UNIT, UNKNOWN_UNIT
from include.cim.swapped_signs import count_swapped
from include.cim.timestamps import AMBIGUOUS
from include.collection.contract import OnDrift
from include.errors import SourceRefused
from include.pipeline.merge_parts import merge_parts
from include.pipeline.outcome import Outcome
from include.pipeline.step import Part, Place, carry_out
from include.pipeline.take_steps import take_steps
from include.ports import Staging

_NUMBER: Final = "the format's `decimal` and `thousands`, and the rule's `unit`,"
_WORDS: Final = "the rule's `values`"
_READ_BY: Final = {
    FieldType.FLOAT: _NUMBER,
    FieldType.INTEGER: _NUMBER,
    FieldType.TIMESTAMP: "the rule's `format` and `zone`",
    FieldType.BOOLEAN: _WORDS,
    FieldType.ENUM: _WORDS,
    FieldType.ID: _WORDS,
    FieldType.TEXT: _WORDS,
}
"""What says how the cells of a field are read."""

_CAUSES: Final = {
    "pattern_not_found": "the rule's `extract`",
    "division_by_zero": "what the rule's `formula` divides by",
    "not_a_number": "the rule's `formula`",
    "no_interval": "the columns of the interval's ends",
    "missing_offset": "the rule's `zone`",
    **dict.fromkeys((MISSING_UNIT, UNKNOWN_UNIT, MISFIT), "the rule's `unit_column`"),
    AMBIGUOUS: "the rule's `repeated_hour` (the clock showed these times twice)",
}
"""Of issues that no option of the field's type brings about, what does."""

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
    """Map a staged batch; see `MapStep`."""
    step = MapStep(Place.of(raw, staging), config, concept, numbers=numbers, retype=retype, counted=lambda _: counted)
    return carry_out(step, raw, raw)


@dataclass
class _Cells:
    """How many cells of each field could be read, how many that hold something could not (by field and issue), and how
    many of these are numbers with the signs of another style (`count_swapped`)."""

    read: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[tuple[str, str]] = field(default_factory=Counter)
    swapped: Counter[str] = field(default_factory=Counter)

    def add(self, mapped: Mapped) -> None:
        self.read.update(mapped.rows.count().row(0, named=True))
        issues = mapped.issues.group_by("field", "rule").len()
        self.unreadable.update({(name, cause): count for name, cause, count in issues.iter_rows()})

    def retyped(self, config: MapperConfig, concept: Concept) -> Iterator[tuple[str, str, str]]:
        """Give the columns of which more than half cannot be read, how many cells it is, and what reads them."""
        for rule in config.rules:
            causes = Counter({cause: count for (name, cause), count in self.unreadable.items() if name == rule.field})
            unreadable, read = causes.total(), self.read[rule.field]
            if unreadable > read:
                told = f"{unreadable:,} of {unreadable + read:,} cells cannot be read as {rule.field}"
                by = _CAUSES.get(causes.most_common(1)[0][0], _READ_BY[concept.fields[rule.field].type])
                yield _columns_of(rule), told, by


def _columns_of(rule: MappingRule) -> str:
    return " and ".join(list_names([name]) for name in rule.columns) or rule.field


@dataclass
class MapStep:
    """Maps a batch part by part, in order; the rows of part i of the result have ids of part i.

    Where a value needs the reading before, several rows are one, or other rows tell what a time means, that comes
    after, over all parts; the last only from the first part on that has such a time.

    The outcome is the mapped batch, and how many rows it has and how many cells could not be read (they are in its
    `issues`); a note tells of columns of which that is more than half.

    Attributes:
        numbers: How the source writes numbers (`Source.numbers`).
        retype: What becomes of cells that cannot be read (`Contract.retype`).
        counted: Knows of a batch what counters have counted by the batches before (`DatasetStore.counted`).

    Raises:
        SourceRefused: More than half of a column cannot be read, and the contract freezes types; or millions of rows
            that are to be merged have one key.
    """

    place: Place
    config: MapperConfig
    concept: Concept
    _: KW_ONLY
    numbers: NumberStyle
    retype: OnDrift = OnDrift.QUARANTINE
    counted: Callable[[BatchRef], pl.DataFrame | None] = lambda _: None
    _cells: _Cells = field(default_factory=_Cells)
    _parts: list[str] = field(default_factory=list)
    _issues: list[str] = field(default_factory=list)
    _waiting: list[Part] = field(default_factory=list)
    _units: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _left_out: int = 0

    def add(self, part: Part) -> Part | None:
        """Map one part; see `Step`."""
        mapped = None if self._waiting else self._read(part)
        if mapped is None or mapped.asks_others:
            self._waiting.append(part)
            return None
        given = self._keep(part, mapped)
        return None if self._comes_back else given

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        """Do what needs the whole batch; see `Step`."""
        staging, config = self.place.staging, self.config
        if self._waiting:
            settled = settle_times(map(staging.scan, batch.parts), self._plain, self.concept)
            for part in self._waiting:
                self._keep(part, self._read(part, settled))
        notes = []
        for columns, told, by in self._cells.retyped(config, self.concept):
            if self.retype is OnDrift.FREEZE:
                remedy = "Nothing was loaded. Correct the mapping, or set `contract.retype` to quarantine or evolve."
                raise SourceRefused(columns, told, remedy)
            notes.append(f"{columns}: {told}. Compare {by} with the source.")
        notes += [
            f"{_columns_of(rule)}: {self._cells.swapped[rule.field]:,} cells are numbers only where"
            f" {self.numbers.thousands!r} is the decimal sign: then others were read a thousand times too large."
            " Compare the format's `decimal` and `thousands` with the source."
            for rule in config.rules
            if self._cells.swapped[rule.field]
        ]
        rows, counts = batch.rows - self._left_out, {"cells_unreadable": self._cells.unreadable.total()}
        if self._left_out:
            counts["rows_left_out"] = self._left_out
        parts, issues = self._parts, [*batch.issues, *self._issues]
        spans: str | None = None
        came_of: tuple[str, ...] = ()
        if self._plain != config:
            counted = self.counted(batch)
            steps = take_steps(parts, batch.parts, config, self.concept, staging, self._write_part, counted)
            counts["cells_without_previous"] = steps.without_previous
            if steps.counted_before:
                counts["cells_counted_before"] = steps.counted_before
            spans = self._write("counted", steps.spans)
            issues += [self._write(f"issues-steps-{number:05d}", found) for number, found in steps.issues.items()]
        if config.merge_rows:
            apart = pl.concat([pl.Series(dtype=pl.Int64), *[staging.read(path)[ROW_ID] for path in issues]]).unique()
            merged = merge_parts(
                parts, apart, batch.collection_id, self.concept, staging, self._write_part, self._write_merged
            )
            came_of = tuple(merged.origins)
            counts["rows_merged"], rows = rows - merged.rows, merged.rows
            issues += [self._write(f"issues-merging-{number:05d}", found) for number, found in enumerate(merged.issues)]
        logger.info("collection %s batch %s: %s rows mapped, %s", batch.collection_id, batch.batch_id, rows, counts)
        mapped = replace(batch, stage=Stage.MAPPED, parts=tuple(parts), rows=rows, issues=tuple(issues))
        units = {name: tuple(sorted(texts)) for name, texts in self._units.items()}
        ref = replace(mapped, counted=spans, merged=came_of, units=units)
        first = 0 if self._comes_back else len(parts) - len(self._waiting)
        return Outcome(ref, {"rows_mapped": rows, **counts}, tuple(notes)), range(first, len(parts))

    @cached_property
    def _plain(self) -> MapperConfig:
        return without_previous(self.config)

    @property
    def _comes_back(self) -> bool:
        """Whether parts are written once more, when all are there."""
        return self._plain != self.config or self.config.merge_rows

    def _read(self, part: Part, settled: Settled | None = None) -> Mapped:
        return map_columns(self.place.staging.read(part.path), self._plain, self.concept, self.numbers, settled)

    def _keep(self, part: Part, mapped: Mapped) -> Part:
        self._left_out += mapped.left_out
        self._cells.add(mapped)
        for name, texts in mapped.units.items():
            self._units[name] |= texts
        if self.numbers.thousands is not None and not mapped.issues.is_empty():
            raw = self.place.staging.read(part.path)
            self._cells.swapped.update(count_swapped(raw, mapped.issues, self._plain.rules, self.concept, self.numbers))
        path = self._write_part(part.number, mapped.rows)
        self._parts.append(path)
        issues = part.issues
        if self.retype is not OnDrift.EVOLVE and not mapped.issues.is_empty():
            issues += (self._write(f"issues-{part.number:05d}", mapped.issues),)
            self._issues.append(issues[-1])
        return Part(part.number, path, part.raw, issues)

    def _write(self, name: str, rows: pl.DataFrame) -> str:
        return self.place.write(Stage.MAPPED, name, rows)

    def _write_part(self, number: int, rows: pl.DataFrame) -> str:
        return self._write(f"part-{number:05d}", rows)

    def _write_merged(self, number: int, rows: pl.DataFrame) -> str:
        return self._write(f"merged-{number:05d}", rows)
