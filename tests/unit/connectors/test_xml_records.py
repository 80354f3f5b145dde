"""XML of no standard that has a reader of its own."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from include.collection.formats.xml_records import XmlFormat
from include.connectors.content import Content
from include.connectors.formats.xml_records import read_xml
from include.errors import SourceRefused
from tests.unit.connectors.documents import detect_bytes, read_tables


def read(body: bytes, **settings: Any) -> list[dict[str, str | None]]:
    return pl.concat(read_xml(Content.of(body, "a document"), XmlFormat(**settings)), how="diagonal").to_dicts()


METERS = b"""<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- an export -->
<x:export xmlns:x="urn:x" version="2">
  <x:created>2026-01-01</x:created>
  <x:meter id="A1"><x:place>Z\xfcrich</x:place><x:unit>kWh</x:unit>
    <x:reading t="2026-01-01T00:00Z"><x:value>1.50</x:value><x:flag/></x:reading>
    <x:reading t="2026-01-01T00:15Z"><x:value>2.50</x:value><x:flag>E</x:flag></x:reading>
  </x:meter>
  <x:meter id="B2"><x:place>Basel</x:place><x:unit>kWh</x:unit>
    <x:reading t="2026-01-01T00:00Z"><x:value>3.50</x:value></x:reading>
  </x:meter>
</x:export>"""


def test_records_take_what_stands_around_them() -> None:
    assert read(METERS, records="/export/meter/reading") == [
        {
            "export.@version": "2",
            "export.created": "2026-01-01",
            "meter.@id": meter,
            "meter.place": place,
            "meter.unit": "kWh",
            "@t": time,
            "value": value,
            "flag": flag,
        }
        for meter, place, time, value, flag in (
            ("A1", "Zürich", "2026-01-01T00:00Z", "1.50", None),
            ("A1", "Zürich", "2026-01-01T00:15Z", "2.50", "E"),
            ("B2", "Basel", "2026-01-01T00:00Z", "3.50", None),
        )
    ]


def test_the_list_with_numbers_is_found_and_the_one_around_it_is_another_table() -> None:
    tables = read_tables(METERS)
    assert list(tables) == ["reading", "meter"]
    assert tables["reading"].height == 3
    assert tables["meter"].to_dicts()[1] == {
        "export.@version": "2",
        "export.created": "2026-01-01",
        "@id": "B2",
        "place": "Basel",
        "unit": "kWh",
    }


def test_values_may_be_attributes_or_the_record_s_own_text_and_names_may_repeat() -> None:
    body = b"""<d><row date="2026-01-01" kwh="1.5"/><row date="2026-01-02" kwh="2.5">note</row></d>"""
    assert read(body, records="/d/row") == [
        {"@date": "2026-01-01", "@kwh": "1.5", "row": None},
        {"@date": "2026-01-02", "@kwh": "2.5", "row": "note"},
    ]
    twice = b"<d><row><v unit='V'>1</v><v unit='A'>2</v></row></d>"
    assert read(twice, records="/d/row") == [{"v": "1", "v.@unit": "V", "v.2": "2", "v.2.@unit": "A"}]


def test_a_record_never_takes_what_comes_after_it_however_near() -> None:
    body = b"<d><m><early>1</early><r><v>1</v></r><between>2</between><r><v>2</v></r><late>3</late></m></d>"
    assert read(body, records="/d/m/r") == [
        {"m.early": "1", "m.between": None, "v": "1"},
        {"m.early": "1", "m.between": "2", "v": "2"},
    ]


def test_a_namespace_can_be_asked_for() -> None:
    body = b"<d xmlns:a='urn:a' xmlns:b='urn:b'><a:r><v>1</v></a:r><b:r><v>2</v></b:r></d>"
    assert read(body, records="/d/r", namespace="urn:b") == [{"v": "2"}]


def test_xsi_nil_is_nothing() -> None:
    body = b"<d xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'><r><v xsi:nil='true'/><w>1</w></r></d>"
    assert read(body, records="/d/r") == [{"v": None, "w": "1"}]


def test_a_document_without_a_list_is_one_record() -> None:
    body = b"<status><power unit='W'>5</power><time>2026-01-01T00:00Z</time></status>"
    assert read_tables(body)["status"].to_dicts() == [{"power": "5", "power.@unit": "W", "time": "2026-01-01T00:00Z"}]


def test_what_is_cut_off_in_the_sample_is_still_told() -> None:
    rows = b"".join(b"<r><t>2026-01-01T00:00Z</t><kwh>%d</kwh></r>" % number for number in range(60_000))
    body = b"<d><meta><x>1</x></meta>" + rows + b"</d>"
    assert len(body) > 2 << 20
    assert read_tables(body)["r"].height == 60_000


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(METERS[:-40], "the XML ends too early", id="cut off"),
        pytest.param(
            METERS.replace(b"</x:meter>", b"</x:metre>", 1), "it is no XML from line 8", id="tags that do not pair"
        ),
        pytest.param(b"<html><body>Log in</body></html>", "it is a web page", id="a web page"),
        pytest.param(b"<?xml version='1.0' encoding='klingon'?><d/>", "names an encoding", id="an unknown encoding"),
        pytest.param(b"<d></d>", "no records", id="nothing in it"),
    ],
)
def test_what_is_no_table_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(SourceRefused) as raised:
        read_tables(body)
    assert says in str(raised.value)


def test_a_path_that_leads_nowhere_names_those_that_do() -> None:
    with pytest.raises(SourceRefused, match=r"no element at /export/metre.*/export/meter, "):
        read(METERS, records="/export/metre")


def test_a_setting_that_does_not_exist_is_told_with_the_one_that_is_meant() -> None:
    with pytest.raises(Exception, match="Did you mean records"):
        detect_bytes(METERS, record="/export/meter")
