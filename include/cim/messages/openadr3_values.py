"""Values, units and targets of OpenADR 3 as cells of a row, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from include.cim.units import known_unit

_UNITS: Final = {
    "KWH": "kWh",
    "KW": "kW",
    "KVAH": "kVAh",
    "KVARH": "kvarh",
    "KVA": "kVA",
    "KVAR": "kvar",
    "THERMS": "therm",
    "VOLTS": "V",
    "AMPS": "A",
    "CELSIUS": "degC",
    "FAHRENHEIT": "degF",
    "PERCENT": "%",
    "GHG": "g/kWh",
}
_WORDS: Final = {unit: word for word, unit in _UNITS.items()}


def read_unit(word: str | None, currency: str | None) -> str | None:
    """Give the unit of a payload as units are written here; one without a name here stays as it is.

    Example:
        >>> read_unit("KWH", "EUR"), read_unit("KW", None), read_unit("BUCKETS", None)
        ('EUR/kWh', 'kW', 'BUCKETS')
    """
    if word is None:
        return None
    known = known_unit(word)
    unit = _UNITS.get(word) or (known.name if known else word)
    return f"{currency}/{unit}" if currency else unit


def write_unit(unit: str | None, currency: str | None) -> str | None:
    """Give OpenADR's word for a unit."""
    if unit is None:
        return None
    bare = unit.removeprefix(f"{currency}/") if currency else unit
    return _WORDS.get(bare, bare)


def read_values(values: Sequence[Any]) -> tuple[str | None, str | None]:
    """Give the number that a payload's values are, or else their text: a word, or the list as JSON.

    Numbers are taken as they are written. A list of one word that looks like a list, or that a mapping would strip of
    its blanks, stays a list, and so does one of nothing.

    Example:
        >>> read_values([0.17]), read_values(["NORMAL"]), read_values([True]), read_values([])
        (('0.17', None), (None, 'NORMAL'), (None, '[true]'), (None, '[]'))
    """
    if len(values) == 1:
        (value,) = values
        if is_number(value):
            return str(value), None
        if isinstance(value, str) and value and value == value.strip() and not value.startswith("["):
            return None, value
    return None, write_json(list(values))


def write_values(number: float | None, text: str | None) -> list[Any]:
    """Give back what `read_values` took apart.

    Raises:
        ValueError: There is neither.
    """
    if number is not None:
        return [as_number(number)]
    if text is None:
        raise ValueError("a row has neither a number nor a text")
    return json.loads(text) if text.startswith("[") else [text]


def as_number(number: float) -> float | int:
    """Write a whole number without a fraction."""
    return int(number) if number == int(number) else number


def read_targets(targets: Sequence[Any] | None) -> str | None:
    """Write targets in one text: those of 3.1 as they are, those of 3.0 as TYPE=value; signs that part them as %2C.

    Example:
        >>> read_targets(["north", "a,b"]), read_targets([{"type": "GROUP", "values": ["north", "south"]}])
        ('north,a%2Cb', 'GROUP=north,GROUP=south')
    """
    told: list[Any] = []
    for target in targets or ():
        told += [f"{target['type']}={value}" for value in target["values"]] if isinstance(target, dict) else [target]
    return ",".join(str(each).replace("%", "%25").replace(",", "%2C") for each in told) or None


def write_targets(text: str | None) -> list[str] | None:
    """Give the targets back, as 3.1 has them."""
    return [each.replace("%2C", ",").replace("%25", "%") for each in text.split(",")] if text else None


def is_number(value: Any) -> bool:
    """Say whether a value of a JSON document is a number."""
    return not isinstance(value, bool) and isinstance(value, int | float | Decimal)


def write_json(value: Any) -> str | None:
    """Write a part of a message as JSON, to be kept as a text; None where there is nothing.

    Example:
        >>> write_json([{"x": Decimal("1.50")}]), write_json(None)
        ('[{"x": 1.5}]', None)
    """
    return None if value is None else json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return as_number(float(value))
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True, exclude_none=True)
    raise TypeError(f"{type(value)} is no part of a message")
