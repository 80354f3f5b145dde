"""Opaque cursors of lists: where a page ended, so that the next one starts there whatever was added meanwhile.

A cursor is not a secret and grants nothing: who changes one moves to another place of a list that is theirs to read.
What cannot be read is refused with a sentence, never with a crash.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any
from uuid import UUID

from include.cim.concept import FieldType
from include.errors import ConfigurationInvalid, Problem

_LONGEST = 4096


def write_cursor(values: Sequence[Any]) -> str:
    """Write the sort values of a page's last row.

    Example:
        >>> read_cursor(write_cursor(["a", 1]), [FieldType.ID, FieldType.INTEGER])
        ('a', 1)
    """
    plain = [_plain(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, types: Sequence[FieldType]) -> tuple[Any, ...]:
    """Read what `write_cursor` wrote, as values of these types.

    Raises:
        ConfigurationInvalid: The cursor is not one of this list's.
    """
    if len(cursor) > _LONGEST:
        raise _refused()
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        values = json.loads(text)
        if not isinstance(values, list) or len(values) != len(types):
            raise _refused()
        return tuple(_typed(value, kind) for value, kind in zip(values, types, strict=True))
    except (binascii.Error, ValueError, OverflowError, RecursionError) as error:
        raise _refused() from error


def read_position(cursor: str) -> tuple[datetime, UUID]:
    """Read the cursor of a list that is sorted by a moment and an id."""
    moment, identity = read_cursor(cursor, (FieldType.TIMESTAMP, FieldType.ID))
    try:
        return moment, UUID(identity)
    except ValueError as error:
        raise _refused() from error


def _refused() -> ConfigurationInvalid:
    return ConfigurationInvalid(
        [Problem("cursor", "is not a cursor of this list", "Take it unchanged from the page before, or leave it out")]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    return value


def _typed(value: Any, kind: FieldType) -> Any:
    match kind:
        case FieldType.TIMESTAMP if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return moment.astimezone(UTC)
        case FieldType.ID | FieldType.TEXT | FieldType.ENUM if isinstance(value, str):
            value.encode()  # a lone surrogate is no text
            if "\0" not in value:
                return value
        case FieldType.BOOLEAN if isinstance(value, bool):
            return value
        case FieldType.INTEGER if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
            return value
        case FieldType.FLOAT if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return float(value)
    raise ValueError(f"not a {kind}")
