"""Checks a mapping rule that fills a timestamp."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from include.cim.mapping_config import MappingRule, MissingHour, Numbering, RepeatedHour
from include.cim.zone import read_zone
from include.errors import ConfigurationInvalid, Problem

_DIRECTIVES: Final = frozenset("YymdjHIMSpbBaAefzTFDRGVuq%")
_OWN: Final = ("iso8601", "excel", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns")
_LONGEST_NUMBER: Final = 999
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_MONTHS: Final = "mbBDFj"
"""The directives that tell a month, or of which day of the year a day is."""
_USUAL: Final = {
    "format": None,
    "zone": None,
    "date": None,
    "label": "start",
    "period": None,
    "numbers": 1,
    "numbering": Numbering.ELAPSED,
    "repeated_hour": RepeatedHour.REFUSE,
    "repeated_flag": None,
    "missing_hour": MissingHour.REFUSE,
}
"""The options that only timestamps have, and what each is where it is not written."""


def check_no_time(rule: MappingRule, where: str) -> Iterator[Problem]:
    """Find options of timestamps in a rule of another field."""
    for name, usual in _USUAL.items():
        if getattr(rule, name) != usual:
            yield Problem(f"{where}.{name}", f"{rule.field} is no timestamp", f"Leave `{name}` out.")
    if rule.occurrence_per and rule.interval != "previous":
        yield Problem(f"{where}.occurrence_per", f"{rule.field} is no timestamp", "Leave `occurrence_per` out.")


def check_time(rule: MappingRule, where: str) -> Iterator[Problem]:
    """Find what is wrong in a rule that reads a timestamp."""
    if rule.constant is not None or rule.values is not None or rule.formula is not None:
        what = f"{rule.field} is a timestamp, and takes neither a constant nor values nor a formula"
        yield Problem(where, what, "Name its column.")
        return
    yield from _check_format(rule, where)
    yield from _check_zone(rule, where)
    yield from _check_label(rule, where)
    yield from _check_period(rule, where)
    yield from _check_repeats(rule, where)


def _check_format(rule: MappingRule, where: str) -> Iterator[Problem]:
    form = rule.format
    if rule.date is not None:
        yield from _check_date(rule, where)
    if form is None:
        if not (rule.date and rule.period):
            yield Problem(
                f"{where}.format", "it is missing", "Write iso8601, or how the times look: %d-%m-%Y %H:%M:%S."
            )
        return
    if form in _OWN:
        return
    used = re.findall(r"%(.?)", form.replace("%%", ""))
    unknown = [f"%{each}" for each in used if each not in _DIRECTIVES]
    if unknown or not used:
        what = f"{', '.join(unknown) or 'it'} is no directive"
        yield Problem(f"{where}.format", what, f"For example %Y-%m-%d %H:%M:%S, or {', '.join(_OWN)}.")
    elif "f" in used and ".%f" not in form:
        yield Problem(f"{where}.format", "fractions of a second need their point", "Write %S.%f.")
    elif "z" in used and not form.endswith("%z"):
        yield Problem(f"{where}.format", "an offset stands at the end of a time", "Move %z to the end.")
    elif rule.date is None and not _dated(used):
        what = "it has no date, and a time needs one"
        yield Problem(f"{where}.format", what, "Join the column of the date (`source: [date, time]`), or give `date`.")
    elif {"d", "e"} & {*used} and not {*_MONTHS} & {*used}:
        yield Problem(f"{where}.format", "it has a day of no month", "Add %m, or %b where the month is a word.")
    else:
        yield from _try_format(rule, where)


def _try_format(rule: MappingRule, where: str) -> Iterator[Problem]:
    """Read a time: what does not go together in a format, the reader's library refuses whatever the text is."""
    from polars import Series
    from polars.exceptions import ComputeError

    from include.cim.written_times import read_placed

    form = f"%Y-%m-%d {rule.format}" if rule.date is not None else rule.format or ""
    try:
        read_placed(Series(["1"]), form)
    except ComputeError:
        what = "the parts of its clock do not go together"
        yield Problem(f"{where}.format", what, "A clock is %H, %H:%M or %H:%M:%S, or with a half of the day %I:%M %p.")


def _dated(used: list[str]) -> bool:
    return any(each in used for each in "YyFDG")


def _check_date(rule: MappingRule, where: str) -> Iterator[Problem]:
    try:
        date.fromisoformat(rule.date or "")
    except ValueError:
        yield Problem(f"{where}.date", f"{rule.date!r} is no date", "Write it as 2022-10-30.")
    if rule.format is not None and (rule.format in _OWN or _dated(re.findall(r"%(.?)", rule.format))):
        yield Problem(f"{where}.date", f"the format {rule.format} has a date of its own", "Leave `date` out.")


def _check_zone(rule: MappingRule, where: str) -> Iterator[Problem]:
    form = rule.format or ""
    if rule.zone is not None:
        try:
            read_zone(rule.zone)
        except ConfigurationInvalid as error:
            yield Problem(f"{where}.zone", error.problems[0].what, error.problems[0].remedy)
    elif (form not in _OWN or form == "excel") and "%z" not in form and (form or rule.date):
        yield Problem(
            f"{where}.zone", "it is missing, and the format has no offset", "Write UTC, Europe/Brussels or +01:00."
        )


def _check_label(rule: MappingRule, where: str) -> Iterator[Problem]:
    if rule.interval == "row":
        yield Problem(f"{where}.interval", "`row` is the length between two timestamps", "Write a length: PT15M.")
    elif rule.label == "end" and rule.interval is None:
        what = "the end of an interval tells its start only with the length"
        yield Problem(f"{where}.interval", f"it is missing: {what}", "Write PT15M or PT1H, or `previous`.")
    elif rule.label == "start" and rule.interval is not None:
        what = "a time that is the start of its interval needs no length"
        yield Problem(f"{where}.interval", what, "Leave it out, or write `label: end`.")


def _check_period(rule: MappingRule, where: str) -> Iterator[Problem]:
    if rule.period is None:
        if rule.numbering is not Numbering.ELAPSED:
            yield Problem(f"{where}.numbering", "it goes with `period`", "Write how long a period is: PT1H.")
        if rule.numbers != 1:
            yield Problem(f"{where}.numbers", "it goes with `period`", "Write how long a period is: PT15M.")
        return
    if len(rule.columns) <= rule.numbers and rule.date is None:
        what = "the last columns number the periods of a day, and no other tells the day"
        yield Problem(f"{where}.period", what, "Write `source: [date, hour]`, or give `date`.")
    if len(rule.columns) < rule.numbers:
        yield Problem(f"{where}.numbers", "there is one column only", "Write `source: [date, hour, quarter]`.")
    if rule.numbers != 1 and (rule.period >= _HOUR or _HOUR % rule.period):
        what = "an hour is not made of several such periods"
        yield Problem(f"{where}.period", what, "Usual are PT30M, PT15M and PT5M.")
    if rule.label == "end":
        yield Problem(f"{where}.label", "the number of a period names all of it", "Leave `label` out.")
    if _DAY % rule.period or _DAY // rule.period > _LONGEST_NUMBER:
        yield Problem(f"{where}.period", "a day is not made of such periods", "Usual are PT1H, PT30M, PT15M and PT5M.")


def _check_repeats(rule: MappingRule, where: str) -> Iterator[Problem]:
    by_register = rule.repeated_hour is RepeatedHour.BY_OCCURRENCE or rule.interval == "previous"
    if rule.occurrence_per and not by_register:
        what = "it goes with `repeated_hour: by_occurrence`, or with `interval: previous`"
        yield Problem(f"{where}.occurrence_per", what, "Add one of the two, or leave it out.")
    if rule.repeated_flag is not None and rule.repeated_hour is not RepeatedHour.REFUSE:
        what = "`repeated_flag` tells the showings apart already"
        yield Problem(f"{where}.repeated_hour", what, "Leave one of the two out.")
