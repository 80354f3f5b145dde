"""Makes a mapping of what is suggested for a file's columns, and names what only its owner can add."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.advise import SURE
from include.cim.suggest.cell_values import tabulate
from include.cim.suggest.column import Advice, Candidate, Column
from include.cim.suggest.families import Unpivoting, unpivot
from include.cim.units import find_unit
from include.errors import Problem

_ALWAYS: Final[Mapping[tuple[str, str], str | int]] = {
    ("market_price", "auction_sequence"): 1,
    ("electrical_measurement", "phase"): "total",
}
"""What a key's field is where no column tells it."""

LIKELY: Final = 0.5
"""A rule is proposed from this confidence on; below `SURE`, its owner is asked to look at it."""
_MEASURED: Final = frozenset({FieldType.FLOAT, FieldType.INTEGER})
_NAMELESS: Final = re.compile(r"column_\d+")
"""What a reader calls a column that the source does not name."""
_OFFSET: Final = re.compile(r"UTC|GMT|Etc/.*|[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Timing:
    """How a file's rows tell their time; see `TimeProfile`.

    Attributes:
        options: What else a rule needs to read it: `date`, `period`, `numbers`, `numbering`.
    """

    columns: tuple[str, ...]
    format: str
    zone: str | None
    resolution: str | None
    label: str | None
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping to begin with, and what it still lacks; no mapping where nothing is likely."""

    mapper: MapperConfig | None
    missing: tuple[Problem, ...]


def propose_mapping(
    columns: Sequence[Column], advice: Advice, concepts: Mapping[str, Concept], timing: Timing | None
) -> Proposal:
    """Make a rule of every likely suggestion of the file's concept, and say which of them are not sure."""
    if advice.concept is None:
        return Proposal(None, (Problem("mapper.concept", "nothing tells what the rows are", "Choose a concept."),))
    concept = concepts[advice.concept]
    filling: dict[str, list[tuple[Column, Candidate]]] = {}
    for column in columns:
        first = next(iter(advice.columns[column.name]), None)
        if first and first.concept == concept.name and first.confidence >= LIKELY:
            filling.setdefault(first.field, []).append((column, first))
    # a column that only likely fills a field does not stand beside one that surely does
    for name, found in filling.items():
        filling[name] = [each for each in found if each[1].confidence >= SURE or each[0].tells_time] or found
    rules: list[dict[str, Any]] = []
    missing: list[Problem] = []
    wide = _unpivot(filling, concept, missing)
    nameless = timing is not None and all(_NAMELESS.fullmatch(name) for name in timing.columns)
    for field in concept.fields.values():
        sources = filling.get(field.name, [])
        constant = _ALWAYS.get((concept.name, field.name))
        rule: dict[str, Any] | None
        if wide is not None and field.name == wide.label.name:
            rule = wide.rule()
        elif sources or (nameless and field.name == _time_of(concept)):
            rule = _rule(field, sources, timing, missing, wide)
        elif constant is not None:
            rule = {"field": field.name, "constant": constant}
        else:
            rule = None
        if rule is not None:
            rules.append(rule)
            missing += _unsure(field, sources)
        elif field.required:
            missing.append(_lacking(field))
    _finish_times(rules, concept, timing)
    if not rules:
        return Proposal(None, tuple(missing))
    shape = {"unpivot": wide.document()} if wide is not None else {}
    document = {"concept": concept.name, **shape, "rules": rules}
    return Proposal(MapperConfig.model_validate(document), tuple(missing))


def _time_of(concept: Concept) -> str | None:
    """Name the field of the key that tells when a row was."""
    return next((name for name in concept.key if concept.fields[name].type is FieldType.TIMESTAMP), None)


def _unpivot(
    filling: Mapping[str, Sequence[tuple[Column, Candidate]]], concept: Concept, missing: list[Problem]
) -> Unpivoting | None:
    measured = {name: sources for name, sources in filling.items() if concept.fields[name].type in _MEASURED}
    families = {name: [column.name for column, _ in sources] for name, sources in measured.items() if len(sources) > 1}
    wide = unpivot(families, concept, set(filling), missing) if families else None
    if wide is not None:
        for name, sources in measured.items():
            if name not in families:
                wide.add_whole(name, sources[0][0].name)
    return wide


def _rule(
    field: Field,
    sources: Sequence[tuple[Column, Candidate]],
    timing: Timing | None,
    missing: list[Problem],
    wide: Unpivoting | None,
) -> dict[str, Any] | None:
    if field.type is FieldType.TIMESTAMP:
        return _time_rule(field, sources, timing, missing)
    column, first = sources[0]
    made = wide is not None and any(field.name in group for group in wide.groups.values())
    if len(sources) > 1 and not made:
        return None
    rule: dict[str, Any] = {"field": field.name, "source": field.name if made else column.name}
    if field.type is FieldType.ENUM and not set(column.examples) <= set(field.values):
        table = tabulate(field, column.examples)
        if len(table) < (column.distinct or len(column.examples)):
            known = f"known are {', '.join(f'{cell}: {value}' for cell, value in table.items())}" if table else ""
            what = f"{field.name} takes {', '.join(field.values[:8])}; the cells of {column.name!r} are others"
            remedy = f"Add the rule, with `values`: cell → value{'; ' + known if known else ''}."
            missing.append(Problem(f"mapper.rules.{field.name}", what, remedy))
            return None
        rule["values"] = dict(table)
    if column.bracketed and field.type in {FieldType.FLOAT, FieldType.INTEGER}:
        rule["bracketed"] = "negative"
    if field.type is FieldType.FLOAT and field.unit is not None:
        if first.unit is None:
            what = f"nothing tells the unit of {column.name!r}"
            missing.append(Problem(f"mapper.rules.{field.name}.unit", what, f"It may be {field.unit}."))
        else:
            rule["unit"] = first.unit
            if find_unit(first.unit).dimension != find_unit(field.unit).dimension and timing and timing.resolution:
                rule["interval"] = timing.resolution
    return rule


def _time_rule(
    field: Field, sources: Sequence[tuple[Column, Candidate]], timing: Timing | None, missing: list[Problem]
) -> dict[str, Any] | None:
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
    elif form not in {"iso8601"} and "%z" not in form and not form.startswith("epoch"):
        what = "nothing tells the zone of the times"
        missing.append(Problem(f"mapper.rules.{field.name}.zone", what, "Write UTC, or one like Europe/Brussels."))
    return rule


def _looks(columns: Sequence[Column]) -> bool:
    """Say whether columns are times that are written like the file's own may be: of those kinds that go together."""
    return [each.kind for each in columns] in (["timestamp"], ["date", "time"], ["time", "date"], ["date"])


def _finish_times(rules: list[dict[str, Any]], concept: Concept, timing: Timing | None) -> None:
    """Let local times be told apart by their order, and a time that names an interval's end be one."""
    if timing is None:
        return
    times = [rule for rule in rules if concept.fields[rule["field"]].type is FieldType.TIMESTAMP]
    keys = [rule["source"] for rule in rules if rule["field"] in concept.key and rule not in times and "source" in rule]
    for rule in times:
        if rule.get("zone") and not _OFFSET.fullmatch(rule["zone"]):
            rule["repeated_hour"] = "by_occurrence"
            if keys:
                rule["occurrence_per"] = keys
    starts = [rule for rule in times if rule["field"] == "interval_start"]
    ends = [rule for rule in times if rule["field"] == "interval_end"]
    if starts and timing.label == "end" and timing.resolution and not ends and "period" not in timing.options:
        starts[0] |= {"label": "end", "interval": timing.resolution}
    if starts and not ends and timing.resolution and "interval_end" in concept.fields:
        after = {"field": "interval_start", "duration": timing.resolution}
        rules.insert(rules.index(starts[0]) + 1, {"field": "interval_end", "after": after})


def _unsure(field: Field, sources: Sequence[tuple[Column, Candidate]]) -> Iterator[Problem]:
    """Ask about columns that only likely fill the field; which column tells the time, detection knows."""
    for column, candidate in sources:
        if candidate.confidence < SURE and not column.tells_time:
            what = f"{column.name!r} is likely the right column, and not surely ({candidate.confidence:.0%})"
            yield Problem(f"mapper.rules.{field.name}", what, "Look at it; name another, or take the rule out.")


def _lacking(field: Field) -> Problem:
    said = field.description.rstrip(".")
    sort = f"one of {', '.join(field.values[:8])}" if field.values else said[:1].lower() + said[1:]
    remedy = f"Add {{field: {field.name}, constant: …}}, or name its column."
    return Problem(f"mapper.rules.{field.name}", f"no column tells it ({sort})", remedy)
