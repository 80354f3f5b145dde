"""How the terminal writes tables and records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""What a terminal obeys instead of showing it; cells hold what a source wrote."""


class RecordsAs(StrEnum):
    """How records are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    OPENADR3 = "openadr3"
    UFTP = "uftp"


class ConceptAs(StrEnum):
    """How a concept is written."""

    TABLE = "table"
    TURTLE = "turtle"
    JSONSCHEMA = "jsonschema"


def write_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Write columns as wide as their widest cell; numbers stand right, control characters as escapes.

    Example:
        >>> print(write_table(["name", "rows"], [["a", 10], ["bcdef", None]]))
        name   rows
        a        10
        bcdef
    """
    cells = [["" if cell is None else _CONTROL.sub(_escape, str(cell)) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(header), *cells]) for column in range(len(header))]
    right = [
        any(isinstance(row[column], int | float) for row in rows)
        and all(row[column] is None or isinstance(row[column], int | float) for row in rows)
        for column in range(len(header))
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [list(header), *cells]
    )


def _escape(found: re.Match[str]) -> str:
    return repr(found[0])[1:-1]
