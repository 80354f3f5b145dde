"""Entities of NGSI as records: the value of each attribute stands under the attribute's name.

Source: ETSI GS CIM 009 (NGSI-LD), 4.5; FIWARE NGSI v2, the normalized representation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

_VALUES: Final = ("value", "object")
_NO_CELL: Final = frozenset({*_VALUES, "type", "metadata"})
_KINDS: Final = frozenset({"Property", "GeoProperty", "Relationship"})
_CONTEXT: Final = "@context"


def simplify_entities(records: Iterable[Any]) -> Iterator[Any]:
    """Simplify what is an entity."""
    return (simplify(record) if isinstance(record, dict) else record for record in records)


def simplify(entity: Mapping[str, Any]) -> dict[str, Any]:
    """Put attributes' values in their places; what is said of a value stays beside it.

    Example:
        >>> simplify({"id": "m1", "power": {"type": "Property", "value": 7, "unitCode": "WTT"}, "@context": []})
        {'id': 'm1', 'power': 7, 'power.unitCode': 'WTT'}
    """
    made: dict[str, Any] = {}
    for name, each in entity.items():
        if _is_attribute(each):
            made[name] = _value_of(each)
            said = {key: more for key, more in each.items() if key not in _NO_CELL} | (each.get("metadata") or {})
            made |= {f"{name}.{key}": _value_of(more) if _is_attribute(more) else more for key, more in said.items()}
        elif name != _CONTEXT:
            made[name] = each
    return made


def are_entities(records: Iterable[Any]) -> bool:
    """Say whether all of some records are entities whose attributes are written out."""
    found = 0
    for found, each in enumerate(records, start=1):  # noqa: B007
        if not isinstance(each, dict) or not {"id", "type"} <= each.keys():
            return False
        attributes = [value for value in each.values() if _is_attribute(value)]
        if not any(value["type"] in _KINDS or "metadata" in value for value in attributes):
            return False
    return found > 0


def _is_attribute(value: Any) -> bool:
    return isinstance(value, dict) and "type" in value and any(name in value for name in _VALUES)


def _value_of(attribute: Mapping[str, Any]) -> Any:
    value = next(attribute[name] for name in _VALUES if name in attribute)
    # a time, as JSON-LD types it
    return value["@value"] if isinstance(value, dict) and "@value" in value else value
