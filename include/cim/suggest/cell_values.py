"""What cells say for the values of a field that has a list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from include.cim.concept import Field
from include.cim.suggest.lexicon import fold
from include.cim.tables import read_table

_FILE: Final = Path(__file__).parent / "values.yaml"


def find_value(field: Field, text: str) -> str | None:
    """Name the value that a text says: it is one of the value's words, or has just one value's as a part.

    Example:
        >>> from include.cim.concept import FieldType
        >>> quality = Field("quality", FieldType.ENUM, "How it came about", values=("measured", "missing"))
        >>> find_value(quality, "Gevalideerd"), find_value(quality, "Geen verbruik"), find_value(quality, "?")
        ('measured', 'missing', None)
    """
    said = _plain(text)
    words = _words_of(field.name, field.values)
    if said in words:
        return words[said]
    parts = sorted((each for each in words if len(each) > 2 and f" {each} " in f" {said} "), key=len, reverse=True)
    found = {words[each] for each in parts if len(each) == len(parts[0])}
    return found.pop() if len(found) == 1 else None


def is_value(field: Field, text: str) -> bool:
    """Say whether a text is one of a value's words, and nothing more."""
    return _plain(text) in _words_of(field.name, field.values)


def tabulate(field: Field, cells: Sequence[str]) -> Mapping[str, str]:
    """Give cell → value for the cells that say one."""
    said = {cell: find_value(field, cell) for cell in cells}
    return {cell: value for cell, value in said.items() if value is not None}


@cache
def _words_of(field: str, values: tuple[str, ...]) -> Mapping[str, str]:
    told = _told().get(field, {})
    words = {_plain(word): value for value in values for word in told.get(value, "").split(",") if word.strip()}
    return words | {_plain(value): value for value in values}


@cache
def _told() -> Mapping[str, Mapping[str, str]]:
    told: Mapping[str, Mapping[str, str]] = read_table(_FILE)
    return told


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text).replace("_", " ")))
