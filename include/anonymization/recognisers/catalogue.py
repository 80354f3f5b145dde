"""Every kind of value that is recognised, and what is proposed for each entity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from include.anonymization.recognisers import contact, device, energy, national
from include.anonymization.recognisers.value_kind import ValueKind

KINDS: Final[tuple[ValueKind, ...]] = (*contact.KINDS, *national.KINDS, *energy.KINDS, *device.KINDS)

NATIONAL: Final = frozenset(kind.entity for kind in national.KINDS) | {"NATIONAL_ID"}
METERING: Final = frozenset(kind.entity for kind in energy.KINDS) - {"EMAID", "VIN", "RFID_UID"}
CONTACT: Final = frozenset({"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "ADDRESS"})

TITLES: Final[Mapping[str, str]] = {kind.entity: kind.title for kind in KINDS} | {
    "PERSON": "person's name",
    "BIRTH_DATE": "date of birth",
    "COORDINATES": "coordinates",
    "CUSTOMER_ID": "number of a customer or contract",
    "DEVICE_ID": "number of a device",
    "METERING_POINT": "metering point",
    "SESSION_ID": "number of what a person did",
    "PLACE_ID": "building or room",
    "NATIONAL_ID": "number of a person, given by a state",
    "LICENSE_PLATE": "licence plate",
    "FREE_TEXT": "free text that may name a person",
}


def propose_method(entity: str) -> str:
    """Name the method that suits an entity.

    What tells rows apart stays joinable under a pseudonym; what only singles out becomes coarser; the rest goes.
    """
    if entity in {"POSTAL_CODE", "BIRTH_DATE", "COORDINATES"}:
        return "generalise"
    if entity == "FREE_TEXT":
        return "scan"
    if entity in CONTACT or entity in NATIONAL or entity in {"IBAN_CODE", "CREDIT_CARD", "LICENSE_PLATE"}:
        return "drop"
    return "pseudonym"
