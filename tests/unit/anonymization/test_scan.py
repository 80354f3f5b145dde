"""Free text is scanned on this machine alone, and what overlaps is told once."""

from __future__ import annotations

import socket
import time
from itertools import pairwise

import pytest

from include.anonymization.scan import load_analyzer, scan_text
from include.errors import ConfigurationInvalid


def found(text: str) -> dict[str, str]:
    return {text[span.start : span.end]: span.entity for span in scan_text(text)}


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a scan asks nobody")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


TOLD = [
    ("Bel Jan Peeters op +32 471 12 34 56.", {"Jan Peeters": "PERSON", "+32 471 12 34 56": "PHONE_NUMBER"}),
    ("Rechnung an anna.vogel@example.org", {"anna.vogel@example.org": "EMAIL_ADDRESS"}),
    ("Frau Krüger, Hauptstraße 12, 50667 Köln", {"Krüger": "PERSON", "Hauptstraße 12, 50667 Köln": "ADDRESS"}),
    ("12 Church Road, Flat 3", {"12 Church Road": "ADDRESS", "Flat 3": "ADDRESS"}),
    ("Anruf von Kunde, wohnt in Am Anger 4", {"Am Anger 4": "ADDRESS"}),
    ("Customer no. 4711 has meter no. 1EMH0012345678", {"4711": "CUSTOMER_ID", "1EMH0012345678": "DEVICE_ID"}),
    ("Kundennummer: 88-1234, Zählernummer 20345678", {"88-1234": "CUSTOMER_ID", "20345678": "DEVICE_ID"}),
    ("klantnr. 100234 en factuurnummer 2024-77", {"100234": "CUSTOMER_ID", "2024-77": "CUSTOMER_ID"}),
    ("numéro de client 998877", {"998877": "CUSTOMER_ID"}),
    ("número de contrato: A-20221", {"A-20221": "CUSTOMER_ID"}),
    ("codice cliente 554433, matricola n. 0098123", {"554433": "CUSTOMER_ID"}),
    ("αριθμός πελάτη: 123456", {"123456": "CUSTOMER_ID"}),
    ("My neighbour Eklund reads it", {"Eklund": "PERSON"}),
    ("mijn huurder Verbruggen belde", {"Verbruggen": "PERSON"}),
    ("Dear Sandberg,", {"Sandberg": "PERSON"}),
    ("Mit freundlichen Grüßen\nBrandtner", {"Brandtner": "PERSON"}),
    ("Read by Oyelaran on Monday", {"Oyelaran": "PERSON"}),
    ("Numero POD IT001E12345678 attivato", {"IT001E12345678": "IT_POD"}),
    ("rijksregisternummer 85.07.30-033.28", {"85.07.30-033.28": "BE_NATIONAL_NUMBER"}),
    ("MPRN 10012345678 read again", {"10012345678": "IE_MPRN"}),
    ("born on 12/01/1980", {"12/01/1980": "BIRTH_DATE"}),
    ("Η κυρία Παπαδοπούλου, ΑΦΜ 094259216", {"Παπαδοπούλου": "PERSON", "094259216": "GR_AFM"}),
    ("IBAN BE31 4354 1116 1155, thanks", {"BE31 4354 1116 1155": "IBAN_CODE"}),
    (
        "oyelaran bisi\n12 Lugova 4\nApt. 7\nHorni Mesto\nNorway 40123",
        {
            "oyelaran bisi": "PERSON",
            "12 Lugova 4\nApt. 7\nHorni Mesto\nNorway 40123": "ADDRESS",
        },
    ),
    ("Bill goes to 14 Lugova, Flat 3, Mesto, Norway 40123.", {"14 Lugova, Flat 3, Mesto, Norway 40123.": "ADDRESS"}),
    ("3 Mill Parade, Leeds LS1 4DY", {"3 Mill Parade, Leeds LS1 4DY": "ADDRESS"}),
    ("80 Main Street, Springfield, IL 62704", {"80 Main Street, Springfield, IL 62704": "ADDRESS"}),
    ("Kontor Oyelaran, suite 12", {"suite 12": "ADDRESS"}),
    ("letters to PO Box 1187 only", {"PO Box 1187": "ADDRESS"}),
    ("Postfach 12 34", {"Postfach 12": "ADDRESS"}),
    ("stuur naar Postbus 4410, 2501 Delft", {"Postbus 4410, 2501 Delft": "ADDRESS"}),
    ("chaussée de Louvain 120, B-1030 Schaarbeek", {"chaussée de Louvain 120, B-1030 Schaarbeek": "ADDRESS"}),
    ("in contrada Torre 8 da martedì", {"contrada Torre 8": "ADDRESS"}),
    ("abita in Lungomare Colombo 9", {"Lungomare Colombo 9": "ADDRESS"}),
    ("Verzogen, neu in B-4700 Eupen", {"B-4700 Eupen": "ADDRESS"}),
    ("She moved to Kortrijk in May", {"Kortrijk": "ADDRESS"}),
    ("née à Charleroi", {"Charleroi": "ADDRESS"}),
    ("γεννήθηκε στη Λάρισα", {"Λάρισα": "ADDRESS"}),
    ("Okonkwo called about the bill", {"Okonkwo": "PERSON"}),
    ("the tenant Okonkwo was out", {"Okonkwo": "PERSON"}),
    ("le locataire Mbemba est absent", {"Mbemba": "PERSON"}),
    ("Left the key at Okonkwo's house", {"Okonkwo": "PERSON"}),
    ("Okonkwo, could you read it again?", {"Okonkwo": "PERSON"}),
    ("namens Verbruggen", {"Verbruggen": "PERSON"}),
    ("please ring anna peeters or SOFIE MAES", {"anna peeters": "PERSON", "SOFIE MAES": "PERSON"}),
    ("signed off, T. Sullivan", {"T. Sullivan": "PERSON"}),
]
HARMLESS = [
    "Inverter restarted at 2024-05-01 12:30:45, firmware 1.12.0.4",
    "Zählerstand 12345,6 kWh am 01.02.2024 abgelesen",
    "EAN 4006381333931 out of stock, order 20000000137",
    "Der Wert 10012345678 ist ein Zähler",
    "May be repeated in Winter, Max power 12 kW, Mark as done",
    "Transformer T12 at 110/20 kV, counter 85073003329",
    "10YBE----------2 imports 1250 MWh",
    "Dear Customer, dear all, HI Temp alarm, Hi Team",
    "Beste Grüße, reported by Inverter 3, checked by BMS, requested by SCADA",
    "Read by Customer, signed by Monday, said The meter is off",
    "My meter reads 12345 kWh, customer used 1500 kWh in 2024",
    "Modbus address: 40001, unit 3, bus 2, register no. 12",
    "Kunde hat 1500 kWh im Jahr 2024 verbraucht, Zähler 12345,6",
    "The device lives in rack A, meter number unknown",
    "Voltage 230\nCurrent 12\nPower 12345",
    "Room 4, Panel 12, Model 12345",
    "12 Panels\nNorth Roof\nModel 12345",
    "Customer called, Tenant complained, Nobody answered",
    "However, could you check the meter? Yes, please. Thanks, will you?",
    "Today's house load, Monday's home consumption",
    "the customer Service portal, owner Manual",
    "Threshold moved to High, house moved to Grid",
    "Wohnt in Wohnung unten, lebt in Angst",
    "Kunde Zähler getauscht, Mieter Rückruf erbeten",
    "Energie 10115 Kilowattstunden, 4000 Haushalte",
    "Unit 3 Box 2 in the cellar, test suite 12 passed",
    "Server refused, Gateway asked for it, Model explained the rest, Hook called so, PostgreSQL says so",
    "summary, author\nDynamic range, moved to Github",
    "will power, max long, MAX POWER, rose wood, T. Sensor",
    "Battery spent 3 hours, Inverter replied in 2 s, Gateway said OK",
    "",
    "\x00\ud800 odd \u202e signs",
]


@pytest.mark.parametrize(("text", "spans"), TOLD)
def test_personal_data_is_found_in_texts(text: str, spans: dict[str, str]) -> None:
    assert found(text) == spans


@pytest.mark.parametrize("text", HARMLESS)
def test_what_runs_a_plant_is_harmless(text: str) -> None:
    assert found(text) == {}


def test_spans_are_in_order_and_do_not_overlap() -> None:
    spans = scan_text("Mr. John Smith, 12 Church Road, john@example.org, +44 7911 123456, card 4111 1111 1111 1111")
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert len(spans) == 5


HOSTILE = [
    "a",
    "1",
    "1 ",
    "a ",
    "A-",
    "0:",
    "a.",
    "!",
    "a@",
    "Mr. ",
    "rue ",
    "12 a ",
    "@a.",
    "DE1",
    "AB12 ",
    "(",
    "Λ ",
    "Apt. 1\n",
    "Ab\n",
    "1 ab,",
    "Ab ab\nApt. 1\n",
    "Ab's ",
    "A, B ",
    "born in Ab ",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    scan_text("warm")
    begun = time.process_time()
    scan_text(piece * (20_000 // len(piece)))
    assert time.process_time() - begun < 6


def test_only_what_is_asked_for_is_sought() -> None:
    text = "Mr. John Smith, john@example.org"
    assert {span.entity for span in scan_text(text, entities=["EMAIL_ADDRESS"])} == {"EMAIL_ADDRESS"}


def test_a_model_that_is_not_installed_is_refused_and_not_fetched() -> None:
    with pytest.raises(ConfigurationInvalid, match="no spaCy model 'en_core_web_lg' is installed"):
        load_analyzer("en_core_web_lg")
