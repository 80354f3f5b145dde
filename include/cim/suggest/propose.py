"""Makes a mapping of what is suggested for a file's columns, and names what only its owner can add."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from include.cim.codes import find_codes, find_meant
from include.cim.concept import Concept, Field, FieldType
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.advise import SURE
from include.cim.suggest.cell_values import tabulate
from include.cim.suggest.certain import (
    counts_the_other_way,
    directions_of,
    looks_as_if_it_counts_up,
    part_directions,
    says_it_counts_the_day,
    says_it_counts_up,
    unknown_unit,
)
from include.cim.suggest.column import Advice, Candidate, Column
from include.cim.suggest.families import Unpivoting, count_alike, unpivot
from include.cim.suggest.fields import FieldRef
from include.cim.suggest.scaling import add_powers
from include.cim.suggest.timing import Timing, finish_times, is_free, look_for_offsets, name_the_end, time_of, time_rule
from include.cim.units import find_unit
from include.errors import Problem

_TOLD_BY_LABEL: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("psr_type", "quantity"): {"A05": "load", "": "generation"},
}
"""What a field of the key is where the label of unpivoted columns is a field's value; empty: any other one."""

_ALWAYS: Final[Mapping[tuple[str, str], str | int]] = {
    ("market_price", "auction_sequence"): 1,
    ("electrical_measurement", "phase"): "total",
}
"""What a key's field is where no column tells it."""

LIKELY: Final = 0.5
"""A rule is proposed from this confidence on; below `SURE`, its owner is asked to look at it."""
_COUNTER_REMEDY: Final = (
    "Add the rule; where it is one, with `difference: {}`, and in it `rollover: 100000` where it begins again at 0. "
    "What it has counted ends with the reading: interval_start needs `label: end` and the `interval`, or `previous`."
)
_WORTH_A_WORD: Final = 0.2
"""From this on, a column that may fill a field that is needed is named."""
_MEASURED: Final = frozenset({FieldType.FLOAT, FieldType.INTEGER})


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
    filling = _likely(columns, advice, concept)
    if timing and (timing.resolution or "").startswith("PT"):
        _add_mean_power(filling, columns, advice, concept)
    timing = name_the_end(filling, concept, look_for_offsets(columns, timing))
    rules: list[dict[str, Any]] = []
    missing: list[Problem] = []
    wide = _unpivot(filling, concept, missing)
    timed = timing is not None and is_free(timing.columns, filling, concept)
    for field in concept.fields.values():
        sources = filling.get(field.name, [])
        constant = _ALWAYS.get((concept.name, field.name))
        rule: dict[str, Any] | None
        if wide is not None and field.name == wide.label.name:
            rule = wide.rule()
        elif sources or (timed and field.name == time_of(concept)):
            rule = _rule(FieldRef(concept.name, field.name), field, sources, timing, missing, wide)
        elif wide is not None and (wide.label.name, field.name) in _TOLD_BY_LABEL:
            rule = _rule_by_label(field, wide)
        elif constant is not None:
            rule = {"field": field.name, "constant": constant}
        else:
            rule = None
        if rule is not None:
            rules.append(rule)
            missing += _unsure(field, sources)
        elif field.required and not any(each.where.startswith(f"mapper.rules.{field.name}.") for each in missing):
            missing.append(
                _lacking(field, _likeliest(concept.name, field, columns, advice), _apart(field, filling, concept))
            )
    finish_times(rules, concept, timing)
    _name_currency(rules, concept)
    missing += add_powers(rules, wide, concept, columns)
    if not rules:
        return Proposal(None, tuple(missing))
    shape = {"unpivot": wide.document()} if wide is not None else {}
    document = {"concept": concept.name, **shape, "rules": rules}
    return Proposal(MapperConfig.model_validate(document), tuple(missing))


def _likely(columns: Sequence[Column], advice: Advice, concept: Concept) -> dict[str, list[tuple[Column, Candidate]]]:
    """Give the columns that likely fill each field; one that only likely does not stand beside one that surely does.

    But it stands beside those that it is counted with: P1, P2 and P3 are measured in the same way.
    """
    ranked = {name: [each for each in found if each.concept == concept.name] for name, found in advice.columns.items()}
    firsts = {name: found[0] for name, found in advice.columns.items() if found and found[0] in ranked[name]}
    likely = {name: first for name, first in firsts.items() if first.confidence >= LIKELY}
    counted: set[str] = set()
    for family in count_alike(columns):
        best = max((likely[name] for name in family if name in likely), key=lambda each: each.confidence, default=None)
        if best is None or concept.fields[best.field].type not in _MEASURED:
            continue
        for name in family:
            found = next((each for each in ranked[name] if each.field == best.field), None)
            if found and (name not in likely or likely[name].confidence < SURE):
                likely[name] = found
                counted |= {name} if best.confidence >= SURE else set()
    filling: dict[str, list[tuple[Column, Candidate]]] = {}
    for column in columns:
        if column.name in likely:
            filling.setdefault(likely[column.name].field, []).append((column, likely[column.name]))
    return {
        name: [each for each in found if each[1].confidence >= SURE or each[0].tells_time or each[0].name in counted]
        or found
        for name, found in filling.items()
    }


def _part(ref: FieldRef, sources: Sequence[tuple[Column, Candidate]]) -> tuple[Column, Column] | None:
    return part_directions([column for column, _ in sources], ref)


def _net_rule(field: Field, plus: Column, minus: Column, missing: list[Problem]) -> dict[str, Any]:
    what = f"{field.name} is {plus.name!r} less {minus.name!r}, which count a direction each"
    remedy = "A row in which one of them is empty has no value."
    missing.append(Problem(f"mapper.rules.{field.name}.formula", what, remedy))
    inputs = {"plus": plus.name, "minus": minus.name}
    return {"field": field.name, "formula": "plus - minus", "inputs": inputs, "unit": plus.unit}


def _add_mean_power(
    filling: dict[str, list[tuple[Column, Candidate]]], columns: Sequence[Column], advice: Advice, concept: Concept
) -> None:
    """Let the mean power of intervals tell their energy, where a concept holds no power and no column is an energy."""
    field = concept.fields.get("energy")
    if field is None or any(_is_power(each.unit) for each in concept.fields.values()):
        return
    filled = {column.name: (column, led) for column, led in filling.get(field.name, [])}
    if "cumulative_energy" in filling or not all(_is_power(column.unit) for column, _ in filled.values()):
        return
    for column in columns:
        found = advice.columns[column.name]
        if column.name in filled or not found or found[0].field != "active_power" or not _is_power(column.unit):
            continue
        near = [each for each in found if (each.concept, each.field) == (concept.name, field.name)]
        if found[0].confidence >= LIKELY or any(each.confidence >= _WORTH_A_WORD for each in near):
            filled[column.name] = (column, replace(found[0], concept=concept.name, field=field.name))
    if filled:
        filling[field.name] = [filled[column.name] for column in columns if column.name in filled]


def _is_power(unit: str | None) -> bool:
    return unit is not None and find_unit(unit).dimension == "power"


def _rule_by_label(field: Field, wide: Unpivoting) -> dict[str, Any]:
    told = _TOLD_BY_LABEL[wide.label.name, field.name]
    values = {text: told.get(value, told[""]) for text, value in wide.values.items()}
    return {"field": field.name, "source": wide.label.name, "values": values}


def _unpivot(
    filling: dict[str, list[tuple[Column, Candidate]]], concept: Concept, missing: list[Problem]
) -> Unpivoting | None:
    measured = {name: sources for name, sources in filling.items() if concept.fields[name].type in _MEASURED}
    parted = {name for name, sources in measured.items() if _part(FieldRef(concept.name, name), sources)}
    families = {
        name: [column.name for column, _ in sources]
        for name, sources in measured.items()
        if len(sources) > 1 and name not in parted
    }
    wide = unpivot(families, concept, set(filling), missing) if families else None
    if wide is not None:
        for name, sources in measured.items():
            if name not in families and (name in parted or not wide.add_whole(name, sources[0][0].name)):
                del filling[name]
                what = f"{sources[0][0].name!r} may fill {name}, and stands once beside columns that become rows"
                missing.append(
                    Problem("mapper.unpivot", what, "Add it to the group that it belongs to; else none has it.")
                )
    return wide


def _rule(
    ref: FieldRef,
    field: Field,
    sources: Sequence[tuple[Column, Candidate]],
    timing: Timing | None,
    missing: list[Problem],
    wide: Unpivoting | None,
) -> dict[str, Any] | None:
    if field.type is FieldType.TIMESTAMP:
        return time_rule(field, sources, timing, missing)
    column, first = sources[0]
    made = wide is not None and any(field.name in group for group in wide.groups.values())
    if len(sources) > 1 and not made:
        parted = _part(ref, sources)
        return _net_rule(field, *parted, missing) if parted else None
    if made and column.unit_column:  # which tells the unit of one column of several
        column = replace(column, unit=None, unit_column=None)
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
    if field.codes is not None and not {cell.upper() for cell in column.examples} <= find_codes(field.codes):
        meant = {cell: find_meant(cell, field.codes) for cell in column.examples}
        if None in meant.values() or len(meant) < (column.distinct or len(meant)):
            what = f"{field.name} takes codes of {field.codes}; the cells of {column.name!r} are others"
            missing.append(Problem(f"mapper.rules.{field.name}", what, "Add the rule, with `values`: cell → code."))
            return None
        rule["values"] = meant
    if field.type not in _MEASURED:
        return rule
    number = _read_number(ref, field, column, first, timing, missing)
    return None if number is None else rule | number


def _read_number(
    ref: FieldRef, field: Field, column: Column, first: Candidate, timing: Timing | None, missing: list[Problem]
) -> dict[str, Any] | None:
    """Say how a rule reads a number; None where it would read another one than the field's."""
    where, rule = f"mapper.rules.{field.name}", dict[str, Any]()
    if says_it_counts_up(column, field):
        rule["difference"] = {}
    elif says_it_counts_the_day(column, field) and timing and (timing.resolution or "").startswith("PT"):
        rule["difference"] = {"reset": True}
        what = f"{column.name!r} is a day's, of which there are several rows: it is read as a counter that is reset"
        missing.append(Problem(f"{where}.difference", what, "Take the rule out where each row has the sum of its day."))
    elif looks_as_if_it_counts_up(column, field):
        what = f"{column.name!r} rises like a meter's reading, and {field.name} is what was counted in the interval"
        missing.append(Problem(f"{where}.difference", what, _COUNTER_REMEDY))
        return None
    other_way = counts_the_other_way(column, ref)
    if other_way is None:
        positive, negative = directions_of(ref)
        what = f"nothing tells whether {column.name!r} counts {positive} or {negative} as positive"
        missing.append(Problem(f"{where}.negate", what, f"Where it is {negative}: `negate: true`; else nothing."))
    elif other_way:
        rule["negate"] = True
    if column.bracketed:
        rule["bracketed"] = "negative"
    if field.type is FieldType.INTEGER or field.unit is None:
        return rule
    unknown, unit = unknown_unit(column), column.unit if column.unit_column else first.unit
    if unit is None or unknown is not None:
        what = f"{unknown!r} is no unit that is known" if unknown else "nothing tells the unit"
        missing.append(Problem(f"{where}.unit", f"{what}: {column.name!r}", f"It may be {field.unit}."))
        return rule
    rule |= {"unit_column": column.unit_column} if column.unit_column else {"unit": unit}
    if find_unit(unit).dimension != find_unit(field.unit).dimension and timing and timing.resolution:
        rule["interval"] = timing.resolution
        what = f"{column.name!r} is in {unit}: {field.name} is what that makes in {timing.resolution}, as its mean"
        remedy = "Take the rule out where it is the value of a moment."
        if timing.label is None:  # which is asked where a file has amounts
            remedy += " Where its time names the interval's end, interval_start needs `label: end` and the `interval`."
        missing.append(Problem(f"{where}.interval", what, remedy))
    return rule


def _name_currency(rules: list[dict[str, Any]], concept: Concept) -> None:
    """Add the currency that the units of prices name, where no column tells it."""
    named = {find_unit(rule["unit"]).currency for rule in rules if "unit" in rule} - {None}
    if "currency" in concept.fields and len(named) == 1 and all(rule["field"] != "currency" for rule in rules):
        rules.append({"field": "currency", "constant": named.pop()})


def _likeliest(
    concept: str, field: Field, columns: Sequence[Column], advice: Advice
) -> tuple[Column, Candidate] | None:
    """Find the column that may fill a field best, though that is not sure."""
    found = [
        (column, each)
        for column in columns
        for each in advice.columns[column.name]
        if (each.concept, each.field) == (concept, field.name) and each.confidence >= _WORTH_A_WORD
    ]
    return max(found, key=lambda pair: pair[1].confidence, default=None)


def _unsure(field: Field, sources: Sequence[tuple[Column, Candidate]]) -> Iterator[Problem]:
    """Ask about columns that only likely fill the field; which column tells the time, detection knows."""
    for column, candidate in sources:
        if candidate.confidence < SURE and not column.tells_time:
            what = f"{column.name!r} is likely the right column, and not surely ({candidate.confidence:.0%})"
            yield Problem(f"mapper.rules.{field.name}", what, "Look at it; name another, or take the rule out.")


def _apart(field: Field, filling: Mapping[str, list[tuple[Column, Candidate]]], concept: Concept) -> Column | None:
    """Find the column that tells series apart where nothing fills an identifier of the key: the meter's number."""
    others = [name for name, each in concept.fields.items() if each.type is FieldType.ID and name not in concept.key]
    found = (filling[name][0][0] for name in others if field.type is FieldType.ID and name in filling)
    return next((column for column in found if (column.distinct or 0) > 1), None)


def _lacking(field: Field, likeliest: tuple[Column, Candidate] | None, apart: Column | None) -> Problem:
    said = field.description.rstrip(".")
    sort = f"one of {', '.join(field.values[:8])}" if field.values else said[:1].lower() + said[1:]
    remedy = f"Add {{field: {field.name}, constant: …}}, or name its column."
    if likeliest is not None:
        column, each = likeliest
        remedy += f" {column.name!r} may be it ({each.confidence:.0%}: {each.reason})."
    elif apart is not None:
        remedy += f" {apart.name!r} has {apart.distinct} values: with a constant, rows of one time have one key."
    return Problem(f"mapper.rules.{field.name}", f"no column tells it ({sort})", remedy)
