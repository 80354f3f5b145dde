"""The 5,000,000 readings of `benchmarks.load`, from asking for a run to their being readable over HTTP.

The peer is that of `benchmarks.first_row`: the seven stages in one process. What is between the two is Airflow.
"""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.first_row import compare, run_of_one_that_stands
from benchmarks.load_source import CONFIG, write_readings
from benchmarks.table import Table
from cli.commands import apply_config, open_session
from include.collection.model import Collection
from tests.factories import a_config

ROWS = int(os.environ.get("CDMP_BENCH_ROWS", "5000000"))
SAMPLES = int(os.environ.get("CDMP_BENCH_ROUNDS", "3"))


def run() -> Table:
    """Measure both, in turn."""
    return compare(ROWS, SAMPLES, _readings, run_of_one_that_stands)


def _readings(folder: Path, number: int, start: bool) -> Collection:
    file = folder / CONFIG["ingester"]["name"]
    if not file.exists():
        write_readings(file, ROWS)
    return apply_config(open_session("admin"), a_config(title=f"Readings {number}", **CONFIG), folder, start)[1]
