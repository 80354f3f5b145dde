"""A kind of value that names or leads to a person: its shape, its check digits, and how much they tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final


class Telling(Enum):
    """What it takes to know values of a kind from others that look alike."""

    ALONE = "alone"  # the shape, with its check digits, is like nothing else
    TOGETHER = "together"  # plain digits: one value may pass by chance, several do not
    NAMED = "named"  # nothing tells but what the column is called, or the words before it in a text


@dataclass(frozen=True, slots=True)
class ValueKind:
    """One kind of personal value.

    Attributes:
        entity: What it is, as Presidio names entities.
        pattern: A regular expression of the whole value, of letters in either case; no anchors.
        valid: Tells of a text of that shape whether its check digits, or its parts, are right.
        chance: How often a text of that shape passes `valid` though it is something else.
        context: Words that stand before it in a text, in small letters.
        title: For people.
        tail: What may follow where a cell holds nothing else.
    """

    entity: str
    title: str
    pattern: str
    telling: Telling
    valid: Callable[[str], bool] | None = None
    chance: float = 1.0
    context: tuple[str, ...] = ()
    tail: str = ""
    whole: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "whole", re.compile(f"(?:{self.pattern}){self.tail}", re.IGNORECASE))

    def fits(self, text: str) -> bool:
        """Say whether a text has the shape."""
        return self.whole.fullmatch(text) is not None

    def holds(self, text: str) -> bool:
        """Say whether a text has the shape, and its check digits are right."""
        return self.fits(text) and (self.valid is None or self.valid(text))


IN_TEXT: Final = r"(?<![\w.,:/+-])(?:{})(?![\w]|[-.:/]\w)"
"""Where a value begins and ends inside a text."""

DIGITS: Final = re.compile(r"\D")


def only_digits(text: str) -> str:
    """Leave out how digits are grouped.

    Example:
        >>> only_digits("85.07.30-033 28")
        '85073003328'
    """
    return DIGITS.sub("", text)
