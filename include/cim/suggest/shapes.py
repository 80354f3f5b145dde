"""What the cells of a column of texts are by their form alone, whatever the column is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from include.cim.suggest.cell_values import is_value
from include.cim.suggest.column import Column
from include.cim.suggest.fields import FieldRef, Vocabulary

_SHORTEST: Final = 2
"""Shorter cells are values of too many lists: `A` of classes of energy and of phases."""
_FORMS: Final = {
    "usage_point_id": r"ES\d{16}[A-Z]{2}(\d[A-Z])?|IT\d{3}E\d{8}\w?|PT\d{16}[A-Z]{2}|(AT|DE)\d{9}[0-9A-Z]{22}"
    r"|(54|57|59|70|73|87)\d{16}",
    "register": r"\d-\d{1,2}:\d{1,2}\.\d{1,2}\.\d{1,3}(\*\d+)?",
    "vehicle_id": r"(?=.*[A-Z])(?=.*\d)[A-HJ-NPR-Z0-9]{17}",
    "station_id": r"[A-Z]{2}\*[A-Z0-9]{3}\*E[A-Z0-9*]+",
    "market_area": r"10Y[A-Z0-9-]{13}",
    "area_id": r"10Y[A-Z0-9-]{13}",
    "email": r"[^@\s]+@[^@\s]+\.\w+",
    "iban": r"[A-Z]{2}\d{2}( ?[A-Z0-9]{4}){3,7}( ?[A-Z0-9]{1,3})?",
    "currency": r"EUR|USD|GBP|CHF|NOK|SEK|DKK|PLN|CZK|HUF|RON|BGN|AUD|NZD|CAD|JPY|BRL|€|£",
    "timezone": r"(Europe|America|Asia|Africa|Australia|Pacific|Atlantic)/\w+",
}
"""Field → what its cells look like: metering points of seven countries, OBIS, VIN, EVSE, EIC, ISO 13616, ISO 4217."""
_PATTERNS: Final = {field: re.compile(form) for field, form in _FORMS.items()}


def fields_of_cells(column: Column, vocabulary: Vocabulary) -> Iterator[FieldRef]:
    """Name the fields that every cell of a column of texts (or of long numbers) looks like."""
    cells = column.examples
    if column.kind not in {"text", "integer"} or not cells or min(map(len, cells)) < _SHORTEST:
        return
    told = {field for field, pattern in _PATTERNS.items() if all(map(pattern.fullmatch, cells))}
    for ref, field in vocabulary.fields.items():
        listed = field.values and column.kind == "text" and all(is_value(field, cell) for cell in cells)
        if ref.field in told or listed:
            yield ref
