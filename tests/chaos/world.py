"""A platform that things happen to: collections whose rows are known, runs stage by stage, and what must hold after."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psycopg

from include.batch import Stage
from include.collection.model import Collection
from include.operations.collection_life import create_collection
from include.operations.uploading import upload_file
from include.orchestration.stages import STAGES, remove_staged
from include.storage.migrate import migrate
from include.wiring import Platform, build_platform
from tests.chaos.stage_process import Ended, StageProcess, start_stage
from tests.factories import a_config
from tests.fakes_engine import FakeEngine
from tests.interface import PEOPLE
from tests.postgres import Database, fresh_database
from tests.whole_runs import a_platform

OWNER: Final = PEOPLE["owner"]
TASKS: Final = tuple(STAGES)
BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
BAD: Final = 100
"""Every so many rows, one cannot be read."""
OVERLAP: Final = 10
"""Every second file repeats so many rows of the one before: late deliveries do."""
PARTS: Final = 5
"""Two of three batches come in so many parts: the later stages work ahead. The third comes in one."""


@dataclass
class Known:
    """A collection, and what its dataset must hold: quarter hours that count themselves in Wh."""

    collection: Collection
    files: int = 0
    loaded: set[int] = field(default_factory=set)
    quarantined: int = 0
    batches: int = 0


@dataclass
class Run:
    """One run, task by task; what goes from one to the next goes as plain values.

    Attributes:
        rows: Of its batch.
        ahead: Whether these come in several parts, so that the first stage does the work of those that follow.
    """

    world: World
    known: Known
    run_id: str
    rows: int
    ahead: bool
    left: dict[str, Any] = field(default_factory=dict)
    besides: dict[tuple[str, str | None], Any] = field(default_factory=dict)

    def start(self, task: str) -> StageProcess:
        """Begin one stage in a process of its own."""
        left = {**self.besides, **{(name, None): ref for name, ref in self.left.items()}}
        part_rows = -(-self.rows // PARTS) if self.ahead else self.rows
        return start_stage(self.world.platform.settings, task, self.known.collection.id, self.run_id, left, part_rows)

    @property
    def staged_ahead(self) -> set[tuple[Path, int]]:
        """What is staged of the stages that follow the first, and when it was written."""
        folder = self.world.platform.settings.staging / str(self.known.collection.id)
        parts = [part for part in folder.glob("*/*/*.parquet") if part.parent.name != Stage.RAW.value]
        return {(part, part.stat().st_mtime_ns) for part in parts}

    @property
    def segments(self) -> int:
        """How many tables with rows of its batch are there, committed and not yet of the dataset."""
        like = f"s\\_{self.known.collection.dataset_id.hex}\\_%"
        with psycopg.connect(self.world.database.loader_url) as connection:
            found = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE %s", [like]).fetchone()
        return int(found[0]) if found else 0

    def pause(self, task: str) -> float:
        """Choose a moment of chance of a stage."""
        return self.world.chance.uniform(0, self.world.typical[task, self.ahead])

    def do(self, *tasks: str) -> None:
        """Do stages to their ends, each as often as Airflow would try it."""
        for task in tasks:
            for _ in range(3):
                process = self.start(task)
                if self.took(task, process.wait()):
                    self.world.typical[task, self.ahead] = process.seconds
                    break
            else:
                raise AssertionError(f"{task} does not end well")

    def took(self, task: str, ended: Ended) -> bool:
        """Keep what a stage left, where it ended well; an error that another try cannot cure is ours."""
        if ended.left is not None:
            self.left[task] = ended.left
            self.besides = {key: value for key, value in self.besides.items() if key[0] != task}
            self.besides |= {(task, key): value for key, value in ended.pushed.items()}
        elif ended.error not in (None, "StoreUnavailable"):
            raise AssertionError(f"{task} ended with {ended.error}: {ended.said}")
        return ended.left is not None

    def finish(self) -> None:
        """Remove what is staged, as the run's last task does in every case."""
        remove_staged(self.world.platform, self.known.collection)


@dataclass
class World:
    """The platform, and how long its stages take."""

    platform: Platform
    database: Database
    folder: Path
    rows: int
    chance: random.Random
    typical: dict[tuple[str, bool], float] = field(default_factory=dict)
    tables: list[Known] = field(default_factory=list)
    runs: int = 0

    def collection(self) -> Known:
        """Make a collection; its files are written when a run asks for them."""
        upload, name = self._file(0, 0), "readings-0.csv"
        source = {"kind": "file", "upload": upload, "name": name, "format": {"kind": "csv"}}
        config = a_config(title=f"Chaos {uuid4().hex[:8]}", ingester=source)
        made, _ = create_collection(self.platform, FakeEngine(), OWNER, config, start=False)
        known = Known(made)
        self.tables.append(known)
        return known

    def run(self, known: Known, rows: int | None = None) -> Run:
        """Let a collection have its next file, and begin a run of it; what it must hold then is counted as well."""
        rows = rows or self.rows
        first = max(0, (max(known.loaded, default=-1) + 1) - (OVERLAP if known.files % 2 else 0))
        numbers = range(first, first + rows)
        collection = known.collection
        assert collection.config.ingester is not None
        source = collection.config.ingester.model_copy(
            update={"upload": self._file(numbers.start, numbers.stop), "name": f"readings-{known.files}.csv"}
        )
        config = collection.config.model_copy(update={"ingester": source})
        known.collection = replace(collection, version=collection.version + 1, config=config)
        self.platform.collections.replace(known.collection, collection.version)
        known.files += 1
        self.runs += 1
        known.loaded |= {number for number in numbers if number % BAD}
        known.quarantined += sum(not number % BAD for number in numbers)
        known.batches += 1
        return Run(self, known, f"scheduled__{known.files}", rows, ahead=self.runs % 3 != 2)

    def whole_run(self, known: Known, rows: int | None = None) -> Run:
        """Run everything, and nothing happens."""
        run = self.run(known, rows)
        run.do(*TASKS)
        run.finish()
        return run

    def held(self, known: Known) -> tuple[int, int, int]:
        """Count what the dataset has: rows, different intervals, and the sum of what they count."""
        table = f"data.d_{known.collection.dataset_id.hex}"
        with psycopg.connect(self.database.loader_url) as connection:
            if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() == (None,):
                return 0, 0, 0
            query = "SELECT count(*), count(DISTINCT interval_start), coalesce(sum(round(energy * 1000)), 0)::bigint"
            [row] = connection.execute(f"{query} FROM {table}".encode()).fetchall()
            return row[0], row[1], row[2]

    def agree(self, *, indexed: bool = True) -> tuple[int, int]:
        """Hold everything against what is known, and against one another; gives the rows that are lost and doubled.

        Raises:
            AssertionError: Something does not agree that is no row.
        """
        lost = doubled = 0
        for known in self.tables:
            rows, different, total = self.held(known)
            lost += max(0, len(known.loaded) - different)
            doubled += max(0, rows - len(known.loaded), rows - different)
            if rows == len(known.loaded):
                assert total == sum(known.loaded), "the values are others"
            if known.loaded:
                batches = self.platform.datasets.batches(known.collection.dataset_id, limit=10_000)
                assert len(batches) == known.batches, f"{known.batches} batches were loaded, {len(batches)} are noted"
                assert self.platform.datasets.quarantined(known.collection.dataset_id) == known.quarantined
            active = [each for each in self.platform.runs.find(known.collection.id, limit=1000) if each.state.active]
            assert not active, "a run has not ended"
        said = self.platform.disagreements(indexed=indexed)
        assert not said, "\n".join(said)
        return lost, doubled

    def wait_for_database(self) -> None:
        """Wait until PostgreSQL answers."""
        for _ in range(600):
            try:
                psycopg.connect(self.database.admin_url, connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("PostgreSQL does not come back")

    def _file(self, start: int, stop: int) -> str:
        lines = ["point,register,start,energy_wh,status"]
        for number in range(start, stop) or range(1):
            at = BEGIN + number * timedelta(minutes=15)
            lines.append(f"p1,import,{at:%Y-%m-%dT%H:%M:%SZ},{number if number % BAD else 'many'},ok")
        file = self.folder / "readings.csv"
        file.write_text("\n".join(lines) + "\n")
        return upload_file(self.platform, OWNER, file)


@contextmanager
def a_world(server: str, *, rows: int, seed: int = 20261129, **settings: Any) -> Iterator[World]:
    """Make a platform in a database of its own.

    Args:
        settings: Of the platform, other than usual.
    """
    with tempfile.TemporaryDirectory(prefix="cdmp-chaos-") as name, fresh_database(server) as database:
        migrate(database.owner_url)
        usual = a_platform(database, Path(name))
        platform = build_platform(replace(usual.settings, **settings))
        yield World(platform, database, Path(name), rows, random.Random(seed))
        platform.janitor.engine.dispose()
