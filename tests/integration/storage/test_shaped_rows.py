"""A table that is unpivoted and one whose rows are merged, from their files into PostgreSQL by the stages of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from include.batch import BatchRecord, ValidationReport
from include.cim.definition import load_definition
from include.collection.check import check_collection
from include.collection.model import Collection
from include.collection.suite import suite_of
from include.connectors.file import UploadedFile
from include.pipeline.anonymize import anonymize
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from include.pipeline.validate import validate
from include.ports import RecordQuery
from tests.factories import a_config
from tests.integration.storage.conftest import Shelf

Make = Callable[..., Collection]

PHASES = """time;meter;U1;U2;U3;I1;I2;I3
2024-05-01T00:00:00Z;m1;230,1;229,5;228;1;0;3
2024-05-01T00:01:00Z;m1;231;;230;2;;4
2024-05-01T00:01:00Z;ghost;231;0;230;2;0;4
2024-05-01T00:02:00Z;m1;2310;231;229;1;1;x
"""
PHASE_MAPPER = {
    "concept": "electrical_measurement",
    "where": {"meter": "m1"},
    "unpivot": {"label": "phase", "groups": {f"L{n}": {"volts": f"U{n}", "amps": f"I{n}"} for n in (1, 2, 3)}},
    "rules": [
        {"field": "device_id", "source": "meter"},
        {"field": "phase", "source": "phase"},
        {"field": "observed_at", "source": "time", "format": "iso8601"},
        {"field": "voltage", "source": "volts", "unit": "V"},
        {"field": "current", "source": "amps", "unit": "A"},
    ],
}
PRICES = """time;zone;quantity;value
2024-05-01T00:00:00Z;ES;price;41,5
2024-05-01T00:00:00Z;PT;price;42
2024-05-01T00:00:00Z;ES;energy;20100,5
2024-05-01T00:00:00Z;PT;energy;800
2024-05-01T00:00:00Z;ES;price;41,7
2024-05-01T01:00:00Z;ES;energy;much
2024-05-01T01:00:00Z;ES;price;39
"""
PRICE_MAPPER = {
    "concept": "market_price",
    "merge_rows": True,
    "rules": [
        {"field": "market_area", "source": "zone"},
        {"field": "product", "constant": "day_ahead"},
        {"field": "auction_sequence", "constant": 1},
        {"field": "interval_start", "source": "time", "format": "iso8601"},
        {"field": "price", "source": "value", "unit": "EUR/MWh", "where": {"quantity": "price"}},
        {"field": "currency", "constant": "EUR"},
        {"field": "volume", "source": "value", "unit": "MWh", "where": {"quantity": "energy"}},
    ],
}


def run(
    shelf: Shelf, collection: Collection, file: Path
) -> tuple[BatchRecord, ValidationReport, dict[str, int], list[dict[str, Any]]]:
    config = collection.config
    assert config.mapper is not None
    assert config.ingester is not None
    assert check_collection(config, load_definition()) == []
    shelf.concept = concept = load_definition().concept(config.mapper.concept)
    read = ingest(collection, UploadedFile(file, file.name, config.ingester.format), shelf.staging, shelf.datasets)
    assert read is not None
    counted = shelf.datasets.counted(collection.dataset_id, read.ref.batch_id)
    numbers = config.ingester.numbers
    mapped = map_to_cim(read.ref, config.mapper, concept, shelf.staging, numbers=numbers, counted=counted)
    suite = suite_of(concept, config.curator, {rule.field for rule in config.mapper.rules})
    curated, report = validate(mapped.ref, read.ref, suite, concept, shelf.staging, seal=shelf.secrets.seal)
    batch, _ = anonymize(curated.ref, config.anonymization, concept, shelf.secrets, shelf.staging)
    record = shelf.load(collection, batch.ref)
    page = shelf.records.page(collection.dataset_id, concept, RecordQuery(limit=100)).to_pylist()
    return record, report, {**read.counts, **mapped.counts}, page


def quarantined(shelf: Shelf, loader: Engine, collection: Collection) -> list[tuple[int, dict[str, Any], list[str]]]:
    with loader.connect() as connection:
        rows = connection.execute(
            text("SELECT row_id, reasons, sealed FROM cdmp.quarantine_row WHERE dataset_id = :id ORDER BY row_id"),
            {"id": collection.dataset_id},
        ).all()
    return [
        (row, json.loads(shelf.secrets.unseal(sealed)), [each["rule"] for each in json.loads(why)])
        for row, why, sealed in rows
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def a_collection_of(make: Make, mapper: dict[str, Any], **changes: Any) -> Collection:
    source = {"kind": "file", "name": "table.csv", "format": {"kind": "csv", "delimiter": ";", "decimal": ","}}
    return make(config=a_config(**{"ingester": source, "mapper": mapper, "anonymization": {}, **changes}))


def test_three_phases_of_a_row_are_three_records(
    shelf: Shelf, a_stored_collection: Make, loader: Engine, file: Path
) -> None:
    file.write_text(PHASES, encoding="utf-8")
    keep = {"device_id": {"method": "keep", "reason": "nobody lives behind a meter of a test"}}
    collection = a_collection_of(a_stored_collection, PHASE_MAPPER, anonymization={"fields": keep})
    record, report, counts, page = run(shelf, collection, file)
    assert counts == {
        "rows_read": 4, "rows_left_out": 1, "rows_unpivoted": 8, "rows_mapped": 8, "cells_unreadable": 1
    }  # fmt: skip
    assert (record.rows_loaded, record.rows_quarantined) == (6, 2)
    found = {(row["phase"], row["observed_at"].minute): (row["voltage"], row["current"]) for row in page}
    assert found == {
        ("L1", 0): (230.1, 1), ("L2", 0): (229.5, 0), ("L3", 0): (228, 3),
        ("L1", 1): (231, 2), ("L3", 1): (230, 4),
        ("L2", 2): (231, 1),
    }  # fmt: skip
    aside = quarantined(shelf, loader, collection)
    assert [row for row, _, _ in aside] == [6, 8]
    assert (aside[0][1]["phase"], aside[0][1]["volts"]) == ("L1", "2310"), "the row as the rules saw it"
    assert aside[1][2] == ["unreadable_number"]
    assert report.rows_quarantined == 2


def test_rows_of_one_key_are_one_record_and_what_contradicts_them_is_set_aside(
    shelf: Shelf, a_stored_collection: Make, loader: Engine, file: Path
) -> None:
    file.write_text(PRICES, encoding="utf-8")
    collection = a_collection_of(a_stored_collection, PRICE_MAPPER)
    record, _, counts, page = run(shelf, collection, file)
    assert counts == {"rows_read": 7, "rows_mapped": 5, "cells_unreadable": 1, "rows_merged": 2}
    assert (record.rows_loaded, record.rows_quarantined) == (3, 2)
    found = {(row["market_area"], row["interval_start"].hour): (row["price"], row["volume"]) for row in page}
    assert found == {("ES", 0): (41.5, 20100.5), ("PT", 0): (42, 800), ("ES", 1): (39, None)}
    assert quarantined(shelf, loader, collection) == [
        (
            5,
            {"time": "2024-05-01T00:00:00Z", "zone": "ES", "quantity": "price", "value": "41,7"},
            ["conflicting_value"],
        ),
        (
            6,
            {"time": "2024-05-01T01:00:00Z", "zone": "ES", "quantity": "energy", "value": "much"},
            ["unreadable_number"],
        ),
    ]
