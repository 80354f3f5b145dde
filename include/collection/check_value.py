"""Checks how a rule reads its cells and computes its value: patterns, tables, formulas, units, currencies."""

from __future__ import annotations

from collections.abc import Iterator
from json import dumps
from typing import Final

from include.cim.codes import find_codes, find_meant
from include.cim.concept import Concept, Field, FieldType
from include.cim.formula import find_mistakes
from include.cim.mapping_config import MapperConfig, MappingRule
from include.cim.units import Unit, find_conversion, find_fitting_units, find_unit, needs_interval
from include.errors import NotFound, Problem

_NUMBERS: Final = (FieldType.FLOAT, FieldType.INTEGER)
_SHOWN: Final = 12
_TAKEN: Final = {
    FieldType.BOOLEAN: "It takes true and false.",
    FieldType.INTEGER: "It takes a whole number without quotes.",
    FieldType.FLOAT: "It takes a number without quotes, with a point.",
    FieldType.ID: "It takes text; a number needs quotes.",
    FieldType.TEXT: "It takes text; a number needs quotes.",
}


def check_texts(rule: MappingRule, field: Field, where: str) -> Iterator[Problem]:
    """Find what is wrong with the options that say which cells are read, and what of them."""
    if rule.join != " " and len(rule.columns) < 2 and rule.formula is None:
        yield Problem(f"{where}.join", "it stands between several columns, and there is one", "Leave `join` out.")
    if rule.after is not None and rule.where:
        yield Problem(f"{where}.where", f"{field.name} comes after a field, in whatever row that is", "Leave it out.")
    for column, values in rule.where.items():
        if not values and values != "":
            yield Problem(f"{where}.where.{column}", "no value is named", "Name those of the rows that are read.")
    if rule.source is None and rule.formula is None:
        for name in ("extract", "bracketed", "values", "power_of_ten", "unit_column"):
            if getattr(rule, name) is not None:
                yield Problem(f"{where}.{name}", "there is no cell that it could be for", f"Leave `{name}` out.")
    elif rule.extract == "":
        yield Problem(f"{where}.extract", "it finds nothing", "Write a pattern, or leave `extract` out.")
    elif rule.extract is not None:
        yield from _check_pattern(rule.extract, f"{where}.extract")
    if rule.bracketed is not None and field.type not in _NUMBERS:
        yield Problem(f"{where}.bracketed", f"{field.name} is no number", "Leave `bracketed` out.")


def check_value(
    rule: MappingRule, field: Field, where: str, concept: Concept, mapper: MapperConfig
) -> Iterator[Problem]:
    """Find what is wrong with the value that a rule gives to a field that is no timestamp."""
    yield from _check_given(rule, field, where)
    for name in ("extract", "values", "formula"):
        if rule.power_of_ten is not None and getattr(rule, name) is not None:
            what = "it is for numbers as cells have them"
            yield Problem(f"{where}.power_of_ten", what, f"Leave it out, or `{name}`.")
    if rule.formula is not None:
        yield from _check_formula(rule, field, where)
    if rule.interval == "previous":
        return  # what a unit comes to since the row before is looked at in check_shape
    if field.type is FieldType.FLOAT:
        yield from _check_unit(rule, field, where, concept, mapper)
    elif rule.interval is not None:
        yield Problem(f"{where}.interval", f"{field.name} is no measured number", "Leave `interval` out.")


def _check_pattern(pattern: str, where: str) -> Iterator[Problem]:
    from include.cim.texts import LONGEST, count_groups, expanded_length

    if (length := expanded_length(pattern)) > LONGEST:
        what = f"with its repetitions written out it is {length:,} signs long, and {LONGEST} are the most"
        yield Problem(where, what, "Write + or * where the number of times does not matter.")
        return

    try:
        groups = count_groups(pattern)
    except ValueError as error:
        lines = [line.strip().removeprefix("error: ") for line in str(error).splitlines() if line.strip()]
        remedy = "Rust's syntax: `[0-9.,]+` finds a number; nothing looks ahead, behind or back."
        yield Problem(where, f"it is no regular expression: {lines[-1]}", remedy)
        return
    if groups > 1:
        yield Problem(where, f"it has {groups} groups, and one is read", "Write (?:…) for the others.")


def _check_given(rule: MappingRule, field: Field, where: str) -> Iterator[Problem]:
    given = {"constant": rule.constant, "otherwise": rule.otherwise}
    given |= {f"values.{source or '(empty)'}": value for source, value in (rule.values or {}).items()}
    as_held = rule.unit in (None, field.unit) and rule.unit_column is None and not rule.negate
    for place, value in given.items():
        if value is not None and not _fits(value, field):
            written = repr(value) if isinstance(value, str) else dumps(value)
            yield Problem(f"{where}.{place}", f"{field.name} is never {written}", _taken(value, field))
        elif isinstance(value, int | float) and as_held and not field.holds(value):
            what = f"{field.name} is never {value:g}: every such row would be set aside"
            yield Problem(f"{where}.{place}", what, f"It takes {field.told}{f' {field.unit}' if field.unit else ''}.")
        elif isinstance(value, str) and not value.strip():
            yield Problem(f"{where}.{place}", "it holds nothing", "Name a value, or leave it out.")
    if rule.values == {}:
        yield Problem(f"{where}.values", "the table is empty, and no cell would be in it", "Write source: value.")
    for source in rule.values or {}:
        if source != source.strip():
            what = "it has blanks around it, and cells are read without theirs"
            yield Problem(f"{where}.values.{source}", what, f"Write {source.strip()!r}.")


def _taken(value: str | float | bool, field: Field) -> str:
    if field.codes is None or not isinstance(value, str):
        return f"It takes {field.told}." if field.values else _TAKEN[field.type]
    code = find_meant(value, field.codes)
    return f"Write {code}." if code else f"It takes codes of {field.codes}, such as EUR."


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
            return isinstance(value, str) and (field.codes is None or value in find_codes(field.codes))


def _check_formula(rule: MappingRule, field: Field, where: str) -> Iterator[Problem]:
    if field.type not in _NUMBERS:
        yield Problem(f"{where}.formula", f"{field.name} is no number", "Name the column that it comes from.")
    if rule.values is not None:
        yield Problem(f"{where}.values", "a formula computes with numbers as they are read", "Leave `values` out.")
    if rule.join != " ":
        yield Problem(f"{where}.join", "each input is one column", "Leave `join` out.")
    if rule.unit_column is not None:
        what = "a formula gives numbers of one unit, whatever rows tell"
        yield Problem(f"{where}.unit_column", what, "Leave it out, and write that `unit`.")
    for mistake in find_mistakes(rule.formula or "", rule.inputs):
        yield Problem(f"{where}.formula", mistake.what, mistake.remedy)


def _check_unit(
    rule: MappingRule, field: Field, where: str, concept: Concept, mapper: MapperConfig
) -> Iterator[Problem]:
    for name in ("unit", "unit_column"):
        if field.unit is None and getattr(rule, name) is not None:
            yield Problem(f"{where}.{name}", f"{field.name} has no unit", f"Leave `{name}` out.")
    if rule.unit_column is not None and field.unit is not None:
        yield from _check_unit_column(rule, find_unit(field.unit), where, concept, mapper)
    if rule.unit is None and rule.unit_column is None:
        if field.unit is not None and (rule.source is not None or rule.formula is not None):
            what = f"{field.name} has a unit, and the source's is not given"
            remedy = f"It may be {field.unit}. Where a column tells each row's, name it as `unit_column`."
            yield Problem(f"{where}.unit", what, remedy)
        if rule.interval is not None and rule.difference is None:
            yield Problem(f"{where}.interval", "it is for a `unit` that needs one", "Give the unit, or leave it out.")
    if rule.unit is None or field.unit is None:
        return
    try:
        source, target = find_unit(rule.unit), find_unit(field.unit)
    except NotFound as error:
        yield Problem(f"{where}.unit", error.what, error.remedy)
        return
    if needs_interval(source, target):
        yield from _check_interval(rule, source, target, where, concept, mapper)
        return
    try:
        find_conversion(source, target)
    except ValueError as error:
        yield Problem(f"{where}.unit", str(error), f"{field.name} is held in {target.name}. {_fitting(target)}")
    else:
        if rule.interval is not None and rule.difference is None and rule.unit_column is None:
            what = f"{source.name} needs none to become {target.name}"
            yield Problem(f"{where}.interval", what, "Leave `interval` out.")
        yield from _check_currency(source, field, where, concept, mapper)


def _check_unit_column(
    rule: MappingRule, target: Unit, where: str, concept: Concept, mapper: MapperConfig
) -> Iterator[Problem]:
    if rule.unit_column in rule.columns:
        what, remedy = "it is the column of the numbers", "Name the one whose cells are units."
        yield Problem(f"{where}.unit_column", what, remedy)
    if target.dimension in ("price", "money"):
        what = f"{rule.field} is of one currency in all rows, and units of their own could name others"
        yield Problem(f"{where}.unit_column", what, "Write the `unit`, and take by `where` only the rows that have it.")
    if rule.difference is not None and rule.difference.rollover is not None:
        what = "counters begin again at a number of their own unit, and each row has its own"
        yield Problem(f"{where}.difference.rollover", what, "Leave it out, or write the counters' `unit`.")
    if rule.interval is not None and rule.difference is None and not find_fitting_units(target, over_time=True):
        yield Problem(f"{where}.interval", f"no unit needs one to become {target.name}", "Leave `interval` out.")
    else:
        yield from _check_row(rule, where, concept, mapper)


def _check_interval(
    rule: MappingRule, source: Unit, target: Unit, where: str, concept: Concept, mapper: MapperConfig
) -> Iterator[Problem]:
    if rule.interval is None:
        what = f"{source.name} is a unit of {source.dimension}, {target.name} of {target.dimension}"
        remedy = f"Add the interval that turns the one into the other: `interval: PT15M`, or `row`. {_fitting(target)}"
        yield Problem(f"{where}.unit", what, remedy)
    elif rule.unit_column is None:
        yield from _check_row(rule, where, concept, mapper)


def _check_row(rule: MappingRule, where: str, concept: Concept, mapper: MapperConfig) -> Iterator[Problem]:
    if rule.interval == "row":
        for name in ("interval_start", "interval_end"):
            if name not in concept.fields:
                yield Problem(f"{where}.interval", f"{concept.name} has no {name}", "Give a length, such as PT15M.")
            elif not any(each.field == name for each in mapper.rules):
                yield Problem(f"{where}.interval", f"{name} is not mapped", "Map it, or give a length, such as PT15M.")


def _check_currency(unit: Unit, field: Field, where: str, concept: Concept, mapper: MapperConfig) -> Iterator[Problem]:
    if unit.dimension not in ("price", "money") or "currency" not in concept.fields:
        return
    rule = next((each for each in mapper.rules if each.field == "currency"), None)
    currency, where = unit.currency, f"{where}.unit"
    if rule is None:
        what = f"{field.name} is in {currency or 'some currency'}, and nothing fills `currency`"
        yield Problem(where, what, f"Add the rule {{field: currency, constant: {currency or 'EUR'}}}.")
    elif currency is not None and rule.constant is None:
        what = f"{unit.name} is in {currency}, and `currency` is told by each row"
        yield Problem(where, what, f"Map `currency` by the constant {currency}, or write the unit {field.unit}.")
    elif currency is not None and rule.constant != currency:
        own = [name for name in find_fitting_units(unit) if find_unit(name).currency == rule.constant]
        what = f"{unit.name} is in {currency}, and `currency` is {rule.constant}: currencies are not converted"
        remedy = f"Map `currency` by the constant {currency}"
        yield Problem(
            where, what, f"{remedy}, or write a unit of {rule.constant}: {', '.join(own)}." if own else remedy + "."
        )


def _fitting(target: Unit) -> str:
    fit, over_time = find_fitting_units(target), find_fitting_units(target, over_time=True)
    text = f"What fits: {_listed(fit)}"
    return f"{text}; with `interval` also {_listed(over_time)}." if over_time else f"{text}."


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
