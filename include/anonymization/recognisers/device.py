"""Addresses of devices on a network: behind a home's router they tell of a home."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from stdnum import mac
from stdnum.exceptions import ValidationError

from include.anonymization.recognisers.value_kind import Telling, ValueKind

_HEX: Final = re.compile(r"[^\dA-F]", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Say whether an IP address of either version can be one; what has only small numbers is rather a version."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return address.version == 6 or max(address.packed) >= 100


def is_registered(text: str) -> bool:
    """Say whether a MAC address begins as one of a manufacturer does (IEEE's list, in python-stdnum)."""
    plain = _HEX.sub("", text)
    try:
        return bool(mac.get_oui(":".join(plain[at : at + 2] for at in range(0, 12, 2))))
    except ValidationError:
        return False


_PAIR: Final = r"[\dA-F]{2}"

KINDS: Final = (
    ValueKind(
        "MAC_ADDRESS", "MAC address",
        rf"{_PAIR}(?::{_PAIR}){{5}}|{_PAIR}(?:-{_PAIR}){{5}}|[\dA-F]{{4}}(?:\.[\dA-F]{{4}}){{2}}",
        Telling.ALONE,
    ),
    ValueKind(
        "MAC_ADDRESS", "MAC address", r"(?=\d{0,11}[A-F])[\dA-F]{12}", Telling.TOGETHER, is_registered, 0.01,
        ("mac",),
    ),
    ValueKind(
        "MAC_ADDRESS", "MAC address", rf"{_PAIR}(?:[:-]?{_PAIR}){{7}}", Telling.NAMED,
        context=("eui", "deveui", "eui64", "eui-64"),
    ),
    ValueKind(
        "IP_ADDRESS", "IP address",
        r"(?:\d{1,3}\.){3}\d{1,3}|(?=[\dA-F]{0,4}:[\dA-F]{0,4}:)[\dA-F:]{3,39}(?:\.\d{1,3}){0,3}",
        Telling.ALONE, is_address, 0.3, ("ip", "address", "host"),
    ),
)  # fmt: skip
