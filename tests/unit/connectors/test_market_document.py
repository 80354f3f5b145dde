"""Market documents of IEC 62325: curves, calendars, sequences, refusals."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from include.cim.definition import load_definition
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.propose import Proposal
from include.collection.formats.market_document import MarketDocumentFormat
from include.collection.mapping_preset import expand_mapping
from include.collection.suggesting import suggest_fields
from include.connectors.content import Content
from include.connectors.detection.inspect import inspect_source
from include.connectors.formats.choose import read_units
from include.errors import SourceEmpty, SourceRefused
from tests.messages import rows_of
from tests.unit.connectors.documents import DATA, detect_bytes, read_tables

SEQUENCE = "classificationSequence_AttributeInstanceComponent.position"


def document(*series: str, root: str = "GL_MarketDocument", kind: str = "A65") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">
  <mRID>1f0e</mRID><revisionNumber>1</revisionNumber><type>{kind}</type>
  <process.processType>A16</process.processType>
  <createdDateTime>2026-04-01T06:00:00Z</createdDateTime>
  <time_Period.timeInterval><start>2026-03-28T23:00Z</start><end>2026-03-29T22:00Z</end></time_Period.timeInterval>
  {"".join(series)}
</{root}>""".encode()


def series(
    points: dict[int, str],
    start: str,
    end: str,
    resolution: str,
    curve: str | None = "A01",
    more: str = "<outBiddingZone_Domain.mRID codingScheme='A01'>10Y1001A1001A82H</outBiddingZone_Domain.mRID>",
    number: int = 1,
) -> str:
    written = "".join(
        f"<Point><position>{position}</position><quantity>{value}</quantity></Point>"
        for position, value in points.items()
    )
    told = f"<curveType>{curve}</curveType>" if curve else ""
    return f"""<TimeSeries><mRID>{number}</mRID><businessType>A04</businessType>{more}
      <quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name>{told}
      <Period><timeInterval><start>{start}</start><end>{end}</end></timeInterval>
      <resolution>{resolution}</resolution>{written}</Period></TimeSeries>"""


def points(body: bytes) -> pl.DataFrame:
    return read_tables(body)["points"]


def test_two_auctions_of_day_ahead_prices_stay_apart_and_repeated_prices_are_written_out() -> None:
    body = (DATA / "22_entsoe_a44_prices_a03.xml").read_bytes()
    frame = points(body)
    assert frame.height == 384
    series_of = frame.partition_by("mRID", maintain_order=True)
    sums = [str(sum(map(Decimal, each["price.amount"]))) for each in series_of]
    assert sums == ["10320.02", "10343.36", "9270.53", "9453.70"]
    assert frame["mRID"].value_counts()["count"].to_list() == [96] * 4
    assert (frame["start"][0], frame["end"][-1]) == ("2026-02-01T23:00:00Z", "2026-02-03T23:00:00Z")
    repeated = frame.filter(mRID="3").filter(pl.col("position").is_in(["78", "79"]))["price.amount"]
    assert repeated[0] == repeated[1]
    assert set(frame["currency_Unit.name"]) == {"EUR"}
    assert set(frame["price_Measure_Unit.name"]) == {"MWH"}


def test_units_are_those_that_the_series_name() -> None:
    body = (DATA / "22_entsoe_a44_prices_a03.xml").read_bytes()
    assert read_units(Content.of(body, "a document"), MarketDocumentFormat()) == {"price.amount": "EUR/MWh"}
    load = document(series({1: "5"}, "2026-01-01T00:00Z", "2026-01-01T00:15Z", "PT15M"))
    assert read_units(Content.of(load, "a document"), MarketDocumentFormat()) == {"quantity": "MW"}


def test_rows_tell_the_process_that_their_document_is_of() -> None:
    """A forecast and what came of it differ in nothing else."""
    load = points(document(series({1: "5", 2: "6"}, "2026-01-01T00:00Z", "2026-01-01T00:30Z", "PT15M")))
    assert load.select("document.type", "document.process").rows() == [("A65", "A16")] * 2


def test_prices_of_a_single_auction_are_of_its_first_sequence() -> None:
    """Most bidding zones have one auction, which their documents do not number."""
    body = (DATA / "22_entsoe_a44_prices_a03.xml").read_bytes()
    (numbered,) = set(re.findall(rb"<classificationSequence[^>]*>1</[^>]*>", body))
    first = read_tables(body, sequence="1")["points"]
    bare = points(body.replace(numbered, b"")).filter(pl.col(SEQUENCE) == "1")
    assert bare["price.amount"].to_list() == first["price.amount"].to_list()
    load = points(document(series({1: "5"}, "2026-01-01T00:00Z", "2026-01-01T00:15Z", "PT15M")))
    assert SEQUENCE not in load.columns


@pytest.mark.parametrize(
    ("process", "quantity", "told"), [("A16", "load", "realised"), ("A01", "demand_forecast", "day_ahead")]
)
def test_a_load_and_its_forecast_are_mapped_by_what_the_document_says(
    process: str, quantity: str, told: str, tmp_path: Path
) -> None:
    body = document(series({n: str(n) for n in range(1, 93)}, "2026-03-28T23:00Z", "2026-03-29T22:00Z", "PT15M"))
    body = body.replace(b">A16<", f">{process}<".encode())
    rows = rows_of(body, "grid_loads", tmp_path)
    assert {(row["quantity"], row["process"], row["area_id"], row["psr_type"]) for row in rows} == {
        (quantity, told, "10Y1001A1001A82H", "A05")
    }
    assert sum(row["power"] for row in rows) == sum(range(1, 93))
    (tmp_path / "load.xml").write_bytes(body)
    inspection = inspect_source(tmp_path / "load.xml", "load.xml", {})
    proposal = suggest_fields(inspection, "load.xml", load_definition().concepts())[1]
    assert proposal == Proposal(MapperConfig.model_validate(expand_mapping({"preset": "grid_loads"})), ())


def test_generation_is_mapped_by_kind_of_resource_and_what_pumps_use_is_told(tmp_path: Path) -> None:
    def kind(psr: str, area: str) -> str:
        zone = f"<{area}BiddingZone_Domain.mRID codingScheme='A01'>10YBE----------2</{area}BiddingZone_Domain.mRID>"
        return f"{zone}<MktPSRType><psrType>{psr}</psrType></MktPSRType>"

    span = ("2026-03-28T23:00Z", "2026-03-29T22:00Z", "PT1H")
    made = [series({n: str(n * at) for n in range(1, 24)}, *span, more=kind(psr, "in")).replace(">A04<", ">A01<")
            for at, psr in enumerate(("B10", "B16", "B19"), start=1)]  # fmt: skip
    pumped = series({1: "500"}, *span, more=kind("B10", "out"))
    rows = rows_of(document(*made, kind="A75"), "grid_generation", tmp_path)
    sums = {psr: sum(row["power"] for row in rows if row["psr_type"] == psr) for psr in ("B10", "B16", "B19")}
    assert sums == {"B10": 276, "B16": 552, "B19": 828}
    assert {(row["area_id"], row["quantity"], row["process"]) for row in rows} == {
        ("10YBE----------2", "generation", "realised")
    }
    (tmp_path / "answer.xml").write_bytes(document(*made, pumped, kind="A75"))
    inspection = inspect_source(tmp_path / "answer.xml", "answer.xml", {})
    proposal = suggest_fields(inspection, "answer.xml", load_definition().concepts())[1]
    assert [each.what for each in proposal.missing] == ["rows are left out whose 'businessType' is 'A04'"]


def test_two_sequences_for_the_same_time_are_told_and_one_can_be_chosen() -> None:
    body = (DATA / "22_entsoe_a44_prices_a03.xml").read_bytes()
    found = detect_bytes(body)
    assert any("sequences 1, 2 cover the same time" in issue.what for issue in found.issues)
    assert [(question.key, question.options) for question in found.questions] == [("sequence", ("1", "2"))]
    one = read_tables(body, sequence="1")["points"]
    assert set(one[SEQUENCE]) == {"1"}
    assert sum(map(Decimal, one["price.amount"])) == Decimal("10343.36") + Decimal("9453.70")
    assert not any("same time" in issue.what for issue in detect_bytes(body, sequence="1").issues)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        pytest.param("2026-03-28T23:00Z", "2026-03-29T22:00Z", 23, id="the day that loses an hour"),
        pytest.param("2026-10-24T22:00Z", "2026-10-25T23:00Z", 25, id="the day that gains one"),
    ],
)
def test_a_day_has_as_many_hours_as_it_has(start: str, end: str, hours: int) -> None:
    body = document(series({hour: str(hour) for hour in range(1, hours + 1)}, start, end, "PT60M"))
    frame = points(body)
    assert frame.height == hours
    assert frame["start"].n_unique() == hours
    assert frame["end"][-1] == end.replace("Z", ":00Z")


def test_a_variable_block_repeats_to_the_end_of_the_period() -> None:
    body = document(series({1: "5.50", 3: "7"}, "2026-01-01T00:00Z", "2026-01-01T02:00Z", "PT15M", "A03"))
    assert points(body)["quantity"].to_list() == ["5.50", "5.50", "7", "7", "7", "7", "7", "7"]


def test_a_fixed_block_repeats_nothing_and_the_gap_is_told() -> None:
    body = document(series({1: "5", 3: "7"}, "2026-01-01T00:00Z", "2026-01-01T01:00Z", "PT15M"))
    assert points(body)["position"].to_list() == ["1", "3"]
    assert any("positions are missing" in issue.what for issue in detect_bytes(body).issues)


def test_what_comes_before_the_first_point_of_a_variable_block_stays_missing() -> None:
    body = document(series({3: "7"}, "2026-01-01T00:00Z", "2026-01-01T01:00Z", "PT15M", "A03"))
    assert points(body)["position"].to_list() == ["3", "4"]


def test_values_at_points_have_no_end() -> None:
    frame = points(document(series({1: "5", 2: "7"}, "2026-01-01T00:00Z", "2026-01-01T00:30Z", "PT15M", "A02")))
    assert frame["start"].to_list() == ["2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z"]
    assert frame["end"].null_count() == 2


@pytest.mark.parametrize(
    ("resolution", "start", "end", "starts"),
    [
        pytest.param(
            "P1D",
            "2026-03-27T23:00Z",
            "2026-03-30T22:00Z",
            ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"],
            id="days over a change of the clock",
        ),
        pytest.param(
            "P1M",
            "2025-12-31T23:00Z",
            "2026-04-30T22:00Z",
            ["2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"],
            id="months",
        ),
        pytest.param(
            "P1Y",
            "2023-12-31T23:00Z",
            "2025-12-31T23:00Z",
            ["2023-12-31T23:00:00Z", "2024-12-31T23:00:00Z"],
            id="years",
        ),
        pytest.param(
            "P1D", "2026-03-28T00:00Z", "2026-03-30T00:00Z", ["2026-03-28T00:00:00Z", "2026-03-29T00:00:00Z"], id="UTC"
        ),
        pytest.param(
            "P7D",
            "2026-03-22T23:00Z",
            "2026-04-05T22:00Z",
            ["2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z"],
            id="weeks",
        ),
    ],
)
def test_days_months_and_years_follow_the_calendar(resolution: str, start: str, end: str, starts: list[str]) -> None:
    body = document(series(dict.fromkeys(range(1, len(starts) + 1), "1"), start, end, resolution))
    assert points(body)["start"].to_list() == starts


def test_generation_per_type_and_unit_keeps_what_tells_the_series_apart() -> None:
    kinds = [
        f"<MktPSRType><psrType>{kind}</psrType><PowerSystemResources><mRID>11W{kind}</mRID><name>Block {kind}</name>"
        "</PowerSystemResources></MktPSRType>"
        for kind in ("B04", "B16")
    ]
    body = document(
        *(
            series({1: str(number)}, "2026-01-01T00:00Z", "2026-01-01T00:15Z", "PT15M", None, more, number)
            for number, more in enumerate(kinds, start=1)
        ),
        kind="A75",
    )
    frame = points(body)
    assert frame["MktPSRType.psrType"].to_list() == ["B04", "B16"]
    assert frame["MktPSRType.PowerSystemResources.name"].to_list() == ["Block B04", "Block B16"]
    assert not any("cover" in issue.what for issue in detect_bytes(body).issues)


def imbalance(points: list[tuple[int, str, str]], curve: str = "A01") -> bytes:
    written = "".join(
        f"<Point><position>{position}</position><imbalance_Price.amount>{amount}</imbalance_Price.amount>"
        f"<imbalance_Price.category>{category}</imbalance_Price.category></Point>"
        for position, amount, category in points
    )
    one = series({1: "0"}, "2026-03-28T23:00Z", "2026-03-29T00:00Z", "PT15M", curve)
    return document(re.sub(r"<Point>.*</Point>", written, one), root="Balancing_MarketDocument", kind="A85")


def test_imbalance_prices_have_two_points_at_a_position_which_their_category_tells_apart() -> None:
    body = imbalance([(at, f"{at}{kind[-1]}.5", kind) for at in (1, 2, 3, 4) for kind in ("A04", "A05")])
    frame = points(body)
    assert frame.height == 8
    for kind in ("A04", "A05"):
        of_kind = frame.filter(pl.col("imbalance_Price.category") == kind)
        assert of_kind["imbalance_Price.amount"].to_list() == [f"{at}{kind[-1]}.5" for at in (1, 2, 3, 4)]
        assert of_kind["start"].n_unique() == 4


def test_each_category_goes_on_by_itself_where_repeated_points_are_left_out() -> None:
    body = imbalance([(1, "10", "A04"), (1, "20", "A05"), (2, "11", "A04"), (4, "23", "A05")], "A03")
    rows = points(body).sort("start", "imbalance_Price.category")
    by_kind = {
        kind: rows.filter(pl.col("imbalance_Price.category") == kind)["imbalance_Price.amount"].to_list()
        for kind in ("A04", "A05")
    }
    assert by_kind == {"A04": ["10", "11", "11", "11"], "A05": ["20", "20", "20", "23"]}
    body = imbalance([(at, "10", kind) for at in (1, 2, 3) for kind in ("A04", "A05")])
    assert [issue.what for issue in detect_bytes(body).issues] == ["positions are missing"]


def test_a_position_that_comes_twice_with_one_category_is_refused() -> None:
    with pytest.raises(SourceRefused, match="Positions count from 1 and rise"):
        points(imbalance([(1, "10", "A04"), (1, "11", "A04")]))


def test_series_of_several_resolutions_are_told_and_have_no_gaps(tmp_path: Path) -> None:
    body = document(
        series(dict.fromkeys(range(1, 24), "5"), "2026-03-28T23:00Z", "2026-03-29T22:00Z", "PT60M"),
        series(dict.fromkeys(range(1, 97), "6"), "2026-03-29T22:00Z", "2026-03-30T22:00Z", "PT15M", number=2),
    )
    (tmp_path / "load.xml").write_bytes(body)
    told = [issue.what for issue in inspect_source(tmp_path / "load.xml", "load.xml", {}).issues]
    assert "intervals are of several lengths: PT15M, PT1H" in told
    assert not any("steps longer" in what for what in told)


def test_an_acknowledgement_says_why_there_is_no_data() -> None:
    body = b"""<?xml version="1.0" encoding="UTF-8"?>
    <Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">
    <mRID>8</mRID><createdDateTime>2026-01-01T00:00:00Z</createdDateTime>
    <Reason><code>999</code><text>No matching data found for Data item DAY_AHEAD_PRICES</text></Reason>
    </Acknowledgement_MarketDocument>"""
    with pytest.raises(SourceEmpty, match="reason 999: No matching data found"):
        detect_bytes(body)
    with pytest.raises(SourceRefused, match="reason A59: Input parameter does not exist") as refused:
        detect_bytes(body.replace(b"999", b"A59").replace(b"No matching data found", b"Input parameter does not exist"))
    assert not isinstance(refused.value, SourceEmpty)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(
            document(series({1: "5"}, "2026-01-01T00:00Z", "2026-01-01T01:00Z", "PT15M", "A04")),
            "curve type is A04",
            id="breakpoints",
        ),
        pytest.param(
            document(series({5: "5"}, "2026-01-01T00:00Z", "2026-01-01T01:00Z", "PT15M")),
            "not between 1 and 4",
            id="a position behind the end",
        ),
        pytest.param(
            document(series({2: "5", 1: "6"}, "2026-01-01T00:00Z", "2026-01-01T01:00Z", "PT15M")),
            "not between 3 and 4",
            id="positions that fall",
        ),
        pytest.param(
            document(series({1: "5"}, "2026-01-01T00:00Z", "2026-01-01T01:10Z", "PT15M")),
            "whole number of steps",
            id="an end between two steps",
        ),
        pytest.param(
            document(series({1: "5"}, "2026-01-01T00:00Z", "2026-01-01T01:00Z", "PT15M1D")),
            "no duration",
            id="resolution",
        ),
        pytest.param(
            document(series({1: "5"}, "2026-01-01T00:00", "2026-01-01T01:00", "PT15M")), "with an offset", id="no zone"
        ),
        pytest.param(document(), "holds no period", id="no series"),
        pytest.param(
            document(series({1: "5"}, "2026-01-01T00:00Z", "2026-01-01T01:00Z", "PT15M"))[:700],
            "ends too early",
            id="cut off",
        ),
    ],
)
def test_what_cannot_be_laid_out_in_time_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read_tables(body)
    assert says in str(raised.value)
