"""Makes the next definition out of one and a proposal, and says what is another in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import TypeVar

from include.cim.check_proposal import check_proposal
from include.cim.concept import Concept, Field, FieldType, Term
from include.cim.definition import Definition
from include.cim.extension import Proposal, ProposedChange, ProposedField, ProposedTerm
from include.cim.units import find_unit
from include.errors import ConfigurationInvalid, Conflict, Problem

_Named = TypeVar("_Named", Term, str)
_NUMBERS = (FieldType.FLOAT, FieldType.INTEGER)


def accept(definition: Definition, proposal: Proposal) -> Definition:
    """Give the definition with what a proposal adds or changes.

    Raises:
        ConfigurationInvalid: Lists everything for which the definition is none, or no longer one, that it fits.
    """
    if problems := check_proposal(proposal, definition):
        raise ConfigurationInvalid(problems)
    if proposal.new_concept is not None:
        new = proposal.new_concept
        listed = [replace(_field(each), required=each.required or each.name in new.key) for each in new.fields]
        concept = Concept(
            name=new.name,
            title=new.title,
            description=new.description,
            key=new.key,
            fields={field.name: field for field in listed},
            anchors=_terms(new.terms),
            sources=new.sources,
        )
        return _with(definition, concept)
    concept = definition.concept(proposal.concept or "")
    if proposal.field is not None:
        return _with(definition, _with_field(concept, _field(proposal.field)))
    assert proposal.change is not None  # noqa: S101 - one of the three
    there = concept.fields[proposal.change.field]
    if (changed := _changed(there, proposal.change)) == there:
        what = f"{concept.name}.{there.name} has all of that already"
        raise ConfigurationInvalid([Problem("change", what, "Propose what it lacks, or map to it as it is")])
    return _with(definition, _with_field(concept, changed))


def merge(definition: Definition, proposal: Proposal, into: str) -> Definition:
    """Give the definition in which a proposed field is another name of one that is there (`concept.field`).

    Raises:
        ConfigurationInvalid: There is no such field, or it holds something else.
    """
    concept_name, _, name = into.partition(".")
    concept = definition.by_name.get(concept_name)
    if concept is None or name not in concept.fields:
        raise ConfigurationInvalid([Problem("into", f"the CIM has no field {into!r}", "Write it as concept.field")])
    there, new = concept.fields[name], proposal.field
    if new is None:
        raise ConfigurationInvalid([Problem("decision", "only a proposed field is merged", "Accept it, or reject it")])
    if there.type is not new.type and not (there.type in _NUMBERS and new.type in _NUMBERS):
        what = f"{into} is of type {there.type}, the proposal of {new.type}"
        raise ConfigurationInvalid([Problem("into", what, "Merge what holds the same, or accept it")])
    here, proposed = (find_unit(unit) if unit else None for unit in (there.unit, new.unit))
    if (here and here.dimension) != (proposed and proposed.dimension):
        what = f"{into} is held in {there.unit or 'no unit'}, and the proposal is in {new.unit or 'none'}"
        raise ConfigurationInvalid([Problem("into", what, "Merge what can be converted")])
    names = (*there.synonyms, *(each for each in (new.name, *new.synonyms) if each != there.name))
    merged = replace(there, synonyms=once(names), anchors=join_terms(there.anchors, _terms(new.terms)))
    return _with(definition, _with_field(concept, merged))


def describe_changes(before: Definition, after: Definition) -> list[str]:
    """Say what is another in a definition than in the one before, a sentence each."""
    return list(_describe_changes(before.by_name, after.by_name))


def join_terms(there: Iterable[Term], more: Iterable[Term]) -> tuple[Term, ...]:
    """Give the terms of both; of one that both have, the first."""
    return tuple({term.term: term for term in (*more, *there)}[name] for name in once(t.term for t in (*there, *more)))


def _describe_changes(before: Mapping[str, Concept], after: Mapping[str, Concept]) -> Iterator[str]:
    for name, concept in after.items():
        if name not in before:
            yield f"{name}: a new concept of {len(concept.fields)} fields"
            continue
        old = before[name]
        if told := _differing(old, concept):
            yield f"{name}: {told}"
        for field in concept.fields.values():
            if field.name not in old.fields:
                yield f"{name}.{field.name}: a new field"
            elif told := _differing(old.fields[field.name], field):
                yield f"{name}.{field.name}: {told}"


def _differing(old: Concept | Field, new: Concept | Field) -> str:
    names = (each.name for each in dataclass_fields(old) if each.name != "fields")
    told = [name.replace("_", " ") for name in names if getattr(old, name) != getattr(new, name)]
    return ", ".join(told) + (" is another" if len(told) == 1 else " are others" if told else "")


def _with(definition: Definition, concept: Concept) -> Definition:
    return replace(definition, by_name=dict(sorted({**definition.by_name, concept.name: concept}.items())))


def _with_field(concept: Concept, field: Field) -> Concept:
    return replace(concept, fields={**concept.fields, field.name: field})


def _field(new: ProposedField) -> Field:
    if new.type is None:
        raise Conflict("field.type", "it is missing", "Say what the field holds")
    return Field(
        name=new.name,
        type=new.type,
        description=new.description,
        unit=new.unit,
        minimum=new.minimum,
        maximum=new.maximum,
        values=new.values,
        after=new.after,
        personal=new.personal,
        anchors=_terms(new.terms),
        synonyms=once(new.synonyms),
    )


def _changed(field: Field, change: ProposedChange) -> Field:
    return replace(
        field,
        description=change.description or field.description,
        minimum=field.minimum if change.minimum is None else change.minimum,
        maximum=field.maximum if change.maximum is None else change.maximum,
        values=once((*field.values, *change.values)),
        anchors=join_terms(field.anchors, _terms(change.terms)),
        synonyms=once((*field.synonyms, *change.synonyms)),
        replaced_by=change.replaced_by or field.replaced_by,
    )


def _terms(proposed: Iterable[ProposedTerm]) -> tuple[Term, ...]:
    return tuple(Term(term=each.term, standard=each.standard, note=each.note) for each in proposed)


def once(names: Iterable[str]) -> tuple[str, ...]:
    """Give each name once, in the order in which they come."""
    return tuple(dict.fromkeys(names))
