"""The members of a JSON record as cells of text."""

from __future__ import annotations

import json
from typing import Any, Final

from include.anonymization.telling import list_names
from include.connectors.formats.json_text import MOST_DEPTH, Number, too_deep
from include.errors import SourceRefused

MOST_ITEMS: Final = 1_000
"""Of a list that is a cell."""


def flatten(record: dict[str, Any], where: str, prefix: str = "", depth: int = 1) -> dict[str, str | None]:
    """Give a record's cells: a nested member is called `a.b`, a list stays JSON text.

    What `is_table` says of is no cell: it is a table of its own, whose path goes through this record.

    Raises:
        SourceRefused: It is too deep, or two members have the same name.
    """
    if depth > MOST_DEPTH:
        raise too_deep(where)
    row: dict[str, str | None] = {}
    for key, value in record.items():
        if isinstance(value, dict):
            for name, cell in flatten(value, where, f"{prefix}{key}.", depth + 1).items():
                put(row, name, cell, where)
        elif not is_table(value):
            put(row, f"{prefix}{key}", value, where)
    return row


def is_table(value: Any) -> bool:
    """Say whether a value is a list of records or an empty one, or so long that it can be no cell."""
    if not isinstance(value, list):
        return False
    return (
        len(value) > MOST_ITEMS
        or all(isinstance(item, dict) for item in value)
        or all(isinstance(item, list) for item in value)
    )


def put(row: dict[str, str | None], name: str, value: Any, where: str) -> None:
    """Set a cell that must not be there yet."""
    if name in row:
        raise SourceRefused(where, f"two members are called {list_names([name])}", "Only one of them could be kept.")
    row[name] = as_text(value)


def as_text(value: Any) -> str | None:
    """Give a cell's text: a number as it was written, what is nested as JSON."""
    if value is None or isinstance(value, str):
        return value
    return _json(value)


def _json(value: Any, depth: int = 1) -> str:
    if depth > MOST_DEPTH:
        raise too_deep("a list")
    match value:
        case Number():
            return str(value)
        case list():
            return f"[{', '.join(_json(item, depth + 1) for item in value)}]"
        case dict():
            members = (
                f"{json.dumps(key, ensure_ascii=False)}: {_json(item, depth + 1)}" for key, item in value.items()
            )
            return f"{{{', '.join(members)}}}"
        case _:
            return json.dumps(value, ensure_ascii=False)
