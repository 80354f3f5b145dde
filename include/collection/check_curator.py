"""Checks the owner's curation rules against the concept and what the mapping fills."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from include.cim.concept import Concept, Field
from include.cim.mapping_config import MapperConfig
from include.collection.suite import complete_rule, series_of
from include.errors import Problem, name_close
from include.expectations.check_rules import check_rules
from include.expectations.config import Action, CurationRule, CuratorConfig, FillMethod
from include.expectations.suite import SERIES_RULES, columns_of


def check_curator(curator: CuratorConfig, mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    """Find what is wrong in rules, before there are rows."""
    mapped = {rule.field: concept.fields[rule.field] for rule in mapper.rules if rule.field in concept.fields}
    types = {name: field.type.value for name, field in mapped.items()}
    rules = [complete_rule(rule, concept) for rule in curator.rules]
    required = [name for name, field in mapped.items() if field.required]
    yield from check_rules(rules, types, required=required, written=curator.rules)
    for number, rule in enumerate(rules):
        where = f"curator.rules[{number}]"
        fields = [mapped[name] for name in columns_of(rule) if name in mapped]
        if fields and len(fields) == len(columns_of(rule)):
            yield from _check_words(rule, fields, f"{where}.kwargs")
            yield from _check_reach(rule, fields[0], f"{where}.kwargs")
            yield from _check_mending(rule, fields[0], concept, where)


def _check_words(rule: CurationRule, fields: Sequence[Field], where: str) -> Iterator[Problem]:
    """Refuse words that an enumeration does not have."""
    values, pairs = (rule.kwargs.get(name) for name in ("value_set", "value_pairs_set"))
    listed = [("value_set", fields[0], values if isinstance(values, list) else [])]
    for place, field in enumerate(fields):
        whole = [pair for pair in pairs if isinstance(pair, list)] if isinstance(pairs, list) else []
        listed.append(("value_pairs_set", field, [pair[place] for pair in whole if place < len(pair)]))
    for name, field, words in listed:
        strange = next((word for word in words if isinstance(word, str) and word not in field.values), None)
        if field.values and strange is not None:
            what = f"{field.name} is never {strange!r}"
            yield Problem(f"{where}.{name}", what, name_close(strange, field.values, "It takes"))


def _check_reach(rule: CurationRule, field: Field, where: str) -> Iterator[Problem]:
    """Refuse bounds that none of the values lies between that the concept allows."""
    if rule.type != "expect_column_values_to_be_between":
        return
    low, high = (rule.kwargs.get(name) for name in ("min_value", "max_value"))
    too_high = isinstance(low, int | float) and field.maximum is not None and low > field.maximum
    too_low = isinstance(high, int | float) and field.minimum is not None and high < field.minimum
    if too_high or too_low:
        where = f"{where}.{'min_value' if too_high else 'max_value'}"
        yield Problem(where, f"no value that {field.name} takes is so", f"It takes {field.told}")


def _check_mending(rule: CurationRule, field: Field, concept: Concept, where: str) -> Iterator[Problem]:
    """See that a mended cell is one that the concept takes, and that there is something to mend it from."""
    given: dict[str, object] = {}
    if rule.on_violation is Action.CLAMP:
        given = {f"kwargs.{name}": rule.kwargs.get(name) for name in ("min_value", "max_value")}
    elif rule.on_violation is Action.FILL and rule.fill is not None:
        if field.name in concept.key:
            what = f"{field.name} is part of the key: a row that is given another's is another row"
            yield Problem(f"{where}.on_violation", what, "Use quarantine or drop")
        elif rule.fill.method is not FillMethod.CONSTANT and rule.type not in SERIES_RULES and not series_of(concept):
            what = f"{concept.name} has no time along which its rows have neighbours"
            yield Problem(f"{where}.fill.method", what, "Use constant")
        given = {"fill.value": rule.fill.value}
    for place, value in given.items():
        if value is not None and not _takes(field, value):
            remedy = f"It takes {field.told}"
            yield Problem(f"{where}.{place}", f"{value!r} is no value that {field.name} takes", remedy)


def _takes(field: Field, value: object) -> bool:
    if field.values:
        return value in field.values
    return not isinstance(value, int | float) or field.holds(value)
