"""Adds to an inspection which CIM field each column may fill, and a mapping to begin with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from include.anonymization.config import AnonymizationConfig
from include.cim.concept import Concept
from include.cim.mapping_config import MapperConfig
from include.cim.suggest.advise import SURE, advise
from include.cim.suggest.column import Advice, Candidate, Column
from include.cim.suggest.precedent import NO_PRECEDENTS, Precedents
from include.cim.suggest.propose import Proposal, propose_mapping
from include.cim.suggest.timing import Timing
from include.collection.formats.market_document import DOCUMENT
from include.collection.inspection import (
    ColumnProfile,
    ColumnType,
    Inspection,
    Question,
    Suggestion,
    TableProfile,
    TimeProfile,
)
from include.collection.mapping_preset import expand_mapping, load_mapping_presets
from include.configuration import has_fixed_length
from include.errors import ConfigurationInvalid, Problem, name_close

_NAME: Final = re.compile(r"\w+")
_ENTITY: Final = "type"
"""The member that says what an entity of NGSI is: WeatherObserved."""


def suggest_fields(
    inspection: Inspection, name: str, concepts: Iterable[Concept], precedents: Precedents = NO_PRECEDENTS
) -> tuple[Inspection, Proposal]:
    """Suggest a field for every column of every table, and a mapping of the main one.

    A column that nothing sure can be said of stays without. Where several concepts fit the main table nearly alike, a
    question asks for it, unless its owner has said what its rows are.

    Args:
        name: What the file is called; it may tell what its rows are.

    Raises:
        ConfigurationInvalid: The CIM has no such concept as its owner says.
    """
    by_name = {concept.name: concept for concept in concepts}
    if inspection.concept is not None and inspection.concept not in by_name:
        what = f"the CIM has no concept {inspection.concept!r}"
        raise ConfigurationInvalid([Problem("concept", what, name_close(inspection.concept, by_name))])
    time = inspection.time
    timing = _timing(time) if time else None
    main, *others = inspection.tables
    columns = plain_columns(main.columns, time)
    advice = advise(columns, by_name.values(), name, precedents, concept=inspection.concept)
    path = getattr(inspection.detection.tables[0].form, "records", "")
    if (told := _told_by_standard(main, path, by_name, advice.rivals)) is not None:
        advice = advise(columns, by_name.values(), name, precedents, concept=told)
    known = _mapping_of(inspection)
    tables = [_with_suggestions(main, advice) if known is None else _as_mapped(main, known)]
    for other in others:
        beside = plain_columns(other.columns, None)
        advice_of_other = advise(beside, by_name.values(), f"{name} {other.name}", precedents)
        tables.append(_with_suggestions(other, advice_of_other))
    proposal = (
        propose_mapping(columns, advice, by_name, timing)
        if known is None
        else Proposal(known, tuple(_lacking(known, by_name[known.concept], inspection.tables[0])))
    )
    asked = (_ask_concept(advice.rivals),) if advice.rivals and known is None else ()
    return replace(inspection, tables=tuple(tables), questions=(*inspection.questions, *asked)), proposal


def _ask_concept(rivals: tuple[str, ...]) -> Question:
    return Question("concept", "What are the rows? The columns fit several concepts nearly alike.", rivals)


def _told_by_standard(
    table: TableProfile, path: str, concepts: Mapping[str, Concept], rivals: Sequence[str]
) -> str | None:
    """Give the one of several concepts whose name in a standard is what the document, or the entity, is called.

    Args:
        path: Where the rows are: `/MeterReadings/MeterReading/IntervalBlocks/IntervalReadings`.
    """
    kinds = set(_NAME.findall(path)).union(
        *(each.examples for each in table.columns if each.name in {DOCUMENT, _ENTITY} and each.distinct == 1)
    )
    return next((each for each in rivals if any(_bare(term.term) in kinds for term in concepts[each].anchors)), None)


def _bare(term: str) -> str:
    """Leave out of a term where it is defined: http://iec.ch/TC57/CIM100#MeterReading."""
    return re.split(r"[/#]", term)[-1]


def _mapping_of(inspection: Inspection) -> MapperConfig | None:
    """Give the ready-made mapping of a standard's message, where the main table has all that it reads."""
    kind = inspection.detection.tables[0].form.kind
    there = {column.name: column for column in inspection.tables[0].columns}
    made = [
        MapperConfig.model_validate(expand_mapping({"preset": name}))
        for name, preset in load_mapping_presets().items()
        if preset.format == kind
    ]
    fitting = [
        mapper
        for mapper in made
        if there.keys() >= set(mapper.columns)
        and inspection.concept in {None, mapper.concept}
        and _takes_some(mapper.where, there)
    ]
    return max(fitting, key=lambda mapper: len(mapper.columns), default=None)


def _lacking(mapper: MapperConfig, concept: Concept, table: TableProfile) -> Iterator[Problem]:
    """Say which rows a ready-made mapping leaves out, and for which of its required fields the file has nothing."""
    there = {column.name: column for column in table.columns}
    for name, taken in mapper.where.items():
        if others := sorted(_cells(there[name]) - _listed(taken)):
            what = f"rows are left out whose {name!r} is {', '.join(map(repr, others))}"
            yield Problem(f"mapper.where.{name}", what, "Take them into a collection of their own where they matter.")
    for rule in mapper.rules:
        empty = rule.columns and all(there[name].type is ColumnType.EMPTY for name in rule.columns)
        if empty and concept.fields[rule.field].required:
            what = f"no cell is filled in {', '.join(map(repr, rule.columns))}"
            yield Problem(f"mapper.rules.{rule.field}", what, "Write a constant, or name another column.")


def _takes_some(where: Mapping[str, str | tuple[str, ...]], there: Mapping[str, ColumnProfile]) -> bool:
    return all(_cells(there[name]) & _listed(taken) for name, taken in where.items())


def _listed(taken: str | tuple[str, ...]) -> set[str]:
    return {taken} if isinstance(taken, str) else set(taken)


def _cells(column: ColumnProfile) -> set[str]:
    """Give what cells of a column are known to hold; "" stands for the empty one."""
    return {*column.examples, *([""] if column.nulls else [])}


def _timing(time: TimeProfile) -> Timing:
    numbers = time.numbers if time.numbers > 1 else None
    found: dict[str, Any] = {"date": time.date, "period": time.period, "numbers": numbers, "numbering": time.numbering}
    if time.repeated_flag:
        found["repeated_flag"] = {"column": time.repeated_flag.column, "later": list(time.repeated_flag.later)}
    options = {name: value for name, value in found.items() if value is not None}
    resolution = time.resolution if time.resolution and has_fixed_length(time.resolution) else None
    return Timing(time.columns, time.format, time.zone, resolution, time.interval_label, options, until=time.until)


def proposal_document(proposal: Proposal, plan: AnonymizationConfig) -> dict[str, Any]:
    """Give a proposal as JSON takes it."""
    mapper = proposal.mapper
    return {
        "mapper": None if mapper is None else mapper.model_dump(mode="json", exclude_defaults=True),
        "anonymization": plan.model_dump(mode="json", exclude_defaults=True),
        "missing": [{"where": each.where, "what": each.what, "suggestion": each.remedy} for each in proposal.missing],
    }


def plain_columns(columns: Sequence[ColumnProfile], time: TimeProfile | None) -> list[Column]:
    """Give columns as the CIM's suggestions take them; a flag of the repeated hour fills nothing."""
    timed = set(time.columns) if time else set()
    flag = time.repeated_flag.column if time and time.repeated_flag else None
    return [
        Column(
            name=column.name,
            kind=column.type.value,
            unit=next(iter(column.units), column.unit),
            # numbers of different units have no least and greatest one
            minimum=None if column.units else _number(column, column.minimum),
            maximum=None if column.units else _number(column, column.maximum),
            distinct=column.distinct,
            examples=column.examples,
            tells_time=column.name in timed,
            bracketed=column.bracketed,
            unit_column=column.unit_column,
        )
        for column in columns
        if column.name != flag
    ]


def _with_suggestions(table: TableProfile, advice: Advice) -> TableProfile:
    columns = tuple(_with_candidates(each, advice.columns.get(each.name, ())) for each in table.columns)
    return replace(table, columns=columns, known_format=advice.format)


def _as_mapped(table: TableProfile, mapper: MapperConfig) -> TableProfile:
    """Suggest what a ready-made mapping makes of each column, in the rows that the table has."""
    there = {column.name: column for column in table.columns}
    filled: dict[str, list[Suggestion]] = {}
    for rule in mapper.rules:
        if _takes_some(rule.where, there):
            for name in rule.columns:
                made = Suggestion(
                    mapper.concept, rule.field, rule.unit, 1.0, "the standard's ready-made mapping says so"
                )
                filled.setdefault(name, []).append(made)
    columns = tuple(
        replace(column, suggestion=next(iter(found), None), candidates=tuple(found))
        for column in table.columns
        for found in [filled.get(column.name, [])]
    )
    return replace(table, columns=columns)


def _with_candidates(column: ColumnProfile, candidates: Sequence[Candidate]) -> ColumnProfile:
    ranked = tuple(Suggestion(each.concept, each.field, each.unit, each.confidence, each.reason) for each in candidates)
    sure = ranked[0] if ranked and ranked[0].confidence >= SURE else None
    return replace(column, suggestion=sure, candidates=ranked)


def _number(column: ColumnProfile, text: str | None) -> float | None:
    if text is None or column.type not in (ColumnType.INTEGER, ColumnType.DECIMAL):
        return None
    return float(text)
