"""Makes the rules of a mapping's times of how a file tells its rows' time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from include.cim.concept import Concept, Field, FieldType
from include.cim.suggest.column import Candidate, Column
from include.errors import Problem

_ENDS_IN_OFFSET: Final = re.compile(r":\d\d([.,:]\d+)*\s*(Z|z|[+-]\d\d(:?\d\d)?)$|\d[Zz]$")
_OFFSET: Final = re.compile(r"UTC|GMT|Etc/.*|[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Timing:
    """How a file's rows tell their time; see `TimeProfile`.

    Attributes:
        resolution: None where it is of months or years, whose length differs.
        options: What else a rule needs to read it: `date`, `period`, `numbers`, `numbering`,
            `repeated_flag`.
        has_offset: Whether each time says its offset.
        until: The columns that tell the ends of intervals, where all are as long as the resolution.
    """

    columns: tuple[str, ...]
    format: str
    zone: str | None
    resolution: str | None
    label: str | None
    options: Mapping[str, Any]
    has_offset: bool = False
    until: tuple[str, ...] = ()


def time_of(concept: Concept) -> str | None:
    """Name the field of the key that tells when a row was."""
    return next((name for name in concept.key if concept.fields[name].type is FieldType.TIMESTAMP), None)


def is_free(
    columns: Sequence[str], filling: Mapping[str, Sequence[tuple[Column, Candidate]]], concept: Concept
) -> bool:
    """Say whether the columns that tell the rows' time do not fill another field: then they fill the key's."""
    taken = {column.name for name, sources in filling.items() if name != time_of(concept) for column, _ in sources}
    return not taken.intersection(columns)


def look_for_offsets(columns: Sequence[Column], timing: Timing | None) -> Timing | None:
    """Add whether the times' cells say their offsets."""
    if timing is None:
        return None
    cells = [cell for column in columns if column.name == timing.columns[-1] for cell in column.examples]
    return replace(timing, has_offset=bool(cells) and all(map(_ENDS_IN_OFFSET.search, cells)))


def name_the_end(
    filling: dict[str, list[tuple[Column, Candidate]]], concept: Concept, timing: Timing | None
) -> Timing | None:
    """Let an interval's end, where it is the rows' only time, tell the beginning as well.

    Of a day and a clock that ends an interval, the day looks like a beginning; together they are one time. Ends of
    intervals that are all as long follow from their beginnings: around a change, a clock tells ends less well.
    """
    if timing is None or timing.resolution is None or time_of(concept) != "interval_start":
        return timing
    starts, ends = filling.get("interval_start", []), filling.get("interval_end", [])
    if ends and not timing.has_offset and {column.name for column, _ in ends} <= set(timing.until):
        del filling["interval_end"]
        return timing
    if not ends or not {column.name for column, _ in (*starts, *ends)} <= set(timing.columns):
        return timing
    filling["interval_start"] = [*starts, *filling.pop("interval_end")]
    return replace(timing, label="end")


def time_rule(
    field: Field, sources: Sequence[tuple[Column, Candidate]], timing: Timing | None, missing: list[Problem]
) -> dict[str, Any] | None:
    """Make the rule of a time; None where nothing tells how it is written.

    Args:
        sources: The columns that fill the field; none where only the rows' time can.
        missing: Gets what only the owner can say.
    """
    by_name = {column.name: column for column, _ in sources}
    if timing is not None and (not by_name or set(timing.columns) & set(by_name)):
        names, form = timing.columns, timing.format
    elif timing is not None and _looks(list(by_name.values())) and len(by_name) == len(timing.columns):
        names, form = tuple(by_name), timing.format
    else:
        what = f"nothing tells how the times of {', '.join(by_name)} are written"
        missing.append(Problem(f"mapper.rules.{field.name}.format", what, "Add the rule, with its `format`."))
        return None
    rule: dict[str, Any] = {"field": field.name, "source": names[0] if len(names) == 1 else list(names), "format": form}
    if names == timing.columns:
        rule |= timing.options
    if timing.zone is not None and "%z" not in form:
        rule["zone"] = timing.zone
    elif not timing.has_offset and "%z" not in form and not form.startswith("epoch"):
        what = "nothing tells the zone of the times"
        missing.append(Problem(f"mapper.rules.{field.name}.zone", what, "Write UTC, or one like Europe/Brussels."))
    return rule


def _looks(columns: Sequence[Column]) -> bool:
    """Say whether columns are times that are written like the file's own may be: of those kinds that go together."""
    return [each.kind for each in columns] in (["timestamp"], ["date", "time"], ["time", "date"], ["date"])


def finish_times(rules: list[dict[str, Any]], concept: Concept, timing: Timing | None) -> None:
    """Let local times be told apart by their order, and a time that names an interval's end be one.

    What a counter has counted since its reading before ends with the reading, and is counted by one meter.
    """
    if timing is None:
        return
    times = [rule for rule in rules if concept.fields[rule["field"]].type is FieldType.TIMESTAMP]
    read = [rule for rule in rules if "source" in rule and rule not in times]
    keys = [rule["source"] for rule in read if rule["field"] in concept.key]
    meters = [rule["source"] for rule in read if _names_meter(concept.fields[rule["field"]], concept)]
    series = [*keys, *meters]
    for rule in times:
        if rule.get("zone") and not _OFFSET.fullmatch(rule["zone"]) and "repeated_flag" not in rule:
            rule["repeated_hour"] = "by_occurrence"
            if series:
                rule["occurrence_per"] = series
    counters = [rule for rule in rules if "difference" in rule]
    if meters:
        for rule in counters:
            rule["difference"]["per"] = meters
    starts = [rule for rule in times if rule["field"] == "interval_start"]
    if not starts or any(rule["field"] == "interval_end" for rule in times) or "interval_end" not in concept.fields:
        return
    end: dict[str, Any] | None = None
    if timing.resolution:
        end = {"after": {"field": "interval_start", "duration": timing.resolution}}
    elif counters:
        end = {key: value for key, value in starts[0].items() if key != "field"}
    if (counters or timing.label == "end") and end and "period" not in timing.options:
        starts[0] |= {"label": "end", "interval": timing.resolution or "previous"}
        if not timing.resolution and series:
            starts[0]["occurrence_per"] = series
    if end:
        rules.insert(rules.index(starts[0]) + 1, {"field": "interval_end"} | end)


def _names_meter(field: Field, concept: Concept) -> bool:
    return field.type is FieldType.ID and field.name not in concept.key
