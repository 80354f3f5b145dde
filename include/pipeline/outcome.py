"""What a stage gives to the next one, and to the people who watch."""

from __future__ import annotations

from dataclasses import dataclass, field

from include.batch import BatchRef


@dataclass(frozen=True, slots=True)
class Outcome:
    """The batch after a stage, and the counts and notes of `StageResult`."""

    ref: BatchRef
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
