"""Messages of USEF's Flex Trading Protocol (UFTP, also called Shapeshifter) as rows of text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final, Literal
from xml.etree.ElementTree import Element

from include.cim.messages.durations import read_instant, write_duration, write_instant
from include.cim.messages.isp import isp_instant
from include.cim.zone import zone_names

Kind = Literal["flex_request", "flex_offer", "flex_order", "d_prognosis", "flex_settlement"]

ELEMENTS: Final[Mapping[str, Kind]] = {
    "FlexRequest": "flex_request",
    "FlexOffer": "flex_offer",
    "FlexOrder": "flex_order",
    "D-Prognosis": "d_prognosis",
    "FlexSettlement": "flex_settlement",
}
"""The messages that are read, by the name of their element."""

Row = dict[str, str | None]

_ABOVE: Final = {
    "version": "Version",
    "sender": "SenderDomain",
    "recipient": "RecipientDomain",
    "created": "TimeStamp",
    "message_id": "MessageID",
    "conversation_id": "ConversationID",
    "isp_duration": "ISP-Duration",
    "zone": "TimeZone",
    "period": "Period",
    "congestion_point": "CongestionPoint",
    "revision": "Revision",
    "expires": "ExpirationDateTime",
    "contract_id": "ContractID",
    "service_type": "ServiceType",
    "prognosis_id": "D-PrognosisMessageID",
    "baseline": "BaselineReference",
    "price": "Price",
    "currency": "Currency",
    "order_reference": "OrderReference",
    "option_reference": "OptionReference",
    "activation_factor": "ActivationFactor",
    "unsolicited": "Unsolicited",
}
"""Column → attribute of a message, or of the option or settlement that an ISP belongs to."""

_ANSWERED: Final = ("FlexRequestMessageID", "FlexOfferMessageID")
_ISP: Final = {"power_w": "Power", "min_power_w": "MinPower", "max_power_w": "MaxPower", "disposition": "Disposition"}
_SETTLED: Final = {
    "BaselinePower": "BASELINE",
    "OrderedFlexPower": "ORDERED_FLEX",
    "ActualPower": "ACTUAL",
    "DeliveredFlexPower": "DELIVERED_FLEX",
    "PowerDeficiency": "DEFICIENCY",
    "PoweDeficiency": "DEFICIENCY",  # as the published schema spells it
    "ReservedPower": "RESERVED",
    "RequestedPower": "REQUESTED",
    "AvailablePower": "AVAILABLE",
    "OfferedPower": "OFFERED",
    "OrderedPower": "ORDERED",
}
"""Powers of a settlement's ISP, and what the rows call them."""

_SETTLEMENT: Final = {"penalty": "Penalty", "net_settlement": "NetSettlement"}
_MINUTES: Final = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?")


def message_rows(element: Element, zone: str, isp_length: timedelta) -> Iterator[Row]:
    """Give a row for each ISP element of a message; of a settlement, one for each of its powers.

    An ISP element may stand for several ISPs: its row lasts as long as they. Start and end are instants; the number of
    ISPs since local midnight tells them, so that the days of 92 and 100 quarter hours come out right.

    Raises:
        ValueError: The message contradicts itself; says how.
    """
    kind = ELEMENTS[_name(element)]
    above = _attributes(element)
    answered = next((element.get(name) for name in _ANSWERED if element.get(name)), None)
    above["zone"] = above["zone"] or zone
    above["isp_duration"] = above["isp_duration"] or write_duration(isp_length)
    row: Row = {"message": kind, **above, "answers_id": answered}
    match kind:
        case "flex_settlement":
            for settlement in element:
                yield from _settlement(row, settlement)
        case "flex_offer":
            for option in _children(element, "OfferOption"):
                factor = option.get("MinActivationFactor", "1.00")
                told = {**row, **_given(_attributes(option)), "activation_factor": factor}
                yield from _isps(told, option, f"{row['message_id']}/{option.get('OptionReference')}")
        case _:
            yield from _isps(row, element, row["message_id"])


def _isps(above: Row, element: Element, event: str | None) -> Iterator[Row]:
    for isp in _children(element, "ISP"):
        powers = {column: isp.get(name) for column, name in _ISP.items()}
        yield {**above, "event_id": event, **_times(above, isp), **powers}


def _settlement(above: Row, settlement: Element) -> Iterator[Row]:
    told = {**above, **_given(_attributes(settlement))}
    told |= {column: settlement.get(name) for column, name in _SETTLEMENT.items()}
    told["settled_id"] = told["order_reference"] or told["contract_id"] or told["congestion_point"]
    periods = list(_children(settlement, "Period")) or [settlement]
    for period in periods:
        told["period"] = period.get("Period")
        for isp in _children(period, "ISP"):
            times = _times(told, isp)
            for name, value_type in _SETTLED.items():
                if (power := isp.get(name)) is not None:
                    yield {**told, **times, "value_type": value_type, "power_w": power}


def _times(above: Row, isp: Element) -> Row:
    zone, period = above["zone"], above["period"]
    if zone is None or zone not in zone_names():
        raise ValueError("TimeZone names no time zone")
    length = read_isp_length(above["isp_duration"])
    first, count = _whole(isp, "Start", "0"), _whole(isp, "Duration", "1")
    if count < 1:
        raise ValueError("an ISP element stands for no ISP: its Duration is below 1")
    try:
        day = date.fromisoformat(period or "")
    except ValueError:
        raise ValueError("Period is no day such as 2026-01-31") from None
    start, last = (isp_instant(day, zone, length, number) for number in (first, first + count - 1))
    return {
        "isp": str(first),
        "isps": str(count),
        "isp_duration_min": f"{length / timedelta(minutes=1):g}",
        "start": write_instant(start),
        "end": write_instant(last + length),
    }


def read_isp_length(duration: str | None) -> timedelta:
    """Read an ISP-Duration, which is written in minutes.

    Raises:
        ValueError: It is none.
    """
    found = _MINUTES.fullmatch(duration or "")
    length = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0)) if found else timedelta(0)
    if not timedelta(0) < length <= timedelta(days=1):
        raise ValueError("ISP-Duration is no duration such as PT15M")
    return length


def _attributes(element: Element) -> Row:
    row: Row = {column: element.get(name) for column, name in _ABOVE.items()}
    for column in ("created", "expires"):
        if (text := row[column]) is not None:
            row[column] = _instant(text, _ABOVE[column])
    return row


def _instant(text: str, name: str) -> str:
    instant = read_instant(text)
    if instant is None:
        raise ValueError(f"{name} is no time with an offset, such as 2026-01-01T00:00:00Z")
    return write_instant(instant)


def _whole(element: Element, name: str, default: str) -> int:
    text = element.get(name, default)
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise ValueError(f"{name} of an ISP is no number that a day has")
    return int(text)


def _given(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if _name(child) == name)


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
