"""Rows that leave quarantine under another mapping than their batch's are traced by that mapping."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from include.collection.model import Collection
from include.collection.quarantine import Selection
from include.operations.batch_reading import list_batches, read_batch
from include.operations.dataset_reading import read_records
from include.operations.quarantine_keeping import edit_quarantined
from include.wiring import Platform
from tests.factories import a_collection, a_config
from tests.postgres import Database
from tests.quarantined import OWNER, replay, waiting
from tests.whole_runs import a_platform, run_stages

LINES = """point,register,start,energy_wh,status
p1,r,2024-01-01T00:00:00Z,1000,ok
p1,r,2024-01-01T01:00:00Z,2ooo,ok
p1,r,2024-01-01T02:00:00Z,3ooo,ok
"""


@pytest.fixture(scope="module")
def platform(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return a_platform(database, tmp_path_factory.mktemp("platform"))


def in_kilowatt_hours(collection: Collection) -> Collection:
    mapper = collection.config.mapper
    assert mapper is not None
    rules = [rule.model_copy(update={"unit": "kWh"}) if rule.field == "energy" else rule for rule in mapper.rules]
    new = {"mapper": mapper.model_copy(update={"rules": tuple(rules)})}
    return replace(collection, version=2, config=collection.config.model_copy(update=new))


def test_a_replay_under_another_mapping_is_traced_by_that_one(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "meters.csv"
    file.write_text(LINES)
    upload = platform.uploads.add(file, "meters.csv", OWNER.id)
    source = {"kind": "file", "name": "meters.csv", "format": {"kind": "csv"}, "upload": upload}
    collection = a_collection(id=uuid4(), dataset_id=uuid4(), config=a_config(ingester=source))
    platform.collections.add(collection)
    run_stages(platform, collection, "manual__1")
    second, third = waiting(platform, collection).values()
    for row, text in ((second, "2000"), (third, "3")):
        edit_quarantined(platform, OWNER, collection.dataset_id, str(row.key), {"energy_wh": text})

    replay(platform, collection, Selection((second.key,)))
    platform.collections.replace(in_kilowatt_hours(collection), 1)
    replay(platform, collection, Selection((third.key,)))

    asked = ("energy", "_row_id", "_since")
    records = read_records(platform, OWNER, collection.dataset_id, fields=asked).table.to_pylist()
    assert [(row["energy"], row["_row_id"]) for row in records] == [(1.0, 1), (2.0, 2), (3.0, 3)]
    [batch] = list_batches(platform, OWNER, collection.dataset_id).batches
    view = read_batch(platform, OWNER, collection.dataset_id, batch.id)
    assert view.file == "meters.csv"
    lineage = view.lineage
    assert lineage is not None
    [replayed] = lineage["replayed"]  # the first one was read as its batch had been
    assert (replayed["load"], replayed["collection_version"]) == (records[2]["_since"], 2)
    units = [
        next(field["from_unit"] for field in each["fields"] if field["field"] == "energy")
        for each in (lineage, replayed)
    ]
    assert units == ["Wh", "kWh"]
