"""Every kind of value is told from what looks like it: by its shape and its check digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.anonymization.recognisers.catalogue import KINDS, TITLES, propose_method
from include.anonymization.recognisers.value_kind import Telling, ValueKind
from tests.unit.anonymization.personal_cells import Cells

PUBLISHED = [
    # what standards, authorities and python-stdnum give as examples
    ("BE_NATIONAL_NUMBER", "85.07.30-033.28"),
    ("DE_TAX_ID", "36574261809"),
    ("DE_ID_CARD", "T220001293"),
    ("GR_AMKA", "01013099997"),
    ("GR_AFM", "094259216"),
    ("IE_PPS", "6433435F"),
    ("IT_FISCAL_CODE", "RCCMNL83S18D969H"),
    ("ES_NIF", "54362315K"),
    ("ES_NIE", "X2482300W"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("UK_NHS", "943 476 5870"),
    ("CY_TIC", "10259033P"),
    ("ES_CUPS", "ES1234123456789012JY"),
    ("ES_CUPS", "ES 1234 1234 5678 9012 JY 1F"),
    ("IT_POD", "IT001E12345678"),
    ("DE_MARKET_LOCATION", "41373559241"),
    ("DE_METERING_POINT", "DE00056266802AO6G56M11SN51G21M24S"),
    ("IBAN_CODE", "GR16 0110 1050 0000 1054 7023 795"),
    ("IBAN_CODE", "BE31435411161155"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("CREDIT_CARD", "378282246310005"),
    ("EMAIL_ADDRESS", "first.last+tag@sub.example.co.uk"),
    ("PHONE_NUMBER", "+32 2 555 12 12"),
    ("PHONE_NUMBER", "(030) 901820"),
    ("MAC_ADDRESS", "D0-50-99-84-A2-A0"),
    ("MAC_ADDRESS", "d050.9984.a2a0"),
    ("MAC_ADDRESS", "D0509984A2A0"),
    ("IP_ADDRESS", "192.168.1.20"),
    ("IP_ADDRESS", "2001:db8::8a2e:370:7334"),
    ("EMAID", "DE-8AA-CA2B3C4D5-L"),
    ("POSTAL_CODE", "SW1A 1AA"),
    ("POSTAL_CODE", "D02 AF30"),
    ("POSTAL_CODE", "1011 AB"),
    ("ADDRESS", "Hauptstraße 12a"),
    ("ADDRESS", "12 rue de la Paix"),
    ("ADDRESS", "10 Downing Street"),
    ("ADDRESS", "Via Roma, 4"),
]
ELSE = [
    ("BE_NATIONAL_NUMBER", "12345678901"),
    ("DE_TAX_ID", "36574261890"),
    ("ES_CUPS", "ES1234123456789012XY"),
    ("IP_ADDRESS", "1.2.3.4"),
    ("IP_ADDRESS", "10.300.1.1"),
    ("IP_ADDRESS", "12:30:45"),
    ("MAC_ADDRESS", "000000123456"),
    ("PHONE_NUMBER", "612345678"),
    ("PHONE_NUMBER", "01/01/2019 01:00"),
    ("PHONE_NUMBER", "2024-01-01"),
    ("EMAIL_ADDRESS", "user@localhost"),
    ("CREDIT_CARD", "356938035643809"),
    ("EMAID", "DE*8AA*E12345"),
    ("ENERGY_EAN", "400638133393100012"),
    ("UK_NINO", "GB123456C"),
    ("IBAN_CODE", "BE31435411161156"),
    ("ADDRESS", "Station 12"),
]
MADE = {
    "ENERGY_EAN": ("ean18 be", "ean18 nl"),
    "UK_MPAN": ("mpan 13", "mpan 21"),
    "DE_MARKET_LOCATION": ("malo",),
    "BE_NATIONAL_NUMBER": ("be_nn plain", "be_nn dotted"),
    "DE_TAX_ID": ("de_tax",),
    "GR_AMKA": ("gr_amka",),
    "UK_NHS": ("uk_nhs plain",),
    "CREDIT_CARD": ("card",),
    "IBAN_CODE": ("iban BE", "iban DE"),
}


def holds(entity: str, text: str) -> bool:
    kinds = [kind for kind in KINDS if kind.entity == entity and kind.telling is not Telling.NAMED]
    return any(kind.holds(text) for kind in kinds)


@pytest.mark.parametrize(("entity", "text"), PUBLISHED)
def test_published_examples_are_recognised(entity: str, text: str) -> None:
    assert holds(entity, text)


@pytest.mark.parametrize(("entity", "text"), ELSE)
def test_what_looks_alike_is_not(entity: str, text: str) -> None:
    assert not holds(entity, text)


@pytest.mark.parametrize("entity", MADE)
@given(seed=st.integers(0, 1 << 32), at=st.integers(0, 99), by=st.integers(1, 9))
def test_one_wrong_digit_is_noticed(entity: str, seed: int, at: int, by: int) -> None:
    cells = Cells(str(seed), 0)
    for recipe in MADE[entity]:
        text = cells.make(recipe, 0)
        assert holds(entity, text)
        digits = [place for place, sign in enumerate(text) if sign.isdigit()][-9:-2]
        place = digits[at % len(digits)]
        wrong = f"{text[:place]}{(int(text[place]) + by) % 10}{text[place + 1 :]}"
        # two remainders share a digit; a doubled digit that is 5 more is 10 more
        if entity != "UK_MPAN" and (entity, by) != ("DE_MARKET_LOCATION", 5):
            assert not holds(entity, wrong), (text, wrong)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.entity}-{kind.telling.value}")
@given(text=st.text(max_size=60))
def test_no_text_breaks_a_kind(kind: ValueKind, text: str) -> None:
    assert kind.holds(text) in {True, False}


def test_every_entity_has_a_title_and_a_method() -> None:
    assert {propose_method(entity) for entity in TITLES} == {"drop", "pseudonym", "generalise", "scan"}
    assert {kind.entity for kind in KINDS} <= set(TITLES)
