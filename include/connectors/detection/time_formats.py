"""How times are written: from a few cells to a format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import polars as pl

from include.cim.strptime import MONTH
from include.cim.written_times import CLOCKS, EPOCHS, EXCEL, FROM_UNTIL, dated, read_times, tidy
from include.cim.zone_words import ZONE_WORD
from include.collection.inspection import ColumnType
from include.connectors.detection.day_words import BEFORE_DAY, CLOCK_WORD

_DATE: Final = (
    r"(?P<kanji>\d{4}年\d{1,2}月\d{1,2}日)"
    r"|(?P<iso>\d{4}(?P<s1>[-/.]|\. )\d{1,2}(?P=s1)\d{1,2}(?P<s0>\.?))"
    r"|(?P<local>\d{1,2}(?P<s2>[-/. ])\d{1,2}(?P=s2)(?P<year>\d{4}|\d{2}))"
    r"|(?P<week>\d{4}(?P<s6>[-/ ]?(?:W|KW|CW)[- ]?)\d{1,2}(?P<weekday>-?\d)?)"
    r"|(?P<part>\d{4}(?P<s9>[- ]?)(?P<letter>[QSH])[1-4])"
    r"|(?P<part_first>(?P<letter_first>[QSH])[1-4](?P<s10>[-/ ])\d{4})"
    r"|(?P<week_first>(?P<s7>(?:W|KW|CW|Week|Woche)[ .]{0,2})\d{1,2}(?P<s8>[-/ ])\d{4})"
    rf"|(?P<named>\d{{1,2}}\.?(?P<s3>[-/ ]|)(?:de )?{MONTH}(?P<s4>[-/, ]{{0,2}})(?:de )?"
    r"(?P<named_year>\d{4}|\d{2}))"
    rf"|(?P<us>{MONTH} \d{{1,2}}(?:, ?| )\d{{4}})"
    r"|(?P<month>\d{4}[-/]\d{1,2}|\d{1,2}[-/]\d{4})"
    rf"|(?P<named_month>{MONTH}(?P<s5>[-/ ])(?P<month_year>\d{{4}}|\d{{2}}))"
    r"|(?P<compact>\d{8})"
)
_TIME: Final = (
    r"(?P<clock>\d{1,2}:\d{2}(?P<seconds>:\d{2}(?P<fraction>[.,]\d+)?)?)"
    r"|(?P<dotted>\d{1,2}\.\d{2}(?P<dotted_seconds>\.\d{2})?)|(?P<french>\d{1,2}[hH]\d{2})|(?P<digits>\d{4}(?:\d{2})?)|(?P<hour>\d{1,2})"
)
_OFFSET: Final = rf"(?P<offset> ?(?:{ZONE_WORD}|[+-]\d{{2}}:?\d{{2}}|[+-]\d{{2}}))"
_WRITTEN: Final = re.compile(
    rf"(?:(?P<date>{_DATE})(?P<gap>T|, |[ :_-]|))?(?:(?P<word>{CLOCK_WORD} )?(?P<time>{_TIME}))?"
    rf"(?P<half> ?[AaPp](?:\.?[Mm]\.?)?)?{_OFFSET}?(?: Uhr| DST)?",
    re.IGNORECASE,
)
_LETTER_A: Final = re.compile(r"\d ?[Aa]$")
_LETTER_P: Final = re.compile(r"\d ?[Pp]$")
_MOST_OFFSETS: Final = 2
_DIGITS: Final = {
    10: ("%Y%m%d%H",),
    12: ("%y%m%d%H%M%S", "%Y%m%d%H%M"),
    14: ("%Y%m%d%H%M%S",),
}
_HOURS: Final = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])")
_FRACTION: Final = re.compile(r"\d{10}\.\d{1,9}")
_EPOCHS: Final = {10: "epoch_s", 13: "epoch_ms", 16: "epoch_us", 19: "epoch_ns"}
WRAPPED: Final = re.compile(r"/Date\(-?\d+(?:[+-]\d{4})?\)/")
_SERIAL: Final = re.compile(r"(\d{5})(?:[.,]\d{1,20})?")
_SERIALS: Final = range(36_526, 51_137)
"""Excel's numbers of the days from 2000 to 2040; a modified Julian day of today (60,000) is none of them."""

_LONGEST_STEP: Final = 31
"""Whole numbers in longer steps are rather seconds of a day than days."""

_WEEKS: Final = {"%Y-%m": "%G-%V", "%Y/%m": "%G/%V", "%m/%Y": "%V/%G", "%m-%Y": "%V-%G"}
_ISO: Final = re.compile(r"%Y-%m-%d([T ]%H:%M(:%S(\.%f)?)?)?|%Y-%m-%dT%H:%M:%S(\.%f)?%z")


def find_formats(
    cells: Sequence[str], order: str | None = None, *, weeks: bool = False, clocks: bool = False
) -> tuple[str, ...]:
    """Give the formats that most of these cells can be read in, the likeliest first; none where they are no times.

    A format is what strptime takes, or `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `excel`. Months may have names
    (`%b`, in seventeen languages), and 24:00 is the next day's midnight.

    Args:
        order: `dmy`, `mdy` or `ymd`, where the owner has set it.
        weeks: Whether 2024-05 is a week, of ISO 8601's, and no month.
        clocks: Whether 00.15 is a time of day, and no number.

    Example:
        >>> find_formats(["12-10-2021 00:15", "13-10-2021 00:30"])
        ('%d-%m-%Y %H:%M',)
        >>> find_formats(["03/04/2024"])
        ('%d/%m/%Y', '%m/%d/%Y')
    """
    counted: Counter[str] = Counter()
    cells = [tidy(cell) for cell in cells]
    if _are_intervals(cells[:200]):
        cells = [CLOCKS.sub(r"\1", cell) for cell in cells]
    # a letter may be the showing of a repeated hour: where none is P, A is no half of a day
    halves = any(_LETTER_P.search(cell) for cell in cells[:200])
    for cell in cells[:200]:
        if not halves and _LETTER_A.search(cell):
            continue
        forms = [_WEEKS.get(form, form) for form in _formats_of(cell)] if weeks else _formats_of(cell, clocks=clocks)
        counted.update(form for form in forms if order is None or _in_order(form, order))
    if counted["%Y%m%d%H"]:
        del counted["epoch_s"]  # of these, seconds since 1970 come to 2030 or later
    if counted[EXCEL] and not _are_days(cells):
        del counted[EXCEL]
    texts = pl.Series(cells, dtype=pl.String)
    fits = {form: _plausible(read_times(texts, form), form) for form, _ in counted.most_common(8)}
    best = max(fits.values(), default=0)
    if best * 2 <= len(cells):
        return ()
    return tuple(form for form, count in fits.items() if count == best)


def kind_of(form: str) -> ColumnType:
    """Say what a format writes: a date, a time of day, or both.

    Example:
        >>> kind_of("%H:%M").value, kind_of("%d.%m.%Y").value, kind_of("%Y%m%d:%H%M").value
        ('time', 'date', 'timestamp')
    """
    if form in EPOCHS or form == EXCEL:
        return ColumnType.TIMESTAMP
    if not dated(form):
        return ColumnType.TIME
    return ColumnType.TIMESTAMP if "%H" in form or "%I" in form else ColumnType.DATE


def _are_intervals(cells: Sequence[str]) -> bool:
    """Whether a second clock is the end of an interval: no time of day has an offset, and no column has many."""
    ends = [(found[1], found[2]) for cell in cells if (found := CLOCKS.match(cell))]
    return any(re.fullmatch(r"[\d:]+", begin) for begin, _ in ends) or len({end for _, end in ends}) > _MOST_OFFSETS


def _are_days(cells: Sequence[str]) -> bool:
    days = sorted({int(found[1]) for cell in cells if (found := _SERIAL.fullmatch(cell))})
    return len(days) < 2 or days[-1] - days[0] <= _LONGEST_STEP * (len(days) - 1)


def _in_order(form: str, order: str) -> bool:
    """Whether a format has the owner's order, or one that nobody takes for another."""
    return "%d" not in form or "%b" in form or form.startswith("%Y") or order_of(form) == order


def _plausible(times: pl.Series, form: str) -> int:
    if kind_of(form) is ColumnType.TIME:
        return times.count()
    years = (2000, 2040) if form == EXCEL else (1900, 2100)
    return int(times.dt.year().is_between(*years).sum())


def _formats_of(cell: str, *, clocks: bool = False) -> tuple[str, ...]:
    interval = FROM_UNTIL.match(cell)
    if interval and (formats := _formats_of(interval[1])):
        return formats
    if (counted := _count_formats(cell)) is not None:
        return counted
    if before := BEFORE_DAY.fullmatch(cell):
        return tuple(f"%a{before['sign']}{form}" for form in _formats_of(before["day"]) if dated(form))
    found = _WRITTEN.fullmatch(cell)
    if found is None or not (found["date"] or _is_clock(found, clocks)):
        return ()
    time = f"{found['word'] or ''}{_time_format(found)}"
    if not found["date"]:
        return (time,)
    gap = found["gap"] or ""
    return tuple(f"{date}{gap}{time}" if time else date for date in _date_formats(found) if time or not gap)


def _is_clock(found: re.Match[str], called: bool) -> bool:
    return bool(found["clock"] or found["french"] or (found["dotted"] and (found["word"] or called)))


def _count_formats(cell: str) -> tuple[str, ...] | None:
    """Give the formats of digits without signs, and of counts since a day; None where a cell is neither."""
    if serial := _SERIAL.fullmatch(cell):
        return (EXCEL,) if int(serial[1]) in _SERIALS else ()
    if cell.isascii() and cell.isdigit() and len(cell) != 8:
        formats = tuple(form for form in _DIGITS.get(len(cell), ()) if len(cell) != 10 or _HOURS.fullmatch(cell))
        return (*formats, *((_EPOCHS[len(cell)],) if len(cell) in _EPOCHS else ()))
    if WRAPPED.fullmatch(cell):
        return ("epoch_ms",)
    return ("epoch_s",) if _FRACTION.fullmatch(cell) else None


def _time_format(found: re.Match[str]) -> str:
    hour = "%I" if found["half"] else "%H"
    if found["clock"]:
        seconds = (":%S" if found["seconds"] else "") + (".%f" if found["fraction"] else "")
        time = f"{hour}:%M{seconds}"
    elif found["dotted"]:
        time = f"{hour}.%M" + (".%S" if found["dotted_seconds"] else "")
    elif found["french"]:
        time = f"{hour}h%M"
    elif found["digits"]:
        time = f"{hour}%M%S" if len(found["digits"]) == 6 else f"{hour}%M"
    else:
        time = hour if found["hour"] else ""
    if found["half"] and time:  # a letter behind eight digits is no half of a day
        time += " %p" if found["half"].startswith(" ") else "%p"
    if found["offset"]:
        time += " %z" if re.match(r" [+-]", found["offset"]) else "%z"
    return time


def _date_formats(found: re.Match[str]) -> tuple[str, ...]:  # noqa: PLR0911  # one line a way of writing
    if found["kanji"]:
        return ("%Y年%m月%d日",)
    if found["iso"]:
        return (f"%Y{found['s1']}%m{found['s1']}%d{found['s0']}",)
    if found["local"]:
        sign, year = found["s2"], "%Y" if len(found["year"]) == 4 else "%y"
        orders = [("%d", "%m", year)]
        if sign != ".":  # nobody writes a month before the day with dots
            orders += [("%m", "%d", year)] + ([("%y", "%m", "%d")] if year == "%y" else [])
        return tuple(sign.join(order) for order in orders)
    if found["week"]:
        day = found["weekday"] or ""
        return (f"%G{found['s6']}%V" + ("-%u" if day.startswith("-") else "%u" if day else ""),)
    if found["part"]:
        return (f"%Y{found['s9']}{found['letter'].upper()}%q",)
    if found["part_first"]:
        return (f"{found['letter_first'].upper()}%q{found['s10']}%Y",)
    if found["week_first"]:
        return (f"{found['s7']}%V{found['s8']}%G",)
    if found["named"]:
        year = "%Y" if len(found["named_year"]) == 4 else "%y"
        return (f"%d{found['s3']}%b{found['s4']}{year}",)
    if found["us"]:
        return (f"%b %d{',' if ',' in found['us'] else ''}{' ' if found['us'][-5] == ' ' else ''}%Y",)
    if found["month"]:
        sign = next(sign for sign in "-/" if sign in found["month"])
        return (f"%Y{sign}%m",) if found["month"].index(sign) == 4 else (f"%m{sign}%Y",)
    if found["named_month"]:
        return (f"%b{found['s5']}{'%Y' if len(found['month_year']) == 4 else '%y'}",)
    return ("%Y%m%d",)


def order_of(form: str) -> str:
    """Say in which order a format has day, month and year: `dmy`, `mdy`, `ymd`.

    Example:
        >>> order_of("%m/%d/%Y %H:%M")
        'mdy'
    """
    return "".join(sign.lower() for sign in re.findall(r"%([dmbyY])", form)).replace("b", "m")[:3]


def as_mapped(form: str) -> str:
    """Name a format as a mapping rule takes it: `iso8601` where it is one."""
    return "iso8601" if _ISO.fullmatch(form) else form
