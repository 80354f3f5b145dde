"""Everything that is known of a source: detected, read to its end, and profiled."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from include.collection.inspection import DetectedTable, Detection, Inspection
from include.collection.source_format import Format
from include.connectors.content import Content
from include.connectors.detection.detect import detect
from include.connectors.detection.profile import profile_table
from include.connectors.detection.sample import take_sample
from include.connectors.formats.choose import read_frames
from include.errors import ConfigurationInvalid, Problem

OWN_KEYS: Final = ("kind", "table", "zone", "date_order", "interval_label")
"""What an owner may set beside the keys of the format."""

_FORMAT: Final[TypeAdapter[Format]] = TypeAdapter(Format)


def inspect_source(path: Path, name: str, given: Mapping[str, Any]) -> Inspection:
    """Say everything that is known of a file, over all its rows and in bounded memory.

    Args:
        name: What its owner calls it.
        given: What its owner has set: keys of the format and `OWN_KEYS`. It is taken as right.

    Raises:
        SourceRefused: It cannot be read; says why.
        ConfigurationInvalid: There is no such setting, or it cannot have this value.
    """
    form = {key: value for key, value in given.items() if key == "kind" or key not in OWN_KEYS}
    sample = take_sample(name, lambda: Content.open(path, name))
    found = Detection((DetectedTable(name, _hand_given(form)),), 1.0) if "kind" in form else detect(sample, form)
    profiles, issues = [], list(found.issues)
    for table in found.tables:
        with Content.open(path, name) as content:
            profiled = profile_table(table.name, read_frames(content, table.form), table.form.numbers)
        profiles.append(profiled.table)
        issues += profiled.issues
    return Inspection(found, tuple(profiles), None, tuple(issues), found.questions)


def _hand_given(given: Mapping[str, Any]) -> Format:
    try:
        return _FORMAT.validate_python(dict(given))
    except ValidationError as error:
        raise ConfigurationInvalid(
            [Problem(".".join(map(str, each["loc"][1:])), each["msg"]) for each in error.errors()]
        ) from None
