"""One stage of a run in a process of its own, as Airflow forks one for each task: to be killed, or waited for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from include.orchestration.preload import MODULES
from include.settings import Settings

PATIENCE_S: Final = 120

# a process that has imported what tasks need, and has done nothing with it: the scheduler's place
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [*MODULES, "include.orchestration.tasks", "tests.chaos.stage_process", "tests.whole_runs"]
)


@dataclass(frozen=True)
class Ended:
    """How a stage ended: with what it left, with an error's class and words, or killed (neither).

    Attributes:
        pushed: What it left besides, by key.
    """

    left: dict[str, Any] | None = None
    pushed: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    said: str = ""

    @property
    def killed(self) -> bool:
        """Whether nobody heard of an end."""
        return self.left is None and self.error is None


@dataclass
class StageProcess:
    """A stage that is under way."""

    process: Any
    news: Connection
    begun: float = 0.0
    seconds: float = field(default=0.0)

    def kill_after(self, seconds: float) -> Ended:
        """Kill it, with -9, so many seconds after it began, unless it ends before."""
        if not self.news.poll(max(0.0, self.begun + seconds - time.monotonic())):
            os.kill(self.process.pid, signal.SIGKILL)
        return self.wait()

    def wait(self) -> Ended:
        """Wait for its end."""
        try:
            assert self.news.poll(PATIENCE_S), "the stage hangs"
            ended: Ended = self.news.recv()
        except EOFError:
            ended = Ended()
        self.seconds = time.monotonic() - self.begun
        self.process.join(PATIENCE_S)
        self.process.close()
        self.news.close()
        return ended


def start_stage(
    settings: Settings,
    task: str,
    collection_id: UUID,
    run_id: str,
    left: dict[tuple[str, str | None], Any],
    part_rows: int,
) -> StageProcess:
    """Start one stage, and give it once it is at work.

    Args:
        left: What the earlier tasks of the run left, by their names, and by the key of what they left besides.
        part_rows: How many rows a part of the source has at most.
    """
    news, tell = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(
        target=_run, args=(settings, task, collection_id, run_id, left, part_rows, tell), daemon=True
    )
    process.start()
    tell.close()
    assert news.poll(PATIENCE_S), "the stage does not begin"
    news.recv()
    return StageProcess(process, news, time.monotonic())


def _run(
    settings: Settings,
    task: str,
    collection_id: UUID,
    run_id: str,
    left: dict[tuple[str, str | None], Any],
    part_rows: int,
    tell: Connection,
) -> None:
    import include.storage.segment
    import include.wiring
    from include.orchestration.description import dag_id_of
    from include.orchestration.tasks import run_stage
    from tests.whole_runs import InParts

    choose = include.wiring.choose_connector
    include.wiring.choose_connector = lambda *given: InParts(choose(*given), part_rows)
    include.storage.segment.LEAF_ROWS = 2 * part_rows  # so that a batch in parts has more than one leaf
    pushed: dict[str, Any] = {}
    # the first of three tries: an error that may pass is not yet the end of the run
    instance = SimpleNamespace(
        try_number=1,
        max_tries=2,
        xcom_pull=lambda task_ids, key=None: left.get((task_ids, key)),
        xcom_push=lambda key, value: pushed.update({key: value}),
    )
    context: Any = {"dag": SimpleNamespace(dag_id=dag_id_of(collection_id)), "run_id": run_id, "ti": instance}
    tell.send("begun")
    try:
        ended = Ended(run_stage(include.wiring.build_platform(settings), task, context), pushed)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the other side decides
        ended = Ended(error=type(error).__name__, said=str(error))
    tell.send(ended)
