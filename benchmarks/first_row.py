"""From asking for a run to its rows being readable over HTTP: a file of 1,000 rows, through Airflow's seven tasks.

The peer is the same work without Airflow: the seven stages one after the other in one warm process, on the same
database. What is between the two is what a task costs: a process each, a schedule, a heartbeat.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from uuid import UUID

from benchmarks.table import Case, Table
from cli.commands import apply_config, open_session
from deploy.environment import process_environment, read_environment
from deploy.layout import ROOT
from include.batch import BatchRef
from include.collection.document import read_yaml
from include.collection.model import Collection
from tests.airflow_processes import wait_for
from tests.running_platform import RunningPlatform, running_platform

ROWS = 1000
SAMPLES = 5
EXAMPLE = ROOT / "examples" / "01_smart_meter_fluvius.yaml"
DATA = "data/01_fluvius_elec_15min_nl.csv"


def run() -> Table:
    """Start a platform of its own, and measure the three ways in turn, each with fresh content."""
    taken: dict[str, list[float]] = {}
    with running_platform("up") as platform, tempfile.TemporaryDirectory(prefix="cdmp-bench-") as name:
        os.environ.update(process_environment(read_environment(platform.layout)))
        ways: dict[str, Callable[[RunningPlatform, Path, int], float]] = {
            "seven stages in one process": _in_one_process,
            "a run of a collection that stands": _run_of_one_that_stands,
            "a new collection, saved and run": _new_collection,
        }
        numbers = count()
        for sample in range(SAMPLES + 1):
            for way, measure in ways.items():
                seconds = measure(platform, Path(name), next(numbers))
                if sample:  # the first of each finds everything cold
                    taken.setdefault(way, []).append(seconds)
                print(f"{way}: {seconds:.2f} s", flush=True)
    cases = tuple(
        Case(
            way,
            statistics.median(each),
            {"rows": ROWS, "fastest_s": round(min(each), 2), "slowest_s": round(max(each), 2)},
        )
        for way, each in taken.items()
    )
    return Table(f"From the trigger to {ROWS:,} rows readable over HTTP", cases, cases[0].name)


def _in_one_process(platform: RunningPlatform, folder: Path, number: int) -> float:
    from include.orchestration.stages import STAGES, Work
    from include.settings import load_settings
    from include.wiring import build_platform

    collection = _apply(folder, number)
    # a folder of its own: housekeeping removes what a run staged that Airflow knows nothing of
    services = build_platform(replace(load_settings(), staging=folder / "staging"))
    began = time.monotonic()
    left: dict[str, BatchRef] = {}
    run_id = f"manual__{number}"
    services.runs.queue(collection, run_id, None, services.clock())
    services.runs.start(collection, run_id, services.clock())
    for task, stage in STAGES.items():
        left[task] = stage(Work(services, collection, run_id, left.__getitem__, services.definition.current())).ref
    _await_rows(platform, collection.dataset_id)
    return time.monotonic() - began


def _run_of_one_that_stands(platform: RunningPlatform, folder: Path, number: int) -> float:
    collection = _apply(folder, number)
    time.sleep(5)  # the DAG is there by then
    began = time.monotonic()
    platform.client.post(f"/data-collection/{collection.id}/run").raise_for_status()
    _await_rows(platform, collection.dataset_id)
    return time.monotonic() - began


def _new_collection(platform: RunningPlatform, folder: Path, number: int) -> float:
    began = time.monotonic()
    collection = _apply(folder, number, start=True)
    _await_rows(platform, collection.dataset_id)
    return time.monotonic() - began


def _apply(folder: Path, number: int, *, start: bool = False) -> Collection:
    """Make one more collection; the file is the same, the dataset another."""
    config = read_yaml(EXAMPLE.read_text(encoding="utf-8"))
    (folder / "data").mkdir(exist_ok=True)
    with (EXAMPLE.parent / DATA).open("rb") as whole:
        (folder / DATA).write_bytes(b"".join(islice(whole, 1 + ROWS)))
    config = config.model_copy(update={"title": f"Benchmark {number}"})
    return apply_config(open_session("admin"), config, folder, start)[1]


def _await_rows(platform: RunningPlatform, dataset_id: UUID) -> None:
    def readable() -> bool:
        answer = platform.client.get(f"/dataset/{dataset_id}/records", params={"limit": ROWS})
        return answer.status_code == 200 and len(answer.json()["records"]) == ROWS

    wait_for("the rows", readable, 120)
