"""Reading what was loaded into a dataset: its batches, what validation found, and how their values came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from include.access.requestor import Requestor
from include.batch import BatchRecord, ValidationReport
from include.errors import NotFound
from include.operations.cursor import read_position, write_cursor
from include.operations.dataset_reading import read_dataset
from include.operations.services import Services, refuse_unknown
from include.ports import Dataset


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Some batches of a dataset, newest first; `cursor` is None on the last page."""

    dataset: Dataset
    batches: Sequence[BatchRecord]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch, and what is known of it.

    Attributes:
        report: None where the run's record is gone with its collection.
        lineage: As `BatchLineage.to_json` gives it; None where it was loaded before that was recorded.
        file: The name under which the requestor handed its content over; None where they did not, or removed it.
    """

    dataset: Dataset
    record: BatchRecord
    report: ValidationReport | None
    lineage: Mapping[str, Any] | None
    file: str | None


def list_batches(
    services: Services, requestor: Requestor, dataset_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> BatchPage:
    """List the batches of a dataset; raises NotFound as `read_dataset`."""
    dataset = read_dataset(services, requestor, dataset_id)
    after = read_position(cursor) if cursor else None
    batches = services.datasets.batches(dataset.id, after=after, limit=limit + 1)
    page = batches[:limit]
    return BatchPage(dataset, page, write_cursor([page[-1].committed, page[-1].id]) if len(batches) > limit else None)


def read_batch(services: Services, requestor: Requestor, dataset_id: UUID, batch_id: UUID) -> BatchView:
    """Read one batch.

    Raises:
        NotFound: As `read_dataset`; or the dataset has no such batch.
    """
    dataset = read_dataset(services, requestor, dataset_id)
    try:
        record = services.datasets.batch(dataset.id, batch_id)
    except NotFound:
        refuse_unknown("batch", batch_id)
    try:
        report = services.runs.get(dataset.collection_id, record.run_id).report
    except NotFound:
        report = None
    try:
        file = services.uploads.get(record.source_digest, requestor.id).name
    except NotFound:
        file = None
    return BatchView(dataset, record, report, services.datasets.lineage(record.id), file)
