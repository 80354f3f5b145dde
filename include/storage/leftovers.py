"""What a crash left behind: found, and removed where no run, upload or dataset needs it any more.

Nothing is removed because it looks old. A run's staging and tables go only while a lock on the collection's record and
on those of its runs keeps a run from beginning, and only where none is active; a file among the uploads only under the
lock that whoever hands over the same bytes takes.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select, text, update

from include.collection.run import RunState
from include.storage.connection import begin
from include.storage.incoming_store import forgotten_pieces
from include.storage.schema import DATA, collection, run, upload
from include.storage.schema import dataset as datasets
from include.storage.upload_store import lock_upload

_ACTIVE: Final = [state.value for state in RunState if state.active]
_TABLE: Final = re.compile(r"[a-z]+_([0-9a-f]{32})(?:_.*)?")
"""Tables of a dataset: a letter for what they are, and the dataset's id; parts of it have more behind that."""
_SEGMENT: Final = "s_"
"""Begins the name of rows that become part of a dataset's table by being attached to it."""
_DRAFT: Final = re.compile(r"\..+\.(py|json|airflowignore)\.\d+")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")

logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """What a leftover is."""

    STAGING = "staging"  # the parts of a batch that no run needs
    TABLE = "table"  # in schema `data`, of no dataset
    UPLOAD = "upload"  # bytes that nobody handed over, or not to their end
    DRAFT = "draft"  # a file that was to take another's place


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that a crash left.

    Attributes:
        name: A table, or a path; made by the platform, never by a person.
        collection_id: Whose run left it, where that is known.
    """

    kind: Kind
    name: str
    files: int
    bytes: int
    collection_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Janitor:
    """Looks after the places where runs and uploads leave things, as the role that writes."""

    engine: Engine
    staging: Path
    uploads: Path
    bundle: Path

    def find(self, before: datetime) -> Sequence[Leftover]:
        """List what a crash left, but for files that somebody wrote to since `before`; removes nothing."""
        with begin(self.engine) as connection:
            active = set(connection.scalars(select(run.c.collection_id).where(run.c.state.in_(_ACTIVE))))
            found = [*_staged(self.staging, before), *_tables(connection), *self._uploads(connection, before)]
        return [*(each for each in found if each.collection_id not in active), *_drafts(self.bundle, before)]

    def remove(self, before: datetime) -> Sequence[Leftover]:
        """Remove what `find` finds and nobody began to need meanwhile; gives what is gone."""
        gone = [each for each in self.find(before) if self._remove(each, before)]
        for each in gone:
            logger.info("%s %s removed: %s files, %s bytes", each.kind, each.name, each.files, each.bytes)
        return gone

    def _uploads(self, connection: Connection, before: datetime) -> Iterator[Leftover]:
        known = set(connection.scalars(select(upload.c.id)))
        there = [path for path in self.uploads.glob("*") if path.is_file() and path.name not in known]
        ours = [path for path in there if _SHA256.fullmatch(path.name) or path.name.startswith(".upload-")]
        for path in (*ours, *forgotten_pieces(connection, self.uploads, before)):
            yield from _idle_file(Kind.UPLOAD, path, before)

    def _remove(self, each: Leftover, before: datetime) -> bool:
        with begin(self.engine) as connection:
            match each.kind:
                case Kind.TABLE:
                    return _keep_runs_away(connection, each.collection_id) and _drop(connection, each.name)
                case Kind.STAGING:
                    folder = Path(each.name)
                    if not _keep_runs_away(connection, each.collection_id) or not list(_idle(folder, before)):
                        return False
                    shutil.rmtree(folder, ignore_errors=True)
                    _note(connection, each)
                case _:
                    path = Path(each.name)
                    if _SHA256.fullmatch(path.name):
                        lock_upload(connection, path.name)
                        if connection.scalar(select(func.count()).where(upload.c.id == path.name)):
                            return False
                    path.unlink(missing_ok=True)
        return True


def _staged(root: Path, before: datetime) -> Iterator[Leftover]:
    for batch in root.glob("*/*"):
        yield from _idle(batch, before)


def _idle(batch: Path, before: datetime) -> Iterator[Leftover]:
    """Give a staged batch, unless somebody wrote to it since `before`."""
    try:
        stats = [path.stat() for path in [batch, *batch.rglob("*")]]
        collection_id = UUID(batch.parent.name)
    except (FileNotFoundError, ValueError):  # somebody is at work in it; or it is none of ours
        return
    if max(each.st_mtime for each in stats) < before.timestamp():
        files = [path.stat().st_size for path in batch.rglob("*") if path.is_file()]
        yield Leftover(Kind.STAGING, str(batch), len(files), sum(files), collection_id)


def _tables(connection: Connection) -> Iterator[Leftover]:
    """Give tables of no dataset, and parts of a dataset that were never attached to it."""
    known = set(connection.scalars(select(datasets.c.id)))
    owners = {row.dataset_id: row.id for row in connection.execute(select(collection.c.id, collection.c.dataset_id))}
    there = connection.execute(
        text(
            "SELECT c.relname, c.relispartition, pg_total_relation_size(c.oid) AS bytes FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = :data AND c.relkind IN ('r', 'p')"
            " ORDER BY 1"
        ),
        {"data": DATA},
    )
    for name, attached, size in there:
        match = _TABLE.fullmatch(name)
        if match is None:
            logger.warning("table %s.%s is none of ours; it is left alone", DATA, name)
            continue
        dataset_id = UUID(match[1])
        if dataset_id not in known or (name.startswith(_SEGMENT) and not attached):
            yield Leftover(Kind.TABLE, name, 0, size, owners.get(dataset_id))


def _drafts(bundle: Path, before: datetime) -> Iterator[Leftover]:
    for path in bundle.glob(".*"):
        if _DRAFT.fullmatch(path.name):
            yield from _idle_file(Kind.DRAFT, path, before)


def _idle_file(kind: Kind, path: Path, before: datetime) -> Iterator[Leftover]:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return
    if stat.st_mtime < before.timestamp():
        yield Leftover(kind, str(path), 1, stat.st_size)


def _keep_runs_away(connection: Connection, collection_id: UUID | None) -> bool:
    """Hold off every run of a collection until the transaction ends; False where one is active or about to be.

    A run that begins adds a row, for which PostgreSQL locks the collection's, or changes its own.
    """
    if collection_id is None:
        return True
    mine = collection.c.id == collection_id
    if connection.scalar(select(func.count()).where(mine)) == 0:
        return True
    if connection.execute(select(collection.c.id).where(mine).with_for_update(skip_locked=True)).first() is None:
        return False
    runs = select(run.c.state).where(run.c.collection_id == collection_id)
    there = connection.scalar(select(func.count()).select_from(runs.subquery()))
    states = connection.scalars(runs.with_for_update(skip_locked=True)).all()
    return len(states) == there and not set(states) & set(_ACTIVE)


def _drop(connection: Connection, name: str) -> bool:
    """Drop a table of no dataset, unless a load is at work in it at this moment."""
    match = _TABLE.fullmatch(name)
    assert match is not None  # noqa: S101 - that is how it was found
    lock = select(func.pg_try_advisory_xact_lock(func.hashtextextended(str(UUID(match[1])), 0)))
    if not connection.scalar(lock) or name not in {each.name for each in _tables(connection)}:
        return False
    connection.execute(text(f"DROP TABLE {DATA}.{name}"))  # the name is letters, digits and '_'
    return True


def _note(connection: Connection, each: Leftover) -> None:
    """Say in the record of the collection's latest run what was left of it, where people read it."""
    latest = (
        select(run.c.run_id).where(run.c.collection_id == each.collection_id).order_by(run.c.queued.desc()).limit(1)
    )
    said = f"{each.files} staged files that were left behind have been removed."
    connection.execute(
        update(run)
        .where(run.c.collection_id == each.collection_id, run.c.run_id == latest.scalar_subquery())
        .values(note=func.concat_ws(" ", run.c.note, said))
    )
