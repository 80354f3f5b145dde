"""What the scheduler imports for its tasks, and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from include.orchestration.preload import MODULES


@pytest.mark.parametrize("module", MODULES)
def test_every_module_that_is_preloaded_is_there(module: str) -> None:
    assert find_spec(module)


@pytest.mark.parametrize("component", ["dag-processor", "api-server", "triggerer"])
def test_no_other_component_is_slowed_down(component: str) -> None:
    script = f"""
import sys
before = set(sys.modules)
from include.orchestration.preload import preload_in_scheduler
preload_in_scheduler(["airflow", {component!r}, "-s"])
preload_in_scheduler(["airflow"])
assert not {{"polars", "pandas", "airflow", "include.wiring"}} & (set(sys.modules) - before)
"""
    subprocess.run([sys.executable, "-c", script], check=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
