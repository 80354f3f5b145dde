"""Reads AEMO's NEM12 and NEM13.

Source: AEMO, Meter Data File Format Specification NEM12 and NEM13, version 2.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from include.collection.formats.nem12 import Nem12Format
from include.connectors.content import Content
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.text import TextLines, read_text
from include.errors import SourceRefused

LENGTHS: Final = {"1": 1440, "5": 288, "10": 144, "15": 96, "30": 48, "60": 24}
"""Intervals of a day, by the minutes of one. The specification has 5, 15 and 30; older files the others."""

UNITS: Final = {
    "KWH": "kWh", "MWH": "MWh", "WH": "Wh", "KVARH": "kvarh", "MVARH": "Mvarh", "VARH": "varh", "KVAH": "kVAh",
    "MVAH": "MVAh", "VAH": "VAh", "KW": "kW", "MW": "MW", "W": "W", "KVAR": "kvar", "MVAR": "Mvar", "VAR": "var",
    "KVA": "kVA", "MVA": "MVA", "VA": "VA", "KV": "kV", "V": "V", "KA": "kA", "A": "A", "PF": "1",
}  # fmt: skip
"""Files write them in any case; `units.yaml` knows one."""

_QUALITY: Final = re.compile(r"[A-Z]\d{0,2}")
_VALUE: Final = re.compile(r"([+-]?\d*\.?\d+)?")
_INTERVALS: Final = ("nmi", "suffix", "register_id", "meter", "unit", "interval_min")


def read_nem12(content: Content, form: Nem12Format) -> Iterator[pl.DataFrame]:
    """Read meter data; see `read_frames`."""
    return tabulate(_Reading(content, form).rows(), content.name)


class _Reading:
    """One reading of one file."""

    def __init__(self, content: Content, form: Nem12Format) -> None:
        self._content = content
        self._offset = form.utc_offset
        self._line = 0
        self._stream: dict[str, str | None] = {}
        self._per_day = 0
        self._day: list[str] | None = None
        self._events: list[tuple[int, int, list[str]]] = []

    def rows(self) -> Iterator[Row]:
        begun = False
        last = given = 0
        for line in TextLines(read_text(self._content, "utf-8"), self._content.name):
            self._line += 1
            cells = [cell.strip().strip('"') for cell in line.split(",")]
            if cells == [""]:
                continue
            if last == 900:
                raise self._refusal(
                    "follows the record 900, which is the last one", "Join files without their records 100 and 900."
                )
            for row in () if cells[0] == "400" else self._finish_day():
                given += 1
                yield row
            begun = begun or cells[0] == "100"
            last = self._take(cells)
            if last == 250:
                given += 1
                yield self._accumulation(cells)
        for row in self._finish_day():
            given += 1
            yield row
        if begun and last != 900:
            raise SourceRefused(self._content.name, "the record 900 is missing, which ends the file", "It was cut off.")
        if not given:
            raise SourceRefused(self._content.name, "no interval and no reading is in it", "Nothing can be loaded.")

    def _take(self, cells: list[str]) -> int:
        match cells[0]:
            case "200":
                self._begin_stream(cells)
            case "300":
                self._begin_day(cells)
            case "400":
                self._add_event(cells)
            case "100" | "250" | "500" | "550" | "900":
                pass  # 500 and 550: who asked for the reading, and why
            case _:
                raise self._refusal("begins with no record indicator of NEM12 or NEM13", "100 to 900 are.")
        return int(cells[0])

    def _begin_stream(self, cells: Sequence[str]) -> None:
        if len(cells) < 9:
            raise self._refusal(f"is a record 200 of {len(cells)} cells, not of 9 or 10", "See AEMO's specification.")
        minutes = cells[8].lstrip("0")
        if minutes not in LENGTHS:
            raise self._refusal("names an interval length that is not 5, 15 or 30 minutes", "See AEMO's specification.")
        self._per_day = LENGTHS[minutes]
        named = (cells[1], cells[4], cells[3], cells[6], UNITS.get(cells[7].upper(), cells[7]), minutes)
        self._stream = {name: cell or None for name, cell in zip(_INTERVALS, named, strict=True)}

    def _begin_day(self, cells: list[str]) -> None:
        if not self._stream:
            raise self._refusal("is a record 300 before any record 200", "The 200 names the meter and its unit.")
        quality = cells[self._per_day + 2] if len(cells) > self._per_day + 2 else ""
        if not _QUALITY.fullmatch(quality) or not all(map(_VALUE.fullmatch, cells[2 : self._per_day + 2])):
            raise self._refusal(
                f"has no {self._per_day} values with a quality flag behind them",
                "The interval length in the record 200 does not fit, or the line was cut off.",
            )
        self._day = cells
        self._events = []

    def _add_event(self, cells: list[str]) -> None:
        bounds = [int(cell) if cell.isascii() and cell.isdigit() and len(cell) < 5 else 0 for cell in cells[1:3]]
        if self._day is None or len(cells) < 4 or not 0 < bounds[0] <= bounds[1] <= self._per_day:
            raise self._refusal("is a record 400 that belongs to no intervals", "It follows its day's record 300.")
        self._events.append((bounds[0], bounds[1], cells))

    def _finish_day(self) -> Iterator[Row]:
        if self._day is None:
            return
        cells, self._day = self._day, None
        midnight = self._time(cells[1])
        step = timedelta(days=1) / self._per_day
        told = [cells[self._per_day + place] if len(cells) > self._per_day + place else "" for place in (2, 3, 4)]
        said = [told] * self._per_day
        for first, last, event in self._events:
            said[first - 1 : last] = [[*event[3:6], "", ""][:3]] * (last - first + 1)
        for number in range(self._per_day):
            quality, reason, text = said[number]
            yield {
                **self._stream,
                "start": self._written(midnight + number * step),
                "end": self._written(midnight + (number + 1) * step),
                "value": cells[2 + number] or None,
                "quality": quality or None,
                "reason_code": reason or None,
                "reason": text or None,
            }

    def _accumulation(self, cells: Sequence[str]) -> Row:
        if len(cells) < 20:
            raise self._refusal(
                f"is a record 250 of {len(cells)} cells, not of at least 20", "See AEMO's specification."
            )
        return {
            "nmi": cells[1],
            "suffix": cells[4] or None,
            "register_id": cells[3] or None,
            "meter": cells[6] or None,
            "direction": cells[7] or None,
            "unit": UNITS.get(cells[19].upper(), cells[19]) or None,
            "start": self._written(self._time(cells[9])),
            "start_reading": cells[8] or None,
            "start_quality": cells[10] or None,
            "end": self._written(self._time(cells[14])),
            "end_reading": cells[13] or None,
            "quality": cells[15] or None,
            "value": cells[18] or None,
        }

    def _time(self, text: str) -> datetime:
        try:
            return datetime.strptime(text, "%Y%m%d" if len(text) == 8 else "%Y%m%d%H%M%S")  # noqa: DTZ007  # see `_written`
        except ValueError:
            raise self._refusal("has no date where one belongs", "AEMO writes YYYYMMDD or YYYYMMDDhhmmss.") from None

    def _written(self, time: datetime) -> str:
        return f"{time.isoformat(timespec='seconds')}{self._offset}"

    def _refusal(self, what: str, remedy: str) -> SourceRefused:
        return SourceRefused(f"{self._content.name}, line {self._line}", f"it {what}", remedy)
