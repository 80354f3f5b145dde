"""Tells formats whose lines say what they are: NEM12, NEM13, P1 telegrams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from include.collection.formats.dsmr import DsmrFormat
from include.collection.formats.nem12 import Nem12Format
from include.collection.inspection import DetectedTable, Detection
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import settle

_NEM: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?\s*(?:"?100"?,"?NEM1[23]|200,[A-Z0-9]{10,11},[^\r\n]*,[A-Za-z]+,0?(?:1|5|10|15|30|60),[^,\r\n]*\r?\n300,)'
)
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
