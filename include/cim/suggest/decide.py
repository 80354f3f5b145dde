"""Decides over a whole file: what its rows are, and which column fills which field."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from include.cim.concept import FieldType
from include.cim.suggest.column import Column
from include.cim.suggest.fields import FieldRef, Vocabulary
from include.cim.suggest.lexicon import Meaning
from include.cim.suggest.match import Named, shape_of
from include.cim.suggest.precedent import Precedent
from include.cim.suggest.reading import SHARP, Option, Reading, add_periods, add_precedents, part_dates, read_column
from include.cim.suggest.words import Word, in_one_language, read_name, without_shared
from include.cim.units import dimension_of

_NONE: Final = 0.45
_RARELY: Final = 0.3
"""A match as good as the first is as likely none, where so much of a file is of no concept."""
_ROUNDS: Final = 12
_AGREES: Final = 0.26
"""What it adds to a match that the file's other columns speak for the concept, per power of e."""
_PRIOR: Final = 0.6
"""So many columns' worth is what is known of a file without its columns."""
_HINTED: Final = 8.0
_HINTING: Final = 3
"""So many columns at most count that have a word which speaks for a concept."""
_CLEAR: Final = 0.6
_MARK: Final = 1.5
"""So many columns' worth is one that hardly stands in files of other concepts."""
_TIMELESS: Final = 0.4
"""How likely a file without a time is of a concept that has one."""
_AMOUNTS: Final = frozenset({"power", "energy"})
_OVER_TIME: Final = frozenset({"today", "yesterday", "monthly", "total", "cumulative"})
"""Words of what is counted over time, and no power."""
_UNLIKE: Final = 0.1
"""What it takes from the match of an energy that others in the file are of power alone, or the other way round."""
_TIMES: Final = frozenset({"timestamp", "date", "time"})
_TOLD: Final = 0.6
"""So much of a file at least is of the concept that its owner says: the rest may still lend it columns."""
_DOUBTFUL: Final = 0.5
"""Below this lead it should be asked what the rows are: the concept that leads is right of 69 % of such files, and of
96 % of the others."""
_RIVALS: Final = 3
"""So many concepts may be chosen from: one of them is the right one of 95 % of all files."""
_LACKING: Final = 0.2
_MUCH: Final = 0.35
_LENDS: Final = frozenset(
    {
        *("weather_observation", "electrical_measurement", "battery_status", "pv_generation", "site_energy"),
        *("market_price", "meter_reading", "indoor_climate", "heat_pump_operation", "grid_observation"),
    }
)
"""Concepts whose quantities also stand in files of others."""
_OF_A_CONNECTION: Final = frozenset({"meter_reading", "site_energy", "electrical_measurement"})
"""Concepts in whose files the connection itself is told of."""
_ANY_TIME: Final = frozenset({"time", "start", "end", "date_part", "period_number", "hour_ending"})
_Spoken = tuple[FieldRef, str]
"""A field that speaks for its concept, and the kind of a series that it does so for."""


@dataclass(frozen=True)
class Decision:
    """What was decided of a file.

    Attributes:
        shares: How much of the file is of each concept; together 1.
        readings: By the columns' names.
        taken: Column → the field that it fills; those of several columns are a wide table's.
    """

    shares: Mapping[str, float]
    readings: tuple[Reading, ...]
    taken: Mapping[str, FieldRef]

    @cached_property
    def ranked(self) -> tuple[str, ...]:
        """All concepts, the one that most of the file is of first."""
        return tuple(sorted(self.shares, key=lambda concept: (-self.shares[concept], concept)))

    @property
    def main(self) -> str:
        """The concept that most of the file is of."""
        return self.ranked[0]

    @property
    def lead(self) -> float:
        """How much more of the file is of that than of the next."""
        first, second = self.ranked[:2]
        return self.shares[first] - self.shares[second]

    @property
    def rivals(self) -> tuple[str, ...]:
        """The concepts that the rows may be of, the likeliest first, where that should be asked; else none."""
        return self.ranked[:_RIVALS] if self.lead < _DOUBTFUL else ()

    @cached_property
    def filled(self) -> Mapping[str, int]:
        """How many columns fill fields of each concept."""
        return Counter(ref.concept for ref in self.taken.values())

    def may_lend(self, ref: FieldRef, vocabulary: Vocabulary) -> bool:
        """Say whether a column of this file may be of that concept: of another one only what is measured."""
        if ref.concept == self.main or self.shares[ref.concept] > _MUCH:
            return True
        measured = vocabulary.fields[ref].type is FieldType.FLOAT
        connected = ref.concept == "usage_point" and self.main in _OF_A_CONNECTION
        return connected or (measured and ref.concept in _LENDS)


def decide(
    columns: Iterable[Column],
    hints: str,
    vocabulary: Vocabulary,
    precedents: Mapping[str, Sequence[Precedent]],
    concept: str | None = None,
) -> Decision:
    """Weigh every column against every field, and all of them together.

    Args:
        hints: What else speaks of the file: its name, its preamble.
        precedents: What such columns filled before, by name.
        concept: What its owner says that its rows are.
    """
    # in the order of the names: how a file lays its columns out changes nothing, not even a sum's last digit
    seen: dict[Hashable, Mapping[FieldRef, Named]] = {}
    ordered = sorted(columns, key=lambda each: each.name)
    read = [read_name(column.name) for column in ordered]
    # what holds times is read in any language: `data` beside `temperature`
    names = [
        whole if column.kind in _TIMES else spoken
        for column, whole, spoken in zip(ordered, read, in_one_language(without_shared(read)), strict=True)
    ]
    readings = [read_column(column, words, vocabulary, seen) for column, words in zip(ordered, names, strict=True)]
    numbered = part_dates(add_periods(readings, vocabulary), vocabulary)
    readings = [add_precedents(each, precedents.get(each.column.name, ()), vocabulary) for each in numbered]
    told = frozenset(meaning for word in read_name(hints) for each in word.meanings for meaning in each)
    shares = _share(readings, _expect(told, names, vocabulary), _lacking(readings, told, vocabulary), vocabulary)
    if concept is not None:
        shares = {each: (1 - _TOLD) * share + _TOLD * (each == concept) for each, share in shares.items()}
    agrees = {each: _AGREES * math.log(share) for each, share in shares.items()}
    unlike = _find_unlike(readings, vocabulary)
    placed = tuple(_place(reading, agrees, unlike) for reading in readings)
    return Decision(shares, placed, _assign(placed, vocabulary))


def _expect(told: Meaning, names: Sequence[tuple[Word, ...]], vocabulary: Vocabulary) -> Mapping[str, float]:
    """Say what is likely before any field is: the usual, and what the words of the file and of its columns say."""
    weights = {}
    for concept, about in vocabulary.about.items():
        hinting = sum(any(_can_only(word, about.hints) for word in words) for words in names)
        hinted = _HINTED * len((about.words | about.hints) & told)
        weights[concept] = about.usual * (1 + hinted) * (1 + min(hinting, _HINTING))
    total = sum(weights.values())
    return {concept: weight / total for concept, weight in weights.items()}


def _can_only(word: Word, wanted: Meaning) -> bool:
    return all(meaning & wanted for meaning in word.meanings)


def _lacking(readings: Sequence[Reading], told: Meaning, vocabulary: Vocabulary) -> Mapping[str, float]:
    """Say of which concepts a file hardly is, for it has none of the fields that it would have."""
    clear = [
        option
        for reading in readings
        for option in reading.options
        if option.match > _CLEAR or option.numbered or option.precedent
    ]
    there = {option.ref for option in clear}
    own = {option.ref.concept for option in clear if option.named.about}
    timed = any(each.column.tells_time or each.column.kind in _TIMES for each in readings)
    series = {
        ref.concept for ref, field in vocabulary.fields.items() if field.type is FieldType.TIMESTAMP and field.required
    }
    lacking = {}
    for concept, about in vocabulary.about.items():
        needs = about.needs and concept not in own and not any(FieldRef(concept, name) in there for name in about.needs)
        lacking[concept] = _LACKING if needs and not (about.words | about.hints) & told else 1.0
        if concept in series and not timed:
            lacking[concept] *= _TIMELESS
    return lacking


def _share(
    readings: Sequence[Reading], prior: Mapping[str, float], lacking: Mapping[str, float], vocabulary: Vocabulary
) -> Mapping[str, float]:
    """Find how much of a file each concept is: a mixture that explains its columns best.

    A field counts once for a concept, however many columns look like it.
    """
    best: dict[tuple[tuple[float, _Spoken], ...], dict[str, tuple[float, _Spoken]]] = {}
    for reading in readings:
        if reading.nowhere:
            continue
        mine: dict[str, tuple[float, _Spoken]] = {}
        for option in reading.options:
            if not _speaks(option, vocabulary):
                continue
            likely = math.exp(SHARP * min(option.match, 1.1)) * lacking[option.ref.concept]
            if likely > mine.get(option.ref.concept, (0.0,))[0]:
                mine[option.ref.concept] = (likely, (option.ref, _kind(option, vocabulary)))
        best[tuple(mine.values())] = mine  # columns that look the same count once
    shares = dict(prior)
    nothing = _RARELY * math.exp(SHARP * _NONE)
    for _ in range(_ROUNDS):
        fields: dict[_Spoken, float] = {}
        for mine in best.values():
            whole = nothing + sum(shares[concept] * likely for concept, (likely, _) in mine.items())
            for concept, (likely, spoken) in mine.items():
                fields[spoken] = max(fields.get(spoken, 0.0), shares[concept] * likely / whole)
        sums = {concept: _PRIOR * share for concept, share in prior.items()}
        for (ref, _), share in fields.items():
            sums[ref.concept] += share * (_MARK if ref.field in vocabulary.about[ref.concept].marks else 1.0)
        total = sum(sums.values())
        shares = {concept: share / total for concept, share in sums.items()}
    return shares


def _kind(option: Option, vocabulary: Vocabulary) -> str:
    kinds = vocabulary.about[option.ref.concept].kinds
    said = {each for word in option.named.words for meaning in word.meanings for each in meaning & kinds}
    return min(said, default="")


def _speaks(option: Option, vocabulary: Vocabulary) -> bool:
    """Say whether a column that may fill this field tells what the file is: a time alone does not."""
    if option.numbered or option.ref.field in vocabulary.about[option.ref.concept].silent:
        return False
    before = option.precedent
    if before is not None and (before.of_file or vocabulary.fields[option.ref].type is not FieldType.TIMESTAMP):
        return True
    return not all(any(meaning <= _ANY_TIME for meaning in word.meanings) for word in option.named.words)


def _place(reading: Reading, agrees: Mapping[str, float], unlike: frozenset[FieldRef]) -> Reading:
    tells = (_AMOUNTS | _OVER_TIME) & {dimension_of(reading.column.unit), *_said(reading.words)}
    options = [
        each._replace(
            score=each.match + agrees[each.ref.concept] - (_UNLIKE if not tells and each.ref in unlike else 0.0)
        )
        for each in reading.options
    ]
    options.sort(key=lambda each: (-each.score, each.ref))
    return replace(reading, options=tuple(options))


def _find_unlike(readings: Sequence[Reading], vocabulary: Vocabulary) -> frozenset[FieldRef]:
    """Name the fields of energy where a file tells of power alone, and the other way round."""
    counts = Counter(
        each for reading in readings for each in {dimension_of(reading.column.unit), *_said(reading.words)}
    )
    more, less = sorted(_AMOUNTS, key=lambda each: (-counts[each], each))
    if not counts[more] or counts[less]:
        return frozenset()
    return frozenset(ref for ref, field in vocabulary.fields.items() if dimension_of(field.unit) == less)


def _said(words: Sequence[Word]) -> Iterator[str]:
    for word in words:
        if word.meanings:
            yield from frozenset.intersection(*word.meanings)


def _assign(readings: Sequence[Reading], vocabulary: Vocabulary) -> Mapping[str, FieldRef]:
    """Give each field to the column that fits it best; to several where only a wide table's word tells them apart."""
    pairs = [
        (-option.score, reading.column.name, at, option)
        for reading in readings
        if not reading.nowhere
        for at, option in enumerate(reading.options)
    ]
    pairs.sort(key=lambda pair: (pair[0], pair[3].ref, pair[1]))
    by_name = {reading.column.name: reading for reading in readings}
    taken: dict[str, FieldRef] = {}
    holders: dict[FieldRef, list[Reading]] = {}
    for _, name, at, option in pairs:
        if name in taken or (at > 0 and _is_far(by_name[name], option)):
            continue
        there = holders.get(option.ref, [])
        together = option.precedent is not None and option.precedent.together
        if not there or together or _stands_beside(by_name[name], there[0], option.ref, vocabulary):
            taken[name] = option.ref
            holders.setdefault(option.ref, []).append(by_name[name])
    return taken


def _is_far(reading: Reading, option: Option) -> bool:
    return reading.options[0].score - option.score > 0.15


def _stands_beside(reading: Reading, first: Reading, ref: FieldRef, vocabulary: Vocabulary) -> bool:
    """Say whether a column is of the same field as another: of a wide table, or another part of one time."""
    kinds = {reading.column.kind, first.column.kind}
    if vocabulary.fields[ref].type is FieldType.TIMESTAMP:
        return kinds <= {"date", "time", "integer"} and kinds not in ({"date"}, {"time"})
    series = vocabulary.about[ref.concept].series
    if "any" in series:
        return vocabulary.fields[ref].type is FieldType.FLOAT
    return (
        bool(series)
        and reading.column.unit == first.column.unit
        and shape_of(reading.words, series) == shape_of(first.words, series)
    )
