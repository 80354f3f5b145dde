"""A CSV of smart meters to a curated, anonymised, keyed table, beside `psql \\copy` of the clean rows.

The peers get the very rows that we loaded, clean and in the order of the source, and do nothing but load them, into a
table with the same columns and the same key, on the same server, which has the settings of `make demo`. Every way has a
process of its own; the rounds go through all ways in turn, those of row-by-row tools through the first round alone.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.load_source import CONFIG, METERS, write_readings
from benchmarks.table import Case, Table, in_a_process
from deploy.postgres import SETTINGS
from include.storage.migrate import migrate
from tests.postgres import Database, fresh_database, running_server

SIZES: Final = [int(size) for size in os.environ.get("CDMP_BENCH_ROWS", "1000000,5000000").split(",")]
ROUNDS: Final = int(os.environ.get("CDMP_BENCH_ROUNDS", "3"))
ENDS: Final = (
    "into a fresh table",
    "as many later ones appended",
    "as many of the same time appended",
)
OURS: Final = "CSV to curated, anonymised, keyed"
COPY: Final = "psql \\copy of the clean rows"
SORTED: Final = "ADBC of typed rows, sorted by the key"
PGLOADER: Final = "pgloader of a tenth, times ten"
KEY: Final = ("usage_point_id", "register", "interval_start")


def run() -> Table:
    """Measure every size; see the module."""
    cases: list[Case] = []
    for rows in SIZES:
        taken: dict[str, list[dict[str, Any]]] = {}
        with tempfile.TemporaryDirectory(prefix="cdmp-bench-") as name, running_server(SETTINGS) as server:
            for batch, (after, first_meter) in enumerate([(0, 0), (rows, 0), (0, METERS)]):
                file = Path(name) / f"readings-{batch}.csv"
                write_readings(file, rows, batch, after=after, first_meter=first_meter)
            for _ in range(ROUNDS):
                with fresh_database(server) as database:
                    _measure(database, Path(name), taken)
        cases += [
            Case(f"{rows:,} rows, {way}", *_median(each), peer=f"{rows:,} rows, {COPY} {_end(way)}")
            for way, each in taken.items()
        ]
    return Table("Readings of 5,000 smart meters, 1 % bad, into a keyed table", tuple(cases))


def _measure(database: Database, folder: Path, taken: dict[str, list[dict[str, Any]]]) -> None:
    migrate(database.owner_url)
    told = in_a_process("load", OURS, json.dumps(asdict(database)), str(folder))
    table = told.pop("table")
    _export(database.admin_url, table, folder)
    for way in [COPY, SORTED, *(() if taken else SLOW)]:
        with psycopg.connect(database.admin_url, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS peer")
            connection.execute(f"CREATE TABLE peer (LIKE {table} INCLUDING INDEXES)")
            connection.execute("CHECKPOINT")
        told |= {
            f"{way} {end}": in_a_process("load", way, database.admin_url, str(folder / f"clean-{batch}"))
            for batch, end in enumerate(ENDS if way not in SLOW else ENDS[:1])
        }
    for way, each in told.items():
        print(f"  {way}: {each}", flush=True)
        taken.setdefault(way, []).append(each)


def _median(rounds: list[dict[str, Any]]) -> tuple[float, dict[str, Any]]:
    middle = sorted(rounds, key=lambda each: float(each["seconds"]))[len(rounds) // 2]
    return middle["seconds"], {name: value for name, value in middle.items() if name != "seconds"}


def _end(way: str) -> str:
    return next(end for end in ENDS if way.endswith(end))


def _export(url: str, table: str, folder: Path) -> None:
    """Write what we loaded as the peers' files, batch by batch, in the order of the source: as CSV and as Parquet."""
    import pyarrow.parquet
    from adbc_driver_postgresql import dbapi

    with psycopg.connect(url) as connection:
        batches = connection.execute("SELECT id FROM cdmp.batch ORDER BY committed").fetchall()
        for number, (batch_id,) in enumerate(batches):
            query = f"SELECT * FROM {table} WHERE _batch_id = '{batch_id}' ORDER BY _row_id"
            with (
                connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
                (folder / f"clean-{number}.csv").open("wb") as target,
            ):
                for block in copy:
                    target.write(block)
            with dbapi.connect(url) as other, other.cursor() as cursor:
                cursor.execute(query)
                rows = cursor.fetch_record_batch()
                with pyarrow.parquet.ParquetWriter(folder / f"clean-{number}.parquet", rows.schema) as writer:
                    for each in rows:
                        writer.write_batch(each)


# --- each in a process of its own ------------------------------------------------------------------------------------


def ours(database: str, folder: str) -> dict[str, Any]:
    """Load a batch after the other by the seven stages, one stage after the other as Airflow would."""
    told: dict[str, Any] = {}
    for each, end in zip(run_batches(database, folder, CONFIG, len(ENDS)), ENDS, strict=True):
        told["table"] = each.pop("table")
        del each["rules"]
        told[f"{OURS} {end}"] = each
    return told


def chain(database: str, folder: str, changes: str) -> dict[str, Any]:
    """Load one batch by a configuration that is changed in some steps."""
    (told,) = run_batches(database, folder, CONFIG | json.loads(changes), 1)
    del told["table"]
    return told


def run_batches(database: str, folder: str, config: dict[str, Any], batches: int) -> Iterator[dict[str, Any]]:
    """Load batch after batch; gives of each how long the stages took, and what became of the rows."""
    from include.access.requestor import Requestor
    from include.operations.appending import append_file
    from include.operations.collection_life import create_collection
    from include.operations.uploading import upload_file
    from include.orchestration.preload import MODULES
    from tests.factories import a_config
    from tests.fakes_engine import FakeEngine
    from tests.whole_runs import a_platform, run_stages

    for module in MODULES:  # as Airflow's scheduler does, whose forks the tasks are
        import_module(module)
    owner, files = Requestor("7", "olive"), Path(folder)
    platform = a_platform(Database(**json.loads(database)), files / "var")
    upload = upload_file(platform, owner, files / "readings-0.csv")
    config = {**config, "ingester": {**config["ingester"], "upload": upload}}
    collection, _ = create_collection(platform, FakeEngine(), owner, a_config(title="Readings", **config))
    for batch in range(batches):
        if batch:
            upload = upload_file(platform, owner, files / f"readings-{batch}.csv")
            append_file(platform, FakeEngine(), owner, collection.id, upload)
        run = platform.runs.latest([collection.id])[collection.id]
        seconds: dict[str, float] = {}
        began = time.perf_counter()
        counts = run_stages(platform, platform.collections.get(collection.id), run.run_id, seconds)
        took = round(time.perf_counter() - began, 2)
        report = platform.runs.latest([collection.id])[collection.id].report
        yield {
            "table": f"data.d_{collection.dataset_id.hex}",
            "rules": len([each for each in report.outcomes if each.rule.startswith("expect_")]) if report else 0,
            "seconds": took,
            "rows_loaded": counts["rows_loaded"],
            "rows_set_aside": counts["rows_quarantined"],
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            **{f"{task}_s": round(each, 2) for task, each in seconds.items()},
        }


def copy(url: str, clean: str) -> dict[str, Any]:
    """Load by psql, as one would by hand."""
    command = f"\\copy peer FROM '{clean}.csv' (FORMAT csv)"
    return _timed(lambda: subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url, "-c", command], check=True))


def adbc(url: str, clean: str) -> dict[str, Any]:
    """Load what is typed already, in parts that are sorted by the key."""
    import pyarrow.parquet
    from adbc_driver_postgresql import dbapi

    def load() -> None:
        with dbapi.connect(url) as connection, connection.cursor() as cursor:
            for part in pyarrow.parquet.ParquetFile(f"{clean}.parquet").iter_batches(1_000_000):
                rows = pyarrow.Table.from_batches([part])
                cursor.adbc_ingest("peer", rows.sort_by([(name, "ascending") for name in KEY]), mode="append")
            connection.commit()

    return _timed(load)


def pandas(url: str, clean: str) -> dict[str, Any]:
    """Load a fiftieth by `DataFrame.to_sql`, and count it fifty times."""
    import pyarrow.parquet
    import sqlalchemy

    file = pyarrow.parquet.ParquetFile(f"{clean}.parquet")
    whole = next(file.iter_batches(file.metadata.num_rows // 50))
    frame = pyarrow.Table.from_batches([whole]).drop_columns(["_batch_id", "_row_ids"]).to_pandas()
    frame["_batch_id"] = "00000000-0000-0000-0000-000000000000"
    engine = sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    types = {"_batch_id": sqlalchemy.Uuid(as_uuid=False)}
    return _timed(
        lambda: frame.to_sql("peer", engine, if_exists="append", index=False, chunksize=1000, dtype=types), 50
    )


def dlt(url: str, clean: str) -> dict[str, Any]:
    """Load what is typed already by dlt, from Arrow, into a table that it makes itself, without a key."""
    import dlt
    import pyarrow.parquet

    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "peer",
            pipelines_dir=folder,
            destination=dlt.destinations.postgres(url.replace("@", ":none@")),
            dataset_name="d",
        )

        def parts() -> Any:
            for part in pyarrow.parquet.ParquetFile(f"{clean}.parquet").iter_batches(500_000):
                yield pyarrow.Table.from_batches([part]).drop_columns(["_batch_id", "_row_ids"])

        return _timed(
            lambda: pipeline.run(parts(), table_name="readings", write_disposition="append").raise_on_failed_jobs()
        )


def pgloader(url: str, clean: str) -> dict[str, Any]:
    """Load a tenth by pgloader, and count it ten times."""
    with psycopg.connect(url) as connection, Path(f"{clean}.csv").open() as rows, tempfile.TemporaryDirectory() as name:
        columns = ", ".join(each.name for each in connection.execute("SELECT * FROM peer LIMIT 0").description or ())
        tenth, command = Path(name) / "tenth.csv", Path(name) / "csv.load"
        lines = sum(1 for _ in rows)
        rows.seek(0)
        tenth.write_text("".join(islice(rows, lines // 10)))
        command.write_text(
            f"LOAD CSV FROM '{tenth}' ({columns}) INTO {url} TARGET TABLE public.peer ({columns})"
            " WITH fields terminated by ',' SET timezone TO 'UTC';"
        )
        return _timed(
            lambda: subprocess.run(["pgloader", "--on-error-stop", "-q", command], check=True, capture_output=True), 10
        )


WAYS: Final[dict[str, Callable[[str, str], dict[str, Any]]]] = {
    OURS: ours,
    COPY: copy,
    SORTED: adbc,
    "dlt of typed rows, no key": dlt,
    "pandas to_sql of a fiftieth, times fifty": pandas,
    PGLOADER: pgloader,
}
SLOW: Final = [way for way in list(WAYS)[3:] if way != PGLOADER or shutil.which("pgloader")]


def _timed(load: Callable[[], object], times: int = 1) -> dict[str, Any]:
    began = time.perf_counter()
    load()
    return {"seconds": round((time.perf_counter() - began) * times, 2)}


if __name__ == "__main__":
    ways: dict[str, Callable[..., dict[str, Any]]] = {**WAYS, "chain": chain}
    print(json.dumps(ways[sys.argv[1]](*sys.argv[2:])))
