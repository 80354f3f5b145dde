"""Proposes curation rules from what is known of a sample: each flags, so that nothing is lost to a guess."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import floor, log10
from typing import Any, Final

from pydantic import TypeAdapter

from include.cim.concept import Concept, Field, FieldType, Personal
from include.cim.mapping_config import MapperConfig, MappingRule
from include.cim.units import find_conversion, find_unit
from include.collection.inspection import ColumnProfile, ColumnType, Inspection, TimeProfile
from include.collection.suite import series_of
from include.configuration import has_fixed_length
from include.errors import NotFound
from include.expectations.config import Action, CurationRule

_NUMBERS: Final = (ColumnType.INTEGER, ColumnType.DECIMAL)
_SLACK: Final = 0.5
"""By so much of what lies between the least and the greatest value a later file may go beyond them."""

_TELLING: Final = 50
"""Of fewer rows nothing is concluded."""

_MOST_VALUES: Final = 12
_DURATION: Final = TypeAdapter(timedelta)


def propose_rules(inspection: Inspection, mapper: MapperConfig, concept: Concept) -> tuple[CurationRule, ...]:
    """Propose rules for the fields that a column fills as it is, beside what the concept demands by itself.

    Ranges with slack, values that are always there, closed sets, identifiers that never repeat, counters that only
    rise, and intervals that follow one another.
    """
    table = inspection.tables[0]
    if table.rows < _TELLING:
        return ()
    columns = {column.name: column for column in table.columns}
    found: list[CurationRule] = []
    for rule in mapper.rules:
        field = concept.fields.get(rule.field)
        column = columns.get(rule.source) if isinstance(rule.source, str) and _is_plain(rule, mapper) else None
        if field is not None and column is not None:
            found += _about_field(rule, field, column, table.rows, concept)
    return (*found, *_about_series(inspection, mapper, concept))


def _is_plain(rule: MappingRule, mapper: MapperConfig) -> bool:
    altered = rule.where or rule.extract or rule.formula or rule.negate or rule.difference or rule.interval
    scaled = rule.power_of_ten or rule.unit_column
    return not (altered or scaled or mapper.unpivot)


def _about_field(
    rule: MappingRule, field: Field, column: ColumnProfile, rows: int, concept: Concept
) -> Iterator[CurationRule]:
    if not column.nulls and not field.required:
        yield _flag("expect_column_values_to_not_be_null", column=field.name)
    if field.type in (FieldType.FLOAT, FieldType.INTEGER) and column.type in _NUMBERS and not rule.values:
        if field.name.startswith("cumulative_"):
            yield _flag("expect_series_values_to_never_step_back", column=field.name)
        elif limits := _range(rule, field, column):
            yield _flag("expect_column_values_to_be_between", column=field.name, **limits)
    telling = field.type in (FieldType.ID, FieldType.TEXT) and not rule.values and field.personal is Personal.NONE
    if telling and column.distinct == len(column.examples) <= _MOST_VALUES:
        yield _flag("expect_column_values_to_be_in_set", column=field.name, value_set=sorted(column.examples))
    if field.type is FieldType.ID and column.distinct == rows and concept.key != (field.name,):
        yield _flag("expect_column_values_to_be_unique", column=field.name)


def _range(rule: MappingRule, field: Field, column: ColumnProfile) -> dict[str, float]:
    if column.minimum is None or column.maximum is None:
        return {}
    low, high = float(column.minimum), float(column.maximum)
    if rule.unit is not None and field.unit is not None and rule.unit != field.unit:
        try:
            convert = find_conversion(find_unit(rule.unit), find_unit(field.unit))
        except (ValueError, NotFound):
            return {}
        low, high = sorted((convert(low), convert(high)))
    slack = _SLACK * (high - low) or abs(high) or 1.0
    digits = 1 - floor(log10(slack))
    least, most = round(low - slack, digits), round(high + slack, digits)
    # what was never negative, and often cannot be, stays so
    least = max(least, 0.0) if low >= 0 else least
    least = least if field.minimum is None else max(least, field.minimum)
    most = most if field.maximum is None else min(most, field.maximum)
    return {} if (least, most) == (field.minimum, field.maximum) else {"min_value": least, "max_value": most}


def _about_series(inspection: Inspection, mapper: MapperConfig, concept: Concept) -> Iterator[CurationRule]:
    series, time = series_of(concept), inspection.time
    filled = [rule.field for rule in mapper.rules]
    if series is None or time is None or time.resolution is None or not {series.time, *series.names} <= set(filled):
        return
    sources = [rule.source for rule in mapper.rules if rule.field in series.names]
    at_least = max((column.distinct for column in inspection.tables[0].columns if column.name in sources), default=1)
    if _is_whole(time, inspection.tables[0].rows, at_least):
        yield _flag("expect_series_intervals_to_leave_no_gap", every=time.resolution)


def _is_whole(time: TimeProfile, rows: int, at_least: int) -> bool:
    """Whether there can be a row for every interval of the span, for each of `at_least` or more series.

    There is none in a file with gaps of its own, nor where registers are read by day or by night only.
    """
    if not (time.first and time.last and time.resolution and has_fixed_length(time.resolution)):
        return False
    span = datetime.fromisoformat(time.last) - datetime.fromisoformat(time.first)
    intervals, rest = divmod(span, _DURATION.validate_python(time.resolution))
    series, left_over = divmod(rows, intervals + 1)
    return not rest and not left_over and series >= at_least


def _flag(kind: str, **kwargs: Any) -> CurationRule:
    return CurationRule(type=kind, kwargs=kwargs, on_violation=Action.FLAG)


def rules_document(rules: Sequence[CurationRule]) -> dict[str, Any]:
    """Give rules as a collection's YAML and JSON have them."""
    return {"rules": [rule.model_dump(mode="json", exclude_defaults=True) for rule in rules]}
