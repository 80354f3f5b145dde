"""A time zone as people write it: by IANA's name, or by its offset."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from include.errors import ConfigurationInvalid, Problem

OFFSET: Final = r"^[+-]([01]\d|2[0-3]):[0-5]\d$"
"""An offset that is written in full: +05:30."""

_FIXED: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?")


HOURS: Final = {
    **dict.fromkeys(("UTC", "GMT", "WET", "Z", "z"), 0.0),
    **dict.fromkeys(("CET", "MEZ", "BST", "WEST"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "EET", "OEZ", "SAST"), 2.0),
    **dict.fromkeys(("EEST", "OESZ", "MSK", "TRT"), 3.0),
    **{"AST": -4.0, "ADT": -3.0, "EST": -5.0, "EDT": -4.0, "CST": -6.0, "CDT": -5.0, "MST": -7.0, "MDT": -6.0},
    **{"PST": -8.0, "PDT": -7.0, "AKST": -9.0, "AKDT": -8.0, "HST": -10.0, "BRT": -3.0},
    **{"AWST": 8.0, "ACST": 9.5, "ACDT": 10.5, "AEST": 10.0, "AEDT": 11.0, "NZST": 12.0, "NZDT": 13.0},
    **{"JST": 9.0, "KST": 9.0, "HKT": 8.0, "SGT": 8.0},
}
"""Words that energy data have for one offset; those that mean several, such as IST, are none."""


def read_zone(text: str) -> tzinfo:
    """Read a zone's IANA name, or a fixed offset.

    Raises:
        ConfigurationInvalid: There is no such zone; names those that are written alike.

    Example:
        >>> read_zone("+05:30").utcoffset(None), read_zone("Europe/Brussels").key
        (datetime.timedelta(seconds=19800), 'Europe/Brussels')
    """
    if found := _FIXED.fullmatch(text):
        shift = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        if shift < timedelta(hours=24):
            return timezone(-shift if found[1] == "-" else shift)
    if text == "Z":
        text = "UTC"
    if text not in zone_names():
        close = find_close_zones(text)
        remedy = f"Close: {', '.join(close)}." if close else "Give an IANA name or an offset: +01:00."
        if text in HOURS:
            offset = write_offset(timedelta(hours=HOURS[text]))
            remedy = f"Write {offset}, which it is all year round, or whose clock it is: Europe/Brussels."
        raise ConfigurationInvalid([Problem("zone", f"there is no zone {text!r}", remedy)])
    return ZoneInfo(text)


def find_close_zones(text: str) -> list[str]:
    """Give the IANA names that are written like a text; none where it is a word for an offset, as CEST is.

    Example:
        >>> find_close_zones("Europe/Wien")[0], find_close_zones("brussels"), find_close_zones("CEST")
        ('Europe/Vienna', ['Europe/Brussels'], [])
    """
    if text in HOURS:
        return []
    names = sorted(zone_names())
    close = get_close_matches(text, names, n=4, cutoff=0.6)
    close += [name for name in names if name.rsplit("/", 1)[-1].casefold() == text.casefold()]
    return list(dict.fromkeys(close))


@cache
def zone_names() -> frozenset[str]:
    """Every IANA name that this machine knows; found out once, for it looks at every file of every zone: 10 ms."""
    return frozenset(available_timezones())


def write_offset(shift: timedelta) -> str:
    """Write a fixed offset as `read_zone` reads it.

    Example:
        >>> write_offset(timedelta(hours=-3, minutes=-30))
        '-03:30'
    """
    minutes = round(abs(shift) / timedelta(minutes=1))
    return f"{'-' if shift < timedelta(0) else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
