"""Taking batches back: by the dataset's owner alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from include.access.requestor import Requestor
from include.anonymization.config import KAnonymity
from include.batch import BatchRecord
from include.cim.concept import FieldType
from include.collection.rest_source import RestSource
from include.errors import CdmpError, NotAllowed, NotFound
from include.history_ports import Rollback
from include.operations.cursor import read_cursor, write_cursor
from include.operations.dataset_reading import read_dataset
from include.operations.services import Services, refuse_unknown
from include.ports import Dataset

logger = logging.getLogger(__name__)

_MOST_LATER = 1000


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A batch that was just taken back.

    Attributes:
        dataset: As it is now.
        notes: What a person should know: what does not come back by itself.
    """

    rollback: Rollback
    dataset: Dataset
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RollbackPage:
    """Some of the batches that were taken back, the last first; `cursor` is None on the last page."""

    rollbacks: Sequence[Rollback]
    cursor: str | None


def roll_back_batch(
    services: Services, requestor: Requestor, dataset_id: UUID, batch_id: UUID, note: str = ""
) -> RolledBack:
    """Make a dataset what it would be without what a batch did; its content can then be loaded again.

    Raises:
        NotFound: As `read_dataset`; or the dataset has no such batch, or not any more.
        NotAllowed: It is another's, as a steward sees it.
        Conflict: A run of its collection is active, later batches have counted on from its readings, or rows that stay
            would be in groups smaller than the collection's gate lets through.
    """
    dataset = read_dataset(services, requestor, dataset_id)
    if not requestor.may_change(dataset.owner_id):
        raise NotAllowed(f"dataset {dataset_id}", "only its owner takes batches back", "Ask its owner")
    try:
        batch = services.datasets.batch(dataset.id, batch_id)
    except NotFound:
        refuse_unknown("batch", batch_id)
    before, now = _Before.of(services, dataset), services.clock()
    concept = services.definition.concept(dataset.concept)
    gate = _gate(services, dataset)
    rollback = services.history.roll_back(
        dataset.id, concept, batch.id, gate=gate, by=requestor.name, note=note, now=now
    )
    logger.info("dataset %s: batch %s taken back by user %s", dataset.id, batch.id, requestor.id)
    notes = tuple(_notes(services, dataset, batch, before))
    try:
        services.publish_again(services.collections.get(dataset.collection_id))
    except CdmpError as error:  # the collection may be gone, the index away: the rows are as they should be
        logger.warning("dataset %s: catalogue and index are as before the rollback: %s", dataset.id, error)
    return RolledBack(rollback, services.datasets.get(dataset.id), notes)


def list_rollbacks(
    services: Services, requestor: Requestor, dataset_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> RollbackPage:
    """List the batches of a dataset that were taken back; raises NotFound as `read_dataset`."""
    dataset = read_dataset(services, requestor, dataset_id)
    after = read_cursor(cursor, (FieldType.INTEGER,))[0] if cursor else None
    found = services.history.rollbacks(dataset.id, after=after, limit=limit + 1)
    page = found[:limit]
    return RollbackPage(page, write_cursor([page[-1].number]) if len(found) > limit else None)


def _gate(services: Services, dataset: Dataset) -> KAnonymity | None:
    try:
        return services.collections.get(dataset.collection_id).config.anonymization.k_anonymity
    except NotFound:  # who deleted the collection kept its rows
        return None


def _takes_spans(services: Services, dataset: Dataset) -> bool:
    """Say whether `backfill_collection` can ask the dataset's source for a span of time."""
    try:
        source = services.collections.get(dataset.collection_id).config.ingester
    except NotFound:
        return False
    return isinstance(source, RestSource) and source.window is not None


@dataclass(frozen=True, slots=True)
class _Before:
    """Where the source went on before a rollback, and whether it was known what its counters had counted."""

    cursor: str | None
    counted: bool

    @classmethod
    def of(cls, services: Services, dataset: Dataset) -> Self:
        nothing = UUID(int=0)  # no batch is left out
        return cls(services.datasets.cursor(dataset.id), services.datasets.counted(dataset.id, nothing) is not None)


def _notes(services: Services, dataset: Dataset, batch: BatchRecord, before: _Before) -> Iterator[str]:
    later = [each for each in services.datasets.batches(dataset.id, limit=_MOST_LATER) if each.number > batch.number]
    if there := [each for each in later if each.rows_already_there]:
        numbers = ", ".join(str(each.number) for each in reversed(there))
        yield (
            f"Rows that later batches had as well, and that were there already, are gone with this batch (those had "
            f"some: {numbers}). Where one is missed, take that batch back and load it again."
        )
    now = _Before.of(services, dataset)
    if before.counted and not now.counted and dataset.rows > batch.rows_loaded:
        yield "What counters had counted before this batch is not kept any more: each begins with no difference."
    if before.cursor is not None:
        if now.cursor == before.cursor:
            how = (
                "by a backfill only"
                if _takes_spans(services, dataset)
                else ("where the later ones are taken back as well, the last one first")
            )
            yield f"The source goes on after the last batch: what this one had brought is read again {how}."
        else:
            yield "The next run reads the source from where this batch began."
