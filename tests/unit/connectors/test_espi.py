"""Green Button feeds, of the shape that NAESB's samples have."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from include.cim.definition import load_definition
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.propose import Proposal
from include.collection.mapping_preset import expand_mapping
from include.collection.suggesting import suggest_fields
from include.connectors.detection.inspect import inspect_source
from include.errors import SourceRefused
from tests.messages import rows_of
from tests.unit.connectors.documents import read_tables

HOST = "https://services.greenbuttondata.org/DataCustodian/espi/1_1/resource/"
CUSTOMER = "RetailCustomer/9b6c7063/UsagePoint/01"


def entry(itself: str, up: str, related: list[str], content: str) -> str:
    links = [("self", itself), ("up", up), *(("related", each) for each in related)]
    written = "".join(f'<link rel="{rel}" href="{HOST}{href}"/>' for rel, href in links)
    return f"<entry><id>urn:uuid:1</id>{written}<title/><content>{content}</content></entry>"


def reading_type(
    number: str, uom: str, power: str, direction: str = "1", commodity: str = "1", accumulation: str = "4"
) -> str:
    return entry(
        f"ReadingType/{number}",
        "ReadingType",
        [],
        f"""<espi:ReadingType><espi:accumulationBehaviour>{accumulation}</espi:accumulationBehaviour>
        <espi:commodity>{commodity}</espi:commodity><espi:currency>840</espi:currency><espi:dataQualifier>12</espi:dataQualifier>
        <espi:flowDirection>{direction}</espi:flowDirection><espi:intervalLength>900</espi:intervalLength>
        <espi:kind>12</espi:kind><espi:phase>769</espi:phase>
        <espi:powerOfTenMultiplier>{power}</espi:powerOfTenMultiplier><espi:uom>{uom}</espi:uom></espi:ReadingType>""",
    )


def meter_reading(number: str, kind: str) -> str:
    itself = f"{CUSTOMER}/MeterReading/{number}"
    related = [f"{itself}/IntervalBlock", f"ReadingType/{kind}"]
    return entry(itself, f"{CUSTOMER}/MeterReading", related, "<espi:MeterReading/>")


def block(number: str, meter: str, values: list[int], start: int = 1704067200, more: str = "") -> str:
    readings = "".join(
        f"""<espi:IntervalReading>{more}<espi:timePeriod><espi:duration>900</espi:duration>
        <espi:start>{start + 900 * place}</espi:start></espi:timePeriod><espi:value>{value}</espi:value>
        </espi:IntervalReading>"""
        for place, value in enumerate(values)
    )
    up = f"{CUSTOMER}/MeterReading/{meter}/IntervalBlock"
    return entry(
        f"{up}/{number}",
        up,
        [],
        f"""<espi:IntervalBlock><espi:interval><espi:duration>86400</espi:duration><espi:start>{start}</espi:start>
        </espi:interval>{readings}</espi:IntervalBlock>""",
    )


TIMES = entry(
    "LocalTimeParameters/01",
    "LocalTimeParameters",
    [],
    """<espi:LocalTimeParameters><espi:dstEndRule>B40E2000</espi:dstEndRule><espi:dstOffset>3600</espi:dstOffset>
    <espi:dstStartRule>360E2000</espi:dstStartRule><espi:tzOffset>-18000</espi:tzOffset></espi:LocalTimeParameters>""",
)
POINT = entry(
    CUSTOMER,
    "RetailCustomer/9b6c7063/UsagePoint",
    [f"{CUSTOMER}/MeterReading", "LocalTimeParameters/01"],
    "<espi:UsagePoint><espi:ServiceCategory><espi:kind>0</espi:kind></espi:ServiceCategory></espi:UsagePoint>",
)


def feed(*entries: str) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="espi.xslt"?>
    <feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">
    <id>urn:uuid:0</id><title>Green Button Usage Feed</title>{"".join(entries)}</feed>""".encode()


def test_values_come_in_their_unit_and_their_time_in_utc() -> None:
    cost = "<espi:cost>974</espi:cost><espi:ReadingQuality><espi:quality>8</espi:quality></espi:ReadingQuality>"
    body = feed(
        POINT, TIMES, meter_reading("01", "07"), reading_type("07", "72", "-3"), block("1", "01", [974, 10], more=cost)
    )
    frame = read_tables(body)["readings"]
    first = frame.row(0, named=True)
    assert frame.height == 2
    assert frame["value"].to_list() == ["0.974", "0.010"]
    assert (first["start"], first["end"]) == ("2024-01-01T00:00:00Z", "2024-01-01T00:15:00Z")
    assert (first["unit"], first["commodity"], first["flow_direction"]) == ("Wh", "electricity", "forward")
    assert (first["cost"], first["currency"]) == ("0.00974", "USD")
    assert first["quality"] == "estimated by a reference day"
    assert (first["tz_offset_s"], first["dst_start_rule"]) == ("-18000", "360E2000")


def test_the_unit_of_a_feed_is_that_of_its_values_and_its_costs_have_their_currency(tmp_path: Path) -> None:
    kind = reading_type("07", "72", "-3").replace("840", "978")
    body = feed(
        POINT, TIMES, meter_reading("01", "07"), kind, block("1", "01", [974], more="<espi:cost>974</espi:cost>")
    )
    (tmp_path / "feed").write_bytes(body)
    units = {column.name: column.unit for column in inspect_source(tmp_path / "feed", "feed", {}).tables[0].columns}
    assert (units["value"], units["cost"], units["duration_s"], units["phase"]) == ("Wh", "EUR", "s", None)


def test_several_reading_types_stay_apart_wherever_they_stand() -> None:
    body = feed(
        POINT,
        block("1", "01", [1, 2]),  # before anything says what it is
        meter_reading("01", "07"),
        meter_reading("02", "08"),
        block("1", "02", [5]),
        reading_type("07", "72", "0"),
        reading_type("08", "72", "3", direction="19"),
    )
    frame = read_tables(body)["readings"]
    assert sum(map(Decimal, frame.filter(flow_direction="forward")["value"])) == 3
    assert frame.filter(flow_direction="reverse")["value"].to_list() == ["5000"]
    assert set(frame["usage_point"]) == {f"DataCustodian/espi/1_1/resource/{CUSTOMER}"}


def test_usage_points_whose_numbers_begin_alike_keep_their_blocks_and_powers_of_ten() -> None:
    one, ten = "RetailCustomer/1/UsagePoint/1", "RetailCustomer/1/UsagePoint/10"
    parts = [reading_type("05", "72", "0"), reading_type("06", "72", "3")]
    for point, kind in ((one, "05"), (ten, "06")):
        parts += [
            each.replace(CUSTOMER, point)
            for each in (
                POINT,
                meter_reading("01", kind),
                block("1", "01", [100, 200]),
                block("2", "01", [400], 1704069000),
            )
        ]
    frame = read_tables(feed(*parts))["readings"]
    for point, values in ((one, ["100", "200", "400"]), (ten, ["100000", "200000", "400000"])):
        assert frame.filter(pl.col("usage_point").str.ends_with(point))["value"].to_list() == values
    assert frame["start"].n_unique() == 3


def test_gas_has_its_own_unit() -> None:
    body = feed(meter_reading("01", "07"), reading_type("07", "169", "-2", commodity="7"), block("1", "01", [123]))
    row = read_tables(body)["readings"].row(0, named=True)
    assert (row["value"], row["unit"], row["commodity"]) == ("1.23", "therm", "natural gas")


def test_one_reading_type_is_enough_where_links_are_missing() -> None:
    body = feed(reading_type("07", "72", "0"), block("1", "01", [5])).replace(b"<link ", b"<nolink ")
    assert read_tables(body)["readings"]["unit"].to_list() == ["Wh"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(feed(POINT), "no interval reading", id="nothing"),
        pytest.param(feed(block("1", "01", [5])), "belongs to no ReadingType", id="no reading type"),
        pytest.param(
            feed(reading_type("07", "72", "0"), reading_type("08", "38", "0"), block("1", "01", [5])),
            "belongs to no ReadingType",
            id="two reading types and no link",
        ),
        pytest.param(
            feed(meter_reading("01", "07"), reading_type("07", "72", "0"), block("1", "01", [5], start=10**18)),
            "timePeriod is no time",
            id="a time out of the calendar",
        ),
    ],
)
def test_a_feed_that_does_not_say_what_it_holds_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read_tables(body)
    assert says in str(raised.value)


def propose(body: bytes, folder: Path) -> Proposal:
    (folder / "feed.xml").write_bytes(body)
    inspection = inspect_source(folder / "feed.xml", "feed.xml", {})
    return suggest_fields(inspection, "feed.xml", load_definition().concepts())[1]


def test_what_was_counted_is_mapped_by_its_unit(tmp_path: Path) -> None:
    """Import and export of one point, and gas, whose power of ten differs."""
    cost = "<espi:cost>2500</espi:cost><espi:tou>2</espi:tou>"
    body = feed(
        TIMES, POINT, reading_type("1", "72", "2"), reading_type("2", "72", "0", "19"),
        reading_type("3", "42", "-2", commodity="7"), meter_reading("1", "1"), meter_reading("2", "2"),
        meter_reading("3", "3"), block("1", "1", [5, 7], more=cost), block("1", "2", [120, 80]),
        block("1", "3", [13]),
    )  # fmt: skip
    rows = rows_of(body, "espi_readings", tmp_path)
    assert [
        (row["register"], row["commodity"], row["flow_direction"], row["energy"], row["volume"], row["cost"])
        for row in rows
    ] == [
        ("1", "electricity", "forward", 0.5, None, 0.025),
        ("1", "electricity", "forward", 0.7, None, 0.025),
        ("2", "electricity", "reverse", 0.12, None, None),
        ("2", "electricity", "reverse", 0.08, None, None),
        ("3", "gas", "forward", None, 0.13, None),
    ]
    assert {row["usage_point_id"] for row in rows} == {f"DataCustodian/espi/1_1/resource/{CUSTOMER}"}
    assert propose(body, tmp_path) == Proposal(
        MapperConfig.model_validate(expand_mapping({"preset": "espi_readings"})), ()
    )


@pytest.mark.parametrize("accumulation", ["1", "3"])
def test_a_register_gives_what_it_counted_since_the_reading_before(accumulation: str, tmp_path: Path) -> None:
    readings = [1_000_000, 1_000_250, 1_000_900, 1_000_900]
    body = feed(TIMES, POINT, reading_type("1", "72", "0", accumulation=accumulation), meter_reading("1", "1"),
                block("1", "1", readings))  # fmt: skip
    rows = [row for row in rows_of(body, "espi_registers", tmp_path) if row["interval_start"] is not None]
    assert [row["energy"] for row in rows] == pytest.approx([0.25, 0.65, 0])
    assert [row["cumulative_energy"] for row in rows] == pytest.approx([1000.25, 1000.9, 1000.9])
    assert rows[0]["interval_start"] == datetime.fromtimestamp(1704067200 + 900, UTC)
    assert rows[0]["interval_end"] == datetime.fromtimestamp(1704067200 + 1800, UTC)
    assert propose(body, tmp_path) == Proposal(
        MapperConfig.model_validate(expand_mapping({"preset": "espi_registers"})), ()
    )


def test_what_a_ready_made_mapping_leaves_out_or_lacks_is_told(tmp_path: Path) -> None:
    mixed = feed(
        TIMES, POINT, reading_type("1", "72", "0"), reading_type("2", "169", "0", commodity="7"),
        meter_reading("1", "1"), meter_reading("2", "2"), block("1", "1", [5, 7]), block("1", "2", [120, 80]),
    )  # fmt: skip
    (told,) = propose(mixed, tmp_path).missing
    assert (told.where, told.what) == ("mapper.where.unit", "rows are left out whose 'unit' is 'therm'")
    pointless = feed(reading_type("1", "72", "0"), meter_reading("1", "1"), block("1", "1", [5, 7]))
    (told,) = propose(pointless, tmp_path).missing
    assert (told.where, told.what) == ("mapper.rules.usage_point_id", "no cell is filled in 'usage_point'")
