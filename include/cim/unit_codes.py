"""What other vocabularies call a unit that fields are held in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from include.cim.tables import read_table
from include.cim.units import Unit, find_unit, known_unit

TABLE: Final = Path(__file__).parent / "unit_codes.yaml"


@dataclass(frozen=True, slots=True)
class UnitCodes:
    """A unit's names elsewhere; None where a vocabulary does not have it.

    Attributes:
        unece: The code of UN/ECE Recommendation 20, which NGSI calls `unitCode`.
        qudt: The local name below `http://qudt.org/vocab/unit/`.
    """

    ucum: str | None = None
    unece: str | None = None
    qudt: str | None = None


def find_codes(unit: str) -> UnitCodes:
    """Give the codes of a unit by its name in `units.yaml`; empty where none are known.

    Example:
        >>> find_codes("kWh")
        UnitCodes(ucum='kW.h', unece='KWH', qudt='KiloW-HR')
    """
    return _table().get(unit, UnitCodes())


def named_unit(text: str) -> Unit | None:
    """Give the unit that a source names by a spelling of `units.yaml`, or by its code of UN/ECE; None for neither.

    Example:
        >>> [unit and unit.name for unit in map(named_unit, ("KWH", "WTT", "furlong"))]
        ['kWh', 'W', None]
    """
    code = _by_code().get(text)
    return known_unit(text) or (None if code is None else find_unit(code))


@cache
def _by_code() -> Mapping[str, str]:
    return {codes.unece: unit for unit, codes in _table().items() if codes.unece is not None}


@cache
def _table() -> Mapping[str, UnitCodes]:
    return {unit: UnitCodes(**codes) for unit, codes in read_table(TABLE).items()}
