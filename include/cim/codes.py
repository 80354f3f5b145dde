"""Lists of codes that others keep, and fields take their texts from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

from include.cim.units import known_unit

LISTS: Final[Mapping[str, Literal["all_currencies"]]] = {"ISO 4217": "all_currencies"}
"""Every list of codes, as fields name it, and what Babel calls it: which there are is known without loading one."""


@cache
def find_codes(codes: str) -> frozenset[str]:
    """Give the codes of a list, also those that are no more in use; raises KeyError where there is no such list.

    Source: the Unicode CLDR, as Babel has it.

    Example:
        >>> "EUR" in find_codes("ISO 4217"), "DEM" in find_codes("ISO 4217"), "Euro" in find_codes("ISO 4217")
        (True, True, False)
    """
    from babel.core import get_global

    return frozenset(get_global(LISTS[codes]))


def find_meant(text: str, codes: str) -> str | None:
    """Give the code that a text stands for, where it is another way to write one.

    Example:
        >>> [find_meant(text, "ISO 4217") for text in ("€", "Euro", "chf ", "GBP", "?")]
        ['EUR', 'EUR', 'CHF', 'GBP', None]
    """
    text = text.strip()
    if text.upper() in find_codes(codes):
        return text.upper()
    unit = known_unit(text) or known_unit(text.capitalize())
    return unit.currency if unit is not None and unit.dimension == "money" else None
