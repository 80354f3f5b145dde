"""Checks one mapping rule against the field that it fills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from zoneinfo import available_timezones

from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig, MappingRule, RepeatedHour
from include.cim.units import find_conversion, find_unit
from include.errors import NotFound, Problem

_DIRECTIVES: Final = frozenset("YymdjHIMSpbBaAefzTFDR%")
_TIMES_ONLY: Final = ("format", "zone", "occurrence_per")
_NUMBERS_ONLY: Final = ("unit", "negate")


def check_rule(rule: MappingRule, where: str, concept: Concept, mapper: MapperConfig) -> Iterator[Problem]:
    """Find what is wrong in a rule whose field the concept has."""
    field = concept.fields[rule.field]
    if field.type is not FieldType.TIMESTAMP:
        for name in _TIMES_ONLY:
            if getattr(rule, name) and not (name == "occurrence_per" and rule.interval == "previous"):
                yield Problem(f"{where}.{name}", f"{field.name} is no timestamp", f"Leave `{name}` out.")
    if field.type is not FieldType.FLOAT:
        for name in _NUMBERS_ONLY:
            if getattr(rule, name):
                yield Problem(f"{where}.{name}", f"{field.name} is no measured number", f"Leave `{name}` out.")
    if rule.after is not None:
        yield from _check_after(rule.after.field, field, where, concept, mapper)
    elif field.type is FieldType.TIMESTAMP:
        yield from _check_timestamp(rule, where)
    else:
        yield from _check_values(rule, field, where)
    # what a unit comes to since the row before is looked at in check_shape
    if field.type is FieldType.FLOAT and rule.after is None and rule.interval != "previous":
        yield from _check_unit(rule, field, where)


def _check_after(base: str, field: Field, where: str, concept: Concept, mapper: MapperConfig) -> Iterator[Problem]:
    if field.type is not FieldType.TIMESTAMP:
        yield Problem(f"{where}.after", f"{field.name} is no timestamp", "Name the column that it comes from.")
    bases = [rule.field for rule in mapper.rules if rule.after is None]
    if base not in bases or concept.fields.get(base, field).type is not FieldType.TIMESTAMP:
        yield Problem(f"{where}.after.field", f"no column fills the timestamp {base!r}", "Map that field first.")


def _check_timestamp(rule: MappingRule, where: str) -> Iterator[Problem]:
    if rule.constant is not None or rule.values is not None:
        yield Problem(
            where, f"{rule.field} is a timestamp, and takes neither a constant nor values", "Name its column."
        )
        return
    if rule.format is None:
        yield Problem(f"{where}.format", "it is missing", "Write iso8601, or how the times look: %d-%m-%Y %H:%M:%S.")
    elif rule.format != "iso8601":
        yield from _check_format(rule.format, f"{where}.format")
        if rule.zone is None and "%z" not in rule.format:
            yield Problem(
                f"{where}.zone", "it is missing, and the format has no offset", "Write UTC or Europe/Brussels."
            )
    if rule.zone is not None and rule.zone not in available_timezones():
        yield Problem(
            f"{where}.zone", f"no time zone is called {rule.zone!r}", "IANA's names look like Europe/Brussels."
        )
    by_register = rule.repeated_hour is RepeatedHour.BY_OCCURRENCE or rule.interval == "previous"
    if rule.occurrence_per and not by_register:
        yield Problem(
            f"{where}.occurrence_per", "it goes with `repeated_hour: by_occurrence`, or with `interval: previous`"
        )


def _check_format(form: str, where: str) -> Iterator[Problem]:
    used = re.findall(r"%(.?)", form.replace("%%", ""))
    unknown = [f"%{each}" for each in used if each not in _DIRECTIVES]
    if unknown or not used:
        yield Problem(
            where, f"{', '.join(unknown) or 'it'} is no directive", "For example %Y-%m-%d %H:%M:%S, or iso8601."
        )
    if "f" in used and ".%f" not in form:
        yield Problem(where, "fractions of a second need their point", "Write %S.%f.")


def _check_unit(rule: MappingRule, field: Field, where: str) -> Iterator[Problem]:
    if rule.unit is None:
        if field.unit is not None and rule.source is not None:
            yield Problem(
                f"{where}.unit", f"{field.name} has a unit, and the source's is not given", f"It may be {field.unit}."
            )
        return
    if field.unit is None:
        yield Problem(f"{where}.unit", f"{field.name} has no unit", "Leave `unit` out.")
        return
    try:
        find_conversion(find_unit(rule.unit), find_unit(field.unit))
    except NotFound as error:
        yield Problem(f"{where}.unit", error.what, error.remedy)
    except ValueError as error:
        yield Problem(f"{where}.unit", str(error), f"{field.name} is held in {field.unit}.")


def _check_values(rule: MappingRule, field: Field, where: str) -> Iterator[Problem]:
    given = {"constant": rule.constant, "otherwise": rule.otherwise}
    given |= {f"values.{source or '(empty)'}": value for source, value in (rule.values or {}).items()}
    for place, value in given.items():
        if value is not None and not _fits(value, field):
            remedy = f"It takes {', '.join(field.values)}." if field.values else ""
            yield Problem(f"{where}.{place}", f"{value!r} is no {field.type.value} that {field.name} takes", remedy)


def _fits(value: str | float | bool, field: Field) -> bool:
    match field.type:
        case FieldType.ENUM:
            return value in field.values
        case FieldType.BOOLEAN:
            return isinstance(value, bool)
        case FieldType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case FieldType.FLOAT:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)
