"""JSON as devices, services and libraries answer: which table is found, with which columns."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest

from include.collection.formats.json_records import JsonFormat
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import take_sample
from include.connectors.formats.json_records import json_frames
from include.errors import ConfigurationInvalid, SourceRefused
from tests.unit.connectors.documents import DATA, ROOT, detect_bytes, read_tables

HOURS = [f"2024-01-01T{hour:02}:00" for hour in range(24)]
PAIRS = [[1704063600000, 5.5], [1704064500000, None]]
PRICES = [
    {"total": 0.3, "startsAt": "2024-01-01T00:00:00+01:00"},
    {"total": 0.31, "startsAt": "2024-01-01T01:00:00+01:00"},
]


def main(document: Any) -> tuple[list[str], int]:
    """The main table's columns and rows."""
    frame = next(iter(read_tables(json.dumps(document).encode()).values()))
    return frame.columns, frame.height


@pytest.mark.parametrize(
    ("document", "columns", "rows"),
    [
        pytest.param(
            {
                "latitude": 52.5,
                "hourly_units": {"time": "iso8601", "temperature_2m": "°C"},
                "hourly": {"time": HOURS, "temperature_2m": [1.5] * 24},
                "daily": {"time": ["2024-01-01"], "sum": [3.2]},
            },
            ["time", "temperature_2m"],
            24,
            id="Open-Meteo: parallel lists",
        ),
        pytest.param(
            {
                "response": {
                    "total": "2",
                    "data": [{"period": "2024-01-01T00", "value": "1"}, {"period": "2024-01-01T01", "value": "2"}],
                },
                "request": {"params": {"offset": 0, "length": 5000}},
                "apiVersion": "2.1.6",
            },
            ["period", "value"],
            2,
            id="EIA: records among numbers about pages",
        ),
        pytest.param({"meta_data": {"version": 1}, "series": PAIRS}, ["column_1", "column_2"], 2, id="SMARD: pairs"),
        pytest.param(
            [{"name": "Load", "data": PAIRS}, {"name": "Wind", "data": PAIRS}],
            ["name", "column_1", "column_2"],
            4,
            id="Highcharts: a series of pairs with its name",
        ),
        pytest.param(
            {"unix_seconds": [1704063600, 1704064500, 1704065400], "price": [1, 2, 3], "unit": "EUR / MWh"},
            ["unit", "unix_seconds", "price"],
            3,
            id="Energy-Charts: lists at the top, their unit beside them",
        ),
        pytest.param(
            {
                "unix_seconds": [1704063600, 1704064500],
                "production_types": [{"name": "Load", "data": [1, 2]}, {"name": "Solar", "data": [0, 0]}],
            },
            ["production_types.name", "data", "unix_seconds"],
            4,
            id="Energy-Charts: series along times that stand above them",
        ),
        pytest.param(
            {"relays": [{"ison": False}], "emeters": [{"power": 98.54, "voltage": 231.6}] * 3, "total_power": 295.6},
            ["power", "voltage"],
            3,
            id="Shelly: a list of phases",
        ),
        pytest.param(
            {"StatusSNS": {"Time": "2024-01-01T12:00:00", "ENERGY": {"Total": 123.456, "Power": [10, 20, 30]}}},
            ["StatusSNS.Time", "StatusSNS.ENERGY.Total", "StatusSNS.ENERGY.Power"],
            1,
            id="Tasmota: one object",
        ),
        pytest.param(
            {
                "system_id": 1765,
                "total_devices": 1,
                "intervals": [{"end_at": 1704064500 + 900 * n, "powr": n, "enwh": n} for n in range(3)],
                "meta": {"last_report_at": 1704065000},
            },
            ["end_at", "powr", "enwh"],
            3,
            id="Enphase: intervals",
        ),
        pytest.param(
            {
                "energyDetails": {
                    "timeUnit": "DAY",
                    "unit": "Wh",
                    "meters": [
                        {"type": "Production", "values": [{"date": "2024-01-01 00:00:00", "value": 1.0}]},
                        {"type": "Consumption", "values": [{"date": "2024-01-01 00:00:00", "value": 2.0}]},
                    ],
                }
            },
            ["energyDetails.unit", "energyDetails.meters.type", "date", "value"],
            2,
            id="SolarEdge: values of meters, with what tells them apart",
        ),
        pytest.param(
            {"data": {"viewer": {"homes": [{"priceInfo": {"today": PRICES, "tomorrow": PRICES}}]}}},
            ["key", "total", "startsAt"],
            4,
            id="Tibber: today and tomorrow are one table",
        ),
        pytest.param(
            {
                "count": 1,
                "next": None,
                "results": [{"consumption": 0.063, "interval_start": "2018-05-19T00:30:00+0100"}],
            },
            ["consumption", "interval_start"],
            1,
            id="Octopus: results",
        ),
        pytest.param(
            [
                {"bn": "urn:dev:1:", "bt": 1276020076.001, "n": "voltage", "u": "V", "v": 120.1},
                {"n": "current", "v": 1.2},
            ],
            ["name", "time", "unit", "value"],
            2,
            id="SenML: records",
        ),
        pytest.param(
            [[{"entity_id": "sensor.a", "state": "1"}, {"state": "2"}], [{"entity_id": "sensor.b", "state": "3"}]],
            ["entity_id", "state"],
            3,
            id="Home Assistant: history in lists of lists",
        ),
        pytest.param(
            {"sensor.a": [{"start": 1, "sum": 1.5}], "sensor.b": [{"start": 1, "sum": 2.5}]},
            ["key", "start", "sum"],
            2,
            id="Home Assistant: statistics by sensor",
        ),
        pytest.param(
            {"data": {"result": [{"metric": {"job": "a"}, "values": [[1704063600, "1.5"], [1704063660, "2.5"]]}]}},
            ["data.result.metric.job", "column_1", "column_2"],
            2,
            id="Prometheus: labels",
        ),
        pytest.param(
            {
                "results": [
                    {"series": [{"name": "p", "columns": ["time", "v"], "values": [["2024-01-01T00:00:00Z", 1]]}]}
                ]
            },
            ["results.series.name", "time", "v"],
            1,
            id="InfluxDB: a header beside the values",
        ),
        pytest.param(
            [["time", "load"], ["2024-01-01T00:00Z", 1.5]], ["time", "load"], 1, id="a header in the first row"
        ),
        pytest.param(
            {"Time Series (60min)": {"2024-01-01 00:00:00": {"open": 1}, "2024-01-01 01:00:00": {"open": 2}}},
            ["time", "open"],
            2,
            id="records by time",
        ),
    ],
)
def test_the_main_table_is_found(document: Any, columns: list[str], rows: int) -> None:
    assert main(document) == (columns, rows)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
@pytest.mark.parametrize(
    "name",
    ["tests/data/documents/37_forecast_solar_keys_as_time.json", "examples/data/14_givenergy_inverter_battery.json"],
)
def test_the_same_table_is_found_where_the_sample_is_cut(name: str, share: float) -> None:

    body = (ROOT / name).read_bytes()
    sample = take_sample("a document", lambda: Content.of(body, "a document"))
    cut = replace(sample, head=body[: int(len(body) * share)], whole=False)
    assert detect(cut, {}).tables[0] == detect(sample, {}).tables[0]


def test_long_parallel_lists_are_one_table_wherever_the_sample_ends() -> None:
    times = [f"2024-01-01T00:00:00.{number:06}" for number in range(60_000)]
    body = json.dumps({"lat": 1, "hourly": {"time": times, "a": [1.5] * 60_000, "b": [2.5] * 60_000}}).encode()
    assert len(body) > 2 << 20
    assert read_tables(body)["hourly"].shape == (60_000, 3)


def test_lines_of_json_are_records_packed_or_not() -> None:
    body = b'{"t": "2024-01-01T00:00:00Z", "v": {"a": 1.50}}\n{"t": "2024-01-01T00:01:00Z", "v": {"a": 1.60}}\n'
    for written in (body, gzip.compress(body), body.replace(b"\n", b"\r\n")):
        assert read_tables(written)["records"]["v.a"].to_list() == ["1.50", "1.60"]


def test_the_owner_points_at_another_table() -> None:
    body = (DATA / "41_homewizard_p1_data.json").read_bytes()
    found = detect_bytes(body, records="$.external")
    assert [table.name for table in found.tables] == ["external"]
    given = {"records": "$", "shape": "object"}
    assert read_tables(body, **given)["records"].height == 1


@pytest.mark.parametrize("given", [{"recrods": "$.external"}, {"shape": "rows"}, {"records": "external"}])
def test_a_setting_that_does_not_fit_is_told(given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationInvalid):
        detect_bytes(b'[{"a": 1}]', **given)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(b'{"hourly": {"time": [1, 2], "a": [1, 2]}', "the JSON ends too early", id="cut off"),
        pytest.param(b'{"data": [{"a": 1},]}', "it is no JSON from line 1", id="a comma too many"),
        pytest.param(b'{"a": "caf\xe9"}', "is not text in utf-8", id="another encoding"),
        pytest.param(b'{"a": []}', "no", id="nothing in it"),
        pytest.param(b'[["a", "b"], [1, 2], [1]]', "has 1 items, and 2 are named", id="rows of different length"),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read_tables(body)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'[{"a": 1},\n {"a": NaN}, {"a": -Infinity}]', id="a list"),
        pytest.param(b'{"a": 1}\n {"a": NaN}\n{"a": Infinity}\n', id="lines"),
    ],
)
def test_what_python_writes_for_no_number_is_nothing_and_told(body: bytes) -> None:
    content = Content.of(body, "a.json")
    form = detect_bytes(body).tables[0].form
    assert isinstance(form, JsonFormat)
    assert [row for frame in json_frames(content, form) for row in frame["a"]] == ["1", None, None]
    (issue,) = content.issues
    assert issue.where == "the value that begins at line 2, column 2"
    assert issue.what.startswith("it holds NaN, which is no JSON")


def test_another_encoding_can_be_set() -> None:
    assert read_tables(b'[{"a": "caf\xe9"}]', encoding="cp1252")["records"]["a"].to_list() == ["café"]


def test_text_that_only_begins_like_json_is_left_to_others() -> None:
    assert detect_bytes(b"[Header]\na;b\n1;2\n").tables[0].form.kind == "csv"


def test_what_the_first_record_of_each_list_says_holds_for_those_after_it() -> None:
    """Home Assistant's history with `minimal_response`: the last record has times of its own."""
    full = {"attributes": {"unit_of_measurement": "W", "device_class": "power"}, "last_updated": "2026-01-01T09:00:00Z"}
    lists = [
        [
            {"entity_id": name, "state": "1", "last_changed": "2026-01-01T00:00:00Z", **full},
            {"state": "2", "last_changed": "2026-01-01T01:00:00Z"},
            {"state": "unavailable", "last_changed": "2026-01-01T02:00:00Z"},
            {"entity_id": name, "state": "4", "last_changed": "2026-01-01T03:00:00Z", **full},
        ]
        for name in ("sensor.grid", "sensor.solar")
    ]
    body = json.dumps(lists).encode()
    found = detect_bytes(body)
    form = found.tables[0].form
    assert isinstance(form, JsonFormat)
    assert form.carry == ("entity_id", "attributes.unit_of_measurement", "attributes.device_class")
    assert "'entity_id'" in found.issues[0].what
    frame = read_tables(body)["records"]
    assert frame["entity_id"].to_list() == ["sensor.grid"] * 4 + ["sensor.solar"] * 4
    assert set(frame["attributes.unit_of_measurement"]) == {"W"}
    assert frame["last_updated"].null_count() == 4
    assert read_tables(body, carry=[])["records"]["entity_id"].null_count() == 4
    plain = [[{"id": "a", "v": at, "note": "x"} for at in range(4)], [{"id": "b", "v": at} for at in range(4)]]
    assert getattr(detect_bytes(json.dumps(plain).encode()).tables[0].form, "carry", None) == ()
