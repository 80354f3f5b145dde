"""The platform over a real database, and runs of it without Airflow."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter

from cryptography.fernet import Fernet

from include.batch import BatchRef
from include.collection.model import Collection
from include.collection.run import RunState
from include.orchestration.stages import STAGES, Work, remove_staged
from include.pipeline.outcome import Outcome
from include.ports import Connector, Reading
from include.settings import Settings
from include.wiring import Platform, build_platform
from tests.factories import NOON
from tests.postgres import Database


class InParts:
    """A connector whose parts are small, so that a batch has several and its stages work ahead."""

    def __init__(self, inner: Connector, rows: int) -> None:
        self._inner = inner
        self._rows = rows

    def read(self, cursor: str | None) -> Reading:
        """Read as the connector does, and cut its parts."""
        reading = self._inner.read(cursor)
        return replace(reading, frames=(part for frame in reading.frames for part in frame.iter_slices(self._rows)))


def a_platform(database: Database, folder: Path, elasticsearch_url: str | None = None) -> Platform:
    """Wire the platform over a database, with its files below a folder."""
    return build_platform(
        Settings(
            owner_url=database.owner_url,
            loader_url=database.loader_url,
            reader_url=database.reader_url,
            master_keys=(Fernet.generate_key().decode(),),
            staging=folder / "staging",
            uploads=folder / "uploads",
            bundle=folder / "bundle",
            elasticsearch_url=elasticsearch_url,
            smtp_url=None,
            mail_sender="cdmp@localhost",
            public_url="http://127.0.0.1:8080",
            egress_allow=frozenset(),
        )
    )


def run_stages(
    platform: Platform,
    collection: Collection,
    run_id: str,
    seconds: dict[str, float] | None = None,
    *,
    ahead: bool = True,
) -> dict[str, int]:
    """Do what Airflow's seven tasks do; gives all counts, and notes how many `seconds` each took.

    Args:
        ahead: Whether stages take over what was done while the first was at work.
    """
    left: dict[str, BatchRef] = {}
    counts: dict[str, int] = {}
    done: dict[str, Outcome] = {}
    platform.runs.start(collection, run_id, NOON)
    for task, stage in STAGES.items():
        began = perf_counter()
        outcome = done.get(task) or stage(
            Work(platform, collection, run_id, left.__getitem__, platform.definition.current())
        )
        done |= outcome.ahead if ahead else {}
        left[task] = outcome.ref
        counts |= outcome.counts
        if seconds is not None:
            seconds[task] = outcome.seconds_of(perf_counter() - began)
    platform.runs.finish(collection.id, run_id, RunState.SUCCEEDED, NOON)
    remove_staged(platform, collection)
    return counts


def find_titled(platform: Platform, title: str) -> Collection:
    """Find the owner's one collection of a title."""
    (collection,) = [each for each in platform.collections.find("7") if each.config.title == title]
    return collection


def run_queued(platform: Platform, title: str) -> Collection:
    """Do what Airflow does when the run of a collection comes to its turn."""
    collection = find_titled(platform, title)
    latest = platform.runs.latest([collection.id])[collection.id]
    run_stages(platform, platform.collections.get(collection.id, latest.version), latest.run_id)
    return collection
