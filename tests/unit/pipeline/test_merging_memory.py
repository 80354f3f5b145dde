"""Merging holds a bucket in memory, however long the batch is and however far apart the rows of one key are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MILLIONS = 2
MOST_MIB = 700
"""Of the whole process, with everything that it imports; 2,000,000 rows take 400, and 5,000,000 as much."""

_SCRIPT = """
import json, re, sys, time
from pathlib import Path
import polars as pl
from include.batch import BatchRef, Stage
from include.cim.definition import load_definition
from include.cim.mapping_config import MapperConfig
from include.cim.number_style import NumberStyle
from include.pipeline.map_to_cim import map_to_cim
from include.storage.staging import ParquetStaging
from tests.factories import a_batch_ref

folder, rows = sys.argv[1], int(sys.argv[2])
staging, ref, part_rows = ParquetStaging(Path(folder)), a_batch_ref(), 200_000
quantities, zones = 4, 50
# all of the first quantity, then all of the second: the rows of a key are as far apart as they can be
block, parts = rows // quantities, []
for first in range(0, rows, part_rows):
    at = pl.int_range(first, min(first + part_rows, rows), eager=True)
    key = at % block
    start = pl.datetime(2020, 1, 1) + pl.duration(minutes=15 * (key // zones))
    frame = pl.select(
        row_id=at + 1,
        time=start.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        zone="10Y" + (key % zones).cast(pl.String),
        concept="quantity " + (at // block).cast(pl.String),
        value=(key % 9973).cast(pl.String),
    )
    parts.append(staging.write(ref.collection_id, ref.batch_id, Stage.RAW, f"part-{len(parts):05d}", frame))
raw = a_batch_ref(batch_id=ref.batch_id, parts=tuple(parts), rows=rows)
mapper = MapperConfig.model_validate({
    "concept": "market_price", "merge_rows": True,
    "rules": [
        {"field": "market_area", "source": "zone"}, {"field": "product", "constant": "day_ahead"},
        {"field": "auction_sequence", "constant": 1},
        {"field": "interval_start", "source": "time", "format": "iso8601"},
        {"field": "price", "source": "value", "unit": "1/MWh", "where": {"concept": "quantity 0"}},
        {"field": "volume", "source": "value", "unit": "MWh", "where": {"concept": "quantity 1"}},
        {"field": "tariff_period", "source": "value", "where": {"concept": "quantity 2"}},
    ],
})
begun = time.monotonic()
outcome = map_to_cim(raw, mapper, load_definition().concept("market_price"), staging, numbers=NumberStyle())
seconds = time.monotonic() - begun
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10
merged = pl.concat([staging.scan(path) for path in outcome.ref.parts]).select(
    pl.len(), pl.col("price").sum(), pl.col("volume").sum(), pl.col("tariff_period").count(),
    pl.col("row_id").is_sorted().alias("sorted"),
).collect().row(0)
left = len(list(Path(folder).rglob("*.parquet")))
print(json.dumps([outcome.counts, merged, left, len(parts), seconds, peak]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
def test_millions_of_rows_are_merged_in_bounded_memory(tmp_path: Path):
    rows = MILLIONS * 1_000_000
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path), str(rows)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == 0, done.stderr
    counts, (height, price, volume, texts, ordered), files, parts, _, peak_mib = json.loads(done.stdout)
    keys = rows // 4
    assert counts == {"rows_mapped": keys, "cells_unreadable": 0, "rows_merged": 3 * keys}
    assert (height, texts, ordered) == (keys, keys, True)
    assert price == volume == sum(key % 9973 for key in range(keys))
    assert files == 3 * parts, (
        "raw and mapped parts, and where their rows came from; what was staged on the way is gone"
    )
    assert peak_mib < MOST_MIB
