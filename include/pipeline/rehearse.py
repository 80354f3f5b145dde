"""Runs the stages of a batch for show: nothing is loaded, and nothing stays."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast
from uuid import UUID, uuid4

import polars as pl

from include.anonymization.config import AnonymizationConfig
from include.anonymization.k_anonymity import count_singled_out
from include.anonymization_ports import Assess
from include.batch import AnonymizedBatch, BatchRecord, BatchRef, Foreseen, RowIssue, Stage, ValidationReport
from include.cim.concept import Concept
from include.collection.model import Collection
from include.collection.suite import suite_of
from include.errors import CdmpError, SourceRefused, SourceUnavailable, StoreUnavailable
from include.pipeline.anonymize import anonymize
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from include.pipeline.outcome import Outcome
from include.pipeline.validate import validate
from include.ports import Connector, DatasetStore, Reading, SecretStore, Staging
from include.upload_ports import Rehearsal

MOST_ISSUES: Final = 200


def rehearse(
    collection: Collection,
    connector: Connector,
    concept: Concept | None,
    staging: Staging,
    *,
    datasets: DatasetStore | None = None,
    secrets: SecretStore | None = None,
    assess: Assess | None = None,
    rows: int | None = None,
    until: Stage = Stage.ANONYMIZED,
    shown: int = 20,
) -> Rehearsal:
    """Do to the first rows of a source what a run would do to all of them.

    What a stage refuses is part of the answer: the stages before it are there to see.

    Args:
        concept: None: only the reading is shown.
        datasets: Knows what the dataset has; None: as if nothing had been loaded yet.
        secrets: Has the dataset's pseudonym key; None: pseudonyms are made with a key that is forgotten at once.
        assess: Knows the groups of the dataset's rows; None: as if it held none.
        rows: How many; None: all of them.
        until: The last stage to run.
        shown: How many rows of each stage the rehearsal holds.

    Raises:
        SourceUnavailable, SourceRefused: Nothing could be read.
        StoreUnavailable: A store of ours is away.
    """
    apart = replace(collection, id=uuid4())  # a run of the collection may be staging at this moment
    show = _Show(staging, shown)
    history = cast(DatasetStore, _History(datasets))
    try:
        raw = _read(show, apart, connector if rows is None else _FirstRows(connector, rows), history)
        try:
            if concept is not None and show.stopped is None:
                batch = _go_on(show, raw, apart, concept, secrets or cast(SecretStore, _PassingKey()), until, assess)
                if batch is not None and datasets is not None:
                    show.foreseen = datasets.foresee(batch, concept)
        except (SourceUnavailable, StoreUnavailable):
            raise
        except CdmpError as error:
            show.stop(error)
        return show.rehearsal()
    finally:
        staging.remove(apart.id)


def _read(show: _Show, collection: Collection, connector: Connector, history: DatasetStore) -> BatchRef:
    try:
        read = ingest(collection, connector, show.staging, history)
    except SourceRefused as error:
        # it may be what the mapping reads: then the rows are there to see
        unmapped = replace(collection, config=collection.config.model_copy(update={"mapper": None}))
        read = ingest(unmapped, connector, show.staging, history)
        show.stop(error)
    if read is None:
        raise SourceRefused(collection.config.title, "the source has nothing new", "There is nothing to show.")
    return show.add(read)


def _go_on(
    show: _Show,
    raw: BatchRef,
    collection: Collection,
    concept: Concept,
    secrets: SecretStore,
    until: Stage,
    assess: Assess | None,
) -> AnonymizedBatch | None:
    config, staging = collection.config, show.staging
    if until is Stage.RAW or config.mapper is None or config.ingester is None:
        return None
    retype, numbers = config.contract.retype, config.ingester.numbers
    mapped = show.add(map_to_cim(raw, config.mapper, concept, staging, numbers=numbers, retype=retype))
    if until is Stage.MAPPED:
        return None
    suite = suite_of(concept, config.curator, {rule.field for rule in config.mapper.rules})
    curated, show.report = validate(mapped, raw, suite, concept, staging, seal=bytes)  # nobody keeps them
    show.add(curated)
    if until is Stage.CURATED:
        return None
    batch, counts = anonymize(curated.ref, config.anonymization, concept, secrets, staging, assess)
    show.add(Outcome(batch.ref, counts))
    show.single_out(batch.ref, config.anonymization, concept)
    return batch


@dataclass
class _Show:
    """A rehearsal while it goes on."""

    staging: Staging
    shown: int
    frames: dict[Stage, pl.DataFrame] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    report: ValidationReport | None = None
    stopped: CdmpError | None = None
    foreseen: Foreseen | None = None
    singled_out: Mapping[str, int] = field(default_factory=dict)

    def add(self, outcome: Outcome) -> BatchRef:
        """Keep what a stage gave."""
        ref = outcome.ref
        rows = [self.staging.scan(path).head(self.shown) for path in ref.parts]
        self.frames[ref.stage] = pl.concat(rows).head(self.shown).collect()
        self.counts |= {name: self.counts.get(name, 0) + count for name, count in outcome.counts.items()}
        self.notes += outcome.notes
        self.cells = ref.issues
        return ref

    def single_out(self, ref: BatchRef, plan: AnonymizationConfig, concept: Concept) -> None:
        """Count the rows that each further field would single out, beside the gate's quasi-identifiers."""
        gate = plan.k_anonymity
        known = list(gate.quasi_identifiers) if gate is not None else []
        subject = gate.subject if gate is not None else None
        if not ref.parts:
            return
        rows = pl.concat([self.staging.scan(path) for path in ref.parts])
        filled = rows.select(pl.all().count()).collect(engine="streaming").row(0, named=True)
        further = [name for name in concept.fields if name not in known and name != subject and filled.get(name)]
        self.singled_out = count_singled_out(rows, known, further, subject)

    def stop(self, error: CdmpError) -> None:
        """Keep why there is no next stage; without its traceback, which holds the source open."""
        self.stopped = error.with_traceback(None)

    def rehearsal(self) -> Rehearsal:
        """Give what became of the rows: first each cell that could not be read, then each row that broke a rule."""
        found: dict[RowIssue, None] = {}
        for path in self.cells:
            rows = self.staging.scan(path).head(MOST_ISSUES).collect().iter_rows()
            found |= dict.fromkeys(RowIssue(*row) for row in rows)
        for outcome in self.report.outcomes if self.report else ():
            found |= dict.fromkeys(RowIssue(row_id, outcome.field, outcome.rule) for row_id in outcome.row_ids)
        return Rehearsal(
            frames=self.frames,
            counts=self.counts,
            issues=tuple(found)[:MOST_ISSUES],
            report=self.report,
            notes=self.notes,
            stopped=self.stopped,
            foreseen=self.foreseen,
            singled_out=self.singled_out,
        )


class _History:
    """What a run asks of the datasets before it reads; that the content is loaded already keeps nobody from looking."""

    def __init__(self, datasets: DatasetStore | None) -> None:
        self._datasets = datasets

    def cursor(self, dataset_id: UUID) -> str | None:
        return self._datasets.cursor(dataset_id) if self._datasets is not None else None

    def source_columns(self, dataset_id: UUID) -> Sequence[str] | None:
        return self._datasets.source_columns(dataset_id) if self._datasets is not None else None

    def find_batch(self, _dataset_id: UUID, _source_digest: str) -> BatchRecord | None:
        return None


class _PassingKey:
    """A pseudonym key for a dataset that is not there."""

    def __init__(self) -> None:
        self._key = random_source.token_bytes(32)

    def dataset_key(self, _dataset_id: UUID) -> tuple[str, bytes]:
        return "preview", self._key


class GivenRows:
    """A connector whose rows are at hand."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows

    def read(self, _cursor: str | None) -> Reading:
        return Reading(frames=iter([self._rows]), digest=lambda: "", cursor=lambda: None)


class _FirstRows:
    """A connector that stops early."""

    def __init__(self, connector: Connector, rows: int) -> None:
        self._connector = connector
        self._rows = rows

    def read(self, cursor: str | None) -> Reading:
        reading = self._connector.read(cursor)
        return Reading(
            frames=self._first(reading.frames),
            digest=lambda: "",
            cursor=lambda: None,
            issues=reading.issues,
            groups=reading.groups,
        )

    def _first(self, frames: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        left = self._rows
        for frame in frames:
            yield frame.head(left)
            left -= frame.height
            if left <= 0:
                return
