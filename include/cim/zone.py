"""A time zone as people write it: by IANA's name, or by its offset."""

from __future__ import annotations

import re
from datetime import timedelta, timezone, tzinfo
from difflib import get_close_matches
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from include.errors import ConfigurationInvalid, Problem

_FIXED: Final = re.compile(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?")


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
    names = zone_names()
    if text not in names:
        close = get_close_matches(text, sorted(names), n=4, cutoff=0.6)
        close += [name for name in sorted(names) if name.rsplit("/", 1)[-1].casefold() == text.casefold()]
        remedy = f"Close: {', '.join(dict.fromkeys(close))}." if close else "Give an IANA name or an offset: +01:00."
        raise ConfigurationInvalid([Problem("zone", f"there is no zone {text!r}", remedy)])
    return ZoneInfo(text)


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
