"""A counter that several files read counts in PostgreSQL what it counts in one file; exactly once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, text

from include.collection.model import Collection
from include.errors import Conflict
from include.pipeline.ingest import AlreadyLoaded
from include.ports import RecordQuery
from include.storage.connection import begin
from include.storage.staging import ParquetStaging
from tests.factories import NOON, a_config
from tests.integration.storage.conftest import Shelf
from tests.integration.storage.test_shaped_rows import run

Make = Callable[..., Collection]

RULES: list[dict[str, Any]] = [
    {"field": "usage_point_id", "source": "meter"},
    {"field": "register", "constant": "7-0:3.0.0"},
    {"field": "interval_start", "source": "time", "format": "iso8601"},
    {"field": "volume", "source": "reading", "unit": "m3", "difference": {"per": ["serial"], "rollover": 100000}},
]
KEEP = {"usage_point_id": {"method": "keep", "reason": "nobody lives behind a meter of a test"}}


def a_meter(make: Make) -> Collection:
    source = {"kind": "file", "name": "gas.csv", "format": {"kind": "csv", "delimiter": ";"}}
    mapper = {"concept": "meter_reading", "rules": RULES}
    return make(config=a_config(ingester=source, mapper=mapper, anonymization={"fields": KEEP}))


def write(file: Path, hours: Sequence[int], readings: Sequence[float]) -> Path:
    begin = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [
        f"{meter};{serial};{begin + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ};{reading + more}"
        for hour, reading in zip(hours, readings, strict=True)
        for meter, serial, more in (("secret-point", "s1", 0), ("other", "s2", 7))
    ]
    file.write_text("\n".join(["meter;serial;time;reading", *rows, ""]), encoding="utf-8")
    return file


def volumes(shelf: Shelf, collection: Collection) -> dict[tuple[str, datetime], float | None]:
    page = shelf.records.page(collection.dataset_id, shelf.concept, RecordQuery(limit=100)).to_pylist()
    return {(row["usage_point_id"], row["interval_start"]): row["volume"] for row in page}


HOURS = [0, 1, 2, 3, 4, 5]
READINGS = [99990.0, 99992.5, 99999.0, 4.0, 4.0, 10.25]


def test_two_files_in_sequence_count_what_one_file_counts(
    shelf: Shelf, a_stored_collection: Make, tmp_path: Path
) -> None:
    one, two = a_meter(a_stored_collection), a_meter(a_stored_collection)
    run(shelf, one, write(tmp_path / "all.csv", HOURS, READINGS))
    run(shelf, two, write(tmp_path / "first.csv", HOURS[:3], READINGS[:3]))
    _, _, counts, _ = run(shelf, two, write(tmp_path / "second.csv", HOURS[3:], READINGS[3:]))
    assert counts["cells_without_previous"] == 0
    whole = volumes(shelf, one)
    assert volumes(shelf, two) == whole
    assert sum(volume or 0 for volume in whole.values()) == 2 * (100000 - 99990 + 10.25)


def test_a_batch_that_is_tried_again_counts_the_same(
    shelf: Shelf, a_stored_collection: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loader: Engine
) -> None:
    collection = a_meter(a_stored_collection)
    run(shelf, collection, write(tmp_path / "first.csv", HOURS[:3], READINGS[:3]))
    second = write(tmp_path / "second.csv", HOURS[3:], READINGS[3:])
    read = ParquetStaging.read

    def broken(staging: ParquetStaging, path: str) -> pl.DataFrame:
        if path.endswith("counted.parquet") or path.endswith("counted"):
            raise OSError("the disk is gone")
        return read(staging, path)

    with monkeypatch.context() as patched, pytest.raises(OSError, match="disk"):
        patched.setattr(ParquetStaging, "read", broken)
        run(shelf, collection, second)
    before = volumes(shelf, collection)
    assert len(before) == 6, "rows and what is counted are there together, or neither"
    run(shelf, collection, second)
    after = volumes(shelf, collection)
    assert sum(volume or 0 for volume in after.values()) == 2 * (100000 - 99990 + 10.25)
    with pytest.raises(AlreadyLoaded):
        run(shelf, collection, second)
    run(shelf, collection, write(tmp_path / "third.csv", [5, 6], [10.25, 11.25]))
    assert sum(volume or 0 for volume in volumes(shelf, collection).values()) == 2 * (100000 - 99990 + 11.25)


def test_batches_that_count_on_from_one_another_are_taken_back_from_the_last_one_on(
    shelf: Shelf, a_stored_collection: Make, tmp_path: Path
) -> None:
    collection = a_meter(a_stored_collection)
    files = [write(tmp_path / f"{n}.csv", HOURS[n : n + 2], READINGS[n : n + 2]) for n in (0, 2, 4)]
    records = [run(shelf, collection, file)[0] for file in files]
    whole = volumes(shelf, collection)

    def roll_back(number: int) -> None:
        told = {"by": "olive", "note": "", "now": NOON}
        shelf.history.roll_back(collection.dataset_id, shelf.concept, records[number].id, **told)

    with pytest.raises(Conflict, match="counted on from by later batches, the last of them number 3"):
        roll_back(1)
    assert volumes(shelf, collection) == whole
    for number in (2, 1):
        roll_back(number)
    assert len(volumes(shelf, collection)) == 4
    for file in files[1:]:
        run(shelf, collection, file)
    assert volumes(shelf, collection) == whole


def test_a_batch_does_not_go_on_from_itself(shelf: Shelf, a_stored_collection: Make, tmp_path: Path) -> None:
    collection = a_meter(a_stored_collection)
    records = [
        run(shelf, collection, write(tmp_path / f"{hour}.csv", [hour], [READINGS[hour]]))[0] for hour in HOURS[:2]
    ]
    ends = [
        shelf.datasets.counted(collection.dataset_id, record.id)["last"].dt.hour().unique().to_list()  # type: ignore[index]
        for record in records
    ]
    assert ends == [[1], [0]]


def test_what_is_kept_is_sealed_goes_with_its_batch_and_is_not_kept_for_ever(
    shelf: Shelf, a_stored_collection: Make, tmp_path: Path, loader: Engine
) -> None:
    collection = a_meter(a_stored_collection)
    for hour in HOURS:
        record, *_ = run(shelf, collection, write(tmp_path / f"{hour}.csv", [hour], [READINGS[hour]]))
    here = {"id": collection.dataset_id}
    with begin(loader) as connection:
        kept = connection.execute(text("SELECT sealed FROM cdmp.counted WHERE dataset_id = :id"), here).scalars().all()
    assert len(kept) == 3
    assert not [sealed for sealed in kept if b"secret-point" in sealed or b"PAR1" in sealed]
    assert shelf.datasets.counted(collection.dataset_id, collection.id) is not None
    with begin(loader) as connection:
        connection.execute(text("DELETE FROM cdmp.batch WHERE id = :id"), {"id": record.id})
    spans = shelf.datasets.counted(collection.dataset_id, collection.id)
    assert spans is not None
    assert spans["last"].dt.hour().unique().to_list() == [4]
