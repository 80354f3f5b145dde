"""What the cells of a sheet hold as text: numbers, and the numbers that are times."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, MutableSequence, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import chain, islice, pairwise
from typing import Final

from include.collection.formats.excel import ERRORS
from include.errors import SourceRefused

Row = list[str | None]
Merged = dict[int, list[tuple[int, int, int]]]
"""Merged cells by their first row: their first column, last row and last column, all from 0."""

MOST_ROWS: Final = 1_048_576
MOST_CELL_CHARACTERS: Final = 1 << 20

_DAY_MS: Final = 86_400_000
_LAST_DAY: Final = 2_958_465  # 9999-12-31
_DAYS_1904: Final = 1_462


class Shown(Enum):
    """How a number format shows a number."""

    NUMBER = "number"
    PERCENT = "percent"
    DATE = "date"
    DATETIME = "datetime"
    TIME = "time"
    DURATION = "duration"


@dataclass(slots=True)
class SheetReading:
    """One reading of a sheet: how numbers are to be written, and what it met, for issues.

    Attributes:
        numbers: Cells that hold a real number.
        errors: How often each error stands in a cell, and the first place of each.
        percents: Columns, from 0, of numbers that are shown as a percentage.
        long_numbers: Columns of whole numbers with more digits than a sheet keeps.
        no_result: Cells with a formula whose result was not stored, and the first place.
    """

    decimal: str = "."
    numbers: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    error_places: dict[str, str] = field(default_factory=dict)
    percents: set[int] = field(default_factory=set)
    long_numbers: set[int] = field(default_factory=set)
    no_result: int = 0
    no_result_place: str = ""

    def note_no_result(self, row: int, column: int) -> None:
        """Count a formula without a result; `row` and `column` from 0."""
        self.no_result += 1
        self.no_result_place = self.no_result_place or place(row, column)

    def note_error(self, text: str, row: int, column: int) -> None:
        """Count an error; `row` and `column` from 0."""
        self.errors[text] += 1
        self.error_places.setdefault(text, place(row, column))

    def note_text(self, text: str, row: int, column: int) -> str:
        """Give a text as it is, counted where it is an error that was pasted as one; `row` and `column` from 0."""
        if text.startswith("#") and text in ERRORS:
            self.note_error(text, row, column)
        return text


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook.

    Attributes:
        size: Greater for a sheet that holds more.
        rows: Reads all rows from the first, empty ones too; cells as text, None where there is nothing.
        merged: Finds merged cells.
    """

    name: str
    hidden: bool
    size: int
    rows: Callable[[SheetReading], Iterator[Row]]
    merged: Callable[[], Merged]


def fill_merged(rows: Iterator[Row], merged: Merged, first: int) -> Iterator[Row]:
    """Give a merged cell's value to every row that it spans; above row `first` nothing is filled."""
    if not merged:
        yield from rows
        return
    header = list(islice(rows, first))
    end_groups(header, merged)
    filling: list[tuple[int, int, str]] = []
    for number, row in enumerate(chain(header, rows)):
        filling = [fill for fill in filling if fill[1] >= number]
        for column, _, value in filling if number >= first else ():
            if column >= len(row):
                row.extend([None] * (column + 1 - len(row)))
            row[column] = row[column] or value
        for column, last, _ in merged.get(number, ()):
            first_cell = row[column] if column < len(row) else None
            if first_cell is not None and last > number:
                filling.append((column, last, first_cell))
        yield row


def end_groups(rows: Sequence[MutableSequence[str | None]], merged: Merged) -> None:
    """Write what stands below into empty cells beside merged ones: in a stacked header they belong to no group.

    Where cells are merged the sheet says how far each group goes; a row with one name alone is a title.

    Example:
        >>> rows: list[Row] = [[None, "Wind", None, "Sun", None], ["Time", "kW", "kWh", "kW", "Status"]]
        >>> end_groups(rows, {0: [(1, 0, 2)]})
        >>> rows[0]
        ['Time', 'Wind', None, 'Sun', 'Status']
    """
    spans: list[tuple[int, int, int]] = []
    for number, (row, below) in enumerate(pairwise(rows)):
        begun = merged.get(number, [])
        spans = [span for span in spans if span[1] >= number] + begun
        if not any(last > column for column, _, last in begun) or sum(map(bool, row)) < 2:
            continue
        inside = {at for column, _, last in spans for at in range(column, last + 1)}
        row.extend([None] * (len(below) - len(row)))
        for at, cell in enumerate(below):
            if not row[at] and at not in inside:
                row[at] = cell


def column_letters(column: int) -> str:
    """Name a column, from 0, as a sheet does.

    Example:
        >>> column_letters(27)
        'AB'
    """
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return letters


def place(row: int, column: int) -> str:
    """Name a cell as a sheet does; `row` and `column` from 0."""
    return f"{column_letters(column)}{row + 1}"


def column_number(letters: str) -> int:
    """Give a column's number from 0; less where the letters name none.

    Example:
        >>> column_number("AB")
        27
    """
    number = 0
    for letter in letters[:4]:
        number = number * 26 + ord(letter) - 64
    return number - 1


def stored_number(stored: str, shown: Shown, from_1904: bool, column: int, reading: SheetReading) -> str:
    """Write a number as what it is shown as: a time, or the number itself."""
    if shown is Shown.NUMBER or shown is Shown.PERCENT:
        reading.numbers += 1
        if shown is Shown.PERCENT:
            reading.percents.add(column)
        text = number_text(stored)
        if is_too_long(text):
            reading.long_numbers.add(column)
        return text if reading.decimal == "." else text.replace(".", reading.decimal)
    try:
        return serial_text(float(stored), shown, from_1904) or number_text(stored)
    except (ValueError, OverflowError):
        return stored


def number_text(stored: str) -> str:
    """Write a number as the shortest text that reads back as the same.

    Example:
        >>> number_text("0.1"), number_text("0.10000000000000001"), number_text("5.4144882004415903E+17")
        ('0.1', '0.1', '541448820044159040')
    """
    if len(stored) <= 15 and "E" not in stored and "e" not in stored:
        return stored
    try:
        number = float(stored)
    except ValueError:
        return stored
    if number.is_integer() and abs(number) < 1e21:
        return f"{Decimal(repr(number)):f}".removesuffix(".0")
    return repr(number)


def is_too_long(text: str) -> bool:
    """Say whether a number has more digits than the 15 that a sheet keeps."""
    return len(text) > 15 and text.lstrip("-").isdecimal()


def serial_text(number: float, shown: Shown, from_1904: bool) -> str | None:
    """Write a number of days as ISO 8601, to the millisecond; None where it is no time.

    Source: ECMA-376-1, 18.17.4; day 60 of the 1900 system is a 29 February that never was.

    Example:
        >>> serial_text(45292.0104166667, Shown.DATETIME, from_1904=False)
        '2024-01-01T00:15:00'
    """
    days, rest = divmod(round(number * _DAY_MS), _DAY_MS)
    if shown is Shown.DURATION or (shown is Shown.TIME and 0 <= days <= 60):
        return _clock(rest, days * 24) if days >= 0 else None
    if from_1904:
        days += _DAYS_1904
    elif days == 0 and rest and shown is not Shown.TIME:
        return _clock(rest)
    day = _day(days)
    if day is None or (shown is Shown.DATE and not rest):
        return day
    return f"{day}T{_clock(rest)}"


@lru_cache(maxsize=4_096)
def show(code: str) -> Shown:
    """Say how a number format shows a number.

    Example:
        >>> show("dd/mm/yyyy hh:mm"), show('0.00" kWh"'), show("[h]:mm")
        (<Shown.DATETIME: 'datetime'>, <Shown.NUMBER: 'number'>, <Shown.DURATION: 'duration'>)
    """
    code = code.split(";", maxsplit=1)[0].lower()
    code = re.sub(r'"[^"]*"|\\.|_.|\*.|am/pm|a/p', "", code)
    if re.search(r"\[(h+|m+|s+)\]", code):
        return Shown.DURATION
    code = re.sub(r"\[[^\]]*\]", "", code)
    if code in ("general", "standard", "@"):
        return Shown.NUMBER
    if re.search(r"[0#?]", re.sub(r"(s[.,]?)0+", r"\1", code)):
        return Shown.PERCENT if "%" in code else Shown.NUMBER
    day, clock = re.search(r"[dy]", code), re.search(r"[hs]", code)
    if day or ("m" in code and not clock):
        return Shown.DATETIME if clock else Shown.DATE
    return Shown.TIME if clock else Shown.NUMBER


def refuse_long_cell(length: int, name: str) -> None:
    """Refuse a cell that no store takes.

    Raises:
        SourceRefused: It is longer than a mebibyte.
    """
    if length > MOST_CELL_CHARACTERS:
        raise SourceRefused(name, "a cell is longer than 1 MiB", "Is it the file you meant?")


@lru_cache(maxsize=4_096)
def _day(days: int) -> str | None:
    if days <= 0 or days == 60 or days > _LAST_DAY:
        return None
    return date.fromordinal(693_594 + days + (days < 60)).isoformat()


def _clock(rest_ms: int, hours: int = 0) -> str:
    seconds, thousandths = divmod(rest_ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    more, minutes = divmod(minutes, 60)
    return f"{hours + more:02}:{minutes:02}:{seconds:02}" + (f".{thousandths:03}" if thousandths else "")
