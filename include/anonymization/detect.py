"""Finds columns of personal data: by what the CIM says of the field, by their name, then by their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from include.anonymization.finding import Finding
from include.anonymization.name_rules import Named, are_of_words, are_told, can_be, read_meanings
from include.anonymization.recognisers.catalogue import KINDS, METERING, NATIONAL, TITLES, propose_method
from include.anonymization.recognisers.embedded import share_with_personal
from include.anonymization.recognisers.names import share_of_names
from include.anonymization.recognisers.public import is_public_code
from include.anonymization.recognisers.value_kind import Telling, ValueKind

LOOK_AT: Final = 200
"""So many different values of a column are looked at."""

_CHARACTERS: Final = 500
"""So much of a long text is looked at."""

REPORTED: Final = 0.5
"""Below this confidence nothing is said."""

_ALONE: Final = 0.6
"""This share of the values has to be right where one value tells; where several tell together, `_TOGETHER` of them."""
_TOGETHER: Final = 0.8
_BY_CHANCE: Final = 1e-4
_NAMES: Final = 0.5
_IN_TEXT: Final = 0.02

_BY_FIELD: Final = 0.9

_AROUND: Final = frozenset({"COORDINATES", "POSTAL_CODE", "ADDRESS", "DEVICE_ID", "PLACE_ID", "METERING_POINT"})
"""What may be a public place's or thing's: the rest of the table decides."""
_PEOPLE: Final = frozenset(
    {"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "BIRTH_DATE", "IBAN_CODE", "CUSTOMER_ID", "EMAID", *NATIONAL, *METERING}
)

_FIELDS: Final = {
    "usage_point_id": "METERING_POINT", "party_id": "CUSTOMER_ID", "user_id": "CUSTOMER_ID", "client_id": "CUSTOMER_ID",
    "name": "PERSON", "email": "EMAIL_ADDRESS", "phone": "PHONE_NUMBER", "iban": "IBAN_CODE", "address": "ADDRESS",
    "national_id": "NATIONAL_ID", "site_id": "PLACE_ID", "zone_id": "PLACE_ID", "vehicle_id": "VIN",
    "session_id": "SESSION_ID",
}  # fmt: skip
"""What the fields of the CIM are that name a person; another is a device's number."""


@dataclass(frozen=True, slots=True)
class SeenField:
    """A field of the CIM that a column may fill.

    Attributes:
        personal: How near it comes to a person, as `Personal` has it.
        sure: From 0 to 1, that the column fills it.
    """

    concept: str
    name: str
    personal: str
    sure: float


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """A column of a sample.

    Attributes:
        meanings: Of the words of its name, by `words/personal.yaml`.
        kind: What its cells are, as `ColumnType` has it.
        values: A few different ones.
        understood: Whether every word of its name has a meaning there.
        measured: Whether it has a unit: a quantity is nobody's name.
    """

    name: str
    meanings: frozenset[str]
    kind: str
    values: tuple[str, ...]
    field: SeenField | None = None
    understood: bool = True
    measured: bool = False


@dataclass(frozen=True, slots=True)
class _Judged:
    """A finding, and whether it counts only where the table is about people, or has another column of names."""

    finding: Finding
    around: bool = False
    beside_names: bool = False


def find_personal(table: str, columns: Sequence[SeenColumn], about: frozenset[str] = frozenset()) -> list[Finding]:
    """Say which columns of a table hold personal data, at most one entity each.

    Args:
        about: Meanings of the words of the file's and the table's name.
    """
    judged = [each for column in columns if (each := _judge(table, column)) is not None]
    meanings = about.union(*(column.meanings for column in columns))
    sure = {each.finding.entity for each in judged if not (each.around or each.beside_names)}
    people = "person" in meanings or bool(sure & _PEOPLE)
    judged = [each for each in judged if not each.beside_names or "PERSON" in sure]
    if not people:
        judged = [each for each in judged if not each.around or _is_likely(each.finding, meanings)]
    return [each.finding for each in judged if each.finding.confidence >= REPORTED]


def _is_likely(finding: Finding, meanings: frozenset[str]) -> bool:
    """Say whether a table that names nobody, and no public place, may hold a home's."""
    return "public" not in meanings and finding.entity in _AROUND


def _judge(table: str, column: SeenColumn) -> _Judged | None:
    named = read_meanings(column.meanings)
    values = [text[:_CHARACTERS] for text in column.values[:LOOK_AT] if any(map(str.isalnum, text))]
    judged = _by_values(table, column, named, values)
    if judged is None and is_public_code(values):
        return None
    judged = judged or _by_name(table, column, named, values) or _by_texts(table, column, named, values)
    field = column.field
    if field is None or field.personal != "direct":
        return judged
    says = f"it may fill {field.concept}.{field.name}, which names a person or their device"
    if judged is not None:
        finding = judged.finding
        sure = round(max(finding.confidence, _BY_FIELD * field.sure), 3)
        return replace(judged, finding=replace(finding, confidence=sure, reason=f"{finding.reason}; {says}"))
    entity = _FIELDS.get(field.name, "DEVICE_ID")
    if not can_be(entity, column.kind, values):
        return None
    return _judged(table, column, entity, _BY_FIELD * field.sure, None, says, around=entity in _AROUND)


def _by_values(table: str, column: SeenColumn, named: Named, values: Sequence[str]) -> _Judged | None:
    if column.kind not in {"text", "integer"} or not values:
        return None
    right = [(kind, share) for kind in KINDS if (share := _share_right(kind, named, values)) is not None]
    if right:
        kind, share = max(right, key=lambda each: (each[0].entity in named.entities, each[1], -each[0].chance))
        agrees = kind.entity in named.entities
        digits = f" with right check digits (`{kind.entity}`)" if kind.valid else f" (`{kind.entity}`)"
        reason = f"{share:.0%} of {len(values)} values look like this: {kind.title}{digits}"
        sure = 0.98 if agrees else 0.6 + 0.35 * share
        around = kind.entity in _AROUND and not agrees
        return _judged(table, column, kind.entity, sure, share, _and_name(reason, agrees), around=around)
    return None


def _by_texts(table: str, column: SeenColumn, named: Named, values: Sequence[str]) -> _Judged | None:
    if column.kind != "text" or not values:
        return None
    if not column.meanings & {"thing", "public"} and (share := share_of_names(values)) >= _NAMES:
        reason = f"{share:.0%} of {len(values)} values hold a known given name and few other words"
        return _judged(table, column, "PERSON", 0.5 + 0.3 * share, share, reason)
    if (share := share_with_personal(values)) >= _IN_TEXT:
        reason = f"{share:.0%} of {len(values)} texts hold an address, a number or a name of a person"
        return _judged(table, column, "FREE_TEXT", 0.9, share, _and_name(reason, "FREE_TEXT" in named.entities))
    return None


def _share_right(kind: ValueKind, named: Named, values: Sequence[str]) -> float | None:
    """Give the share of values that are of a kind, where that is enough to tell."""
    if kind.telling is Telling.NAMED:
        return None
    fitting = [text for text in values if kind.fits(text)]
    if len(fitting) < _ALONE * len(values):
        return None
    right = sum(map(kind.holds, fitting))
    if kind.telling is Telling.ALONE:
        enough = right >= _ALONE * len(values)
    else:
        few = kind.entity in named.entities
        enough = right >= _TOGETHER * len(fitting) and (few or kind.chance**right <= _BY_CHANCE)
    return right / len(values) if enough else None


def _by_name(table: str, column: SeenColumn, named: Named, values: Sequence[str]) -> _Judged | None:
    if column.measured or (named.weak and not column.understood):
        return None
    for entity in named.entities:
        if entity in _AROUND and column.field is not None and column.field.personal == "none":
            continue
        if can_be(entity, column.kind, values) and are_told(named, entity, values):
            reason = f"its name says {TITLES[entity]}" + (", and its values can be that" if values else "")
            unnamed = named.weak and entity == "PERSON" and "person" not in column.meanings
            judged = _judged(
                table, column, entity, 0.65 if named.weak else 0.85, None, reason, around=entity in _AROUND or unnamed
            )
            return replace(judged, beside_names=unnamed and not are_of_words(values))
    return None


def _judged(
    table: str,
    column: SeenColumn,
    entity: str,
    sure: float,
    share: float | None,
    reason: str,
    *,
    around: bool = False,
) -> _Judged:
    told = None if share is None else round(share, 3)
    return _Judged(Finding(table, column.name, entity, round(sure, 3), told, reason, propose_method(entity)), around)


def _and_name(reason: str, agrees: bool) -> str:
    return f"{reason}; its name says so too" if agrees else reason
