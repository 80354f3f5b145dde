"""A CSV of 5,000,000 rows inspected to its end, beside pandas and dlt on the same file, each in its own process."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.table import Case, Table, in_a_process

ROWS = 5_000_000
METERS = 2_000
_CHUNK = 500_000


def run() -> Table:
    """Measure each way once on a new file: a process each, so that the peak memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "readings.csv"
        write_readings(file)
        facts = {"rows": ROWS, "file_mb": file.stat().st_size >> 20}
        cases = [Case(name, *measure(way, file, facts)) for way, name in NAMES.items()]
    return Table("A CSV of smart meters: read, and said what it is", tuple(cases), NAMES["pandas"])


def measure(way: str, file: Path, facts: dict[str, int]) -> tuple[float, dict[str, float | int | str]]:
    """Do one way in a new process; gives its seconds and facts."""
    told = in_a_process("inspect_csv", way, str(file))
    return told.pop("seconds"), {**facts, **told}


def write_readings(file: Path) -> None:
    """Write quarter hours of many meters, as local times without an offset, over a change of the clock."""
    random = np.random.default_rng(20260101)
    with file.open("wb") as target:
        for first in range(0, ROWS, _CHUNK):
            row = np.arange(first, min(first + _CHUNK, ROWS))
            instant = pl.Series("start", row // METERS * 900_000_000 + 1_634_594_400_000_000, dtype=pl.Int64)
            start = instant.cast(pl.Datetime("us", "UTC")).dt.convert_time_zone("Europe/Brussels")
            frame = pl.DataFrame(
                {
                    "meter": pl.Series([f"5414488200{meter:08d}" for meter in range(METERS)]).gather(row % METERS),
                    "start": start.dt.strftime("%Y-%m-%d %H:%M:%S"),
                    "energy_kwh": random.uniform(0, 5, len(row)).round(3),
                    "voltage_v": random.normal(230, 3, len(row)).round(1),
                    "register": pl.Series(["import", "export"]).gather(row // 7 % 2),
                    "status": pl.Series(["valid", "estimated"]).gather(random.binomial(1, 0.01, len(row))),
                }
            )
            frame.write_csv(target, include_header=first == 0)


def inspect(file: Path) -> dict[str, int]:
    """Detect, read and profile everything, as `cdmp inspect` does."""
    from include.connectors.detection.inspect import inspect_source

    found = inspect_source(file, file.name, {})
    assert found.tables[0].rows == ROWS
    assert found.time is not None
    assert found.time.resolution == "PT15M"
    return {"columns": len(found.tables[0].columns)}


def read_only(file: Path) -> dict[str, int]:
    """Read the same by our reader, without looking at it."""
    from include.collection.formats.delimited import CsvFormat
    from include.connectors.content import Content
    from include.connectors.formats.choose import read_frames

    with Content.open(file, file.name) as content:
        frames = [(frame.height, frame.width) for frame in read_frames(content, CsvFormat())]
    assert sum(height for height, _ in frames) == ROWS
    return {"columns": frames[0][1]}


def with_pandas(file: Path) -> dict[str, int]:
    """Read with the defaults and describe every column."""
    import pandas as pd

    frame = pd.read_csv(file)
    frame.describe(include="all")
    frame.nunique()
    assert len(frame) == ROWS
    return {"columns": frame.shape[1]}


def with_dlt(file: Path) -> dict[str, int]:
    """Read, extract and normalise with dlt in its fastest way, over Arrow: it infers types and says no more."""
    import dlt
    import pyarrow as pa
    import pyarrow.csv

    def batches() -> Iterator[pa.Table]:
        with pyarrow.csv.open_csv(file) as reader:
            yield from (pa.Table.from_batches([batch]) for batch in reader)

    with tempfile.TemporaryDirectory() as folder:
        target = dlt.destinations.filesystem(bucket_url=folder)
        pipeline = dlt.pipeline("readings", pipelines_dir=folder, destination=target)
        pipeline.extract(dlt.resource(batches, name="readings"), loader_file_format="parquet")
        pipeline.normalize()
        trace = pipeline.last_trace
        assert trace is not None
        assert trace.last_normalize_info is not None
        assert trace.last_normalize_info.row_counts["readings"] == ROWS
        columns = pipeline.default_schema.tables["readings"]["columns"]
        return {"columns": sum(not name.startswith("_dlt") for name in columns)}


WAYS: dict[str, Callable[[Path], dict[str, int]]] = {
    "inspect": inspect,
    "read": read_only,
    "pandas": with_pandas,
    "dlt": with_dlt,
}
NAMES = {
    "inspect": "cdmp inspect: detect, read, profile every column and the times",
    "read": "our reader alone",
    "pandas": "pandas: read_csv, describe, nunique",
    "dlt": "dlt over Arrow: read, extract, normalise (types only)",
}


def main(way: str, file: Path) -> None:
    """Do one way and say how long it took and how much memory it had."""
    import resource

    started = time.perf_counter()
    facts = WAYS[way](file)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
                "peak_memory_mb": used.ru_maxrss >> 10,
                **facts,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
