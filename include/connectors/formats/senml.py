"""Resolves SenML: what its base values say of a record is written into it.

Source: RFC 8428, section 4.6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Any, Final

from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.json_text import Number
from include.errors import SourceRefused

NAMES: Final = {
    **{"n": "name", "t": "time", "u": "unit", "v": "value", "s": "sum", "ut": "update_time"},
    **{"vs": "string_value", "vb": "boolean_value", "vd": "data_value"},
}
"""What resolved members are called."""

_BASES: Final = ("bn", "bt", "bu", "bv", "bs", "bver")
_VALUES: Final = frozenset({"v", "vs", "vb", "vd", "s"})
_ABSOLUTE: Final = Decimal(2**28)
"""Smaller times are relative to when the records were sent."""

_EXACT: Final = Context(prec=200, Emax=400, Emin=-400, traps=[Inexact, InvalidOperation, Overflow])


def resolve_records(records: Iterable[Any], content: Content) -> Iterator[Any]:
    """Write the base values that hold for each record into it; a record of base values alone is none.

    Raises:
        SourceRefused: A base value or what it is added to is no number, or a member has to be understood and is not.
    """
    base: dict[str, Any] = {}
    relative = 0
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            yield record
            continue
        unknown = next((key for key in record if key.endswith("_")), None)
        if unknown is not None:
            what = f"record {number} has a member {unknown!r}, which has to be understood and is not"
            raise SourceRefused(content.name, what, "Hand over resolved records without it.")
        base |= {key: value for key, value in record.items() if key in _BASES}
        own = {key: value for key, value in record.items() if key not in _BASES}
        if not own:
            continue
        try:
            resolved = _resolve(base, own)
        except (InvalidOperation, Inexact, Overflow, ValueError):
            what = f"a base value and what it is added to in record {number} are no numbers"
            raise SourceRefused(content.name, what, "Hand over resolved records (RFC 8428, section 4.6).") from None
        relative += "time" not in resolved or Decimal(str(resolved["time"])) < _ABSOLUTE
        yield resolved
    if relative:
        what = f"the times of {relative:,} records are relative to when they were sent, which nothing tells"
        content.issues.append(Issue("column 'time'", what, "Hand over records with a base time (`bt`)."))


def _resolve(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    resolved: dict[str, Any] = {}
    if "bn" in base or "n" in own:
        resolved["name"] = f"{base.get('bn', '')}{own.get('n', '')}"
    if "bt" in base or "t" in own:
        resolved["time"] = _add(base.get("bt"), own.get("t"))
    if "u" in own or "bu" in base:
        resolved["unit"] = own.get("u", base.get("bu"))
    if "v" in own or ("bv" in base and not _VALUES & own.keys()):
        resolved["value"] = _add(base.get("bv"), own.get("v"))
    if "s" in own or "bs" in base:
        resolved["sum"] = _add(base.get("bs"), own.get("s"))
    return resolved | {NAMES.get(key, key): value for key, value in own.items() if NAMES.get(key, key) not in resolved}


def _add(base: Any, own: Any) -> Number:
    if not all(part is None or isinstance(part, Number) for part in (base, own)):
        raise ValueError("no number")
    return Number(format(_EXACT.add(Decimal(base or 0), Decimal(own or 0)), "f"))
