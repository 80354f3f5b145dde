"""What a mapping does to each field, so that a value can be traced back to its cell and computed again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig, MappingRule
from include.cim.number_style import NumberStyle
from include.cim.unit_codes import named_unit
from include.cim.units import Conversion, find_conversion, find_conversion_over, find_unit, needs_interval

_SECOND: Final = timedelta(seconds=1)
_TOLD: Final = frozenset(
    ("field", "source", "constant", "values", "formula", "inputs", "unit", "negate", "interval", "format", "zone")
)


@dataclass(frozen=True, slots=True)
class UnitLineage:
    """How numbers were converted beside which the `unit_column` says `text`; `""`: the rule's `unit`."""

    text: str
    from_unit: str
    multiplier: int
    summand: int
    divisor: int


@dataclass(frozen=True, slots=True)
class FieldLineage:
    """How the values of one field come about.

    A number that was read, looked up or computed becomes `sign * number`, and then
    `(sign * number * multiplier + summand) / divisor`. Where `interval` is `row` or `previous`, multiplier and divisor
    are those of one second: the interval's seconds multiply (power to energy) or divide (energy to power) as well.
    Where `units` are given, the conversion is that of the row's unit.

    Attributes:
        rule: The rule's place in the mapping, from 0.
        source: The source's columns; they are joined, where there are several, unless a formula computes with them.
        read: `number`, `integer`, `boolean`, `enum`, `text`, `id` or `timestamp` as written, `table`, `formula`,
            `constant`, or `after` another field.
        decimal, thousands: The signs by which numbers were read.
        values: How many entries the table has.
        units: What the column of units said in the batch's rows; None where the rule names no such column.
        options: What else the rule says, as its owner wrote it.
    """

    field: str
    rule: int
    source: tuple[str, ...]
    read: str
    decimal: str | None = None
    thousands: str | None = None
    format: str | None = None
    zone: str | None = None
    values: int | None = None
    constant: str | float | bool | None = None
    formula: str | None = None
    inputs: Mapping[str, str] | None = None
    sign: int = 1
    from_unit: str | None = None
    to_unit: str | None = None
    multiplier: int = 1
    summand: int = 0
    divisor: int = 1
    interval: str | None = None
    units: tuple[UnitLineage, ...] | None = None
    options: Mapping[str, Any] | None = None


def trace_mapping(
    config: MapperConfig, concept: Concept, numbers: NumberStyle, units: Mapping[str, Sequence[str]]
) -> tuple[FieldLineage, ...]:
    """Say of each field that a mapping fills how its values come about, in the order of its rules.

    Args:
        units: By field whose units a column tells, what that said (`BatchRef.units`).
    """
    return tuple(
        _trace(place, rule, concept.fields[rule.field], numbers, units.get(rule.field, ()))
        for place, rule in enumerate(config.rules)
        if rule.field in concept.fields
    )


def conversion_of(rule: MappingRule, target: Field) -> Conversion | None:
    """Give the conversion of a rule's numbers; None where they are in the field's unit, in none, or in each row's own.

    Where the length of the interval differs from row to row it is the one over a second.
    """
    if rule.unit is None or target.unit is None or rule.unit_column is not None:
        return None
    source, unit = find_unit(rule.unit), find_unit(target.unit)
    if needs_interval(source, unit) and rule.interval is not None:
        return find_conversion_over(rule.interval if isinstance(rule.interval, timedelta) else _SECOND, source, unit)
    return find_conversion(source, unit)


def _trace(place: int, rule: MappingRule, target: Field, numbers: NumberStyle, texts: Sequence[str]) -> FieldLineage:
    conversion = conversion_of(rule, target) or Conversion(1, 0, 1)
    read = _how(rule, target)
    numeric = read in (FieldType.FLOAT.value, FieldType.INTEGER.value, "formula")
    plain = rule.model_dump(mode="json", exclude_defaults=True)
    return FieldLineage(
        field=rule.field,
        rule=place,
        source=rule.columns,
        read="number" if read == FieldType.FLOAT.value else read,
        decimal=numbers.decimal if numeric else None,
        thousands=numbers.thousands if numeric else None,
        format=rule.format,
        zone=rule.zone,
        values=None if rule.values is None else len(rule.values),
        constant=rule.constant,
        formula=rule.formula,
        inputs=dict(rule.inputs) or None,
        sign=-1 if rule.negate else 1,
        from_unit=None if rule.unit is None or rule.unit_column is not None else find_unit(rule.unit).name,
        to_unit=target.unit,
        multiplier=conversion.multiplier,
        summand=conversion.summand,
        divisor=conversion.divisor,
        interval=plain.get("interval"),
        units=None if rule.unit_column is None else tuple(_trace_units(rule, target, texts)),
        options={name: option for name, option in plain.items() if name not in _TOLD} or None,
    )


def _trace_units(rule: MappingRule, target: Field, texts: Sequence[str]) -> Iterator[UnitLineage]:
    for text in texts:
        if (unit := named_unit(text or rule.unit or "")) is not None:
            made = conversion_of(rule.with_unit(unit.name), target) or Conversion(1, 0, 1)
            yield UnitLineage(text, unit.name, made.multiplier, made.summand, made.divisor)


def _how(rule: MappingRule, target: Field) -> str:
    if rule.values is not None:
        return "table"
    given = next((name for name in ("constant", "after", "formula") if getattr(rule, name) is not None), None)
    return given or target.type.value
