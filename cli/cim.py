"""What the verbs of `cdmp cim` do: reading the CIM, proposing to it, deciding on proposals."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

from cli.commands import Session, open_session, read_text
from cli.formats import ConceptAs, write_table
from include.cim.concept import Concept, Field
from include.cim.extension import Decision, ExtensionState, Proposal, Review
from include.cim.json_schema import NAMESPACE, concept_schema
from include.collection.document import load_yaml, read_model
from include.errors import ConfigurationInvalid, Conflict, NotFound, Problem
from include.operations.cim_extending import (
    ExtensionView,
    list_extensions,
    propose_extension,
    read_extension,
    review_extension,
)
from include.operations.cim_reading import Mentions, find_concepts, read_definition

_PAGE = 1000


def show_concepts(words: str | None, user: str) -> None:
    """Show the concepts that speak of some words, or all of them."""
    definition = read_definition(open_session(user).services)
    found = find_concepts(definition, words)
    rows = [[each.concept.name, len(each.concept.fields), each.concept.description] for each in found]
    print(write_table(["CONCEPT", "FIELDS", "WHAT"], rows))
    print(f"\nversion {definition.version}")


def show_concept(name: str, form: ConceptAs, version: int | None, user: str) -> None:
    """Show one concept."""
    definition = read_definition(open_session(user).services, version)
    concept = definition.concept(name)
    match form:
        case ConceptAs.TABLE:
            print(_write_concept(concept, definition.version))
        case ConceptAs.JSONSCHEMA:
            print(json.dumps(concept_schema(concept), ensure_ascii=False, indent=2))
        case ConceptAs.TURTLE:
            from include.cim.rdf import definition_graph, serialise_definition  # noqa: PLC0415 - rdflib is slow to load

            print(serialise_definition(definition_graph([concept], NAMESPACE), "turtle"))


def propose_file(file: Path, user: str) -> None:
    """Propose what a YAML file says."""
    proposal = read_model(Proposal, load_yaml(read_text(file)))
    session = open_session(user)
    view = propose_extension(session.services, session.requestor, proposal)
    print(f"proposed  {view.extension.id}  {view.extension.proposal.subject}")
    print(_write_view(view))


def show_extensions(state: str | None, user: str) -> None:
    """Show proposals, newest first."""
    wanted = _state(state)
    session = open_session(user)
    page = list_extensions(session.services, session.requestor, state=wanted, limit=_PAGE)
    rows = [
        [
            each.id,
            each.state,
            each.proposal.kind,
            each.proposal.subject,
            each.proposer_name,
            f"{each.proposed:%Y-%m-%d}",
        ]
        for each in page.extensions
    ]
    print(write_table(["ID", "STATE", "KIND", "ABOUT", "PROPOSER", "PROPOSED"], rows))


def review_one(which: str, accept: bool, reject: str | None, merge: str | None, reason: str, user: str) -> None:
    """Decide on a proposal, or show what a decision needs to know."""
    decisions = [accept, reject is not None, merge is not None]
    if sum(decisions) > 1:
        raise ConfigurationInvalid([Problem("--accept, --reject, --merge", "these are several", "Give one of them")])
    session = open_session(user)
    extension = _find(session, which)
    if not any(decisions):
        view = read_extension(session.services, session.requestor, extension)
        print(f"{view.extension.state}  {view.extension.id}  {view.extension.proposal.subject}")
        print(_write_view(view))
        return
    plain = {
        "decision": Decision.ACCEPT if accept else Decision.MERGE if merge is not None else Decision.REJECT,
        "into": merge,
        "reason": reason if reject is None else reject,
    }
    decided = review_extension(session.services, session.requestor, extension, read_model(Review, plain)).extension
    version = f", version {decided.version}" if decided.version else ""
    print(f"{decided.state}  {decided.id}  {decided.proposal.subject}{version}")


def _find(session: Session, which: str) -> UUID:
    try:
        return UUID(which)
    except ValueError:
        page = list_extensions(session.services, session.requestor, limit=_PAGE)
    found = [each.id for each in page.extensions if which and str(each.id).startswith(which)]
    if not found:
        raise NotFound(f"extension {which!r}", "there is none that begins so", "`cdmp cim extensions` lists them")
    if len(found) > 1:
        raise Conflict(f"extension {which!r}", f"{len(found)} begin so", "Give more of the id")
    return found[0]


def _state(text: str | None) -> ExtensionState | None:
    try:
        return ExtensionState(text) if text is not None else None
    except ValueError:
        there = ", ".join(ExtensionState)
        raise ConfigurationInvalid([Problem("--state", f"there is no state {text!r}", f"There is {there}")]) from None


def _write_concept(concept: Concept, version: int) -> str:
    rows = [
        [
            field.name,
            field.type,
            field.unit,
            _bounds(field),
            "required" if field.required else None,
            field.personal if field.personal != "none" else None,
            f"use {field.replaced_by}: {field.description}" if field.replaced_by else field.description,
        ]
        for field in concept.fields.values()
    ]
    table = write_table(["FIELD", "TYPE", "UNIT", "BOUNDS", "", "PERSONAL", "WHAT"], rows)
    terms = [f"{term.term}  ({term.standard}{', verified' if term.verified else ''})" for term in concept.anchors]
    head = f"{concept.title}: {concept.description}\nkey      {', '.join(concept.key)}\nversion  {version}"
    return "\n".join([head, "", table, *(["", *terms] if terms else [])])


def _bounds(field: Field) -> str | None:
    if field.values:
        return ", ".join(field.values)
    if field.minimum is None and field.maximum is None:
        return None
    low, high = ("" if bound is None else f"{bound:g}" for bound in (field.minimum, field.maximum))
    return f"{low} … {high}"


def _write_view(view: ExtensionView) -> str:
    rows = [[near.into, near.likeness, near.unit, near.description] for near in view.matches]
    lines = ["", write_table(["MAY DOUBLE", "BY ITS", "UNIT", "WHAT"], rows)] if rows else ["", "it doubles nothing"]
    usage = view.usage
    lines += ["", f"used by {_count(usage.collections, 'collection')} and {_count(usage.datasets, 'dataset')}"]
    lines += [f"  {use.kind}  {use.title}" for use in (*usage.collections.visible, *usage.datasets.visible)]
    return "\n".join(lines)


def _count(mentions: Mentions, kind: str) -> str:
    number = len(mentions.visible) + mentions.others
    return f"{number} {kind}{'' if number == 1 else 's'}"
