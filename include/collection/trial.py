"""What one request to a source showed, without anything being stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.errors import Problem

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class TriedRequest:
    """A request as it was sent, with a mask where secrets were."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """One request, and what came of it.

    Attributes:
        status: None where nobody answered.
        rows: The first records of the first page, all columns text; None where they could not be read.
        more: Whether the answer says that there is another page.
        total: The records that it declares.
        problem: Why there are no rows.
        notes: What was noticed without refusing it.
    """

    request: TriedRequest | None
    status: int | None = None
    content_type: str | None = None
    size: int = 0
    rows: pl.DataFrame | None = field(default=None, repr=False)
    more: bool = False
    total: int | None = None
    problem: Problem | None = None
    notes: tuple[str, ...] = ()
