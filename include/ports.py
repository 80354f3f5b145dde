"""What the platform asks of the outside world: every port on one page, but those that have a page of their own
(`upload_ports`, `cim_ports`, `anonymization_ports`, `quarantine_ports`, `history_ports`, `search_ports`,
`notification_ports`).

`wiring` and `orchestration` say who implements them. Implementations raise the errors of `include.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from include.batch import AnonymizedBatch, AsOf, BatchRecord, Foreseen, Stage, ValidationReport, Window
from include.cim.concept import Concept
from include.cim.mapping_config import MapperConfig
from include.collection.authentication import SecretEntry
from include.collection.inspection import Inspection, Issue
from include.collection.model import Collection, CollectionState
from include.collection.quarantine import Replay
from include.collection.rest_source import RestSource
from include.collection.run import Run, RunFailure, RunState, StageResult
from include.collection.trial import Trial

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa


class Clock(Protocol):
    """Tells the time, zoned in UTC."""

    def __call__(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a source: an iterator of frames (all columns String, in the source's order, without row ids).

    All but `frames` is known only when that is exhausted; they are functions for that reason.
    `groups`: of columns that the reader made rows of, label → {new column: column}.
    """

    frames: Iterator[pl.DataFrame]
    digest: Any  # () -> str: sha256 of the content
    cursor: Any  # () -> str | None
    issues: Callable[[], Sequence[Issue]] = tuple  # what was noticed without refusing it: rows left out
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # filled while frames are taken


class Connector(Protocol):
    """Reads one kind of source in bounded memory."""

    def read(self, cursor: str | None) -> Reading:
        """Open the source after `cursor` (None: from its beginning).

        Raises:
            SourceUnavailable: It did not answer; worth another try.
            SourceRefused: It is empty, truncated, or not what the configuration says.
        """


Inspector = Callable[[Path, str, Mapping[str, Any]], Inspection]
"""Says everything that is known of a file; `connectors.detection.inspect` says how it is called."""

Prober = Callable[[RestSource, str, Window | None], Trial]
"""Asks a source once, with the secrets of the owner of this id; `connectors.rest_trial` says more."""

# --- staging ---------------------------------------------------------------------------------------------------------


class Staging(Protocol):
    """Parquet parts of a batch between its stages: private and short-lived. A retry overwrites."""

    def write(self, collection_id: UUID, folder: UUID, stage: Stage, name: str, frame: pl.DataFrame) -> str:
        """Write one part (`name` such as `part-00000`) and give its path for `BatchRef.parts`."""

    def write_over(
        self, collection_id: UUID, folder: UUID, stage: Stage, name: str, base: str, changes: pl.DataFrame
    ) -> str:
        """Write what became of a part: it is read as the part with other columns, and some rows less.

        Args:
            base: The path of the part, which must stay as it is; of another name or stage.
            changes: `row_id` of the rows that are left, in order, and each column that may be another, or is new.
        """

    def read(self, path: str) -> pl.DataFrame: ...

    def scan(self, path: str) -> pl.LazyFrame: ...

    def remove(self, collection_id: UUID, folder: UUID | None = None) -> int:
        """Remove what is staged in a folder (or of the whole collection); gives the number of files."""


# --- the record ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What of a collection's record tells whether its DAG must follow."""

    version: int
    state: CollectionState


class CollectionStore(Protocol):
    """Collections and their versions. Knows nothing of who may see what: `operations` decides."""

    def add(self, collection: Collection) -> None:
        """Raises Conflict where the id is taken, be it by a collection in state `deleting`."""

    def get(self, collection_id: UUID, version: int | None = None) -> Collection:
        """Raises NotFound."""

    def find(
        self, owner_id: str | None, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[Collection]:
        """List newest first, `after` the given (created, id); `owner_id` None: everybody's. Not the deleted ones."""

    def mappers(self, owner_id: str | None, *, limit: int = 1000) -> Sequence[tuple[str, MapperConfig]]:
        """Give the owners and current mappings of the newest in use (active, paused); leaves out what is unreadable."""

    def replace(self, collection: Collection, expected_version: int) -> None:
        """Store `collection` as a new version; raises Conflict where somebody was quicker."""

    def set_state(self, collection_id: UUID, state: CollectionState) -> None: ...

    def erase(self, collection_id: UUID) -> None:
        """Forget a collection in state `deleting`, its versions and runs; its dataset stays."""

    def fingerprints(self) -> Mapping[UUID, Fingerprint]:
        """Every collection that has a DAG (active, paused or deleting), so cheaply that a poll may ask for it."""


class RunStore(Protocol):
    """Runs and what their stages did."""

    def queue(
        self,
        collection: Collection,
        run_id: str,
        requested_by: str | None,
        queued: datetime,
        part: Window | Replay | None = None,
    ) -> None:
        """Record that a run was asked for (of this part, or of what is new); raises Conflict where one is active."""

    def start(self, collection: Collection, run_id: str, started: datetime, requested_by: str | None = None) -> None:
        """The first task begins: `running`; makes the record of a run that nobody asked us for.

        Args:
            requested_by: Who started it in Airflow; None: its schedule.
        """

    def add_stage(self, collection_id: UUID, run_id: str, batch_id: UUID, result: StageResult) -> None:
        """Record one task's result; a retry replaces it."""

    def add_report(self, collection_id: UUID, run_id: str, report: ValidationReport) -> None: ...

    def finish(
        self,
        collection_id: UUID,
        run_id: str,
        state: RunState,
        finished: datetime,
        failure: RunFailure | None = None,
        note: str | None = None,
    ) -> None: ...

    def get(self, collection_id: UUID, run_id: str) -> Run:
        """Raises NotFound."""

    def find(self, collection_id: UUID, *, before: datetime | None = None, limit: int = 50) -> Sequence[Run]:
        """List newest first."""

    def latest(self, collection_ids: Sequence[UUID]) -> Mapping[UUID, Run]: ...

    def untriggered(self) -> Sequence[Run]:
        """Runs that were asked for and that Airflow does not have yet, oldest first."""

    def mark_triggered(self, collection_id: UUID, run_id: str) -> None: ...

    def unfinished(self) -> Sequence[Run]:
        """Runs that Airflow has and whose end is not recorded."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """The platform's record of a dataset.

    Attributes:
        dcat: The DCAT record as JSON-LD; None until the first batch is published.
        first, last: Span of the concept's time field over all rows.
    """

    id: UUID
    collection_id: UUID
    owner_id: str
    title: str
    concept: str
    rows: int
    first: datetime | None
    last: datetime | None
    updated: datetime
    dcat: dict[str, Any] | None = None


class Segment(Protocol):
    """Rows of one batch in a table of their own, which nobody reads."""

    def add(self, number: int, path: str) -> None:
        """Copy one staged part; the second time, in the place of what was copied the first.

        What goes wrong may be raised by the next call.
        """

    def finish(self) -> str:
        """Keep what was copied; gives the name for `BatchRef.segment`."""

    def close(self) -> None:
        """End; what is not finished is gone."""


class DatasetStore(Protocol):
    """Datasets: their tables, batches and quarantine."""

    def get(self, dataset_id: UUID) -> Dataset:
        """Raises NotFound."""

    def find(self, owner_id: str | None, *, after: UUID | None = None, limit: int = 50) -> Sequence[Dataset]:
        """List in the order of their ids, `after` the given one; `owner_id` None: everybody's."""

    def several(self, dataset_ids: Sequence[UUID]) -> Mapping[UUID, Dataset]:
        """Give those of these that there are."""

    def find_batch(self, dataset_id: UUID, source_digest: str) -> BatchRecord | None:
        """Find the batch that holds this very content, if it was loaded."""

    def batch(self, dataset_id: UUID, batch_id: UUID) -> BatchRecord:
        """Raises NotFound where the dataset has none of this id."""

    def batches(
        self, dataset_id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
    ) -> Sequence[BatchRecord]:
        """List newest first, `after` the given (committed, id)."""

    def lineage(self, batch_id: UUID) -> Mapping[str, Any] | None:
        """How the values of a batch came about (`BatchLineage.to_json`); None where that was not recorded."""

    def cursor(self, dataset_id: UUID) -> str | None:
        """Where the last committed batch of an incremental source ended."""

    def source_columns(self, dataset_id: UUID) -> Sequence[str] | None:
        """Every column that the source has had up to the last committed batch; None before the first."""

    def counted(self, dataset_id: UUID, batch_id: UUID) -> pl.DataFrame | None:
        """What counters had counted when the last batch but this one was committed; None before the first."""

    def load(
        self,
        batch: AnonymizedBatch,
        *,
        collection: Collection,
        concept: Concept,
        run_id: str,
        now: datetime,
    ) -> BatchRecord:
        """Store a batch in one transaction: rows, rows set aside, what was counted, its record, cursor, outbox event.

        Rows whose key is there meet those as `BatchRef.load` says; what is overwritten is kept, so that the batch can
        be taken back (`DatasetHistory`). The second time, the first's record is given.

        Raises:
            Conflict: The collection was deleted meanwhile.
            StoreUnavailable: PostgreSQL is away.
        """

    def open_segment(self, dataset_id: UUID, concept: Concept, folder: UUID) -> Segment:
        """Begin to copy anonymised parts before all of the batch is there; `folder` is the one they are staged in."""

    def drop_segments(self, dataset_id: UUID) -> int:
        """Remove segments that were finished and never loaded; gives their number."""

    def foresee(self, batch: AnonymizedBatch, concept: Concept) -> Foreseen:
        """Say what `load` would do, and do nothing; raises as `load`."""

    def describe(self, dataset_id: UUID, dcat: Mapping[str, Any]) -> None: ...

    def quarantined(self, dataset_id: UUID) -> int: ...


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """A page of a dataset's records, in the order of its key.

    Attributes:
        fields: CIM fields, or empty for all of them.
        after: The key of the last row of the page before.
        as_of: The version to read; None: the dataset as it is.
    """

    fields: tuple[str, ...] = ()
    after: tuple[Any, ...] | None = None
    limit: int = 50
    as_of: AsOf | None = None


class RecordReader(Protocol):
    """Reads a dataset's rows through the role that cannot change them."""

    def page(self, dataset_id: UUID, concept: Concept, query: RecordQuery) -> pa.Table:
        """One page: the asked fields; the key fields come along. Timestamps in UTC."""

    def count(self, dataset_id: UUID) -> int: ...

    def scan(
        self,
        dataset_id: UUID,
        concept: Concept,
        fields: Sequence[str],
        batches: Sequence[UUID] | None = None,
        after: tuple[Any, ...] | None = None,
    ) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Every row (of these batches) behind a key, in its order; key fields always.

        A list of `SCANNED` rows at a time, each as they are when it is read: nobody waits for who scans.
        """


class SecretStore(Protocol):
    """Keys and credentials, encrypted at rest; nothing reads them back to people."""

    def put(self, owner_id: str, name: str, value: str, now: datetime) -> bool:
        """Store a secret, or replace it; True where it is new."""

    def find(self, owner_id: str) -> Sequence[SecretEntry]: ...

    def remove(self, owner_id: str, name: str) -> None:
        """Raises NotFound."""

    def reveal(self, owner_id: str, name: str) -> str:
        """Give a secret to the task that needs it; raises NotFound where this owner has none of this name."""

    def seal_again(self) -> Mapping[str, int]:
        """Seal everything with the newest master key; gives the rows by table. The older keys can then go."""

    def dataset_key(self, dataset_id: UUID) -> tuple[str, bytes]:
        """Give the dataset's current key and its id, made when first asked for; see `anonymization_ports.KeyRing`.

        Raises:
            ConfigurationInvalid: It was shredded, and no other has been made since.
        """

    def seal(self, plain: bytes) -> bytes: ...

    def unseal(self, sealed: bytes) -> bytes: ...


# --- running ---------------------------------------------------------------------------------------------------------


class Engine(Protocol):
    """Airflow, as the rest of the platform sees it."""

    def announce(self, collection_id: UUID) -> None:
        """Say that a collection is new, changed or going: its DAG follows within seconds."""

    def trigger(
        self, collection: Collection, run_id: str, requested_by: str | None, part: Window | Replay | None = None
    ) -> bool:
        """Start a run under this id; False while its DAG is not there yet. The second time does nothing."""
