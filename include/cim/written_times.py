"""Reads times that are written as text, in formats of strptime's directives and a few of our own.

Detection tries these formats, and a mapping reads by them: there is no other reader of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Final

import polars as pl

from include.cim.day_periods import begin_hours
from include.cim.odd_cells import read_left
from include.cim.strptime import OFFSET, has_day, strptime

FROM_UNTIL: Final = re.compile(r"^(.{5,}?) (?:-|–|to|bis|tot|/) (.{5,})$")
CLOCKS: Final = re.compile(r"^(.*\d{1,2}:\d{2}(?::\d{2})?(?: ?[AB])?)[-–](\d{1,2}:\d{2}(?::\d{2})?)(?: ?[AB])?$")
"""An interval without blanks, or a time with an offset: the cells of a column tell, the format says which."""

EPOCHS: Final = {
    "epoch_s": Decimal(10**6),
    "epoch_ms": Decimal(1_000),
    "epoch_us": Decimal(1),
    "epoch_ns": Decimal("0.001"),
}
"""Formats of numbers since 1970 in UTC, and how many microseconds one is; what is finer than those is cut off."""

EXCEL: Final = "excel"
"""The format of days since 30 December 1899 as a number, which Excel keeps times as: 45000.25. The fraction of the day,
or a clock (`00:15`), may stand in a second column."""

ISO: Final = "iso8601"
"""The format of ISO 8601's dates and times, with an offset or without: each text for itself."""

_TIME: Final = pl.Datetime("us")
_DAY_MICROS: Final = 86_400_000_000
_SERIAL_START: Final = -25_569 * _DAY_MICROS  # Excel's day 0
_EXACT_DIGITS: Final = 9
"""With so many digits behind its point a serial number tells milliseconds, with fewer no more than seconds."""

_WRAPPED: Final = r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$"
"""How .NET writes an instant in JSON: the offset says what a clock showed, and changes nothing."""

LATEST: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999, since 1970."""

_MIDNIGHT: Final = r"(^|[T :,_-])24:?00(:?00)?(\D|$)"
_SHORT: Final = {"%F": "%Y-%m-%d", "%D": "%m/%d/%y", "%T": "%H:%M:%S", "%R": "%H:%M", "%e": "%d", "%B": "%b"}
_ISO_USUAL: Final = tuple(
    f"%Y-%m-%d{gap}%H:%M{seconds}{offset}" for gap in "T " for seconds in (":%S.%f", "") for offset in ("", "%z")
)
_ISO_CLOCKS: Final = (
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M",
    "%Y%m%d %H%M%S",
    "%Y%m%d %H%M",
    "%Y-%m-%d %H",
    "%G-W%V-%u %H:%M:%S",
    "%G-W%V-%u %H:%M",
)
_ISO_DATES: Final = ("%Y-%m-%d", "%Y%m%d", "%G-W%V-%u", "%GW%V%u", "%G-W%V", "%GW%V", "%Y-%m")
_MARKED: Final = r"(^|[^\d:])(0?[0-3])(?: ?[ABab](:\d{2}(?::\d{2})?)|((?::?\d{2}){0,2}) ?[ABab])$"
"""A clock with a letter for the showing of a repeated hour; in the hours in which one comes, 2:00A means no other time
where A is short for AM, and later ones are not read."""

_CLOCK_BEHIND: Final = re.compile(r"(.*%[dyYj]\.?)(?:T|,? )%[HI]:%M(?::%S)?(?: ?%p)?")
"""A day with a clock that is parted from it; an offset belongs to both."""

_DIGITS_ALONE: Final = re.compile(r"(?:^| )(%H%M(?:%S)?)$")
_BLANK: Final = "[\u00a0\u2009\u202f]"
_WEEKDAY: Final = r"(\d[-/.]\d{1,2}[-/.]\d{1,4}|日) ?[(（][^\W\d_]{1,10}\.?[)）]"
"""A weekday in brackets, behind a day."""

_ZULU: Final = r"(\d)Z([+-]\d{2}:?\d{2})$"
"""A Z before the offset of the clock (mosquitto 1.5 to 2.0): it tells nothing beside that."""

_PROBED: Final = 10_000
"""The first texts of a column tell whether it is worth while to read each different one once."""


def dated(form: str) -> bool:
    """Say whether a format writes a day, or at least a month or a year."""
    return form in {ISO, EXCEL} or form in EPOCHS or has_day(_spell_out(form))


def zoned(form: str) -> bool:
    """Say whether all times in this format are instants."""
    return form in EPOCHS or "%z" in form


def read_times(texts: pl.Series, form: str) -> pl.Series:
    """Read texts in a format: UTC where it has an offset, else local; null where a text does not fit.

    Returns:
        Datetime("us"), without a zone. A time of day is on 1 January 1970.
    """
    return read_placed(texts, form)["time"]


def tidy(text: str) -> str:
    """Write a time without what tells nothing of it: blanks that do not break, a weekday in brackets, Z by an offset.

    Example:
        >>> tidy("2024/04/01(月) 0:30"), tidy("3/1/2024, 1:00\u202fAM")
        ('2024/04/01 0:30', '3/1/2024, 1:00 AM')
    """
    return re.sub(_ZULU, r"\1\2", re.sub(_WEEKDAY, r"\1", re.sub(_BLANK, " ", text)))


def _tidy_all(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(_BLANK, " ").str.replace(_WEEKDAY, "${1}").str.replace(_ZULU, "${1}${2}")


def read_placed(texts: pl.Series, form: str) -> pl.DataFrame:
    """Read texts in a format, and say of each whether it had an offset.

    Returns:
        `time`, as `read_times` gives it, and `zoned`: whether that is UTC.
    """
    head = texts.head(_PROBED)
    if head.n_unique() * 2 > len(head):
        return _read(texts, form)
    keyed = pl.DataFrame({"text": texts, "hash": texts.hash(seed=0)})
    different = keyed.group_by("hash").agg(pl.col("text").first())
    read = different.select("hash").hstack(_read(different["text"], form))
    return keyed.join(read, on="hash", how="left", maintain_order="left").select("time", "zoned")


def _read(texts: pl.Series, form: str) -> pl.DataFrame:
    if form == ISO:
        return _read_iso(texts)
    times = _parse(texts, form).alias("time")
    return times.to_frame().with_columns(pl.lit(zoned(form)).alias("zoned"))


def _read_iso(texts: pl.Series) -> pl.DataFrame:
    """Read most texts by the first one's form, the others by any of ISO 8601's."""
    sample = texts.drop_nulls().head(1)
    for form in _ISO_USUAL:
        if strptime(sample, form).count():
            times = strptime(texts, form)
            read = pl.DataFrame({"time": times, "zoned": pl.repeat(zoned(form), len(texts), eager=True)})
            left = times.is_null() & texts.is_not_null()
            if not left.any():
                return read
            others = _read_any_iso(texts.filter(left))
            return read.select(each.scatter(left.arg_true(), others[each.name]) for each in read)
    return _read_any_iso(texts)


def _read_any_iso(texts: pl.Series) -> pl.DataFrame:
    texts = _tidy_all(texts).str.replace(r" ?/.*$", "").str.replace(r"^(\d{4}-?W?\d{1,2}-?\d{1,2})[Tt]", "${1} ")
    texts = beginnings(texts, "%z")
    clock = texts.str.contains(r"\d \d").fill_null(False)
    offset = clock & texts.str.contains(OFFSET).fill_null(False)
    times = pl.Series("time", [None] * len(texts), dtype=_TIME)
    for those, forms in ((clock & ~offset, _ISO_CLOCKS), (offset, _ISO_CLOCKS), (~clock, _ISO_DATES)):
        for form in forms:
            left = those & times.is_null() & texts.is_not_null()
            if left.any():
                read = _parse(texts.filter(left), f"{form}%z" if those is offset else form)
                times = times.scatter(left.arg_true(), read)
    return pl.DataFrame({"time": times, "zoned": offset})


def _spell_out(form: str) -> str:
    for short, long in _SHORT.items():
        form = form.replace(short, long)
    return form


def _parse(texts: pl.Series, form: str) -> pl.Series:
    if form in EPOCHS:
        return _read_epochs(texts, EPOCHS[form])
    if form == EXCEL:
        return _read_serials(texts)
    form = _spell_out(form)
    if found := _DIGITS_ALONE.search(form):
        texts = _pad(texts, len(found[1]))
    return read_left(strptime(texts, form), texts, lambda odd: _parse_odd(odd, form))


def _pad(texts: pl.Series, digits: int) -> pl.Series:
    """Write the zeros that a clock without signs lost where it was taken for a number: 5 is 0005, and 130 no 13:00."""
    short = texts.str.contains(rf"(?:^| )\d{{1,{digits - 1}}}$").fill_null(False)
    if not short.any():
        return texts
    last = texts.filter(short).str.extract(r"(\d+)$", 1)
    begun = texts.filter(short).str.replace(r"\d+$", "")
    return texts.scatter(short.arg_true(), begun + last.str.zfill(digits))


def _parse_odd(texts: pl.Series, form: str) -> pl.Series:
    """Read what strptime does not know: intervals, marks of showings, 24:00, and fractions behind a comma.

    What DST behind a clock says is left to the order of the rows: to some it is the earlier showing of a repeated hour,
    to others (ERCOT) the later one.
    """
    texts = beginnings(_tidy_all(texts), form)
    if "%H" in form:
        texts = texts.str.replace(r"(\d) ?(?:[Uu]hr|h|hrs|DST)\.?$", "${1}")
        texts = texts.str.replace(_MARKED, "${1}${2}${3}${4}")
    if "%H" in form and "%M" not in form:
        texts = begin_hours(texts)
    if ".%f" in form:
        texts = texts.str.replace(r"(\d{2}),(\d+)", "${1}.${2}")
    times = _read_midnights(texts, form)
    for shorter in _shorter(form):
        times = read_left(times, texts, partial(strptime, form=shorter))
    return times


def _shorter(form: str) -> Iterator[str]:
    """Give the ways in which a source writes a whole minute or midnight shorter than its other times, or longer."""
    if "%M" in form and "%S" not in form:
        yield form.replace("%M", "%M:%S")
    elif ":%S" in form and "%f" not in form:
        yield form.replace(":%S", "")
    if found := _CLOCK_BEHIND.fullmatch(form):
        yield found[1]


def _read_midnights(texts: pl.Series, form: str) -> pl.Series:
    """Read times of which some are 24:00, the midnight that follows."""
    midnight = texts.str.contains(_MIDNIGHT)
    if "%I" in form or "%H" not in form or not midnight.any():
        return strptime(texts, form)
    texts = texts.str.replace(_MIDNIGHT, "${1}00:00${2}${3}" if ":%M" in form else "${1}0000${2}${3}")
    times = strptime(texts, form)
    later = times + pl.duration(days=1).cast(pl.Duration("us"))
    return pl.select(pl.when(pl.lit(midnight)).then(later).otherwise(pl.lit(times))).to_series()


def _read_serials(texts: pl.Series) -> pl.Series:
    """Read days since Excel's day 0, with a decimal point or comma; a fraction of the day or a clock may follow."""
    clocks = texts.str.contains(":", literal=True).fill_null(False)
    if clocks.any():
        return _read_serials(texts.set(clocks, None)).zip_with(~clocks, _read_clocks(texts))
    parts = texts.str.extract_groups(r"^(\d{1,7})(?:[.,](\d+))?(?: 0(?:[.,](\d+))?)?$").struct.unnest()
    fraction = pl.coalesce("2", "3").fill_null("0")
    micros = (("0." + fraction).cast(pl.Float64) * _DAY_MICROS).round().cast(pl.Int64)
    unit = pl.when(fraction.str.len_bytes() >= _EXACT_DIGITS).then(1_000).otherwise(1_000_000)
    rounded = (micros + unit // 2) // unit * unit
    days = pl.col("1").cast(pl.Int64) * _DAY_MICROS
    single = pl.col("2").is_null() | pl.col("3").is_null()
    return parts.select(pl.when(single).then(days + rounded + _SERIAL_START).cast(_TIME)).to_series()


def _read_clocks(texts: pl.Series) -> pl.Series:
    """Read whole days since Excel's day 0, each with a clock behind a blank."""
    days = texts.str.extract(r"^(\d{1,7}) \d", 1).cast(pl.Int64) * _DAY_MICROS + _SERIAL_START
    return _parse(texts.str.replace(r"^\d+ ", ""), "%H:%M") + days.cast(pl.Duration("us"))


def _read_epochs(texts: pl.Series, scale: Decimal) -> pl.Series:
    texts = texts.str.replace(_WRAPPED, "${1}")
    micros = texts.cast(pl.Decimal(38, 6), strict=False) * scale
    seen = pl.select(pl.when(micros.abs() <= LATEST).then(micros)).to_series()
    return seen.cast(pl.Int64, strict=False).cast(_TIME)


def beginnings(texts: pl.Series, form: str) -> pl.Series:
    """Leave of every interval the time at which it begins.

    Example:
        >>> beginnings(pl.Series(["01.01.2024 00:00 - 01.01.2024 01:00", "23:00-24:00"]), "%H:%M").to_list()
        ['01.01.2024 00:00', '23:00']
    """
    begun = [texts.str.extract(FROM_UNTIL.pattern, 1)]
    if "%z" not in form:
        begun.append(texts.str.extract(CLOCKS.pattern, 1))
    if not any(each.count() for each in begun):
        return texts
    return pl.select(pl.coalesce(*map(pl.lit, begun), pl.lit(texts))).to_series()
