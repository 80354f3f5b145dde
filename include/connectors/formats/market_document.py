"""Reads market documents of IEC 62325."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final
from xml.etree.ElementTree import Element

import polars as pl

from include.collection.formats.market_document import DOCUMENT, MarketDocumentFormat
from include.connectors.content import Content
from include.connectors.formats.market_time import Steps, read_instant, rfc3339
from include.connectors.formats.records import Row, tabulate
from include.connectors.formats.xml_stream import Path, children, flatten_element, local_name, read_elements, text_at
from include.errors import SourceEmpty, SourceRefused

SEQUENCE: Final = "classificationSequence_AttributeInstanceComponent.position"

_PRICES: Final = "A44"

_MOST_ASKED: Final = 200

_FIXED, _POINT, _VARIABLE = "A01", "A02", "A03"
_CURVES: Final = {_FIXED, _POINT, _VARIABLE}

UNITS: Final = {
    "MAW": "MW", "KWT": "kW", "MWH": "MWh", "KWH": "kWh", "GWH": "GWh", "MAR": "Mvar", "MVA": "MVA", "P1": "%",
    "C62": "1", "MTQ": "m3", "DD": "deg", "KMT": "km", "HMQ": "hm3",
}  # fmt: skip
"""UN/ECE Recommendation 20's codes, as ENTSO-E's code list has them, and what `units.yaml` calls them."""


@dataclass(frozen=True, slots=True)
class Period:
    """One period of one time series.

    Attributes:
        series: The values of the document and the series around it.
        points: Positions and what each says, in order.
        categories: Whether one position has several points, each of a category of its own: prices for surplus and for
            shortage. Then each category goes on by itself.
    """

    series: dict[str, str | None]
    steps: Steps
    resolution: str
    curve: str
    points: tuple[tuple[int, dict[str, str | None]], ...]
    categories: bool = False

    @property
    def lacks(self) -> bool:
        """Whether positions are not written, of any category."""
        counts = Counter(category_of(cells) if self.categories else None for _, cells in self.points)
        return not counts or min(counts.values()) < self.steps.count

    def rows(self) -> Iterator[Row]:
        """Give a row for each position; a variable block repeats what it says until the next one, or the end."""
        names = dict.fromkeys(name for _, cells in self.points for name in cells)
        following: dict[str | None, int] = {}  # of each category, from the end
        blocks = []
        for position, cells in reversed(self.points):
            category = category_of(cells) if self.categories else None
            until = following.get(category, self.steps.count + 1) if self.curve == _VARIABLE else position + 1
            following[category] = position
            blocks.append((position, until, cells))
        for begin, until, cells in reversed(blocks):
            for each in range(begin, until):
                yield {
                    **self.series,
                    "start": rfc3339(self.steps.at(each - 1)),
                    "end": None if self.curve == _POINT else rfc3339(self.steps.at(each)),
                    "resolution": self.resolution,
                    "position": str(each),
                    **{name: cells.get(name) for name in names},
                }


def read_market_document(content: Content, form: MarketDocumentFormat) -> Iterator[pl.DataFrame]:
    """Read a market document; see `read_frames`."""
    return tabulate((row for period in read_periods(content, form) for row in period.rows()), content.name)


def read_units(content: Content, form: MarketDocumentFormat) -> dict[str, str]:
    """Give the units of prices and quantities, where all of the first series have the same."""
    told: dict[str, set[str]] = {}
    for period in islice(read_periods(content, form), _MOST_ASKED):
        currency, price, quantity = (
            period.series.get(f"{name}_Unit.name") or "" for name in ("currency", "price_Measure", "quantity_Measure")
        )
        told.setdefault("price.amount", set()).add("/".join(filter(None, [currency, UNITS.get(price, price)])))
        told.setdefault("quantity", set()).add(UNITS.get(quantity, quantity))
    return {column: unit for column, units in told.items() if len(units) == 1 and (unit := units.pop())}


def read_periods(content: Content, form: MarketDocumentFormat) -> Iterator[Period]:
    """Give one period after the other.

    Raises:
        SourceRefused: It acknowledges a question without data, or says something that cannot be laid out in time.
    """
    found = 0
    series: Element | None = None
    for path, around, element in read_elements(content, is_wanted):
        if path[-1] == "Reason":
            if path[0].startswith("Acknowledgement") and len(path) == 2:
                code, text = text_at(element, "code") or "?", text_at(element, "text") or "it says no more"
                # 999: no matching data; every other reason is about the question
                kind = SourceEmpty if code == "999" else SourceRefused
                raise kind(
                    content.name, f"it has no data, for reason {code}: {text[:300]}", "Ask for another time or area."
                )
            continue
        found += 1
        if around[-1] is not series:  # which sources count, whatever periods it has
            series = around[-1]
            content.add_records(1)
        period = _period(content.name, form, path, around, element)
        if form.sequence is None or period.series.get(SEQUENCE) == form.sequence:
            yield period
    if not found:
        raise SourceEmpty(content.name, "the market document holds no period", "There is nothing to load.")


def is_wanted(path: Path) -> bool:
    """Say whether a path leads to a period, or to the reason why there is none."""
    name = path[-1]
    if name == "Reason":
        return len(path) == 2
    return len(path) >= 3 and "." not in name and (name == "Period" or name.endswith("_Period"))


def category_of(cells: Mapping[str, str | None]) -> str | None:
    """Give what tells points of one position apart: `imbalance_Price.category` in documents of type A85."""
    return next((value for name, value in cells.items() if name.endswith(".category")), None)


def _period(
    where: str, form: MarketDocumentFormat, path: Path, around: tuple[Element, ...], element: Element
) -> Period:
    document, series = around[0], around[-1]
    cells = flatten_element(series, leave_out=frozenset({path[-1]}))
    place = f"{where}, series {cells.get('mRID') or '?'}"
    curve = cells.get("curveType") or _FIXED
    if curve not in _CURVES:
        raise SourceRefused(
            place, f"its curve type is {curve}: values between breakpoints", "A01, A02 and A03 can be read."
        )
    begin, end = (text_at(element, "timeInterval", each) for each in ("start", "end"))
    resolution = text_at(element, "resolution")
    if begin is None or end is None or resolution is None:
        raise SourceRefused(place, "a period lacks its start, end or resolution", "IEC 62325 asks for all three.")
    steps = Steps.between(read_instant(begin, place), read_instant(end, place), resolution, form.zone, place)
    points: list[tuple[int, dict[str, str | None]]] = []
    said: set[str | None] = set()  # the categories of the position before
    for point in children(element, "Point"):
        written = text_at(point, "position") or ""
        position = int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0
        cells_said = flatten_element(point, leave_out=frozenset({"position"}))
        category = category_of(cells_said)
        after = points[-1][0] if points else 0
        if position != after:
            said.clear()
        if not max(after, 1) <= position <= steps.count or category in said:
            raise SourceRefused(
                place,
                f"a period of {steps.count} positions has one that is not between {after + 1} and {steps.count}",
                "Positions count from 1 and rise.",
            )
        said.add(category)
        points.append((position, cells_said))
    told = {
        DOCUMENT: local_name(document),
        "document.type": text_at(document, "type"),
        "document.process": text_at(document, "process.processType"),
        "document.created": text_at(document, "createdDateTime"),
    }
    if told["document.type"] == _PRICES:  # where there is one auction, most documents do not number it
        cells.setdefault(SEQUENCE, "1")
    # codingScheme says nothing that an EIC code does not say itself
    named = {name: value for name, value in cells.items() if not name.endswith(".@codingScheme")}
    categories = len({position for position, _ in points}) < len(points)
    return Period({**told, **named}, steps, resolution, curve, tuple(points), categories)
