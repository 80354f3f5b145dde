"""The rows of one run on their way through the stages: where they are staged, and what was found in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

ROW_ID: Final = "row_id"
"""Every staged part has this Int64 column: the row's number in its source, from 1; the same source gives the same."""

FLAGS: Final = "_flags"
"""A curated part may have this String column: the rules that a row breaks and goes on, a JSON list of {field, rule}."""

FROM_BATCH: Final = "_batch_id"
FROM_ROW: Final = "_row_id"
FROM_LOAD: Final = "_since"
"""Of a record: the batch that brought it, and the number of its row in the source (`ROW_ID`). `FROM_LOAD`: the number
of the load that put it there, where it is not the batch's: it left quarantine later, or came back when a batch was
taken back."""

PART_ROWS: Final = 90_000
"""The most rows that one staged part holds; more of them take more memory, and little less time."""


SCANNED: Final = 10_000
"""Rows of a dataset that a scan of all of them gives at a time; fewer: they are the last."""


class Stage(StrEnum):
    """What has been done to a staged batch."""

    RAW = "raw"
    MAPPED = "mapped"
    CURATED = "curated"
    ANONYMIZED = "anonymized"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of zoned time: `start` is in, `end` is out."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("a window needs zoned times")
        if self.end <= self.start:
            raise ValueError("a window ends after it starts")

    def to_json(self) -> dict[str, str]:
        """Give the plain form that goes with a run."""
        return {"start": self.start.isoformat(), "end": self.end.isoformat()}

    @classmethod
    def from_json(cls, plain: Mapping[str, str]) -> Window:
        """Read what `to_json` gave; raises KeyError, TypeError or ValueError where it is something else."""
        return cls(datetime.fromisoformat(plain["start"]), datetime.fromisoformat(plain["end"]))


class LoadMode(StrEnum):
    """How the rows of a batch meet those that its dataset has."""

    APPEND = "append"  # a row whose key is there stays as it is
    UPSERT = "upsert"  # a row whose key is there is replaced, where anything of it differs
    REPLACE = "replace"  # as upsert, and what else is there of the time that the batch covers goes


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """What the batch's collection says about that.

    Attributes:
        per: Of REPLACE: the fields whose values name a series; each series of the batch covers its own time. Empty:
            the whole dataset is one series; None: the key's fields but its time.
        window: The span that the run was asked for; the batch covers this, instead of what its rows reach over.
    """

    mode: LoadMode = LoadMode.APPEND
    per: tuple[str, ...] | None = None
    window: Window | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that goes through XCom."""
        return {
            "mode": self.mode.value,
            "per": None if self.per is None else list(self.per),
            "window": None if self.window is None else self.window.to_json(),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> LoadPlan:
        """Read what `to_json` gave."""
        per, window = plain["per"], plain["window"]
        return cls(
            LoadMode(plain["mode"]),
            None if per is None else tuple(per),
            None if window is None else Window.from_json(window),
        )


@dataclass(frozen=True, slots=True)
class BatchRef:
    """Where the rows of one batch are staged, and what they are. Small enough for XCom; never holds a row.

    Attributes:
        version: The collection's version that the whole run uses, whatever is saved meanwhile.
        source_digest: sha256 of the content that was read; the same content of one dataset is one batch.
        parts: Parquet files below the staging root, each of at most `PART_ROWS` rows, in the order of the source.
        segment: The table that its rows were copied to already; None: nowhere.
        staged_in: The folder that they are in; None: it is named as the batch.
        issues: Staged frames of `RowIssue`s (row_id Int64, field String, rule String), from reading and mapping.
        aside: Staged frames of quarantined rows (row_id Int64; reasons String, a JSON list of {field, rule};
            sealed Binary, the row as it was read: a JSON object), from validation on.
        columns: Every column that this dataset's source has had up to this batch, under the source's names.
        cursor: Where an incremental source goes on next time; stored in the transaction that loads the rows.
        cim_version: The CIM's version that the whole run uses; None where no run is behind it.
        counted: A staged frame of what counters have counted up to this batch; None where the mapping has none.
        merged: For each part, a staged frame of which rows its merged ones came; none where nothing was merged.
        origins: Of rows that were in quarantine: staged frames that say of each where it belongs (row_id Int64;
            batch_id String; batch_row Int64, its number there; revision Int64, as it was read). Then `batch_id` is
            that of a batch only where all are of one.
        load: How its rows meet those that are there; rows that were in quarantine are only added.
        units: By field whose units a column tells (`unit_column`): the texts of that column that were units.
    """

    collection_id: UUID
    dataset_id: UUID
    version: int
    batch_id: UUID
    stage: Stage
    parts: tuple[str, ...]
    rows: int
    source_digest: str
    cursor: str | None = None
    issues: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    cim_version: int | None = None
    counted: str | None = None
    merged: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    load: LoadPlan = LoadPlan()
    staged_in: UUID | None = None
    segment: str | None = None
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    @property
    def folder(self) -> UUID:
        """The folder in staging that its parts are in."""
        return self.staged_in or self.batch_id

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that goes through XCom."""
        return {
            "collection_id": str(self.collection_id),
            "dataset_id": str(self.dataset_id),
            "version": self.version,
            "batch_id": str(self.batch_id),
            "stage": self.stage.value,
            "parts": list(self.parts),
            "rows": self.rows,
            "source_digest": self.source_digest,
            "cursor": self.cursor,
            "issues": list(self.issues),
            "aside": list(self.aside),
            "columns": list(self.columns),
            "cim_version": self.cim_version,
            "counted": self.counted,
            "merged": list(self.merged),
            "origins": list(self.origins),
            "load": self.load.to_json(),
            "staged_in": str(self.staged_in) if self.staged_in else None,
            "segment": self.segment,
            "units": {name: list(texts) for name, texts in self.units.items()},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> BatchRef:
        """Read what `to_json` gave."""
        return cls(
            collection_id=UUID(plain["collection_id"]),
            dataset_id=UUID(plain["dataset_id"]),
            version=plain["version"],
            batch_id=UUID(plain["batch_id"]),
            stage=Stage(plain["stage"]),
            parts=tuple(plain["parts"]),
            rows=plain["rows"],
            source_digest=plain["source_digest"],
            cursor=plain["cursor"],
            issues=tuple(plain["issues"]),
            aside=tuple(plain["aside"]),
            columns=tuple(plain["columns"]),
            cim_version=plain.get("cim_version"),
            counted=plain.get("counted"),
            merged=tuple(plain.get("merged", ())),
            origins=tuple(plain.get("origins", ())),
            load=LoadPlan.from_json(plain["load"]) if "load" in plain else LoadPlan(),
            staged_in=UUID(plain["staged_in"]) if plain.get("staged_in") else None,
            segment=plain.get("segment"),
            units={name: tuple(texts) for name, texts in plain.get("units", {}).items()},
        )


@dataclass(frozen=True, slots=True)
class AnonymizedBatch:
    """A batch whose plan has been carried out: the only thing that a store accepts."""

    ref: BatchRef

    def __post_init__(self) -> None:
        if self.ref.stage is not Stage.ANONYMIZED:
            raise ValueError(f"a store takes anonymized batches; this one is {self.ref.stage}")


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What loading a batch would do.

    Attributes:
        rows_new: Rows with a key that is not there.
        rows_already_there: Rows of the batch that change nothing: what is there stays.
        rows_replaced: Rows that are there, and that rows of the batch with their key would replace.
        rows_removed: Rows that are there, and that would go without a successor.
        rows_differing: Of `rows_already_there` those whose values are others: by appending, they are not taken over.
    """

    rows_new: int
    rows_already_there: int
    rows_replaced: int = 0
    rows_removed: int = 0
    rows_differing: int = 0


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch that was committed.

    Attributes:
        rows_loaded: Rows that the dataset has of it: new ones, and those that replaced others.
        rows_already_there: Rows of it that changed nothing.
        number: Its place among the batches of its dataset, in the order of their commits; never given twice.
        rows_replaced: Rows of earlier batches that rows of it replaced. `rows_removed`: those that it took away.
    """

    id: UUID
    dataset_id: UUID
    run_id: str
    source_digest: str
    rows_loaded: int
    rows_already_there: int
    rows_quarantined: int
    committed: datetime
    number: int = 0
    rows_replaced: int = 0
    rows_removed: int = 0


@dataclass(frozen=True, slots=True)
class AsOf:
    """A version of a dataset: what it held when a batch had been committed.

    Attributes:
        number: The batch's. `later`: the batches that came after it.
    """

    number: int
    later: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RowIssue:
    """Why one row is not as it should be. Names the row and the rule, never the value.

    Attributes:
        rule: A stable name: `unreadable_number`, `expect_column_values_to_be_between`.
    """

    row_id: int
    field: str
    rule: str


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What one rule of the curation suite found in one batch.

    Attributes:
        checked: Rows that the rule looked at; 1 for a rule about the batch as a whole.
        row_ids: The first rows that broke it, at most 20, so that an owner can look them up.
        acted: Whether the action was carried out; not where fewer rows broke it than its threshold.
    """

    rule: str
    field: str
    action: str
    checked: int
    failed: int
    row_ids: tuple[int, ...] = ()
    acted: bool = True


@dataclass(frozen=True, slots=True)
class Profile:
    """How the numbers of one field are spread in one batch: rounded, so that it tells no row's value.

    Attributes:
        edges: Two around each of the values that 5 %, 10 % … 95 % of the rows are below, upwards, each once.
        shares: How many of the rows are at or below each of the edges.
    """

    rows: int
    edges: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What validation found: rules, counts and row ids; no values.

    Attributes:
        held: Why the batch waits for a person: a sentence for each rule, with its counts; empty where it goes on.
        profiles: Field → how it is spread, of those that later batches are held against.
    """

    rows_in: int
    rows_out: int
    rows_quarantined: int
    rows_dropped: int
    cells_set_null: int
    outcomes: tuple[RuleOutcome, ...] = field(default=())
    cells_filled: int = 0
    cells_clamped: int = 0
    rows_flagged: int = 0
    held: tuple[str, ...] = ()
    profiles: Mapping[str, Profile] = field(default_factory=dict)
