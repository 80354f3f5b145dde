"""The stage that reads a source into staged parts of text, each row with its number."""

from __future__ import annotations

import logging
from itertools import islice
from typing import Final
from uuid import uuid4, uuid5

import polars as pl

from include.batch import ROW_ID, BatchRef, Stage
from include.cim.raw_rows import raw_name
from include.collection.model import Collection
from include.errors import Conflict
from include.pipeline.outcome import Outcome
from include.pipeline.source_columns import SourceColumns
from include.ports import Connector, DatasetStore, Staging

logger = logging.getLogger(__name__)


MOST_NOTES: Final = 20
"""So many things that a reader noticed stand in a run's record."""


class AlreadyLoaded(Conflict):
    """This very content is a batch of the dataset already."""


def ingest(collection: Collection, connector: Connector, staging: Staging, datasets: DatasetStore) -> Outcome | None:
    """Read what the source has; None where an incremental source has nothing new.

    The batch's id follows from the dataset and the content, so that a retry, or the same file again, is the same batch.

    Raises:
        AlreadyLoaded: The content was committed before.
        SourceUnavailable: Worth another try.
        SourceRefused: Nothing usable came, or the columns are others than the contract allows.
    """
    reading = connector.read(datasets.cursor(collection.dataset_id))
    columns = SourceColumns(collection, datasets.source_columns(collection.dataset_id))
    # the content, and with it the id, is known only at the end
    while_reading = uuid4()
    parts = rows = 0
    try:
        for frame in reading.frames:
            row_ids = pl.int_range(rows + 1, rows + frame.height + 1, dtype=pl.Int64, eager=True).alias(ROW_ID)
            admitted, issues = columns.admit(frame, row_ids)
            numbered = admitted.rename(raw_name).insert_column(0, row_ids)
            staging.write(collection.id, while_reading, Stage.RAW, f"part-{parts:05d}", numbered)
            if not issues.is_empty():
                staging.write(collection.id, while_reading, Stage.RAW, f"issues-{parts:05d}", issues)
            parts, rows = parts + 1, rows + frame.height
        if rows == 0:
            return None
        digest = reading.digest()
        if (loaded := datasets.find_batch(collection.dataset_id, digest)) is not None:
            raise AlreadyLoaded(
                collection.config.title,
                f"this content was loaded on {loaded.committed:%Y-%m-%d at %H:%M} UTC, with {loaded.rows_loaded} rows",
                "Nothing was loaded again.",
            )
        batch_id = uuid5(collection.dataset_id, digest)
        staged = staging.move(collection.id, while_reading, batch_id, Stage.RAW)
    finally:
        staging.remove(collection.id, while_reading)
    logger.info("collection %s batch %s: %s rows read in %s parts", collection.id, batch_id, rows, parts)
    ref = BatchRef(
        collection_id=collection.id,
        dataset_id=collection.dataset_id,
        version=collection.version,
        batch_id=batch_id,
        stage=Stage.RAW,
        parts=tuple(path for path in staged if _name(path).startswith("part-")),
        rows=rows,
        source_digest=digest,
        cursor=reading.cursor(),
        issues=tuple(path for path in staged if _name(path).startswith("issues-")),
        columns=columns.names(),
    )
    noticed = dict.fromkeys(f"{issue.where}: {issue.what}." for issue in reading.issues())
    return Outcome(ref, {"rows_read": rows}, (*columns.notes(), *islice(noticed, MOST_NOTES)))


def _name(path: str) -> str:
    return path.rpartition("/")[2]
