"""Finds out what a source is: asks one detector after the other, the surest kinds of evidence first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from include.collection.inspection import Detection
from include.connectors.detection.container import name_member
from include.connectors.detection.delimited import detect_delimited
from include.connectors.detection.encoding import decode_head
from include.connectors.detection.excel import detect_excel
from include.connectors.detection.fixed_width import detect_fixed_width
from include.connectors.detection.json_document import detect_json
from include.connectors.detection.known_files import recognise
from include.connectors.detection.messages import detect_openadr3, detect_uftp
from include.connectors.detection.parquet import detect_parquet
from include.connectors.detection.record_types import detect_dsmr, detect_line_protocol, detect_nem12
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import check_values
from include.connectors.detection.xml_document import detect_xml
from include.connectors.formats.text import find_decoder, not_in
from include.errors import SourceRefused

Detector = Callable[[Sample, Mapping[str, Any]], Detection | None]
"""Says what a sample is, or None where it is not of this detector's kind.

The mapping holds what the owner has set: keys of the format (`delimiter`, `skip_lines`). What is set is right.
"""

DETECTORS: Final[tuple[Detector, ...]] = (
    detect_openadr3,
    detect_uftp,
    detect_json,
    detect_xml,
    detect_nem12,
    detect_dsmr,
    detect_line_protocol,
    detect_parquet,
    detect_excel,
    detect_fixed_width,
    detect_delimited,
)


def detect(sample: Sample, given: Mapping[str, Any]) -> Detection:
    """Say what a sample is.

    Raises:
        SourceRefused: It is of no kind that can be read, or a setting does not fit it.
    """
    check_values(given)
    if "encoding" in given:
        _check_encoding(sample, given["encoding"])
    of_format = {key: value for key, value in given.items() if key != "member"}
    if (known := recognise(sample, of_format)) is not None:
        return name_member(sample, known.describe(_ask(sample, known.settings)), asked="member" not in given)
    return name_member(sample, _ask(sample, of_format), asked="member" not in given)


def _check_encoding(sample: Sample, encoding: str) -> None:
    """Refuse an encoding that is none, or that reads nothing of this; single bytes that do not fit are told later."""
    find_decoder(encoding, sample.name)
    try:
        decode_head(sample.head, encoding)
    except UnicodeError:
        raise not_in(encoding, sample.name) from None


def _ask(sample: Sample, of_format: Mapping[str, Any]) -> Detection:
    for detector in DETECTORS:
        found = detector(sample, of_format)
        if found is not None:
            return found
    raise SourceRefused(sample.name, "it is of no kind that can be read", "Hand over CSV, JSON, XML, Excel or Parquet.")
