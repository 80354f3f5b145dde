"""The stage that reads a source into staged parts of text, each row with its number."""

from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import islice
from typing import Final
from uuid import UUID, uuid4, uuid5

import polars as pl

from include.batch import ROW_ID, BatchRef, Stage
from include.cim.raw_rows import raw_name
from include.cim.reshape import shape_rows
from include.collection.model import Collection
from include.errors import Conflict, SourceRefused
from include.pipeline.outcome import Outcome
from include.pipeline.source_columns import SourceColumns
from include.pipeline.step import Part, Place
from include.ports import Connector, DatasetStore, Staging

logger = logging.getLogger(__name__)


MOST_NOTES: Final = 20
"""So many things that a reader noticed stand in a run's record."""


class AlreadyLoaded(Conflict):
    """This very content is a batch of the dataset already."""


def ingest(
    collection: Collection,
    connector: Connector,
    staging: Staging,
    datasets: DatasetStore,
    *,
    folder: UUID | None = None,
    hand_on: Callable[[Part], None] | None = None,
) -> Outcome | None:
    """Read what the source has; None where an incremental source has nothing new.

    The batch's id follows from the dataset and the content, so that a retry, or the same file again, is the same batch.

    Args:
        folder: Where to stage it; None: in one of its own.
        hand_on: Gets each part once it is staged, while the source still has more.

    Raises:
        AlreadyLoaded: The content was committed before.
        SourceUnavailable: Worth another try.
        SourceRefused: Nothing usable came, the columns are others than the contract allows, or the mapping takes no
            row.
    """
    reading = connector.read(datasets.cursor(collection.dataset_id))
    mapper = collection.config.mapper
    columns = SourceColumns(collection, datasets.source_columns(collection.dataset_id), reading.groups)
    # the content, and with it the id, is known only at the end: a name of its own
    place = Place(staging, collection.id, folder or uuid4())
    parts: list[str] = []
    issues: list[str] = []
    rows = read = left_out = 0
    staged = False
    try:
        for frame in reading.frames:
            read_ids = _number(read, frame.height)
            admitted, found = columns.admit(frame, read_ids)
            read += frame.height
            left_out += frame.height
            for part in shape_rows(admitted.rename(raw_name).insert_column(0, read_ids), mapper):
                numbered = part.with_columns(_number(rows, part.height))
                number = len(parts)
                noted: tuple[str, ...] = ()
                parts.append(place.write(Stage.RAW, f"part-{number:05d}", numbered))
                if not found.is_empty():
                    renamed = pl.DataFrame({ROW_ID: part[ROW_ID], "new": numbered[ROW_ID]})
                    mine = found.join(renamed, on=ROW_ID).select(pl.col("new").alias(ROW_ID), "field", "rule")
                    noted = (place.write(Stage.RAW, f"issues-{number:05d}", mine),)
                    issues += noted
                rows, left_out = rows + part.height, left_out - part[ROW_ID].n_unique()
                if hand_on is not None:
                    hand_on(Part(number, parts[-1], parts[-1], noted))
        if read == 0 or (rows == 0 and reading.cursor() is not None):
            return None
        if rows == 0:
            raise SourceRefused(
                collection.config.title,
                f"the mapping takes none of its {read:,} rows",
                "Compare the values of `mapper.where`, and the columns of `mapper.unpivot`, with the source.",
            )
        digest = reading.digest()
        if (loaded := datasets.find_batch(collection.dataset_id, digest)) is not None:
            raise AlreadyLoaded(
                collection.config.title,
                f"this content was loaded on {loaded.committed:%Y-%m-%d at %H:%M} UTC, with {loaded.rows_loaded} rows",
                "Nothing was loaded again.",
            )
        batch_id = uuid5(collection.dataset_id, digest)
        staged = True
    finally:
        if not staged:
            staging.remove(collection.id, place.folder)
    counts = {"rows_read": read}
    if mapper is not None and mapper.where:
        counts["rows_left_out"] = left_out
    if mapper is not None and mapper.unpivot is not None:
        counts["rows_unpivoted"] = rows
    logger.info("collection %s batch %s: %s rows in %s parts, %s", collection.id, batch_id, rows, len(parts), counts)
    ref = BatchRef(
        collection_id=collection.id,
        dataset_id=collection.dataset_id,
        version=collection.version,
        batch_id=batch_id,
        stage=Stage.RAW,
        parts=tuple(parts),
        rows=rows,
        source_digest=digest,
        cursor=reading.cursor(),
        issues=tuple(issues),
        columns=columns.names(),
        load=collection.config.load.plan(),
        staged_in=place.folder,
    )
    noticed = dict.fromkeys(f"{issue.where}: {issue.what}." for issue in reading.issues())
    return Outcome(ref, counts, (*columns.notes(), *islice(noticed, MOST_NOTES)))


def _number(before: int, count: int) -> pl.Series:
    return pl.int_range(before + 1, before + count + 1, dtype=pl.Int64, eager=True).alias(ROW_ID)
