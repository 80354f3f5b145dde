"""Imports what tasks need into the scheduler, whose forks they are: 4.4 s per task without, nothing with it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module
from time import perf_counter
from typing import Final

# Imports only: a library that has begun to work may hold threads and locks, which do not survive a fork.
MODULES: Final = (
    "great_expectations",
    "pandas",
    "polars",
    "pyarrow.parquet",
    "adbc_driver_postgresql.dbapi",
    "include.wiring",
    "include.collection.suite",
    "include.pipeline.ahead",
    "include.pipeline.ingest",
    "include.pipeline.map_to_cim",
    "include.pipeline.validate",
    "include.pipeline.anonymize",
    "include.pipeline.index",
    "include.pipeline.publish",
    "include.orchestration.factory",
)

log = logging.getLogger(__name__)


def preload_in_scheduler(argv: Sequence[str]) -> None:
    """Import the modules where `argv` is that of `airflow scheduler`, and do nothing anywhere else."""
    if len(argv) < 2 or argv[1] != "scheduler":
        return
    started = perf_counter()
    for module in MODULES:
        try:
            import_module(module)
        except ImportError as error:  # slower tasks, each with its own message, rather than no scheduler
            log.warning("tasks import %s themselves: %s", module, error)
    seconds = perf_counter() - started
    if seconds > 1:  # not where plugins are loaded again, in a task that has them already
        log.info("%s modules are ready for tasks after %.1f s", len(MODULES), seconds)
