"""What a suggestion is made of, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["integer", "decimal", "boolean", "timestamp", "date", "time", "text", "empty"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file, as far as it is known.

    Attributes:
        unit: As `units.yaml` spells it; None where the file tells none.
        unit_column: The column that tells each row's unit, where rows differ in it; `unit` is one of them.
        minimum, maximum: Of numbers; None where they are not known.
        distinct: How many different values; None where nobody counted.
        examples: A few cells.
        tells_time: Whether it is (a part of) the time of the rows.
        bracketed: Whether numbers in brackets are negative ones.
    """

    name: str
    kind: Kind
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    distinct: int | None = None
    examples: tuple[str, ...] = ()
    tells_time: bool = False
    bracketed: bool = False
    unit_column: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers."""
        return self.kind in ("integer", "decimal")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A field that a column may fill.

    Attributes:
        unit: The source's: what the file tells, else what the values look like, else None.
        confidence: From 0 to 1: how often such a suggestion is right.
        reason: For a person.
    """

    concept: str
    field: str
    unit: str | None
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What is suggested for a file.

    Attributes:
        concept: What its rows are; None where nothing tells.
        columns: By name: the candidates, the likeliest first. The first counts only from `SURE` on.
        format: The known format that the file is in; None where it is in none.
        rivals: The concepts that its rows may be of, the likeliest first, where that should be asked; else none.
    """

    concept: str | None
    columns: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    format: str | None = None
    rivals: tuple[str, ...] = ()
