"""Checks one mapping rule against the field that it fills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig, MappingRule
from include.collection.check_time import check_no_time, check_time
from include.collection.check_value import check_texts, check_value
from include.errors import Problem

_NUMBERS_ONLY: Final = ("unit", "unit_column", "negate", "power_of_ten")


def check_rule(rule: MappingRule, where: str, concept: Concept, mapper: MapperConfig) -> Iterator[Problem]:
    """Find what is wrong in a rule whose field the concept has."""
    field = concept.fields[rule.field]
    if field.type is not FieldType.TIMESTAMP:
        yield from check_no_time(rule, where)
    if field.type is not FieldType.FLOAT:
        for name in _NUMBERS_ONLY:
            if getattr(rule, name):
                yield Problem(f"{where}.{name}", f"{field.name} is no measured number", f"Leave `{name}` out.")
    if rule.after is not None:
        yield from _check_after(rule.after.field, field, where, concept, mapper)
    elif field.type is FieldType.TIMESTAMP:
        yield from check_time(rule, where)
    else:
        yield from check_value(rule, field, where, concept, mapper)
    yield from check_texts(rule, field, where)


def _check_after(base: str, field: Field, where: str, concept: Concept, mapper: MapperConfig) -> Iterator[Problem]:
    if field.type is not FieldType.TIMESTAMP:
        yield Problem(f"{where}.after", f"{field.name} is no timestamp", "Name the column that it comes from.")
    bases = [rule.field for rule in mapper.rules if rule.after is None]
    if base not in bases or concept.fields.get(base, field).type is not FieldType.TIMESTAMP:
        yield Problem(f"{where}.after.field", f"no column fills the timestamp {base!r}", "Map that field first.")
