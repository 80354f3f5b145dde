"""What happens to the platform: each scenario does it so many times, and says what became of the rows."""

from __future__ import annotations

import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from include.collection.model import CollectionState
from include.errors import StoreUnavailable
from include.operations.uploading import upload_file
from include.pipeline.index import catch_up
from tests.chaos.surroundings import Wire, a_small_disk
from tests.chaos.world import OWNER, TASKS, Run, World, a_world
from tests.postgres import SETTINGS, a_server

LOAD: Final = "load_postgres"
IN_A_ROW: Final = 5
"""So many tries of one task are killed before one may end."""
SAFE: Final = {**SETTINGS, "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@dataclass
class Outcome:
    """What a scenario did, and what it cost.

    Attributes:
        done: So many times, in words: `50 kills, 13 runs`.
        rows: What all datasets must hold, and did but for what was lost and doubled.
    """

    name: str
    done: str = ""
    rows: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0
    notes: list[str] = field(default_factory=list)

    def count(self, world: World, *, indexed: bool = True) -> None:
        """Hold a world against what is known of it."""
        lost, doubled = world.agree(indexed=indexed)
        self.lost += lost
        self.doubled += doubled
        self.rows = sum(len(known.loaded) for known in world.tables)


@contextmanager
def told(name: str) -> Iterator[Outcome]:
    """Time a scenario."""
    outcome, begun = Outcome(name), time.monotonic()
    yield outcome
    outcome.seconds = time.monotonic() - begun


def kill_stages(world: World, kills: int) -> Outcome:
    """Kill -9 every stage of a run again and again, at moments of chance, before it may end; then the next run."""
    with told("kill -9 at every stage") as outcome:
        known = world.collection()
        for _ in range(2):  # one in parts, one in one: how long a stage takes
            world.whole_run(known)
        left, runs, too_late = dict.fromkeys(TASKS, kills), 0, 0
        ahead: Counter[str] = Counter()
        while any(left.values()):
            before, run = world.held(known)[0], world.run(known)
            runs += 1
            for task in TASKS:
                for _ in range(min(IN_A_ROW, left[task])):
                    staged = run.staged_ahead
                    ended = run.start(task).kill_after(run.pause(task))
                    left[task] -= ended.killed
                    if ended.killed and task == "ingest":
                        ahead["of the first stage when later ones were ahead"] += bool(run.staged_ahead - staged)
                    if ended.killed and task == LOAD:
                        ahead["of a load out of a segment"] += run.segments > 0
                    there = world.held(known)[0]
                    assert there in (before, len(known.loaded)), f"{there} rows: neither none nor all of the batch"
                    if run.took(task, ended):
                        too_late += 1
                        break
                if task not in run.left:
                    run.do(task)
            run.finish()
            outcome.count(world)
        outcome.done = f"{kills} kills at each of {len(TASKS)} stages, {runs} runs"
        if too_late:
            outcome.notes.append(f"{too_late} more came too late")
        outcome.notes += [f"{count} {what}" for what, count in ahead.items()]
    return outcome


def stop_the_database(stops: int, rows: int) -> Outcome:
    """Stop PostgreSQL at once (QUIT), fsync on, while a stage is at work; start it, and try the stage again."""
    with (
        told("immediate stop of PostgreSQL, fsync on") as outcome,
        a_server(SAFE) as server,
        a_world(server.url, rows=rows) as world,
    ):
        known = world.collection()
        for _ in range(2):  # one in parts, one in one: how long a stage takes
            world.whole_run(known)
        at: Counter[str] = Counter()
        done = runs = 0
        while done < stops:
            run = world.run(known)
            runs += 1
            hit = TASKS[done % len(TASKS)] if done % 2 else (LOAD, "ingest")[done // 2 % 2]
            run.do(*TASKS[: TASKS.index(hit)])
            process = run.start(hit)
            time.sleep(run.pause(hit))
            server.stop(signal.SIGQUIT)
            server.start()
            world.wait_for_database()
            run.took(hit, process.wait())
            done += 1
            at[f"`{hit}`{' in parts' if run.ahead else ''}"] += 1
            run.do(*(each for each in TASKS if each not in run.left))
            run.finish()
            outcome.count(world)
        outcome.done = f"{done} stops, {runs} runs"
        outcome.notes.append("in " + ", ".join(f"{task} {count}" for task, count in at.items()))
    return outcome


def append_at_once(world: World, writers: int) -> Outcome:
    """Let many load into one dataset at the same moment, each a batch that overlaps with its neighbour's."""
    with told(f"{writers} appends at the same time") as outcome:
        known = world.collection()
        runs: list[Run] = []
        staged = world.platform.settings.staging / str(known.collection.id)
        aside = world.folder / "aside"
        for _ in range(writers):
            run = world.run(known)
            run.do("ingest", "map_to_cim", "validate", "anonymize")
            runs.append(run)
            # Airflow lets one run of a collection be active at a time, and a run removes what one before it has staged
            shutil.copytree(staged, aside, dirs_exist_ok=True)
        shutil.copytree(aside, staged, dirs_exist_ok=True)
        for task in (LOAD, "index_elasticsearch", "publish"):
            processes = [(run, run.start(task)) for run in runs]
            for run, process in processes:
                assert run.took(task, process.wait()), f"{task} did not end"
        runs[0].finish()
        shutil.rmtree(aside)
        outcome.count(world)
        outcome.done = f"{writers} writers of {len(runs)} batches"
    return outcome


def rerun_every_task(world: World, times: int, runs: int = 2) -> Outcome:
    """Do every task of a run again and again, as somebody who clears it in Airflow does."""
    with told(f"every task done {times} times") as outcome:
        known = world.collection()
        for _ in range(runs):  # into a fresh table, and into one with rows
            run = world.run(known)
            for task in TASKS:
                for _ in range(times):
                    run.do(task)
            run.finish()
        for _ in range(times):  # and the whole run, which finds its content loaded
            ended = run.start("ingest").wait()
            assert ended.error == "AirflowSkipException", ended
        outcome.count(world)
        outcome.done = f"{runs * times * len(TASKS)} tasks, {runs} runs"
    return outcome


def delete_while_it_runs(world: World, deletions: int) -> Outcome:
    """Delete a collection while a stage is at work: its rows are there with all that belongs to them, or nothing is."""
    with told("deletion during a run") as outcome:
        known = world.collection()
        for _ in range(2):  # one in parts, one in one: how long a stage takes
            world.whole_run(known)
        loaded = 0
        for number in range(deletions):
            known = world.collection()
            run, collections = world.run(known), world.platform.collections
            hit = TASKS[number % 5]
            run.do(*TASKS[: TASKS.index(hit)])
            process = run.start(hit)
            time.sleep(run.pause(hit))
            collections.set_state(known.collection.id, CollectionState.DELETING)
            ended = process.wait()
            for task in TASKS[TASKS.index(hit) :]:
                ended = ended if task == hit else run.start(task).wait()
                if ended.left is None:
                    assert ended.error == "AirflowFailException" and "deleted" in ended.said, ended
                    break
                run.left[task] = ended.left
            run.finish()
            if LOAD in run.left:
                loaded += 1
            else:
                known.loaded, known.batches, known.quarantined = set(), 0, 0
            collections.erase(known.collection.id)
            outcome.count(world)
        outcome.done = f"{deletions} deletions"
        outcome.notes.append(f"{loaded} came after the load: their datasets stay, whole")
    return outcome


def fill_the_database(mebibytes: int, rows: int) -> Outcome:
    """Let the disk of PostgreSQL's data be full while a batch is loaded; give it room, and try again."""
    with told(f"disk full: PostgreSQL's data, {mebibytes} MiB") as outcome, a_small_disk(mebibytes) as disk:
        data = disk.folder / "data"
        data.mkdir()
        small = {**SETTINGS, "max_wal_size": "8MB", "min_wal_size": "4MB", "shared_buffers": "16MB"}
        with a_server(small, data, "--wal-segsize=1") as server, a_world(server.url, rows=1000) as world:
            known = world.collection()
            for _ in range(2):  # the third comes in parts, and does not find room ahead either
                world.whole_run(known)
            before, refused = world.held(known)[0], 0
            run = world.run(known, rows)
            run.do("ingest", "map_to_cim", "validate", "anonymize")
            for _ in range(3):
                ended = run.start(LOAD).wait()
                assert ended.error == "StoreUnavailable", ended
                refused += 1
                world.wait_for_database()
                assert world.held(known)[0] == before, "a part of the batch is there"
            disk.grow(512)
            run.do(LOAD, "index_elasticsearch", "publish")
            run.finish()
            outcome.count(world)
            outcome.done = f"{refused} tries refused, 1 after there was room"
    return outcome


def fill_the_files(server: str, rows: int) -> Outcome:
    """Let the disk of staging and uploads be full at every stage that writes there; give it room, and try again."""
    with (
        told("disk full: staging and uploads") as outcome,
        a_small_disk(1) as disk,
        a_world(server, rows=rows, staging=disk.folder / "staging", uploads=disk.folder / "uploads") as world,
    ):
        refused = 0
        disk.grow(64)
        known = world.collection()
        for _ in range(2):  # one in parts, one in one
            run = world.run(known)
            for task in TASKS:
                room = disk_used(disk.folder)
                if task in ("ingest", "map_to_cim", "validate", "anonymize"):
                    filler = fill(disk.folder)
                    ended = run.start(task).wait()
                    filler.unlink()
                    if ended.left is None:
                        refused += 1
                        assert ended.error == "StoreUnavailable", ended
                        assert disk_used(disk.folder) <= room + (1 << 20), "something half is left"
                run.do(task)
            run.finish()
        file = disk.folder / "late.csv"
        file.write_bytes(b"0123456789abcdef" * (1 << 16))
        room, filler = disk_used(disk.folder), fill(disk.folder)
        try:
            upload_file(world.platform, OWNER, file)
        except StoreUnavailable:
            refused += 1
        else:
            raise AssertionError("an upload without room")
        filler.unlink()
        assert disk_used(disk.folder) <= room
        upload_file(world.platform, OWNER, file)
        outcome.count(world)
        outcome.done = f"{refused} tries refused, each again when there was room"
    return outcome


def lose_the_index(server: str, elasticsearch_url: str, seconds: float, rows: int) -> Outcome:
    """Let Elasticsearch be away while runs load; when it is back, what is loaded is found."""
    wire = Wire(elasticsearch_url)
    with (
        told(f"Elasticsearch away for {seconds:.0f} s") as outcome,
        a_world(server, rows=rows, elasticsearch_url=wire.url) as world,
    ):
        wire.join()
        try:
            known = world.collection()
            world.whole_run(known)
            catch_up(world.platform)  # a busy machine's Elasticsearch may not answer in time
            outcome.count(world)
            wire.cut()
            until, runs = time.monotonic() + seconds, 0
            while runs < 2 or time.monotonic() < until:
                world.whole_run(world.collection() if runs == 0 else known)
                outcome.count(world, indexed=False)
                runs += 1
                time.sleep(max(0.0, min(30.0, until - time.monotonic())))
            wire.join()
            followed = catch_up(world.platform)
            assert followed, "nothing waited for the index"
            outcome.notes.append(f"{followed} datasets followed when it was back")
            outcome.count(world)
        finally:
            wire.cut()
        outcome.done = f"{runs} runs while it was away"
    return outcome


def fill(folder: Path) -> Path:
    """Fill a small disk but for a page."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    return filler


def disk_used(folder: Path) -> int:
    """How many bytes a disk's files take."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
