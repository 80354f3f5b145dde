"""Reads P1 telegrams.

Source: DSMR P1 Companion Standard 5.0.2 (and 2.2+, 3.0, 4.x), eMUCS-P1 2.1; IEC 62056-21 for the lines, IEC 62056-61
for the OBIS codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import polars as pl

from include.collection.formats.dsmr import DsmrFormat
from include.collection.inspection import Issue
from include.connectors.content import Content
from include.connectors.formats.obis import NAMES
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.text import TextLines, read_text
from include.errors import SourceRefused

MOST_BYTES: Final = 64 << 10
"""Of one telegram; the longest real ones have a few kilobytes."""

_LINE: Final = re.compile(r"(\d{1,3}-\d{1,3}:\d{1,3})[.:](\d{1,3}\.\d{1,3}(?:[.*]\d{1,3})?)((?:\([^()]*\))+)")
"""Meters of DSMR 4, and its standard's own example, write 1-0:99:97.0 as well."""

_CELL: Final = re.compile(r"\(([^()]*)\)")
_TIME: Final = re.compile(r"(\d{12})([SW]?)")
_MEASURED: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)\*(\S+)")
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_END: Final = re.compile(r"!([0-9A-Fa-f]{4})?\s*")


def read_dsmr(content: Content, form: DsmrFormat) -> Iterator[pl.DataFrame]:
    """Read telegrams; see `read_frames`."""
    return tabulate(_rows(content, form), content.name)


def _rows(content: Content, form: DsmrFormat) -> Iterator[Row]:
    given = timeless = 0
    for number, (telegram, checksum) in enumerate(_telegrams(content), start=1):
        where = f"{content.name}, telegram {number}"
        if checksum is not None and checksum not in {crc16(telegram.replace("\n", "\r\n")), crc16(telegram)}:
            if form.damaged == "skip":
                content.issues.append(
                    Issue(f"telegram {number}", "it is damaged, and left out", "Its checksum differs.")
                )
                continue
            raise SourceRefused(
                where,
                "its checksum differs: it was damaged on its way",
                "Set `damaged` to skip to leave such ones out.",
            )
        for row in _Telegram(telegram, form, where).rows():
            given += 1
            timeless += row["time"] is None
            yield row
    if timeless:
        what = f"telegrams without a time (DSMR 2 and 3): {timeless:,} of {given:,} readings have none"
        content.issues.append(Issue("the telegrams", what, "Only gas has its own. When was each one received?"))
    if not given:
        raise SourceRefused(content.name, "no telegram with a value is in it", "Nothing can be loaded from it.")


def crc16(telegram: str) -> int:
    """Give a telegram's checksum: CRC-16/ARC over everything from the `/` to the `!`, both included."""
    crc = 0
    for byte in telegram.encode("latin-1"):
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _telegrams(content: Content) -> Iterator[tuple[str, int | None]]:
    """Give telegrams with their checksum, which those of DSMR 2 and 3 do not have."""
    held: list[str] | None = None
    size = number = 0
    for line in TextLines(read_text(content, "latin-1"), content.name):
        if line.startswith("/"):
            if held is not None:
                raise SourceRefused(
                    f"{content.name}, telegram {number}", "it has no end: another one begins in it", "It was cut off."
                )
            held, size, number = [], 0, number + 1
        if held is None:
            continue  # what a logger writes between telegrams
        size += len(line)
        if size > MOST_BYTES:
            raise SourceRefused(f"{content.name}, telegram {number}", "it is longer than 64 KiB", "No P1 telegram is.")
        if (end := _END.fullmatch(line)) is not None:
            yield "\n".join([*held, "!"]), int(end[1], 16) if end[1] else None
            held = None
        else:
            held.append(line)
    if held is not None:
        raise SourceRefused(
            f"{content.name}, telegram {number}", "the file ends in it", "It was cut off; get it again."
        )


class _Telegram:
    """One telegram."""

    def __init__(self, text: str, form: DsmrFormat, where: str) -> None:
        self._form = form
        self._where = where
        joined = text.replace("\n(", "(")  # DSMR 2 breaks the line before a gas value
        self._lines = [line.strip() for line in joined.splitlines()[1:] if line.strip() not in {"", "!"}]

    def rows(self) -> Iterator[Row]:
        found = []
        for line in self._lines:
            match = _LINE.fullmatch(line)
            if match is None:
                raise SourceRefused(self._where, "a line of it is no OBIS code with values", "1-0:1.8.1(…) is one.")
            found.append((f"{match[1]}.{match[2]}", _CELL.findall(match[3])))
        values = dict(found)
        time = self._time((values.get("0-0:1.0.0") or [""])[0])
        meter = _text((values.get("0-0:96.1.1") or values.get("0-0:96.1.4") or [""])[0])
        tariff = (values.get("0-0:96.14.0") or [None])[0]
        channels = {
            obis[2:].partition(":")[0]: _text(cells[0])
            for obis, cells in found
            if re.fullmatch(r"0-[1-9]:96\.1\.[01]", obis)
        }
        for obis, cells in found:
            if obis in {"0-0:1.0.0", "0-0:96.1.1"}:
                continue
            channel = obis[2:].partition(":")[0] if obis.startswith("0-") else "0"
            yield {
                "telegram_time": time,
                "meter": channels.get(channel, meter),
                "tariff": tariff,
                "obis": obis,
                "name": NAMES.get(re.sub(r"^0-[1-9]:", "0-n:", obis)),
                **self._value(cells, time),
            }

    def _value(self, cells: list[str], telegram_time: str | None) -> Row:
        """Read a value and its unit, with the time that it has of its own; else the text."""
        if len(cells) == 7 and _NUMBER.fullmatch(cells[6]):  # DSMR 2: time, status, period, objects, code, unit, value
            return {"time": self._time(cells[0]), "value": _plain(cells[6]), "unit": cells[5], "text": None}
        measured = _MEASURED.fullmatch(cells[-1])
        if measured is not None and len(cells) == 1:
            return {"time": telegram_time, "value": _plain(measured[1]), "unit": measured[2], "text": None}
        if measured is not None and len(cells) == 2 and _TIME.fullmatch(cells[0]):
            return {"time": self._time(cells[0]), "value": _plain(measured[1]), "unit": measured[2], "text": None}
        return {"time": telegram_time, "value": None, "unit": None, "text": ",".join(cells) or None}

    def _time(self, text: str) -> str | None:
        """Give a time in RFC 3339; without its offset where the telegram has none."""
        found = _TIME.fullmatch(text)
        if found is None:
            return None
        try:
            time = datetime.strptime(found[1], "%y%m%d%H%M%S").isoformat()  # noqa: DTZ007  # the offset follows
        except ValueError:
            raise SourceRefused(
                self._where, "it holds a time that does not exist", "DSMR writes YYMMDDhhmmssX."
            ) from None
        if not found[2]:
            return time
        return time + (self._form.winter_offset if found[2] == "W" else _an_hour_more(self._form.winter_offset))


def _an_hour_more(offset: str) -> str:
    minutes = int(offset[:3]) * 60 + int(offset[0] + offset[4:]) + 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _plain(number: str) -> str:
    """Take the zeros away that fill a number up to its width."""
    return re.sub(r"^([+-]?)0+(?=\d)", r"\1", number)


def _text(cell: str) -> str | None:
    """Read an equipment identifier: octets in hexadecimal, which spell a text."""
    try:
        text = bytes.fromhex(cell).decode("ascii")
    except ValueError:
        return cell or None
    return text if text.isprintable() and text else cell or None
