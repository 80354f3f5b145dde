"""What a stage is to who hands it a batch: it takes one part after the other, and at the end the batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import polars as pl

from include.batch import BatchRef, Stage
from include.pipeline.outcome import Outcome
from include.ports import Staging


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parts of a batch are staged."""

    staging: Staging
    collection_id: UUID
    folder: UUID

    @classmethod
    def of(cls, ref: BatchRef, staging: Staging) -> Place:
        """Give the place of a batch."""
        return cls(staging, ref.collection_id, ref.folder)

    def write_over(self, stage: Stage, name: str, base: str, changes: pl.DataFrame) -> str:
        """Write what became of a part; see the port."""
        return self.staging.write_over(self.collection_id, self.folder, stage, name, base, changes)

    def write(self, stage: Stage, name: str, frame: pl.DataFrame) -> str:
        """Write one frame of it; gives its path."""
        return self.staging.write(self.collection_id, self.folder, stage, name, frame)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a batch.

    Attributes:
        number: From 0, in the order of the source.
        path: As the stage before left it.
        raw: As it was read.
        issues: Staged frames of what was found wrong in it so far, and maybe in other parts.
    """

    number: int
    path: str
    raw: str
    issues: tuple[str, ...] = ()


class Step(Protocol):
    """One stage at work on one batch."""

    def add(self, part: Part) -> Part | None:
        """Do to a part what can be done without the others; parts come in order.

        Returns:
            What the next stage may begin with; None where only the whole batch tells.
        """

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        """Do what only the whole batch tells, once all of its parts were added.

        Args:
            batch: As the stage before left it.

        Returns:
            The outcome, and the numbers of the parts that are not as `add` gave them.
        """


def carry_out(step: Step, batch: BatchRef, raw: BatchRef) -> Outcome:
    """Take a whole batch through one stage.

    Args:
        raw: The batch as it was read.
    """
    for part in parts_of(batch, raw):
        step.add(part)
    return step.finish(batch)[0]


def parts_of(batch: BatchRef, raw: BatchRef) -> Iterator[Part]:
    """List the parts of a batch; what was found wrong in any of them comes with the first."""
    for number, (path, as_read) in enumerate(zip(batch.parts, raw.parts, strict=True)):
        yield Part(number, path, as_read, () if number else batch.issues)
