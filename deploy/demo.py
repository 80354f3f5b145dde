"""The demo: the platform started, the examples loaded through Airflow, and what came of each."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cli.commands import Session, apply_config, open_session
from cli.formats import write_table
from deploy.airflow import ADMIN
from deploy.environment import process_environment
from deploy.layout import ROOT, Layout, write_private
from deploy.ports import HOST, PORTS
from deploy.progress import Progress
from deploy.up import up
from include.collection.document import read_yaml
from include.collection.model import Collection, CollectionConfig
from include.collection.rest_source import RestSource
from include.collection.run import Run, RunState
from include.collection.source import FileSource
from include.errors import ConfigurationInvalid
from include.operations.collection_running import list_runs, run_collection

EXAMPLES = ROOT / "examples"
SCHEDULED = "scheduled__"  # how Airflow begins the ids of the runs that nobody asked for
LOADED_BEFORE = "loaded by an earlier demo"


@dataclass(frozen=True, slots=True)
class Example:
    """One collection of the demo, and the run that its row shows once that has ended."""

    collection: Collection
    run: Run | None = None
    note: str = ""

    @property
    def scheduled(self) -> bool:
        """Whether it runs by itself."""
        return self.collection.config.schedule is not None


def demo(layout: Layout, progress: Progress) -> bool:
    """Start the platform, load `examples/*.yaml`, and print what came out; False: a collection failed."""
    values = up(layout, progress)
    os.environ.update(process_environment(values))  # this process talks to Airflow's database as well
    session = open_session(ADMIN)
    examples = [apply_example(session, file, int(values["CDMP_REPLAY_PORT"]), progress) for file in example_files()]
    examples = await_runs(session, examples, progress)
    url = values["CDMP_PUBLIC_URL"]
    write_private(layout.demo, json.dumps(report(layout, url, examples), indent=2, ensure_ascii=False) + "\n")
    print(f"\n{table(url, examples)}\n")
    for example in examples:
        if example.run and (failure := example.run.failure):
            remedy = f"\n  → {failure.remedy}" if failure.remedy else ""
            print(f"{example.collection.config.title}: failed in {failure.task}")
            print(f"{failure.where}: {failure.what}{remedy}\n")
    print(f"{url}  user {ADMIN}, password in {layout.admin_password}\n`make down` stops the platform.")
    return all(example.run and example.run.state is RunState.SUCCEEDED for example in examples)


def example_files() -> list[Path]:
    """List the examples, in the order of their names."""
    return sorted(EXAMPLES.glob("*.yaml"))


def apply_example(session: Session, file: Path, replay_port: int, progress: Progress) -> Example:
    """Create or replace one example's collection, and ask for a run, unless it is loaded already or runs by itself.

    Raises:
        SystemExit: The example cannot work as it is written.
    """
    try:
        config = at_port(read_yaml(file.read_text(encoding="utf-8")), replay_port)
        verb, collection = apply_config(session, config, file.parent, start=config.schedule is None)
    except ConfigurationInvalid as error:
        raise SystemExit(f"{file}: " + "\n".join(map(str, error.problems))) from error
    progress.say(f"{file.name}: {verb}")
    example = Example(collection)
    before = find_loading_run(session, example)
    if before is not None:
        return replace(example, run=before, note=LOADED_BEFORE)
    latest = session.services.runs.latest([collection.id]).get(collection.id)
    if verb == "unchanged" and not example.scheduled and not (latest and latest.state.active):
        run_collection(session.services, session.engine, session.requestor, collection.id)
    return example


def at_port(config: CollectionConfig, port: int) -> CollectionConfig:
    """Point an example that asks the recorded Open Data source at the port which that has here."""
    default = next(each.default for each in PORTS if each.service == "replay")
    source = config.ingester
    if not isinstance(source, RestSource):
        return config
    url = source.url.replace(f"//{HOST}:{default}/", f"//{HOST}:{port}/")
    return config.model_copy(update={"ingester": source.model_copy(update={"url": url})})


def await_runs(session: Session, examples: list[Example], progress: Progress) -> list[Example]:
    """Wait until each example has a run to show.

    Raises:
        TimeoutError: Names those that have none.
    """
    found = {example.collection.id: example for example in examples}

    def missing() -> str | None:
        for key, example in found.items():
            if example.run is None and (run := find_ended_run(session, example)):
                found[key] = replace(example, run=run)
                progress.say(
                    f"{example.collection.config.title}: {run.state}, {run.count('rows_loaded'):,} rows loaded"
                )
        open_ones = [example for example in found.values() if example.run is None]
        return "; ".join(describe(session, example) for example in open_ones) or None

    progress.wait("Runs", missing, limit_s=900, every_s=0.5)
    return list(found.values())


def describe(session: Session, example: Example) -> str:
    """Say what an example is waiting for."""
    title = example.collection.config.title
    run = session.services.runs.latest([example.collection.id]).get(example.collection.id)
    if run is None or not run.state.active:
        return f"{title}: waits for its schedule" if example.scheduled else f"{title}: waits for Airflow"
    return f"{title}: {run.state}" + (f", {run.stages[-1].task} done" if run.stages else "")


def find_ended_run(session: Session, example: Example) -> Run | None:
    """Give the run to show: of a schedule the first that loaded rows or failed, else the latest once it has ended."""
    if example.scheduled:
        failed = (run for run in runs_of(session, example) if run.state is RunState.FAILED)
        return find_loading_run(session, example) or next(failed, None)
    latest = next(runs_of(session, example), None)
    return latest if latest and not latest.state.active else None


def find_loading_run(session: Session, example: Example) -> Run | None:
    """Find the latest run that loaded the data of this version; of a schedule, one that nobody asked for."""
    for run in runs_of(session, example):
        by_itself = run.run_id.startswith(SCHEDULED) or not example.scheduled
        if by_itself and run.state is RunState.SUCCEEDED and run.version == example.collection.version:
            return run
    return None


def runs_of(session: Session, example: Example) -> Iterator[Run]:
    """Give every run of an example, newest first."""
    cursor: str | None = None
    while True:
        page = list_runs(session.services, session.requestor, example.collection.id, cursor=cursor, limit=200)
        yield from page.runs
        cursor = page.cursor
        if cursor is None:
            return


def table(url: str, examples: list[Example]) -> str:
    """Write what came of each example, one line each."""
    rows = []
    for example in examples:
        run = example.run
        counts = [run.count(f"rows_{name}") if run else None for name in ("read", "mapped", "quarantined", "loaded")]
        address = f"{url}/twinergy-api/dataset/{example.collection.dataset_id}/records"
        state = f"{run.state if run else '-'}" + (f", {example.note}" if example.note else "")
        rows.append([example.collection.config.title, *counts, round(seconds(run), 1), state, address])
    return write_table(["COLLECTION", "READ", "MAPPED", "QUARANTINED", "LOADED", "SECONDS", "STATE", "RECORDS"], rows)


def report(layout: Layout, url: str, examples: list[Example]) -> dict[str, object]:
    """Write the same for programs."""
    return {
        "url": url,
        "username": ADMIN,
        "password_file": str(layout.admin_password),
        "collections": [
            {
                "id": str(example.collection.id),
                "title": example.collection.config.title,
                "dataset_id": str(example.collection.dataset_id),
                "source": source_of(example.collection.config),
                "rows_read": run.count("rows_read"),
                "rows_quarantined": run.count("rows_quarantined"),
                "rows_loaded": run.count("rows_loaded"),
                "seconds": round(seconds(run), 3),
                "run_id": run.run_id,
                "state": run.state.value,
            }
            for example in examples
            if (run := example.run)
        ],
    }


def source_of(config: CollectionConfig) -> str:
    """Name where an example's rows come from: its file, or its address."""
    source = config.ingester
    return str(source.name if isinstance(source, FileSource) else source.url if source else "")


def seconds(run: Run | None) -> float:
    """How long a run took, from its first task's start to its end."""
    return (run.finished - run.started).total_seconds() if run and run.started and run.finished else 0.0
