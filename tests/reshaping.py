"""Maps rows of text through reading and mapping, cut into parts as a test likes, for tests of the shape of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl

from include.batch import ROW_ID, BatchRef, Stage
from include.cim.definition import load_definition
from include.collection.contract import Contract
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from include.ports import Staging
from tests.factories import a_collection, a_config
from tests.fakes_ingest import GivenFrames, KnownBatches


class MemoryStaging:
    """The port `Staging` without a disk."""

    def __init__(self) -> None:
        self.frames: dict[str, pl.DataFrame] = {}

    def write(self, collection_id: UUID, batch_id: UUID, stage: Stage, name: str, frame: pl.DataFrame) -> str:
        path = f"{collection_id}/{batch_id}/{stage.value}/{name}"
        self.frames[path] = frame
        return path

    def read(self, path: str) -> pl.DataFrame:
        return self.frames[path]

    def scan(self, path: str) -> pl.LazyFrame:
        return self.frames[path].lazy()

    def move(self, collection_id: UUID, old: UUID, new: UUID, stage: Stage) -> tuple[str, ...]:
        folder = f"{collection_id}/{new}/"
        for path in self._of(f"{collection_id}/{old}/"):
            self.frames[folder + path.split("/", 2)[2]] = self.frames.pop(path)
        return tuple(sorted(self._of(folder)))

    def remove(self, collection_id: UUID, batch_id: UUID | None = None) -> int:
        gone = self._of(f"{collection_id}/{batch_id or ''}")
        for path in gone:
            del self.frames[path]
        return len(gone)

    def _of(self, folder: str) -> list[str]:
        return [path for path in self.frames if path.startswith(folder)]


@dataclass(frozen=True)
class Shaped:
    """What became of a table: its rows as the rules see them, the mapped ones, issues and counts of both stages, and,
    by part, the rows that a merged one came of."""

    raw: pl.DataFrame
    rows: pl.DataFrame
    issues: list[tuple[int, str, str]]
    counts: dict[str, int]
    parts: list[pl.DataFrame]
    origins: list[dict[int, list[int]]]
    raw_ref: BatchRef
    ref: BatchRef

    def column(self, *names: str) -> list[Any]:
        """Give fields' values, in the order of the rows; tuples of several."""
        return self.rows[names[0]].to_list() if len(names) == 1 else self.rows.select(names).rows()


def shape(
    table: pl.DataFrame,
    mapper: dict[str, Any],
    *,
    cuts: Sequence[int] = (),
    decimal: str = ".",
    contract: dict[str, Any] | None = None,
    known: Sequence[str] | None = None,
    staging: Staging | None = None,
    counted: pl.DataFrame | None = None,
) -> Shaped:
    """Read and map a table of text that comes in frames cut before the given rows."""
    staging = staging or MemoryStaging()
    config = a_config(
        ingester={"kind": "file", "name": "t.csv", "format": {"kind": "csv", "decimal": decimal}},
        mapper=mapper,
        contract=contract or {},
    )
    ends = [*sorted(set(cuts) & set(range(1, table.height))), table.height]
    frames = [table[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    read = ingest(a_collection(config=config), GivenFrames(frames), staging, KnownBatches(columns=known))
    assert read is not None
    assert config.mapper is not None
    assert config.ingester is not None
    mapped = map_to_cim(
        read.ref,
        config.mapper,
        load_definition().concept(config.mapper.concept),
        staging,
        numbers=config.ingester.numbers,
        retype=Contract.model_validate(contract or {}).retype,
        counted=counted,
    )
    parts = [staging.read(path) for path in mapped.ref.parts]
    issues = [staging.read(path) for path in mapped.ref.issues]
    return Shaped(
        raw=pl.concat([staging.read(path) for path in read.ref.parts]),
        rows=pl.concat(parts),
        issues=sorted(row for frame in issues for row in frame.select(ROW_ID, "field", "rule").rows()),
        counts={**read.counts, **mapped.counts},
        parts=parts,
        origins=[dict(staging.read(path).iter_rows()) for path in mapped.ref.merged],
        raw_ref=read.ref,
        ref=mapped.ref,
    )
