"""What the words of a column's name mean, in whichever language it is written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from include.cim.suggest.lexicon import (
    ABBREVIATION,
    FOLDER,
    PIECES,
    Entry,
    Languages,
    Lexicon,
    Meaning,
    explain,
    fold,
    lexicon,
)
from include.cim.units import find_unit, known_unit

_CAMEL: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-zà-ÿ])")
_LETTERS_OR_DIGITS: Final = re.compile(r"[^\W\d_]+|\d+")
_PATH: Final = re.compile(r"(?<=[^\W\d])\.(?=[^\W\d])")
_BRACKETS: Final = re.compile(r"[\[(]([^\[\]()]*)[\])]")
_FORM: Final = re.compile(r"[dmyhst]{1,4}([-/.: ]+[dmyhst]{1,4})+", re.IGNORECASE)
"""How a time is written: `dd/mm/yyyy`."""
_PER_ENERGY: Final = re.compile(r"/\s*[kMG]?Whr?\b", re.IGNORECASE)
"""What a price is of, in a currency that is not known: no energy."""
_LITTLE: Final = frozenset({"noise", "value"})
_LONGEST: Final = 5
"""So many words may be one expression."""
_SPOKEN: Final = 0.4
"""A file is in a language that has this share of the votes of the one that has most."""
_FEW: Final = 3
"""A word of more languages tells none."""
_MANY: Final = 4
_MOST: Final = 0.6
"""What so large a share of so many columns are called tells none from another."""
_CERTAIN: Final = 2.0
_SHORT: Final = 4
_SYMBOLS: Final = {"a": "current", "w": "power", "s": "apparent power", "va": "apparent power", "var": "reactive power"}
"""What a name that is a letter says, in files that spell no quantity: SunSpec's `A`, `W`, `VA`."""
_WHICH: Final = frozenset({"phase_n", "total", "noise", "ac", "phase"})
_INSIDE: Final = {
    each.casefold(): each for each in ("kW", "MW", "GW", "Wh", "kWh", "MWh", "GWh", "kVA", "kvar", "kvarh")
}
"""Units that mean the same wherever they stand in a name."""
_IMPLIED: Final = {
    "energy": "energy", "power": "power", "voltage": "voltage", "current": "current", "temperature": "temperature",
    "irradiance": "irradiance", "frequency": "frequency", "reactive_power": "power", "apparent_power": "power",
    "reactive_energy": "energy", "money": "cost", "peak_power": "peak_power", "volume": "volume",
    "volume_flow": "flow_rate", "illuminance": "illuminance", "carbon_intensity": "carbon_intensity",
    "level_of_power": "signal", "transmittance": "u_value", "activity_concentration": "radon",
}  # fmt: skip
"""The quantity that a unit tells, where the name does not."""

_IN_DEGREES: Final = frozenset({"temperature", "dew_point", "apparent_temperature", "wet_bulb"})
"""What the degrees in a name are no angle of."""
_SORTS: Final = frozenset({"reactive", "apparent"})

OBIS: Final = re.compile(r"(?:(\d)-\d{1,2}:)?(\d{1,2})\.(\d{1,2})\.\d{1,3}(?:\*\d+)?")
_OBIS_QUANTITIES: Final = {
    "1": "import active", "2": "export active", "3": "reactive import", "4": "reactive export", "5": "reactive",
    "6": "reactive", "7": "reactive", "8": "reactive", "9": "apparent", "10": "apparent export", "11": "current",
    "12": "voltage", "13": "power_factor", "14": "frequency", "15": "active", "16": "active",
} | {
    str(phase + code): f"{quantity} phase_n"
    for phase in (20, 40, 60)
    for code, quantity in {
        1: "import active", 2: "export active", 3: "reactive import", 4: "reactive export", 9: "apparent",
        11: "current", 12: "voltage", 13: "power_factor", 15: "active", 16: "active",
    }.items()
}  # fmt: skip
"""OBIS, IEC 62056-61: the third group of a code says what is measured, the fourth how; 20 more for each phase."""
_OBIS_MEDIA: Final = {"6": "heat energy cumulative", "7": "gas volume cumulative", "8": "water volume cumulative"}
"""By the first group, where that is not electricity's."""
_OBIS_WAYS: Final = {
    "4": "power", "5": "power", "6": "maximum power", "7": "power", "8": "energy cumulative", "9": "energy",
    "29": "energy",
}  # fmt: skip

_SIGNED: Final = re.compile(r"(?<!\w)(?:([+-])([APQRS])|([APQRS])([+-]))(?![\w+-])")
_OF_A_PHASE: Final = re.compile(r"([UVIPQS])_?[abc]|([uvipqs])[ABC]|([UVIPQS])_[ABC]")
"""How letters of the field have their phase: `Va`, `vA`, `V_A`, and not `VA`."""
_LETTERS: Final = {"P": "power", "Q": "reactive power", "S": "apparent power", "I": "current"}
_ZONE: Final = re.compile(
    r"\b(?:(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/\w+|(?:GMT|UTC)[+-]\d{1,2}(?::\d\d)?)"
)
_SIGNED_QUANTITIES: Final = {"A": "active", "P": "active", "Q": "reactive", "R": "reactive", "S": "apparent"}
"""How meters' load curves write what is taken and what is given: `A+`, `-P`, `R+`."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or expression of a name.

    Attributes:
        meanings: What it may mean; itself where it is not known.
        languages: In which it means each of that.
        outer: Whether it stands before the last part of a path (`battery` in `battery.power`).
    """

    text: str
    meanings: tuple[Meaning, ...]
    languages: tuple[Languages, ...] = ()
    known: bool = True
    outer: bool = False

    @property
    def is_number(self) -> bool:
        return self.text.isdigit()


@lru_cache(maxsize=20_000)
def read_name(name: str, folder: Path = FOLDER) -> tuple[Word, ...]:
    """Take a name apart into words that mean something.

    Args:
        folder: Where the words are.

    Example:
        >>> [sorted(*word.meanings) for word in read_name("Außenfühler [°C]")]
        [['outdoor'], ['sensor']]
    """
    if (found := OBIS.search(name)) and (meaning := _read_obis(*found.groups())):
        rest = name[: found.start()] + " " + name[found.end() :]
        return (Word(found[0], (meaning,), (frozenset({"OBIS"}),)), *read_name(rest, folder))
    if found := _OF_A_PHASE.fullmatch(name):
        letter = _LETTERS.get(found[found.lastindex or 0].upper(), "voltage")
        return (Word(name, (frozenset(f"{letter} phase_n".split()),), (frozenset({ABBREVIATION}),)),)
    if found := _SIGNED.search(name):
        rest = name[: found.start()] + " " + name[found.end() :]
        return (_read_signed(found), *read_name(rest, folder))
    bare = _BRACKETS.sub(_without_unit, _ZONE.sub(" ", name))
    *before, last = _PATH.split(bare)
    if before and _says_little(last, folder):
        before, last = before[:-1], f"{before[-1]} {last}"
    outer = [replace(word, outer=True) for part in before for word in _read_part(part, folder)]
    words = (*outer, *_read_part(last, folder))
    whole = tuple(_read_part(bare, folder)) if before else words
    best = whole if len(whole) < len(words) else words  # an expression of several parts: `battery.percent`
    best = tuple(_as_symbol(word) for word in best) if _is_symbol(best) else best
    if len(best) > 1:
        best = tuple(_beside_others(word) for word in best)
    return (*best[:-1], _at_the_end(best[-1])) if best else best


def _says_little(text: str, folder: Path) -> bool:
    """Say whether a path's last part tells no more than how the one before is written: `humidity.percentage`."""
    words = tuple(_read_part(text, folder))
    return bool(words) and all(any(meaning <= _LITTLE for meaning in word.meanings) for word in words)


def _read_obis(medium: str | None, quantity: str, way: str) -> Meaning:
    """Say what an OBIS code's groups mean; nothing where they are no code that is known."""
    if medium in _OBIS_MEDIA or (medium, quantity, way) == ("0", "24", "2"):  # a meter behind another: gas in DSMR
        return frozenset(_OBIS_MEDIA.get(medium or "", _OBIS_MEDIA["7"]).split())
    said = _OBIS_QUANTITIES.get(quantity, "") if medium in {None, "1"} else ""
    how = "" if {"current", "voltage", "power_factor", "frequency"} & set(said.split()) else _OBIS_WAYS.get(way, "")
    return frozenset(f"{said} {how}".split()) if said else frozenset()


def _read_signed(found: re.Match[str]) -> Word:
    sign, letter = found[1] or found[4], found[2] or found[3]
    meaning = frozenset({_SIGNED_QUANTITIES[letter], "import" if sign == "+" else "export"})
    return Word(found[0], (meaning,), (frozenset({"OBIS"}),))


def _is_symbol(words: Sequence[Word]) -> bool:
    """Say whether a name is a letter of the field, and else only says which one of several: `A L1`, `W sys`, `S`."""
    letters = [word for word in words if word.text in _SYMBOLS]
    others = (word for word in words if word.text not in _SYMBOLS and not word.is_number)
    return len(letters) == 1 and all(any(meaning <= _WHICH for meaning in word.meanings) for word in others)


def _as_symbol(word: Word) -> Word:
    if word.text not in _SYMBOLS:
        return word
    meaning = frozenset(_SYMBOLS[word.text].split())
    return replace(word, meanings=(meaning,), languages=(frozenset({ABBREVIATION}),), known=True)


def _beside_others(word: Word) -> Word:
    """Read `min` beside other words as the least, not as the minutes of a time."""
    if frozenset({"minimum"}) not in word.meanings:
        return word
    return _keep(word, [at for at, meaning in enumerate(word.meanings) if meaning != {"date_part"}])


def _at_the_end(word: Word) -> Word:
    """Read `current` as that of a wire where nothing follows that could be what is now."""
    keep = [at for at, meaning in enumerate(word.meanings) if meaning != {"now"}]
    return _keep(word, keep) if 0 < len(keep) < len(word.meanings) else word


def _keep(word: Word, at: Sequence[int]) -> Word:
    return replace(
        word, meanings=tuple(word.meanings[each] for each in at), languages=tuple(word.languages[each] for each in at)
    )


def _without_unit(found: re.Match[str]) -> str:
    if _FORM.fullmatch(found[1]):
        return " "
    letter = len(found[1]) == 1 and found.start() > 0 and not found.string[found.start() - 1].isspace()
    return " " if known_unit(found[1].strip()) and not letter else f" {_PER_ENERGY.sub(' ', found[1])} "


def _read_part(text: str, folder: Path) -> Iterator[Word]:
    words = lexicon(folder)
    return _read_pieces([part for piece in PIECES.findall(text) for part in _split_piece(piece, words)], folder)


def _split_piece(piece: str, words: Lexicon) -> Iterator[str]:
    whole = fold(piece)
    if whole in words.single:
        yield whole
        return
    for chunk in _CAMEL.split(piece):
        folded = fold(chunk)
        if folded in words.single or folded in words.beginnings:
            yield folded
        else:
            yield from _LETTERS_OR_DIGITS.findall(folded)


def _read_pieces(pieces: Sequence[str], folder: Path) -> Iterator[Word]:
    """Read pieces as the fewest words and expressions; where as few do, the first are the longest."""
    words = lexicon(folder)
    best: list[tuple[int, int]] = [(0, 0)] * (len(pieces) + 1)  # for the rest from here: how many, and the next end
    for at in range(len(pieces) - 1, -1, -1):
        best[at] = (best[at + 1][0] + 1, at + 1)
        for end in range(at + 2, min(len(pieces), at + _LONGEST) + 1):
            if best[end][0] + 1 <= best[at][0] and _expression(pieces[at:end], words) is not None:
                best[at] = (best[end][0] + 1, end)
    at = 0
    while at < len(pieces):
        end = best[at][1]
        known = _expression(pieces[at:end], words)
        if known is None:
            yield from _read_unknown(pieces[at], folder)
        else:
            yield Word(" ".join(pieces[at:end]), known.meanings, known.languages)
        at = end


def _expression(pieces: Sequence[str], words: Lexicon) -> Entry | None:
    known = words.all.get(" ".join(pieces))
    if known is None and len(pieces) > 1 and (len(pieces[0]) > 1 or pieces[0] == "l"):
        known = words.single.get("".join(pieces))  # `feed in`, `e mail`, `time stamp`
    return known


def _read_unknown(text: str, folder: Path) -> Iterator[Word]:
    found = () if text.isdigit() else explain(text, folder)
    for part, entry in found:
        yield Word(part, entry.meanings, entry.languages)
    if not found:
        yield _unknown(text)


def quantities_of(dimension: str | None) -> Meaning:
    """Give what a unit's dimension tells: `energy`; `reactive` and `power`."""
    if dimension is None:
        return frozenset()
    quantity = "price" if dimension.startswith("price") else _IMPLIED.get(dimension)
    return frozenset({quantity, *(_SORTS & set(dimension.split("_")))}) if quantity else frozenset()


def _unknown(text: str) -> Word:
    return Word(text, (frozenset({text}),), known=False)


def part_unit(words: tuple[Word, ...], unit: str | None) -> tuple[tuple[Word, ...], str | None]:
    """Part a name from the unit in it; the unit's quantity is what a name says that is no more than its unit.

    Args:
        unit: As `units.yaml` spells it, where it is known.

    Example:
        >>> words, unit = part_unit(read_name("kWh Laag"), None)
        >>> [word.text for word in words], unit
        (['laag'], 'kWh')
    """
    if unit is None:
        unit = next((_INSIDE[word.text] for word in words if word.text in _INSIDE), None)
        if unit is None:
            return words, None
    said = {each for word in words for meaning in word.meanings for each in meaning}
    if unit == "deg" and said & _IN_DEGREES:
        return words, None
    if find_unit(unit).dimension == "energy" and any("price" in meaning for word in words for meaning in word.meanings):
        return tuple(word for word in words if word.text not in _INSIDE), None  # what the price is of
    spelled = {fold(each) for each in _LETTERS_OR_DIGITS.findall(unit)} | {fold(unit)}
    left = tuple(word for word in words if word.text not in spelled)
    if left or not words:
        return left, unit
    meaning = quantities_of(find_unit(unit).dimension)
    if not meaning:
        return words, unit
    return (replace(words[0], meanings=(meaning,), languages=(), known=True),), unit


def without_shared(names: Sequence[tuple[Word, ...]]) -> Sequence[tuple[Word, ...]]:
    """Leave out what most columns are called and no language knows: a device's, a family's or a table's own name.

    Example:
        >>> names = [read_name(f"Zyx {each}") for each in ("power", "energy", "voltage", "status")]
        >>> [word.text for words in without_shared(names) for word in words]
        ['power', 'energy', 'voltage', 'status']
    """
    counts = Counter(text for words in names for text in {word.text for word in words if _is_strange(word)})
    shared = {text for text, count in counts.items() if len(names) >= _MANY and count >= _MOST * len(names)}
    left = [tuple(word for word in words if word.text not in shared) for words in names]
    return [rest or words for rest, words in zip(left, names, strict=True)]


def _is_strange(word: Word) -> bool:
    return not word.known and not word.is_number


def in_one_language(names: Sequence[tuple[Word, ...]]) -> Sequence[tuple[Word, ...]]:
    """Keep of each word what it means in the languages of the file, where it means something there.

    A short word that only another language has is not known: `last` is no load in an English file.

    Example:
        >>> names = [read_name(each) for each in ("Verbrauch", "Außentemperatur", "Strom")]
        >>> sorted(map(sorted, in_one_language(names)[2][0].meanings))
        [['current'], ['energy']]
    """
    votes: dict[str, float] = {}
    for word in sorted({word for words in names for word in words}, key=lambda each: (each.text, each.outer)):
        languages = frozenset().union(*word.languages) - {ABBREVIATION}
        if len(languages) <= _FEW:
            for language in sorted(languages):
                votes[language] = votes.get(language, 0.0) + 1 / len(languages)
    most = max(votes.values(), default=0.0)
    spoken = frozenset(each for each, count in votes.items() if count >= _SPOKEN * most)
    sure = most >= _CERTAIN
    return [tuple(_spoken(word, spoken | {ABBREVIATION}, sure=sure) for word in words) for words in names]


def _spoken(word: Word, spoken: Languages, *, sure: bool) -> Word:
    if not word.known or not word.languages:
        return word
    keep = [at for at, languages in enumerate(word.languages) if languages & spoken]
    if keep and len(keep) < len(word.meanings):
        return _keep(word, keep)
    foreign = not keep and not any("en" in languages or "OBIS" in languages for languages in word.languages)
    return replace(_unknown(word.text), outer=word.outer) if sure and foreign and len(word.text) <= _SHORT else word
