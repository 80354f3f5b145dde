"""Checks what a mapping does to the shape of rows: which are taken, made several or one, and held against others."""

from __future__ import annotations

from collections.abc import Iterator

from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig, MappingRule, Unpivot
from include.cim.previous import needs_previous, time_field
from include.cim.units import find_conversion, find_unit, needs_interval
from include.errors import NotFound, Problem


def check_shape(mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    """Find what is wrong with the rows themselves; that a column is not there only the source can tell."""
    for column, values in mapper.where.items():
        if not values and values != "":
            yield Problem(f"mapper.where.{column}", "it lists no value, so no row is taken", "List the values.")
    if mapper.unpivot is not None:
        yield from _check_unpivot(mapper.unpivot, mapper)
    if mapper.merge_rows:
        yield from _check_merging(mapper, concept)
    for number, rule in enumerate(mapper.rules):
        if rule.field in concept.fields and needs_previous(rule):
            yield from _check_previous(rule, f"mapper.rules[{number}]", mapper, concept)
    yield from _check_row_intervals(mapper, concept)


def _check_unpivot(wide: Unpivot, mapper: MapperConfig) -> Iterator[Problem]:
    where = "mapper.unpivot"
    made = wide.made[1:]
    if wide.label in made:
        yield Problem(f"{where}.label", f"the groups make a column {wide.label!r} as well", "Give one another name.")
    read = {*mapper.where, *(name for rule in mapper.rules for name in rule.reads)}
    for name in made:
        if name not in read:
            yield Problem(f"{where}.groups", f"no rule reads the new column {name!r}", "Read it, or leave it out.")
    if len(made) == 1 and wide.label not in read:
        remedy = f"Map {wide.label!r} to the field that tells the groups apart."
        yield Problem(f"{where}.label", f"no rule reads {wide.label!r}: the rows of a source's row look alike", remedy)
    labels: dict[frozenset[tuple[str, str]], str] = {}
    for label, group in wide.groups.items():
        alike = labels.setdefault(frozenset(group.items()), label)
        if alike != label:
            what = f"{alike!r} and {label!r} are made of the same columns"
            yield Problem(f"{where}.groups.{label}", what, "Name the columns of each.")


def _check_merging(mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    if not any(rule.where for rule in mapper.rules):
        yield Problem(
            "mapper.merge_rows",
            "no rule says by `where` which rows it reads: rows with one key would contradict one another",
            "Give `where` to the rules of the quantities, or leave `merge_rows` out.",
        )
    for number, rule in enumerate(mapper.rules):
        if rule.where and rule.field in concept.key:
            yield Problem(
                f"mapper.rules[{number}].where",
                f"{rule.field} is part of the key: rows that the rule does not read would have none, and stay apart",
                "Read the key in every row.",
            )


def _check_previous(rule: MappingRule, where: str, mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    field = concept.fields[rule.field]
    if rule.source is None and rule.formula is None:
        yield Problem(where, "what is not read from the source has no reading before", "Name the column.")
        return
    if time_field(mapper, concept) is None:
        yield Problem(where, "no timestamp is mapped, so no row is before another", "Map the time of the rows.")
    if rule.difference is not None:
        yield from _check_difference(rule, field, where)
    elif field.type is FieldType.TIMESTAMP:
        if rule.label != "end":
            what = "a time since that of the row before is where an interval begins that the source's time ends"
            yield Problem(f"{where}.interval", what, "Add `label: end`.")
    elif field.type is FieldType.FLOAT:
        yield from _check_energy(rule, field, where)
    else:
        yield Problem(f"{where}.interval", f"{field.name} is neither a time nor a measured number", "Leave it out.")


def _check_difference(rule: MappingRule, field: Field, where: str) -> Iterator[Problem]:
    if field.type is not FieldType.FLOAT:
        yield Problem(f"{where}.difference", f"{field.name} is no measured number", "Leave `difference` out.")
        return
    if rule.interval is not None:
        what = "what a counter has counted needs no length of time"
        yield Problem(f"{where}.interval", what, "Leave `interval` out; map the difference to a field of its own unit.")
    if rule.values is not None:
        yield Problem(f"{where}.values", "a counter is read as a number, not looked up", "Leave `values` out.")
    unit = rule.unit or (field.unit if rule.unit_column is not None else None)
    if field.unit is None or unit is None:
        remedy = f"It may be {field.unit}." if field.unit is not None else "Map it to a field that has one."
        yield Problem(f"{where}.difference", "a counter counts something, and no unit says what", remedy)
        return
    try:
        shifted = find_conversion(find_unit(unit), find_unit(field.unit)).summand != 0
    except (NotFound, ValueError):
        return  # told with the rule
    if shifted:
        what = f"{unit} does not begin at nothing, so nobody counts in it"
        yield Problem(f"{where}.difference", what, "Leave `difference` out, or name the counter's unit.")


def _check_energy(rule: MappingRule, field: Field, where: str) -> Iterator[Problem]:
    if rule.unit_column is not None:
        what = "whether a row's unit needs the time since the row before only that row tells"
        yield Problem(f"{where}.interval", what, "Write a length such as PT15M, or `row`, or one `unit` for all rows.")
        return
    if rule.unit is None or field.unit is None:
        what = "only a power becomes energy over time, and no unit says that it is one"
        yield Problem(f"{where}.unit", what, "Name the source's unit, for example kW.")
        return
    try:
        source, target = find_unit(rule.unit), find_unit(field.unit)
    except NotFound as error:
        yield Problem(f"{where}.unit", error.what, error.remedy)
        return
    if not needs_interval(source, target):
        what = f"{source.name} is a unit of {source.dimension}, {target.name} of {target.dimension}"
        remedy = "Leave `interval` out, or map a power to its energy."
        yield Problem(f"{where}.interval", f"{what}: over time the one does not become the other", remedy)


def _check_row_intervals(mapper: MapperConfig, concept: Concept) -> Iterator[Problem]:
    """The row's own interval is known only after what is computed from it."""
    moved = [
        rule.field
        for rule in mapper.rules
        if rule.interval == "previous"
        and rule.field in concept.fields
        and concept.fields[rule.field].type is FieldType.TIMESTAMP
    ]
    for number, rule in enumerate(mapper.rules):
        if rule.interval == "row" and moved:
            what = f"{moved[0]} is the time of the row before, which is looked up later"
            yield Problem(f"mapper.rules[{number}].interval", what, "Write `interval: previous` here as well.")
