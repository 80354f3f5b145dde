"""Which rules need the reading before, and what their values become when it is known."""

from __future__ import annotations

import polars as pl

from include.cim.concept import Concept, Field, FieldType
from include.cim.conversion import convert_unit
from include.cim.mapping_config import MapperConfig, MappingRule


def needs_previous(rule: MappingRule) -> bool:
    """Say whether a value cannot be told from its own row."""
    return rule.difference is not None or rule.interval == "previous"


def without_previous(mapper: MapperConfig) -> MapperConfig:
    """Give the mapping in which the rules that need the reading before only read: the number, or the time."""
    rules = [_reading(rule) if needs_previous(rule) else rule for rule in mapper.rules]
    return mapper.model_copy(update={"rules": tuple(rules)})


def _reading(rule: MappingRule) -> MappingRule:
    plain = {"difference": None, "interval": None, "label": "start", "negate": False}
    # readings that each have a unit of their own are held against one another in the field's
    return rule.model_copy(update=plain if rule.unit_column is not None else plain | {"unit": None})


def time_field(mapper: MapperConfig, concept: Concept) -> str | None:
    """Name the field by whose time rows follow one another: the key's, or else the first that is mapped."""
    filled = {rule.field for rule in mapper.rules if rule.after is None}
    times = [name for name, field in concept.fields.items() if field.type is FieldType.TIMESTAMP and name in filled]
    return next((name for name in times if name in concept.key), next(iter(times), None))


def counter_fields(mapper: MapperConfig, concept: Concept) -> list[str]:
    """Name the fields that tell one counter from another whatever the rule says: the key's, but for times."""
    filled = {rule.field for rule in mapper.rules}
    return [name for name in concept.key if name in filled and concept.fields[name].type is not FieldType.TIMESTAMP]


def counter_columns(rule: MappingRule) -> tuple[str, ...]:
    """Name the source columns that tell a rule's counters apart."""
    return rule.difference.per if rule.difference is not None else rule.occurrence_per


def finish(rule: MappingRule, target: Field) -> pl.Expr:
    """Give a field's value from the columns that `follow` found, the row's own `time`, and what was read as `value`."""
    if rule.difference is not None:
        return convert_unit(pl.col("step"), rule, target)
    if target.type is FieldType.TIMESTAMP:
        return pl.col("time_before")
    seconds = (pl.col("time") - pl.col("time_before")).dt.total_microseconds() / 1e6
    return convert_unit(pl.col("value"), rule, target, seconds)
