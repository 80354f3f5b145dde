"""Numbers that states give to persons, of the pilots' countries; python-stdnum has their check digits."""

from __future__ import annotations

from datetime import date
from typing import Final

from stdnum.be import nn
from stdnum.cy import vat as cy_vat
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.gr import vat as gr_vat
from stdnum.ie import pps
from stdnum.it import codicefiscale

from include.anonymization.recognisers.value_kind import Telling, ValueKind

_WEIGHTS: Final = (7, 3, 1)


def is_german_card(text: str) -> bool:
    """Say whether a number of a German identity card with its check digit is right.

    Example:
        >>> is_german_card("T220001293"), is_german_card("T220001294")
        (True, False)

    Source: ICAO Doc 9303 part 3, 4.9 (weights 7, 3, 1; letters count from A = 10).
    """
    plain = text.replace(" ", "").upper()
    return sum(int(sign, 36) * _WEIGHTS[at % 3] for at, sign in enumerate(plain[:9])) % 10 == int(plain[9])


def is_belgian(text: str) -> bool:
    """Say whether a Belgian national number is right, of somebody who is born."""
    if not nn.is_valid(text):
        return False
    born = nn.get_birth_date(text)
    return born is None or born <= date.today()  # noqa: DTZ011 - a day more or less changes nothing


def is_british(text: str) -> bool:
    """Say whether a national insurance number has a prefix that is given out.

    Source: HMRC, National Insurance Manual NIM39110.
    """
    prefix = text[:2].upper()
    return prefix not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


KINDS: Final = (
    ValueKind(
        "BE_NATIONAL_NUMBER", "Belgian national number", r"\d{2}[. ]?\d{2}[. ]?\d{2}[-. ]?\d{3}[-. ]?\d{2}",
        Telling.TOGETHER, is_belgian, 0.02,
        ("rijksregister", "rijksregisternummer", "insz", "niss", "registre", "nrn", "rrn", "bis"),
    ),
    ValueKind(
        "DE_TAX_ID", "German tax number (Steuer-ID)", r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}",
        Telling.TOGETHER, idnr.is_valid, 0.05, ("steuer", "steuer-id", "idnr", "tin", "steueridentifikationsnummer"),
    ),
    ValueKind(
        "DE_ID_CARD", "German identity card", r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ\d]{8}\d",
        Telling.TOGETHER, is_german_card, 0.1, ("personalausweis", "ausweis", "ausweisnummer", "perso"),
    ),
    ValueKind(
        "GR_AMKA", "Greek social security number (AMKA)", r"\d{11}",
        Telling.TOGETHER, amka.is_valid, 0.04, ("amka", "αμκα", "α.μ.κ.α"),
    ),
    ValueKind(
        "GR_AFM", "Greek tax number (AFM)", r"(?:EL|GR)?\d{9}",
        Telling.TOGETHER, gr_vat.is_valid, 0.1, ("afm", "αφμ", "α.φ.μ", "vat", "tax", "tin"),
    ),
    ValueKind(
        "IE_PPS", "Irish PPS number", r"\d{7}[A-W][A-IW]?", Telling.TOGETHER, pps.is_valid, 0.05, ("pps", "ppsn"),
    ),
    ValueKind(
        "IT_FISCAL_CODE", "Italian codice fiscale",
        r"[A-Z]{6}[\dLMNP-V]{2}[ABCDEHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]",
        Telling.ALONE, codicefiscale.is_valid, 0.01, ("codice", "fiscale", "cf"),
    ),
    ValueKind(
        "ES_NIF", "Spanish DNI", r"\d{8}-?[A-HJ-NP-TV-Z]", Telling.TOGETHER, dni.is_valid, 0.05,
        ("dni", "nif", "documento"),
    ),
    ValueKind(
        "ES_NIE", "Spanish NIE", r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]", Telling.TOGETHER, nie.is_valid, 0.05,
        ("nie", "nif", "extranjero"),
    ),
    ValueKind(
        "UK_NINO", "British national insurance number",
        r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", Telling.ALONE, is_british, 0.9,
        ("nino", "insurance", "ni"),
    ),
    ValueKind(
        "UK_NHS", "British NHS number", r"\d{3}[ -]?\d{3}[ -]?\d{4}", Telling.TOGETHER, nhs.is_valid, 0.1,
        ("nhs", "health"),
    ),
    ValueKind(
        "CY_TIC", "Cypriot tax number (TIC)", r"(?:CY)?\d{8}[A-Z]", Telling.TOGETHER, cy_vat.is_valid, 0.04,
        ("tic", "tax", "αφτ", "vat"),
    ),
    ValueKind(
        "CY_ID_CARD", "Cypriot identity card", r"\d{6,8}", Telling.NAMED, context=("arc", "ταυτότητα", "ταυτότητας"),
    ),
)  # fmt: skip
