"""Detects and reads a document, as an inspection does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from include.collection.inspection import Detection
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.sample import take_sample
from include.connectors.formats.choose import read_frames

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "tests" / "data" / "documents"


def detect_bytes(body: bytes, **given: Any) -> Detection:
    return detect(take_sample("a document", lambda: Content.of(body, "a document")), given)


def read_tables(body: bytes, **given: Any) -> Mapping[str, pl.DataFrame]:
    """Every table that is found, read by its format."""
    return {
        table.name: pl.concat(read_frames(Content.of(body, "a document"), table.form), how="diagonal")
        for table in detect_bytes(body, **given).tables
    }
