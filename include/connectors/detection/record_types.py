"""Tells formats whose lines say what they are: NEM12, NEM13, P1 telegrams, line protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from include.collection.formats.dsmr import DsmrFormat
from include.collection.formats.line_protocol import LineProtocolFormat
from include.collection.formats.nem12 import Nem12Format
from include.collection.inspection import DetectedTable, Detection
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import settle
from include.connectors.formats.line_protocol import is_no_point, read_point

_NEM: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*(?:"?100"?,"?NEM1[23]|200,[A-Z0-9]{10,11},[^\r\n]*,[A-Za-z]+,0?(?:1|5|10|15|30|60),[^,\r\n]*\r?\n300,)'
)
_LOOKED_AT: Final = 256 << 10
_MOST_KINDS: Final = 20
"""More measurements than these are one table, and not read once for each."""

_P1: Final = re.compile(rb"(?:^|\n)/[A-Za-z]{3}.{1,60}\r?\n\s*(?:\d-\d{1,3}:\d)")


def detect_nem12(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Tell AEMO's meter data."""
    if given.get("kind", "nem12") != "nem12" or ("kind" not in given and not _NEM.match(sample.head)):
        return None
    return Detection((DetectedTable("readings", settle(Nem12Format, {}, given)),), 0.98, "utf-8")


def detect_dsmr(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Tell telegrams of a P1 port."""
    if given.get("kind", "dsmr") != "dsmr" or ("kind" not in given and not _P1.search(sample.head[: 64 << 10])):
        return None
    return Detection((DetectedTable("readings", settle(DsmrFormat, {}, given)),), 0.98, "ascii")


def detect_line_protocol(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Tell points of line protocol: all lines of the sample's beginning are some, and have a time."""
    if given.get("kind", "line_protocol") != "line_protocol":
        return None
    lines = sample.head[:_LOOKED_AT].decode("utf-8", "replace").splitlines()
    lines = lines if sample.whole and len(sample.head) <= _LOOKED_AT else lines[:-1]
    points = [read_point(line) for line in lines if not is_no_point(line)]
    known = [point for point in points if point is not None]
    if "kind" not in given and not (known and len(known) == len(points) and all(point.time for point in known)):
        return None
    kinds = dict.fromkeys(point.measurement for point in known) if "measurement" not in given else {}
    found: list[dict[str, str]] = [{"measurement": each} for each in kinds] if 1 < len(kinds) <= _MOST_KINDS else [{}]
    tables = (
        DetectedTable(each.get("measurement", "points"), settle(LineProtocolFormat, each, given)) for each in found
    )
    return Detection(tuple(tables), 0.98, "utf-8")
