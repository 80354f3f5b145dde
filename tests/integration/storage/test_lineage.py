"""A value of a dataset is computed again from its cell, by nothing but what was recorded with its batch."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from include.batch import BatchRecord
from include.cim.definition import load_definition
from include.collection.model import Collection
from include.collection.suite import suite_of
from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.pipeline.anonymize import anonymize
from include.pipeline.ingest import ingest
from include.pipeline.map_to_cim import map_to_cim
from include.pipeline.validate import validate
from tests.factories import NOON, a_config
from tests.fakes_ingest import FilesBelow, KnownBatches
from tests.integration.storage.conftest import Shelf
from tests.postgres import Database

LINES = """Zählpunkt;Art;von;bis;Leistung;Bezug;Anteil;Status
A;1.8.0;2024-01-01 00:00;2024-01-01 00:15;1.234,5 kW;10;4;ok
A;1.8.0;2024-01-01 00:15;2024-01-01 01:15;0,7- kW;12;5;gesch.
A;1.8.0;2024-01-01 01:15;2024-01-01 01:20;3 kW;x;0;ok
B;1.8.0;2024-06-30 02:00;2024-06-30 02:30;-2,25 kW;7,5;3;
"""
RULES = [
    {"field": "usage_point_id", "source": "Zählpunkt"},
    {"field": "register", "source": ["Art", "Zählpunkt"], "join": "/"},
    {"field": "interval_start", "source": "von", "format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"},
    {"field": "interval_end", "source": "bis", "format": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"},
    {"field": "energy", "source": "Leistung", "extract": "(.*) kW", "unit": "kW", "interval": "row", "negate": True},
    {"field": "volume", "formula": "b / a", "inputs": {"a": "Anteil", "b": "Bezug"}, "unit": "l"},
    {"field": "quality", "source": "Status", "values": {"ok": "measured", "gesch.": "estimated"}},
    {"field": "commodity", "constant": "heat"},
]


Make = Callable[..., Collection]


@pytest.fixture
def loaded(tmp_path: Path, shelf: Shelf, a_stored_collection: Make) -> BatchRecord:
    mapper = {"concept": "meter_reading", "rules": RULES}
    return load(tmp_path, shelf, a_stored_collection, LINES, mapper, {"usage_point_id": {"method": "pseudonym"}})


def load(
    tmp_path: Path, shelf: Shelf, make: Make, lines: str, mapper: dict[str, Any], plan: dict[str, Any]
) -> BatchRecord:
    file = tmp_path / "meters.csv"
    file.write_text(lines, encoding="utf-8")
    source = {
        "kind": "file",
        "name": "meters.csv",
        "upload": "a" * 64,
        "format": {"kind": "csv", "delimiter": ";", "decimal": ",", "thousands": "."},
    }
    config = a_config(
        ingester=source,
        mapper=mapper,
        anonymization={"fields": plan},
        contract={"retype": "evolve"},  # what cannot be read is empty, and the row goes on
        curator={"rules": []},
    )
    collection = make(config=config, version=1)
    assert config.ingester is not None and config.mapper is not None
    concept = load_definition().concept(config.mapper.concept)
    connector = choose_connector(config.ingester, FilesBelow({"a" * 64: file}), Egress(), str, lambda: NOON)  # type: ignore[arg-type]
    read = ingest(collection, connector, shelf.staging, KnownBatches())  # type: ignore[arg-type]
    assert read is not None
    numbers, retype = config.ingester.numbers, config.contract.retype
    mapped = map_to_cim(read.ref, config.mapper, concept, shelf.staging, numbers=numbers, retype=retype)
    suite = suite_of(concept, config.curator, {rule.field for rule in config.mapper.rules})
    curated, _ = validate(mapped.ref, read.ref, suite, concept, shelf.staging, seal=shelf.secrets.seal)
    batch, _ = anonymize(curated.ref, config.anonymization, concept, shelf.secrets, shelf.staging)
    return shelf.datasets.load(batch, collection=collection, concept=concept, run_id="run-1", now=NOON)


def rows_of(database: Database, dataset_id: UUID) -> list[dict[str, Any]]:
    with psycopg.connect(database.admin_url, row_factory=dict_row) as connection:
        return connection.execute(f"SELECT * FROM data.d_{dataset_id.hex} ORDER BY _row_id").fetchall()  # type: ignore[arg-type]


def number(text: str, field: Mapping[str, Any]) -> Fraction:
    """Read a number by hand, by the signs that the lineage names."""
    plain = text.replace(field["thousands"] or "\0", "").replace(field["decimal"], ".").strip()
    return Fraction(f"-{plain.removesuffix('-')}" if plain.endswith("-") else plain)


def converted(value: Fraction, field: Mapping[str, Any], seconds: Fraction = Fraction(1)) -> float:
    return float((field["sign"] * value * field["multiplier"] * seconds + field["summand"]) / field["divisor"])


def test_a_value_is_computed_again_from_its_cell(database: Database, shelf: Shelf, loaded: BatchRecord) -> None:
    lineage = shelf.datasets.lineage(loaded.id)
    assert lineage is not None
    assert (lineage["collection_version"], lineage["concept"]) == (1, "meter_reading")
    fields = {each["field"]: each for each in lineage["fields"]}
    assert [each["rule"] for each in lineage["fields"]] == list(range(len(RULES)))
    cells = list(csv.DictReader(LINES.splitlines(), delimiter=";"))
    rows = rows_of(database, loaded.dataset_id)
    assert len(rows) == 4
    for row in rows:
        assert row["_batch_id"] == loaded.id
        cell = cells[row["_row_id"] - 1]  # the row's number in its source leads to its cells
        energy, volume = fields["energy"], fields["volume"]
        (power,) = energy["source"]
        assert (energy["interval"], energy["from_unit"], energy["to_unit"]) == ("row", "kW", "kWh")
        begin, end = row["interval_start"], row["interval_end"]
        assert energy["options"]["extract"] == "(.*) kW"
        read = number(cell[power].removesuffix(" kW"), energy)
        expected = converted(read, energy, Fraction(int((end - begin).total_seconds())))
        assert row["energy"] == pytest.approx(expected, rel=1e-15)
        if row["volume"] is not None:
            assert volume["formula"] == "b / a"
            a, b = (number(cell[volume["inputs"][name]], volume) for name in ("a", "b"))
            assert row["volume"] == pytest.approx(converted(b / a, volume), rel=1e-15)
        register, start = fields["register"], fields["interval_start"]
        assert row["register"] == register["options"]["join"].join(cell[column] for column in register["source"])
        local = datetime.strptime(cell[start["source"][0]], start["format"]).replace(tzinfo=ZoneInfo(start["zone"]))
        assert begin == local
        assert row["commodity"] == fields["commodity"]["constant"]
    assert [row["volume"] for row in rows] == [0.0025, 0.0024, None, 0.0025]
    assert fields["quality"]["read"] == "table"
    assert fields["quality"]["values"] == 2
    assert lineage["anonymized"] == {"usage_point_id": "pseudonym"}


QUANTITIES = """Zeit;Zone;Art;Wert
2024-05-01T00:00:00Z;ES;Preis;41,5
2024-05-01T00:00:00Z;PT;Preis;42
2024-05-01T01:00:00Z;ES;Menge;19,8
2024-05-01T00:00:00Z;ES;Menge;20,1
2024-05-01T00:00:00Z;ES;Menge;
2024-05-01T01:00:00Z;ES;Preis;39
"""
MERGED = {
    "concept": "market_price",
    "merge_rows": True,
    "rules": [
        {"field": "market_area", "source": "Zone"},
        {"field": "product", "constant": "day_ahead"},
        {"field": "auction_sequence", "constant": 1},
        {"field": "interval_start", "source": "Zeit", "format": "iso8601"},
        {"field": "price", "source": "Wert", "unit": "EUR/MWh", "where": {"Art": "Preis"}},
        {"field": "currency", "constant": "EUR"},
        {"field": "volume", "source": "Wert", "unit": "GWh", "where": {"Art": "Menge"}},
    ],
}


def test_every_value_of_a_merged_row_is_computed_again_from_its_own_cell(
    database: Database, shelf: Shelf, tmp_path: Path, a_stored_collection: Make
) -> None:
    loaded = load(tmp_path, shelf, a_stored_collection, QUANTITIES, MERGED, {})
    lineage = shelf.datasets.lineage(loaded.id)
    assert lineage is not None
    fields = {each["field"]: each for each in lineage["fields"]}
    cells = list(csv.DictReader(QUANTITIES.splitlines(), delimiter=";"))
    rows = rows_of(database, loaded.dataset_id)
    assert [(row["_row_id"], row["_row_ids"]) for row in rows] == [(1, [1, 4, 5]), (2, None), (3, [3, 6])]
    for row in rows:
        mine = [cells[number - 1] for number in row["_row_ids"] or [row["_row_id"]]]
        assert {cell["Zone"] for cell in mine} == {row["market_area"]}
        for name in ("price", "volume"):
            field = fields[name]
            ((column, value),) = field["options"]["where"].items()
            (source,) = field["source"]
            told = [cell[source] for cell in mine if cell[column] == value and cell[source]]
            expected = converted(number(told[0], field), field) if told else None
            assert row[name] == (None if expected is None else pytest.approx(expected, rel=1e-15))
    assert [row["volume"] for row in rows] == [20100, None, 19800]


STATES = """Zeit;Wert;Einheit
2024-05-01T00:00:00Z;1.500,5;Wh
2024-05-01T01:00:00Z;2,25;kWh
2024-05-01T02:00:00Z;9;MJ
2024-05-01T03:00:00Z;3;furlong
2024-05-01T04:00:00Z;4;
"""


def test_a_value_is_computed_again_by_the_unit_that_its_row_told(
    database: Database, shelf: Shelf, tmp_path: Path, a_stored_collection: Make
) -> None:
    energy = {"field": "energy", "source": "Wert", "unit_column": "Einheit", "unit": "MWh"}
    rules = [
        {"field": "usage_point_id", "constant": "P"},
        {"field": "register", "constant": "1.8.0"},
        {"field": "interval_start", "source": "Zeit", "format": "iso8601"},
        energy,
    ]
    mapper = {"concept": "meter_reading", "rules": rules}
    loaded = load(tmp_path, shelf, a_stored_collection, STATES, mapper, {"usage_point_id": {"method": "pseudonym"}})
    lineage = shelf.datasets.lineage(loaded.id)
    assert lineage is not None
    told = {each["field"]: each for each in lineage["fields"]}["energy"]
    units = {each["text"]: each for each in told["units"]}
    assert list(units) == ["", "MJ", "Wh", "kWh"]
    cells = list(csv.DictReader(STATES.splitlines(), delimiter=";"))
    values = {}
    for row in rows_of(database, loaded.dataset_id):
        cell = cells[row["_row_id"] - 1]
        values[row["_row_id"]] = row["energy"]
        if row["energy"] is not None:
            expected = converted(number(cell["Wert"], told), {**told, **units[cell[told["options"]["unit_column"]]]})
            assert row["energy"] == pytest.approx(expected, rel=1e-15)
    assert values == {1: 1.5005, 2: 2.25, 3: 2.5, 4: None, 5: 4000}


def test_lineage_holds_names_and_numbers_and_no_cell(shelf: Shelf, loaded: BatchRecord) -> None:
    told = str(shelf.datasets.lineage(loaded.id))
    assert not [cell for cell in ("1.234,5", "gesch.", "2024-01-01", "measured") if cell in told]


def test_batches_are_listed_newest_first_and_each_dataset_has_its_own(
    shelf: Shelf, loaded: BatchRecord, a_stored_collection: Callable[..., Collection]
) -> None:
    collection = a_stored_collection()
    made = [shelf.load(collection, shelf.stage(collection, []), run_id=f"run-{n}") for n in range(3)]
    listed = shelf.datasets.batches(collection.dataset_id)
    assert [each.id for each in listed] == sorted((each.id for each in made), reverse=True)  # all of one moment
    second = shelf.datasets.batches(collection.dataset_id, after=(listed[0].committed, listed[0].id), limit=1)
    assert second == listed[1:2]
    assert shelf.datasets.batch(collection.dataset_id, made[0].id) == made[0]
    with pytest.raises(Exception, match="none of this id"):
        shelf.datasets.batch(collection.dataset_id, loaded.id)
    assert shelf.datasets.lineage(uuid4()) is None
