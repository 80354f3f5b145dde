"""Tells messages of flexibility: OpenADR 3 and UFTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from include.cim.messages.openadr3 import Kind, kind_of, read_message
from include.cim.messages.uftp import ELEMENTS
from include.collection.formats.openadr3 import OpenAdr3Format
from include.collection.formats.uftp import UftpFormat
from include.collection.inspection import DetectedTable, Detection
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import settle
from include.connectors.formats.openadr3 import read_objects
from include.connectors.formats.uftp import read_messages
from include.connectors.formats.xml_stream import local_name

_OPENADR: Final = re.compile(rb'"(objectType"\s*:\s*"(PROGRAM|EVENT|REPORT)"|programID"|eventID")')
_UFTP: Final = re.compile(rb"<(\w+:)?(FlexRequest|FlexOffer|FlexOrder|D-Prognosis|FlexSettlement)\s[^>]*MessageID=")
_MOST: Final = 10_000
"""So many objects tell which kinds there are."""


def detect_openadr3(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Tell programs, events and reports of OpenADR 3: every object is one, and the first is whole."""
    if given.get("kind", "openadr3") != "openadr3" or ("kind" not in given and not _OPENADR.search(sample.head)):
        return None
    if "object" in given:
        return _detection([given["object"]], "object", OpenAdr3Format, given)
    kinds: dict[str, None] = {}
    with sample.open() as content:
        for plain in islice(read_objects(content), _MOST):
            kind = kind_of(plain)
            if kind is None or not (kinds or _is_whole(plain, kind)):
                return None
            kinds[kind] = None
    return _detection(kinds, "object", OpenAdr3Format, given)


def detect_uftp(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Tell messages of UFTP, alone or within one element."""
    if given.get("kind", "uftp") != "uftp" or ("kind" not in given and not _UFTP.search(sample.head)):
        return None
    if "message" in given:
        return _detection([given["message"]], "message", UftpFormat, given)
    with sample.open() as content:
        kinds = [ELEMENTS[local_name(element)] for element in islice(read_messages(content), _MOST)]
    return _detection(kinds, "message", UftpFormat, given)


def _is_whole(plain: Mapping[str, Any], kind: Kind) -> bool:
    try:
        read_message(plain, kind)
    except ValueError:
        return False
    return True


def _detection(
    kinds: Iterable[str], key: str, form: type[OpenAdr3Format | UftpFormat], given: Mapping[str, Any]
) -> Detection:
    """Give a table for each kind of message, in the order in which they come."""
    found: list[str | None] = list(dict.fromkeys(kinds)) or [None]
    names = [f"{kind or 'message'}s".replace("osiss", "oses") for kind in found]  # prognoses
    tables = tuple(
        DetectedTable(name, settle(form, {key: kind}, given)) for name, kind in zip(names, found, strict=True)
    )
    return Detection(tables, 0.98, "utf-8")
