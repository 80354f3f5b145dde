"""Kinds of files whose standard says what the file itself does not: the names of its columns, or its zone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import yaml

from include.cim.zone import write_offset
from include.collection.inspection import Detection, Issue
from include.connectors.detection.sample import Sample
from include.errors import SourceRefused

_TABLE: Final = Path(__file__).parent / "known_files.yaml"
_HEAD: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that was recognised.

    Attributes:
        settings: What its kind fixes of the format, and what the owner has set, which is right.
        zone: The zone of its times, if the kind or the file says it.
        note: What a reader of the file has to know.
    """

    title: str
    settings: Mapping[str, Any]
    zone: str | None
    note: str

    def describe(self, found: Detection) -> Detection:
        """Say of a detection what the file is."""
        what = f"it is {self.title}" + (f", whose zone is {self.zone}" if self.zone else "")
        issue = Issue("the file", what, self.note)
        questions = tuple(each for each in found.questions if each.key not in self.settings)
        return replace(found, issues=(issue, *found.issues), questions=questions, zone=self.zone)


def recognise(sample: Sample, given: Mapping[str, Any]) -> KnownFile | None:
    """Recognise a file by how it begins; None where no kind's beginning is its own, or its owner has named columns.

    Raises:
        SourceRefused: It is of a kind whose rows cannot be read.
    """
    if {"names", "columns", "kind"} & set(given):
        return None
    head = sample.head[:_HEAD].decode("latin-1").replace("\r\n", "\n").removeprefix("ï»¿")
    for kind in _kinds():
        if re.match(kind["begins"], head):
            if "refused" in kind:
                raise SourceRefused(sample.name, f"it is {kind['title']}: {kind['refused']}", kind["note"])
            settings = dict(kind.get("settings", {}))
            if "widths" in kind:
                settings["columns"] = _columns(kind["widths"])
            return KnownFile(kind["title"], {**settings, **given}, _zone(kind, head), kind.get("note", ""))
    return None


def _columns(widths: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Give the places of columns from their widths; blanks between them are a negative width."""
    ends = list(accumulate(abs(width) for width in widths))
    return tuple((end - width + 1, end) for end, width in zip(ends, widths, strict=True) if width > 0)


def _zone(kind: Mapping[str, Any], head: str) -> str | None:
    if "offset_h" not in kind:
        return kind.get("zone")
    found = re.match(kind["offset_h"], head)
    if found is None:
        return None
    shift = timedelta(hours=float(found[1]))
    return write_offset(shift) if shift else "UTC"


@cache
def _kinds() -> Sequence[Mapping[str, Any]]:
    kinds: list[dict[str, Any]] = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return kinds
