"""Whether rows, batches, quarantine, events, staging, uploads and index agree, as they do after whatever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select, text

from include.collection.model import CollectionState
from include.search_ports import SearchQuery
from include.storage.connection import begin
from include.storage.history import history_name
from include.storage.leftovers import Janitor
from include.storage.schema import (
    DATA,
    batch,
    batch_rollback,
    collection,
    outbox,
    quarantine_departure,
    quarantine_row,
    upload,
)
from include.storage.schema import dataset as datasets
from include.storage.table import BATCH_ID

if TYPE_CHECKING:
    from include.search_ports import SearchIndex

_LOADED = "batch.loaded"


def find_disagreements(engine: Engine, janitor: Janitor, index: SearchIndex | None, now: datetime) -> Sequence[str]:
    """Say everything that does not agree, in sentences without a value of a row; empty where all is well.

    Meant for a moment at which no run is active: what a run is doing may be half done.

    Args:
        index: None where it was not rebuilt yet.
    """
    with begin(engine) as connection:
        found = [*_rows(connection), *_quarantine(connection), *_events(connection), *_uploads(connection, janitor)]
        described = connection.execute(
            select(datasets.c.id, datasets.c.title, datasets.c.owner_id)
            .join(collection, collection.c.id == datasets.c.collection_id)
            .where(datasets.c.dcat.is_not(None), collection.c.state != CollectionState.DELETING.value)
        ).all()
    found += [f"{each.kind} {each.name} is needed by nobody" for each in janitor.find(now)]
    if index is not None:
        for each in described:
            query = SearchQuery(each.title, owner_id=each.owner_id, limit=1000)
            hits = {hit.dataset_id for hit in index.search(query).hits}
            if each.id not in hits:
                found.append(f"dataset {each.id} is published, and the index does not find it by its title")
    return found


def _rows(connection: Connection) -> Iterator[str]:
    """Compare the rows of each dataset with what its batches say that they brought."""
    for dataset_id, rows in connection.execute(select(datasets.c.id, datasets.c.rows)).all():
        table = f"{DATA}.d_{dataset_id.hex}"
        brought = select(batch.c.id, batch.c.rows_loaded).where(batch.c.dataset_id == dataset_id)
        told = {row.id: row.rows_loaded for row in connection.execute(brought) if row.rows_loaded}
        there: dict[UUID, int] = {}
        if connection.scalar(select(func.to_regclass(table))) is not None:
            counted = text(f"SELECT {BATCH_ID}, count(*) FROM {table} GROUP BY 1")  # noqa: S608 - names of ours
            there = {row[0]: row[1] for row in connection.execute(counted)}
        now = sum(there.values())
        if now != rows:
            yield f"dataset {dataset_id} has {now} rows, and its record says {rows}"
        if connection.scalar(select(func.to_regclass(history_name(dataset_id)))) is not None:
            continue  # batches have overwritten rows of others
        for batch_id in sorted(told.keys() | there.keys(), key=str):
            if told.get(batch_id, 0) != there.get(batch_id, 0):
                yield (
                    f"batch {batch_id} of dataset {dataset_id} has {there.get(batch_id, 0)} rows there,"
                    f" and its record says {told.get(batch_id, 'nothing')}"
                )


def _quarantine(connection: Connection) -> Iterator[str]:
    there = select(quarantine_row.c.batch_id, func.count().label("rows")).group_by(quarantine_row.c.batch_id).subquery()
    query = select(batch.c.id, batch.c.rows_quarantined, func.coalesce(there.c.rows, 0)).join_from(
        batch, there, batch.c.id == there.c.batch_id, isouter=True
    )
    for batch_id, told, rows in connection.execute(query):
        if told != rows:
            yield f"batch {batch_id} has {rows} rows in quarantine, and its record says {told}"


def _events(connection: Connection) -> Iterator[str]:
    """Compare what was told of loads with the loads, those that were taken back too: one event each."""
    loads = (select(each.c.dataset_id, each.c.run_id) for each in (batch, quarantine_departure, batch_rollback))
    rows = (row for load in loads for row in connection.execute(load) if row.run_id is not None)
    loaded = Counter((str(row.dataset_id), row.run_id) for row in rows)
    facts = outbox.c.facts
    events = select(facts["dataset_id"].as_string(), facts["run_id"].as_string()).where(outbox.c.kind == _LOADED)
    told = Counter((row[0], row[1]) for row in connection.execute(events))
    for key in sorted(loaded.keys() | told.keys()):
        if loaded[key] != told[key]:
            dataset_id, run_id = key
            yield f"run {run_id} of dataset {dataset_id} loaded {loaded[key]} batches, and {told[key]} events say so"


def _uploads(connection: Connection, janitor: Janitor) -> Iterator[str]:
    for upload_id, size in connection.execute(select(upload.c.id, upload.c.bytes).distinct()):
        path = janitor.uploads / upload_id
        there = path.stat().st_size if path.is_file() else None
        if there != size:
            yield f"upload {upload_id[:12]} has {size} bytes, and its file {'is gone' if there is None else there}"
