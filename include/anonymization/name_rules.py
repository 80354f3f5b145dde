"""What a column's name says of persons, and which values can be what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from include.anonymization.recognisers.catalogue import KINDS, NATIONAL
from include.anonymization.recognisers.contact import NAMED_PHONE, NAMED_POSTAL_CODE
from include.anonymization.recognisers.value_kind import only_digits


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says.

    Attributes:
        entities: What the column may be, the likeliest first.
        weak: Whether such a name may say much else too: then it counts only where all its words are known.
    """

    entities: tuple[str, ...]
    weak: bool = False


def read_meanings(meanings: frozenset[str]) -> Named:  # noqa: PLR0911 - a table of cases
    """Put the meanings of a name's words together.

    Example:
        >>> read_meanings(frozenset({"person", "id"})).entities
        ('CUSTOMER_ID',)
        >>> read_meanings(frozenset({"public", "name"})).entities
        ()
    """
    if meanings & {"thing", "public"}:
        return Named(())
    told = sorted((each for each in meanings if each.isupper()), key=_generic)
    if told and not (told == ["POSTAL_CODE"] and "id" in meanings):  # `CP` is a charging point's too
        return Named(tuple(told))
    if "person" in meanings:
        if meanings & {"id", "serial"}:
            return Named(("CUSTOMER_ID",))
        if "address" in meanings:
            return Named(("ADDRESS",))
        return Named(("PERSON",)) if "name" in meanings else Named(("PERSON", "CUSTOMER_ID"), weak=True)
    if "device" in meanings and meanings & {"id", "serial"}:
        return Named(("DEVICE_ID",), weak=True)
    for meaning, entity in (("address", "ADDRESS"), ("name", "PERSON"), ("serial", "DEVICE_ID"), ("note", "FREE_TEXT")):
        if meaning in meanings:
            return Named((entity,), weak=True)
    return Named(())


def _generic(entity: str) -> tuple[bool, str]:
    return entity in {"PERSON", "ADDRESS", "CUSTOMER_ID", "DEVICE_ID", "COORDINATES"}, entity


_NAME: Final = re.compile(r"[^\W\d_][^\W\d_.'’-]*[.]?(?:[ ,.'’-]{1,2}[^\W\d_]+[.]?){0,5}")
_DATE: Final = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|(?:19|20)\d{2}")
_DEGREES: Final = re.compile(r"[-+]?\d{1,3}[.,]\d{2,}(?:[ ,;]+[-+]?\d{1,3}[.,]\d{2,})?°?[NSEW]?")
_PLATE: Final = re.compile(r"(?=.*\d)[A-ZΑ-Ω\d][A-ZÄÖÜΑ-Ω\d -]{3,10}", re.IGNORECASE)
_IDENTIFIER: Final = re.compile(r"[\w./:+@ -]{1,64}")
_ADDRESS: Final = re.compile(r".*[^\W\d_]{3}.*|\d{1,4} ?[a-z]?(?:[-/ ].{1,6})?", re.IGNORECASE)

_PLAUSIBLE: Final[Mapping[str, Callable[[str], bool]]] = {
    "PERSON": lambda text: _NAME.fullmatch(text) is not None and len(text) > 1,
    "ADDRESS": lambda text: _ADDRESS.fullmatch(text) is not None,
    "PHONE_NUMBER": lambda text: NAMED_PHONE.fullmatch(text) is not None and 6 <= len(only_digits(text)) <= 15,
    "POSTAL_CODE": lambda text: NAMED_POSTAL_CODE.fullmatch(text) is not None and any(map(str.isdigit, text)),
    "BIRTH_DATE": lambda text: _DATE.fullmatch(text) is not None,
    "COORDINATES": lambda text: _DEGREES.fullmatch(text) is not None,
    "LICENSE_PLATE": lambda text: _PLATE.fullmatch(text) is not None,
    **dict.fromkeys(
        ("CUSTOMER_ID", "DEVICE_ID", "METERING_POINT", "PLACE_ID", "SESSION_ID"),
        lambda text: _IDENTIFIER.fullmatch(text) is not None,
    ),
    "FREE_TEXT": lambda text: text.count(" ") >= 2,
}
"""What the values of a column can be whose name says so: wide, for the name has already told."""

_MEASURED: Final = frozenset({"decimal", "timestamp", "date", "time", "boolean"})
_MEASURES: Final[Mapping[str, frozenset[str]]] = {
    "COORDINATES": frozenset({"decimal", "text"}),
    "BIRTH_DATE": frozenset({"date", "timestamp", "text", "integer"}),
}
_FITS: Final = 0.6


def can_be(entity: str, kind: str, values: Sequence[str]) -> bool:
    """Say whether a column's values can be what its name says; a column without values can."""
    if kind in _MEASURED and kind not in _MEASURES.get(entity, ()):
        return False
    if entity in _MEASURES and kind not in _MEASURES[entity] and kind != "empty":
        return False
    if not values:
        return True
    plausible = _PLAUSIBLE.get(entity)
    if plausible is None:
        shapes = [each for each in KINDS if each.entity == entity]
        loose = entity in NATIONAL  # a spreadsheet takes their zeros, people add blanks
        return _share(values, lambda text: any(each.fits(text) for each in shapes) or (loose and _has_digits(text)))
    return _share(values, plausible)


def are_of_words(values: Sequence[str]) -> bool:
    """Say whether values are of two words and more, as first and last names are, and a street with its number."""
    return bool(values) and _share(values, lambda text: " " in text.strip() or "," in text)


def are_told(named: Named, entity: str, values: Sequence[str]) -> bool:
    """Say whether a weak name is enough for values that can be its entity's."""
    if not named.weak or not values:
        return True
    if entity == "ADDRESS":
        return are_of_words(values)
    return entity != "CUSTOMER_ID" or _share(values, lambda text: any(map(str.isdigit, text)))


def _share(values: Sequence[str], test: Callable[[str], bool]) -> bool:
    return sum(map(test, values)) >= _FITS * len(values)


def _has_digits(text: str) -> bool:
    return len(text) <= 20 and len(only_digits(text)) >= 6
