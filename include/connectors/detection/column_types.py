"""What the cells of one column are, over all its rows: every kind that fits is followed until one is left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, cast

import polars as pl

from include.cim.number_style import NumberStyle
from include.collection.inspection import ColumnProfile, ColumnType, Issue
from include.collection.inspection_document import write_number
from include.connectors.detection.tallies import DistinctTally, NumberTally
from include.connectors.detection.written_times import EPOCHS, find_formats, kind_of, read_times, zoned

_LOOK_AT: Final = 1_000
_EXAMPLES: Final = 5
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
_NOTHING: Final = (
    "nan",
    "na",
    "n/a",
    "n.a.",
    "null",
    "none",
    "nil",
    "nv",
    "n/v",
    "-",
    "--",
    "---",
    "?",
    "#n/a",
    "inf",
    "-inf",
)
_NAMES_SOMETHING: Final = re.compile(
    r"(^|[^a-zà-ü])(ean|gln|id|ids|nr|no|num|number|nummer|serial|code|zip|plz|postcode|postal|phone|tel|mpan|mprn|nmi|cups|pod|account)($|[^a-zà-ü])",
    re.IGNORECASE,
)
NAMES_TIME: Final = re.compile(
    r"time|date|datum|zeit|tijd|stamp|epoch|fecha|heure|data|hora|ora|jour|(^|[^a-z])(ts|at|day|tag|dag|dia|giorno)($|[^a-z])",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Fit:
    """How many cells one kind fits.

    Attributes:
        astray: The first row that it does not fit, from 1.
    """

    count: int = 0
    misfits: int = 0
    astray: int | None = None

    def add(self, fitting: pl.Series, filled: pl.Series, before: int) -> None:
        """Take which cells fit, and which are filled at all."""
        wrong = (filled & ~fitting).arg_true()
        self.count += int(fitting.sum())
        self.misfits += len(wrong)
        if self.astray is None and len(wrong):
            self.astray = before + int(wrong[0]) + 1

    @property
    def usable(self) -> bool:
        """Whether all cells fit, or all but a few."""
        return self.count > 0 and self.misfits * 10 <= self.count


@dataclass(slots=True)
class TimeFit:
    """What a column is when it is read in one format of time."""

    fit: Fit
    first: object = None
    last: object = None

    def add(self, times: pl.Series, filled: pl.Series, before: int) -> None:
        """Take times, null where a cell is none."""
        self.fit.add(times.is_not_null(), filled, before)
        if self.fit.count:
            self.first = min((each for each in (self.first, times.min()) if each is not None), default=None)  # type: ignore[type-var]
            self.last = max((each for each in (self.last, times.max()) if each is not None), default=None)  # type: ignore[type-var]


class ColumnTally:
    """Everything that is asked of one column, cell by cell but without looking at single cells."""

    def __init__(
        self, name: str, style: NumberStyle, unit: str | None, *, rows: int = 0, order: str | None = None
    ) -> None:
        self.name = name
        self.unit = unit
        self._order = order
        self.rows = rows
        self.filled = 0
        self.distinct = DistinctTally()
        self.times: dict[str, TimeFit] = {}
        self._numbers = NumberTally(style)
        self._number_fit: Fit | None = Fit()
        self._truth_fit: Fit | None = None
        self._truth: tuple[str, str] = ("", "")
        self._started = False
        self._texts: tuple[str | None, str | None] = (None, None)
        self._lengths: tuple[int, int] = (1 << 62, 0)
        self._padded = 0  # whole numbers that begin with a zero
        self._signed = False
        self._damaged = Fit()
        self._empty_words = 0
        self.examples: list[str] = []

    def add(self, cells: pl.Series) -> None:
        """Take the column's next cells."""
        before, self.rows = self.rows, self.rows + len(cells)
        text = cells.str.strip_chars()
        text = pl.select(pl.when(pl.lit(text) != "").then(pl.lit(text))).to_series()
        filled = text.is_not_null()
        if not filled.any():
            return
        self.filled += int(filled.sum())
        self.distinct.add(text)
        if not self._started:
            self._start(text)
        self._widen(text)
        numeric = self._add_numbers(text, filled, before)
        if self._truth_fit:
            self._truth_fit.add(text.str.to_lowercase().is_in(list(self._truth)).fill_null(False), filled, before)
        for form, time in self.times.items():
            time.add(read_times(text, form), filled, before)
        self._damaged.add(
            ~text.filter(~numeric).str.contains("\ufffd", literal=True).fill_null(False),
            filled.filter(~numeric),
            before,
        )

    def _start(self, text: pl.Series) -> None:
        """See what the first cells may be; what half of them are not, the column is not followed as."""
        self._started = True
        sample = text.drop_nulls().head(_LOOK_AT)
        lowered = sample.str.to_lowercase()
        words = lowered.is_in(_NOTHING)
        telling = sample.filter(~words)
        if len(telling):
            numbers = int(NumberTally(self._numbers._style).add(telling).sum())
            if numbers * 2 < len(telling):
                self._number_fit = None
        for pair in _TRUTHS:
            if lowered.is_in(list(pair)).sum() * 2 > len(sample):
                self._truth, self._truth_fit = pair, Fit()
                break
        formats = find_formats(telling.to_list(), self._order)
        self.times = {form: TimeFit(Fit()) for form in formats if self._may_be(form)}
        self.examples = sample.unique(maintain_order=True).head(_EXAMPLES).to_list()

    def _may_be(self, form: str) -> bool:
        """Digits alone are a time only where the column's name says so; eight of them may be a date anywhere."""
        marked = form not in EPOCHS and any(sign in form for sign in "-/.: hT")
        return marked or form == "%Y%m%d" or bool(NAMES_TIME.search(self.name))

    def _add_numbers(self, text: pl.Series, filled: pl.Series, before: int) -> pl.Series:
        if self._number_fit is None:
            return pl.repeat(False, len(text), eager=True)
        numeric = self._numbers.add(text)
        self._number_fit.add(numeric, filled, before)
        if self._number_fit.misfits:
            self._empty_words += int(text.filter(~numeric).str.to_lowercase().is_in(_NOTHING).sum())
        if self._numbers.whole:
            self._padded += int(text.str.contains(r"^[-+]?0\d").sum())
            self._signed |= bool(text.str.contains(r"^[-+]").any())
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
        if self.time_formats and not self._counts:
            return kind_of(self.time_formats[0])
        if self._number_fit and self._number_usable:
            if not self._numbers.whole:
                return ColumnType.DECIMAL
            return ColumnType.TEXT if self._names else ColumnType.INTEGER
        if self._truth_fit and self._truth_fit.usable:
            return ColumnType.BOOLEAN
        return ColumnType.TEXT

    @property
    def time_formats(self) -> tuple[str, ...]:
        """The formats of time that fit the whole column best."""
        usable = {form: time.fit for form, time in self.times.items() if time.fit.usable}
        best = min((fit.misfits for fit in usable.values()), default=0)
        return tuple(form for form, fit in usable.items() if fit.misfits == best)

    @property
    def _counts(self) -> bool:
        """Whether what can be read as times is more likely a number: digits that no name calls a time."""
        return all(form == "%Y%m%d" for form in self.time_formats) and self.unit is not None

    @property
    def _number_usable(self) -> bool:
        fit = self._number_fit
        return fit is not None and fit.count > 0 and (fit.misfits - self._empty_words) * 10 <= fit.count

    @property
    def _names(self) -> bool:
        """Whether whole numbers are names: padded with zeros, too long to count, or called so."""
        if self.unit is not None:
            return False
        shortest, longest = self._lengths
        constant = shortest == longest and not self._signed
        return (
            self._padded > 0
            or (constant and longest >= 13)
            or (constant and longest >= 6 and bool(_NAMES_SOMETHING.search(self.name)))
            or longest > 19
        )

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
        )

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

    def issues(self) -> Iterator[Issue]:
        """Say what is not as it should be."""
        where = f"column {self.name!r}"
        fit, numbers = self._fit, self._number_fit
        if self.type is ColumnType.TEXT and not self._names and numbers and numbers.count:
            what = f"its types are mixed: {numbers.count:,} numbers, {self.filled - numbers.count:,} other cells"
            yield Issue(where, what, "Is the decimal sign right, and are there lines that are no rows?")
        if fit is not None and fit.misfits:
            words = fit is numbers and self._empty_words == fit.misfits
            what = f"this is no {self.type.value}, the first of {fit.misfits:,} such cells"
            remedy = "`null_values` takes the words that stand for nothing." if words else "Correct it at its origin."
            yield Issue(f"row {fit.astray}, {where}", what, remedy)
        if self._damaged.misfits:
            what = f"{self._damaged.misfits:,} cells hold U+FFFD: characters were lost before this file was written"
            yield Issue(where, what, "Get it again from its origin; what is lost cannot be read back.")
        if not self.distinct.exact:
            yield Issue(where, "the number of different values is an estimate", "It is exact up to a million.")


def _write(moment: object, kind: ColumnType, form: str) -> str | None:
    if moment is None:
        return None
    text = moment.isoformat()  # type: ignore[attr-defined]
    match kind:
        case ColumnType.DATE:
            return str(text[:10])
        case ColumnType.TIME:
            return str(text[11:]) if text.startswith("1970-01-01") else "24:00:00"
        case _:
            return f"{text}Z" if zoned(form) else str(text)
