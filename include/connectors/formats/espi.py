"""Reads Green Button feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from xml.etree.ElementTree import Element

import polars as pl

from include.collection.formats.espi import EspiFormat
from include.connectors.content import Content
from include.connectors.formats.espi_codes import (
    ACCUMULATIONS,
    COMMODITIES,
    CURRENCIES,
    DIRECTIONS,
    QUALITIES,
    UNITS,
)
from include.connectors.formats.market_time import rfc3339
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.xml_stream import Path, children, local_name, read_elements, text_at
from include.errors import SourceEmpty, SourceRefused

MOST_WAITING: Final = 500_000
"""Readings that are held until the feed says of what they are."""

_LOCAL_TIME: Final = {
    "tz_offset_s": "tzOffset",
    "dst_offset_s": "dstOffset",
    "dst_start_rule": "dstStartRule",
    "dst_end_rule": "dstEndRule",
}

COST_POWER: Final = -5
"""Costs are written in hundred-thousandths of the currency."""


def read_espi(content: Content, form: EspiFormat) -> Iterator[pl.DataFrame]:  # noqa: ARG001  # nothing is set
    """Read a Green Button feed; see `read_frames`."""
    return tabulate(_Feed(content.name).rows(content), content.name)


def read_units(content: Content) -> dict[str, str]:
    """Give the units of values and costs, where all reading types of a feed have the same."""
    kinds = [
        _read_type(resource)
        for _, _, entry in read_elements(content, is_wanted)
        for resource in _resources(entry)
        if local_name(resource) == "ReadingType"
    ]
    told = {column: {kind[name] for kind in kinds} for column, name in (("value", "unit"), ("cost", "currency"))}
    return {column: unit for column, units in told.items() if len(units) == 1 and (unit := units.pop())}


def is_wanted(path: Path) -> bool:
    """Say whether a path leads to an entry of a feed, or to a resource that stands alone."""
    return path[-1] == "entry" or (len(path) == 1 and path[0] == "IntervalBlock")


@dataclass(frozen=True, slots=True)
class _Links:
    """Where an entry is, and what it belongs to; without the host, which may differ."""

    itself: str = ""
    up: str = ""
    related: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entry: Element) -> _Links:
        links = [(link.get("rel") or "", _bare(link.get("href") or "")) for link in children(entry, "link")]
        named = dict(links)
        related = frozenset(href for rel, href in links if rel == "related")
        return cls(named.get("self", ""), named.get("up", ""), related)


def _bare(href: str) -> str:
    return href.partition("?")[0].partition("://")[2].partition("/")[2].strip("/") or href.strip("/")


@dataclass(slots=True)
class _Feed:
    """What a feed has said so far of its readings."""

    name: str
    types: dict[str, dict[str, str | None]] = field(default_factory=dict)
    meters: dict[str, _Links] = field(default_factory=dict)
    points: dict[str, str | None] = field(default_factory=dict)
    times: dict[str, str | None] = field(default_factory=dict)
    waiting: list[tuple[_Links, list[Element]]] = field(default_factory=list)

    def rows(self, content: Content) -> Iterator[Row]:
        held = readings = 0
        for _, _, entry in read_elements(content, is_wanted):
            links = _Links.of(entry)
            for resource in (entry,) if local_name(entry) != "entry" else _resources(entry):
                if local_name(resource) != "IntervalBlock":
                    self._remember(links, resource)
                    continue
                found = list(children(resource, "IntervalReading"))
                readings += len(found)
                if (kind := self._type_of(links)) is not None:
                    yield from self._readings(links, kind, found)
                    continue
                held += len(found)
                if held > MOST_WAITING:
                    raise SourceRefused(self.name, "too many readings come before their ReadingType", "Put it first.")
                self.waiting.append((links, found))
        for links, found in self.waiting:
            kind = self._type_of(links) or self._only_type()
            if kind is None:
                raise SourceRefused(
                    self.name,
                    "an interval block belongs to no ReadingType, so that its unit is not known",
                    "Its links lead to no meter reading with one.",
                )
            yield from self._readings(links, kind, found)
        if not readings:
            raise SourceEmpty(self.name, "the Green Button feed holds no interval reading", "Nothing can be loaded.")

    def _remember(self, links: _Links, resource: Element) -> None:
        match local_name(resource):
            case "ReadingType":
                self.types[links.itself] = _read_type(resource)
            case "MeterReading":
                self.meters[links.itself] = links
            case "UsagePoint":
                self.points[links.itself] = text_at(resource, "ServiceCategory", "kind")
            case "LocalTimeParameters" | "TimeConfiguration":
                self.times = {column: text_at(resource, name) for column, name in _LOCAL_TIME.items()}

    def _meter_of(self, links: _Links) -> tuple[str, _Links] | None:
        for itself, meter in self.meters.items():
            if links.up in meter.related or (itself and links.itself.startswith(f"{itself}/")):
                return itself, meter
        return None

    def _type_of(self, links: _Links) -> dict[str, str | None] | None:
        meter = self._meter_of(links)
        if meter is None:
            return None
        return next((self.types[each] for each in sorted(meter[1].related) if each in self.types), None)

    def _only_type(self) -> dict[str, str | None] | None:
        return next(iter(self.types.values())) if len(self.types) == 1 else None

    def _readings(self, links: _Links, kind: Mapping[str, str | None], found: Iterable[Element]) -> Iterator[Row]:
        meter = self._meter_of(links)
        above = {
            "usage_point": next((each for each in self.points if links.itself.startswith(f"{each}/")), None),
            "meter_reading": meter[0] if meter else None,
            **{name: value for name, value in kind.items() if name not in {"power", "currency"}},
        }
        for reading in found:
            start = text_at(reading, "timePeriod", "start")
            length = text_at(reading, "timePeriod", "duration") or kind["interval_length_s"]
            quality = text_at(reading, "ReadingQuality", "quality") or text_at(reading, "quality")
            begins = self._instant(start, "0")
            yield {
                **above,
                "start": begins,
                "end": self._instant(start, length) if length else None,
                "duration_s": length,
                "value": self._scaled(text_at(reading, "value"), int(kind["power"] or 0)),
                "cost": self._scaled(text_at(reading, "cost"), COST_POWER),
                "currency": kind["currency"],
                "quality": QUALITIES.get(quality or "", quality),
                "tou": text_at(reading, "tou"),
                **self.times,
            }

    def _instant(self, start: str | None, after: str) -> str | None:
        try:
            return rfc3339(datetime.fromtimestamp(int(start or "") + int(after), UTC))
        except (ValueError, OverflowError, OSError):
            raise SourceRefused(
                self.name, "a reading's timePeriod is no time", "ESPI writes seconds since 1970 in UTC."
            ) from None

    def _scaled(self, written: str | None, power: int) -> str | None:
        if written is None:
            return None
        try:
            return format(Decimal(written).scaleb(power), "f")
        except InvalidOperation:
            return written  # no number: the mapping reports the row


def _resources(entry: Element) -> Iterator[Element]:
    for content in children(entry, "content"):
        yield from content


def _read_type(resource: Element) -> dict[str, str | None]:
    def word(name: str, words: Mapping[str, str]) -> str | None:
        code = text_at(resource, name)
        return words.get(code or "", code)

    power = text_at(resource, "powerOfTenMultiplier") or "0"
    return {
        "commodity": word("commodity", COMMODITIES),
        "flow_direction": word("flowDirection", DIRECTIONS),
        "accumulation": word("accumulationBehaviour", ACCUMULATIONS),
        "phase": text_at(resource, "phase"),
        "unit": word("uom", UNITS),
        "interval_length_s": text_at(resource, "intervalLength"),
        "power": power if power.lstrip("-").isdigit() and len(power) < 4 else "0",
        "currency": word("currency", CURRENCIES),
    }
