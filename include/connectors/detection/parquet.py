"""Knows Parquet by its first bytes; its footer says the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from include.collection.formats.parquet import ParquetFormat
from include.collection.inspection import DetectedTable, Detection
from include.connectors.archive import PARQUET
from include.connectors.detection.sample import Sample
from include.connectors.detection.settings import read_settings
from include.connectors.formats.parquet import ENCRYPTED, open_parquet


def detect_parquet(sample: Sample, given: Mapping[str, Any]) -> Detection | None:
    """Detect Parquet.

    Raises:
        SourceRefused: It is damaged, encrypted, or greater than a limit.
        ConfigurationInvalid: A setting is none of this format.
    """
    if not sample.head.startswith((PARQUET, ENCRYPTED)):
        return None
    form = ParquetFormat(**read_settings(given, ParquetFormat))
    with sample.open() as content:
        open_parquet(content.seekable(), content.name)
    return Detection((DetectedTable("table", form),), 1.0)
