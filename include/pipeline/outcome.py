"""What a stage gives to the next one, and to the people who watch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from include.batch import BatchRef


@dataclass(frozen=True, slots=True)
class Outcome:
    """The batch after a stage, and the counts and notes of `StageResult`.

    Attributes:
        seconds: How long the work took; None: as long as the task.
        ahead: What the stages after it came to already, by the names of their tasks.
        waited: How many seconds of the task's time went by waiting for those.
    """

    ref: BatchRef
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float | None = None
    ahead: Mapping[str, Outcome] = field(default_factory=dict)
    waited: float = 0.0

    def seconds_of(self, taken: float) -> float:
        """Say how much of the time that a task has taken was this stage's own."""
        return taken - self.waited if self.seconds is None else self.seconds

    def to_json(self) -> dict[str, Any]:
        """Give the plain form that goes through XCom, without what came ahead."""
        return {
            "ref": self.ref.to_json(),
            "counts": self.counts,
            "notes": list(self.notes),
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Outcome:
        """Read what `to_json` gave."""
        ref = BatchRef.from_json(plain["ref"])
        return cls(ref, dict(plain["counts"]), tuple(plain["notes"]), plain["seconds"])
