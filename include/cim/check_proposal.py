"""Checks a proposal against the CIM: everything that is wrong with it, before a steward sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from include.cim.concept import Concept, Field, FieldType
from include.cim.definition import Definition
from include.cim.extension import Proposal, ProposedChange, ProposedConcept, ProposedField
from include.cim.units import find_unit, known_unit
from include.errors import NotFound, Problem, name_close

MOST_FIELDS: Final = 400
"""A concept has no more: PostgreSQL's tables end at 1,600 columns, and nobody maps so many."""

RESERVED_FIELDS: Final = frozenset(
    {"row_id", "reasons", "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax", "oid"}  # ours, and PostgreSQL's own
)
RESERVED_CONCEPTS: Final = frozenset({"extension", "version", "definition"})
"""Paths of the interface, and the name of the whole in RDF."""

_NUMBERS: Final = (FieldType.FLOAT, FieldType.INTEGER)


def check_proposal(proposal: Proposal, definition: Definition) -> list[Problem]:
    """Find everything that is wrong; nothing where a steward may accept it as it stands."""
    if proposal.new_concept is not None:
        return list(_check_concept(proposal.new_concept, definition))
    concept = definition.by_name.get(proposal.concept or "")
    if concept is None:
        remedy = name_close(proposal.concept or "", definition.by_name)
        return [Problem("concept", f"the CIM has no concept {proposal.concept!r}", remedy)]
    if proposal.change is not None:
        return list(_check_change(proposal.change, concept))
    assert proposal.field is not None  # noqa: S101 - one of the three
    return list(_check_new_field(proposal.field, concept, definition))


def _check_new_field(field: ProposedField, concept: Concept, definition: Definition) -> Iterator[Problem]:
    if field.name in concept.fields:
        remedy = f"Map to {concept.name}.{field.name}, or propose a change of it"
        yield Problem("field.name", f"{concept.name} has a field of this name", remedy)
        return
    if len(concept.fields) >= MOST_FIELDS:
        what = f"{concept.name} has {MOST_FIELDS} fields, and that is the most"
        yield Problem("concept", what, "Propose a concept for what else there is")
    types = {each.name: each.type for each in concept.fields.values()}
    yield from _check_field(field, "field", types, definition)


def _check_concept(new: ProposedConcept, definition: Definition) -> Iterator[Problem]:
    if new.name in definition.by_name:
        yield Problem("new_concept.name", f"the CIM has a concept {new.name}", "Propose fields of it")
    if new.name in RESERVED_CONCEPTS:
        yield Problem("new_concept.name", "the platform needs this name itself", "Choose another")
    types = {each.name: each.type for each in new.fields}
    names = Counter(each.name for each in new.fields)
    for number, field in enumerate(new.fields):
        where = f"new_concept.fields[{number}]"
        if names[field.name] > 1:
            yield Problem(f"{where}.name", f"{names[field.name]} fields have this name", "Give each its own")
        yield from _check_field(field, where, types, definition)
    for number, name in enumerate(new.key):
        if name not in types:
            yield Problem(f"new_concept.key[{number}]", f"there is no field {name!r}", f"There is {', '.join(types)}.")
    if len(set(new.key)) < len(new.key):
        yield Problem("new_concept.key", "a field stands there twice", "Name each once")


def _check_change(change: ProposedChange, concept: Concept) -> Iterator[Problem]:
    there = concept.fields.get(change.field)
    if there is None:
        remedy = name_close(change.field, concept.fields, "It has")
        yield Problem("change.field", f"{concept.name} has no field {change.field!r}", remedy)
        return
    for bound, now, wider in (("minimum", change.minimum, -1), ("maximum", change.maximum, 1)):
        before = getattr(there, bound)
        if now is None:
            continue
        if before is None:
            yield Problem(f"change.{bound}", f"{there.name} has none, and rows may lie beyond", "Bounds only widen")
        elif (now - before) * wider <= 0:
            yield Problem(f"change.{bound}", f"it is not wider than {before:g}", "Bounds only widen")
    if change.values and there.type is not FieldType.ENUM:
        yield Problem("change.values", f"{there.name} is of type {there.type}", "Values go with the type enum")
    if change.replaced_by is not None:
        yield from _check_replacement(there, change.replaced_by, concept)


def _check_replacement(there: Field, by: str, concept: Concept) -> Iterator[Problem]:
    where = "change.replaced_by"
    new = concept.fields.get(by)
    if there.required:
        yield Problem(where, f"{concept.name} requires {there.name}", "What is required stays")
    if any(each.replaced_by == there.name for each in concept.fields.values()):
        yield Problem(where, f"{there.name} itself replaces another field", "Leave it")
    if new is None or new.name == there.name:
        yield Problem(where, f"{concept.name} has no other field {by!r}", "Propose that field first")
    elif new.replaced_by is not None:
        yield Problem(where, f"{by} is deprecated itself", f"Use {new.replaced_by}")
    elif new.type is not there.type or _dimension(new.unit) != _dimension(there.unit):
        what = f"{by} holds something else: another type, or a unit of another dimension"
        yield Problem(where, what, "Propose a field that holds the same")


def _check_field(
    field: ProposedField, where: str, types: Mapping[str, FieldType | None], definition: Definition
) -> Iterator[Problem]:
    if field.name in RESERVED_FIELDS:
        yield Problem(f"{where}.name", "the platform or PostgreSQL needs this name itself", "Choose another")
    if field.type is None:
        kinds = ", ".join(FieldType)
        yield Problem(f"{where}.type", "it is missing, and no column of a sample tells it", f"There is {kinds}.")
    if field.unit is not None:
        yield from _check_unit(field, where)
    if (field.type is FieldType.ENUM) != bool(field.values):
        yield Problem(
            f"{where}.values", "values go with the type enum, and the type enum with values", "Name both or none"
        )
    if len(set(field.values)) < len(field.values):
        yield Problem(f"{where}.values", "a value stands there twice", "Name each once")
    for bound in ("minimum", "maximum"):
        if getattr(field, bound) is not None and field.type not in _NUMBERS:
            yield Problem(f"{where}.{bound}", "bounds go with the types float and integer", "Leave it out")
    if field.minimum is not None and field.maximum is not None and field.minimum > field.maximum:
        yield Problem(f"{where}.minimum", "it is above the maximum", "Swap the two")
    if field.after is not None and (
        field.type is not FieldType.TIMESTAMP
        or types.get(field.after) is not FieldType.TIMESTAMP
        or field.after == field.name
    ):
        yield Problem(f"{where}.after", "a timestamp lies after another timestamp of its concept", "Name that one")
    yield from _check_elsewhere(field, where, definition)


def _check_unit(field: ProposedField, where: str) -> Iterator[Problem]:
    assert field.unit is not None  # noqa: S101
    if field.type not in (None, *_NUMBERS):
        yield Problem(f"{where}.unit", "units go with the types float and integer", "Leave one of the two out")
    try:
        unit = find_unit(field.unit)
    except NotFound as error:
        yield Problem(f"{where}.unit", error.what, error.remedy)
        return
    if unit.name != field.unit:
        yield Problem(f"{where}.unit", f"{field.unit!r} is another way to write {unit.name}", f"Write {unit.name}")


def _check_elsewhere(field: ProposedField, where: str, definition: Definition) -> Iterator[Problem]:
    """Refuse a name that everywhere else in the CIM means something of another type or dimension."""
    others = [(concept.name, concept.fields[field.name]) for concept in _having(definition, field.name)]
    if field.type is None or not others or any(_alike(field, other) for _, other in others):
        return
    concept, other = others[0]
    held = f"{other.type} in {other.unit}" if other.unit else str(other.type)
    yield Problem(f"{where}.name", f"{concept}.{field.name} is {held}: one name, one meaning", "Choose another name")


def _having(definition: Definition, name: str) -> Sequence[Concept]:
    return [concept for concept in definition.concepts() if name in concept.fields]


def _alike(field: ProposedField, other: Field) -> bool:
    texts = (FieldType.ID, FieldType.TEXT)
    kinds = {field.type, other.type}
    same = len(kinds) == 1 or kinds <= set(_NUMBERS) or kinds <= set(texts)
    return same and _dimension(field.unit) == _dimension(other.unit)


def _dimension(unit: str | None) -> str | None:
    found = known_unit(unit) if unit else None
    return found.dimension if found else None
