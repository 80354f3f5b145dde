"""The stage that reads a source into staged parts of text, each row with its number."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final
from uuid import uuid4, uuid5

import polars as pl

from include.batch import ROW_ID, BatchRef, Stage
from include.cim.mapping import raw_name
from include.collection.formats.delimited import CsvFormat
from include.collection.model import Collection
from include.errors import Conflict, SourceRefused
from include.pipeline.outcome import Outcome
from include.ports import Connector, DatasetStore, Staging

logger = logging.getLogger(__name__)

_DELIMITERS: Final = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}


class AlreadyLoaded(Conflict):
    """This very content is a batch of the dataset already."""


def ingest(collection: Collection, connector: Connector, staging: Staging, datasets: DatasetStore) -> Outcome | None:
    """Read what the source has; None where an incremental source has nothing new.

    The batch's id follows from the dataset and the content, so that a retry, or the same file again, is the same batch.

    Raises:
        AlreadyLoaded: The content was committed before.
        SourceUnavailable: Worth another try.
        SourceRefused: Nothing usable came, or a column that the mapping reads is not there.
    """
    reading = connector.read(datasets.cursor(collection.dataset_id))
    # the content, and with it the id, is known only at the end
    while_reading = uuid4()
    parts = rows = 0
    try:
        for frame in reading.frames:
            check_columns(frame.columns, collection)
            numbered = _number(frame, rows)
            staging.write(collection.id, while_reading, Stage.RAW, f"part-{parts:05d}", numbered)
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
        paths = staging.move(collection.id, while_reading, batch_id, Stage.RAW)
    finally:
        staging.remove(collection.id, while_reading)
    logger.info("collection %s batch %s: %s rows read in %s parts", collection.id, batch_id, rows, parts)
    ref = BatchRef(
        collection_id=collection.id,
        dataset_id=collection.dataset_id,
        version=collection.version,
        batch_id=batch_id,
        stage=Stage.RAW,
        parts=paths,
        rows=rows,
        source_digest=digest,
        cursor=reading.cursor(),
    )
    return Outcome(ref, {"rows_read": rows})


def check_columns(columns: Sequence[str], collection: Collection) -> None:
    """See that every column is there that the mapping reads.

    Raises:
        SourceRefused: Names those that are missing and those that are there.
    """
    mapper = collection.config.mapper
    rules = mapper.rules if mapper is not None else ()
    needed = dict.fromkeys(name for rule in rules for name in (*rule.columns, *rule.occurrence_per))
    missing = [name for name in needed if name not in columns]
    if missing:
        raise SourceRefused(
            getattr(collection.config.ingester, "name", None) or collection.config.title,
            f"the mapping reads {_listed(missing)}, which {'is' if len(missing) == 1 else 'are'} not there",
            f"The source has {_listed(columns)}.{_delimiter_hint(columns, collection)}",
        )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown


def _delimiter_hint(columns: Sequence[str], collection: Collection) -> str:
    form = getattr(collection.config.ingester, "format", None)
    if not isinstance(form, CsvFormat) or len(columns) > 1:
        return ""
    seen = {sign: columns[0].count(sign) for sign in _DELIMITERS if sign != form.delimiter}
    likely = max(seen, key=lambda sign: seen[sign])
    if seen[likely] == 0:
        return " It is one column only: the delimiter may be another one."
    return f" It is one column only, and holds the {_DELIMITERS[likely]} {seen[likely]} times: is that the delimiter?"


def _number(frame: pl.DataFrame, before: int) -> pl.DataFrame:
    renamed = frame.rename(raw_name)
    return renamed.insert_column(
        0, pl.int_range(before + 1, before + frame.height + 1, dtype=pl.Int64, eager=True).alias(ROW_ID)
    )
