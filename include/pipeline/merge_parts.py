"""Makes one row of all rows of a batch that have one key, wherever in the batch they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

import polars as pl

from include.batch import ROW_ID, Stage
from include.cim.concept import Concept
from include.cim.reshape import ORIGINS, merge_rows
from include.errors import SourceRefused
from include.ports import Staging

BUCKET_ROWS: Final = 500_000
"""About so many rows are held against one another at once."""

MOST_BUCKET_ROWS: Final = 4 * BUCKET_ROWS
"""Keys are spread evenly over the buckets: only one that very many rows share fills one so far."""

_PART: Final = "part of the batch"


@dataclass
class MergedParts:
    """What became of a batch.

    Attributes:
        rows: How many there are.
        issues: Rows that contradict an earlier one; frames with the columns of `ISSUES`.
        origins: For each part, of which rows its merged ones came; paths of frames of `ORIGINS`.
    """

    rows: int = 0
    issues: list[pl.DataFrame] = field(default_factory=list)
    origins: list[str] = field(default_factory=list)


def merge_parts(
    parts: Sequence[str],
    apart: pl.Series,
    collection_id: UUID,
    concept: Concept,
    staging: Staging,
    write: Callable[[int, pl.DataFrame], object],
    write_origins: Callable[[int, pl.DataFrame], str],
) -> MergedParts:
    """Merge a batch, and write every part again: with the rows whose first row was in it, in the order of the source.

    Rows of one key meet in one bucket, and what they become goes back to the part of the first of them; both ways
    lie staged, so that one bucket, and one part, is in memory.

    Args:
        apart: Ids of rows that stay as they are, because something is wrong with them.
        write: Takes a part's number and its rows.
        write_origins: Takes a part's number, and of which rows its merged ones came (`Merged.origins`).

    Raises:
        SourceRefused: Millions of rows have one key.
    """
    key, scratch = list(concept.key), uuid4()

    def put(name: str, frame: pl.DataFrame) -> str:
        return staging.write(collection_id, scratch, Stage.MAPPED, name, frame)

    rows = sum(staging.scan(path).select(pl.len()).collect().item() for path in parts)
    buckets: list[list[tuple[int, str]]] = [[] for _ in range(max(-(-rows // BUCKET_ROWS), 1))]
    back: list[list[str]] = []
    origins: list[list[str]] = [[] for _ in parts]
    merged = MergedParts()
    try:
        for number, path in enumerate(parts):
            frame = staging.read(path)
            chosen = frame.select(
                pl.when(pl.all_horizontal(pl.col(key).is_not_null()) & ~pl.col(ROW_ID).is_in(apart.implode())).then(
                    pl.struct(key).hash(seed=0) % len(buckets)
                )
            ).to_series()
            back.append([put(f"part-{number:05d}-apart", frame.filter(chosen.is_null()))])
            for place, bucket in enumerate(buckets):
                mine = frame.filter(chosen == place)
                if not mine.is_empty():
                    bucket.append((number, put(f"part-{number:05d}-to-{place:05d}", mine)))
        for place, bucket in enumerate(buckets):
            for number, frame, came_of in _merge_bucket(bucket, key, staging, merged.issues):
                back[number].append(put(f"part-{number:05d}-from-{place:05d}", frame))
                origins[number].append(put(f"origins-{number:05d}-from-{place:05d}", came_of))
        for number, paths in enumerate(back):
            frame = pl.concat([staging.read(path) for path in paths]).sort(ROW_ID)
            merged.rows += frame.height
            write(number, frame)
            came = [pl.DataFrame(schema=ORIGINS), *map(staging.read, origins[number])]
            merged.origins.append(write_origins(number, pl.concat(came)))
    finally:
        staging.remove(collection_id, scratch)
    return merged


def _merge_bucket(
    bucket: Sequence[tuple[int, str]], key: Sequence[str], staging: Staging, issues: list[pl.DataFrame]
) -> Iterator[tuple[int, pl.DataFrame, pl.DataFrame]]:
    """Merge the rows of one bucket, and give them and where they came from by the part that they go back to."""
    if sum(staging.scan(path).select(pl.len()).collect().item() for _, path in bucket) > MOST_BUCKET_ROWS:
        raise SourceRefused(
            "mapper.merge_rows",
            f"more than {MOST_BUCKET_ROWS:,} rows have one of a few keys ({', '.join(key)})",
            "A field of the key may need another column; or the rows are not to be merged.",
        )
    if not bucket:
        return
    frames = [(number, staging.read(path)) for number, path in bucket]
    begins = pl.DataFrame(
        [(frame[ROW_ID][0], number) for number, frame in frames], schema=[ROW_ID, _PART], orient="row"
    )
    merged = merge_rows(pl.concat([frame for _, frame in frames]), key)
    del frames
    if not merged.issues.is_empty():
        issues.append(merged.issues)
    placed = merged.rows.sort(ROW_ID).join_asof(begins, on=ROW_ID)
    for (number,), frame in placed.partition_by(_PART, as_dict=True, include_key=False).items():
        yield number, frame, merged.origins.join(frame, on=ROW_ID, how="semi")
