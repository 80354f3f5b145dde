"""Which fields a column may fill by itself, and what its neighbours, or other mappings, add to that."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from include.cim.concept import Field, FieldType
from include.cim.suggest.column import Column
from include.cim.suggest.evidence import Fit, find_fit
from include.cim.suggest.fields import FieldRef, Vocabulary
from include.cim.suggest.match import Named, match_name
from include.cim.suggest.precedent import Precedent
from include.cim.suggest.shapes import fields_of_cells
from include.cim.suggest.words import Word, part_unit
from include.cim.units import dimension_of

SHARP: Final = 9.0
"""How much more likely a better match is: e to the power of this, from no match to a whole one."""
_TIME_WITHOUT_NAME: Final = 0.5
_LOOKS_LIKE: Final = 0.6
"""The match of a time that has no name, and of texts that only look like a field's, whatever their column is called."""
_OTHER_TIMES: Final = frozenset({"created", "modified", "read_at", "published", "last_seen", "valid_to"})
"""Names of times that are rarely those of the rows."""
_BEFORE: Final = 1.3
"""The match of a name that every collection here maps to the field: none by words is better."""
_OF_FILE: Final = 2.0
"""What it adds to a match that the file as a whole is known: nothing that the rest of it speaks for is better."""

_PERIOD: Final = re.compile(
    r"^\d{1,2}$|^\d{1,2}[:.h]\d{2}(\s*(-|to|–)\s*\d{1,2}[:.h]\d{2})?$"
    r"|(^|[^a-z])(h|hh|he|hour|hora|hr|q|qh|p|period|interval|int|heure|uur|std|slot|isp|ptu|mtu|sp)[ _]?\d{1,4}$",
    re.IGNORECASE,
)
"""A name that only numbers one of the day's periods."""
_PERIOD_MATCH: Final = 0.6
_WIDE: Final = 3
_PART: Final = 1.2
"""The match of a part of a time where others are: `HR` beside `YEAR`, `MO` and `DY` is no humidity."""


class Option(NamedTuple):
    """A field that a column may fill.

    Attributes:
        match: From about 0 to 1: how well name, type, unit and values fit.
        score: The same, in the light of what the file is.
        numbered: Whether the name only numbers one of the day's periods.
        precedent: That such a column filled the field before.
    """

    ref: FieldRef
    match: float
    named: Named
    fit: Fit
    score: float = 0.0
    numbered: bool = False
    precedent: Precedent | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A column, its words, and the fields that it may fill, the likeliest first.

    Attributes:
        nowhere: What says that it fills none of them.
    """

    column: Column
    words: tuple[Word, ...]
    options: tuple[Option, ...]
    nowhere: Precedent | None = None


def read_column(
    column: Column, words: tuple[Word, ...], vocabulary: Vocabulary, seen: dict[Hashable, Mapping[FieldRef, Named]]
) -> Reading:
    """Find the fields that a column may fill, by itself.

    Args:
        seen: What names say that differ in their numbers only.
    """
    words, unit = part_unit(words, column.unit)
    column = replace(column, unit=unit) if unit != column.unit else column
    dimension = dimension_of(column.unit)
    key = (dimension, *("0" if word.is_number else (word.text, word.outer, word.known) for word in words))
    if key not in seen:
        seen[key] = match_name(words, dimension, vocabulary)
    named = dict(seen[key])
    other_time = any(meaning & _OTHER_TIMES for word in words for meaning in word.meanings)
    if column.tells_time or column.kind == "timestamp":
        for ref, each in vocabulary.fields.items():
            if each.type is FieldType.TIMESTAMP and each.required and ref not in named:
                named[ref] = Named(_TIME_WITHOUT_NAME, (), about=False, changed=other_time)
    for ref in fields_of_cells(column, vocabulary):
        if ref not in named or named[ref].score < _LOOKS_LIKE:
            named[ref] = Named(_LOOKS_LIKE, (), about=False)
    options = []
    for ref, name in sorted(named.items()):
        fit = find_fit(column, vocabulary.fields[ref])
        if fit is not None:
            options.append(Option(ref, name.score + fit.worth, name, fit))
    return Reading(column, words, tuple(options))


def add_periods(readings: Sequence[Reading], vocabulary: Vocabulary) -> Sequence[Reading]:
    """Let columns whose names only number the day's periods fill the concepts' main fields."""
    numbered = [each.column.name for each in readings if _PERIOD.search(each.column.name) and each.column.is_number]
    if len(numbered) < _WIDE:
        return readings
    more = []
    for reading in readings:
        options = list(reading.options)
        if reading.column.name in numbered:
            for concept, about in vocabulary.about.items():
                for name in about.main:
                    ref = FieldRef(concept, name)
                    fit = find_fit(reading.column, vocabulary.fields[ref])
                    if fit is not None:
                        options.append(
                            Option(
                                ref,
                                _PERIOD_MATCH + fit.worth,
                                Named(_PERIOD_MATCH, (), about=False),
                                fit,
                                numbered=True,
                            )
                        )
        more.append(replace(reading, options=tuple(options)))
    return more


def part_dates(readings: Sequence[Reading], vocabulary: Vocabulary) -> Sequence[Reading]:
    """Let `hr` and `min` be parts of a time where other columns are: year, month, day."""
    parts = {
        each.column.name
        for each in readings
        if _is_whole(each.column) and len(each.words) == 1 and {"date_part"} in each.words[0].meanings
    }
    if len(parts) < _WIDE:
        return readings
    return [
        replace(each, options=tuple(_as_part(option, vocabulary) for option in each.options))
        if each.column.name in parts
        else each
        for each in readings
    ]


def _is_whole(column: Column) -> bool:
    """Say whether cells are whole numbers, with a zero before them (`01`) or without."""
    return column.kind == "integer" or (
        column.kind == "text" and bool(column.examples) and all(map(str.isdigit, column.examples))
    )


def _as_part(option: Option, vocabulary: Vocabulary) -> Option:
    field = vocabulary.fields[option.ref]
    return option._replace(match=_PART) if field.type is FieldType.TIMESTAMP and field.required else option


def add_precedents(reading: Reading, precedents: Sequence[Precedent], vocabulary: Vocabulary) -> Reading:
    """Let a column fill what such ones filled before, where its type, unit and values can."""
    options = {option.ref: option for option in reading.options}
    nowhere = None
    for precedent in precedents:
        if precedent.ref is None:
            nowhere = precedent
        elif precedent.ref in vocabulary.fields:
            fit = _fit_as_before(reading.column, precedent, vocabulary.fields[precedent.ref])
            if fit is not None:
                known = Option(precedent.ref, 0.0, Named(0.0, (), about=False), fit)
                option = options.get(precedent.ref, known)
                rarer = math.log(precedent.share) / SHARP
                match = option.match + _OF_FILE + rarer if precedent.of_file else max(option.match, _BEFORE + rarer)
                options[precedent.ref] = option._replace(match=match, fit=fit, precedent=precedent)
    return replace(reading, options=tuple(options[ref] for ref in sorted(options)), nowhere=nowhere)


def _fit_as_before(column: Column, before: Precedent, field: Field) -> Fit | None:
    """Weigh a column whose unit was known as well, or was not: then its values tell none (they may be tenths).

    A unit that the file tells counts, if it measures the same.
    """
    if not before.of_file:
        return find_fit(column, field)
    if column.unit is not None:
        other = before.unit is not None and dimension_of(column.unit) != dimension_of(before.unit)
        return None if other else find_fit(column, field)
    fit = find_fit(replace(column, unit=before.unit), field)
    return fit and fit._replace(unit=fit.unit if before.unit else None, told=False, likely=False)
