"""What the cells of one column are, over all its rows: every kind that fits is followed until one is left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final, cast

import polars as pl

from include.cim.measured import CROWNS, goes_on, read_measured, strip_unit
from include.cim.number_style import NumberStyle
from include.cim.numbers import open_brackets
from include.cim.units import known_unit
from include.cim.written_times import EPOCHS, EXCEL, read_times, zoned
from include.collection.inspection import ColumnProfile, ColumnType, Issue
from include.collection.inspection_document import write_number
from include.connectors.detection.cells import NULL_WORDS, are_clocks
from include.connectors.detection.column_names import (
    FIRST_NAMELESS,
    NAMES_END,
    NAMES_SOMETHING,
    NAMES_TIME,
    NAMES_WEEK,
    SCALED,
)
from include.connectors.detection.tallies import Cells, DistinctTally, Fit, NumberTally
from include.connectors.detection.time_formats import WRAPPED, find_formats, kind_of

_LOOK_AT: Final = 1_000
_EXAMPLES: Final = 5
_SAMPLE: Final = 200
_TRUTHS: Final = (
    ("true", "false"),
    ("yes", "no"),
    ("ja", "nein"),
    ("ja", "nee"),
    ("oui", "non"),
    ("sí", "no"),
    ("y", "n"),
    ("t", "f"),
)
_OTHER_DIGITS: Final = r"^[\p{Nd}\p{P}\p{S}\s]*[٠-٩۰-۹०-९０-９][\p{Nd}\p{P}\p{S}\s]*$"
"""Numbers and times in Arabic-Indic, Persian, Devanagari or full-width digits."""


@dataclass(slots=True)
class TimeFit:
    """What a column is when it is read in one format of time."""

    fit: Fit
    first: datetime | None = None
    last: datetime | None = None

    def add(self, cells: Cells, times: pl.Series) -> None:
        """Take cells with their times, null where a cell is none."""
        self.fit.add(cells, times.is_not_null())
        if times.count():
            least, greatest = cast(datetime, times.min()), cast(datetime, times.max())
            self.first = least if self.first is None else min(self.first, least)
            self.last = greatest if self.last is None else max(self.last, greatest)


class ColumnTally:
    """Everything that is asked of one column, cell by cell but without looking at single cells."""

    def __init__(
        self, name: str, style: NumberStyle, unit: str | None, *, rows: int = 0, order: str | None = None
    ) -> None:
        self.name = name
        self.unit = unit
        self.unit_column: str | None = None
        self.units: tuple[str, ...] = ()
        self._order = order
        self.rows = rows
        self.filled = 0
        self.distinct = DistinctTally()
        self.times: dict[str, TimeFit] = {}
        self._style = style
        self._numbers = NumberTally(style)
        self._number_fit: Fit | None = Fit()
        self._truth_fit: Fit | None = None
        self._truth: tuple[str, str] = ("", "")
        self._started = False
        self._measure: str | None = None  # the unit that stands in the cells
        self._bracketed = 0  # numbers in brackets
        self._several: tuple[str, ...] = ()  # units, where cells have several
        self._texts: tuple[str | None, str | None] = (None, None)
        self._lengths: tuple[int, int] = (1 << 62, 0)
        self._padded = False  # whole numbers that begin with a zero
        self._signed = False
        self._damaged = Fit()
        self._other_digits = Fit()
        self._empty_words = 0
        self.examples: list[str] = []
        self.sample: dict[str, None] = {}

    def add(self, column: pl.Series) -> None:
        """Take the column's next cells."""
        cells = Cells.of(column, self.rows)
        self.rows += len(column)
        if not len(cells.texts):
            return
        self.filled += cells.number()
        self.distinct.add(cells.texts)
        if not self._started:
            self._start(cells.texts)
        if len(self.sample) < _SAMPLE:
            self.sample |= dict.fromkeys(cells.texts.head(_SAMPLE - len(self.sample)))
        self._widen(cells.texts)
        numeric = self._add_numbers(cells)
        if self._truth_fit:
            self._truth_fit.add(cells, cells.texts.str.to_lowercase().is_in(list(self._truth)))
        for form, time in self.times.items():
            time.add(cells, read_times(cells.texts, form))
        if not numeric.all():
            self._damaged.add(cells, ~cells.texts.str.contains("\ufffd", literal=True))
            self._other_digits.add(cells, ~cells.texts.str.contains(_OTHER_DIGITS))

    def _start(self, texts: pl.Series) -> None:
        """See what the first cells may be; what half of them are not, the column is not followed as."""
        self._started = True
        sample = texts.head(_LOOK_AT)
        lowered = sample.str.to_lowercase()
        telling = sample.filter(~lowered.is_in(list(NULL_WORDS)))
        inside = telling.str.starts_with("(") & telling.str.ends_with(")")
        if (inside.sum() or 0) * 2 <= len(telling):  # where all are in brackets, these say something else
            self._style = replace(self._style, bracketed=True)
            self._numbers = NumberTally(self._style)
            telling = open_brackets(telling)
        self._find_measure(telling)
        if len(telling):
            ones = pl.repeat(1, len(telling), dtype=pl.UInt32, eager=True)
            bare = strip_unit(telling, self._measure) if self._measure else telling
            numbers = NumberTally(self._style).add(Cells(bare, ones, ones)).sum()
            if int(numbers) * 2 < len(telling):
                self._number_fit = None
        for pair in _TRUTHS:
            if lowered.is_in(list(pair)).sum() * 2 > len(sample):
                self._truth, self._truth_fit = pair, Fit()
                break
        self.examples = sample.head(_EXAMPLES).to_list()
        weeks, clocks = bool(NAMES_WEEK.search(self.name)), are_clocks(self.name, telling.to_list())
        formats = find_formats(telling.to_list(), self._order, weeks=weeks, clocks=clocks)
        self.times = {form: TimeFit(Fit()) for form in formats if self._may_be(form)}

    def _find_measure(self, texts: pl.Series) -> None:
        """See whether the cells hold a unit beside the number: one, else nobody could add them."""
        found = [measured.unit for text in texts.to_list() if (measured := read_measured(text))]
        units = tuple(dict.fromkeys(found))
        if len(found) * 2 <= len(texts):
            return
        if len(units) > 1:
            self._several = units
            return
        self._measure = units[0]
        if self.unit is None or not goes_on(self.unit, units[0]):  # € 0,30 of a price in EUR/kWh
            self.unit = units[0] if known_unit(units[0]) else None  # of which country crowns are, nobody tells

    def _may_be(self, form: str) -> bool:
        """Digits alone are a time only where the column's name says so, or it has none and stands first.

        Eight of them may be a date anywhere, and fourteen a date and a time.
        """
        marked = form not in EPOCHS and any(sign in form for sign in "-/.: hTW年")
        marked = marked or "%q" in form
        wrapped = WRAPPED.fullmatch(self.examples[0]) is not None
        first = form in EPOCHS and (self.name == FIRST_NAMELESS or wrapped or bool(NAMES_END.search(self.name)))
        return marked or form in {"%Y%m%d", "%Y%m%d%H%M%S"} or first or bool(NAMES_TIME.search(self.name))

    def _add_numbers(self, cells: Cells) -> pl.Series:
        if self._number_fit is None:
            return pl.repeat(False, len(cells.texts), eager=True)
        if self._measure:
            bare = open_brackets(cells.texts) if self._style.bracketed else cells.texts
            numeric = self._numbers.add(replace(cells, texts=strip_unit(bare, self._measure)))
        else:
            numeric = self._numbers.add(cells)
        if self._style.bracketed:
            self._bracketed += cells.number(numeric & cells.texts.str.contains("(", literal=True))
        self._number_fit.add(cells, numeric)
        if not numeric.all():
            self._empty_words += cells.number(~numeric & cells.texts.str.to_lowercase().is_in(list(NULL_WORDS)))
        if self._numbers.whole:
            self._padded |= bool(cells.texts.str.contains(r"^[-+]?0\d").any())
            self._signed |= bool(cells.texts.str.contains(r"^[-+]").any())
        return numeric

    def _widen(self, text: pl.Series) -> None:
        low, high = self._texts
        least, greatest = cast(str, text.min()), cast(str, text.max())
        self._texts = (least if low is None else min(low, least), greatest if high is None else max(high, greatest))
        lengths = text.str.len_bytes()
        shortest, longest = self._lengths
        self._lengths = (min(shortest, cast(int, lengths.min())), max(longest, cast(int, lengths.max())))

    @property
    def type(self) -> ColumnType:
        """What the column is, as far as it was read."""
        if not self.filled:
            return ColumnType.EMPTY
        if self.time_formats and not self._is_count:
            return kind_of(self.time_formats[0])
        if self._number_fit and self._number_usable:
            if not self._numbers.whole:
                return ColumnType.DECIMAL
            return ColumnType.TEXT if self._names else ColumnType.INTEGER
        if self._truth_fit and self._truth_fit.usable:
            return ColumnType.BOOLEAN
        return ColumnType.TEXT

    @property
    def counts(self) -> bool:
        """Whether it is a column of numbers."""
        return self.type in {ColumnType.INTEGER, ColumnType.DECIMAL}

    @property
    def time_formats(self) -> tuple[str, ...]:
        """The formats of time that fit the whole column best."""
        usable = {form: time.fit for form, time in self.times.items() if time.fit.usable}
        best = min((fit.misfits for fit in usable.values()), default=0)
        return tuple(form for form, fit in usable.items() if fit.misfits == best)

    @property
    def _half_times(self) -> tuple[str, Fit] | None:
        """The format in which most cells, and not nearly all, can be read."""
        fits = {form: time.fit for form, time in self.times.items() if time.fit.count and not time.fit.usable}
        return max(fits.items(), key=lambda each: each[1].count, default=None)

    @property
    def _is_count(self) -> bool:
        """Whether what can be read as times is more likely a number: digits that no name calls a time."""
        return all(form == "%Y%m%d" for form in self.time_formats) and self.unit is not None

    @property
    def _number_usable(self) -> bool:
        fit = self._number_fit
        return fit is not None and fit.count > 0 and (fit.misfits - self._empty_words) * 10 <= fit.count

    @property
    def _names(self) -> bool:
        """Whether whole numbers are names: padded with zeros, too long to count, or called so."""
        if self.unit is not None or SCALED.search(self.name):
            return False
        shortest, longest = self._lengths
        constant = shortest == longest and not self._signed
        return (
            self._padded
            or (constant and longest >= 13)
            or (constant and longest >= 6 and bool(NAMES_SOMETHING.search(self.name)))
            or longest > 19
        )

    def settle_time(self, form: str) -> None:
        """Read the column in this format, of several that fit."""
        self.times = {form: self.times[form], **self.times} if form in self.times else self.times

    def profile(self) -> ColumnProfile:
        """Say what the column is."""
        kind = self.type
        low, high = self._texts
        total: Decimal | None = None
        if kind in {ColumnType.INTEGER, ColumnType.DECIMAL}:
            numbers = self._numbers
            low = None if numbers.minimum is None else write_number(numbers.minimum)
            high = None if numbers.maximum is None else write_number(numbers.maximum)
            total = numbers.total
        elif kind in {ColumnType.TIMESTAMP, ColumnType.DATE, ColumnType.TIME}:
            form = self.time_formats[0]
            low, high = (_write(each, kind, form) for each in (self.times[form].first, self.times[form].last))
        return ColumnProfile(
            name=self.name,
            type=kind,
            unit=self.unit if total is not None else None,
            nulls=self.rows - self.filled,
            distinct=self.distinct.count(),
            minimum=low,
            maximum=high,
            total=total,
            examples=tuple(self.examples),
            bracketed=self.bracketed,
            unit_column=self.unit_column,
            units=self.units,
            sample=tuple(self.sample),
        )

    @property
    def bracketed(self) -> bool:
        """Whether it is a column of numbers some of which stand in brackets: negative, as bookkeepers write them."""
        return self._bracketed > 0 and self.counts

    @property
    def astray(self) -> int | None:
        """The first row, from 1, whose cell does not fit the column's type."""
        fit = self._fit
        return fit.astray if fit else None

    @property
    def _fit(self) -> Fit | None:
        match self.type:
            case ColumnType.INTEGER | ColumnType.DECIMAL:
                return self._number_fit
            case ColumnType.BOOLEAN:
                return self._truth_fit
            case ColumnType.TIMESTAMP | ColumnType.DATE | ColumnType.TIME:
                return self.times[self.time_formats[0]].fit
        return None

    def issues(self, *, read_whole: bool = False) -> Iterator[Issue]:
        """Say what is not as it should be.

        Args:
            read_whole: Whether every cell was read, with others beside it, as a time.
        """
        where = f"column {self.name!r}"
        fit, numbers = self._fit, self._number_fit
        if self._several:
            what = f"its cells are in several units: {', '.join(self._several)}; they are read as text"
            yield Issue(where, what, "Write one rule for each unit, or export one unit.")
        if self._measure and self.type in {ColumnType.INTEGER, ColumnType.DECIMAL}:
            what = f"the unit stands in its cells: {self._measure}"
            options = [self.unit] if self.unit else [self._measure.replace("kr", crown) for crown in CROWNS]
            yield Issue(where, what, f"A mapping's rule with `unit: {' or '.join(options)}` reads such cells.")
        if self.bracketed:
            what = f"numbers in brackets are read as negative ones: {self._bracketed:,}"
            yield Issue(where, what, "A mapping's rule reads them so with `bracketed: negative`.")
        if self.type is ColumnType.TEXT and (half := self._half_times):
            form, times = half
            what = f"its cells are times in part: {times.count:,} as {form}, {times.misfits:,} other cells"
            remedy = (
                "Write all in one way. Of dates typed into a sheet, those that it understood may have day and month "
            )
            yield Issue(f"row {times.astray}, {where}", what, f"{remedy}swapped.")
        elif self.type is ColumnType.TEXT and self.unit is not None and not self._several:
            what = f"its name tells a unit, {self.unit}, and its cells are no numbers"
            yield Issue(where, what, "Is the decimal sign right? Beside a number only a unit that is known may stand.")
        elif self.type is ColumnType.TEXT and not self._names and numbers and numbers.count:
            what = f"its types are mixed: {numbers.count:,} numbers, {self.filled - numbers.count:,} other cells"
            yield Issue(where, what, "Is the decimal sign right, and are there lines that are no rows?")
        if fit is not None and fit.misfits and not read_whole:
            words = fit is numbers and self._empty_words == fit.misfits
            what = f"this is no {self.type.value}, the first of {fit.misfits:,} such cells"
            remedy = "`null_values` takes the words that stand for nothing." if words else "Correct it at its origin."
            yield Issue(f"row {fit.astray}, {where}", what, remedy)
        if self._damaged.misfits:
            what = f"U+FFFD: characters were lost before this file was written, in {self._damaged.misfits:,} cells"
            remedy = "Get it again from its origin; what is lost cannot be read back."
            yield Issue(f"row {self._damaged.astray}, {where}", what, remedy)
        if self._other_digits.misfits:
            count = self._other_digits.misfits
            what = f"digits of another script (Arabic-Indic, full-width …) are not read: {count:,} cells"
            yield Issue(f"row {self._other_digits.astray}, {where}", what, "Export it with the digits 0 to 9.")
        if self.type is ColumnType.TIMESTAMP and self.time_formats == (EXCEL,):
            what = "its numbers are read as times of Excel, days since 30 December 1899"
            yield Issue(where, what, "Is that what they are? Workbooks of old Macs count from four years later.")
        if not self.distinct.exact:
            yield Issue(where, "the number of different values is an estimate", "It is exact up to a million.")


def _write(moment: datetime | None, kind: ColumnType, form: str) -> str | None:
    if moment is None:
        return None
    text = moment.isoformat()
    match kind:
        case ColumnType.DATE:
            return text[:10]
        case ColumnType.TIME:
            return text[11:] if text.startswith("1970-01-01") else "24:00:00"
        case _:
            return f"{text}Z" if zoned(form) else text
