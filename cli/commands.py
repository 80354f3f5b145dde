"""What the verbs of `cdmp` do."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import UUID

from api.record_formats import plain_records, stream_csv
from cli.environment import load_environment
from cli.formats import RecordsAs, write_table
from include.access.requestor import Requestor
from include.collection.check import missing_steps
from include.collection.document import read_yaml
from include.collection.model import Collection, CollectionConfig
from include.collection.run import Run, RunState
from include.collection.source import FileSource
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem
from include.operations.collection_life import check, create_collection, replace_collection
from include.operations.collection_reading import (
    CollectionView,
    list_collections,
    read_collection,
    view_collection,
)
from include.operations.collection_running import run_collection
from include.operations.curating import describe_suite
from include.operations.dataset_reading import RecordPage, read_records
from include.operations.message_reading import Protocol, read_messages
from include.operations.services import Services
from include.operations.uploading import upload_file
from include.quarantine_ports import ReviewEngine

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Session:
    """The platform, and the user that the terminal acts as.

    Attributes:
        open_engine: Gives Airflow, whose import takes seconds: only what changes or runs something asks for it.
    """

    services: Services
    open_engine: Callable[[], ReviewEngine]
    requestor: Requestor

    @property
    def engine(self) -> ReviewEngine:
        return self.open_engine()


def open_session(user: str) -> Session:
    """Open the platform as this user; raises NotFound where there is none."""
    load_environment()
    # what Airflow notes while it is talked to is of no use at a terminal
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    # after the environment is complete: both read their settings when they are imported
    from include.orchestration.directory import AirflowDirectory  # noqa: PLC0415
    from include.wiring import platform  # noqa: PLC0415

    services = platform()
    return Session(services, _airflow, AirflowDirectory().find(user))


def _airflow() -> ReviewEngine:
    from include.orchestration.engine import AirflowEngine  # noqa: PLC0415

    return AirflowEngine()


def apply_file(file: Path, user: str, start: bool) -> None:
    """Create or replace the collection of a YAML file, and run it."""
    config = read_document(file)
    session = open_session(user)
    verb, collection = apply_config(session, config, file.parent, start)
    _say(verb, session, collection)
    if lacking := missing_steps(collection.config):
        print(f"not run: it is a draft without {', '.join(lacking)}", file=sys.stderr)
        print("  → Add what is missing, then apply it again", file=sys.stderr)


def read_document(file: Path) -> CollectionConfig:
    """Read the collection of a YAML file; raises ConfigurationInvalid where there is none."""
    return read_yaml(read_text(file))


def read_text(file: Path) -> str:
    """Read a file that a person wrote; raises ConfigurationInvalid where it is none."""
    if not file.is_file():
        raise ConfigurationInvalid([Problem(str(file), "there is no such file", "Check the path")])
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigurationInvalid(
            [Problem(f"{file}, line {line}", "it is no UTF-8", "Save the file as UTF-8")]
        ) from None


def apply_config(
    session: Session, config: CollectionConfig, folder: Path, start: bool
) -> tuple[Literal["created", "replaced", "unchanged"], Collection]:
    """Create the user's collection of this title, or replace it where the configuration has changed.

    Args:
        folder: Where the configuration's file lies: `ingester.name` is relative to it.
        start: Run it at once, unless nothing has changed.
    """
    check(session.services, session.requestor, config)  # before a file is handed over that may be large
    config = _upload_source(session, config, folder)
    mine = [view.collection for view in _all(session, config.title) if view.collection.owner_id == session.requestor.id]
    if not mine:
        made, _ = create_collection(session.services, session.engine, session.requestor, config, start)
        return "created", made
    if mine[0].config == config:
        return "unchanged", mine[0]
    replaced = replace_collection(session.services, session.engine, session.requestor, mine[0].id, config)
    if start:
        try:
            run_collection(session.services, session.engine, session.requestor, replaced.id)
        except Conflict as conflict:
            print(f"not run: {conflict}", file=sys.stderr)
    return "replaced", replaced


def upload_one(file: Path, user: str) -> None:
    """Hand over a file and print its id; one that was handed over before is noticed beside it."""
    session = open_session(user)
    before = session.services.clock()
    upload = upload_file(session.services, session.requestor, file)
    there = session.services.uploads.get(upload, session.requestor.id)
    if there.stored < before:
        print(f"handed over on {there.stored:%Y-%m-%d at %H:%M} UTC already, as {there.name!r}", file=sys.stderr)
    print(upload)


def run_one(which: str, user: str) -> None:
    """Run a collection now."""
    session = open_session(user)
    collection = find_collection(session, which)
    started = run_collection(session.services, session.engine, session.requestor, collection.id)
    print(f"{started.state}  {started.run_id}  {collection.config.title}")


def show_all(user: str) -> None:
    """Show every collection that the user may see, and what its latest run did."""
    views = list(_all(open_session(user)))
    rows = [
        [view.collection.config.title, view.status.value, *_counts(view.latest), str(view.collection.id)]
        for view in views
    ]
    print(write_table(["TITLE", "STATUS", "READ", "QUARANTINED", "LOADED", "ID"], rows))


def show_one(which: str, user: str) -> None:
    """Show a collection and its latest run, stage by stage."""
    from cli.quarantine import why_held  # noqa: PLC0415  # it knows this module

    session = open_session(user)
    collection = find_collection(session, which)
    view = view_collection(session.services, collection)
    print(
        f"{collection.config.title}\nid       {collection.id}\ndataset  {collection.dataset_id}\nstatus   {view.status}"
    )
    latest = view.latest
    if latest is None:
        return
    print(f"run      {latest.run_id}, {latest.state}{', no row loaded' if _loaded_nothing(latest) else ''}\n")
    rows = [
        [stage.task, f"{stage.seconds:.2f}", ", ".join(f"{name} {count:,}" for name, count in stage.counts.items())]
        for stage in latest.stages
    ]
    print(write_table(["STAGE", "SECONDS", "COUNTS"], rows))
    for stage in latest.stages:
        for note in stage.notes:
            print(f"\n{stage.task}: {note}")
    for line in why_held(latest):
        print(f"\n{line}")
    if latest.note:
        print(f"\n{latest.note}")
    if latest.failure:
        failure = latest.failure
        print(f"\nfailed in {failure.task}\n{failure.where}: {failure.what}\n  → {failure.remedy}")


def _loaded_nothing(run: Run) -> bool:
    """Say whether a run ended well, and neither had nor changed a row: every one was set aside."""
    counts = [count for stage in run.stages if stage.task == "load_postgres" for count in stage.counts.values()]
    return run.state is RunState.SUCCEEDED and bool(counts) and not any(counts)


def show_suite(which: str | None, user: str) -> None:
    """Write the whole suite of a collection: what its concept demands, and its owner's rules."""
    if which is None:
        raise ConfigurationInvalid([Problem("--suite", "a suite is one collection's", "Give its id or its title")])
    session = open_session(user)
    suite = describe_suite(session.services, find_collection(session, which))
    print(json.dumps(suite, indent=2, ensure_ascii=False))


def show_records(which: str, fields: Sequence[str], limit: int, form: RecordsAs, as_of: str | None, user: str) -> None:
    """Write records of a dataset, page after page; `as_of` is a batch that left them so."""
    from cli.batches import find_batch  # noqa: PLC0415  # it knows this module

    session = open_session(user)
    dataset_id = find_dataset(session, which)
    version = find_batch(session, dataset_id, as_of) if as_of is not None else None
    if form in (RecordsAs.OPENADR3, RecordsAs.UFTP):
        if fields:
            raise ConfigurationInvalid([Problem("--fields", "a message is of all fields", "Leave it out")])
        messages = read_messages(
            session.services, session.requestor, dataset_id, Protocol(form.value), limit=limit, as_of=version
        )
        plain = form is RecordsAs.OPENADR3
        print(json.dumps(json.loads(messages.text), indent=2, ensure_ascii=False) if plain else messages.text)
        if messages.cursor:
            print(f"More messages follow the first {limit} rows: raise --limit.", file=sys.stderr)
        return
    for number, page in enumerate(_pages(session, dataset_id, fields, limit, version)):
        match form:
            case RecordsAs.TABLE:
                rows = [list(row.values()) for row in plain_records(page.table)]
                print(write_table([field.name for field in page.fields], rows))
            case RecordsAs.JSON:
                for row in plain_records(page.table):
                    print(json.dumps(row, ensure_ascii=False))
            case RecordsAs.CSV:
                lines = stream_csv(page.fields, page.table)
                if number:
                    next(lines)  # one header is enough
                sys.stdout.writelines(lines)


def _pages(
    session: Session, dataset_id: UUID, fields: Sequence[str], limit: int, as_of: UUID | None
) -> Iterator[RecordPage]:
    cursor: str | None = None
    while limit > 0:
        page = read_records(
            session.services,
            session.requestor,
            dataset_id,
            fields=fields,
            cursor=cursor,
            limit=min(limit, _PAGE),
            as_of=as_of,
        )
        yield page
        limit, cursor = limit - page.table.num_rows, page.cursor
        if cursor is None:
            return


def _upload_source(session: Session, config: CollectionConfig, folder: Path) -> CollectionConfig:
    source = config.ingester
    if not isinstance(source, FileSource) or source.upload or not source.name:
        return config
    file = folder / source.name
    if not file.is_file():
        remedy = "Write where it is, seen from the folder of the document"
        raise ConfigurationInvalid([Problem("ingester.name", f"there is no such file: {file}", remedy)])
    upload = upload_file(session.services, session.requestor, file, file.name)
    return config.model_copy(update={"ingester": source.model_copy(update={"upload": upload})})


def _all(session: Session, title: str | None = None) -> Iterator[CollectionView]:
    """Give every collection that the user may see; with `title`, those of exactly this title."""
    cursor: str | None = None
    while True:
        page = list_collections(session.services, session.requestor, title=title, cursor=cursor, limit=_PAGE)
        yield from (view for view in page.views if title is None or view.collection.config.title == title)
        cursor = page.cursor
        if cursor is None:
            return


def find_collection(session: Session, which: str) -> Collection:
    """Find a collection by its id or its title.

    Raises:
        NotFound: There is none that the user may see.
        Conflict: Several have this title.
    """
    identity = read_id(which)
    if identity is not None:
        return read_collection(session.services, session.requestor, identity)
    found = [view.collection for view in _all(session, which)]
    if not found:
        raise NotFound(f"collection {which!r}", "there is none of this title", "`cdmp status` lists them")
    if len(found) > 1:
        ids = ", ".join(str(each.id) for each in found)
        raise Conflict(f"collection {which!r}", f"{len(found)} have this title", f"Give one of the ids: {ids}")
    return found[0]


def find_dataset(session: Session, which: str) -> UUID:
    """Find a dataset by its id, or by its collection's id or title; raises as `find_collection`."""
    identity = read_id(which)
    if identity is None:
        return find_collection(session, which).dataset_id
    try:
        return read_collection(session.services, session.requestor, identity).dataset_id
    except NotFound:
        return identity


def read_id(text: str) -> UUID | None:
    """Read an id; None where the text is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _counts(run: Run | None) -> list[int | None]:
    if run is None:
        return [None, None, None]
    return [run.count("rows_read"), run.count("rows_quarantined"), run.count("rows_loaded")]


def _say(verb: str, session: Session, collection: Collection) -> None:
    status = view_collection(session.services, collection).status
    print(f"{verb}  {status}  {collection.id}  {collection.config.title}")
