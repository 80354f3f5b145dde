"""Codes of products, markets and public places, which look like a person's and are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from stdnum import ean
from stdnum.eu import eic

_EVSE: Final = re.compile(r"[A-Z]{2}(\*?)[A-Z\d]{3}\1E[A-Z\d*]{1,31}", re.IGNORECASE)
_SHARE: Final = 0.9
_ENOUGH: Final = 3


def is_public_code(values: Sequence[str]) -> bool:
    """Say whether values are trade numbers of products and places, of market parties, or of charging points.

    Source: GS1 General Specifications (GTIN, GLN), ENTSO-E's EIC reference manual, ISO 15118-1 annex H (EVSE id).
    """
    if len(values) < _ENOUGH:
        return False
    codes = sum(map(_is_code, values))
    return codes >= _SHARE * len(values)


def _is_code(text: str) -> bool:
    return bool(_EVSE.fullmatch(text)) or bool(ean.is_valid(text)) or bool(eic.is_valid(text))
