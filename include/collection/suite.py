"""The curation suite of a collection: what its concept demands, then what its owner adds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from include.cim.codes import find_codes
from include.cim.concept import Concept, Field, time_field
from include.expectations.config import CurationRule, CuratorConfig, Series
from include.expectations.suite import CELL_RULES, SERIES_RULES


def suite_of(concept: Concept, curator: CuratorConfig, mapped: Collection[str]) -> tuple[CurationRule, ...]:
    """Write the concept's demands as expectations (each quarantines), followed by the owner's rules.

    Args:
        mapped: The fields that the mapping fills; nothing is demanded of the others.
    """
    return (*demands_of(concept, mapped), *(complete_rule(rule, concept) for rule in curator.rules))


def demands_of(concept: Concept, mapped: Collection[str]) -> tuple[CurationRule, ...]:
    """Write the concept's demands alone, as `suite_of` does."""
    demands = [rule for name, field in concept.fields.items() if name in mapped for rule in _demands(field, mapped)]
    if set(concept.key) <= set(mapped):
        demands.append(_unique(concept.key))
    return tuple(demands)


def complete_rule(rule: CurationRule, concept: Concept) -> CurationRule:
    """Write out which fields a rule about series looks at, as Great Expectations takes it: in one `column_list`.

    Its owner may write `column` (or, of intervals, `start` and `end`), `time` and `series`; what is left out is the
    concept's: its time, the end that comes after it, and its key without its time. A rule that lacks what the concept
    cannot tell stays as it is, and is refused for it.
    """
    if rule.type not in SERIES_RULES or "column_list" in rule.kwargs:
        return rule
    given, series = dict(rule.kwargs), series_of(concept)
    time = series.time if series else None
    if rule.type in CELL_RULES:
        heads = [given.pop("column", None), given.pop("time", time)]
    else:
        start = given.pop("start", time)
        ends = [name for name, field in concept.fields.items() if field.after == start]
        heads = [start] if given.get("every") is not None else [start, given.pop("end", next(iter(ends), None))]
    names = given.pop("series", [name for name in concept.key if name != time])
    if None in heads or not isinstance(names, list):
        return rule
    return rule.model_copy(update={"kwargs": {"column_list": [*heads, *names], **given}})


def series_of(concept: Concept) -> Series | None:
    """Say along what the rows of a concept are read one after the other: its key without its time."""
    time = time_field(concept)
    return Series(time, tuple(name for name in concept.key if name != time)) if time else None


def _demands(field: Field, mapped: Collection[str]) -> Iterator[CurationRule]:
    if field.required:
        yield _rule("expect_column_values_to_not_be_null", column=field.name)
    if field.minimum is not None or field.maximum is not None:
        limits = {"min_value": field.minimum, "max_value": field.maximum}
        given = {name: limit for name, limit in limits.items() if limit is not None}
        yield _rule("expect_column_values_to_be_between", column=field.name, **given)
    if field.values:
        yield _rule("expect_column_values_to_be_in_set", column=field.name, value_set=list(field.values))
    if field.codes is not None:
        yield _rule("expect_column_values_to_be_in_set", column=field.name, value_set=sorted(find_codes(field.codes)))
    if field.after is not None and field.after in mapped:
        # by its own default Great Expectations counts a pair with one null as broken; what may be null, may be null
        yield _rule(
            "expect_column_pair_values_a_to_be_greater_than_b",
            column_A=field.name,
            column_B=field.after,
            ignore_row_if="either_value_is_missing",
        )


def _unique(key: tuple[str, ...]) -> CurationRule:
    if len(key) == 1:
        return _rule("expect_column_values_to_be_unique", column=key[0])
    return _rule("expect_compound_columns_to_be_unique", column_list=list(key))


def _rule(kind: str, **kwargs: Any) -> CurationRule:
    return CurationRule(type=kind, kwargs=kwargs)
