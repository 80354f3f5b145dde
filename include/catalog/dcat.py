"""A dataset's DCAT-AP 3.0.1 record, built from plain facts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import quote

from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, XSD, BNode, Graph, URIRef
from rdflib import Literal as Text

_AUTHORITY: Final = "http://publications.europa.eu/resource/authority"
_LANGUAGES: Final = {
    "bg": "BUL", "cs": "CES", "da": "DAN", "de": "DEU", "el": "ELL", "en": "ENG", "es": "SPA", "et": "EST", "fi": "FIN",
    "fr": "FRA", "ga": "GLE", "hr": "HRV", "hu": "HUN", "it": "ITA", "lt": "LIT", "lv": "LAV", "mt": "MLT", "nl": "NLD",
    "no": "NOR", "pl": "POL", "pt": "POR", "ro": "RON", "sk": "SLK", "sl": "SLV", "sv": "SWE", "tr": "TUR", "uk": "UKR",
}  # fmt: skip
"""ISO 639-1 codes, and the codes of the EU's language authority for them."""

_FORBIDDEN: Final = re.compile(r'[\x00-\x20<>"{}|\\^`]')
"""What an IRI does not hold (RFC 3987)."""

_PREFIXES: Final = frozenset({"dcat", "dcterms", "foaf", "rdfs", "skos", "xsd"})

_WKT: Final = URIRef("http://www.opengis.net/ont/geosparql#wktLiteral")

_Node = URIRef | BNode
Format = Literal["turtle", "xml", "json-ld"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """One form in which the rows can be had.

    Attributes:
        url: Where to ask for it.
        media_type: IANA's name: `text/csv`.
        file_type: The EU file-type authority's code: `CSV`.
    """

    url: str
    media_type: str
    file_type: str


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What the record of a dataset says.

    Attributes:
        url: The IRI of the dataset.
        themes: Codes of the EU's data-theme authority: `ENER`.
        language: Of title and description, ISO 639-1.
        conforms_to: IRIs of the standards' terms that the rows follow.
        bbox: West, south, east and north in degrees.
        first, last: Span of the rows, zoned.
    """

    url: str
    identifier: str
    title: str
    description: str
    publisher: str
    licence: str
    modified: datetime
    concept: str
    rows: int
    language: str = "en"
    keywords: Sequence[str] = ()
    themes: Sequence[str] = ()
    conforms_to: Sequence[str] = ()
    attribution: str | None = None
    landing_page: str | None = None
    spatial: str | None = None
    bbox: tuple[float, float, float, float] | None = None
    first: datetime | None = None
    last: datetime | None = None
    distributions: Sequence[Distribution] = ()


def build_record(facts: DatasetFacts) -> Graph:
    """Build the record. What it refers to is typed in it, so that it can be judged without fetching anything.

    Source: DCAT-AP 3.0.1, classes Dataset and Distribution.
    """
    graph = Graph()
    dataset = _iri(facts.url)
    graph.add((dataset, RDF.type, DCAT.Dataset))
    graph.add((dataset, DCTERMS.identifier, Text(facts.identifier)))
    graph.add((dataset, DCTERMS.title, _text(facts, facts.title)))
    graph.add((dataset, DCTERMS.description, _text(facts, facts.description)))
    graph.add((dataset, DCTERMS.modified, _moment(facts.modified)))
    for keyword in facts.keywords:
        graph.add((dataset, DCAT.keyword, _text(facts, keyword)))
    publisher = _refer(graph, dataset, DCTERMS.publisher, BNode(), FOAF.Agent)
    graph.add((publisher, FOAF.name, _text(facts, facts.publisher)))
    _add_themes(graph, dataset, facts.themes)
    for standard in facts.conforms_to:
        _refer(graph, dataset, DCTERMS.conformsTo, _iri(standard), DCTERMS.Standard)
    if facts.language in _LANGUAGES:
        language = _iri(f"{_AUTHORITY}/language/{_LANGUAGES[facts.language]}")
        _refer(graph, dataset, DCTERMS.language, language, DCTERMS.LinguisticSystem)
    if facts.landing_page:
        _refer(graph, dataset, DCAT.landingPage, _iri(facts.landing_page), FOAF.Document)
    if facts.spatial:
        _refer(graph, dataset, DCTERMS.spatial, _iri(facts.spatial), DCTERMS.Location)
    if facts.bbox:
        west, south, east, north = facts.bbox
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        polygon = f"POLYGON(({','.join(f'{x} {y}' for x, y in corners)}))"
        location = _refer(graph, dataset, DCTERMS.spatial, BNode(), DCTERMS.Location)
        graph.add((location, DCAT.bbox, Text(polygon, datatype=_WKT)))
    if facts.first and facts.last:
        period = _refer(graph, dataset, DCTERMS.temporal, BNode(), DCTERMS.PeriodOfTime)
        graph.add((period, DCAT.startDate, _moment(facts.first)))
        graph.add((period, DCAT.endDate, _moment(facts.last)))
    provenance = _refer(graph, dataset, DCTERMS.provenance, BNode(), DCTERMS.ProvenanceStatement)
    told = f"{facts.rows} rows, as {facts.concept} of the Common Information Model."
    graph.add((provenance, RDFS.label, Text(told, lang="en")))
    for number, distribution in enumerate(facts.distributions):
        _add_distribution(graph, dataset, _iri(f"{facts.url}#distribution-{number}"), distribution, facts)
    return graph


def _add_themes(graph: Graph, dataset: URIRef, themes: Sequence[str]) -> None:
    scheme = _iri(f"{_AUTHORITY}/data-theme")
    for theme in themes:
        concept = _refer(graph, dataset, DCAT.theme, _iri(f"{scheme}/{quote(theme, safe='')}"), SKOS.Concept)
        graph.add((concept, SKOS.prefLabel, Text(theme, lang="en")))
        _refer(graph, concept, SKOS.inScheme, scheme, SKOS.ConceptScheme)
        graph.add((scheme, DCTERMS.title, Text("Data theme", lang="en")))


def _add_distribution(
    graph: Graph, dataset: URIRef, node: URIRef, distribution: Distribution, facts: DatasetFacts
) -> None:
    _refer(graph, dataset, DCAT.distribution, node, DCAT.Distribution)
    _refer(graph, node, DCAT.accessURL, _iri(distribution.url), RDFS.Resource)
    _refer(graph, node, DCTERMS.license, _iri(facts.licence), DCTERMS.LicenseDocument)
    media_type = _iri(f"https://www.iana.org/assignments/media-types/{distribution.media_type}")
    _refer(graph, node, DCAT.mediaType, media_type, DCTERMS.MediaType)
    file_type = _iri(f"{_AUTHORITY}/file-type/{distribution.file_type}")
    _refer(graph, node, DCTERMS.format, file_type, DCTERMS.MediaTypeOrExtent)
    if facts.attribution:
        rights = _refer(graph, node, DCTERMS.rights, BNode(), DCTERMS.RightsStatement)
        graph.add((rights, RDFS.label, _text(facts, facts.attribution)))


def serialise(graph: Graph, form: Format) -> str:
    """Write a record as Turtle, RDF/XML or JSON-LD."""
    return graph.serialize(format=form)


def to_json_ld(graph: Graph) -> dict[str, Any]:
    """Give a record as JSON-LD's objects, with DCAT's usual prefixes as context."""
    context = {prefix: str(namespace) for prefix, namespace in graph.namespaces() if prefix in _PREFIXES}
    plain: dict[str, Any] = json.loads(graph.serialize(format="json-ld", context=context, auto_compact=False))
    return plain


def from_json_ld(plain: dict[str, Any]) -> Graph:
    """Read what `to_json_ld` gave."""
    return Graph().parse(data=json.dumps(plain), format="json-ld")


def _refer(graph: Graph, subject: _Node, predicate: URIRef, to: _Node, kind: URIRef) -> _Node:
    graph.add((subject, predicate, to))
    graph.add((to, RDF.type, kind))
    return to


def _text(facts: DatasetFacts, value: str) -> Text:
    return Text(value, lang=facts.language)


def _moment(value: datetime) -> Text:
    return Text(value.isoformat(), datatype=XSD.dateTime)


def _iri(text: str) -> URIRef:
    return URIRef(_FORBIDDEN.sub(lambda found: quote(found.group()), text))
