"""The Common Information Model as RDF: classes, properties, units, terms of standards, and shapes that hold rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, Literal

from rdflib import DCTERMS, OWL, RDF, RDFS, SH, SKOS, XSD, BNode, Graph, Namespace, URIRef
from rdflib import Literal as Text
from rdflib.collection import Collection

from include.cim.concept import Concept, Field, FieldType, Personal, Term
from include.cim.json_schema import NAMESPACE
from include.cim.unit_codes import find_codes

QUDT: Final = Namespace("http://qudt.org/schema/qudt/")
UNIT: Final = Namespace("http://qudt.org/vocab/unit/")

RdfFormat = Literal["turtle", "xml", "json-ld"]

_RANGES: Final[Mapping[FieldType, URIRef]] = {
    FieldType.ID: XSD.string,
    FieldType.TEXT: XSD.string,
    FieldType.ENUM: XSD.string,
    FieldType.TIMESTAMP: XSD.dateTime,
    FieldType.FLOAT: XSD.double,
    FieldType.INTEGER: XSD.integer,
    FieldType.BOOLEAN: XSD.boolean,
}


def definition_graph(concepts: Iterable[Concept], namespace: str = NAMESPACE) -> Graph:
    """Build the graph of some concepts, or of one.

    A concept is an `owl:Class` with its key, a field an `owl:DatatypeProperty` of that class; `concept#field` names
    it. A term of a standard that was verified to mean the same is an exact match, any other a close one; a term without
    an IRI is told in words. A SHACL shape holds a row to its types, values, bounds and order of times.

    Args:
        namespace: What a concept's IRI begins with, up to its name.

    Source: OWL 2, SKOS, SHACL, QUDT 3.
    """
    graph = Graph()
    vocabulary = Namespace(f"{namespace}definition#")
    graph.bind("qudt", QUDT)
    graph.bind("unit", UNIT)
    graph.bind("cim-definition", vocabulary)
    ontology = URIRef(f"{namespace}definition")
    graph.add((ontology, RDF.type, OWL.Ontology))
    graph.add((ontology, DCTERMS.title, Text("Common Information Model", lang="en")))
    for name, told in (
        ("personal", "How near a field comes to a person: quasi, direct or series."),
        ("source", "A kind of source whose data lands in a concept."),
    ):
        graph.add((vocabulary[name], RDF.type, OWL.AnnotationProperty))
        graph.add((vocabulary[name], RDFS.comment, Text(told, lang="en")))
    for concept in concepts:
        _add_concept(graph, concept, namespace, vocabulary)
    return graph


def serialise_definition(graph: Graph, form: RdfFormat) -> str:
    """Write a graph as Turtle, RDF/XML or JSON-LD."""
    return graph.serialize(format=form)


def _add_concept(graph: Graph, concept: Concept, namespace: str, vocabulary: Namespace) -> None:
    node = URIRef(f"{namespace}{concept.name}")
    graph.add((node, RDF.type, OWL.Class))
    graph.add((node, RDFS.label, Text(concept.title, lang="en")))
    graph.add((node, RDFS.comment, Text(concept.description, lang="en")))
    graph.add((node, RDFS.isDefinedBy, URIRef(f"{namespace}definition")))
    for source in concept.sources:
        graph.add((node, vocabulary.source, Text(str(source))))
    _add_terms(graph, node, concept.anchors)
    key = BNode()
    Collection(graph, key, [_property(node, name) for name in concept.key])
    graph.add((node, OWL.hasKey, key))
    shape = vocabulary[f"shape-{concept.name}"]
    graph.add((shape, RDF.type, SH.NodeShape))
    graph.add((shape, SH.targetClass, node))
    for field in concept.fields.values():
        _add_field(graph, node, field, vocabulary)
        _add_shape(graph, shape, node, field)


def _add_field(graph: Graph, node: URIRef, field: Field, vocabulary: Namespace) -> None:
    property_ = _property(node, field.name)
    graph.add((property_, RDF.type, OWL.DatatypeProperty))
    graph.add((property_, RDFS.label, Text(field.name)))
    graph.add((property_, RDFS.comment, Text(field.description, lang="en")))
    graph.add((property_, RDFS.domain, node))
    graph.add((property_, RDFS.range, _RANGES[field.type]))
    if field.personal is not Personal.NONE:
        graph.add((property_, vocabulary.personal, Text(str(field.personal))))
    for synonym in field.synonyms:
        graph.add((property_, SKOS.altLabel, Text(synonym)))
    if field.replaced_by is not None:
        graph.add((property_, OWL.deprecated, Text(True)))
        graph.add((property_, DCTERMS.isReplacedBy, _property(node, field.replaced_by)))
    if field.unit is not None:
        codes = find_codes(field.unit)
        graph.add((property_, QUDT.symbol, Text(field.unit)))
        if codes.qudt:
            graph.add((property_, QUDT.hasUnit, UNIT[codes.qudt]))
        if codes.ucum:
            graph.add((property_, QUDT.ucumCode, Text(codes.ucum, datatype=QUDT.UCUMcs)))
        if codes.unece:
            graph.add((property_, QUDT.uneceCommonCode, Text(codes.unece)))
    _add_terms(graph, property_, field.anchors)


def _add_shape(graph: Graph, shape: URIRef, node: URIRef, field: Field) -> None:
    held = BNode()
    graph.add((shape, SH.property, held))
    graph.add((held, SH.path, _property(node, field.name)))
    graph.add((held, SH.datatype, _RANGES[field.type]))
    graph.add((held, SH.maxCount, Text(1)))
    if field.required:
        graph.add((held, SH.minCount, Text(1)))
    if field.values:
        listed = BNode()
        Collection(graph, listed, [Text(value, datatype=XSD.string) for value in field.values])
        graph.add((held, SH["in"], listed))
    for bound, predicate in ((field.minimum, SH.minInclusive), (field.maximum, SH.maxInclusive)):
        if bound is not None:
            graph.add((held, predicate, Text(int(bound) if bound == int(bound) else Decimal(str(bound)))))
    if field.after is not None:
        order = BNode()
        graph.add((shape, SH.property, order))
        graph.add((order, SH.path, _property(node, field.after)))
        graph.add((order, SH.lessThan, _property(node, field.name)))


def _add_terms(graph: Graph, node: URIRef, terms: Iterable[Term]) -> None:
    for term in terms:
        if term.iri is None:
            graph.add((node, SKOS.note, Text(f"{term.standard}: {term.term}", lang="en")))
        else:
            graph.add((node, SKOS.exactMatch if term.exact else SKOS.closeMatch, URIRef(term.iri)))


def _property(node: URIRef, name: str) -> URIRef:
    return URIRef(f"{node}#{name}")
