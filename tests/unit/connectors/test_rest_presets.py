"""Presets of public sources, each against a server that answers in the recorded shape, and misbehaves on its way."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from include.batch import Window
from include.collection.preset import load_presets
from include.collection.rest_source import RestSource
from include.connectors.egress import Egress
from include.connectors.rest import RestApi
from tests.source_server import Asked, Reply, SourceServer
from tests.unit.connectors.rest_fixtures import NOW, SECRETS, Naps, reveal

MARKET_DOCUMENT = Path(__file__).parents[2] / "data" / "documents" / "22_entsoe_a44_prices_a03.xml"
WINDOW = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC))
BERLIN = ZoneInfo("Europe/Berlin")


def hours(first: datetime, last: datetime) -> list[datetime]:
    return [first + timedelta(hours=number) for number in range(int((last - first) / timedelta(hours=1)))]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def open_meteo(asked: Asked) -> Reply:
    assert (asked.get("latitude"), asked.get("longitude"), asked.get("timezone")) == ("49.61", "6.13", "GMT")
    names = asked.all("hourly")
    times = hours(day(asked.get("start_date")), day(asked.get("end_date")) + timedelta(days=1))
    columns = {name: [round(-1.5 + number, 1) for number, _ in enumerate(times)] for name in names}
    around = {"latitude": 49.6, "longitude": 6.1, "generationtime_ms": 0.4, "utc_offset_seconds": 0, "timezone": "GMT"}
    units = {"time": "iso8601", **dict.fromkeys(names, "°C")}
    hourly = {"time": [f"{time:%Y-%m-%dT%H:%M}" for time in times], **columns}
    return Reply({**around, "elevation": 300.0, "hourly_units": units, "hourly": hourly})


def pvgis(asked: Asked) -> Reply:
    assert (asked.get("lat"), asked.get("outputformat"), asked.get("pvcalculation")) == ("49.61", "json", "1")
    first, last = (datetime(int(asked.get(name)), 1, 1, 0, 10, tzinfo=UTC) for name in ("startyear", "endyear"))
    times = hours(first, last.replace(year=last.year + 1))
    row = {"P": 0.0, "G(i)": 0.0, "H_sun": 0.0, "T2m": 3.29, "WS10m": 2.62, "Int": 0.0}
    hourly = [{"time": f"{time:%Y%m%d:%H%M}", **row} for time in times]
    return Reply({"inputs": {"location": {"latitude": 49.61}}, "outputs": {"hourly": hourly}, "meta": {"inputs": {}}})


def eia(asked: Asked) -> Reply:
    assert asked.get("api_key") == SECRETS["plain"]
    assert (asked.get("data[0]"), asked.all("facets[type][]")) == ("value", ["D", "NG"])
    first, last = (datetime.strptime(asked.get(name), "%Y-%m-%dT%H").replace(tzinfo=UTC) for name in ("start", "end"))
    rows = [
        {"period": f"{time:%Y-%m-%dT%H}", "respondent": asked.get("facets[respondent][]"), "type": kind, "value": "9"}
        for time in hours(first, last + timedelta(hours=1))
        for kind in asked.all("facets[type][]")
    ]
    offset, length = int(asked.get("offset")), min(int(asked.get("length")), 40)
    around = {"total": str(len(rows)), "dateFormat": 'YYYY-MM-DD"T"HH24', "frequency": "hourly"}
    return Reply({"response": {**around, "data": rows[offset : offset + length]}, "apiVersion": "2.1.8"})


def smard(asked: Asked) -> Reply:
    (form,) = asked.json()["request_form"]
    assert (asked.method, form["format"], form["moduleIds"], form["region"]) == ("POST", "CSV", [5000410], "LU")
    first, last = (datetime.fromtimestamp(form[name] / 1000, BERLIN) for name in ("timestamp_from", "timestamp_to"))
    lines = ["Datum von;Datum bis;Gesamt (Netzlast) [MWh] Originalauflösungen"]
    time = first
    while time <= last:
        end = (time.astimezone(UTC) + timedelta(minutes=15)).astimezone(BERLIN)
        lines.append(f"{time:%d.%m.%Y %H:%M};{end:%d.%m.%Y %H:%M};1.234,5")
        time = end
    return Reply("\ufeff".encode() + "\n".join(lines).encode() + b"\n", headers={"Content-Type": "text/csv"})


def elering(asked: Asked) -> Reply:
    first, last = (datetime.fromisoformat(asked.get(name)) for name in ("start", "end"))
    rows = [{"timestamp": int(time.timestamp()), "price": 41.2} for time in hours(first, last + timedelta(seconds=1))]
    return Reply({"success": True, "data": {"ee": rows, "fi": rows[:1]}})


def awattar(asked: Asked) -> Reply:
    first, last = (datetime.fromtimestamp(int(asked.get(name)) / 1000, UTC) for name in ("start", "end"))
    rows = [
        {"start_timestamp": int(time.timestamp()) * 1000, "end_timestamp": 0, "marketprice": 80.1, "unit": "Eur/MWh"}
        for time in hours(first, last)
    ]
    return Reply({"object": "list", "data": rows, "url": "/at/v1/marketdata"})


def carbon_intensity(asked: Asked) -> Reply:
    _, _, first, last = asked.path.split("/")
    times = hours(datetime.fromisoformat(first), datetime.fromisoformat(last))
    return Reply(
        {
            "data": [
                {
                    "from": f"{time:%Y-%m-%dT%H:%MZ}",
                    "to": "",
                    "intensity": {"forecast": 45, "actual": 44, "index": "low"},
                }
                for time in times
            ]
        }
    )


def energy_charts(asked: Asked) -> Reply:
    assert asked.get("bzn") == "DE-LU"
    first, last = (datetime.fromisoformat(asked.get(name)).replace(tzinfo=BERLIN) for name in ("start", "end"))
    times = [int(time.timestamp()) for time in hours(first, last + timedelta(days=1))]
    return Reply({"license_info": "CC BY 4.0", "unix_seconds": times, "price": [1.5] * len(times), "unit": "EUR / MWh"})


def entsoe(asked: Asked) -> Reply:
    """Give whole market days, and an acknowledgement where there are none: as the platform does."""
    assert asked.get("securityToken") == SECRETS["plain"]
    first, last = (
        datetime.strptime(asked.get(f"period{end}"), "%Y%m%d%H%M").replace(tzinfo=UTC) for end in ("Start", "End")
    )
    if last <= datetime(2026, 2, 1, 23, tzinfo=UTC) or first >= datetime(2026, 2, 3, 23, tzinfo=UTC):
        reason = "<Reason><code>999</code><text>No matching data found</text></Reason>"
        name = "Acknowledgement_MarketDocument"
        return Reply(
            f'<{name} xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">{reason}</{name}>'.encode()
        )
    return Reply(MARKET_DOCUMENT.read_bytes(), headers={"Content-Type": "application/xml"})


EIA = {"respondent": "CISO", "types": ["D", "NG"], "secret_ref": "plain"}
BEGIN = {"begin": "2024-01-01"}
PLACE = {"latitude": 49.61, "longitude": 6.13}
PRICES = {"area": "10Y1001A1001A82H", "begin": "2026-02-01", "secret_ref": "plain"}
FEBRUARY = Window(datetime(2026, 2, 1, 23, tzinfo=UTC), datetime(2026, 2, 2, 11, tzinfo=UTC))

# preset, parameters, window, answer, rows, columns that a mapping needs
CASES: list[Any] = [
    ("open_meteo", {**PLACE, **BEGIN, "variables": ["temperature_2m", "cloud_cover"]}, WINDOW, open_meteo, 48,
     {"time", "temperature_2m", "cloud_cover"}),
    ("pvgis", {**PLACE, "first_year": 2020, "last_year": 2020}, None, pvgis, 8784, {"time", "P", "G(i)", "T2m"}),
    ("eia", {**EIA, **BEGIN}, WINDOW, eia, 96, {"period", "respondent", "type", "value"}),
    ("smard", {**BEGIN, "modules": [5000410], "region": "LU"}, WINDOW, smard, 192, {"Datum von", "Datum bis"}),
    ("elering", {**BEGIN, "area": "ee"}, WINDOW, elering, 48, {"timestamp", "price"}),
    ("awattar", {**BEGIN, "country": "at"}, WINDOW, awattar, 48, {"start_timestamp", "marketprice", "unit"}),
    ("carbon_intensity", BEGIN, WINDOW, carbon_intensity, 48, {"from", "intensity.actual", "intensity.forecast"}),
    ("energy_charts", {**BEGIN, "bidding_zone": "DE-LU"}, WINDOW, energy_charts, 72, {"unix_seconds", "price"}),
    ("entsoe_prices", {**PRICES, "format": {"kind": "market_document", "sequence": "1"}}, FEBRUARY, entsoe, 48,
     {"start", "end", "price.amount", "currency_Unit.name"}),
]  # fmt: skip


def read(server: SourceServer, preset: str, parameters: Any, window: Window | None) -> list[dict[str, str | None]]:
    public = RestSource.model_validate({"kind": "rest", "preset": preset, **parameters})
    here = public.model_copy(update={"url": server.url(urlsplit(public.url).path), "timeout_s": 1.0})
    api = RestApi(here, Egress(frozenset({server.here})), reveal, lambda: NOW, window, Naps().patience())
    return [row for frame in api.read(None).frames for row in frame.to_dicts()]


@pytest.mark.parametrize(("preset", "parameters", "window", "answer", "rows", "columns"), CASES)
def test_a_preset_reads_its_source(
    preset: str, parameters: Any, window: Any, answer: Any, rows: int, columns: set[str], server: SourceServer
) -> None:
    server.answer = answer
    found = read(server, preset, parameters, window)
    assert len(found) == rows
    assert columns <= set(found[0])
    assert len({str(row) for row in found}) == rows, "no row twice"


BAD = [
    pytest.param(Reply(status=429, headers={"Retry-After": "3"}), id="429"),
    pytest.param(Reply(status=500), id="500"),
    pytest.param(Reply(hang_up=True), id="hangs up"),
    pytest.param(Reply(b"x" * 30, drip_s=2), id="stalls"),
    pytest.param(Reply(b"{}", declared=999), id="wrong length"),
]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(("preset", "parameters", "window", "answer", "rows", "columns"), CASES)
def test_a_source_that_misbehaves_on_its_way_is_read_all_the_same(
    preset: str, parameters: Any, window: Any, answer: Any, rows: int, columns: Any, bad: Reply, server: SourceServer
) -> None:
    server.answer = every_second(bad, answer)
    assert len(read(server, preset, parameters, window)) == rows


@pytest.mark.parametrize(("preset", "parameters", "window", "answer", "rows", "columns"), CASES)
def test_a_body_that_is_cut_off_is_asked_for_again(
    preset: str, parameters: Any, window: Any, answer: Any, rows: int, columns: Any, server: SourceServer
) -> None:
    def cut(asked: Asked) -> Reply:
        whole = answer(asked).body
        packed = gzip.compress(whole if isinstance(whole, bytes) else json.dumps(whole).encode())
        return Reply(packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})

    turns = iter([True, *[False] * 99])
    server.answer = lambda asked: cut(asked) if next(turns) else answer(asked)
    assert len(read(server, preset, parameters, window)) == rows


def every_second(bad: Reply, answer: Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    turns = iter([bad, None] * 99)
    return lambda asked: next(turns) or answer(asked)


def test_entsoe_says_in_its_own_way_that_there_is_nothing(server: SourceServer) -> None:
    server.answer = entsoe
    window = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
    assert read(server, "entsoe_prices", PRICES, window) == []


def test_a_preset_is_written_out_and_what_its_owner_says_replaces_it() -> None:
    plain = {"kind": "rest", "preset": "open_meteo", **PLACE, **BEGIN}
    source = RestSource.model_validate(
        {**plain, "timeout_s": 5, "window": {"step": "P7D"}, "parameters": {"models": "era5"}}
    )
    assert source.url == "https://archive-api.open-meteo.com/v1/archive"
    assert source.window is not None
    assert (source.timeout_s, source.window.step, source.window.format) == (5, timedelta(days=7), "%Y-%m-%d")
    assert source.parameters["models"] == "era5"
    assert source.parameters["latitude"] == "49.61"
    assert RestSource.model_validate(source.model_dump(mode="json")) == source


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        ({"preset": "open_mateo"}, "no preset is called 'open_mateo'; Did you mean open_meteo"),
        ({"preset": "open_meteo"}, "needs `latitude`; add it: degrees north"),
        ({"preset": "open_meteo", **PLACE, "latitude": 91, **BEGIN}, "`latitude` is out of its range; write -90 to 90"),
        ({"preset": "open_meteo", **PLACE, "latitude": "49", **BEGIN}, "`latitude` is no number; write one"),
        ({"preset": "open_meteo", **PLACE, **BEGIN, "variables": ["a&b=c"]}, "`variables` is not written"),
        ({"preset": "open_meteo", **PLACE, **BEGIN, "variables": []}, "`variables` is an empty list"),
        ({"preset": "awattar", **BEGIN, "country": "evil.example.org/"}, "`country` is not written"),
        ({"preset": "eia", **EIA, **BEGIN, "latitude": 1}, "Extra inputs are not permitted"),
        ({"preset": ["a"]}, "no preset is called"),
        ({"preset": None}, "no preset is called"),
    ],
)
def test_a_parameter_that_cannot_be_is_told(plain: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        RestSource.model_validate({"kind": "rest", **plain})


def test_every_preset_is_tried() -> None:
    tried = {case[0] for case in CASES}
    assert set(load_presets()) - tried == {"entsoe_load"}, "the same document as entsoe_prices"
    for preset in load_presets().values():
        assert urlsplit(preset.ingester["url"]).scheme == "https"
