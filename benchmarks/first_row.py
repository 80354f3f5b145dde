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
from functools import partial
from itertools import count, islice
from pathlib import Path
from uuid import UUID

from benchmarks.table import Case, Table
from cli.commands import apply_config, open_session
from deploy.environment import process_environment, read_environment
from deploy.layout import ROOT
from include.collection.document import read_yaml
from include.collection.model import Collection
from tests.airflow_processes import wait_for
from tests.running_platform import RunningPlatform, running_platform
from tests.whole_runs import run_stages

ROWS = 1000
SAMPLES = 5
EXAMPLE = ROOT / "examples" / "01_smart_meter_fluvius.yaml"
DATA = "data/01_fluvius_elec_15min_nl.csv"
Make = Callable[[Path, int, bool], Collection]
Way = Callable[[RunningPlatform, Callable[[bool], Collection]], float]


def run() -> Table:
    """Measure each way with fresh content."""
    return compare(ROWS, SAMPLES, _first_rows, run_of_one_that_stands, _new_collection)


def compare(rows: int, samples: int, make: Make, *through_airflow: Way) -> Table:
    """Start a platform of its own, and measure the ways in turn, each with a collection of its own.

    Args:
        make: Makes one more, whose run loads so many rows.
    """
    taken: dict[str, list[float]] = {}
    with running_platform("up") as platform, tempfile.TemporaryDirectory(prefix="cdmp-bench-") as name:
        os.environ.update(process_environment(read_environment(platform.layout)))
        numbers = count()
        for sample in range(samples + 1):
            for way in (_in_one_process, *through_airflow):
                seconds = way(platform, partial(make, Path(name), next(numbers)))
                title = (way.__doc__ or "").split(".")[0].lower()
                if sample:  # the first of each finds everything cold
                    taken.setdefault(title, []).append(seconds)
                print(f"{title}: {seconds:.2f} s", flush=True)
    cases = tuple(
        Case(
            way,
            statistics.median(each),
            {"rows": rows, "fastest_s": round(min(each), 2), "slowest_s": round(max(each), 2)},
        )
        for way, each in taken.items()
    )
    return Table(f"From the trigger to {rows:,} rows readable over HTTP", cases, cases[0].name)


def _in_one_process(platform: RunningPlatform, make: Callable[[bool], Collection]) -> float:
    """Seven stages in one process."""
    from include.settings import load_settings
    from include.wiring import build_platform

    collection = make(False)
    # a folder of its own: housekeeping removes what a run staged that Airflow knows nothing of
    with tempfile.TemporaryDirectory(prefix="cdmp-bench-") as staging:
        services = build_platform(replace(load_settings(), staging=Path(staging)))
        run_id = f"manual__{collection.id}"
        began = time.monotonic()
        services.runs.queue(collection, run_id, None, services.clock())
        run_stages(services, collection, run_id)
        _await_rows(platform, collection.dataset_id)
        return time.monotonic() - began


def run_of_one_that_stands(platform: RunningPlatform, make: Callable[[bool], Collection]) -> float:
    """A run of a collection that stands."""
    collection = make(False)
    time.sleep(5)  # the DAG is there by then
    began = time.monotonic()
    platform.client.post(f"/data-collection/{collection.id}/run").raise_for_status()
    _await_rows(platform, collection.dataset_id)
    return time.monotonic() - began


def _new_collection(platform: RunningPlatform, make: Callable[[bool], Collection]) -> float:
    """A new collection, saved and run."""
    began = time.monotonic()
    _await_rows(platform, make(True).dataset_id)
    return time.monotonic() - began


def _first_rows(folder: Path, number: int, start: bool) -> Collection:
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
