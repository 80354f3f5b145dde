"""The formats that the platform knows, made of the labelled header sets: `python -m tests.known_formats` writes them.

Made of the sets that may be looked at alone: what measures must not be known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from include.cim.suggest.formats import TABLE
from tests.unit.cim.header_sets import FOLDER, read_sets

_ABOUT = (
    "Column names of public formats, and the CIM field of each. Made of tests/data/headers/tuning*.yaml by "
    "`python -m tests.known_formats`; README.md there says how they are labelled. Names of columns are facts; "
    "`licence` is what is said at `source` of its use."
)


def table() -> str:
    """Write one format a line."""
    sets = [each for file in FOLDER.glob("tuning*.yaml") for each in read_sets(file)]
    lines = [{"about": _ABOUT}, *map(_format, sorted(sets, key=lambda each: each["name"]))]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def _format(header_set: Mapping[str, Any]) -> Mapping[str, Any]:
    columns = {each["name"]: _label(each["truth"]) for each in header_set["columns"]}
    return {**{key: header_set[key] for key in ("name", "vendor", "source", "licence")}, "columns": columns}


def _label(truth: Mapping[str, Any] | None) -> Any:
    """Write a column's label as `concept.field unit`; several where each is right; null where no field is."""
    if truth is None:
        return None
    if "any_of" in truth:
        return [_label(each) for each in truth["any_of"]]
    return f"{truth['concept']}.{truth['field']} {truth['unit'] or ''}".rstrip()


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
