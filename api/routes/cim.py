"""The Common Information Model: concepts, versions, who uses what, and extensions."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from api.accept import choose_format
from api.dependencies import Cursor, Limit, ServicesDep, SignedIn, link
from api.examples import EXTENSION
from api.schemas.cim import (
    CimFieldAnswer,
    ConceptAnswer,
    ConceptItem,
    ConceptListAnswer,
    ConceptUsageAnswer,
    ExtensionAnswer,
    ExtensionItem,
    ExtensionListAnswer,
    MentionAnswer,
    MentionsAnswer,
    NearMatchAnswer,
    TermAnswer,
    UsageAnswer,
    VersionAnswer,
    VersionListAnswer,
)
from include.cim.concept import Concept, Field, Term
from include.cim.extension import NAME, Extension, ExtensionState, Proposal, Review
from include.cim.json_schema import concept_schema
from include.cim.rdf import RdfFormat, definition_graph, serialise_definition
from include.operations.cim_extending import (
    ExtensionView,
    list_extensions,
    propose_extension,
    read_extension,
    review_extension,
    withdraw_extension,
)
from include.operations.cim_reading import (
    Mentions,
    Usage,
    find_concepts,
    list_versions,
    read_definition,
    read_usage,
)

router = APIRouter(prefix="/cim", tags=["cim"])

Name = Annotated[str, Path(pattern=NAME, max_length=63, description="a concept", examples=["meter_reading"])]
Version = Annotated[int | None, Query(ge=1, le=2**31 - 1, description="else the current one")]


class CimFormat(StrEnum):
    """How a concept is written."""

    JSON = "json"
    JSONSCHEMA = "jsonschema"
    TURTLE = "turtle"
    RDF = "rdf"
    JSONLD = "jsonld"


_MEDIA: Final = {
    CimFormat.JSON: "application/json",
    CimFormat.JSONSCHEMA: "application/schema+json",
    CimFormat.TURTLE: "text/turtle",
    CimFormat.RDF: "application/rdf+xml",
    CimFormat.JSONLD: "application/ld+json",
}
_RDF: Final[dict[CimFormat, RdfFormat]] = {
    CimFormat.TURTLE: "turtle",
    CimFormat.RDF: "xml",
    CimFormat.JSONLD: "json-ld",
}


@router.get("/", summary="List the concepts")
def list_all(
    services: ServicesDep,
    _requestor: SignedIn,
    version: Version = None,
    q: Annotated[str | None, Query(max_length=200, description="words in names, descriptions and terms")] = None,
) -> ConceptListAnswer:
    definition = read_definition(services, version)
    concepts = [
        ConceptItem(
            name=found.concept.name,
            title=found.concept.title,
            description=found.concept.description,
            fields=len(found.concept.fields),
            sources=list(found.concept.sources),
            matched=list(found.matched),
        )
        for found in find_concepts(definition, q)
    ]
    return ConceptListAnswer(version=definition.version, concepts=concepts)


@router.get("/version", summary="List the versions: what changed, when, by whom and why")
def list_all_versions(
    services: ServicesDep, _requestor: SignedIn, cursor: Cursor = None, limit: Limit = 50
) -> VersionListAnswer:
    page = list_versions(services, cursor=cursor, limit=limit)
    versions = [
        VersionAnswer(
            version=each.version,
            made=each.made,
            made_by=each.made_by,
            changes=list(each.changes),
            reason=each.reason,
            extension=each.extension_id,
        )
        for each in page.versions
    ]
    return VersionListAnswer(versions=versions, cursor=page.cursor)


@router.post("/extension", status_code=201, summary="Propose a field, a concept, or a change of a field")
def propose(
    body: Annotated[Proposal, EXTENSION],
    request: Request,
    response: Response,
    services: ServicesDep,
    requestor: SignedIn,
) -> ExtensionAnswer:
    """Exactly one of `field`, `new_concept` and `change`. With a `sample`, the field's type, unit and bounds come
    from its column where the proposal does not say them. `matches` is what it may double."""
    view = propose_extension(services, requestor, body)
    response.headers["Location"] = link(request, f"/cim/extension/{view.extension.id}")
    return _extension(view)


@router.get("/extension", summary="List proposals: your own, or everybody's for a steward")
def list_all_extensions(
    services: ServicesDep,
    requestor: SignedIn,
    state: ExtensionState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ExtensionListAnswer:
    page = list_extensions(services, requestor, state=state, cursor=cursor, limit=limit)
    items = [ExtensionItem.model_validate(_item(each)) for each in page.extensions]
    return ExtensionListAnswer(extensions=items, cursor=page.cursor)


@router.get("/extension/{extension_id}", summary="Read a proposal, what it may double, and who uses what it changes")
def read_one_extension(extension_id: UUID, services: ServicesDep, requestor: SignedIn) -> ExtensionAnswer:
    return _extension(read_extension(services, requestor, extension_id))


@router.post("/extension/{extension_id}/review", summary="Decide on a proposal, as a steward")
def review(extension_id: UUID, body: Review, services: ServicesDep, requestor: SignedIn) -> ExtensionAnswer:
    """Accepting and merging make the next version of the CIM. 409 where somebody else decided meanwhile."""
    return _extension(review_extension(services, requestor, extension_id, body))


@router.delete("/extension/{extension_id}", summary="Withdraw a proposal of yours")
def withdraw(extension_id: UUID, services: ServicesDep, requestor: SignedIn) -> ExtensionAnswer:
    return _extension(withdraw_extension(services, requestor, extension_id))


@router.get(
    "/{concept}",
    summary="Read a concept: fields, units, bounds, key, terms",
    response_model=ConceptAnswer,
    responses={200: {"content": {name: {} for name in _MEDIA.values()}}},
)
def read(
    concept: Name,
    request: Request,
    services: ServicesDep,
    _requestor: SignedIn,
    version: Version = None,
    format: Annotated[CimFormat | None, Query(description="goes before Accept")] = None,
) -> Response:
    definition = read_definition(services, version)
    found = definition.concept(concept)
    chosen = choose_format(format, request.headers.get("accept", ""), _MEDIA)
    namespace = f"{services.public_url.rstrip('/')}/twinergy-api/cim/"
    match chosen:
        case CimFormat.JSON:
            text = _concept(found, definition.version).model_dump_json()
        case CimFormat.JSONSCHEMA:
            text = json.dumps(concept_schema(found, namespace), ensure_ascii=False)
        case _:
            text = serialise_definition(definition_graph([found], namespace), _RDF[chosen])
    return Response(text, headers={"Vary": "Accept"}, media_type=_MEDIA[chosen])


@router.get("/{concept}/usage", summary="Who uses a concept, and each of its fields")
def usage(concept: Name, services: ServicesDep, requestor: SignedIn) -> ConceptUsageAnswer:
    found = read_definition(services).concept(concept)
    whole, by_field = read_usage(services, requestor, found)
    fields = {name: _usage(each) for name, each in by_field.items()}
    return ConceptUsageAnswer(concept=found.name, fields=fields, **dict(_usage(whole)))


def _concept(concept: Concept, version: int) -> ConceptAnswer:
    return ConceptAnswer(
        version=version,
        name=concept.name,
        title=concept.title,
        description=concept.description,
        key=list(concept.key),
        sources=list(concept.sources),
        terms=[_term(each) for each in concept.anchors],
        fields=[_field(each) for each in concept.fields.values()],
    )


def _field(field: Field) -> CimFieldAnswer:
    return CimFieldAnswer(
        name=field.name,
        type=field.type,
        description=field.description,
        unit=field.unit,
        required=field.required,
        minimum=field.minimum,
        maximum=field.maximum,
        values=list(field.values),
        after=field.after,
        personal=field.personal,
        terms=[_term(each) for each in field.anchors],
        synonyms=list(field.synonyms),
        replaced_by=field.replaced_by,
    )


def _term(term: Term) -> TermAnswer:
    return TermAnswer(term=term.term, standard=term.standard, verified=term.verified, exact=term.exact, note=term.note)


def _usage(used: Usage) -> UsageAnswer:
    return UsageAnswer(collections=_mentions(used.collections), datasets=_mentions(used.datasets))


def _mentions(mentions: Mentions) -> MentionsAnswer:
    visible = [MentionAnswer(id=use.id, title=use.title) for use in mentions.visible]
    return MentionsAnswer(visible=visible, others=mentions.others)


def _item(extension: Extension) -> dict[str, object]:
    return {
        "id": extension.id,
        "state": extension.state,
        "kind": extension.proposal.kind,
        "about": extension.proposal.subject,
        "proposal": extension.proposal.model_dump(mode="json", exclude_defaults=True),
        "proposer": extension.proposer_name,
        "proposed": extension.proposed,
        "reviewer": extension.reviewer_name,
        "reviewed": extension.reviewed,
        "into": extension.into,
        "reason": extension.reason,
        "version": extension.version,
    }


def _extension(view: ExtensionView) -> ExtensionAnswer:
    matches = [
        NearMatchAnswer(**{name: getattr(each, name) for name in NearMatchAnswer.model_fields}) for each in view.matches
    ]
    return ExtensionAnswer.model_validate({**_item(view.extension), "matches": matches, "usage": _usage(view.usage)})
