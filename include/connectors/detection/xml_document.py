"""Tells XML: a preset where it is of a standard, else where its records are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final
from xml.etree.ElementTree import Element

from include.collection.formats.espi import EspiFormat
from include.collection.formats.market_document import MarketDocumentFormat
from include.collection.formats.xml_records import XmlFormat
from include.collection.inspection import DetectedTable, Detection, Issue, Question
from include.connectors.detection.json_shapes import weigh_cells
from include.connectors.detection.numbers import DetectedNumbers, detect_texts
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import settle
from include.connectors.formats.market_document import SEQUENCE, Period, read_periods
from include.connectors.formats.market_time import rfc3339
from include.connectors.formats.xml_events import BLOCK, read_events
from include.connectors.formats.xml_stream import Path, flatten_element, local_name, text_of
from include.errors import SourceRefused

_BEGINS: Final = re.compile(rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*\0?<\0?[A-Za-z_?!]")
_MOST_PERIODS: Final = 10_000
_MOST_ELEMENTS: Final = 50_000
_MOST_LOOKED_AT: Final = 2_000


def detect_xml(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Say what an XML document is, from its beginning."""
    kinds = {"xml", "market_document", "espi"}
    if given.get("kind", "xml") not in kinds or not _BEGINS.match(sample.head):
        return None
    root = _read_head(sample)
    name = local_name(root)
    if name.lower() == "html":
        raise SourceRefused(sample.name, "it is a web page", "Is it the address or file you meant?")
    match given.get("kind") or _preset(root):
        case "market_document":
            return _detect_market_document(sample, given)
        case "espi":
            form = settle(EspiFormat, {}, given)
            return Detection((DetectedTable("readings", form),), 0.98, "utf-8")
        case _:
            return _detect_records(root, given, sample.name)


def _preset(root: Element) -> str:
    name = local_name(root)
    if name.endswith("MarketDocument"):
        return "market_document"
    if name in {"feed", "entry"} and any("naesb.org/espi" in str(element.tag) for element in root.iter()):
        return "espi"
    return "xml"


def _read_head(sample: Sample) -> Element:
    """Read the tree of a document that may be cut off."""
    blocks = (sample.head[begin : begin + BLOCK] for begin in range(0, len(sample.head), BLOCK))
    root = None
    for _, element in read_events(blocks, sample.name, whole=sample.whole):
        root = element if root is None else root
    if root is None:
        raise SourceRefused(sample.name, "the XML ends too early", "No element begins in its first part.")
    return root


def _detect_market_document(sample: Sample, given: Mapping[str, Any]) -> Detection:
    form = settle(MarketDocumentFormat, {}, given)
    with sample.open() as content:
        periods = list(islice(read_periods(content, form), _MOST_PERIODS))
    repeated = sum(1 for period in periods if period.curve == "A03" and period.lacks)
    issues = []
    if repeated:
        issues.append(
            Issue(
                f"{repeated} periods",
                "positions that are not written repeat the value before them (curve type A03)",
                "They are written out: every position is a row.",
            )
        )
    gaps = sum(1 for period in periods if period.curve != "A03" and period.lacks)
    if gaps:
        issues.append(
            Issue(f"{gaps} periods", "positions are missing", "They stay missing: nothing tells their value.")
        )
    options, told = _find_doubles(periods)
    questions = (
        (Question("sequence", "which of several series for the same time is meant", options),) if options else ()
    )
    return Detection((DetectedTable("points", form),), 0.98, "utf-8", (*issues, *told), questions)


def _find_doubles(periods: list[Period]) -> tuple[tuple[str, ...], list[Issue]]:
    """Find series that cover the same time and differ by their sequence, or by nothing but their number."""
    by_time: dict[tuple[Any, ...], list[Period]] = {}
    for period in periods:
        what = tuple((name, value) for name, value in sorted(period.series.items()) if name not in {"mRID", SEQUENCE})
        by_time.setdefault((what, rfc3339(period.steps.start), period.steps.count), []).append(period)
    double = [same for same in by_time.values() if len(same) > 1]
    if not double:
        return (), []
    sequences = tuple(sorted({period.series.get(SEQUENCE) or "" for same in double for period in same} - {""}))
    start = rfc3339(double[0][0].steps.start)
    if len(sequences) > 1:
        said = f"sequences {', '.join(sequences)} cover the same time: their sum counts it more than once"
        return sequences, [Issue(f"the period from {start}", said, "Set `sequence`, or keep its column in the key.")]
    return (), [
        Issue(
            f"the period from {start}", "two series cover it that differ by their number only", "Keep mRID in the key."
        )
    ]


def _detect_records(root: Element, given: Mapping[str, Any], name: str) -> Detection:
    found = _find_records(root)
    if "records" in given:
        path = tuple(given["records"].strip("/").split("/"))
        found = [each for each in found if each[0] == path] or [(path, 0, (), DetectedNumbers())]
    if not found:
        cells = flatten_element(root)
        if not cells:
            raise SourceRefused(name, "no records are in its first part", "Set `records` to where they are.")
        found = [((local_name(root),), 0, (), detect_texts(cells.items()))]
    tables = []
    for path, _, leave_out, numbers in found:
        settings = {"records": "/" + "/".join(path), "leave_out": leave_out, **numbers.beside(given)[0]}
        tables.append(DetectedTable(path[-1], settle(XmlFormat, settings, given)))
    rivals = [each for each in found[1:] if each[1] * 2 > found[0][1]]
    options = tuple("/" + "/".join(path) for path, *_ in (found[0], *rivals))
    questions = (Question("records", "which of several lists is the main one", options),) if rivals else ()
    return Detection(
        tuple(tables), 0.7 if rivals else 0.9, "utf-8", questions=(*questions, *found[0][3].beside(given)[1])
    )


def _find_records(root: Element) -> list[tuple[Path, int, tuple[str, ...], DetectedNumbers]]:
    """Give the paths of elements that repeat, with the weight of what they hold and its numbers; the main one first."""
    at: dict[Path, list[Element]] = {}
    repeats: set[Path] = set()
    for path, element, again in islice(_walk(root, ()), _MOST_ELEMENTS):
        at.setdefault(path, []).append(element)
        if again and (len(element) or element.attrib):
            repeats.add(path)
    found = []
    for path in repeats:
        below = [each for each in repeats if each[: len(path)] == path and each != path]
        leave_out = tuple(sorted(".".join(each[len(path) :]) for each in below))
        cells = [
            cell
            for element in at[path][:_MOST_LOOKED_AT]
            for cell in (
                *flatten_element(element, leave_out=frozenset(leave_out)).items(),
                (path[-1], text_of(element)),
            )
        ]
        share = len(at[path]) / len(at[path][:_MOST_LOOKED_AT])
        found.append((path, int(weigh_cells(cells) * share), leave_out, detect_texts(cells)))
    return sorted(found, key=lambda each: (-each[1], len(each[0])))


def _walk(element: Element, above: Path) -> Iterator[tuple[Path, Element, bool]]:
    path = (*above, local_name(element))
    if not above:
        yield path, element, False
    seen: dict[str, int] = {}
    for child in element:
        seen[child.tag] = seen.get(child.tag, 0) + 1
    for child in element:
        yield (*path, local_name(child)), child, seen[child.tag] > 1
        yield from _walk(child, path)
