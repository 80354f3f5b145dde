"""What a column's name and cells say beside the field that it fills: that it counts up, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from include.cim.concept import Field, FieldType
from include.cim.suggest.column import Column
from include.cim.suggest.fields import FieldRef
from include.cim.suggest.words import read_name
from include.cim.units import known_unit

_AMOUNTS: Final = frozenset({"energy", "reactive_energy", "apparent_energy", "volume"})
"""Dimensions of what is counted in an interval; a meter shows it as a number that goes up."""
_HELD_AS_COUNTED: Final = re.compile(r"total|cumulative|capacity|demand|requested|forecast|value")
"""Names of fields that hold a reading itself, or no amount of an interval."""
_NUMBER: Final = re.compile(r"-?[\d.,\s']*\d")
_STEP: Final = 0.1
"""A few cells of a counter differ by less than this share of the first."""
_FEWEST: Final = 3

_CHARGING: Final = ("charge", "discharge")
_IMPORTING: Final = ("import", "export")
_DIRECTED: Final[Mapping[FieldRef, tuple[str, str]]] = {
    FieldRef("battery_status", "power"): _CHARGING,
    FieldRef("battery_status", "current"): _CHARGING,
    FieldRef("site_energy", "battery_power"): _CHARGING,
    FieldRef("site_energy", "grid_power"): _IMPORTING,
    FieldRef("electrical_measurement", "active_power"): _IMPORTING,
}
"""What fields with a sign count as positive, and as negative."""
_BRACKETS: Final = re.compile(r"\s[\[(]([^\[\]()]+)[\])]\s*$")


def says_it_counts_up(column: Column, field: Field) -> bool:
    """Say whether a name says that a column shows readings, where its field is of what was counted in between."""
    return _is_amount(field) and _says(column.name, "cumulative")


def looks_as_if_it_counts_up(column: Column, field: Field) -> bool:
    """Say whether the first different cells rise by little, as a meter's do, where a field is of amounts.

    Example:
        >>> from include.cim.concept import FieldType
        >>> energy = Field("energy", FieldType.FLOAT, "Energy in the interval.", unit="kWh")
        >>> rising, others = ("99873,28", "99874,89", "99876,59"), ("0,3", "0,31", "0,5")
        >>> [looks_as_if_it_counts_up(Column("x", "decimal", examples=cells), energy) for cells in (rising, others)]
        [True, False]
    """
    numbers = [float(re.sub(r"[\s']", "", text).replace(",", ".")) for text in column.examples if _is_plain(text)]
    if not _is_amount(field) or len(numbers) < max(_FEWEST, len(column.examples)):
        return False
    rises = all(before < after for before, after in pairwise(numbers))
    return rises and 0 < numbers[-1] - numbers[0] < _STEP * numbers[0]


def counts_the_other_way(column: Column, ref: FieldRef) -> bool | None:
    """Say whether what a column counts as positive is negative in the field; None where nothing tells.

    Where a column has no number below zero, and its name no direction, there is nothing to tell.
    """
    if ref not in _DIRECTED:
        return False
    positive, negative = _may_say(column.name, _DIRECTED[ref][0]), _says(column.name, _DIRECTED[ref][1])
    if positive == negative:
        return None if column.minimum is not None and column.minimum < 0 else False
    return negative


def directions_of(ref: FieldRef) -> tuple[str, str]:
    """Name what a field with a sign counts as positive, and as negative."""
    return _DIRECTED[ref]


def unknown_unit(column: Column) -> str | None:
    """Give what stands in a name where a unit does, and is none that is known.

    Example:
        >>> unknown_unit(Column("Sky (twelfths)", "integer")), unknown_unit(Column("T (degC)", "decimal"))
        ('twelfths', None)
    """
    found = _BRACKETS.search(column.name)
    text = found[1].strip() if found else ""
    if column.unit or known_unit(text) or all(word.known for word in read_name(text)):
        return None
    return text


def _is_amount(field: Field) -> bool:
    unit = known_unit(field.unit) if field.unit and field.type is FieldType.FLOAT else None
    return unit is not None and unit.dimension in _AMOUNTS and not _HELD_AS_COUNTED.search(field.name)


def _says(name: str, word: str) -> bool:
    """Say whether a word of a name means this, and cannot mean anything else."""
    return any(each.meanings and all(word in meaning for meaning in each.meanings) for each in read_name(name))


def _may_say(name: str, word: str) -> bool:
    return any(word in meaning for each in read_name(name) for meaning in each.meanings)


def _is_plain(text: str) -> bool:
    """Say whether a cell is a number with one sign for the fraction at most."""
    return bool(_NUMBER.fullmatch(text)) and text.count(",") + text.count(".") <= 1
