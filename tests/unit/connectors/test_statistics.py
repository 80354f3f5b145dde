"""Cubes of statistics and typical years: read by their standards, told, or refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import TypeAdapter

from include.batch import PART_ROWS
from include.collection.formats.statistics import JsonStatFormat, SdmxJsonFormat
from include.collection.inspection import Inspection
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.choose import read_frames
from include.errors import SourceRefused
from tests.unit.connectors.bounded import MOST_MIB, read_bounded
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


def inspect(tmp_path: Path, text: str, name: str = "file", **given: str) -> Inspection:
    path = tmp_path / "file"
    path.write_text(text)
    return inspect_source(path, name, given)


def read(document: dict[str, Any], **form: Any) -> pl.DataFrame:
    kind = "sdmx_json" if "dataSets" in json.dumps(document) else "json_stat"
    content = Content.of(json.dumps(document).encode(), "cube.json")
    frames = read_frames(content, TypeAdapter(Format).validate_python({"kind": kind, **form}))
    return pl.concat(list(frames))


PRICES = [
    ("E7000", "Electricity", "AT", "2022-S1", "0.0"),
    ("E7000", "Electricity", "AT", "2022-S2", "0.1"),
    ("E7000", "Electricity", "BE", "2022-S1", "0.2"),
    ("E7000", "Electricity", "BE", "2022-S2", "0.3"),
    ("E7000", "Electricity", "DE", "2022-S1", "0.4"),
    ("E7000", "Electricity", "DE", "2022-S2", "0.5"),
    ("G3000", "Gas", "AT", "2022-S1", "0.6"),
    ("G3000", "Gas", "BE", "2022-S1", "0.8"),
    ("G3000", "Gas", "BE", "2022-S2", "0.9"),
    ("G3000", "Gas", "DE", "2022-S1", "1.0"),
    ("G3000", "Gas", "DE", "2022-S2", "1.1"),
]
"""The last dimension goes fastest; nothing is said of gas in Austria in the second half."""


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(DATASET, id="values by their places"),
        pytest.param({**DATASET, "value": [at / 10 if at != 7 else None for at in range(12)]}, id="a list of values"),
        pytest.param(dict(reversed(DATASET.items())), id="values before what they mean"),
        pytest.param(
            {
                "prices": {
                    "value": DATASET["value"],
                    "dimension": {**DIMENSION, "id": DATASET["id"], "size": DATASET["size"]},
                }
            },
            id="1.x, a bundle of one",
        ),
        pytest.param({**DATASET, "extension": {"dimension": {}, "value": [1]}}, id="extensions are no dataset"),
    ],
)
def test_cells_of_json_stat_have_names_for_their_places(document: dict[str, Any]) -> None:
    frame = read(document)
    assert frame.columns == ["siec", "siec label", "geo", "time", "value"]
    assert frame.rows() == PRICES
    assert read(document, labels=False).rows() == [(code, *rest) for code, _, *rest in PRICES]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        pytest.param({"1": "e", "7": "c"}, {1: "e", 7: "c"}, id="by places"),
        pytest.param([None, "e", *[None] * 5, "c", *[None] * 4], {1: "e", 7: "c"}, id="a list"),
        pytest.param("p", {at: "p" for at in range(12) if at != 7}, id="of all"),
    ],
)
def test_a_status_stands_beside_its_value_and_is_kept_without_one(status: Any, told: dict[int, str]) -> None:
    frame = read({**DATASET, "status": status}, labels=False)
    assert frame["status"].to_list() == [told.get(at) for at in range(12) if at != 7 or at in told]
    cells = {f"{row[0]} {row[1]} {row[2]}": row[3] for row in frame.rows()}
    assert cells.get("G3000 AT 2022-S2") is None
    assert cells["G3000 BE 2022-S1"] == "0.8"


def test_numbers_keep_their_digits_and_units_stand_beside_them() -> None:
    units = '{"e": {"label": "kWh", "decimals": 2}, "p": {"symbol": "EUR"}}'
    text = (
        '{"class": "dataset", "id": ["metric"], "size": [2], "value": [247.60, 12345678901234567890], '
        f'"dimension": {{"metric": {{"category": {{"index": ["e", "p"], "unit": {units}}}}}}}}}'
    )
    (frame,) = read_frames(Content.of(text.encode(), "cube.json"), JsonStatFormat())
    assert frame.rows() == [("e", "kWh", "247.60"), ("p", "EUR", "12345678901234567890")]


def test_a_dimension_of_one_category_may_have_a_label_alone() -> None:
    one = {"category": {"label": {"KWH": "Kilowatt-hour"}}}
    frame = read(
        {**DATASET, "id": ["unit", "time"], "size": [1, 2], "value": [1, 2], "dimension": {**DIMENSION, "unit": one}}
    )
    assert frame.rows() == [("KWH", "Kilowatt-hour", "2022-S1", "1"), ("KWH", "Kilowatt-hour", "2022-S2", "2")]


def test_inspection_reads_a_cube_and_tells_its_empty_cells(tmp_path: Path) -> None:
    found = inspect(tmp_path, json.dumps(DATASET), "file.json")
    assert found.detection.tables[0].form == JsonStatFormat()
    assert (found.tables[0].rows, found.tables[0].columns[-1].total) == (11, Decimal("5.9"))
    assert found.time
    assert (found.time.columns, found.time.first, found.time.resolution) == (("time",), "2022-01-01T00:00:00", "P6M")
    assert "1 of the cube's 12 cells have no value" in " ".join(issue.what for issue in found.issues)


def test_a_bundle_has_a_table_for_each_dataset(tmp_path: Path) -> None:
    one = {"value": [1, 2], "dimension": {**DIMENSION, "id": ["time"], "size": [2]}}
    bundle = {"a": one, "b": {**one, "value": [3, 5]}}
    found = inspect(tmp_path, json.dumps(bundle))
    assert [(each.name, each.columns[-1].total) for each in found.tables] == [("a", 3), ("b", 8)]
    assert inspect(tmp_path, json.dumps(bundle), dataset="b").tables[0].columns[-1].total == 8
    with pytest.raises(SourceRefused, match="several datasets: 'a', 'b'"):
        read(bundle)
    with pytest.raises(SourceRefused, match="is not in it"):
        read(bundle, dataset="c")


def _resized(**sizes: Any) -> dict[str, Any]:
    return {**DATASET, **sizes}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        pytest.param(_resized(value=[*range(13)]), "a value is of place 12, and its dimensions have 12", id="too many"),
        pytest.param(_resized(value={"x": 1}), "no whole number", id="no place"),
        pytest.param(_resized(value={"-1": 1}), "no whole number", id="a place before the first"),
        pytest.param(_resized(value={}), "the cube has no value", id="no value"),
        pytest.param(_resized(value=[None] * 12), "the cube has no value", id="nothing but null"),
        pytest.param(_resized(value=5), "its dataset has no values", id="a value that is none"),
        pytest.param(_resized(size=[2, 3, 3]), "another number of categories", id="a size that does not fit"),
        pytest.param(_resized(size=[2, 3, 10**14]), "another number of categories", id="an endless size"),
        pytest.param(_resized(size=[2, 3]), "3 dimensions, and 2 sizes", id="a size is missing"),
        pytest.param(_resized(id=["siec", "geo", "when"]), "has no categories", id="no such dimension"),
        pytest.param(_resized(id="siec"), "has no `id` and `size`", id="no list of dimensions"),
        pytest.param(
            {"class": "collection", "link": {"item": [DATASET]}}, "a collection of JSON-stat", id="a collection"
        ),
        pytest.param({"class": "dimension", "category": {}}, "it is a dimension", id="a dimension alone"),
        pytest.param(
            _resized(dimension={**DIMENSION, "time": {"category": {"index": {"a": 0, "b": 0}}}}),
            "or one twice",
            id="two categories of one place",
        ),
        pytest.param(
            _resized(dimension={**DIMENSION, "time": {"category": {"index": {"a": 0, "b": 10**14}}}}),
            "or one twice",
            id="a place beyond",
        ),
    ],
)
def test_a_cube_that_does_not_fit_its_dimensions_is_refused(document: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        read(document)


def test_plain_json_of_a_cube_is_refused(tmp_path: Path) -> None:
    for document, title in ((DATASET, "JSON-stat"), (MESSAGE, "SDMX-JSON")):
        with pytest.raises(SourceRefused, match=title):
            inspect(tmp_path, json.dumps(document), kind="json")
    with pytest.raises(SourceRefused, match="a collection of JSON-stat"):
        inspect(tmp_path, json.dumps({"class": "collection", "link": {"item": [DATASET]}}))
    listed = [{"class": "dataset", "href": f"https://json-stat.org/samples/{at}.json"} for at in range(7)]
    with pytest.raises(SourceRefused, match=r"one of the 7 that it lists: https.*/0.json, .*2 more"):
        inspect(tmp_path, json.dumps({"version": "2.0", "class": "collection", "link": {"item": listed}}))


def test_a_cube_longer_than_the_sample_is_read_in_bounded_memory(tmp_path: Path) -> None:
    times = {str(2000 + at): at for at in range(20_000)}
    time = {"category": {"index": times}}
    places = {str(at): at / 7 for at in range(120_000)}
    long = {**DATASET, "size": [2, 3, 20_000], "value": places, "dimension": {**DIMENSION, "time": time}}
    series = {"0:0": {"observations": {str(at): [at / 7] for at in range(120_000)}}}
    message = {"dataSets": [{"series": series}], "structure": STRUCTURE}
    endless = {**DATASET, "value": [1] * 1_100_000}
    files = {"cube": long, "message": message, "endless": endless}
    for name, document in files.items():
        (tmp_path / name).write_text(json.dumps(document))
    kinds = {"cube": "json_stat", "message": "sdmx_json", "endless": "json_stat"}
    read_ = read_bounded({tmp_path / name: {"kind": kinds[name]} for name in files})
    assert read_["cube"].rows == 120_000
    assert "more than 1,000,000 cells" in (read_["endless"].says or "")
    assert f"number {PART_ROWS - 1}" in (read_["message"].says or "")
    assert max(each.peak_mib for each in read_.values()) < MOST_MIB
    assert inspect(tmp_path, json.dumps(long)).detection.tables[0].form.kind == "json_stat"


CODED = {
    "dataSet": [{"id": "SOURCE", "values": [{"name": "Grid operators"}]}],
    "series": [{"id": "UNIT", "values": [{"id": "MWH", "name": "Megawatt-hour"}]}, {"id": "TITLE", "values": []}],
    "observation": [{"id": "OBS_STATUS", "values": [{"id": "A", "name": "Normal"}, {"id": "E", "name": "Estimated"}]}],
}
MESSAGE: dict[str, Any] = {
    "header": {"id": "x", "sender": {"id": "ECB"}},
    "dataSets": [
        {
            "action": "Information",
            "attributes": [0],
            "series": {
                "0:0": {"attributes": [0], "observations": {"0": [1.5, 0], "1": [2.5, 1]}},
                "0:1": {"attributes": [None, "France"], "observations": {"1": [20.50]}},
            },
        }
    ],
    "structure": {**STRUCTURE, "attributes": CODED},
}
OBSERVED = [
    ("A", "DE", "2020", "1.5", "A", "Normal", "MWH", "Megawatt-hour", None, "Grid operators"),
    ("A", "DE", "2021", "2.5", "E", "Estimated", "MWH", "Megawatt-hour", None, "Grid operators"),
    ("A", "FR", "2021", "20.5", None, None, None, None, "France", "Grid operators"),
]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(MESSAGE, id="1.0"),
        pytest.param({"structure": MESSAGE["structure"], "dataSets": MESSAGE["dataSets"]}, id="structure first"),
        pytest.param(
            {
                "meta": {"schema": "…"},
                "data": {
                    "dataSets": [{**MESSAGE["dataSets"][0], "structure": 1}],
                    "structures": [{"dimensions": {}}, MESSAGE["structure"]],
                },
            },
            id="2.0",
        ),
    ],
)
def test_observations_of_sdmx_have_names_for_their_places(message: dict[str, Any]) -> None:
    frame = read(message)
    assert frame.columns == [
        *("FREQ", "AREA", "TIME_PERIOD", "value", "OBS_STATUS", "OBS_STATUS label"),
        *("UNIT", "UNIT label", "TITLE", "SOURCE"),
    ]
    assert frame.rows() == OBSERVED
    assert read(message, labels=False).columns == [name for name in frame.columns if "label" not in name]


def test_flat_observations_of_several_measures() -> None:
    structure = {
        "dimensions": {
            "dataSet": [{"id": "FREQ", "values": [{"id": "Q"}]}],
            "observation": [
                {"id": "AREA", "values": [{"id": "DE"}, {"id": "FR"}]},
                {"id": "TIME_PERIOD", "values": [{"value": "2020-Q1"}, {"value": "2020-Q2"}]},
            ],
        },
        "measures": {"observation": [{"id": "PRICE"}, {"id": "VOLUME"}]},
        "attributes": {"observation": [{"id": "NOTE"}]},
    }
    sets = [{"observations": {"0:0": [1, 2.50, "x"], "1:1": [None, 4]}}, {"observations": {"1:0": [5]}}]
    frame = read({"data": {"dataSets": sets, "structures": [structure]}})
    assert frame.columns == ["FREQ", "AREA", "TIME_PERIOD", "PRICE", "VOLUME", "NOTE"]
    assert frame.rows() == [
        ("Q", "DE", "2020-Q1", "1", "2.5", "x"),
        ("Q", "FR", "2020-Q2", None, "4", None),
        ("Q", "FR", "2020-Q1", "5", None, None),
    ]


def test_inspection_reads_a_message(tmp_path: Path) -> None:
    found = inspect(tmp_path, json.dumps(MESSAGE))
    assert found.detection.tables[0].form == SdmxJsonFormat()
    assert (found.tables[0].rows, found.tables[0].columns[3].total) == (3, Decimal("24.5"))


def _message(**changed: Any) -> dict[str, Any]:
    return {**MESSAGE, "dataSets": [{**MESSAGE["dataSets"][0], **changed}]}


@pytest.mark.parametrize(
    ("message", "says"),
    [
        pytest.param(_message(series={"0": {"observations": {"0": [1]}}}), "has not the 2 places", id="a short key"),
        pytest.param(_message(series={"0:2": {"observations": {"0": [1]}}}), "'AREA' has 2 categories", id="beyond"),
        pytest.param(_message(series={"0:x": {"observations": {"0": [1]}}}), "no whole number", id="no place"),
        pytest.param(_message(series={"0:-1": {"observations": {"0": [1]}}}), "'AREA' has 2 categories", id="before"),
        pytest.param(_message(series={"0:1": {"observations": {"0": [1, 2]}}}), "STATUS' has 2", id="no such status"),
        pytest.param(_message(series={"0:1": {"observations": {"0": [1, 0, 3]}}}), "3 items", id="more than named"),
        pytest.param(_message(series={}), "no observation", id="nothing"),
        pytest.param(_message(action="Delete"), "is to be deleted", id="a deletion"),
        pytest.param(_message(structure=7), "no structure", id="another structure"),
        pytest.param({"dataSets": MESSAGE["dataSets"]}, "no structure", id="no structure"),
        pytest.param({**MESSAGE, "structure": {"dimensions": []}}, "are no object", id="no dimensions"),
        pytest.param({**MESSAGE, "structure": {"dimensions": {"series": [{}]}}}, "has no id", id="a nameless one"),
    ],
)
def test_a_message_that_does_not_fit_its_structure_is_refused(message: dict[str, Any], says: str) -> None:
    with pytest.raises(SourceRefused, match=says):
        read(message)


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
