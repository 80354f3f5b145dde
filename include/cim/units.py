"""The units that sources may name: a closed table, and the exact conversions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from math import lcm
from pathlib import Path
from typing import Final

from include.cim.tables import read_table
from include.errors import NotFound

TABLE: Final = Path(__file__).parent / "units.yaml"

OVER_TIME: Final = {
    "power": ("energy", Fraction(1)),
    "reactive_power": ("reactive_energy", Fraction(1, 3600)),
    "apparent_power": ("apparent_energy", Fraction(1, 3600)),
    "current": ("charge", Fraction(1)),
    "irradiance": ("irradiation", Fraction(1)),
    "volume_flow": ("volume", Fraction(1)),
    "mass_flow": ("mass", Fraction(1)),
    "precipitation_rate": ("length", Fraction(1, 3_600_000)),
}
"""Dimension → what it becomes over time, and how much of that one's base a second of its own base is."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A canonical unit.

    Attributes:
        factor, offset: The dimension's base is `value * factor + offset`.
        currency: Of prices and money (ISO 4217); None where a unit leaves it open.
    """

    name: str
    dimension: str
    factor: Fraction
    offset: Fraction
    currency: str | None = None


_IN_ONE_SIGN: Final = str.maketrans({"㎡": "m2", "㎥": "m3", "㎾": "kW", "㎿": "MW", "㎐": "Hz", "㎏": "kg"})
"""How East Asian letters write units."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """From one unit to another, in whole numbers: `(value * multiplier + summand) / divisor`.

    Whole numbers keep the result the nearest double where one operation is enough: 1 Wh is 1 / 1000 kWh, which
    multiplying by 0.001 misses for one value in ten.
    """

    multiplier: int
    summand: int
    divisor: int

    def __call__(self, value: float) -> float:
        return (value * self.multiplier + self.summand) / self.divisor


def find_unit(text: str) -> Unit:
    """Find the unit that is written this way.

    Raises:
        NotFound: No unit is; names those that are written alike.

    Example:
        >>> find_unit("KWH").name
        'kWh'
        >>> find_unit("mwh")
        Traceback (most recent call last):
        include.errors.NotFound: unit: no unit is written 'mwh'. Close: 'MWh', 'mWh'; case matters.
    """
    aliases = _aliases()
    if (unit := known_unit(text)) is not None:
        return unit
    close = find_units_but_case(text) or tuple(get_close_matches(text, list(aliases), n=4, cutoff=0.5))
    remedy = f"Close: {', '.join(map(repr, close))}; case matters." if close else "units.yaml lists what there is."
    raise NotFound("unit", f"no unit is written {text!r}", remedy)


def dimension_of(text: str | None) -> str | None:
    """Give the dimension of the unit that is written this way; raises as `find_unit`, None where none is."""
    return find_unit(text).dimension if text else None


def known_unit(text: str) -> Unit | None:
    """Give the unit that is written this way, if there is one."""
    return _aliases().get(text.translate(_IN_ONE_SIGN))


def find_units_but_case(text: str) -> tuple[str, ...]:
    """Give the names of all units that are written this way, but for upper and lower case.

    Example:
        >>> find_units_but_case("mwh"), find_units_but_case("kvarH")
        (('MWh', 'mWh'), ('kvarh',))
    """
    folded = text.casefold()
    return tuple(sorted({unit.name for alias, unit in _aliases().items() if alias.casefold() == folded}))


def find_conversion(source: Unit, target: Unit) -> Conversion:
    """Give the conversion between two units of one dimension.

    A price in a named currency only scales to a unit that leaves the currency open; whoever converts sees to it that
    the currency is told beside it.

    Raises:
        ValueError: They measure different things, or in different currencies.

    Example:
        >>> find_conversion(find_unit("Wh"), find_unit("kWh"))
        Conversion(multiplier=1, summand=0, divisor=1000)
        >>> find_conversion(find_unit("degF"), find_unit("degC"))(212.0)
        100.0
    """
    if source.dimension != target.dimension:
        raise ValueError(f"{source.name} is a unit of {source.dimension}, {target.name} of {target.dimension}")
    if target.currency not in (None, source.currency):
        of = source.currency or "no currency"
        raise ValueError(f"{source.name} is a {source.dimension} in {of}, {target.name} in {target.currency}")
    return _conversion(source.factor / target.factor, (source.offset - target.offset) / target.factor)


def find_conversion_over(interval: timedelta, source: Unit, target: Unit) -> Conversion:
    """Give the conversion of what is measured through an interval, from power to energy or back.

    Raises:
        ValueError: Neither is the other one over time.

    Example:
        >>> find_conversion_over(timedelta(minutes=15), find_unit("kW"), find_unit("kWh"))
        Conversion(multiplier=1, summand=0, divisor=4)
        >>> find_conversion_over(timedelta(minutes=15), find_unit("kWh"), find_unit("W"))
        Conversion(multiplier=4000, summand=0, divisor=1)
    """
    seconds = Fraction(interval // timedelta(microseconds=1), 1_000_000)
    if base := _per_second(source, target):
        scale = seconds * base
    elif base := _per_second(target, source):
        scale = 1 / (seconds * base)
    else:
        raise ValueError(f"{source.name} is a unit of {source.dimension}, {target.name} of {target.dimension}")
    return _conversion(scale * source.factor / target.factor, Fraction(0))


def becomes_over_time(source: Unit, target: Unit) -> bool:
    """Say whether the target is what the source comes to over time, such as the energy of a power."""
    return bool(_per_second(source, target))


def needs_interval(source: Unit, target: Unit) -> bool:
    """Say whether one of both is the other over time."""
    return becomes_over_time(source, target) or becomes_over_time(target, source)


def find_fitting_units(target: Unit, *, over_time: bool = False) -> tuple[str, ...]:
    """Name the units that convert to this one; `over_time`: those that do with an interval.

    Example:
        >>> find_fitting_units(find_unit("kvarh")), find_fitting_units(find_unit("kvarh"), over_time=True)
        (('varh', 'kvarh', 'Mvarh'), ('var', 'kvar', 'Mvar'))
    """
    units = dict.fromkeys(_aliases().values())
    if over_time:
        return tuple(unit.name for unit in units if needs_interval(unit, target))
    return tuple(unit.name for unit in units if unit.dimension == target.dimension)


def _per_second(rate: Unit, amount: Unit) -> Fraction:
    """Give how much of the amount's base a second of the rate's base is; 0 where it is another thing."""
    becomes, base = OVER_TIME.get(rate.dimension, ("", Fraction(0)))
    return base if becomes == amount.dimension else Fraction(0)


def _conversion(scale: Fraction, shift: Fraction) -> Conversion:
    divisor = lcm(scale.denominator, shift.denominator)
    return Conversion(int(scale * divisor), int(shift * divisor), divisor)


@cache
def _aliases() -> Mapping[str, Unit]:
    table: dict[str, Unit] = {}
    for dimension, units in read_table(TABLE).items():
        for name, entry in units.items():
            factor, offset = (Fraction(str(entry.get(each, 0))) for each in ("factor", "offset"))
            unit = Unit(name, dimension, factor, offset, entry.get("currency"))
            for alias in (name, *entry.get("aliases", ())):
                if alias in table:
                    raise ValueError(f"{TABLE.name}: {alias!r} stands for {table[alias].name} and for {name}")
                table[alias] = unit
    return table
