"""What the platform asks of whoever keeps the files that were handed over, and shows what a run would make of them.

A page of `ports` of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from include.batch import Foreseen, RowIssue, Stage, ValidationReport
from include.collection.model import Collection
from include.collection.upload import Checksum, Incoming, Sample, Upload
from include.errors import CdmpError

if TYPE_CHECKING:
    import polars as pl


class UploadStore(Protocol):
    """Files that were handed to the platform, by the sha256 of their bytes."""

    def add(self, file: Path, name: str, owner_id: str) -> str: ...

    def path(self, upload: str) -> Path:
        """Raises NotFound."""

    def has(self, upload: str, owner_id: str) -> bool:
        """Whether this owner handed the file in: to know a digest is not to own the file."""

    def get(self, upload: str, owner_id: str) -> Upload:
        """Raises NotFound, where this owner did not hand it in."""

    def find(self, owner_id: str, *, after: tuple[datetime, str] | None = None, limit: int = 50) -> Sequence[Upload]:
        """List newest first, `after` the given (stored, id)."""

    def remove(self, upload: str, owner_id: str) -> None:
        """Forget that this owner handed it in; the bytes go with their last owner.

        Raises:
            NotFound: This owner did not hand it in.
            Conflict: A collection of this owner reads it.
        """

    def remove_expired(self, now: datetime) -> int:
        """Remove what was kept for a time only and no collection reads; gives how many."""


class IncomingWriter(Protocol):
    """Adds to a file on its way in, as the only one at that moment."""

    offset: int

    def write(self, block: bytes | bytearray) -> None:
        """Add to the file.

        Raises:
            TooLarge: It would be longer than was announced.
            StoreUnavailable: The disk is full.
        """

    def verify(self) -> None:
        """Compare what was written with the checksum.

        Raises:
            ChecksumWrong: They differ.
        """

    def close(self) -> None:
        """Make safe what was written, or take it back where there is a checksum and it was not found right."""


class IncomingStore(Protocol):
    """Files on their way in. What has arrived stays, however the connection or the process ends.

    Attributes:
        most_bytes: The longest file. `quota_bytes`: what an owner may have, arrived or announced.
    """

    most_bytes: int
    quota_bytes: int

    def begin(self, incoming: Incoming) -> None:
        """Expect a file.

        Raises:
            TooLarge: The owner would have more than the quota, or has too many that never ended.
        """

    def get(self, incoming_id: UUID) -> Incoming:
        """Raises NotFound."""

    def find(self, owner_id: str) -> Sequence[Incoming]:
        """List those of an owner that have not all arrived, oldest first."""

    def used_bytes(self, owner_id: str) -> int:
        """What counts against the owner's quota."""

    def received(self, incoming: Incoming) -> int:
        """How many bytes are safe on disk."""

    def open(self, incoming: Incoming, offset: int, checksum: Checksum | None = None) -> IncomingWriter:
        """Go on at `offset`; whoever opens closes.

        Raises:
            Locked: Another writer is at work.
            Conflict: The file does not end at `offset`.
            NotFound: It was removed.
        """

    def finish(self, incoming: Incoming, *, expires: datetime | None = None) -> Upload:
        """Make an upload of a file that has all arrived; the second time, give the same.

        An upload that was `stored` before had been handed over earlier.

        Raises:
            Locked: Another writer is at work.
            ChecksumWrong: It is not the file that was announced; nothing of it is kept.
            NotFound: It was removed.
        """

    def remove(self, incoming_id: UUID) -> None:
        """Forget it, and what has arrived."""

    def remove_expired(self, now: datetime) -> int:
        """Remove what never ended, and the notes of what did; gives how many."""


class SampleStore(Protocol):
    """What was found out about files that their owners want to look at; sealed, and there for a day."""

    def add(self, sample: Sample) -> None: ...

    def get(self, sample_id: UUID) -> Sample:
        """Raises NotFound."""

    def remove_expired(self, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the stages would make of a source. Holds values of rows: for its owner alone.

    Attributes:
        frames: The first rows after each stage that was reached, with their `row_id`.
        counts: As `StageResult.counts`, of all stages together.
        issues: Cells that could not be read and rows that broke a rule; the first of them.
        notes: What is not as it was in the batches before.
        stopped: Why the next stage did not run; None where nothing was wrong.
        foreseen: What loading would do; None where that was not asked, or not reached.
        singled_out: For each further field of the output, how many rows would be alone for somebody who knows it
            beside the gate's quasi-identifiers.
    """

    frames: Mapping[Stage, pl.DataFrame]
    counts: Mapping[str, int]
    issues: tuple[RowIssue, ...]
    report: ValidationReport | None
    notes: tuple[str, ...]
    stopped: CdmpError | None
    foreseen: Foreseen | None = None
    singled_out: Mapping[str, int] = field(default_factory=dict)


class Rehearse(Protocol):
    """Runs the stages of a collection for show; loads nothing and leaves nothing."""

    def __call__(
        self,
        collection: Collection,
        *,
        rows: int | None = None,
        until: Stage = Stage.ANONYMIZED,
        shown: int = 20,
        appends: bool = False,
        given: pl.DataFrame | None = None,
    ) -> Rehearsal:
        """Do to the first rows of its source what a run would do to all of them.

        Args:
            given: Rows of the source that are at hand: it is not read.
            rows: How many; None: all of them.
            appends: The dataset is there: hold the rows against what it has.

        Raises:
            SourceUnavailable, SourceRefused: Nothing could be read.
            StoreUnavailable: A store of ours is away.
        """
