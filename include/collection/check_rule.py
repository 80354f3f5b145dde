"""Checks one mapping rule against the field that it fills."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from zoneinfo import available_timezones

from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig, MappingRule, RepeatedHour
from include.collection.check_value import check_texts, check_value
from include.errors import Problem

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
        yield from check_value(rule, field, where, concept, mapper)
    yield from check_texts(rule, field, where)


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
