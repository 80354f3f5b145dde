"""What a column's name and cells say beside the field that it fills: that it counts up, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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
_SMALLEST: Final = 1000
"""Where a meter with the fewest digits shows 0 again."""

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


def says_it_counts_the_day(column: Column, field: Field) -> bool:
    """Say whether a name says that a column shows what a day has brought so far, where its field is of an interval."""
    return _is_amount(field) and _says(column.name, "today")


def looks_as_if_it_counts_up(column: Column, field: Field) -> bool:
    """Say whether the first different cells rise by little, as a meter's do, where a field is of amounts.

    They may fall once: from shortly below a power of ten, where the meter shows 0 again.

    Example:
        >>> from include.cim.concept import FieldType
        >>> energy = Field("energy", FieldType.FLOAT, "Energy in the interval.", unit="kWh")
        >>> for cells in ("6873,28", "6874,89", "6876,5"), ("99995", "99999.75", "4.25"), ("0.3", "0.31", "5"):
        ...     print(looks_as_if_it_counts_up(Column("x", "decimal", examples=cells), energy))
        True
        True
        False
    """
    numbers = [_read(text) for text in column.examples]
    if not _is_amount(field) or len(numbers) < _FEWEST or None in numbers:
        return False
    shown = [number for number in numbers if number is not None]
    at = next((place for place, (before, after) in enumerate(pairwise(shown), 1) if after < before), len(shown))
    first, rest = shown[:at], shown[at:]
    if not _rises(first) or not 0 < first[-1] - first[0] < _STEP * first[0]:
        return False
    full = 10 ** len(str(int(first[-1])))
    return not rest or (_rises(rest) and full >= _SMALLEST and first[-1] > 0.9 * full and rest[-1] < _STEP * full)


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


def part_directions(columns: Sequence[Column], ref: FieldRef) -> tuple[Column, Column] | None:
    """Find the two columns that count the directions of a field with a sign apart: the positive one, the negative one.

    Example:
        >>> sides = [Column(name, "decimal", "W", 0, 9) for name in ("Discharging (W)", "Charging (W)")]
        >>> [each.name for each in part_directions(sides, FieldRef("battery_status", "power")) or ()]
        ['Charging (W)', 'Discharging (W)']
    """
    if ref not in _DIRECTED or len(columns) != 2 or columns[0].unit is None or columns[0].unit != columns[1].unit:
        return None
    if any(each.unit_column for each in columns):
        return None
    plus, minus = sorted(columns, key=lambda each: _says(each.name, _DIRECTED[ref][1]))
    told = _may_say(plus.name, _DIRECTED[ref][0]) and _says(minus.name, _DIRECTED[ref][1])
    one_way = all(each.minimum is not None and each.minimum >= 0 for each in columns)
    return (plus, minus) if told and one_way and not _says(plus.name, _DIRECTED[ref][1]) else None


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


def _rises(numbers: Sequence[float]) -> bool:
    return all(before < after for before, after in pairwise(numbers))


def _read(text: str) -> float | None:
    """Read a cell in whichever way is usual: a sign that comes last is the fraction's, but for one before three digits.

    Example:
        >>> [_read(text) for text in ("99.995,25", "99995.250", "1,234,567", "12 345", "x")]
        [99995.25, 99995.25, 1234567.0, 12345.0, None]
    """
    plain = re.sub(r"[\s']", "", text)
    if not _NUMBER.fullmatch(plain):
        return None
    *whole, last = re.split("[.,]", plain)
    if not whole:
        return float(last)
    one_sign = len(set(plain) & set(".,")) == 1
    fraction = not (one_sign and len(whole) > 1)
    return float(f"{''.join(whole)}.{last}" if fraction else "".join([*whole, last]))
