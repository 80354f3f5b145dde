"""A large dataset that is appended to while others read it: what they see, and how long they wait."""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from dataclasses import asdict
from itertools import accumulate, pairwise
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from benchmarks.load import run_batches
from benchmarks.load_source import CONFIG, write_readings
from include.cim.concept import Concept
from include.cim.definition import load_definition
from include.ports import RecordQuery
from include.storage.connection import open_engine
from include.storage.migrate import migrate
from include.storage.record_reader import PostgresRecordReader
from tests.chaos.scenarios import Outcome, told
from tests.postgres import Database, fresh_database

PAGE: Final = 1000
PAGES: Final = 300
"""So many pages on, a reader begins elsewhere."""

_FORKS = multiprocessing.get_context("spawn")


def read_while_it_grows(server: str, rows: int, appends: int, more: int, readers: int) -> Outcome:
    """Append batches to a dataset of so many rows while readers page through it, and one counts it.

    Of each page the keys have to ascend, and to go on behind the page before; each count has to be that of whole
    batches.
    """
    with (
        told(f"{appends} appends to {rows:,} rows that are read") as outcome,
        fresh_database(server) as database,
        tempfile.TemporaryDirectory(prefix="cdmp-chaos-") as name,
    ):
        migrate(database.owner_url)
        write_readings(Path(name) / "readings-0.csv", rows, 0)
        for number in range(appends):
            write_readings(Path(name) / f"readings-{number + 1}.csv", more, number + 1, after=rows + number * more)
        loads = run_batches(json.dumps(asdict(database)), name, CONFIG, appends + 1)
        first = next(loads)
        dataset_id, totals = UUID(first["table"].rpartition("_")[2]), [first["rows_loaded"]]
        alone = _read(database, dataset_id, readers, seconds=20)
        stop = _FORKS.Event()
        processes, answers = _start(database, dataset_id, readers, stop)
        begun = time.monotonic()
        totals += [each["rows_loaded"] for each in loads]
        appending = time.monotonic() - begun
        together = _finish(processes, answers, stop)
        sums = list(accumulate(totals))
        counts = [count for each in together for count in each["counts"]]
        half = sorted(set(counts) - set(sums))
        assert not half, f"{half} rows were counted, and whole batches have {sums}"
        outcome.rows = sums[-1]
        outcome.lost = outcome.rows - _count(database, dataset_id)
        outcome.done = f"{appends} batches of {more:,} rows in {appending:.0f} s, {readers} readers and one that counts"
        outcome.notes += [
            f"the first {rows:,} in {first['seconds']:.0f} s with {first['peak_memory_mb']} MB",
            f"{_told(alone)} before, {_told(together)} meanwhile",
            f"{len(counts)} counts, {len(set(counts))} different, each of whole batches",
        ]
    return outcome


def _told(read: list[dict[str, Any]]) -> str:
    seconds = sorted(each for one in read for each in one["seconds"])
    middle, most = seconds[len(seconds) // 2], seconds[-1]
    return f"{len(seconds):,} pages of {PAGE:,} rows, median {middle * 1000:.0f} ms, longest {most * 1000:.0f} ms"


def _read(database: Database, dataset_id: UUID, readers: int, seconds: float) -> list[dict[str, Any]]:
    stop = _FORKS.Event()
    processes, answers = _start(database, dataset_id, readers, stop)
    time.sleep(seconds)
    return _finish(processes, answers, stop)


def _start(database: Database, dataset_id: UUID, readers: int, stop: Event) -> tuple[list[Any], Any]:
    answers = _FORKS.Queue()
    together = _FORKS.Barrier(readers + 2)
    given = database.reader_url, dataset_id, together, stop, answers
    processes = [_FORKS.Process(target=_page, args=(number, *given), daemon=True) for number in range(readers)]
    processes.append(_FORKS.Process(target=_count_on, args=given, daemon=True))
    for process in processes:
        process.start()
    together.wait(300)
    return processes, answers


def _finish(processes: list[Any], answers: Any, stop: Event) -> list[dict[str, Any]]:
    stop.set()
    told = [answers.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    wrong = [each["wrong"] for each in told if each["wrong"]]
    assert not wrong, "; ".join(wrong)
    return told


def _concept() -> Concept:
    return load_definition().concept(CONFIG["mapper"]["concept"])


def _page(number: int, reader_url: str, dataset_id: UUID, together: Barrier, stop: Event, answers: Any) -> None:
    """Read page after page, from a place of chance on; tells how long each took."""
    chance, concept, wrong = Random(number), _concept(), ""
    records = PostgresRecordReader(open_engine(reader_url))
    seconds: list[float] = []
    starts: list[tuple[Any, ...] | None] = [None]
    together.wait(300)
    try:
        while not stop.is_set() and not wrong:
            last = chance.choice(starts)
            for _ in range(PAGES):
                begun = time.perf_counter()
                page = records.page(dataset_id, concept, RecordQuery(limit=PAGE, after=last))
                seconds.append(time.perf_counter() - begun)
                keys = list(zip(*(page[name].to_pylist() for name in concept.key), strict=True))
                if not all(one < other for one, other in pairwise([*([last] if last else []), *keys])):
                    wrong = f"reader {number}: keys of a page do not ascend"
                if stop.is_set() or wrong or not keys:
                    break
                last = keys[-1]
            starts.append(last if keys else None)
    except Exception as error:  # noqa: BLE001 - told to who waits
        wrong = f"reader {number}: {type(error).__name__}"
    answers.put({"seconds": seconds, "counts": [], "wrong": wrong})


def _count_on(reader_url: str, dataset_id: UUID, together: Barrier, stop: Event, answers: Any) -> None:
    records, counts, wrong = PostgresRecordReader(open_engine(reader_url)), [], ""
    together.wait(300)
    try:
        while not stop.is_set():
            counts.append(records.count(dataset_id))
    except Exception as error:  # noqa: BLE001 - told to who waits
        wrong = f"the one that counts: {type(error).__name__}"
    answers.put({"seconds": [], "counts": counts, "wrong": wrong})


def _count(database: Database, dataset_id: UUID) -> int:
    return PostgresRecordReader(open_engine(database.reader_url)).count(dataset_id)
