"""What is said of a column that holds personal data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A column that names or leads to a person.

    Attributes:
        entity: What it holds, as Presidio names entities.
        confidence: From 0 to 1.
        share: Of the values that were looked at, those that are one; None where only the name tells.
        reason: Which rules say so, for a person; never a value.
        method: What is proposed to be done with it; a name of `Method`.
    """

    table: str
    column: str
    entity: str
    confidence: float
    share: float | None
    reason: str
    method: str
