"""Rows of `flexibility_event` as FlexOrders of USEF's Flex Trading Protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from include.cim.messages.durations import write_duration, write_instant
from include.cim.messages.isp import isp_of
from include.cim.zone import zone_names

Row = Mapping[str, Any]

UFTP_CONCEPTS: Final = ("flexibility_event",)
WRAPPER: Final = "Messages"
"""What stands around several messages; the protocol itself sends one at a time."""

_VERSION: Final = "3.1.0"
_NEEDED: Final = {
    "sender": "SenderDomain",
    "recipient": "RecipientDomain",
    "created_at": "TimeStamp",
    "conversation_id": "ConversationID",
    "isp_duration": "ISP-Duration",
    "timezone": "TimeZone",
    "congestion_point": "CongestionPoint",
    "price": "Price",
    "currency": "Currency",
    "order_reference": "OrderReference",
}
_OPTIONAL: Final = {
    "service_type": "ServiceType",
    "answers_id": "FlexOfferMessageID",
    "program_id": "ContractID",
    "prognosis_id": "D-PrognosisMessageID",
    "baseline_reference": "BaselineReference",
    "option_reference": "OptionReference",
}


def write_uftp(rows: Sequence[Row]) -> str:
    """Write orders, in the order of their key, as XML: one FlexOrder, or several in one `Messages`.

    Raises:
        ValueError: A row belongs to no order, or an order lacks what the protocol asks for; names it.
    """
    orders = [_order(str(identity), list(group)) for identity, group in groupby(rows, key=lambda row: row["event_id"])]
    root = orders[0] if len(orders) == 1 else Element(WRAPPER)
    if root.tag == WRAPPER:
        root.extend(orders)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _order(identity: str, rows: Sequence[Row]) -> Element:
    row = rows[0]
    try:
        if row["message_type"] != "flex_order":
            raise ValueError("it is no order; UFTP is written for message_type flex_order")
        if missing := [name for name in _NEEDED if row[name] is None]:
            raise ValueError(f"a FlexOrder has a {_NEEDED[missing[0]]}, and there is no `{missing[0]}`")
        if row["timezone"] not in zone_names():
            raise ValueError("`timezone` names no time zone")
        if not row["unsolicited"] and row["answers_id"] is None:
            raise ValueError("a FlexOrder answers an offer (`answers_id`), or is `unsolicited`")
        length = timedelta(minutes=row["isp_duration"])
        isps = sorted((_isp(each, length) for each in rows), key=lambda isp: isp[:2])
        days = {day for day, *_ in isps}
        if len(days) != 1:
            raise ValueError("its intervals lie in several local days; a FlexOrder is of one")
        order = Element("FlexOrder", _attributes(row, days.pop(), length))
        for _, first, count, power in isps:
            SubElement(order, "ISP", {"Power": str(power), "Start": str(first), "Duration": str(count)})
    except ValueError as error:
        raise ValueError(f"event_id {identity}: {error}") from None
    return order


def _attributes(row: Row, day: date, length: timedelta) -> dict[str, str]:
    told = {
        "Version": row["protocol_version"] or _VERSION,
        "MessageID": row["event_id"],
        **{attribute: row[field] for field, attribute in _NEEDED.items()},
        **{attribute: row[field] for field, attribute in _OPTIONAL.items() if row[field] is not None},
        "TimeStamp": write_instant(row["created_at"]),
        "ISP-Duration": f"PT{length // timedelta(minutes=1)}M" if length % timedelta(minutes=1) == timedelta(0) else "",
        "Period": day.isoformat(),
        "Price": _decimal(row["price"], "price", 4),
    }
    if not told["ISP-Duration"]:
        raise ValueError(f"an ISP of {write_duration(length)} is no whole number of minutes")
    if row["activation_factor"] is not None:
        told["ActivationFactor"] = _decimal(row["activation_factor"], "activation_factor", 2)
    if row["unsolicited"] is not None:
        told["Unsolicited"] = str(row["unsolicited"]).lower()
    return told


def _isp(row: Row, length: timedelta) -> tuple[date, int, int, int]:
    if row["power"] is None or row["interval_end"] is None:
        raise ValueError("an interval has no power, or no end")
    day, first = isp_of(row["interval_start"], row["timezone"], length)
    count, rest = divmod(row["interval_end"] - row["interval_start"], length)
    if rest:
        raise ValueError("an interval is no whole number of ISPs long")
    watts = round(row["power"] * 1000)
    if abs(watts - row["power"] * 1000) > 1e-6 * max(1.0, abs(watts)):
        raise ValueError("UFTP writes whole watts, and a power is none")
    return day, first, count, watts


def _decimal(value: float, name: str, places: int) -> str:
    exact = Decimal(repr(value))
    rounded = exact.quantize(Decimal(1).scaleb(-places))
    if rounded != exact:
        raise ValueError(f"UFTP writes {places} decimal places, and `{name}` has more")
    return str(rounded)
