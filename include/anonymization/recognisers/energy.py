"""Numbers of metering points, contracts and vehicles: each leads to one household."""

from __future__ import annotations

from typing import Final

from stdnum import ean
from stdnum.es import cups

from include.anonymization.recognisers.value_kind import Telling, ValueKind, only_digits

_PRIMES: Final = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
_COUNTRIES: Final = "AT|BE|BG|CH|CY|CZ|DE|DK|EE|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|SK"


def is_ean_18(text: str) -> bool:
    """Say whether a GSRN of 18 digits has the right check digit.

    Source: GS1 General Specifications, 7.9.1 (weights 3 and 1 from the right).
    """
    digits = only_digits(text)
    return str(ean.calc_check_digit(digits[:-1])) == digits[-1]


def is_market_location(text: str) -> bool:
    """Say whether the id of a German market location has the right check digit.

    Example:
        >>> is_market_location("41373559241"), is_market_location("41373559242")
        (True, False)

    Source: BDEW, Identifikatoren in der Marktkommunikation (digits at even places count twice).
    """
    digits = [int(sign) for sign in text]
    return (sum(digits[0:10:2]) + 2 * sum(digits[1:10:2]) + digits[10]) % 10 == 0


def is_mpan(text: str) -> bool:
    """Say whether the core of a British meter point's number has the right check digit.

    Example:
        >>> is_mpan("2000000000006"), is_mpan("2000000000007")
        (True, False)

    Source: MRA, MAP 11 (primes as weights, modulo 11 and 10).
    """
    core = only_digits(text)[-13:]
    total = sum(int(sign) * weight for sign, weight in zip(core, _PRIMES, strict=False))
    return total % 11 % 10 == int(core[12]) and 10 <= int(core[:2]) <= 40


KINDS: Final = (
    ValueKind(
        "ENERGY_EAN", "EAN-18 of a metering point", r"(?:54|87)\d{16}", Telling.TOGETHER, is_ean_18, 0.1,
        ("ean", "ean-code", "aansluiting", "raccordement", "gsrn"),
    ),
    ValueKind(
        "ES_CUPS", "Spanish CUPS", r"ES[ -]?\d{4}[ -]?(?:\d{4}[ -]?){3}[A-Z]{2}(?:[ -]?\d[FPRCXYZ])?",
        Telling.ALONE, cups.is_valid, 0.002, ("cups", "suministro"),
    ),
    ValueKind(
        "UK_MPAN", "British MPAN", r"(?:0\d[ -]?\d{3}[ -]?[\dA-Z]{3}[ -]?)?\d{2}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3}",
        Telling.TOGETHER, is_mpan, 0.03, ("mpan", "supply", "meter"),
    ),
    ValueKind(
        "IT_POD", "Italian POD", r"IT[ -]?\d{3}[ -]?E[ -]?\d{8}[ -]?[\dA-Z]?", Telling.ALONE, context=("pod",),
    ),
    ValueKind(
        "DE_METERING_POINT", "metering point (Zählpunkt, MeLo)", r"(?:DE|AT|LU)[ ]?\d{6}[ ]?\d{5}[ ]?[\dA-Z]{20}",
        Telling.ALONE, context=("zählpunkt", "messlokation", "melo"),
    ),
    ValueKind(
        "DE_MARKET_LOCATION", "German market location (MaLo)", r"[1-9]\d{10}", Telling.TOGETHER, is_market_location,
        0.1, ("malo", "malo-id", "marktlokation", "marktlokations-id"),
    ),
    ValueKind(
        "FR_PRM", "French delivery point (PRM, PDL)", r"\d{14}", Telling.NAMED, context=("prm", "pdl", "livraison"),
    ),
    ValueKind("IE_MPRN", "Irish MPRN", r"10\d{9}", Telling.NAMED, context=("mprn",)),
    ValueKind(
        "GR_SUPPLY_NUMBER", "Greek supply number", r"\d[ -]?\d{8}(?:[ -]?\d{2}){0,2}(?:[ -]?\d)?", Telling.NAMED,
        context=("παροχής", "παροχη", "παροχης", "parochis", "paroxis", "ρεύματος"),
    ),
    ValueKind(
        "EMAID", "contract id of electric driving (eMAID)",
        rf"(?:{_COUNTRIES})(?=[A-Z-]{{0,14}}\d)-?[A-Z\d]{{3}}-?C[A-Z\d]{{8}}(?:-?[A-Z\d])?",
        Telling.ALONE, context=("emaid", "evcoid", "contract"),
    ),
    ValueKind("VIN", "vehicle's number (VIN)", r"(?=\d{0,16}[A-Z])[A-HJ-NPR-Z\d]{13}\d{4}", Telling.NAMED,
        context=("vin", "fahrgestellnummer", "chassis", "châssis", "telaio", "bastidor"),
    ),
    ValueKind(
        "RFID_UID", "number of a charging card",
        r"(?:[\dA-F]{2}([:-]?)(?:[\dA-F]{2}\1){2}(?:[\dA-F]{2}\1){0,6}[\dA-F]{2})",
        Telling.NAMED, context=("rfid", "idtag", "badge", "ladekarte", "tag", "uid"),
    ),
)  # fmt: skip
