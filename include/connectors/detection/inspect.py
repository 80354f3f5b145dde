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
from include.connectors.detection.profile import Profiled, profile_table
from include.connectors.detection.sample import take_sample
from include.connectors.detection.times import profile_time
from include.connectors.detection.zones import read_zone
from include.connectors.formats.choose import read_frames
from include.errors import ConfigurationInvalid, Problem

OWN_KEYS: Final = ("kind", "table", "zone", "date_order", "interval_label")
"""What an owner may set beside the keys of the format."""

_ANSWERS: Final = {"date_order": ("dmy", "mdy", "ymd"), "interval_label": ("start", "end")}
_HINTS: Final = 20_000
"""So many bytes of a file tell its language."""

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
    own = _read_own(given)
    sample = take_sample(name, lambda: Content.open(path, name))
    found = Detection((DetectedTable(name, _hand_given(form)),), 1.0) if "kind" in form else detect(sample, form)
    profiles = [_profile(path, name, table, own) for table in found.tables]
    main = profiles[0]
    hints = " ".join([name, *(column.name for column in main.columns), sample.head[:_HINTS].decode("latin-1")])
    timed = profile_time(main.axes, main.columns, hints, own.get("zone"), own.get("interval_label"))
    return Inspection(
        detection=found,
        tables=tuple(each.table for each in profiles),
        time=timed.profile if timed else None,
        issues=(
            *found.issues,
            *(issue for each in profiles for issue in each.issues),
            *(timed.issues if timed else ()),
        ),
        questions=(*found.questions, *(timed.questions if timed else ())),
    )


def _profile(path: Path, name: str, table: DetectedTable, own: Mapping[str, str]) -> Profiled:
    with Content.open(path, name) as content:
        frames = read_frames(content, table.form)
        return profile_table(table.name, frames, table.form.numbers, order=own.get("date_order"))


def _read_own(given: Mapping[str, Any]) -> dict[str, str]:
    """Read what is no key of a format.

    Raises:
        ConfigurationInvalid: Names the answers that there are.
    """
    own = {key: str(given[key]) for key in ("zone", "date_order", "interval_label") if given.get(key) is not None}
    for key, answers in _ANSWERS.items():
        if key in own and own[key] not in answers:
            remedy = f"It is one of {', '.join(answers)}."
            raise ConfigurationInvalid([Problem(key, f"{own[key]!r} is no answer", remedy)])
    if "zone" in own:
        read_zone(own["zone"])
    return own


def _hand_given(given: Mapping[str, Any]) -> Format:
    try:
        return _FORMAT.validate_python(dict(given))
    except ValidationError as error:
        raise ConfigurationInvalid(
            [Problem(".".join(map(str, each["loc"][1:])), each["msg"]) for each in error.errors()]
        ) from None
