"""How well a column's name says a field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from include.cim.suggest.fields import FieldRef, Vocabulary, Way
from include.cim.suggest.lexicon import Meaning
from include.cim.suggest.words import Word, quantities_of

_CHANGES: Final = frozenset(
    {
        *("forecast", "deviation", "limit", "maximum", "minimum", "setpoint", "monthly", "yesterday", "dew_point"),
        *("wet_bulb", "sea_level", "gust", "snow", "apparent_temperature", "sun_position", "tank_extra", "duration"),
        *("time_zone", "memory", "residual_load", "pm10", "requested", "rated", "cost", "quality", "status", "type"),
        *("unit", "reactive", "apparent", "cpu", "phase_to_phase", "departure_expected", "comment", "read_at"),
        *("component", "height_above", "uv_index", "evapotranspiration", "count", "remaining", "cell"),
        *("balancing_reserve", "qualified"),
    }
)
"""Words that make something else of what they stand beside: a maximum temperature is no temperature."""
_SMALL: Final = {
    "noise": 0.0,
    "now": 0.1,
    "value": 0.25,
    "total": 0.35,
    "id": 0.4,
    "name": 0.5,
    "country": 0.5,
    "quantity": 0.4,
    "volume": 0.5,
    "time": 0.6,
    "today": 0.4,
    "tariff_n": 0.5,
    "money": 0.1,
}
_CHANGING: Final = 1.6
"""What a word weighs that makes something else of a field; `today` does of a total."""
_UNKNOWN: Final = 0.35
_NUMBER: Final = 0.05
_SERIES: Final = 0.05
_OUTER: Final = 0.5
_INNER: Final = 1.5
"""What the words of a path's earlier parts, and of its last one, weigh."""
_VAGUE: Final = 0.6
_VAGUE_BUT_ABOUT: Final = 0.85


@dataclass(frozen=True, slots=True)
class Named:
    """A field that a name says.

    Attributes:
        score: From 0 to 1.
        words: The words that say it.
        about: Whether the name has one of the concept's own words.
        changed: Whether a word is left over that makes something else of what it stands beside.
        vague: Whether its words say little by themselves.
    """

    score: float
    words: tuple[Word, ...]
    about: bool
    changed: bool = False
    vague: bool = False


def match_name(words: Sequence[Word], dimension: str | None, vocabulary: Vocabulary) -> Mapping[FieldRef, Named]:
    """Find the fields that a name says, each with its best way."""
    implied = quantities_of(dimension)
    there = {meaning for word in words for each in word.meanings for meaning in each} | implied
    found: dict[FieldRef, Named] = {}
    for key in sorted(there):  # in an order that no run changes
        for way in vocabulary.ways.get(key, ()):
            if not way.words <= there:
                continue
            named = _match(words, implied, way, vocabulary)
            if named is not None and (way.ref not in found or named.score > found[way.ref].score):
                found[way.ref] = named
    return found


def _match(words: Sequence[Word], implied: Meaning, way: Way, vocabulary: Vocabulary) -> Named | None:
    about = vocabulary.about[way.ref.concept]
    free, missing = about.words, set(way.words)
    said, extra, about_it, changed = 0.0, 0.0, False, False
    used: list[Word] = []
    in_series = False
    total = "total" in way.ref.field or "cumulative" in way.ref.field
    inner = _INNER if words[0].outer else 1.0
    for word in words:
        place = _OUTER if word.outer else inner
        hit, rest = _read(word, way.words, free)
        if hit:
            used.append(word)
            missing -= hit
        said += sum(_weight(each) for each in hit) * place
        in_series = in_series or any(meaning & about.series for meaning in word.meanings)
        about_it = about_it or any(meaning & free for meaning in word.meanings)
        for each in rest - free - implied:
            weight = _CHANGING if total and each == "today" else _weight(each) * place
            extra += _SERIES if each in about.series else weight
            changed = changed or each in _CHANGES
        if not word.known:
            extra += _NUMBER if word.is_number else _UNKNOWN * place
    if missing - implied or not (used or in_series or way.words <= implied):
        return None
    said = max(said, 0.5) + (0.5 if implied & missing else 0.0)
    score = said / (said + extra)
    if way.vague:
        score *= _VAGUE_BUT_ABOUT if about_it else _VAGUE
    return Named(score, tuple(used), about_it, changed, way.vague)


def _read(word: Word, wanted: Meaning, free: Meaning) -> tuple[Meaning, Meaning]:
    """Choose what a word means here: what it says of the wanted, and what it says beside it."""
    best: tuple[float, Meaning, Meaning] | None = None
    for meaning in word.meanings:
        hit, rest = meaning & wanted, meaning - wanted
        worth = sum(map(_weight, hit)) - sum(_weight(each) for each in rest - free)
        if best is None or worth > best[0]:
            best = (worth, hit, rest)
    return (best[1], best[2]) if best else (frozenset(), frozenset())


def _weight(word: str) -> float:
    return _CHANGING if word in _CHANGES else _SMALL.get(word, 1.0)


def shape_of(words: Iterable[Word], series: Meaning) -> frozenset[str]:
    """Give what columns of one field have in common: their words but those that tell them apart."""
    shape: set[str] = set()
    for word in words:
        if word.is_number or any(meaning & series for meaning in word.meanings):
            continue
        shape.add(" ".join(sorted(min(word.meanings, key=sorted))) if word.meanings else word.text)
    return frozenset(shape)
