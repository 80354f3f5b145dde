"""The example with two heat pumps, from its file through curation, against the file as Python's csv module reads it."""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from include.batch import Stage
from include.cim.definition import load_definition
from include.connectors.choose import choose_connector
from include.connectors.egress import Egress
from include.pipeline.rehearse import rehearse
from tests.factories import NOON
from tests.fakes import FolderStaging
from tests.fakes_ingest import FilesBelow
from tests.integration.test_examples_truth import EXAMPLES, UPLOAD, example

MODES = {"Heizen": "heating", "Warmwasser": "dhw", "Abtauen": "defrost", "Bereitschaft": "standby", "Aus": "off"}
BEGIN = datetime(2024, 10, 25, 21, 45, tzinfo=UTC)
"""When the first quarter of an hour began: a quarter before midnight in Berlin."""


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    collection = example("80_heat_pumps.yaml")
    source, mapper = collection.config.ingester, collection.config.mapper
    assert source is not None and mapper is not None
    files = FilesBelow({UPLOAD: EXAMPLES / source.name})
    connector = choose_connector(source, files, Egress(), str, lambda: NOON)
    staging = FolderStaging(tmp_path_factory.mktemp("staging"))
    concept = load_definition().concept(mapper.concept)
    return rehearse(collection, connector, concept, staging, shown=1000)


@pytest.fixture(scope="module")
def cells() -> list[dict[str, str]]:
    with (EXAMPLES / "data" / "80_heat_pumps_made_up.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def number(cell: str) -> float | None:
    return float(cell.replace(",", ".")) if cell else None


def test_nothing_of_it_is_set_aside(rehearsed: Any, cells: list[dict[str, str]]) -> None:
    assert rehearsed.stopped is None
    assert rehearsed.issues == ()
    assert rehearsed.counts["rows_read"] == len(cells) == 293, "three days, of which one has 25 hours, and a midnight"
    assert rehearsed.counts["rows_unpivoted"] == rehearsed.counts["rows_curated"] == 2 * len(cells)
    assert rehearsed.counts["cells_without_previous"] == 2


@pytest.mark.parametrize("pump", ["WP1", "WP2"])
def test_every_value_is_that_of_its_cells(rehearsed: Any, cells: list[dict[str, str]], pump: str) -> None:
    rows: pl.DataFrame = rehearsed.frames[Stage.ANONYMIZED].filter(pl.col("device_id") == pump)
    assert rows["interval_start"].to_list() == [BEGIN + n * timedelta(minutes=15) for n in range(len(cells))]
    assert rows["mode"].to_list() == [MODES[row[f"{pump} Betriebsart"]] for row in cells]
    electric, heat = ([number(row[f"{pump} {what} (kW)"]) for row in cells] for what in ("Strom", "Wärme"))
    assert rows["electric_power"].to_list() == pytest.approx([None if p is None else p * 1000 for p in electric])
    assert rows["electric_energy"].sum() == pytest.approx(sum(p / 4 for p in electric if p is not None))
    expected = [
        h / e if h is not None and e is not None and mode in {"heating", "dhw"} else None
        for h, e, mode in zip(heat, electric, rows["mode"], strict=True)
    ]
    assert rows["cop"].to_list() == expected
    assert 2.5 < rows["cop"].mean() < 4.5
    meter = [number(row[f"{pump} Wärmezähler (kWh)"]) or 0.0 for row in cells]
    counted = [None, *((after - before) % 100_000 for before, after in itertools.pairwise(meter))]
    assert rows["heat_energy"].to_list() == pytest.approx(counted)
    assert Counter(after < before for before, after in itertools.pairwise(meter))[True] == (pump == "WP2")
