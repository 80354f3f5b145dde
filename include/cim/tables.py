"""Reads the tables that come with the platform: YAML, written by developers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def read_table(file: Path) -> Any:
    """Give what a YAML file of the platform's own says. What a person wrote is read by `collection.document`."""
    return yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)


def read_tables(folder: Path) -> dict[str, Any]:
    """Give what each file of a folder says, by its name without the ending."""
    return {file.stem: read_table(file) for file in sorted(folder.glob("*.yaml"))}
