"""Merges the concepts that come with the platform into what an installation has made of the earlier ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import Any, TypeVar

from include.cim.amend import join_terms, once
from include.cim.concept import Concept, Field, FieldType, Personal
from include.cim.definition import Definition

_log = logging.getLogger(__name__)

_Part = TypeVar("_Part", Concept, Field)


def merge_shipped(current: Definition, before: Definition, shipped: Definition) -> Definition:
    """Give the definition that has what was accepted here and what the platform's own concepts have new.

    Nothing goes: not a concept, not a field, not a synonym, not a value, and no bound becomes narrower where it was
    widened here. The type and the unit of a field and the key of a concept stay as data is held in them; that they were
    shipped otherwise stands in the log.

    Args:
        current: The installation's version.
        before: What was shipped last, and is part of `current`.
        shipped: What is shipped now.
    """
    merged = dict(current.by_name)
    for name, new in shipped.by_name.items():
        there = merged.get(name)
        merged[name] = new if there is None else _merge_concept(there, before.by_name.get(name), new)
    return replace(current, by_name=dict(sorted(merged.items())))


def _merge_concept(current: Concept, before: Concept | None, shipped: Concept) -> Concept:
    fields = dict(current.fields)
    for name, new in shipped.fields.items():
        old = before.fields.get(name) if before is not None else None
        fields[name] = _merge_field(fields[name], old, new, current.name) if name in fields else new
    for name, field in fields.items():
        # what is shipped no more keeps its data, and is asked of nobody; the key always is
        needed = name in current.key or (field.required and name in shipped.fields)
        fields[name] = replace(field, required=needed)
    if shipped.key != current.key:
        _log.warning("the CIM's %s: its key stays %s; it is shipped as %s", current.name, current.key, shipped.key)
    merged = _merge_attributes(current, before, replace(shipped, key=current.key, fields=current.fields))
    in_order = dict.fromkeys((*shipped.fields, *fields))
    return replace(merged, fields={name: _fitting(fields[name], fields) for name in in_order})


def _merge_field(current: Field, before: Field | None, shipped: Field, concept: str) -> Field:
    if (shipped.type, shipped.unit) != (current.type, current.unit):
        held, other = (f"{field.type} in {field.unit or 'no unit'}" for field in (current, shipped))
        _log.warning("the CIM's %s.%s stays %s; it is shipped as %s", concept, current.name, held, other)
        return replace(current, required=shipped.required)
    merged = _merge_attributes(current, before, shipped)
    return replace(merged, values=once((*current.values, *merged.values)))


def _merge_attributes(current: _Part, before: _Part | None, shipped: _Part) -> _Part:
    """Take what is shipped, but for what was accepted here since the shipment before."""
    changes: dict[str, Any] = {}
    for attribute in dataclass_fields(current):
        mine, new = getattr(current, attribute.name), getattr(shipped, attribute.name)
        if before is None or getattr(before, attribute.name) not in (mine, new):
            changes[attribute.name] = _settle(attribute.name, mine, new)
        elif getattr(before, attribute.name) == mine:
            changes[attribute.name] = new
    return replace(current, **changes)


def _settle(name: str, mine: Any, new: Any) -> Any:
    """Settle what was changed here and in what is shipped: both where that is possible, else what was accepted here."""
    match name:
        case "synonyms" | "sources" | "values":
            settled: Any = once((*mine, *new))
        case "anchors":
            judged = {term.term: term for term in new}  # what is shipped has been looked up
            settled = join_terms((judged.get(term.term, term) for term in mine), new)
        case "minimum" | "maximum":
            wider = min if name == "minimum" else max
            settled = None if mine is None or new is None else wider(mine, new)
        case "personal":
            settled = max(mine, new, key=list(Personal).index)
        case "required":
            settled = new
        case _:
            settled = mine
    return settled


def _fitting(field: Field, fields: Mapping[str, Field]) -> Field:
    """Drop what two sides together made impossible: replacements that go round, and an order of what are no times."""
    after = fields[field.after] if field.after is not None else None
    if after is not None and after.type is not FieldType.TIMESTAMP:
        field = replace(field, after=None)
    seen, by = {field.name}, field.replaced_by
    while by is not None and by not in seen and fields[by].replaced_by is not None:
        seen.add(by)
        by = fields[by].replaced_by
    return replace(field, replaced_by=None if field.required or by in seen else by)
