"""The units that sources may name: a closed table, and the exact conversions between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from math import lcm
from pathlib import Path
from typing import Final

import yaml

from include.errors import NotFound

TABLE: Final = Path(__file__).parent / "units.yaml"


@dataclass(frozen=True, slots=True)
class Unit:
    """A canonical unit.

    Attributes:
        factor, offset: The dimension's base is `value * factor + offset`.
    """

    name: str
    dimension: str
    factor: Fraction
    offset: Fraction


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
    if text in aliases:
        return aliases[text]
    close = find_units_but_case(text) or tuple(get_close_matches(text, list(aliases), n=4, cutoff=0.5))
    remedy = f"Close: {', '.join(map(repr, close))}; case matters." if close else "units.yaml lists what there is."
    raise NotFound("unit", f"no unit is written {text!r}", remedy)


def known_unit(text: str) -> Unit | None:
    """Give the unit that is written this way, if there is one."""
    return _aliases().get(text)


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

    Raises:
        ValueError: They measure different things.

    Example:
        >>> find_conversion(find_unit("Wh"), find_unit("kWh"))
        Conversion(multiplier=1, summand=0, divisor=1000)
        >>> find_conversion(find_unit("degF"), find_unit("degC"))(212.0)
        100.0
    """
    if source.dimension != target.dimension:
        raise ValueError(f"{source.name} is a unit of {source.dimension}, {target.name} of {target.dimension}")
    scale = source.factor / target.factor
    shift = (source.offset - target.offset) / target.factor
    divisor = lcm(scale.denominator, shift.denominator)
    return Conversion(int(scale * divisor), int(shift * divisor), divisor)


@cache
def _aliases() -> Mapping[str, Unit]:
    table: dict[str, Unit] = {}
    for dimension, units in yaml.safe_load(TABLE.read_text(encoding="utf-8")).items():
        for name, entry in units.items():
            unit = Unit(name, dimension, Fraction(str(entry["factor"])), Fraction(str(entry.get("offset", 0))))
            for alias in (name, *entry.get("aliases", ())):
                if alias in table:
                    raise ValueError(f"{TABLE.name}: {alias!r} stands for {table[alias].name} and for {name}")
                table[alias] = unit
    return table
