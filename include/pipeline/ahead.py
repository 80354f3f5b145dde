"""Takes a batch through the later stages while its source is still being read.

What came of it is what the stages' own tasks would come to: they take it over. Where anything goes wrong here, they
find nothing to take over, and do the work themselves: so every error is told by the stage that it belongs to.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Final, TypeVar

from include.batch import BatchRef
from include.pipeline.outcome import Outcome
from include.pipeline.step import Part, Step
from include.ports import Segment

logger = logging.getLogger(__name__)

_WAITING: Final = 1
"""So many parts may wait for a step, in staging, so that nobody idles where one part takes longer than the others."""

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Ahead:
    """The later stages of one batch, at work behind the first, each on another part at the same time.

    A batch of one part gains nothing by it: it begins with the second.

    Args:
        begin: Gives the steps, each with the name of its task, in order; a second of one task only completes what its
            first left.

    Attributes:
        waited: How many seconds went by in its methods.
    """

    def __init__(self, begin: Callable[[], Sequence[tuple[str, Step]]]) -> None:
        self._begin = begin
        self._workers: list[_Worker] = []
        self._parts: list[Part] = []
        self._failed = False
        self.waited = 0.0

    def hand_on(self, part: Part) -> None:
        """Take a part as far as it goes by itself; waits only until the first stage has room for it."""
        self._parts.append(part)
        if len(self._parts) == 1 or self._failed:
            return
        with self._given_up():
            if not self._workers:
                for task, step in reversed(self._begin()):
                    self._workers.insert(0, _Worker(task, step, self._workers[0] if self._workers else None))
            for each in self._parts if part.number == 1 else [part]:
                self._workers[0].take(each)

    def finish(self, raw: BatchRef) -> Mapping[str, Outcome]:
        """Complete the stages, once all was read; gives what each came to, up to the first that did not end well."""
        done: dict[str, Outcome] = {}
        if len(self._parts) < 2 or self._failed:
            return done
        with self._given_up():
            batch = raw
            for worker in self._workers:
                self._wait()
                outcome, others = worker.finish(batch)
                batch = outcome.ref
                if worker.following is not None:
                    issues = batch.issues
                    for number in others:
                        worker.following.take(Part(number, batch.parts[number], raw.parts[number], issues))
                        issues = ()
                first = done.get(worker.task, replace(outcome, seconds=worker.seconds))
                done[worker.task] = replace(first, ref=batch)
        return done

    def close(self) -> None:
        """Let no thread go on."""
        for worker in self._workers:
            worker.close()

    def _wait(self) -> None:
        """Wait until no part is on its way: from the first worker on, since each hands on to the next."""
        for worker in self._workers:
            worker.wait()

    @contextmanager
    def _given_up(self) -> Iterator[None]:
        """Do nothing more after an error. Its text may quote a row, so only its kind is logged."""
        began = perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whose stage it is meets it again, and tells it
            self._failed = True
            logger.info("the later stages wait for their turn: %s", type(error).__name__)
        finally:
            self.waited += perf_counter() - began


class _Worker:
    """One step, in a thread of its own: one part is in it, and it holds that until the next step has room for it.

    Attributes:
        seconds: How long the step itself was at work.
    """

    def __init__(self, task: str, step: Step, following: _Worker | None) -> None:
        self.task, self.following, self.seconds = task, following, 0.0
        self._step = step
        self._thread = ThreadPoolExecutor(1, task)
        self._running: deque[Future[None]] = deque()
        self._stuck = False

    def take(self, part: Part) -> None:
        """Let a part wait, once there is room. Raises what one before it, or a step behind, ended with."""
        while len(self._running) > _WAITING:
            self._running.popleft().result()
        self._running.append(self._thread.submit(self._add, part))

    def wait(self) -> None:
        """Wait until the parts that are here have gone on; raises what one of them ended with."""
        while self._running:
            self._running.popleft().result()

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        """Complete the step."""
        return self._thread.submit(self._timed, self._step.finish, batch).result()

    def close(self) -> None:
        """Wait for what is at work, and end."""
        self._thread.shutdown(wait=True)

    def _add(self, part: Part) -> None:
        if self._stuck:  # a part before ended with an error
            return
        self._stuck = True
        going = self._timed(self._step.add, part)
        if going is not None and self.following is not None:
            self.following.take(going)
        self._stuck = False

    def _timed(self, work: Callable[[_Given], _Made], given: _Given) -> _Made:
        began = perf_counter()
        try:
            return work(given)
        finally:
            self.seconds += perf_counter() - began


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
