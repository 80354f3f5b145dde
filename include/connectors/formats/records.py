"""Records in JSON: where they are, and how they become columns of text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from include.batch import PART_ROWS
from include.connectors.formats.layout import MOST_COLUMNS
from include.errors import SourceRefused

MOST_BYTES: Final = 256 << 20
MOST_DEPTH: Final = 64


def read_records(text: bytes, path: str, where: str) -> Sequence[Mapping[str, Any]]:
    """Give the list of objects at `path` of a JSON document.

    Args:
        path: `$`, or `$.data.rows`.
        where: What the source is called, for errors.

    Raises:
        SourceRefused: It is no JSON, or holds no list of objects there; names the members that are there.
    """
    document = _parse(text, where)
    at = "$"
    for name in path.split(".")[1:]:
        if not isinstance(document, dict) or name not in document:
            raise SourceRefused(where, f"there is no member {name!r} at {at}", _members(document, at))
        document, at = document[name], f"{at}.{name}"
    if not isinstance(document, list):
        raise SourceRefused(where, f"what stands at {at} is no list of records", _members(document, at))
    for number, record in enumerate(document, start=1):
        if not isinstance(record, dict):
            raise SourceRefused(
                where, f"record {number} at {at} is no object", "Every record has to have named members."
            )
    return document


def tabulate(records: Sequence[Mapping[str, Any]], where: str) -> Iterator[pl.DataFrame]:
    """Give records as frames of text: a nested member becomes the column `a.b.c`, a list stays as JSON text.

    A member that a record lacks is null. Numbers keep the shortest text that reads back as the same number.

    Raises:
        SourceRefused: Too many columns, too deep, or text that no store can hold.
    """
    rows = [dict(_flatten(record, f"{where}, record {number}")) for number, record in enumerate(records, start=1)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if len(names) > MOST_COLUMNS:
        raise SourceRefused(where, f"the records have more than {MOST_COLUMNS} different members", "Ask for fewer.")
    for first in range(0, len(rows), PART_ROWS):
        part = rows[first : first + PART_ROWS]
        yield pl.DataFrame(
            {name: [row.get(name) for row in part] for name in names}, schema=dict.fromkeys(names, pl.String)
        )


def _parse(text: bytes, where: str) -> Any:
    def refuse_constant(name: str) -> float:
        raise SourceRefused(where, f"it holds {name}, which is no JSON", "Use null where there is no number.")

    try:
        return json.loads(text.decode("utf-8-sig"), parse_constant=refuse_constant)
    except UnicodeDecodeError as error:
        raise SourceRefused(where, f"byte {error.start + 1} is not UTF-8", "JSON is written in UTF-8.") from None
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()):
            raise SourceRefused(
                where, "the JSON ends too early", "It is empty, or was cut off on its way; get it again."
            ) from None
        raise SourceRefused(
            where,
            f"it is no JSON from line {error.lineno}, column {error.colno} on",
            "Is it the file or address you meant?",
        ) from None
    except RecursionError:
        raise SourceRefused(where, f"it is nested more than {MOST_DEPTH} deep", "Give flatter records.") from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise SourceRefused(where, "it holds a number of thousands of digits", "Give it as a text.") from None


def _members(document: Any, at: str) -> str:
    if not isinstance(document, dict):
        return f"At {at} there is a {type(document).__name__}."
    named = [f"{name} (a list)" if isinstance(value, list) else name for name, value in list(document.items())[:20]]
    return f"At {at} there are: {', '.join(named) or 'no members'}."


def _flatten(
    member: Mapping[str, Any], where: str, prefix: str = "", depth: int = 1
) -> Iterator[tuple[str, str | None]]:
    if depth > MOST_DEPTH:
        raise SourceRefused(where, f"it is nested more than {MOST_DEPTH} deep", "Give flatter records.")
    for key, value in member.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flatten(value, where, f"{name}.", depth + 1)
        else:
            text = _as_text(value)
            if not _storable(name) or not _storable(text or ""):
                raise SourceRefused(
                    where, "a text holds a NUL or half a character", "No store can hold these; remove them."
                )
            yield name, text


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _storable(text: str) -> bool:
    return "\0" not in text and (text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text))
