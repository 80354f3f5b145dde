"""Lists of codes that others keep, and fields take their texts from."""

from __future__ import annotations

from functools import cache

CURRENCIES = "ISO 4217"


@cache
def find_codes(codes: str) -> frozenset[str]:
    """Give the codes of a list, also those that are no more in use; raises KeyError where there is no such list.

    Source: the Unicode CLDR, as Babel has it.

    Example:
        >>> "EUR" in find_codes("ISO 4217"), "DEM" in find_codes("ISO 4217"), "Euro" in find_codes("ISO 4217")
        (True, True, False)
    """
    from babel.core import get_global

    return {CURRENCIES: frozenset(get_global("all_currencies"))}[codes]
