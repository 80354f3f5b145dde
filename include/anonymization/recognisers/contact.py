"""What one writes, calls, pays and visits a person by."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from stdnum import iban, luhn

from include.anonymization.recognisers.value_kind import Telling, ValueKind, only_digits

REGIONS: Final = ("BE", "DE", "GR", "IE", "IT", "ES", "GB", "CY", "NL", "FR")
"""Where a number without its country's code may be of: the pilots' countries and their neighbours."""

_EXTENSION: Final = r"(?: ?(?:x|ext\.?) ?\d{1,6})?"
_MARKED: Final = re.compile(r"^(?:\+|00[1-9])|[ /()]|^0\d+-")
_DATE: Final = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
_STREET_WORDS: Final = (
    r"(?:\w[\w'-]{0,30}\s){1,4}(?:street|road|avenue|lane|close|drive|way|court|terrace|gardens|crescent|place|square|st|rd"
    r"|ave|ln|dr|blvd|boulevard|grove|hill|park|mews|row|parkway|pkwy|circle|trail|highway|hwy|turnpike|crossing|quay"
    r"|esplanade|parade|cres|tce|villas|cottages|wharf)\b\.?"
)
_STREET_FIRST: Final = (
    r"(?:rue|avenue|av\.|boulevard|bd|chemin|place|impasse|allée|quai|route|rte|chaussée|clos|drève|sentier|faubourg"
    r"|esplanade|lieu-dit|résidence|via|viale|piazza|p\.zza|v\.le|corso|largo|vicolo|strada|contrada|località|frazione|borgo"
    r"|salita|traversa|lungomare|calle|c/"
    r"|avenida|avda\.?|plaza|pza\.?|paseo|camino|carrer|ronda|travesía|glorieta|carretera|ctra\.?|urbanización"
    r"|urb\.|rambla|passeig|avinguda|plaça|callejón|rua|travessa|praça|ulica|ul\.|aleja|οδός|οδ\.|πλατεία|πλ\.|λεωφόρος|λεωφ\.|leoforos|odos)\s(?:[\w'.-]{1,30}\s){0,4}[\w'.-]{1,30}"
)
_STREET_JOINED: Final = (
    r"(?:[\w.'-]{1,30}\s){0,3}[\w'-]{0,30}(?:straße|strasse|str\.|weg|allee|platz|gasse|ring|damm|ufer|straat|laan|plein|dreef"
    r"|steenweg|dijk|kade|gracht|baan|lei|singel|hof|vest|kouter|plantsoen|promenade|chaussee|steig|graben|markt"
    r"|gatan|vägen|vej|gade|gata|veien|katu|utca|útja|körút)\s"
)
_FLATS: Final = (
    r"(?:apt|apartment|flat|suite|appartement|appt|wohnung|whg|wohnungsnr|appartementnr|piso|διαμέρισμα|διαμ)"
)
FLAT: Final = rf"{_FLATS}\.?\s?(?:n[ro°º]\.?\s?)?\d{{1,4}}[a-z]?"
_NO_PLACE: Final = rf"(?!(?:{_FLATS}|please|the|it|he|she|we|they|you|and|but|our|my|this|that|call|thanks?)\b)"
_PLACE: Final = _NO_PLACE + r"(?-i:[A-ZÀ-ÞΑ-Ω])[\w'’.-]{1,30}(?:[ -](?-i:[A-ZÀ-Þ])[\w'’.-]{1,30}){0,2}"
_STATE: Final = (
    r"(?-i:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]"
    r"|W[AIVY]|NSW|VIC|QLD|TAS|ON|QC|BC|AB)"
)
_UK_CODE: Final = r"(?-i:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"
_TOWN: Final = (
    r"(?:,?\s{1,3}(?:[A-Z]{1,2}-)?\d{4,5}(?:\s?[A-Z]{2})?\s{1,3}"
    rf"{_PLACE}|,\s{{1,3}}{_PLACE}(?:,?\s(?:{_STATE}\s\d{{4,5}}(?:-\d{{4}})?|{_UK_CODE}))?)?"
)
"""The town behind a street: its postal code before it, behind it, or none."""
BOX: Final = (
    r"(?:(?:(?:p\.?\s?o\.?|post office|locked)\s?(?:box|bag)|postfach|postbus|boîte postale|apartado(?: de correos)?"
    r"|casella postale|ταχυδρομική θυρίδα|τ\.\s?θ\.)\s?(?:n[.°ºr]*\s?)?\d{1,6}"
    r"|(?-i:PSC|Unit) \d{3,5},? (?-i:Box) \d{3,5}|(?-i:[AFD]PO,? A[AEP]) \d{5})"
)
_NUMBER: Final = r"\d{1,4}\s?[a-z]?(?:[-/]\d{1,4})?"
STREET: Final = (
    rf"(?:{_NUMBER},?\s{_STREET_WORDS}|{_NUMBER},?\s{_STREET_FIRST}|{_STREET_FIRST},?\s?(?:n[.°ºr]*\s?)?{_NUMBER}"
    rf"|{_STREET_JOINED}{_NUMBER})"
)


def is_phone(text: str) -> bool:
    """Say whether a number can be called, in a country of `REGIONS` where it does not name its own."""
    international = text.lstrip().startswith(("+", "00"))
    for region in (None,) if international else REGIONS:
        plain = "+" + text.lstrip()[2:] if text.lstrip().startswith("00") else text
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(plain, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def is_marked_phone(text: str) -> bool:
    """Say whether a number can be called, and is written as one: plain digits may count anything."""
    return _MARKED.search(text) is not None and not _DATE.match(text) and is_phone(text)


def is_iban(text: str) -> bool:
    """Say whether a bank account has its country's form, and right check digits (ISO 13616)."""
    return bool(iban.is_valid(text, check_country=False))


def is_card(text: str) -> bool:
    """Say whether a card's number has the right check digit (ISO/IEC 7812-1)."""
    return bool(luhn.is_valid(only_digits(text)))


KINDS: Final = (
    ValueKind(
        "EMAIL_ADDRESS", "e-mail address",
        r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z\d][a-z\d-]{0,62}\.){1,8}[a-z]{2,24}",
        Telling.ALONE,
    ),
    ValueKind(
        "IBAN_CODE", "bank account (IBAN)", r"[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?",
        Telling.ALONE, is_iban, 0.01, ("iban",),
    ),
    ValueKind(
        "CREDIT_CARD", "payment card",
        r"(?:4\d{3}|5[0-8]\d\d|2[2-7]\d\d|35[2-8]\d|6\d{3})(?:[ -]?\d{4}){3}(?:[ -]?\d{3})?|4\d{12}"
        r"|(?:5[06-8]|6\d)\d{10,13}|3[47]\d\d[ -]?\d{6}[ -]?\d{5}|3(?:0[0-5]|[68]\d)\d[ -]?\d{6}[ -]?\d{4}",
        Telling.TOGETHER, is_card, 0.1, ("card", "credit", "visa", "mastercard", "karte", "carte", "tarjeta", "carta"),
    ),
    ValueKind(
        "PHONE_NUMBER", "telephone number", rf"(?:\+|00)?[(\d][\d ()/.-]{{6,20}}\d{_EXTENSION}",
        Telling.ALONE, is_marked_phone, 0.05,
    ),
    ValueKind(
        "PHONE_NUMBER", "telephone number", rf"\+?[(\d][\d ()/.-]{{6,18}}\d{_EXTENSION}", Telling.NAMED,
        context=(
            "call", "phone", "telephone", "tel", "mobile", "cell", "fax", "desk", "office", "number", "gsm", "handy",
            "telefon", "rufnummer", "téléphone", "portable", "telefoon", "teléfono", "móvil", "telefono", "cellulare",
            "τηλέφωνο", "κινητό",
        ),
    ),
    ValueKind(
        "POSTAL_CODE", "postal code", r"(?:GIR ?0AA|[A-PR-UWYZ][A-HK-Y]?\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}"
        r"|[1-9]\d{3} ?(?!SA|SD|SS)[A-Z]{2}|(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[AC-FHKNPRTV-Y\d]{4})", Telling.ALONE,
    ),
    ValueKind(
        "POSTAL_CODE", "postal code", r"(?:[A-Z]{1,2}-)?\d{2,5}(?:[ -]\d{2,4})?", Telling.NAMED,
        context=("zip", "plz", "postcode", "postleitzahl", "postal", "cap", "eircode"),
    ),
    ValueKind(
        "BIRTH_DATE", "date of birth", r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", Telling.NAMED,
        context=(
            "born", "birth", "birthday", "dob", "geboren", "geburtsdatum", "geb", "né", "née", "naissance",
            "geboortedatum", "nacido", "nacida", "nacimiento", "nato", "nata", "nascita", "γεννήθηκε", "γέννησης",
        ),
    ),
    ValueKind(
        "NATIONAL_ID", "number of a person, given by a state", r"[A-Z\d][A-Z\d-]{4,18}\d", Telling.NAMED,
        context=(
            "ssn", "passport", "licence", "license", "security", "reisepass", "führerschein", "passeport", "paspoort",
            "bsn", "pasaporte", "passaporto", "patente", "διαβατηρίου", "ταυτότητα", "ταυτότητας", "ausweis",
        ),
    ),
    ValueKind("ADDRESS", "postal address", STREET + _TOWN, Telling.ALONE, tail=r"(?:,.*)?"),
    # in small letters a suite is of tests as well, unless it begins a line or stands behind a comma
    ValueKind(
        "ADDRESS", "flat of a postal address", rf"(?:(?!(?-i:suite))|(?<=, )|(?<=\n)|^){FLAT}", Telling.ALONE,
    ),
    ValueKind("ADDRESS", "box at a post office", BOX + _TOWN, Telling.ALONE),
    ValueKind("ADDRESS", "town with its postal code", rf"{_PLACE}, {_STATE} \d{{5}}(?:-\d{{4}})?", Telling.ALONE),
    ValueKind("ADDRESS", "town with its postal code", rf"(?-i:[A-Z]{{1,2}})-\d{{4,5}}\s{_PLACE}", Telling.ALONE),
)  # fmt: skip

NAMED_PHONE: Final = re.compile(r"\+?[\d ()/.-]{6,22}")
NAMED_POSTAL_CODE: Final = re.compile(r"(?:[A-Z]{1,2}-)?[A-Z\d]{2,5}(?:[ -]?[A-Z\d]{2,4})?", re.IGNORECASE)
