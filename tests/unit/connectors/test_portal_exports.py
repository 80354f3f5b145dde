"""Exports of portals of inverters, meters, cars, grids and markets, in their manner: what inspection says of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from include.cim.written_times import read_times
from include.collection.inspection import ColumnProfile, Inspection, TimeProfile
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.choose import read_frames
from tests.unit.connectors.workbooks import by_openpyxl

Inspect = Callable[..., Inspection]
BERLIN = ZoneInfo("Europe/Berlin")
LONG_DAY = [datetime.fromisoformat("2024-10-26T22:00+00:00") + at * timedelta(minutes=15) for at in range(100)]
"""The quarters of the day of 25 hours, in Berlin."""


@pytest.fixture
def inspect(tmp_path: Path) -> Inspect:
    def look(body: str | bytes, name: str = "export.csv", **given: object) -> Inspection:
        path = tmp_path / name
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        return inspect_source(path, name, given)

    return look


def _said(found: Inspection) -> str:
    return " ".join(issue.what for issue in found.issues)


def _column(found: Inspection, name: str) -> ColumnProfile:
    return next(each for each in found.tables[0].columns if each.name == name)


def _time(found: Inspection) -> TimeProfile:
    assert found.time is not None
    return found.time


def _clock(moment: datetime, form: str = "%d.%m.%Y %H:%M") -> str:
    return moment.astimezone(BERLIN).strftime(form)


def test_thousands_in_quotes_leave_no_columns_of_a_fixed_width(inspect: Inspect) -> None:
    cells = [f'"1,{at:03d}"' if at % 3 else str(at) for at in range(96)]
    rows = [f"2024-06-01 {at // 4:02d}:{at % 4 * 15:02d}:00 -0700,{cell},{at},0" for at, cell in enumerate(cells)]
    header = "Date/Time,Energy Produced (Wh),Energy Consumed (Wh),Exported to Grid (Wh)"
    found = inspect("\n".join([header, *rows, 'Total,"66,592","4,560",0']))
    assert found.detection.tables[0].form.kind == "csv"
    assert _column(found, "Energy Produced (Wh)").total == sum(1000 + at if at % 3 else at for at in range(96))
    assert _time(found).first == "2024-06-01T00:00:00-07:00"


def test_a_repeated_hour_makes_no_series_of_a_column_of_states(inspect: Inspect) -> None:
    rows = [f"{_clock(each, '%Y-%m-%dT%H:%M')},{at + 1},{at % 3 - 1}" for at, each in enumerate(LONG_DAY)]
    found = inspect("\n".join(["Timeinterval Start Loc,Isp,Regulation State", *rows]))
    assert (_time(found).resolution, _time(found).zone) == ("PT15M", "Europe/Berlin")
    assert _time(found).last == "2024-10-27T23:45:00+01:00"


def test_two_meters_are_two_series_in_the_repeated_hour_too(inspect: Inspect) -> None:
    rows = [f"{_clock(each)};{meter};{at},5" for at, each in enumerate(LONG_DAY) for meter in ("M1", "M2")]
    found = inspect("\n".join(["Zeit;Zähler;kWh", *rows]))
    assert _time(found).resolution == "PT15M"
    assert "has the time of its row before" not in _said(found)


@pytest.mark.parametrize("minutes", [15, 60])
def test_intervals_with_both_ends_go_on_through_the_repeated_hour(inspect: Inspect, minutes: int) -> None:
    step = timedelta(minutes=minutes)
    starts = [each for each in LONG_DAY if each.minute % minutes == 0]
    rows = [f"{_clock(each)};{_clock(each + step)};{at},5" for at, each in enumerate(starts)]
    found = inspect("\n".join(["Zeit von [CET/CEST];Zeit bis [CET/CEST];Wind [MW]", *rows]))
    assert (_time(found).first, _time(found).last) == ("2024-10-27T00:00:00+02:00", _clock(starts[-1], "%FT%T+01:00"))
    assert "run the other way" not in _said(found)
    assert "has the time of its row before" not in _said(found)


def test_an_interval_that_is_there_twice_is_still_told(inspect: Inspect) -> None:
    rows = [f"01.06.2024 {at:02d}:00;01.06.2024 {at + 1:02d}:00;{at}" for at in [*range(12), 11, *range(12, 23)]]
    assert "has the time of its row before once" in _said(inspect("\n".join(["Von;Bis;kWh", *rows])))


def test_the_span_of_a_query_is_no_end_of_its_rows(inspect: Inspect) -> None:
    rows = [f",,0,2024-06-01T00:00:00Z,2024-06-02T00:00:00Z,2024-06-01T{at:02d}:10:00Z,{at}.5" for at in range(24)]
    types = "#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double"
    found = inspect("\n".join([types, ",result,table,_start,_stop,_time,_value", *rows]))
    assert (_time(found).columns, _time(found).interval_label) == (("_time",), None)


def test_midnight_behind_the_days_other_ends_is_the_next_one(inspect: Inspect) -> None:
    ends = [f"{at * 30 // 60:02d}:{at * 30 % 60:02d}" for at in range(1, 48)] + ["00:00"]
    days = [f"1012345678901,{day}/06/2024," + ",".join(f"{day}.{at}" for at in range(48)) for day in range(20, 26)]
    found = inspect("\n".join([",".join(["MPAN", "Date", *ends]), *days]))
    assert found.tables[0].rows == 288
    assert (_time(found).first, _time(found).last) == ("2024-06-20T00:30:00", "2024-06-26T00:00:00")
    assert (_time(found).resolution, _time(found).interval_label) == ("PT30M", "end")
    assert "run the other way" not in _said(found)


def test_midnight_before_the_days_other_times_begins_it(inspect: Inspect) -> None:
    starts = [f"{at // 2:02d}:{at % 2 * 30:02d}" for at in range(48)]
    days = [f"{day}/06/2024," + ",".join(f"{day}.{at}" for at in range(48)) for day in range(20, 26)]
    found = inspect("\n".join([",".join(["Date", *starts]), *days]))
    assert (_time(found).first, _time(found).last) == ("2024-06-20T00:00:00", "2024-06-25T23:30:00")


@pytest.mark.parametrize(("letters", "count"), [("E", 96), ("V", 96), ("kW ", 96), ("C", 48), ("E", 100)])
def test_the_periods_of_a_day_may_have_any_letter(inspect: Inspect, letters: str, count: int) -> None:
    header = ";".join(["POD", "Data", *(f"{letters}{at}" for at in range(1, count + 1))])
    days = [
        f"IT001E12345678;2024060{day};" + ";".join(f"0,{day}{at:02d}" for at in range(count)) for day in range(1, 6)
    ]
    found = inspect("\n".join([header, *days]))
    assert found.tables[0].rows == 5 * count
    assert _time(found).first == "2024-06-01T00:00:00"
    assert _time(found).resolution == ("PT30M" if count == 48 else "PT15M")


@pytest.mark.parametrize("names", [[f"MT_{at:03d}" for at in range(1, 97)], [f"S{at}" for at in range(1, 13)]])
def test_meters_with_numbers_stay_columns(inspect: Inspect, names: list[str]) -> None:
    days = [f"2024-06-0{day}," + ",".join(f"{day}.{at}" for at in range(len(names))) for day in range(1, 6)]
    assert inspect("\n".join([",".join(["Date", *names]), *days])).tables[0].rows == 5


@pytest.mark.parametrize("written", ["{:02d} - {:02d}", "{:02d}-{:02d}", "{:d} - {:d}"])
@pytest.mark.parametrize("name", ["Period", "Block"])
def test_hours_from_and_to_are_hours_whatever_they_are_called(inspect: Inspect, name: str, written: str) -> None:
    rows = [f"2024-06-0{day},{written.format(at, at + 1)},{at}.5" for day in (1, 2) for at in range(24)]
    found = inspect("\n".join([f"Delivery day,{name},Low price (EUR/MWh)", *rows]))
    assert (_time(found).first, _time(found).last) == ("2024-06-01T00:00:00", "2024-06-02T23:00:00")
    assert _time(found).resolution == "PT1H"


def test_spans_of_several_hours_are_no_hours(inspect: Inspect) -> None:
    rows = [f"2024-06-0{day},{at:02d} - {at + 4:02d},{at}.5" for day in (1, 2, 3) for at in range(0, 24, 4)]
    assert _time(inspect("\n".join(["Delivery day,Block,Price", *rows]))).columns == ("Delivery day",)


def test_nanoseconds_since_1970(inspect: Inspect) -> None:
    rows = [f"power,host=a,{1717200000000000000 + at * 60 * 10**9},{at}.5" for at in range(30)]
    found = inspect("\n".join(["name,tags,time,value", *rows]))
    assert (_time(found).format, _time(found).zone) == ("epoch_ns", "UTC")
    assert (_time(found).first, _time(found).resolution) == ("2024-06-01T00:00:00+00:00", "PT1M")
    exact = read_times(pl.Series(["1717200000123456789"]), "epoch_ns").to_list()
    assert exact == [datetime.fromisoformat("2024-06-01T00:00:00.123456")]  # what is finer is cut off


@pytest.mark.parametrize("name", ["last_seen", "lastSeen", "device.last_changed", "last reported"])
def test_when_a_device_was_last_heard_is_a_time(inspect: Inspect, name: str) -> None:
    """Zigbee2MQTT counts milliseconds since 1970 there."""
    rows = "".join(f"{json.dumps({name: 1717200000000 + 600_000 * n, 'power': n * 7 % 50})}\n" for n in range(40))
    found = inspect(rows, "plug.json")
    assert found.time is not None
    assert (found.time.columns, found.time.format, found.time.resolution) == ((name,), "epoch_ms", "PT10M")


@pytest.mark.parametrize(
    ("start", "end", "scale"),
    [("start", "end", 1000), ("period_start", "period_end", 1), ("intervalStart", "intervalEnd", 1000)],
)
def test_ends_of_intervals_are_counted_since_1970_as_well(inspect: Inspect, start: str, end: str, scale: int) -> None:
    """Home Assistant's statistics; what two parties or a trend are called by such digits is none."""
    first, hour = 1_761_343_200, 3600
    rows = [
        {start: (first + at * hour) * scale, end: (first + (at + 1) * hour) * scale, "trend": first + at, "sum": at / 4}
        for at in range(30)
    ]
    found = inspect(json.dumps({"result": {"sensor.grid": rows}}), "statistics.json")
    assert (_time(found).columns, _time(found).resolution) == ((start,), "PT1H")
    assert _time(found).first == "2025-10-24T22:00:00+00:00"
    assert _column(found, "trend").type == "integer"


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M"])
def test_dst_behind_a_clock_is_left_to_the_order_of_the_rows(inspect: Inspect, form: str) -> None:
    hours = [datetime.fromisoformat("2024-11-02T05:00+00:00") + at * timedelta(hours=1) for at in range(73)]
    local = [each.astimezone(ZoneInfo("America/Chicago")) for each in hours]
    rows = [f"{each.strftime(form)}{' DST' if each.fold else ''},{at}.5" for at, each in enumerate(local)]
    found = inspect("\n".join(["Time,COAST", *rows]), zone="America/Chicago")
    assert (_time(found).first, _time(found).last) == ("2024-11-02T00:00:00-05:00", "2024-11-04T23:00:00-06:00")
    assert (_time(found).resolution, _said(found)) == ("PT1H", "")
    assert read_times(pl.Series(["2024-11-03 01:00:00 DST"]), "iso8601").to_list() == [datetime(2024, 11, 3, 1)]  # noqa: DTZ001


def test_decimal_commas_in_xml_and_no_column_for_its_schema(inspect: Inspect) -> None:
    schema = (
        '<xs:schema id="S" xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Prezzi"><xs:complexType/>'
        "</xs:element></xs:schema>"
    )
    prices = [
        f"<Prezzi><Data>20240601</Data><Ora>{at}</Ora><PUN>1{at:02d},540000</PUN></Prezzi>" for at in range(1, 25)
    ]
    found = inspect(f"<NewDataSet>{schema}{''.join(prices)}</NewDataSet>", "MGP.xml")
    assert [column.name for column in found.tables[0].columns] == ["Data", "Ora", "PUN"]
    assert _column(found, "PUN").total == sum(Decimal(f"1{at:02d}.54") for at in range(1, 25))


def test_decimal_commas_in_json_beside_real_numbers(inspect: Inspect, tmp_path: Path) -> None:
    prices = [
        {"Dia": "13/06/2024", "Hora": f"{at:02d}-{at + 1:02d}", "PCB": f"{at + 100},{at:02d}", "perfil": at + 0.25}
        for at in range(24)
    ]
    found = inspect(json.dumps({"PVPC": prices}), "pvpc.json")
    assert _column(found, "PCB").total == sum(Decimal(f"{at + 100}.{at:02d}") for at in range(24))
    assert _column(found, "perfil").total == sum(Decimal(at) + Decimal("0.25") for at in range(24))
    assert (_time(found).first, _time(found).last) == ("2024-06-13T00:00:00", "2024-06-13T23:00:00")
    with Content.open(tmp_path / "pvpc.json", "pvpc.json") as content:
        frame = pl.concat(list(read_frames(content, found.detection.tables[0].form)))
    assert frame["perfil"][0] == "0,25"  # as the others are written, so that one style reads both


@pytest.mark.parametrize(("cell", "asked"), [("1,234", True), ("1234.5", False)])
def test_what_reads_both_ways_in_a_document_is_asked(inspect: Inspect, cell: str, *, asked: bool) -> None:
    records = [{"time": f"2024-06-01T{at:02d}:00:00Z", "power": cell} for at in range(24)]
    found = inspect(json.dumps(records), "export.json")
    assert ("decimal" in [each.key for each in found.questions]) is asked
    told = inspect(json.dumps(records), "export.json", decimal=".", thousands=",")
    assert (told.questions, _column(told, "power").total) == ((), Decimal(cell.replace(",", "")) * 24)


def test_texts_with_decimal_commas_beside_the_real_numbers_of_a_sheet(inspect: Inspect) -> None:
    rows = [[datetime(2024, 6, day, 17), day + 0.125, f"€ {day},50"] for day in range(1, 26)]  # noqa: DTZ001
    found = inspect(by_openpyxl({"Sessions": [["Start date", "Kwh", "Costs"], *rows]}), "sessions.xlsx")
    assert _column(found, "Kwh").total == sum(day + Decimal("0.125") for day in range(1, 26))
    assert (_column(found, "Costs").total, _column(found, "Costs").unit) == (Decimal(325) + Decimal("12.5"), "EUR")


def test_a_comma_of_thousands_changes_no_real_number_of_a_sheet(inspect: Inspect) -> None:
    rows = [[datetime(2024, 6, day, 17), day + 0.125, f"1,234.{day:02d}"] for day in range(1, 26)]  # noqa: DTZ001
    found = inspect(by_openpyxl({"Sessions": [["Start date", "Kwh", "Counter"], *rows]}), "sessions.xlsx")
    assert _column(found, "Kwh").total == sum(day + Decimal("0.125") for day in range(1, 26))
