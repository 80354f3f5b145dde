"""Whether a column's type, unit and values fit a field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, NamedTuple

from include.cim.concept import Field, FieldType
from include.cim.suggest.cell_values import find_value
from include.cim.suggest.column import Column
from include.cim.units import Unit, find_conversion, find_unit

_TIMES: Final = frozenset({"timestamp", "date", "time"})
_GAPS: Final = frozenset(
    {-9999.0, -999.0, -99.0, -9.0, -999.9, -99.9, 9999.0, 999.0, 99999.0, -32768.0, 32767.0, 65535.0, -1.0}
)
"""Numbers that sources write where there is no value."""
_BECOMES: Final = {("power", "energy"), ("energy", "power"), ("irradiation", "irradiance")}
"""Dimensions between which the length of an interval leads."""
_LIKELY: Final = {
    "pressure": ("hPa", "Pa", "kPa", "inHg"),
    "temperature": ("degC", "K", "degF"),
    "ratio": ("%", "fraction"),
    "frequency": ("Hz",),
    "voltage": ("V",),
    "angle": ("deg",),
    "speed": ("m/s",),
    "irradiance": ("W/m2",),
    "length": ("mm",),
    "concentration": ("ppm", "ppb"),
    "illuminance": ("lx",),
    "current": ("A",),
    "mass_concentration": ("ug/m3",),
    "level_of_power": ("dBm",),
}
"""Units that sources do not write down where they go without saying, by dimension; the values decide."""

_WORDED: Final = 0.2
_SCALED: Final = 0.08
"""What it takes from a match that a number is written as text (`PT15M`, `1961-1976`), and that it only fits as a whole
number of tenths, hundredths or thousandths, as registers hold them."""
_NUMBER_IN_WORDS: Final = re.compile(r"PT?\d|[<>~±+-]?\s*\d|n/?a$|nan$|null$|none$|m$|-+$", re.IGNORECASE)
_COMPASS: Final = re.compile(r"([NSEWO]{1,3}|[東西南北]{1,3}|[NSEWO](/[NSEWO]+)+|calma?|variable)", re.IGNORECASE)
"""How the eight or sixteen directions are written that stand for degrees."""
_SCALES: Final = (0.1, 0.01, 0.001)
_VALUES: Final = 0.1
_TOLD: Final = 0.15
_LOOKS: Final = 0.03
_LED: Final = 0.4
_CLOSE: Final = 0.98
"""A counter's numbers are this close together, over the few cells that are seen."""
_COUNTER: Final = 0.12
_FALLS: Final = 0.3
_LITTLE_LESS: Final = 0.97
"""A counter's rows that are sorted from the newest to the oldest fall by less than this."""
_RARER: Final = 0.03
_CODES: Final = 10
_GRIDS_ARE_POWER: Final = 0.04
"""What it adds to a match that the unit is told, and that values look like one; what it takes that only an interval
leads to the field, and that a grid's numbers without a unit are power rather than energy."""


class Fit(NamedTuple):
    """A column that may fill a field.

    Attributes:
        worth: What type, unit and values add to what the name says.
        unit: Told, or likely.
        told, likely: Whether the unit fits that the file tells; whether the values fit.
    """

    worth: float
    unit: str | None
    told: bool = False
    likely: bool = False


def find_fit(column: Column, field: Field) -> Fit | None:
    """Weigh a column against a field; None where it cannot be."""
    worth = _kind_fits(column, field)
    if worth is None:
        return None
    if field.type is not FieldType.FLOAT:
        if column.unit is not None and not (field.type is FieldType.INTEGER and column.unit in {"%", "s", "h", "min"}):
            return None
        if field.type is FieldType.INTEGER and _outside(column, field, None):
            return None
        return Fit(worth + _says_a_value(column, field), None)
    return _measured(column, field, worth)


def is_to_ask(column: Column, field: Field, fit: Fit) -> bool:
    """Say whether neither file nor values tell enough of a column to be sure that it fills a field.

    Watts may be kilowatts, or kilowatt-hours; and small whole numbers without a unit may be a code or a class.
    """
    if field.unit is not None and fit.unit is None and find_unit(field.unit).dimension not in _LIKELY:
        return True
    few = column.maximum is not None and column.maximum <= _CODES
    return field.type is FieldType.FLOAT and column.kind == "integer" and column.unit is None and few


def _kind_fits(column: Column, field: Field) -> float | None:  # noqa: PLR0911 - a table of cases
    kind = column.kind
    if kind == "empty":
        return -0.05
    match field.type:
        case FieldType.TIMESTAMP:
            if kind in _TIMES or column.tells_time:
                return 0.1
            return -0.05 if kind == "integer" else -0.3 if kind == "text" else None
        case FieldType.FLOAT:
            return 0.0 if column.is_number else -_WORDED if _worded(column) or _points(column, field) else None
        case FieldType.INTEGER:
            if _worded(column):
                return -_WORDED
            return 0.0 if kind == "integer" or (kind == "decimal" and field.unit is None) else None
        case FieldType.BOOLEAN:
            if kind == "integer" and column.maximum is not None and column.maximum > 1:
                return None
            return {"boolean": 0.1, "integer": -0.05, "text": -0.1}.get(kind)
        case FieldType.ID:
            numbered = kind == "integer" and (column.minimum is None or column.minimum >= 0)
            return 0.0 if kind == "text" or numbered else None
        case FieldType.ENUM:
            return {"text": 0.0, "integer": -0.1, "boolean": -0.15}.get(kind)
        case _:
            return {"text": 0.0, "integer": -0.1, "boolean": -0.2, "decimal": -0.4}.get(kind)


def _says_a_value(column: Column, field: Field) -> float:
    """Weigh whether words in the cells are values of the field's list."""
    if not field.values or column.kind != "text" or not column.examples:
        return 0.0
    said = sum(find_value(field, cell) is not None for cell in column.examples)
    return _VALUES if said == len(column.examples) else 0.0 if said else -_VALUES


def _worded(column: Column) -> bool:
    """Say whether texts are numbers with more around them, or say that there is none."""
    return column.kind == "text" and bool(column.examples) and all(map(_NUMBER_IN_WORDS.match, column.examples))


def _points(column: Column, field: Field) -> bool:
    """Say whether texts are directions of the compass, and the field holds degrees."""
    return field.unit == "deg" and bool(column.examples) and all(map(_COMPASS.fullmatch, column.examples))


def _measured(column: Column, field: Field, worth: float) -> Fit | None:
    worth += _counts(column, field)
    unit = find_unit(column.unit) if column.unit is not None else None
    if field.unit is None:
        money = unit is None or unit.dimension.startswith("money")
        return Fit(worth, None) if money else None
    target = find_unit(field.unit)
    if unit is None:
        return _untold(column, field, target, worth)
    if unit.dimension == target.dimension:
        worth += _TOLD + _scale(unit, target)
        return None if _outside(column, field, unit) else Fit(worth, unit.name, told=True)
    if any(unit.dimension.startswith(sort) and target.dimension.startswith(sort) for sort in ("price", "money")):
        return Fit(worth + _TOLD, unit.name, told=True)
    if unit.dimension.startswith("money") and target.dimension.startswith("price"):
        return Fit(worth + _TOLD, None)  # the energy that it is the price of goes without saying
    return Fit(worth - _LED, unit.name, told=True) if (unit.dimension, target.dimension) in _BECOMES else None


def _untold(column: Column, field: Field, target: Unit, worth: float) -> Fit | None:
    """Weigh a column whose unit nothing tells: its values may look like one."""
    if target.name == "MWh":
        worth -= _GRIDS_ARE_POWER
    if column.minimum is None or column.maximum is None:
        return Fit(worth, None)
    candidates = _LIKELY.get(target.dimension, ())
    if target.name == "fraction" and (field.maximum is None or field.maximum > 1):
        candidates = candidates[::-1]  # a COP of 3.5 and an index of 6 are no percentages
    for name in candidates:
        if not _outside(column, field, find_unit(name)) and _plausible(column, name):
            return Fit(worth + _LOOKS, name, likely=True)
    if candidates and field.minimum is not None and field.maximum is not None:
        return Fit(worth - _SCALED, None) if _fits_scaled(column, field, candidates) else None
    return Fit(worth, None)


def _fits_scaled(column: Column, field: Field, units: Sequence[str]) -> bool:
    """Say whether whole numbers are the field's, in tenths, hundredths or thousandths of a unit."""
    if column.kind != "integer" or column.minimum is None or column.maximum is None:
        return False
    return any(
        not _outside(
            replace(column, minimum=column.minimum * scale, maximum=column.maximum * scale), field, find_unit(unit)
        )
        for scale in _SCALES
        for unit in units
    )


def _scale(unit: Unit, target: Unit) -> float:
    """Weigh a unit of households where a grid's is held, or the other way round."""
    if target.name in {"MW", "MWh"} and unit.factor < target.factor / 100:
        return -0.25
    return -0.1 if unit.name in {"MW", "MWh", "GW", "GWh"} and unit.factor > target.factor else 0.0


def _counts(column: Column, field: Field) -> float:
    """Weigh whether a column's numbers are a counter's: great, and close together."""
    if field.unit not in {"kWh", "MWh"}:
        return 0.0
    total = "total" in field.name or "cumulative" in field.name
    if column.minimum is None or column.maximum is None:
        return -_RARER if total else 0.0
    if column.minimum > 100 and column.minimum > _CLOSE * column.maximum and not _falls(column):
        return _COUNTER if total else -_COUNTER
    if not total:
        return 0.0
    if _falls(column, to=_LITTLE_LESS):
        return -_FALLS
    return -0.1 if column.maximum > 0 and column.minimum < 0.05 * column.maximum else -_RARER


def _falls(column: Column, to: float = 1.0) -> bool:
    """Say whether a cell is less than (a share of) the one before it, as no counter's is."""
    try:
        seen = [float(cell.replace(",", ".")) for cell in column.examples]
    except ValueError:
        return False
    return any(later < to * earlier for earlier, later in pairwise(seen))


def _outside(column: Column, field: Field, unit: Unit | None) -> bool:
    """Say whether values lie where the field's cannot; what stands for a gap does not count."""
    for value in (column.minimum, column.maximum):
        if value is None or value in _GAPS:
            continue
        held = value
        if unit is not None and field.unit is not None:
            target = find_unit(field.unit)
            if unit.dimension != target.dimension:
                return False
            held = find_conversion(unit, target)(value)
        slack = 0.02 * abs(held) + 1e-9
        if field.minimum is not None and held < field.minimum - slack - _below(field):
            return True
        if field.maximum is not None and held > field.maximum + slack:
            return True
    return False


def _below(field: Field) -> float:
    """A little below zero is the sign turned, or a sensor's offset, where zero is the least."""
    return 0.0 if field.minimum != 0 else 1e6 if field.unit in {"W", "kW", "kWh"} else 1.0


def _plausible(column: Column, unit: str) -> bool:
    low, high = column.minimum, column.maximum
    if low is None or high is None:
        return True
    match unit:
        case "%":
            return high > 1 or low == high == 0
        case "K":
            return low > 150
        case _:
            return True
