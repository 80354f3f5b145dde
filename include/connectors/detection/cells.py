"""Tells what a single cell looks like, before anything is known of its column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Final

from include.cim.measured import read_measured
from include.cim.number_style import APOSTROPHES, BLANKS
from include.cim.units import find_unit
from include.cim.written_times import tidy
from include.connectors.detection.column_names import NAMES_CLOCK
from include.connectors.detection.day_words import BEFORE_DAY, CLOCK_WORD
from include.errors import NotFound


class Kind(Enum):
    """What a cell may be; `WORD` is a usual word for nothing."""

    EMPTY = "empty"
    WORD = "word"
    NUMBER = "number"
    TIME = "time"
    TEXT = "text"


Cells = Sequence[str]
"""The cells of one row."""

TYPED: Final = (Kind.NUMBER, Kind.TIME)
"""What columns of readings hold; a column of text may hold anything."""

NULL_WORDS: Final = frozenset(
    [
        *("-", "--", "---", "----", "\u2013", "\u2014", ".", "...", "?", "*", "**", "***", "\\n"),
        *("#n/a", "#na", "#value!", "#ref!", "#div/0!", "#name?", "#num!", "#null!", "#nv", "#wert!", "#bezug!"),
        *("#zahl!", "#valeur!", "#nom?", "#nombre!", "#n/d", "#valore!", "#rif!", "#nome?", "#¡valor!", "#¡ref!"),
        *("#¡div/0!", "#valor!", "#waarde!", "#verw!", "#deel/0!", "#nb"),
        *("n/a", "na", "n.a.", "n.a", "n.v.", "n. v.", "nan", "-nan", "inf", "-inf", "null", "none", "nil", "void"),
        *("nd", "n.d.", "n/d", "s/d", "k.a.", "k. a.", "keine angabe", "no data", "not available", "no value"),
        *("missing", "bad", "error", "err", "n/e", "n/v", "nv", "unavailable", "unknown", "offline"),
    ]
)
"""Words that stand for nothing in a column of numbers or times, in lower case."""

_REST: Final = r"[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?"
_CLOCK: Final = rf"(?:\d{{1,2}}{_REST}(?:\s?[AaPp](?:\.?[Mm]\.?)?)?|0?[0-3](?:[ABab]{_REST}|{_REST}\s?[ABab]))"
_ZONE: Final = r"(?:\s?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2}(?:\[[\w/]+\])?))?"
_MONTH: Final = r"(?:[^\W\d_]{3,12})\.?"
_DATE: Final = (
    r"(?:\d{4}年\d{1,2}月\d{1,2}日|"
    r"\d{4}(?:[-/.]|\. )\d{1,2}(?:[-/.]|\. )\d{1,2}\.?|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{4}-\d{2}|\d{8}|"
    rf"\d{{1,2}}\.?[-/ ]{_MONTH}[-/ ,]{{1,2}}\d{{2,4}}|{_MONTH}\s\d{{1,2}},?\s\d{{4}})"
)
_DAY: Final = rf"(?:[A-Z][a-z]{{1,8}}\.?,?\s)?{_DATE}(?:(?:[T_]|,?\s+-?\s?)(?:{CLOCK_WORD} )?{_CLOCK})?"
_STAMP: Final = rf"(?:{_DAY}|(?:{CLOCK_WORD} )?{_CLOCK}){_ZONE}(?: Uhr)?"
_TIME: Final = re.compile(
    rf"{_STAMP}(?:\s*(?:[-–/]|to|bis|until)\s*{_STAMP})?|\d{{8}}[:T_ ]\d{{4}}(?:\d{{2}})?Z?|"
    r"\d{4}[-/ ]?(?:W|KW|CW)[- ]?\d{1,2}(?:-?\d)?|(?:W|KW|CW|Week|Woche)[ .]{0,2}\d{1,2}[-/ ]\d{4}|"
    r"\d{4}[- ]?[QSH][1-4]|[QSH][1-4][-/ ]\d{4}|/Date\(-?\d+(?:[+-]\d{4})?\)/"
)
_PLAIN_DATE: Final = re.compile(r"\d{8}")
_NUMBER: Final = re.compile(
    rf"[-+−]?(?:\d{{1,3}}(?:[.,_{APOSTROPHES}{BLANKS}]\d{{3}})+|\d+|(?=[.,]\d))(?:[.,]\d*)?(?:[eE][-+]?\d{{1,3}})?[-−]?"
)
_ACCOUNTED: Final = re.compile(r"\(([^()]*\d[.,]\d[^()]*)\)")
"""A number in brackets, as bookkeepers write a negative one; without a fraction or thousands it may be anything."""

_ENGLISH: Final = re.compile(r"time|hour", re.IGNORECASE)
_DOTTED: Final = re.compile(r"(?:[01]?\d|2[0-4])\.([0-5]\d)(?:\.[0-5]\d)?")
_TOTAL: Final = re.compile(
    r"(grand |sub-?|sous-)?(total|totaal|totale|sum\b|summe|[^\W\d_]*summen?\b|somme|somma|suma|soma|gesamt"
    r"|i alt\b|delsum|samlet|razem|celkem|yhteensä|összesen|ukupno|skupaj|kokku|ende?\b|eof|fin\b|fine\b|mean\b"
    r"|average|mittelwert|moyenne|media\b|min\b|max\b|minimum|maximum)"
)
_BRACKETS: Final = re.compile(r"[\[(](.*)[\])]")
_PATTERN: Final = re.compile(r"(?:[YyMmDdHhSsJjTtAa]{1,4}[-/.: T]*){2,6}(?:UTC|Z)?")
_TYPES: Final = frozenset(
    [
        *("string", "str", "text", "varchar", "float", "double", "int", "integer", "number", "numeric", "decimal"),
        *("bool", "boolean", "date", "datetime", "timestamp", "time", "utc", "cet", "local", "ts", "rn", "-", "%"),
        *("smp", "avg", "tot", "min", "max"),
    ]
)


@lru_cache(maxsize=100_000)
def classify(cell: str) -> Kind:
    """Say what a cell looks like.

    Example:
        >>> [classify(cell).value for cell in ("1.234,5", "30.10.2022 02:00", "20180101:0000", " ", "n/a", "Zone 1")]
        ['number', 'time', 'time', 'empty', 'word', 'text']
    """
    text = tidy(cell).strip()
    if not text:
        return Kind.EMPTY
    if text.lower() in NULL_WORDS:
        return Kind.WORD
    if before := BEFORE_DAY.fullmatch(text):
        text = before["day"]
    if len(text) > 80 or not any("0" <= sign <= "9" for sign in text):
        return Kind.TEXT
    number = bracketed[1] if (bracketed := _ACCOUNTED.fullmatch(text)) else text
    if _NUMBER.fullmatch(number) or read_measured(number):
        return Kind.NUMBER
    return Kind.TIME if _TIME.fullmatch(text) and not _PLAIN_DATE.fullmatch(text) else Kind.TEXT


def are_clocks(name: str, cells: Iterable[str]) -> bool:
    """Say whether what a column holds are times of day with a point, `00.15`, which no number is beside.

    It is called a clock, and no minute is beyond 59; halves alone (0.50, 1.00) are those of hours. In English, which
    writes no point, a time or an hour may be how long something took.
    """
    if not NAMES_CLOCK.fullmatch(name.strip()) or _ENGLISH.search(name):
        return False
    found = [_DOTTED.fullmatch(cell.strip()) for cell in cells if classify(cell) not in {Kind.EMPTY, Kind.WORD}]
    minutes = {clock and clock[1] for clock in found}
    return bool(found) and None not in minutes and minutes != {"00", "50"}


def is_type(cell: str) -> bool:
    """Say whether a cell below a header names what its column holds: `Number`, `String`."""
    return cell.strip().lower() in _TYPES


@lru_cache(maxsize=10_000)
def is_unit(cell: str) -> bool:
    """Say whether a cell is a unit, a type or the pattern of a time, as a line below a header holds them."""
    text = cell.strip()
    if bracketed := _BRACKETS.fullmatch(text):
        return len(bracketed[1]) <= 20
    if text.lower() in _TYPES or _PATTERN.fullmatch(text):
        return True
    try:
        find_unit(text)
    except NotFound:
        return bool(re.fullmatch(r"[€$£%°µΩ]\S{0,8}|\S{1,5}/\S{1,5}|[Dd]eg(?:rees?)?[ .]?[A-Z]?\w*", text))
    return True


def is_total(row: Sequence[str]) -> bool:
    """Say whether a row sums up or ends the others."""
    return total_word(row) is not None


def total_word(row: Sequence[str]) -> str | None:
    """Give the word with which a row begins that sums up or ends others, in lower case; None where it does not."""
    first = next((cell.strip().lower() for cell in row if cell.strip()), "")
    return found[0] if (found := _TOTAL.match(first)) else None
