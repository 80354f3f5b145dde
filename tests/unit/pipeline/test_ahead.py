"""The later stages at work behind the first: at the same time, in order, and without a word where one fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from uuid import uuid4

import pytest

from include.batch import BatchRef, Stage
from include.pipeline.ahead import Ahead
from include.pipeline.outcome import Outcome
from include.pipeline.step import Part

PATIENCE_S = 20


@dataclass
class Told:
    """A step that tells what it is given, and gives it on under its own name."""

    name: str
    meanwhile: Callable[[int], None] = lambda _: None
    again: tuple[int, ...] = ()
    added: list[tuple[int, str]] = field(default_factory=list)
    finished_after: int = -1

    def add(self, part: Part) -> Part:
        self.meanwhile(part.number)
        self.added.append((part.number, part.path))
        return replace(part, path=f"{self.name}-{part.number}")

    def finish(self, batch: BatchRef) -> tuple[Outcome, Sequence[int]]:
        self.finished_after = len(self.added)
        parts = tuple(f"{self.name}-{number}" for number in range(len(batch.parts)))
        return Outcome(replace(batch, parts=parts)), self.again


@pytest.fixture
def raw() -> BatchRef:
    return BatchRef(uuid4(), uuid4(), 1, uuid4(), Stage.RAW, tuple(f"raw-{number}" for number in range(4)), 4, "digest")


def parts_of(raw: BatchRef) -> Iterator[Part]:
    for number, path in enumerate(raw.parts):
        yield Part(number, path, path)


def test_each_step_is_at_another_part(raw: BatchRef) -> None:
    second_is_there = threading.Event()

    def wait(number: int) -> None:
        if number == 0:
            assert second_is_there.wait(PATIENCE_S)

    def tell(number: int) -> None:
        if number == 1:
            second_is_there.set()

    steps = [Told("map", tell), Told("curate", wait), Told("copy")]
    with closing(Ahead(lambda: [(step.name, step) for step in steps])) as ahead:
        for part in parts_of(raw):
            ahead.hand_on(part)
        done = ahead.finish(raw)
    assert list(done) == ["map", "curate", "copy"]
    assert [step.added for step in steps] == [
        [(number, f"{before}-{number}") for number in range(4)] for before in ("raw", "map", "curate")
    ]
    assert ahead.waited > 0


def test_parts_that_changed_are_handed_on_again_once_all_are_through(raw: BatchRef) -> None:
    steps = [Told("map"), Told("curate", again=(1, 3)), Told("copy")]
    with closing(Ahead(lambda: [(step.name, step) for step in steps])) as ahead:
        for part in parts_of(raw):
            ahead.hand_on(part)
        ahead.finish(raw)
    assert [number for number, _ in steps[2].added] == [0, 1, 2, 3, 1, 3]
    assert [step.finished_after for step in steps] == [4, 4, 6]


def test_an_error_in_any_step_leaves_nothing_to_take_over(raw: BatchRef) -> None:
    def fail(number: int) -> None:
        if number == 1:
            raise ValueError("a row's value")

    last = Told("copy", fail)
    with closing(Ahead(lambda: [("map", Told("map")), ("curate", Told("curate")), ("copy", last)])) as ahead:
        for part in parts_of(raw):
            ahead.hand_on(part)
        assert "copy" not in ahead.finish(raw)
    assert [number for number, _ in last.added] == [0]


def test_one_part_is_left_to_the_tasks(raw: BatchRef) -> None:
    with closing(Ahead(lambda: pytest.fail("it began"))) as ahead:
        ahead.hand_on(next(parts_of(raw)))
        assert ahead.finish(raw) == {}
