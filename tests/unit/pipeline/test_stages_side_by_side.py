"""Two stages at work at the same time do not wait for one another for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

MAP_AND_VALIDATE = """
import time
from threading import Thread

import polars as pl

from include.cim.definition import load_definition
from include.cim.mapping import map_columns
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.cim.raw_rows import raw_name

NAMES = ("import_energy", "export_energy", "production_energy", "consumption_energy")
SITE = load_definition().concept("site_energy")
MAPPER = MapperConfig.model_validate(
    {"concept": "site_energy", "rules": [{"field": name, "source": name, "unit": "kWh"} for name in NAMES]}
)
PART = pl.DataFrame({"row_id": range(4000), **{raw_name(name): ["1.5"] * 4000 for name in NAMES}})
BASE = pl.DataFrame({"name": ["x" * 20] * 4000, "at": range(4000)})
END = time.monotonic() + 3


def map_parts() -> None:
    while time.monotonic() < END:
        map_columns(PART, MAPPER, SITE, NumberStyle())


def judge_parts() -> None:
    while time.monotonic() < END:
        BASE.filter(pl.col("at") % 3 != 1).to_pandas()  # as Great Expectations takes rows


threads = [Thread(target=map_parts), Thread(target=judge_parts)]
for each in threads:
    each.start()
for each in threads:
    each.join()
print("both ended")
"""


def test_mapping_and_great_expectations_do_not_block_one_another() -> None:
    """`to_pandas` holds the interpreter while it waits for polars' threads: those must never wait for Python."""
    done = subprocess.run(
        [sys.executable, "-c", MAP_AND_VALIDATE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "both ended", done.stderr
