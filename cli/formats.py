"""How the terminal writes tables and records."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


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
    """Write columns as wide as their widest cell; numbers stand right.

    Example:
        >>> print(write_table(["name", "rows"], [["a", 10], ["bcdef", None]]))
        name   rows
        a        10
        bcdef
    """
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
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
