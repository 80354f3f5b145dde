"""Cubes of statistics and typical years: what a reader of rows would misunderstand is told or refused by name."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from include.collection.inspection import Inspection
from include.connectors.detection.inspect import inspect_source
from include.errors import SourceRefused
from tests.unit.connectors.test_known_files import EPW

DIMENSION: dict[str, Any] = {
    "siec": {"category": {"index": {"E7000": 0, "G3000": 1}, "label": {"E7000": "Electricity", "G3000": "Gas"}}},
    "geo": {"category": {"index": ["AT", "BE", "DE"]}},
    "time": {"category": {"index": {"2022-S1": 0, "2022-S2": 1}}},
}
DATASET: dict[str, Any] = {
    "version": "2.0",
    "class": "dataset",
    "label": "Prices for households",
    "updated": "2024-10-01T23:00:00+0200",
    "id": ["siec", "geo", "time"],
    "size": [2, 3, 2],
    "value": {str(at): at / 10 for at in range(12) if at != 7},
    "dimension": DIMENSION,
}
SERIES = {"0:0": {"observations": {"0": [1.5], "1": [2.5]}}, "0:1": {"observations": {"0": [10.5], "1": [20.5]}}}
STRUCTURE = {
    "dimensions": {
        "series": [{"id": "FREQ", "values": [{"id": "A"}]}, {"id": "AREA", "values": [{"id": "DE"}, {"id": "FR"}]}],
        "observation": [{"id": "TIME_PERIOD", "values": [{"id": "2020"}, {"id": "2021"}]}],
    }
}
CUBES = [
    pytest.param(DATASET, "JSON-stat", "SDMX-CSV", id="JSON-stat, values by their places"),
    pytest.param({**DATASET, "value": [*range(12)]}, "JSON-stat", "CSV", id="JSON-stat, a list of values"),
    pytest.param(
        {"prices": {"value": [1], "dimension": {**DIMENSION, "id": ["siec"], "size": [2]}}},
        "JSON-stat",
        "CSV",
        id="JSON-stat 1.x",
    ),
    pytest.param({"class": "collection", "link": {"item": [DATASET]}}, "JSON-stat", "CSV", id="a collection"),
    pytest.param(
        {"header": {"id": "x"}, "dataSets": [{"series": SERIES}], "structure": STRUCTURE},
        "SDMX-JSON",
        "vnd.sdmx.data",
        id="SDMX-JSON 1.0",
    ),
    pytest.param(
        {"meta": {}, "data": {"dataSets": [{"observations": {"0:0:0": [1.5]}}], "structures": [STRUCTURE]}},
        "SDMX-JSON",
        "vnd.sdmx.data",
        id="SDMX-JSON 2.0, flat",
    ),
]


def inspect(tmp_path: Path, text: str, name: str = "file", **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text(text)
    return inspect_source(path, name, given)


@pytest.mark.parametrize(("document", "title", "remedy"), CUBES)
def test_a_cube_is_refused_by_its_name(tmp_path: Path, document: dict[str, Any], title: str, remedy: str) -> None:
    with pytest.raises(SourceRefused, match=title) as refused:
        inspect(tmp_path, json.dumps(document), "file.json")
    assert remedy in str(refused.value)


def test_a_cube_longer_than_the_sample_is_refused_as_well(tmp_path: Path) -> None:
    long = {**DATASET, "size": [2, 3, 500_000], "value": {str(at): at / 7 for at in range(500_000)}}
    with pytest.raises(SourceRefused, match="JSON-stat"):
        inspect(tmp_path, json.dumps(long), "file.json")


def test_what_the_owner_points_at_in_a_cube_is_read(tmp_path: Path) -> None:
    found = inspect(tmp_path, json.dumps({**DATASET, "value": [*range(12)]}), records="$.value")
    assert found.tables[0].rows == 12


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"value": [{"time": "2024-01-01T00:00Z", "kWh": 1.5}] * 3, "dimension": "kWh"}, id="OData"),
        pytest.param({"class": "dataset", "rows": [{"time": "2024-01-01T00:00Z", "kWh": 1.5}] * 3}, id="a class"),
        pytest.param({"dataSets": [{"time": "2024-01-01T00:00Z", "kWh": 1.5}] * 3}, id="sets of data"),
    ],
)
def test_a_member_of_the_same_name_makes_no_cube(tmp_path: Path, document: dict[str, Any]) -> None:
    assert inspect(tmp_path, json.dumps(document), "file.json").tables[0].rows == 3


YEARS = (2004, 1998, 2011, 2011, 2003, 2012, 2009, 1999, 2005, 2010, 2007, 2002)


def test_a_typical_year_is_told_wherever_its_years_stand(tmp_path: Path) -> None:
    hours = [datetime(2001, 1, 1) + timedelta(hours=at) for at in range(8760)]  # noqa: DTZ001  # no zone's
    rows = [f"{YEARS[each.month - 1]},{each.month},{each.day},{each.hour + 1},60" for each in hours]
    epw = EPW.format(zone="1.0") + "".join(
        f"{row},?9,{at % 9}.5,1.0,80" + ",0" * 26 + "\n" for at, row in enumerate(rows)
    )
    one = "time(UTC),T2m\n" + "".join(
        f"{YEARS[each.month - 1]}{each:%m%d:%H}00,{at % 9}.5\n" for at, each in enumerate(hours)
    )
    for text in (epw, one):
        found = inspect(tmp_path, text)
        assert found.time
        assert (found.time.first or "")[:4] == "2004"
        assert (found.time.last or "")[:4] == "2002"
        (told,) = [issue for issue in found.issues if "typical year" in issue.what]
        assert "10 times" in told.what
