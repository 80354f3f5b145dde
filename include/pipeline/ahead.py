"""Takes a batch through the later stages while its source is still being read.

What came of it is what the stages' own tasks would come to: they take it over. Where anything goes wrong here, they
find nothing to take over, and do the work themselves: so every error is told by the stage that it belongs to.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter

from include.batch import BatchRef
from include.pipeline.outcome import Outcome
from include.pipeline.step import Part, Step
from include.ports import Segment

logger = logging.getLogger(__name__)


class Ahead:
    """The later stages of one batch, at work behind the first.

    A batch of one part gains nothing by it: it begins with the second.

    Args:
        begin: Gives the steps, each with the name of its task, in order; a second of one task only completes what its
            first left.
    """

    def __init__(self, begin: Callable[[], Sequence[tuple[str, Step]]]) -> None:
        self._begin = begin
        self._steps: Sequence[tuple[str, Step]] = ()
        self._parts: list[Part] = []
        self._seconds: dict[str, float] = defaultdict(float)
        self._failed = False

    def hand_on(self, part: Part) -> None:
        """Take a part as far as it goes by itself."""
        self._parts.append(part)
        if len(self._parts) == 1 or self._failed:
            return
        with self._given_up():
            self._steps = self._steps or self._begin()
            for each in self._parts if part.number == 1 else [part]:
                self._push(each, 0)

    def finish(self, raw: BatchRef) -> Mapping[str, Outcome]:
        """Complete the stages, once all was read; gives what each came to, up to the first that did not end well."""
        done: dict[str, Outcome] = {}
        if len(self._parts) < 2 or self._failed:
            return done
        with self._given_up():
            batch = raw
            for place, (task, step) in enumerate(self._steps):
                with self._timed(task):
                    outcome, others = step.finish(batch)
                batch = outcome.ref
                issues = batch.issues
                for number in others:
                    self._push(Part(number, batch.parts[number], raw.parts[number], issues), place + 1)
                    issues = ()
                done[task] = replace(done.get(task, outcome), ref=batch)
        return {task: replace(outcome, seconds=self._seconds[task]) for task, outcome in done.items()}

    def _push(self, part: Part, place: int) -> None:
        going: Part | None = part
        for task, step in self._steps[place:]:
            if going is None:
                return
            with self._timed(task):
                going = step.add(going)

    @contextmanager
    def _timed(self, task: str) -> Iterator[None]:
        began = perf_counter()
        yield
        self._seconds[task] += perf_counter() - began

    @contextmanager
    def _given_up(self) -> Iterator[None]:
        """Do nothing more after an error. Its text may quote a row, so only its kind is logged."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whose stage it is meets it again, and tells it
            self._failed = True
            logger.info("the later stages wait for their turn: %s", type(error).__name__)


class CopyStep:
    """Puts rows into the database as soon as they may be there; they become part of the dataset when it is loaded."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment

    def add(self, part: Part) -> None:
        """Copy a part, in the place of what was copied of it before; see `Step`."""
        self._segment.add(part.number, part.path)

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        """Keep what was copied; see `Step`."""
        return Outcome(replace(batch, segment=self._segment.finish())), ()
