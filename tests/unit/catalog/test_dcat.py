"""A dataset's record obeys DCAT-AP 3.0.1's shapes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Literal

import pyshacl
import pytest
from rdflib import DCAT, DCTERMS, FOAF, XSD, Graph, URIRef
from rdflib import Literal as Text
from rdflib.compare import isomorphic

from include.catalog.dcat import DatasetFacts, Distribution, build_record, from_json_ld, serialise, to_json_ld

URL = "https://cdmp.example/twinergy-api/dataset/1"
WHOLE = DatasetFacts(
    url=URL,
    identifier="1",
    title="Zähler der Straße",
    description="Quarter hours.",
    publisher="Fluvius",
    licence="https://creativecommons.org/licenses/by/4.0/",
    modified=datetime(2026, 11, 20, tzinfo=UTC),
    concept="Meter reading",
    rows=4,
    language="de",
    keywords=("electricity", "meters"),
    themes=("ENER",),
    conforms_to=("http://iec.ch/TC57/CIM100#IntervalReading",),
    attribution="Source: Fluvius",
    landing_page="https://example.org/meters",
    spatial="http://publications.europa.eu/resource/authority/country/BEL",
    first=datetime(2024, 1, 1, tzinfo=UTC),
    last=datetime(2024, 12, 31, tzinfo=UTC),
    distributions=(Distribution(f"{URL}/records?format=csv", "text/csv", "CSV"),),
)
BARE = replace(
    WHOLE,
    language="xx",
    keywords=(),
    themes=(),
    conforms_to=(),
    attribution=None,
    landing_page=None,
    spatial=None,
    first=None,
    last=None,
    distributions=(),
)


@cache
def shapes() -> Graph:
    graph = Graph()
    for file in sorted((Path(__file__).parents[2] / "data" / "dcat").glob("*.ttl")):
        graph.parse(file)
    return graph


def violations(record: Graph) -> int:
    _conforms, report, _text = pyshacl.validate(record, shacl_graph=shapes())
    assert isinstance(report, Graph)
    return len(list(report.subjects(URIRef("http://www.w3.org/ns/shacl#resultSeverity"), None)))


@pytest.mark.parametrize("facts", [pytest.param(WHOLE, id="with everything"), pytest.param(BARE, id="with the least")])
def test_a_record_breaks_no_shape(facts: DatasetFacts) -> None:
    record = build_record(facts)
    assert (URIRef(URL), DCTERMS.title, Text(facts.title, lang=facts.language)) in record
    assert violations(record) == 0


@pytest.mark.parametrize("missing", [DCTERMS.title, DCTERMS.description, DCAT.accessURL, FOAF.name])
def test_a_record_that_lacks_something_is_found(missing: URIRef) -> None:
    record = build_record(WHOLE)
    record.remove((None, missing, None))
    assert violations(record) > 0


def test_a_record_with_something_of_the_wrong_kind_is_found() -> None:
    record = build_record(WHOLE)
    record.set((URIRef(URL), DCTERMS.spatial, Text("Belgium")))
    record.set((URIRef(URL), DCTERMS.modified, Text("yesterday", datatype=XSD.string)))
    assert violations(record) > 0


@pytest.mark.parametrize("form", ["turtle", "xml", "json-ld"])
def test_every_serialisation_says_the_same(form: Literal["turtle", "xml", "json-ld"]) -> None:
    record = build_record(WHOLE)
    assert isomorphic(Graph().parse(data=serialise(record, form), format=form), record)


def test_json_ld_is_short_and_says_the_same() -> None:
    plain = to_json_ld(build_record(WHOLE))
    assert "dcat:keyword" in str(plain)
    assert isomorphic(from_json_ld(plain), build_record(WHOLE))


def test_what_an_owner_typed_as_an_iri_cannot_break_the_record() -> None:
    odd = replace(WHOLE, landing_page='https://example.org/a b>"{x}', spatial="https://example.org/<script>")
    record = build_record(odd)
    assert isomorphic(Graph().parse(data=serialise(record, "turtle"), format="turtle"), record)
    assert violations(record) == 0
