"""Rows in quarantine: read, edited, sent through a run again, released, discarded. By the dataset's owner alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from include.access.requestor import Requestor
from include.cim.alone import columns_read, refuse_neighbours
from include.cim.concept import FieldType
from include.collection.model import Collection
from include.collection.quarantine import Replay, RowKey, Selection
from include.collection.run import Run
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem
from include.operations.collection_reading import read_own
from include.operations.collection_running import start_run
from include.operations.cursor import read_cursor, read_position, write_cursor
from include.operations.services import Services, refuse_unknown
from include.ports import Dataset, Engine
from include.quarantine_ports import Departure, QuarantinedRow

logger = logging.getLogger(__name__)

LONGEST_CELL: Final = 1 << 20
"""Characters of a cell: as many as a source may have."""


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """Some rows of a dataset's quarantine, in the order of their keys; `cursor` is None on the last page."""

    rows: Sequence[QuarantinedRow]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class DeparturePage:
    """Some of what became of rows, newest first; `cursor` is None on the last page."""

    departures: Sequence[Departure]
    cursor: str | None


def list_quarantine(
    services: Services,
    requestor: Requestor,
    dataset_id: UUID,
    *,
    batch_id: UUID | None = None,
    rule: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> QuarantinePage:
    """List the rows that wait, unsealed.

    Args:
        rule: One of the reasons that the rows have.

    Raises:
        NotFound: There is no such dataset, or it is somebody else's: the two answer alike, to stewards too.
    """
    dataset = _own(services, requestor, dataset_id)
    after = _read_key(read_cursor(cursor, (FieldType.ID,))[0]) if cursor else None
    rows = services.quarantine.find(dataset.id, batch_id=batch_id, rule=rule, after=after, limit=limit + 1)
    page = rows[:limit]
    return QuarantinePage(page, write_cursor([str(page[-1].key)]) if len(rows) > limit else None)


def read_quarantined(services: Services, requestor: Requestor, dataset_id: UUID, row: str) -> QuarantinedRow:
    """Read one row.

    Raises:
        NotFound: As `list_quarantine`; or it is not there, or not there any more.
    """
    dataset = _own(services, requestor, dataset_id)
    try:
        return services.quarantine.get(dataset.id, RowKey.read(row))
    except (NotFound, ValueError):
        refuse_unknown("row", row)


def edit_quarantined(
    services: Services, requestor: Requestor, dataset_id: UUID, row: str, cells: Mapping[str, str | None]
) -> QuarantinedRow:
    """Write other text into some cells of a row as it was read; what was read is kept beside it until it leaves.

    Columns that the row did not have, and that the mapping reads by now, are given to it.

    Raises:
        NotFound: As `read_quarantined`.
        ConfigurationInvalid: It has no such column, or a cell is too long.
        Conflict: Somebody edited it at the same moment.
    """
    there = read_quarantined(services, requestor, dataset_id, row)
    columns = dict.fromkeys([*there.cells, *_read_now(services, dataset_id)])
    problems = [
        Problem(f"row.{name}", "the row has no such column", f"It has {', '.join(columns)}")
        for name in cells
        if name not in columns
    ]
    problems += [
        Problem(f"row.{name}", f"is longer than {LONGEST_CELL:,} characters", "Shorten it")
        for name, text in cells.items()
        if text is not None and len(text) > LONGEST_CELL
    ]
    if problems:
        raise ConfigurationInvalid(problems)
    edited = {**there.cells, **cells}
    if edited == there.cells:
        return there
    logger.info("dataset %s: a quarantined row edited by user %s", dataset_id, requestor.id)
    return services.quarantine.edit(dataset_id, there, edited, requestor.name, services.clock())


def replay_quarantined(
    services: Services,
    engine: Engine,
    requestor: Requestor,
    dataset_id: UUID,
    replay: Replay,
    *,
    patience_s: float | None = 3.0,
) -> tuple[Collection, Run]:
    """Ask for a run that reads rows of quarantine instead of the source, by the collection as it is now.

    Args:
        patience_s: As `run_collection`.

    Raises:
        NotFound: As `list_quarantine`; or none of the rows is there.
        Conflict: The collection is gone, a draft or paused, or a run is active.
        ConfigurationInvalid: Its mapping makes values of several rows; or a release says nothing of why.
    """
    dataset = _own(services, requestor, dataset_id)
    if replay.release and not replay.note.strip():
        raise ConfigurationInvalid([Problem("note", "it is blank", "Say why the rows are right: it is kept")])
    _require_some(services, dataset, replay.selection)
    try:
        collection = read_own(services, requestor, dataset.collection_id)
    except NotFound:
        what = "the collection that brought its rows was deleted"
        raise Conflict(f"dataset {dataset.id}", what, "Discard the rows; or load them with a new collection") from None
    if collection.config.mapper is not None:
        refuse_neighbours(collection.config.mapper)
    return collection, start_run(services, engine, collection, requestor, replay, patience_s)


def discard_quarantined(
    services: Services, requestor: Requestor, dataset_id: UUID, selection: Selection, note: str = ""
) -> Departure:
    """Destroy rows; how many, who did it and why is kept.

    Raises:
        NotFound: As `list_quarantine`; or none of the rows is there.
    """
    dataset = _own(services, requestor, dataset_id)
    _require_some(services, dataset, selection)
    return services.quarantine.discard(dataset.id, selection, requestor.name, note, services.clock())


def list_departures(
    services: Services, requestor: Requestor, dataset_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> DeparturePage:
    """List what became of rows that were in quarantine; raises NotFound as `list_quarantine`."""
    dataset = _own(services, requestor, dataset_id)
    after = read_position(cursor) if cursor else None
    found = services.quarantine.departures(dataset.id, after=after, limit=limit + 1)
    page = found[:limit]
    return DeparturePage(page, write_cursor([page[-1].at, page[-1].id]) if len(found) > limit else None)


def _own(services: Services, requestor: Requestor, dataset_id: UUID) -> Dataset:
    try:
        dataset = services.datasets.get(dataset_id)
    except NotFound:
        refuse_unknown("dataset", dataset_id)
    if not requestor.may_change(dataset.owner_id):
        refuse_unknown("dataset", dataset_id)
    return dataset


def _read_now(services: Services, dataset_id: UUID) -> tuple[str, ...]:
    """Give the columns that the mapping of a dataset's collection reads; none where there is no mapping any more."""
    try:
        mapper = services.collections.get(services.datasets.get(dataset_id).collection_id).config.mapper
    except NotFound:
        return ()
    return columns_read(mapper) if mapper is not None else ()


def _require_some(services: Services, dataset: Dataset, selection: Selection) -> None:
    if not services.quarantine.count(dataset.id, selection):
        raise NotFound(f"dataset {dataset.id}", "none of these rows is in its quarantine", "List what is there")


def _read_key(text: str) -> RowKey:
    try:
        return RowKey.read(text)
    except ValueError:
        raise ConfigurationInvalid([Problem("cursor", "is not a cursor of this list", "Leave it out")]) from None
