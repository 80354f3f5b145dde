"""Messages of UFTP become rows and orders again: written and read by shapeshifter-uftp, another implementation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapeshifter_uftp import uftp
from shapeshifter_uftp.transport import from_xml, to_xml
from xsdata.models.datatype import XmlDate

from include.cim.messages.isp import count_isps, isp_instant, isp_of
from include.cim.messages.write_uftp import write_uftp
from include.errors import SourceRefused
from tests.messages import ABOVE, AMSTERDAM, QUARTER, an_order, order_meaning, rows_of


@pytest.mark.parametrize(
    ("day", "isps"),
    [
        pytest.param(date(2026, 6, 1), 96, id="a day of 96 quarter hours"),
        pytest.param(date(2026, 3, 29), 92, id="the day of 92"),
        pytest.param(date(2026, 10, 25), 100, id="the day of 100"),
    ],
)
def test_an_order_says_the_same_after_its_way_through_rows(day: date, isps: int, tmp_path: Path) -> None:
    order = an_order(day)
    rows = rows_of(to_xml(order).encode(), "uftp_events", tmp_path)
    assert [row["power"] for row in rows] == [-2500.0, 1234.567, 0.0]
    assert order.isps[-1].start == isps
    assert rows[-1]["interval_end"] == isp_instant(day + timedelta(days=1), AMSTERDAM, QUARTER, 1)
    assert order_meaning(from_xml(write_uftp(rows))) == order_meaning(order)


def test_an_order_of_nothing_but_what_is_needed_says_the_same(tmp_path: Path) -> None:
    absent = (
        "flex_offer_message_id",
        "contract_id",
        "d_prognosis_message_id",
        "baseline_reference",
        "option_reference",
        "service_type",
    )
    order = an_order(**dict.fromkeys(absent), activation_factor=Decimal("1.00"), unsolicited=True)
    rows = rows_of(to_xml(order).encode(), "uftp_events", tmp_path)
    assert order_meaning(from_xml(write_uftp(rows))) == order_meaning(order)


def test_several_orders_stand_in_one_document_and_are_read_from_it(tmp_path: Path) -> None:
    orders = {
        number: an_order(message_id=f"{number:08d}-7f2a-4a0e-9a53-0d5a7a4b1c11", order_reference=f"order-{number}")
        for number in range(3)
    }
    body = "<Messages>" + "".join(to_xml(each).partition("?>")[2] for each in orders.values()) + "</Messages>"
    rows = rows_of(body.encode(), "uftp_events", tmp_path)
    assert rows_of(write_uftp(rows).encode(), "uftp_events", tmp_path) == rows


def test_a_request_has_bounds_and_says_what_is_only_allowed(tmp_path: Path) -> None:
    request = uftp.FlexRequest(
        **ABOVE,
        period=XmlDate(2026, 6, 1),
        revision=2,
        expiration_date_time="2026-05-31T16:00:00+02:00",
        isps=[
            uftp.FlexRequestISP(disposition=uftp.AvailableRequested.REQUESTED, min_power=-5000, max_power=0, start=1),
            uftp.FlexRequestISP(disposition=uftp.AvailableRequested.AVAILABLE, min_power=0, max_power=7500, start=2),
        ],
    )
    rows = rows_of(to_xml(request).encode(), "uftp_events", tmp_path)
    told = [(row["disposition"], row["power_minimum"], row["power_maximum"], row["power"]) for row in rows]
    assert told == [("requested", -5.0, 0.0, None), ("available", 0.0, 7.5, None)]
    assert {row["message_type"] for row in rows} == {"flex_request"}
    assert {row["expires_at"] for row in rows} == {datetime(2026, 5, 31, 14, tzinfo=UTC)}
    assert {row["revision"] for row in rows} == {2}


def test_the_options_of_an_offer_are_events_of_their_own(tmp_path: Path) -> None:
    offer = uftp.FlexOffer(
        **ABOVE,
        period=XmlDate(2026, 6, 1),
        expiration_date_time="2026-05-31T16:00:00+02:00",
        flex_request_message_id="1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed",
        offer_options=[
            uftp.FlexOfferOption(
                option_reference=name,
                price=Decimal(price),
                min_activation_factor=Decimal("0.50"),
                isps=[uftp.FlexOfferOptionISP(power=1000, start=1, duration=2)],
            )
            for name, price in (("a", "1.5"), ("b", "2"))
        ],
    )
    rows = rows_of(to_xml(offer).encode(), "uftp_events", tmp_path)
    told = [(row["event_id"], row["option_reference"], row["price"], row["activation_factor"]) for row in rows]
    whole = ABOVE["message_id"]
    assert told == [(f"{whole}/a", "a", 1.5, 0.5), (f"{whole}/b", "b", 2.0, 0.5)]
    assert {row["message_id"] for row in rows} == {whole}
    assert {row["answers_id"] for row in rows} == {"1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"}
    assert {row["interval_end"] - row["interval_start"] for row in rows} == {2 * QUARTER}


def test_a_prognosis_is_read_as_well(tmp_path: Path) -> None:
    prognosis = uftp.DPrognosis(
        **ABOVE, period=XmlDate(2026, 6, 1), revision=1, isps=[uftp.DPrognosisISP(power=900, start=96)]
    )
    (row,) = rows_of(to_xml(prognosis).encode(), "uftp_events", tmp_path)
    assert (row["message_type"], row["power"]) == ("d_prognosis", 0.9)
    assert row["interval_end"] == datetime(2026, 6, 1, 22, tzinfo=UTC)


def test_a_settlement_is_a_report_with_a_row_for_each_power(tmp_path: Path) -> None:
    above = {key: value for key, value in ABOVE.items() if key not in {"isp_duration", "time_zone", "congestion_point"}}
    settlement = uftp.FlexSettlement(
        **above,
        period_start=XmlDate(2026, 10, 25),
        period_end=XmlDate(2026, 10, 25),
        currency="EUR",
        flex_order_settlements=[
            uftp.FlexOrderSettlement(
                order_reference="order-77",
                period=XmlDate(2026, 10, 25),
                congestion_point="ean.123456789012",
                price=Decimal("12"),
                penalty=Decimal("2"),
                net_settlement=Decimal("10"),
                isps=[
                    uftp.FlexOrderSettlementISP(
                        start=100,
                        baseline_power=1000,
                        ordered_flex_power=-500,
                        actual_power=600,
                        delivered_flex_power=-400,
                        power_deficiency=100,
                    )
                ],
            )
        ],
        contract_settlements=[
            uftp.ContractSettlement(
                contract_id="contract-5",
                periods=[
                    uftp.ContractSettlementPeriod(
                        period=XmlDate(2026, 10, 25), isps=[uftp.ContractSettlementISP(start=1, reserved_power=2000)]
                    )
                ],
            )
        ],
    )
    rows = rows_of(to_xml(settlement).encode(), "uftp_settlements", tmp_path)
    told = {(row["resource_id"], row["value_type"]): row["power"] for row in rows}
    assert told == {
        ("order-77", "BASELINE"): 1.0,
        ("order-77", "ORDERED_FLEX"): -0.5,
        ("order-77", "ACTUAL"): 0.6,
        ("order-77", "DELIVERED_FLEX"): -0.4,
        ("order-77", "DEFICIENCY"): 0.1,
        ("contract-5", "RESERVED"): 2.0,
    }
    orders = [row for row in rows if row["order_reference"]]
    assert {row["interval_end"] for row in orders} == {datetime(2026, 10, 25, 23, tzinfo=UTC)}
    assert {(row["price"], row["penalty"], row["net_settlement"]) for row in orders} == {(12.0, 2.0, 10.0)}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('Start="96"', 'Start="97"', "and none of number 97", id="an ISP that the day does not have"),
        pytest.param('Duration="4"', 'Duration="0"', "below 1", id="no ISP at all"),
        pytest.param(AMSTERDAM, "Europe/Atlantis", "TimeZone", id="no zone"),
        pytest.param("PT15M", "P1M", "ISP-Duration", id="no length"),
        pytest.param('Power="0"', 'Power="0" Start="x"', "XML", id="no XML"),
        pytest.param('Start="30"', 'Start="thirty"', "Start of an ISP", id="no number"),
        pytest.param('Period="2026-06-01"', 'Period="today"', "Period is no day", id="no day"),
    ],
)
def test_a_message_that_contradicts_itself_is_refused(old: str, new: str, says: str, tmp_path: Path) -> None:
    text = to_xml(an_order())
    assert old in text
    with pytest.raises(SourceRefused, match=says):
        rows_of(text.replace(old, new).encode(), "uftp_events", tmp_path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param({"message_type": "flex_offer"}, "no order", id="an offer"),
        pytest.param({"price": None}, "`price`", id="no price"),
        pytest.param({"answers_id": None}, "answers an offer", id="an answer to nothing"),
        pytest.param({"price": 0.12345}, "4 decimal places", id="a price with more places than there are"),
        pytest.param({"power": 0.0015}, "whole watts", id="half a watt"),
        pytest.param({"power": None}, "no power", id="no power"),
        pytest.param({"timezone": "Mars"}, "time zone", id="no zone"),
        pytest.param({"interval_start": datetime(2026, 6, 1, 0, 1, tzinfo=UTC)}, "no ISP of", id="beside the ISPs"),
    ],
)
def test_rows_that_make_no_order_are_told_by_their_event(changes: dict[str, Any], says: str, tmp_path: Path) -> None:
    row = rows_of(to_xml(an_order()).encode(), "uftp_events", tmp_path)[0]
    with pytest.raises(ValueError, match=rf"event_id {ABOVE['message_id']}: .*{says}"):
        write_uftp([{**row, **changes}])


@given(
    day=st.dates(date(2000, 1, 1), date(2037, 12, 31)),
    zone=st.sampled_from([AMSTERDAM, "Australia/Lord_Howe", "America/New_York", "UTC"]),
    length=st.sampled_from([QUARTER, timedelta(minutes=5), timedelta(minutes=30)]),
    data=st.data(),
)
def test_numbers_and_instants_of_isps_lead_back_to_one_another(
    day: date, zone: str, length: timedelta, data: st.DataObject
) -> None:
    number = data.draw(st.integers(1, count_isps(day, zone, length)))
    assert isp_of(isp_instant(day, zone, length, number), zone, length) == (day, number)
