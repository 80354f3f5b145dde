"""Checks an anonymisation plan against the fields that it speaks of: on saving, and again before a batch is hidden."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from include.anonymization.config import (
    AnonymizationConfig,
    Encrypt,
    FieldPlan,
    Generalise,
    KAnonymity,
    Method,
    Replace,
    Scan,
)
from include.anonymization.scan import installed_models, known_entities, tell_absent
from include.cim.concept import Concept, Field, FieldType, Personal
from include.errors import Problem, name_close

_TEXTS: Final = frozenset({FieldType.ID, FieldType.TEXT})
_NUMBERS: Final = frozenset({FieldType.FLOAT, FieldType.INTEGER})
_ALL: Final = frozenset(FieldType)
_TYPES: Final = {
    Method.PSEUDONYM: _TEXTS,
    Method.HASH: _TEXTS,
    Method.ENCRYPT: _TEXTS,
    Method.MASK: _TEXTS,
    Method.REPLACE: _TEXTS | {FieldType.ENUM},
    Method.REDACT: _TEXTS,
    Method.SCAN: _TEXTS,
    Method.GENERALISE: _ALL,
    Method.ROUND: _NUMBERS,
    Method.NOISE: _NUMBERS,
    Method.DROP: _ALL,
    Method.SWAP: _ALL,
    Method.KEEP: _ALL,
}
_WAYS: Final = {
    "width": _NUMBERS,
    "bins": _NUMBERS,
    "to": frozenset({FieldType.TIMESTAMP}),
    "first": _TEXTS,
    "grid_degrees": frozenset({FieldType.FLOAT}),
}
_KEEPS_KEYS: Final = frozenset({Method.PSEUDONYM, Method.HASH, Method.KEEP})
"""The methods that keep different values different and equal ones equal; so does `encrypt`, where it is asked to."""
_ONE_VALUE: Final = frozenset({Method.DROP, Method.REDACT, Method.REPLACE})
_DEGREES: Final = "deg"


def check_plan(plan: AnonymizationConfig, filled: Collection[str], concept: Concept) -> Iterator[Problem]:
    """Find what is wrong in a plan.

    Args:
        filled: The fields that hold something: those that are mapped, or those of a batch with values.
    """
    for name, one in plan.fields.items():
        if name not in concept.fields:
            what = f"{concept.title} has no such field {name!r}"
            yield Problem(f"anonymization.fields.{name}", what, name_close(name, list(concept.fields)))
        else:
            yield from _check_method(one, concept.fields[name], concept)
    yield from check_scans(plan)
    for name in dict.fromkeys(filled):
        if concept.fields[name].personal is Personal.DIRECT and name not in plan.fields:
            yield Problem(
                "anonymization.fields",
                f"{name} names a person or their device, and the plan says nothing about it",
                f"Add `{name}: {{method: pseudonym}}`, or `keep` with a reason.",
            )
    if plan.k_anonymity is not None:
        yield from _check_gate(plan.k_anonymity, concept)
        yield from _check_parts(plan.k_anonymity, plan)


def _check_method(plan: FieldPlan, field: Field, concept: Concept) -> Iterator[Problem]:
    where = f"anonymization.fields.{field.name}"
    types = _WAYS[plan.way] if isinstance(plan, Generalise) else _TYPES[plan.method]
    if field.type not in types:
        what = f"{field.name} holds {field.type}, and cannot hold what {_written(plan)} gives"
        yield Problem(f"{where}.method", what, f"For {field.type} there are {', '.join(_methods_for(field.type))}.")
        return
    if field.name in concept.key and not _keeps_apart(plan):
        what = f"{field.name} is part of the key: without it, rows cannot be told apart"
        yield Problem(f"{where}.method", what, "Use pseudonym, or keep with a reason.")
    elif plan.method is Method.DROP and field.required:
        yield Problem(f"{where}.method", f"{concept.name} requires {field.name}", "Use another method.")
    if isinstance(plan, Replace) and field.type is FieldType.ENUM and plan.value not in field.values:
        yield Problem(
            f"{where}.value", f"{field.name} has no value {plan.value!r}", name_close(plan.value, field.values)
        )
    if isinstance(plan, Generalise) and plan.grid_degrees is not None and field.unit != _DEGREES:
        yield Problem(f"{where}.grid_degrees", f"{field.name} is no coordinate in degrees", "Use `width` or `bins`.")


def check_scans(plan: AnonymizationConfig) -> Iterator[Problem]:
    """Find what is wrong in a plan's scans, whatever their fields are."""
    for name, one in plan.fields.items():
        if isinstance(one, Scan):
            yield from _check_scan(one, f"anonymization.fields.{name}")


def _check_scan(plan: Scan, where: str) -> Iterator[Problem]:
    if plan.model is not None and plan.model not in installed_models():
        yield Problem(f"{where}.model", *tell_absent(plan.model))
    known = known_entities(plan.model)
    for number, entity in enumerate(plan.entities):
        if entity not in known:
            model = " without a model" if plan.model is None and entity in known_entities("any") else ""
            what = f"no {entity!r} is found in texts{model}"
            yield Problem(f"{where}.entities[{number}]", what, name_close(entity, sorted(known)))


def _check_gate(gate: KAnonymity, concept: Concept) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, name in gate.named:
        where = f"anonymization.k_anonymity.{place}"
        if name not in concept.fields:
            yield Problem(where, f"{concept.title} has no field {name!r}", name_close(name, list(concept.fields)))
        elif name in seen:
            yield Problem(where, f"{name} has another part in the gate already", "Name each field once.")
        seen.add(name)


def _check_parts(gate: KAnonymity, plan: AnonymizationConfig) -> Iterator[Problem]:
    """Check what the plan makes of the fields that a gate counts."""
    subject = plan.fields.get(gate.subject) if gate.subject is not None else None
    if subject is not None and not _keeps_apart(subject):
        what = (
            f"after {_written(subject)}, {gate.subject} does not tell persons apart: a group would be counted wrongly"
        )
        yield Problem("anonymization.k_anonymity.subject", what, "Use pseudonym for it.")
    if gate.l_diversity is None:
        return
    sensitive = plan.fields.get(gate.l_diversity.field)
    if sensitive is not None and (sensitive.method in _ONE_VALUE or _is_random(sensitive)):
        what = f"after {_written(sensitive)}, the values of {gate.l_diversity.field} say nothing of how many there were"
        yield Problem("anonymization.k_anonymity.l_diversity.field", what, "Keep it, or make it coarser.")


def _keeps_apart(plan: FieldPlan) -> bool:
    return plan.method in _KEEPS_KEYS or (isinstance(plan, Encrypt) and plan.equal_for_equal)


def _is_random(plan: FieldPlan) -> bool:
    return plan.method is Method.NOISE or (isinstance(plan, Encrypt) and not plan.equal_for_equal)


def _methods_for(kind: FieldType) -> Iterator[str]:
    for method, types in _TYPES.items():
        if method is Method.GENERALISE:
            ways = [way for way, of in _WAYS.items() if kind in of]
            if ways:
                yield f"generalise ({', '.join(ways)})"
        elif kind in types:
            yield method.value


def _written(plan: FieldPlan) -> str:
    return f"generalise with `{plan.way}`" if isinstance(plan, Generalise) else plan.method.value
