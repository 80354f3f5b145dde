"""Real samples, read and mapped as a run does, and curated with faults that were put into known rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from include.batch import ROW_ID, BatchRef, Stage, ValidationReport
from include.cim.concept import Concept
from include.cim.definition import load_definition
from include.collection.document import read_plain
from include.collection.model import Collection, CollectionConfig, make_draft
from include.collection.suite import suite_of
from include.connectors.content import Content
from include.connectors.formats.choose import read_frames
from include.expectations.config import CurationRule, CuratorConfig
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from include.pipeline.rehearse import GivenRows
from include.pipeline.validate import validate
from tests.factories import NOON
from tests.fakes import FolderStaging

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = (ROOT / "examples", ROOT / "tests/data/mappings", ROOT / "tests/data/documents", ROOT / "tests/data/samples")


class _NothingBefore:
    def cursor(self, _dataset: Any) -> None:
        return None

    def source_columns(self, _dataset: Any) -> None:
        return None

    def find_batch(self, _dataset: Any, _digest: str) -> None:
        return None


@dataclass
class Sample:
    """An example after mapping.

    Attributes:
        rows: All of its rows, under their row ids.
    """

    staging: FolderStaging
    config: CollectionConfig
    concept: Concept
    raw: BatchRef
    mapped: BatchRef
    rows: pl.DataFrame

    def curate(
        self, rules: Sequence[CurationRule], rows: pl.DataFrame, cuts: Sequence[int] = (), **how: Any
    ) -> ValidationReport:
        """Curate other rows in their place, cut into parts; every rule of the report names up to twenty rows.

        Args:
            how: Given to `validate`: `now`, `earlier`.
        """
        ends = [0, *cuts, rows.height]
        place = self.mapped.collection_id, self.mapped.batch_id
        raw = pl.concat([self.staging.read(path) for path in self.raw.parts])
        raw = rows.select(ROW_ID).join(raw, on=ROW_ID, how="left", maintain_order="left")
        refs = []
        for ref, stage, frame in ((self.raw, Stage.RAW, raw), (self.mapped, Stage.MAPPED, rows)):
            parts = tuple(
                self.staging.write(*place, stage, f"seeded-{number:05d}", frame[begin:end])
                for number, (begin, end) in enumerate(pairwise(ends))
            )
            refs.append(BatchRef(**{**_fields(ref), "parts": parts, "rows": rows.height}))
        assert self.config.mapper is not None
        filled = {rule.field for rule in self.config.mapper.rules}
        suite = suite_of(self.concept, CuratorConfig(rules=tuple(rules)), filled)
        _, report = validate(refs[1], refs[0], suite, self.concept, self.staging, seal=bytes, **how)
        return report


def take_sample(name: str, folder: Path, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Sample:
    """Read and map a collection of the examples, or of the tests."""
    plain = yaml.safe_load(_find(f"{name}.yaml").read_text(encoding="utf-8"))
    change(plain)
    config = read_plain(plain)
    assert config.ingester is not None and config.mapper is not None
    file = _find(config.ingester.name)  # type: ignore[union-attr]
    frames = list(read_frames(Content.of(file.read_bytes(), file.name), config.ingester.format))
    collection: Collection = make_draft(config, "7", NOON)
    staging = FolderStaging(folder)
    read = ingest(collection, GivenRows(pl.concat(frames)), staging, _NothingBefore())  # type: ignore[arg-type]
    assert read is not None
    concept = load_definition().concept(config.mapper.concept)
    mapped = map_to_cim(read.ref, config.mapper, concept, staging, numbers=config.ingester.numbers)
    rows = pl.concat([staging.read(path) for path in mapped.ref.parts])
    return Sample(staging, config, concept, read.ref, mapped.ref, rows)


def _find(name: str) -> Path:
    return next(folder / name for folder in FOLDERS if (folder / name).is_file())


def _fields(ref: BatchRef) -> dict[str, Any]:
    return {name: getattr(ref, name) for name in BatchRef.__slots__}
