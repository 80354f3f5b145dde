"""The model as RDF: read back from each serialisation, and its shapes judged by pySHACL."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from pyshacl import validate
from rdflib import DCTERMS, OWL, RDF, RDFS, SKOS, XSD, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.compare import isomorphic

from include.cim.concept import FieldType, Term
from include.cim.definition import load_definition
from include.cim.rdf import QUDT, UNIT, RdfFormat, definition_graph, serialise_definition
from tests.factories import a_concept, a_field

CONCEPTS = load_definition().concepts()
BASE = "https://energy.example.org/cim/"
READING = URIRef(f"{BASE}meter_reading")
ENERGY = URIRef(f"{BASE}meter_reading#energy")
ROW = Namespace("https://energy.example.org/row/")


@pytest.mark.parametrize("form", get_args(RdfFormat))
def test_every_serialisation_reads_back_as_the_same_graph(form: RdfFormat) -> None:
    graph = definition_graph([load_definition().concept("meter_reading")], BASE)
    assert isomorphic(Graph().parse(data=serialise_definition(graph, form), format=form), graph)


def test_every_concept_is_a_class_with_its_key_and_every_field_a_property_of_it() -> None:
    graph = definition_graph(CONCEPTS, BASE)
    assert set(graph.subjects(RDF.type, OWL.Class)) == {URIRef(BASE + concept.name) for concept in CONCEPTS}
    for concept in CONCEPTS:
        node = URIRef(BASE + concept.name)
        assert {str(each) for each in graph.subjects(RDFS.domain, node)} == {
            f"{node}#{name}" for name in concept.fields
        }
        key = Collection(graph, graph.value(node, OWL.hasKey))
        assert [str(each) for each in key] == [f"{node}#{name}" for name in concept.key]
        for field in concept.fields.values():
            held = graph.value(URIRef(f"{node}#{field.name}"), RDFS.range)
            assert (held == XSD.double) == (field.type is FieldType.FLOAT)


def test_a_field_has_its_unit_by_qudt_and_ucum() -> None:
    graph = definition_graph(CONCEPTS, BASE)
    assert graph.value(ENERGY, QUDT.hasUnit) == UNIT["KiloW-HR"]
    assert graph.value(ENERGY, QUDT.ucumCode) == Literal("kW.h", datatype=QUDT.UCUMcs)


def test_a_term_is_an_exact_match_only_where_it_was_verified_to_mean_the_same() -> None:
    known = Term("https://a.example/Same", "A", verified=True, exact=True, note="owner/repository: a.ttl")
    alike = Term("https://a.example/Alike", "A", verified=True, note="owner/repository: a.ttl")
    guess, word = Term("https://a.example/Guess", "A"), Term("event", "OpenADR 3")
    graph = definition_graph([replace(a_concept(), anchors=(known, alike, guess, word))], BASE)
    assert set(graph.objects(READING, SKOS.exactMatch)) == {URIRef(known.term)}
    assert set(graph.objects(READING, SKOS.closeMatch)) == {URIRef(alike.term), URIRef(guess.term)}
    assert set(graph.objects(READING, SKOS.note)) == {Literal("OpenADR 3: event", lang="en")}


def test_other_names_and_what_replaces_a_field_are_told() -> None:
    old = a_field("old", synonyms=("alt", "oud"), replaced_by="energy")
    graph = definition_graph([a_concept(*a_concept().fields.values(), old)], BASE)
    field = URIRef(f"{READING}#old")
    assert set(graph.objects(field, SKOS.altLabel)) == {Literal("alt"), Literal("oud")}
    assert graph.value(field, OWL.deprecated) == Literal(True)
    assert graph.value(field, DCTERMS.isReplacedBy) == ENERGY


@pytest.mark.parametrize(
    ("name", "value", "conforms"),
    [
        pytest.param("energy", Literal(1.5), True, id="a row that is right"),
        pytest.param("energy", Literal(2e6), False, id="above its bound"),
        pytest.param("energy", Literal("1.5"), False, id="a number as text"),
        pytest.param("quality", Literal("guessed", datatype=XSD.string), False, id="no value of the enumeration"),
        pytest.param("quality", Literal("measured", datatype=XSD.string), True, id="a value of the enumeration"),
        pytest.param(
            "interval_end", Literal("2025-12-31T23:00:00Z", datatype=XSD.dateTime), False, id="an end before its start"
        ),
        pytest.param(
            "interval_end", Literal("2026-01-01T00:15:00Z", datatype=XSD.dateTime), True, id="an end after its start"
        ),
        pytest.param("meter_id", Literal("other", datatype=XSD.string), False, id="two values of one field"),
    ],
)
def test_the_shapes_hold_rows_to_their_concept(name: str, value: Literal, conforms: bool) -> None:
    concept = a_concept()
    row = Graph()
    row.add((ROW["1"], RDF.type, READING))
    row.add((ROW["1"], READING + "#meter_id", Literal("m", datatype=XSD.string)))
    row.add((ROW["1"], READING + "#interval_start", Literal("2026-01-01T00:00:00Z", datatype=XSD.dateTime)))
    row.add((ROW["1"], URIRef(f"{READING}#{name}"), value))
    assert validate(row, shacl_graph=definition_graph([concept], BASE))[0] is conforms


def test_a_row_without_its_key_breaks_the_shape() -> None:
    row = Graph()
    row.add((ROW["1"], RDF.type, READING))
    shapes = definition_graph([a_concept(a_field("meter_id", type=FieldType.ID, required=True))], BASE)
    assert validate(row, shacl_graph=shapes)[0] is False
