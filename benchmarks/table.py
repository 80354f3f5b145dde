"""What a benchmark gives: cases with their seconds, beside a peer that ran in the same run."""

from __future__ import annotations

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.environment import ALLOCATORS


@dataclass(frozen=True, slots=True)
class Case:
    """One measured way of doing a job.

    Attributes:
        facts: Whatever else was measured, with units in the names: `rows`, `memory_mb`, `idle_core_pct`.
        peer: Name of the case that it is compared with; None for that of the table.
    """

    name: str
    seconds: float
    facts: Mapping[str, float | int | str] = field(default_factory=dict)
    peer: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The cases of one benchmark.

    Attributes:
        peer: Name of the case that the others are compared with; None where there is none, or each has its own.
    """

    title: str
    cases: tuple[Case, ...]
    peer: str | None = None

    def rows(self) -> list[dict[str, Any]]:
        """Give each case with its ratio to the peer."""
        seconds = {case.name: case.seconds for case in self.cases}
        return [
            {"case": one.name, "seconds": round(one.seconds, 3)}
            | ({"ratio_to_peer": round(one.seconds / seconds[peer], 2)} if (peer := one.peer or self.peer) else {})
            | dict(one.facts)
            for one in self.cases
        ]


def median_seconds(job: Callable[[], object], rounds: int = 3) -> float:
    """Time a job several times."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        job()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def measure(job: Callable[[], object], rounds: int = 3) -> dict[str, float]:
    """Time a job several times; gives that and the greatest memory of the whole process until then."""
    seconds = median_seconds(job, rounds)
    return {"seconds": seconds, "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def in_a_process(benchmark: str, *arguments: str) -> dict[str, Any]:
    """Run a benchmark's module with these arguments by itself, so that its memory is its own; gives what it prints.

    It has the allocators that the platform's processes have; polars, once imported, has set its own in ours.

    Its last line is JSON; before that, a library may have said something of its own.
    """
    command = [sys.executable, "-m", f"benchmarks.{benchmark}", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env={**os.environ, **ALLOCATORS})
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def describe_machine() -> dict[str, str | int | float]:
    """Say what the benchmark ran on: the processor, cores, memory and kernel; no names."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1e9, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load_before_1min": round(os.getloadavg()[0], 2),
    }
